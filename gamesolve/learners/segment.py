"""A stretch of a training: from how it was left to how it is left next, by plain data alone.

A training is a chain of these, and where one ends changes nothing about the next: in this process or in another, taken up once
or ten times, it goes on to the same bits.
"""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from gamesolve.base.errors import GamesolveError, PolicyFailedError, UnfinishedError, quoted
from gamesolve.base.failures import survived
from gamesolve.learners.learner import LearnerStep, Learnt
from gamesolve.learners.training import Mark, Training, Unit
from gamesolve.policies.neural import NeuralPolicy
from gamesolve.policies.tabular import TabularPolicy
from gamesolve.policies.team import TeamPolicy

#: Seconds after which a segment ends: what a kill loses at most, and what somebody waits who wants to stop.
SECONDS = 10.0


@dataclass(frozen=True, eq=False)
class Left:
    """How a training was left.

    Attributes:
        state: of `Training.state`; empty where it has not begun.
        marks: that it has passed.
    """

    state: dict[str, np.ndarray] = field(default_factory=dict)
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, eq=False)
class Segment:
    """What came of a stretch.

    Attributes:
        steps: one of each iteration.
        marks: passed in it; snapshots: the policies there.
        state: from which to go on; empty where the training is over.
        decisions: made in all.
        over: why the training is over (`budget`, `patience`, `failed`); empty where it is not.
        failed: what went wrong, in a sentence.
        last: the policy at its end, where that is no mark and there is one.
    """

    steps: tuple[LearnerStep, ...]
    marks: tuple[Mark, ...]
    snapshots: tuple[Learnt, ...]
    state: dict[str, np.ndarray]
    decisions: int
    over: str
    failed: str = ""
    last: Learnt | None = None


@dataclass
class Clock:
    """Says for some time, beginning when it is first asked, that there is more; there is always time for one iteration."""

    seconds: float = field(default_factory=lambda: SECONDS)
    ends: float | None = None

    def __call__(self, step: LearnerStep | None) -> bool:
        """Whether there is time left."""
        if self.ends is None:
            self.ends = time.monotonic() + self.seconds
            return True
        return time.monotonic() < self.ends


#: Asked before every iteration whether there shall be one; hears of the one before, or None at the first.
GoOn = Callable[[LearnerStep | None], bool]


def run_segment(unit: Unit, left: Left, patience: int, go_on: GoOn) -> Segment:
    """Take a training up where it was left, for as long as `go_on` says.

    Raises:
        GamesolveError: the learner refuses the task; an opponent has failed; or time ran out while one was asked.
    """
    try:
        training = Training(unit.make(), patience=patience)
        if left.state:
            training.restore(left.state, left.marks, ())
    except GamesolveError:
        # It is refused, which nobody would want to wait for.
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, other trainings may do
        return Segment((), (), (), {}, left.marks[-1].decisions if left.marks else 0, "failed", survived(error))
    steps, failed = list[LearnerStep](), ""
    while not training.over and go_on(steps[-1] if steps else None):
        try:
            steps.append(training.advance())
        except (PolicyFailedError, UnfinishedError):
            # It is the opponent that has failed, or time has run out while it was asked: no learner can do better.
            raise
        except Exception as error:  # noqa: BLE001
            failed = survived(error)
            break
    if training.over and steps:
        go_on(steps[-1])
    return _ended(training, left, steps, failed)


def is_learnt(policy: object) -> bool:
    """Whether a policy is one that a learner may have: networks and tables, for one agent or a team, of finite numbers."""
    if isinstance(policy, TeamPolicy):
        return all(map(is_learnt, policy.policies))
    if isinstance(policy, NeuralPolicy):
        return all(np.isfinite(tensor).all() for tensor in policy.tensors.values())
    return isinstance(policy, TabularPolicy) and bool(np.isfinite(policy.probability).all())


def _ended(training: Training, left: Left, steps: list[LearnerStep], failed: str) -> Segment:
    learner, last = training.learner, None
    if failed or (not training.over and learner.decisions):
        # What broke may be what holds the policy, such as an accelerator.
        with contextlib.suppress(Exception) if failed else contextlib.nullcontext():
            last = learner.policy()
    good = list(itertools.takewhile(is_learnt, training.snapshots))
    if len(good) < len(training.snapshots) or not (last is None or is_learnt(last)):
        wrong = [*training.snapshots[len(good) :], last][0]
        failed = failed or f"its policy is no network or table of finite numbers: {quoted(wrong)}"
        last = None
    state = dict[str, np.ndarray]()
    if not failed and not training.over:
        try:
            state = training.state()
        except Exception as error:  # noqa: BLE001 - other trainings may do
            failed = survived(error)
    over = "failed" if failed else training.over
    return Segment(
        steps=tuple(steps),
        marks=tuple(training.marks[len(left.marks) :][: len(good)]),
        snapshots=tuple(good),
        state={} if over else state,
        decisions=learner.decisions,
        over=over,
        failed=failed,
        last=last,
    )
