"""Responses to a mixture of opponents: offered by oracles, chosen on validation episodes, and measured on fresh ones.

An oracle offers candidates: what a learner learnt, or the game's scripted policies. Members of the population
are candidates too. The best is a response only if it gains, on fresh episodes, beyond its error: more than the
role's own mixture earns against the same opponents in the same episodes.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import stdtrit

from gamesolve.base.errors import GamesolveError
from gamesolve.base.failures import survived
from gamesolve.base.seeds import derived_seed
from gamesolve.learners.candidates import Candidate, Tried, best, candidates_of, played_together, scripted_candidates, try_all
from gamesolve.learners.registry import learner_type, make_learner
from gamesolve.learners.settings import choose_settings
from gamesolve.learners.task import Task, own_reward, roles_of
from gamesolve.learners.training import Done, Unit
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.team import is_network
from gamesolve.rules.game import Game
from gamesolve.views.acting import Drawn

if TYPE_CHECKING:
    from gamesolve.views.turn_based import TurnBased

#: Confidence with which a gain counts, by a one-sided interval; and what is rounding, for returns of size 1.
CONFIDENCE, ROUNDING = 0.95, 1e-9
#: The oracle that knows the game's own policies and learns nothing.
SCRIPTED = "scripted"


@dataclass(frozen=True)
class Oracle:
    """One way in which responses are looked for.

    Attributes:
        learner: `ppo`, `dqn`, `tabular`, or `scripted`.
        budget: decisions of each training.
        seeds: trainings from fresh weights.
        warm: whether there is one more that starts from the newest network of the population, where that fits.
        settings: of the learner, what shall be other than by default.
        device: `cpu` or `cuda`.

    Raises:
        GamesolveError: the learner or a setting is unknown, or a number is out of range.
    """

    learner: str = "ppo"
    budget: int = 100_000
    seeds: int = 1
    warm: bool = True
    settings: dict[str, Any] = field(default_factory=dict)
    device: str = "cpu"

    def __post_init__(self) -> None:
        if self.learner == SCRIPTED:
            return
        choose_settings(learner_type(self.learner).settings, self.settings, self.learner)
        if self.budget < 1 or self.seeds < 0 or self.seeds + self.warm < 1:
            raise GamesolveError(
                f"the budget is {self.budget!r} and the number of seeds {self.seeds!r} ({'and' if self.warm else 'without'} a warm start); "
                "at least one decision and one training are needed"
            )


@dataclass(frozen=True, eq=False)
class Response:
    """The best candidate against a mixture.

    Attributes:
        role: whose; name: in words; learner: who found it, empty of a policy that was there.
        policy: to be added to the population where it `counts`.
        gain: mean of what it earns more than the role's own mixture, in the same fresh episodes; standard_error: of that.
        returns: f8 [n], what the role's own mixture earns in them; seed: of these episodes.
        new: whether it is no member of the population yet.
        tried: how all candidates did on the validation episodes.
        done: what each training came to.
        broken: whether there are oracles that learn, and none of them offered anything.
        notes: what went wrong and was survived, a sentence each.
    """

    role: str
    name: str
    learner: str
    policy: Any
    gain: float
    standard_error: float
    returns: np.ndarray
    seed: int
    new: bool
    tried: tuple[Tried, ...]
    done: tuple[Done, ...]
    broken: bool
    notes: tuple[str, ...]

    @property
    def counts(self) -> bool:
        """Whether it gains beyond its error, and is not there already."""
        return self.new and self.at_least(CONFIDENCE) > 0.0

    def at_least(self, confidence: float) -> float:
        """What it gains at least, by a one-sided interval (Student's t); 0 where that is no more than rounding."""
        n = len(self.returns)
        found = self.gain - float(stdtrit(n - 1, confidence)) * self.standard_error
        return found if found > ROUNDING * max(float(np.abs(self.returns).max()), 1.0) else 0.0

    def title(self, iteration: int) -> str:
        """What it is called as a member of the population."""
        return f"{self.learner} of iteration {iteration}" if self.learner else self.name

    @property
    def decisions(self) -> int:
        """Made while learning."""
        return sum(one.decisions for one in self.done)


@dataclass(frozen=True)
class Question:
    """What is to be responded to.

    Attributes:
        game, role: whose response is wanted.
        own, other: the mixtures of both roles.
        members: the role's population by name.
        validation, episodes: on how many episodes candidates are compared, and on how many fresh ones the best is measured.
        seed: of all that is drawn.
    """

    game: Game | TurnBased
    role: str
    own: Mixture
    other: Mixture
    members: tuple[tuple[str, Any], ...]
    validation: int
    episodes: int
    seed: int


@dataclass(frozen=True)
class Offer:
    """What oracles offer at once, and what they have to learn first.

    Attributes:
        candidates: members of the population, and scripted policies that are none yet.
        units: trainings to be done.
        learns: whether any of the oracles learns.
        notes: why some of them cannot, a sentence each.
    """

    candidates: tuple[Candidate, ...]
    units: tuple[Unit, ...]
    learns: bool
    notes: tuple[str, ...]


def offer(question: Question, oracles: Sequence[Oracle]) -> Offer:
    """What the oracles offer; one that cannot take the question up is named and left out."""
    candidates, notes, units = [Candidate(name, policy) for name, policy in question.members], list[str](), list[Unit]()
    for number, oracle in enumerate(oracles):
        if oracle.learner == SCRIPTED:
            candidates += _unknown(question)
            continue
        own, refused = _units(question, oracle, number)
        units += own
        notes += refused
    return Offer(tuple(candidates), tuple(units), any(oracle.learner != SCRIPTED for oracle in oracles), tuple(notes))


def choose(
    question: Question, offered: Offer, done: Sequence[Done], *, workers: Executor | None = None, pause: Callable[[], None] | None = None
) -> Response:
    """The best response among what was offered and what was learnt.

    Args:
        done: what the offer's trainings came to; those that failed are named and survived.
        workers: who play the episodes.
        pause: called between two parts of the work; what it raises ends it.

    Raises:
        GamesolveError: the opponents cannot be played.
    """
    learnt = [candidate for one in done for candidate in candidates_of(one)]
    tried = try_all(
        question.game, question.role, [*offered.candidates, *learnt], question.other, objective=own_reward(question.role),
        episodes=question.validation, seed=derived_seed(question.seed, "validation"), pause=pause, workers=workers,
    )  # fmt: skip
    chosen = best(tried)
    returns = _earned(question, question.own, workers, pause)
    gained = _earned(question, chosen.policy, workers, pause) - returns
    failed = [f"oracle {one.unit.name}: {one.failed}" for one in done if one.failed]
    unplayed = [f"candidate {one.candidate.name} could not be played: {one.failed}" for one in tried if one.failed]
    return Response(
        role=question.role,
        name=chosen.name.removeprefix(f"{question.role}: "),
        learner=chosen.learner,
        policy=chosen.policy,
        gain=float(gained.mean()),
        standard_error=float(gained.std(ddof=1) / len(gained) ** 0.5),
        returns=returns,
        seed=derived_seed(question.seed, "test"),
        new=all(policy is not chosen.policy for _, policy in question.members),
        tried=tuple(tried),
        done=tuple(done),
        broken=offered.learns and not learnt,
        notes=(*offered.notes, *failed, *unplayed),
    )


def _earned(question: Question, policy: Any, workers: Executor | None, pause: Callable[[], None] | None) -> np.ndarray:
    """What a policy of the role earns in the fresh episodes, f8 [n]."""
    roles = roles_of(question.game)
    other = roles[1 - roles.index(question.role)]
    policies = {question.role: policy, other: question.other}
    seed = derived_seed(question.seed, "test")
    returns = played_together(question.game, policies, episodes=question.episodes, seed=seed, pause=pause, workers=workers)
    return np.asarray(returns @ np.array(own_reward(question.role)))


def _unknown(question: Question) -> list[Candidate]:
    """The game's own policies that are no members yet."""
    known = [policy for _, policy in question.members]
    return [one for one in scripted_candidates(question.game, question.role) if not any(one.policy == policy for policy in known)]


def _units(question: Question, oracle: Oracle, number: int) -> tuple[list[Unit], list[str]]:
    """The trainings of a learning oracle, one of several, and a sentence where it cannot learn the game."""
    task = Task.against(question.game, question.role, question.other)
    starts: list[tuple[str, Any]] = [(f"seed {k}", None) for k in range(oracle.seeds)]
    starts += [(f"from {name}", policy) for name, policy in _newest(question) if oracle.warm]
    found, notes = list[Unit](), list[str]()
    for k, (words, start) in enumerate(starts):
        seed = derived_seed(question.seed, "oracle", number, k)
        make = functools.partial(
            make_learner, oracle.learner, task, budget=oracle.budget, settings=oracle.settings, seed=seed, device=oracle.device, start=start
        )  # fmt: skip
        if k == 0 or start is not None:
            try:
                make()
            except Exception as error:  # noqa: BLE001 - other oracles may do
                if start is None:
                    return [], [f"oracle {oracle.learner} cannot look for responses: {survived(error)}"]
                # A network of another kind is no start, which is nothing to report.
                if not isinstance(error, GamesolveError):
                    notes.append(f"oracle {oracle.learner} cannot start from {words.removeprefix('from ')}: {survived(error)}")
                continue
        found.append(Unit(f"{question.role}: {oracle.learner}, {words}", oracle.learner, 1_000 * number + k, oracle.budget, make))
    return found, notes


def _newest(question: Question) -> list[tuple[str, Any]]:
    """The newest network of the population, if there is one."""
    return [(name, policy) for name, policy in question.members if is_network(policy)][-1:]


def refuse_unplayable(role: str, policy: Any, game: Game | TurnBased) -> None:
    """Raise GamesolveError where a policy cannot be a member of a role's population."""
    if not hasattr(policy, "acting"):
        raise GamesolveError(f"{policy!r} cannot be played, so it is no member of the {role}'s population")
    for i, agent in enumerate(game.agents):
        if agent.role == role and isinstance(policy.acting(game, i), Drawn):
            raise GamesolveError(f"a mixture is no member of the {role}'s population; give its policies")
