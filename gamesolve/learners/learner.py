"""What every learner is: it plays, learns, says where it stands, and can be put down and taken up again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from gamesolve.base.errors import GamesolveError, quoted
from gamesolve.policies.neural import NeuralPolicy
from gamesolve.policies.tabular import TabularPolicy
from gamesolve.policies.team import TeamPolicy

Learnt = NeuralPolicy | TabularPolicy | TeamPolicy


@dataclass(frozen=True)
class LearnerStep:
    """One iteration.

    Attributes:
        decisions: of all agents so far, whatever policy made them.
        episodes: that ended in this iteration.
        mean, standard_error: of what is maximised in them (NaN where there are too few).
        entropy: mean entropy of the policy where it chose, in nats.
    """

    decisions: int
    episodes: int
    mean: float
    standard_error: float
    entropy: float


class Learner(Protocol):
    """A learner at work on a task.

    Attributes:
        budget: decisions after which it is done.
    """

    budget: int

    @property
    def decisions(self) -> int:
        """Made so far, by all agents."""

    def iterate(self) -> LearnerStep:
        """Play for a while and learn from it; raises GamesolveError where learning breaks down."""

    def policy(self) -> Learnt:
        """The policy now, a snapshot, as it explores or draws."""

    def state(self) -> dict[str, np.ndarray]:
        """All that what follows depends on, as arrays."""

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Go back to a `state` of an equal learner; it goes on to the same bits."""


def steps(learner: Learner) -> Iterator[LearnerStep]:
    """Learn until the budget is spent; the last iteration may go past it."""
    while learner.decisions < learner.budget:
        yield learner.iterate()


def sound(step: LearnerStep) -> LearnerStep:
    """A step; raises GamesolveError where what it says is no number."""
    told = {"entropy": step.entropy}
    if step.episodes:
        told["mean"] = step.mean
    if step.episodes > 1:
        told["standard error"] = step.standard_error
    for what, value in told.items():
        if not isinstance(value, float | int | np.floating) or not np.isfinite(value):
            raise GamesolveError(f"learning broke down after {step.decisions:,} decisions: the {what} is {quoted(value)}")
    return step


def step_of(decisions: int, finished: np.ndarray, entropy: float) -> LearnerStep:
    """The step in which episodes ended with returns f8 [n]."""
    mean = float(finished.mean()) if len(finished) else np.nan
    error = float(finished.std(ddof=1) / len(finished) ** 0.5) if len(finished) > 1 else np.nan
    return LearnerStep(decisions, len(finished), mean, error, entropy)
