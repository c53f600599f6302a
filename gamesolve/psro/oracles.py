"""Oracles: who looks for responses to a mixture of opponents, and what they offer.

An oracle offers candidates at once, such as the game's scripted policies or the exact best response on a tree, or trainings
that are to be done first.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gamesolve.base.errors import GamesolveError
from gamesolve.base.failures import survived
from gamesolve.base.seeds import derived_seed
from gamesolve.learners.accounts import TABULAR
from gamesolve.learners.arena import features_of
from gamesolve.learners.candidates import Candidate, Tried, scripted_candidates
from gamesolve.learners.learner import Learner
from gamesolve.learners.ppo import Potential
from gamesolve.learners.registry import learner_type, make_learner
from gamesolve.learners.self_play import Side
from gamesolve.learners.settings import PPOSettings, choose_settings
from gamesolve.learners.task import Task, roles_of
from gamesolve.learners.training import MARKS, Unit
from gamesolve.policies.critic import MeanOfCritics
from gamesolve.policies.features import Features
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.neural import NeuralPolicy
from gamesolve.policies.team import average_of, is_network, kind_of
from gamesolve.psro.exact_table import ExactTable
from gamesolve.psro.joint_draw import JointDraw
from gamesolve.rules.game import Game
from gamesolve.views.acting import Drawn

if TYPE_CHECKING:
    from gamesolve.policies.tensors import Tensors
    from gamesolve.views.turn_based import TurnBased

#: Oracles beside the learners: the game's own policies; the best response on the tree; and regularised self-play, whose policies join
#: whether they gain or not.
SCRIPTED, EXACT, SELF_PLAY = "scripted", "exact", "self_play"
#: What a policy of self-play is called that joined, before the iteration's number.
GUEST = "self-play until iteration "
#: What an average of responses gains at least of what the best gains, if it is to take its place.
SHARE = 0.5
#: Named policies of a role, in the order in which they joined.
Population = tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Oracle:
    """One way in which responses are looked for.

    Attributes:
        learner: `ppo`, `dqn`, `tabular`, `scripted`; `exact`, beside which others are asked only where several responses may join or it
            does not know the opponents; or `self_play`: policies that draw, as Self-Play PSRO adds them (McAleer et al. 2024). There
            they are learnt against the other role's responder, here by magnetic mirror descent against each other, all the while.
        budget: decisions of each training.
        seeds: trainings from fresh weights.
        warm: whether there is one more that starts from the newest network of the population, where that fits.
        average: whether there is one more that starts from the networks' weights averaged by the meta-strategy.
        shaping: whether what the critics of the population expect, averaged likewise, shapes the rewards of `ppo` (Palmer et al. 2025).
        settings: of the learner, what shall be other than by default.
        device: `cpu` or `cuda`.

    Raises:
        GamesolveError: the learner or a setting is unknown, or a number is out of range.
    """

    learner: str = "ppo"
    budget: int = 100_000
    seeds: int = 1
    warm: bool = True
    average: bool = False
    shaping: bool = False
    settings: dict[str, Any] = field(default_factory=dict)
    device: str = "cpu"

    def __post_init__(self) -> None:
        if not self.learns:
            return
        choose_settings(PPOSettings if self.learner == SELF_PLAY else learner_type(self.learner).settings, self.settings, self.learner)
        starts = self.warm + self.average
        if self.budget < 1 or self.seeds < 0 or self.seeds + starts < 1:
            raise GamesolveError(
                f"the budget is {self.budget!r} and the number of seeds {self.seeds!r} ({starts} trainings start from networks); "
                "at least one decision and one training are needed"
            )

        if (
            self.shaping
            and self.learner == "ppo"
            and (self.settings.get("critic") == "joint" or self.settings.get("memory") == "recurrent")
        ):
            raise GamesolveError("shaping takes critics that see what their policies are fed: critic 'own', and memory 'last' or 'history'")

    @property
    def learns(self) -> bool:
        """Whether it has something to learn first."""
        return self.learner not in (SCRIPTED, EXACT)

    @property
    def trainings(self) -> int:
        """Of each role in an iteration, once there are networks to start from."""
        if not self.learns:
            return 0
        if self.learner == SELF_PLAY:
            return 1
        return self.seeds + (0 if self.learner == TABULAR else self.warm + self.average)


@dataclass(frozen=True, eq=False)
class Question:
    """What is to be responded to.

    Attributes:
        game, role: whose response is wanted.
        own: how the role plays now; a `JointDraw` where both roles share their draws.
        other: the mixture of the other role, as it is by itself.
        members, weights: the role's population by name, and how it is mixed, f8 [n].
        rivals: the other role's population.
        validation, episodes: on how many episodes candidates are compared, and on how many fresh ones the best is measured.
        seed: of all that is drawn.
        snapshots: how many of the newest of each training are candidates.
        responses: how many policies may join, of as many trainings; repeats: whether one that is there already joins again.
        exact: behaviours on the game's tree, where it has one.
    """

    game: Game | TurnBased
    role: str
    own: Mixture | JointDraw
    other: Mixture
    members: Population
    weights: np.ndarray
    rivals: Population
    validation: int
    episodes: int
    seed: int
    snapshots: int = MARKS
    responses: int = 1
    repeats: bool = False
    exact: ExactTable | None = None

    @property
    def index(self) -> int:
        """Of the role, 0 or 1."""
        return roles_of(self.game).index(self.role)


@dataclass(frozen=True)
class Offer:
    """What oracles offer at once, and what they have to learn first.

    Attributes:
        candidates: members of the population, and scripted policies that are none yet.
        best: the exact best response, where an oracle knows it: nothing else needs to be tried.
        units: trainings to be done.
        learns: whether any of the oracles learns.
        notes: why some of them cannot, a sentence each.
    """

    candidates: tuple[Candidate, ...]
    best: Tried | None
    units: tuple[Unit, ...]
    learns: bool
    notes: tuple[str, ...]


def offer(question: Question, oracles: Sequence[Oracle], average: Any = None) -> Offer:
    """What the oracles offer; one that cannot take the question up is named and left out.

    Args:
        average: of exact responses, to take the place of one.
    """
    candidates, notes, units = [Candidate(name, policy) for name, policy in question.members], list[str](), list[Unit]()
    exact: Tried | None = None
    if any(oracle.learner == EXACT for oracle in oracles):
        exact = _exact(question, average)
        notes += [] if exact else [f"oracle exact cannot look for responses: the {question.role}'s opponents are not known exactly"]
    for number, oracle in enumerate(oracles):
        if oracle.learner == SCRIPTED:
            candidates += _unknown(question)
        elif oracle.learner == SELF_PLAY or (oracle.learns and (exact is None or question.responses > 1)):
            own, refused = _units(question, oracle, number)
            units += own
            notes += refused
    return Offer(tuple(candidates), exact, tuple(units), any(oracle.learns for oracle in oracles), tuple(notes))


def _unknown(question: Question) -> list[Candidate]:
    """The game's own policies that are no members yet."""
    known = [policy for _, policy in question.members]
    return [one for one in scripted_candidates(question.game, question.role) if not any(one.policy == policy for policy in known)]


def _exact(question: Question, average: Any) -> Tried | None:
    """The best response on the tree, or the average of several; None where the opponents are not known there."""
    found = None if question.exact is None else question.exact.response(question.index, question.other)
    if question.exact is None or found is None:
        return None
    policy, worth = found
    if average is not None:
        now = question.exact.earned(question.index, question.own, question.other)
        mean = question.exact.earned(question.index, Mixture((average,), np.ones(1)), question.other)
        # After few rounds it answers mixtures that are gone, and gains little of what there is to gain.
        if now is not None and mean is not None and mean - now >= SHARE * (worth - now):
            return Tried(Candidate("average of exact responses", average, EXACT), mean, 0.0)
    return Tried(Candidate("exact best response", policy, EXACT), worth, 0.0)


def _units(question: Question, oracle: Oracle, number: int) -> tuple[list[Unit], list[str]]:
    """The trainings of a learning oracle, one of several, and a sentence where it cannot learn the game."""
    together = oracle.learner == SELF_PLAY
    task = Task.together(question.game, question.role) if together else Task.against(question.game, question.role, question.other)
    found, notes, starts = list[Unit](), list[str](), starts_of(question, oracle)
    if not starts:
        return [], [
            f"oracle {oracle.learner} has nothing to start from: seeds is 0, and the {question.role}'s population has no network yet"
        ]
    for k, (words, start) in enumerate(starts):
        try:
            potential = _potential(question, oracle, task)
            make = functools.partial(begin, oracle, task, derived_seed(question.seed, "oracle", number, k), start, potential)
            if k == 0 or start is not None:
                make()
        except Exception as error:  # noqa: BLE001 - other oracles may do
            if start is None or together:
                return [], [f"oracle {oracle.learner} cannot look for responses: {survived(error)}"]
            # A network of another kind is no start, which is nothing to report.
            if not isinstance(error, GamesolveError):
                notes.append(f"oracle {oracle.learner} cannot start {words}: {survived(error)}")
            continue
        found.append(Unit(f"{question.role}: {oracle.learner}, {words}", oracle.learner, 1_000 * number + k, oracle.budget, make))
    return found, notes


def starts_of(question: Question, oracle: Oracle) -> list[tuple[str, Any]]:
    """Where a learning oracle's trainings start, in words, and the network; None for fresh weights."""
    if oracle.learner == SELF_PLAY:
        return [_together(question)]
    fresh: list[tuple[str, Any]] = [(f"seed {k}", None) for k in range(oracle.seeds)]
    warm = [(f"from {name}", policy) for name, policy in _newest(question.members) if oracle.warm]
    return [*fresh, *warm, *(("from the average", policy) for policy in _averages(question) if oracle.average)]


def begin(oracle: Oracle, task: Task, seed: int, start: Any = None, potential: Potential | None = None) -> Learner:
    """A learner at its beginning, as an oracle has it.

    Args:
        start: a network from whose weights it starts, or None; of self-play, those of both roles and how often it went on before.

    Raises:
        GamesolveError: it cannot take up the task.
    """
    options: dict[str, Any] = {"budget": oracle.budget, "seed": seed, "device": oracle.device}
    if oracle.learner == SELF_PLAY:
        both, times = start or (None, 0)
        return Side(task, "mmd", settings=oracle.settings, start=both, before=times * oracle.budget, **options)
    return make_learner(oracle.learner, task, settings=_settings(oracle), start=start, potential=potential, **options)


def _settings(oracle: Oracle) -> dict[str, Any]:
    """Of its learner; critics are kept where they shape what is learnt later."""
    return {"keep_critic": True, **oracle.settings} if oracle.shaping and oracle.learner == "ppo" else oracle.settings


def _potential(question: Question, oracle: Oracle, task: Task) -> MeanOfCritics | None:
    """What the critics of the role's networks expect that are fed what an oracle's are, weighted as the networks are mixed."""
    if not (oracle.shaping and oracle.learner == "ppo"):
        return None
    features = features_of(task, choose_settings(PPOSettings, _settings(oracle), oracle.learner), remembers=True)
    fed = [
        (policy.critic, weight)
        for (_, policy), weight in zip(question.members, question.weights.tolist(), strict=True)
        if isinstance(policy, NeuralPolicy) and policy.critic is not None and _fed(policy.features) == _fed(features) and weight > 0.0
    ]
    if not fed:
        return None
    weights = np.array([weight for _, weight in fed])
    return MeanOfCritics([critic for critic, _ in fed], weights / weights.sum())


def _newest(members: Sequence[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """The newest network of a population, if there is one."""
    return [(name, policy) for name, policy in members if is_network(policy)][-1:]


def _fed(features: Features | Tensors) -> tuple[str, bool, int]:
    """What networks of a role share that are fed the same."""
    return features.memory, features.pooled, features.count


def _averages(question: Question) -> list[Any]:
    """The weights of the networks that are like the newest, averaged by the meta-strategy; none where fewer than two are mixed."""
    mixed = [
        (policy, w) for (_, policy), w in zip(question.members, question.weights.tolist(), strict=True) if w > 0.0 and is_network(policy)
    ]
    like = [(policy, w) for policy, w in mixed if kind_of(policy) == kind_of(mixed[-1][0])]
    if len(like) < 2:
        return []
    weights = np.array([w for _, w in like])
    return [average_of([policy for policy, _ in like], weights / weights.sum())]


def _together(question: Question) -> tuple[str, Any]:
    """Where self-play goes on: from the newest policies that it had of both roles, after how many stretches."""
    own, other = (
        [policy for name, policy in members if re.fullmatch(rf"{GUEST}\d+", name) and is_network(policy)]
        for members in (question.members, question.rivals)
    )
    if not own or not other:
        return "from the beginning", None
    return f"stretch {len(own) + 1}", ((own[-1], other[-1]) if question.index == 0 else (other[-1], own[-1]), len(own))


def refuse_unplayable(role: str, policy: Any, game: Game | TurnBased) -> None:
    """Raise GamesolveError where a policy cannot be a member of a role's population."""
    if not hasattr(policy, "acting"):
        raise GamesolveError(f"{policy!r} cannot be played, so it is no member of the {role}'s population")
    for i, agent in enumerate(game.agents):
        if agent.role == role and isinstance(policy.acting(game, i), Drawn):
            raise GamesolveError(f"a mixture is no member of the {role}'s population; give its policies")
