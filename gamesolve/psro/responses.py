"""Responses to a mixture of opponents: chosen on validation episodes, and measured on fresh ones.

Members of the population are candidates beside what oracles offer. The best is a response only if it gains, on fresh episodes,
beyond its error: more than the role's own mixture earns against the same opponents in the same episodes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtrit

from gamesolve.base.seeds import derived_seed
from gamesolve.learners.candidates import Candidate, Tried, best, candidates_of, played_together, try_all
from gamesolve.learners.task import own_reward, roles_of
from gamesolve.learners.training import Done
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.tabular import TabularPolicy
from gamesolve.psro.joint_draw import JointDraw
from gamesolve.psro.oracles import GUEST, SELF_PLAY, Offer, Question

#: Confidence with which a gain counts, by a one-sided interval; and what is rounding, for returns of size 1.
CONFIDENCE, ROUNDING = 0.95, 1e-9


@dataclass(frozen=True, eq=False)
class Response:
    """The best candidate against a mixture.

    Attributes:
        role: whose; name: in words; learner: who found it, empty of a policy that was there.
        policy: to be added to the population where it `counts`.
        gain: mean of what it earns more than the role's own mixture, in the same fresh episodes; standard_error: of that. With a tree
            that knows both the gain is exact.
        returns: f8 [n], what the role's own mixture earns in them; seed: of these episodes.
        new: whether it is no member of the population yet, or joins it again (fictitious play).
        more: further policies that join: those of other trainings that gain beyond their error too.
        guests: policies of self-play, which join whether they gain or not.
        tried: how all candidates did on the validation episodes.
        done: what each training came to.
        broken: whether there are oracles that learn, and none of them offered anything.
        notes: what went wrong and was survived, a sentence each.
        played: episodes in which candidates were tried and gains measured.
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
    more: tuple[Candidate, ...]
    guests: tuple[Candidate, ...]
    tried: tuple[Tried, ...]
    done: tuple[Done, ...]
    broken: bool
    notes: tuple[str, ...]
    played: int = 0

    @property
    def counts(self) -> bool:
        """Whether it gains beyond its error, and is not there already."""
        return self.new and self.at_least(CONFIDENCE) > 0.0

    def at_least(self, confidence: float) -> float:
        """What it gains at least, by a one-sided interval (Student's t); 0 where that is no more than rounding."""
        return gained_at_least(self.gain, self.standard_error, self.returns, confidence)

    @property
    def gains(self) -> bool:
        """Whether anything was found that gains."""
        return self.counts or bool(self.more)

    def joining(self, iteration: int) -> list[tuple[str, Any]]:
        """The policies that join the population, by what they are called there."""
        best = [(self.learner, self.name, self.policy)] if self.counts else []
        found = list[tuple[str, Any]]()
        for learner, name, policy in [*best, *((one.learner, one.name, one.policy) for one in self.more)]:
            told = f"{learner} of iteration {iteration}" if learner else name
            alike = sum(other == told or other.startswith(f"{told}, ") for other, _ in found)
            found.append((f"{told}, {alike + 1}" if alike else told, policy))
        return [*found, *((f"{GUEST}{iteration}", one.policy) for one in self.guests)]

    @property
    def decisions(self) -> int:
        """Made while learning."""
        return sum(one.decisions for one in self.done)


def gained_at_least(gain: float, standard_error: float, returns: np.ndarray, confidence: float) -> float:
    """The lower end of a gain measured in as many episodes as there are returns f8 [n]; 0 where that is no more than rounding."""
    found = gain - float(stdtrit(len(returns) - 1, confidence)) * standard_error
    return found if found > ROUNDING * max(float(np.abs(returns).max()), 1.0) else 0.0


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
    learnt = [candidate for one in done if one.unit.learner != SELF_PLAY for candidate in candidates_of(one, question.snapshots)]
    guests = [one for one in done if one.unit.learner == SELF_PLAY and one.snapshots]
    tried, played = [offered.best] if offered.best else [], 0
    if offered.best is None or question.responses > 1:
        tried += try_all(
            question.game, question.role, [*offered.candidates, *learnt], question.other, objective=own_reward(question.role),
            episodes=question.validation, seed=derived_seed(question.seed, "validation"), pause=pause, workers=workers,
        )  # fmt: skip
        played += len(tried) * question.validation
    chosen = offered.best.candidate if offered.best else best(tried)

    def play(policy: Any) -> np.ndarray:
        nonlocal played
        played += question.episodes
        return _earned(question, policy, workers=workers, pause=pause)

    returns = play(question.own)
    gain, error = _gained(question, chosen.policy, returns, play)
    more = [
        one
        for one in _others(question, tried, chosen)
        if gained_at_least(*_gained(question, one.policy, returns, play), returns, CONFIDENCE)
    ]
    failed = [f"oracle {one.unit.name}: {one.failed}" for one in done if one.failed]
    unplayed = [f"candidate {one.candidate.name} could not be played: {one.failed}" for one in tried if one.failed]
    return Response(
        role=question.role,
        name=chosen.name.removeprefix(f"{question.role}: "),
        learner=chosen.learner,
        policy=chosen.policy,
        gain=gain,
        standard_error=error,
        returns=returns,
        seed=derived_seed(question.seed, "test"),
        new=_is_new(question, chosen),
        more=tuple(more),
        guests=tuple(Candidate(one.unit.name, one.snapshots[-1], SELF_PLAY, one.unit.number, one.decisions) for one in guests),
        tried=tuple(tried),
        done=tuple(done),
        broken=offered.learns and not (learnt or guests or offered.best),
        notes=(*offered.notes, *failed, *unplayed),
        played=played,
    )


def _gained(question: Question, policy: Any, returns: np.ndarray, play: Callable[[Any], np.ndarray]) -> tuple[float, float]:
    """What a policy earns more than the role does now, and the standard error of that: 0 where both are known exactly."""
    if question.exact is not None:
        now = question.exact.earned(question.index, question.own, question.other)
        then = question.exact.earned(question.index, Mixture((policy,), np.ones(1)), question.other)
        if now is not None and then is not None:
            return then - now, 0.0
    gained = play(policy) - returns
    return float(gained.mean()), float(gained.std(ddof=1) / len(gained) ** 0.5)


def _others(question: Question, tried: Sequence[Tried], chosen: Candidate) -> list[Candidate]:
    """The best candidates of further origins (a training, or a policy of the game's), in the order of what they earn."""
    origins, found = {_origin(chosen)}, list[Candidate]()
    for one in sorted((one for one in tried if not one.failed), key=lambda one: -one.mean):
        if len(found) + 1 >= question.responses:
            break
        if _origin(one.candidate) not in origins and _is_new(question, one.candidate):
            found.append(one.candidate)
        origins.add(_origin(one.candidate))
    return found


def _origin(candidate: Candidate) -> tuple[str, int]:
    return (candidate.learner, candidate.seed) if candidate.learner else (candidate.name, 0)


def _is_new(question: Question, candidate: Candidate) -> bool:
    """Whether a population that is a set would grow by a policy; one that counts how often a policy joined always does."""
    return question.repeats or not any(_alike(question, candidate.policy, policy) for _, policy in question.members)


def _alike(question: Question, one: Any, two: Any) -> bool:
    """Whether two policies are one, or do the same wherever they come on the game's tree."""
    if one is two or (type(one) is type(two) and one == two):
        return True
    if question.exact is None or not (isinstance(one, TabularPolicy) and isinstance(two, TabularPolicy)):
        return False
    first, second = question.exact.plan(question.index, one), question.exact.plan(question.index, two)
    return first is not None and second is not None and bool(np.allclose(first, second, rtol=0.0, atol=1e-12))


def _earned(question: Question, policy: Any, *, workers: Executor | None = None, pause: Callable[[], None] | None = None) -> np.ndarray:
    """What the role earns in the fresh episodes, f8 [n]: by a policy or a mixture against the other role's, or by draws that both share."""
    roles, seed = roles_of(question.game), derived_seed(question.seed, "test")
    if isinstance(policy, JointDraw):
        returns = policy.played(question.game, episodes=question.episodes, seed=seed, pause=pause, workers=workers)
    else:
        policies = {question.role: policy, roles[1 - question.index]: question.other}
        returns = played_together(question.game, policies, episodes=question.episodes, seed=seed, pause=pause, workers=workers)
    return np.asarray(returns @ np.array(own_reward(question.role)))
