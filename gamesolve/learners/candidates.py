"""Candidates for a best response: which of them is best, by play."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gamesolve.base.errors import GamesolveError, PolicyFailedError, UnfinishedError
from gamesolve.base.executors import InProcess, LostError, in_order, or_raised
from gamesolve.base.failures import survived
from gamesolve.learners.learner import Learnt
from gamesolve.learners.task import Objective
from gamesolve.learners.training import MARKS, Done
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.rules.game import Game
from gamesolve.rules.scripted import RANDOM
from gamesolve.views.acting import Acting, Drawn
from gamesolve.views.parts import in_parts, stage_for

if TYPE_CHECKING:
    from gamesolve.views.turn_based import TurnBased

#: Episodes of a unit of work at most.
TOGETHER = 20_000
#: Called between two parts of the work; what it raises ends the work.
Pause = Callable[[], None]


@dataclass(frozen=True)
class Candidate:
    """A policy that may be the best response.

    Attributes:
        name: in words.
        policy: whatever the simulator plays.
        learner, seed, decisions: of a learnt one, which learner found it, in which of its trainings, and after how many decisions
            of that; otherwise empty, 0 and 0.
    """

    name: str
    policy: Any
    learner: str = ""
    seed: int = 0
    decisions: int = 0


@dataclass(frozen=True)
class Tried:
    """How a candidate did on the validation episodes.

    Attributes:
        mean, standard_error: of what is maximised.
        failed: why it could not be played; empty where it could.
    """

    candidate: Candidate
    mean: float
    standard_error: float
    failed: str = ""


def scripted_candidates(game: Game | TurnBased, role: str) -> list[Candidate]:
    """The game's own policies of a role, the random one first; an OpenSpiel game has no others."""
    if not isinstance(game, Game):
        from gamesolve.policies.openspiel_asked import uniform_policy

        return [Candidate("random", uniform_policy(game, role))]
    chosen = [ScriptedPolicy.named(game, role, policy.name) for policy in (*RANDOM, *game.policies) if policy.role == role]
    return [Candidate(policy.name, policy) for policy in chosen]


def learnt_candidates(name: str, learner: str, seed: int, decisions: int, policy: Learnt) -> list[Candidate]:
    """A snapshot of the training `name` as it draws, and as it never does."""
    words = f"{name}, {decisions:,} decisions"
    # A table that a learner found is greedy already.
    greedy = getattr(policy, "made_greedy", policy)
    drawn = [] if greedy == policy else [Candidate(words, policy, learner, seed, decisions)]
    return [*drawn, Candidate(f"{words}, greedy", greedy, learner, seed, decisions)]


def candidates_of(one: Done, newest: int = MARKS) -> list[Candidate]:
    """What a training offers: its newest snapshots, and the policy with which it was broken off."""
    points = [(mark.decisions, policy) for mark, policy in zip(one.marks, one.snapshots, strict=True)][-newest:]
    if one.last is not None:
        points.append((one.decisions, one.last))
    unit = one.unit
    return [c for decisions, policy in points for c in learnt_candidates(unit.name, unit.learner, unit.number, decisions, policy)]


def played(
    game: Game | TurnBased, policies: dict[str, Any], *, episodes: int, seed: int, first: int = 0, pause: Pause | None = None
) -> np.ndarray:  # fmt: skip
    """Returns f8 [episodes, 2] by role of episodes first, first + 1, ... of a policy for each role."""
    acting = [policies[agent.role].acting(game, i) for i, agent in enumerate(game.agents)]
    return play_out(game, acting, episodes=episodes, seed=seed, first=first, pause=pause)


def played_together(
    game: Game | TurnBased, policies: dict[str, Any], *, episodes: int, seed: int,
    pause: Pause | None = None, workers: Executor | None = None,
) -> np.ndarray:  # fmt: skip
    """As `played`, the episodes shared out among workers."""
    workers = workers or InProcess()
    share = min(-(-episodes // getattr(workers, "size", 1)), TOGETHER)
    jobs = [(game, policies, min(share, episodes - first), seed, first) for first in range(0, episodes, share)]
    return np.concatenate([or_raised(part) for part in in_order(workers, _match(workers, pause), jobs, pause)])


def _match(workers: Executor, pause: Pause | None) -> Callable[..., np.ndarray]:
    """`played` as a unit of work. Where the work is done here, `pause` is called in its midst."""
    return functools.partial(_played, pause=pause) if isinstance(workers, InProcess) else _played


def _played(
    game: Game | TurnBased, policies: dict[str, Any], episodes: int, seed: int, first: int = 0, pause: Pause | None = None
) -> np.ndarray:  # fmt: skip
    return played(game, policies, episodes=episodes, seed=seed, first=first, pause=pause)


def play_out(
    game: Game | TurnBased, acting: Sequence[Acting | Drawn], *, episodes: int, seed: int, first: int = 0, pause: Pause | None = None
) -> np.ndarray:  # fmt: skip
    """Returns f8 [episodes, 2] by role of episodes first, first + 1, ..., in parts between which `pause` is called."""
    parts: list[np.ndarray] = []
    for part in in_parts(stage_for(game, acting, episodes=episodes, seed=seed), episodes, first=first):
        parts.append(part)
        if pause is not None and sum(map(len, parts)) < episodes:
            pause()
    return np.concatenate(parts)


def try_all(
    game: Game | TurnBased, role: str, candidates: Sequence[Candidate], opponent: Any, *,
    objective: Objective, episodes: int, seed: int, pause: Pause | None = None, workers: Executor | None = None,
) -> list[Tried]:  # fmt: skip
    """Play all candidates on the same episodes, side by side where there are workers; one that cannot be played is named and survived."""
    (other,) = {agent.role for agent in game.agents} - {role}
    workers, found = workers or InProcess(), list[Tried]()
    jobs = [(game, {role: candidate.policy, other: opponent}, episodes, seed) for candidate in candidates]
    for candidate, answer in zip(candidates, in_order(workers, _match(workers, pause), jobs, pause), strict=True):
        if isinstance(answer, Exception):
            # Where it is the opponent who has failed, nobody could be played against it.
            # What was given up for reasons of the machine's says nothing of the candidate.
            if isinstance(answer, (UnfinishedError, LostError)) or (isinstance(answer, PolicyFailedError) and answer.role == other):
                raise answer
            found.append(Tried(candidate, -np.inf, np.nan, survived(answer)))
        else:
            returns = answer @ np.array(objective)
            found.append(Tried(candidate, float(returns.mean()), float(returns.std(ddof=1) / len(returns) ** 0.5)))
        if pause is not None:
            pause()
    return found


def best(tried: Sequence[Tried]) -> Candidate:
    """The candidate with the highest mean, the first of equals; raises GamesolveError where none could be played."""
    playable = [one for one in tried if not one.failed]
    if not playable:
        raise GamesolveError(f"no candidate could be played: {'; '.join(f'{one.candidate.name}: {one.failed}' for one in tried) or 'none'}")
    return max(playable, key=lambda one: one.mean).candidate
