"""`Training`: one learner from its first decision to its last, with a snapshot of its policy at every mark; what is to be done, and was.

The budget has `MARKS` marks at equal distances. At each the policy is kept, with what it earned while it
learnt since the mark before: those episodes are fresh, so they make a learning curve at no cost. Learning
ends early where the return has not grown beyond its error for several marks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gamesolve.learners.learner import Learner, LearnerStep, Learnt, sound

MARKS = 10
#: By how many standard errors of a difference a return has to grow to count as grown.
BEYOND = 2.0
#: Why a training is over.
BUDGET, PATIENCE = "budget", "patience"


@dataclass(frozen=True)
class Mark:
    """Where a learner stood.

    Attributes:
        decisions: so far; episodes: that ended since the mark before.
        mean, standard_error: of what is maximised, over those episodes; None where too few ended.
        entropy: of the policy at its last choices, in nats.
    """

    decisions: int
    episodes: int
    mean: float | None
    standard_error: float | None
    entropy: float


class Training:
    """A learner, and what it has come to.

    Attributes:
        learner: at work.
        marks: so far; snapshots: the policies there, one each.
    """

    def __init__(self, learner: Learner, *, patience: int = MARKS) -> None:
        """
        Args:
            patience: marks without growth after which it ends.
        """
        self.learner, self.patience = learner, patience
        self.marks: list[Mark] = []
        self.snapshots: list[Learnt] = []
        # Episodes since the last mark: how many, their sum, and the sum of their squares.
        self._sums = np.zeros(3)

    @property
    def over(self) -> str:
        """Why it is over, `budget` or `patience`; empty while it is not."""
        if self.learner.decisions >= self.learner.budget:
            return BUDGET
        return PATIENCE if stalled(self.marks) >= self.patience else ""

    def advance(self) -> LearnerStep:
        """One iteration of the learner; where it passes a mark, the policy is kept. Raises GamesolveError where that came to no numbers."""
        step = sound(self.learner.iterate())
        if step.episodes:
            variance = (step.standard_error**2 * step.episodes * (step.episodes - 1)) if step.episodes > 1 else 0.0
            self._sums += (step.episodes, step.mean * step.episodes, variance + step.mean**2 * step.episodes)
        if step.decisions >= self._next_mark():
            self.marks.append(self._mark(step))
            self.snapshots.append(self.learner.policy())
            self._sums[:] = 0.0
        return step

    def state(self) -> dict[str, np.ndarray]:
        """What goes on from here depends on, beside marks and snapshots."""
        return {**self.learner.state(), "sums": self._sums.copy()}

    def restore(self, state: dict[str, np.ndarray], marks: Sequence[Mark], snapshots: Sequence[Any]) -> None:
        """Go back to a `state`, with the marks and snapshots that had been made by then."""
        self.learner.restore(state)
        self._sums[:] = state["sums"]
        self.marks, self.snapshots = list(marks), list(snapshots)

    def _next_mark(self) -> float:
        return (len(self.marks) + 1) * self.learner.budget / MARKS

    def _mark(self, step: LearnerStep) -> Mark:
        n, total, square = self._sums
        if n < 2:
            return Mark(step.decisions, int(n), None, None, step.entropy)
        mean = total / n
        variance = max(square / n - mean**2, 0.0) * n / (n - 1)
        return Mark(step.decisions, int(n), float(mean), float((variance / n) ** 0.5), step.entropy)


@dataclass(frozen=True)
class Unit:
    """A training to be done.

    Attributes:
        name: in words.
        learner: name of the learner.
        number: of the training among those of its learner.
        budget: decisions after which it is over.
        make: the learner at its beginning; a module-level function with plain data, where another process is to call it.
    """

    name: str
    learner: str
    number: int
    budget: int
    make: Callable[[], Learner]


@dataclass
class Done:
    """What a training came to.

    Attributes:
        marks, snapshots: where it stood, and its policies there.
        decisions: made in all.
        over: why it ended (`budget`, `patience`, `failed`); empty where it was broken off.
        failed: what went wrong, in a sentence.
        last: the policy with which it was broken off.
    """

    unit: Unit
    marks: list[Mark] = field(default_factory=list)
    snapshots: list[Any] = field(default_factory=list)
    decisions: int = 0
    over: str = ""
    failed: str = ""
    last: Any = None


def stalled(marks: Sequence[Mark]) -> int:
    """For how many marks the return has not grown beyond its error."""
    reference, since = None, 0
    for mark in marks:
        grown = reference is None or reference.mean is None or mark.mean is None or mark.mean - reference.mean > _error(mark, reference)
        reference, since = (mark, 0) if grown else (reference, since + 1)
    return since


def _error(one: Mark, two: Mark) -> float:
    return BEYOND * float(np.hypot(one.standard_error or 0.0, two.standard_error or 0.0))
