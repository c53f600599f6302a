"""Which of the candidates is the answer, and what it earns on fresh episodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gamesolve.base.seeds import derived_seed
from gamesolve.evaluate.spread import summary
from gamesolve.learners.candidates import Candidate, Tried, best, candidates_of, played, scripted_candidates, try_all
from gamesolve.learners.task import own_reward, roles_of
from gamesolve.learners.training import Done
from gamesolve.policies.asked import Pause
from gamesolve.rules.game import Game
from gamesolve.train.ask import Ask
from gamesolve.train.folder import Parties
from gamesolve.views.acting import Acting, Drawn

if TYPE_CHECKING:
    from gamesolve.views.turn_based import TurnBased

TEST = "test"


@dataclass(frozen=True)
class Choice:
    """The chosen candidate, how all did, and what went wrong, a sentence each."""

    name: str
    policy: Any
    tried: tuple[Tried, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Measured:
    """What the answer earns on fresh episodes.

    Attributes:
        episodes: f8 [n, 2], the return of each by role.
        acting: how each agent acted in them; seed: of their streams.
        returns: by role mean, standard deviation and standard error; each: the same by opponent.
    """

    episodes: np.ndarray
    acting: tuple[Acting | Drawn, ...]
    seed: int
    returns: dict[str, dict[str, float | None]]
    each: dict[str, dict[str, dict[str, float | None]]]


def choose(
    game: Game | TurnBased, ask: Ask, parties: Parties, done: Sequence[Done], *, exact: Any = None, pause: Pause | None = None
) -> Choice:  # fmt: skip
    """The best of what was learnt, is known, or scripted where that is asked, in validation; `pause` is called between parts of it."""
    candidates = [
        *([Candidate("exact", exact)] if exact is not None else []),
        *(scripted_candidates(game, ask.role) if ask.scripted else []),
        *(Candidate(words, policy) for words, policy in zip(ask.known, parties.known, strict=True)),
        *(candidate for one in done for candidate in candidates_of(one)),
    ]
    seed = derived_seed(ask.seed, "validation")
    tried = try_all(
        game, ask.role, candidates, parties.opponent, objective=own_reward(ask.role), episodes=ask.validation, seed=seed, pause=pause
    )
    # The exact response is proved to be the best; what looks better on some episodes is luck.
    chosen = candidates[0] if exact is not None else best(tried)
    failed = [f"candidate {one.candidate.name} could not be played: {one.failed}" for one in tried if one.failed]
    broken = [f"training {one.unit.name}: {one.failed}" for one in done if one.failed]
    return Choice(chosen.name, chosen.policy, tuple(tried), (*broken, *failed))


def measure(game: Game | TurnBased, ask: Ask, parties: Parties, policy: Any, *, pause: Pause | None = None) -> Measured:
    """What a policy earns on fresh episodes, against the mixture of opponents and against each; `pause` is called between parts."""
    roles = roles_of(game)
    other = roles[1 - roles.index(ask.role)]
    seed, policies = derived_seed(ask.seed, TEST), {ask.role: policy, other: parties.opponent}
    episodes = played(game, policies, episodes=ask.episodes, seed=seed, pause=pause)
    acting = tuple(policies[agent.role].acting(game, i) for i, agent in enumerate(game.agents))
    each = {}
    if len(parties.opponents) > 1:
        for words, opponent in zip(ask.against, parties.opponents, strict=True):
            alone = played(game, {ask.role: policy, other: opponent}, episodes=ask.episodes, seed=seed, pause=pause)
            each[words] = summary(alone, roles)
    return Measured(episodes, acting, seed, summary(episodes, roles), each)
