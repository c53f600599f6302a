"""A stretch of a training: from how it was left to how it is left next, by plain data alone.

A training is a chain of these, and where one ends changes nothing about the next: in this process or in another, taken up once
or ten times, it goes on to the same bits.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from gamesolve.base.errors import GamesolveError, PolicyFailedError, UnfinishedError, quoted
from gamesolve.base.failures import survived
from gamesolve.learners.learner import LearnerStep, Learnt
from gamesolve.learners.training import Mark, Training, Unit
from gamesolve.policies.neural import NeuralPolicy, refuse_unsound
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
    except GamesolveError:
        # It is refused, which nobody would want to wait for.
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, other trainings may do
        return _broken(left, survived(error))
    try:
        if left.state:
            training.restore(left.state, left.marks, ())
        over = training.over
    except Exception as error:  # noqa: BLE001
        return _broken(left, survived(error))
    steps, failed = list[LearnerStep](), ""
    while not over and go_on(steps[-1] if steps else None):
        try:
            steps.append(training.advance())
            over = training.over
        except (PolicyFailedError, UnfinishedError):
            # It is the opponent that has failed, or time has run out while it was asked: no learner can do better.
            raise
        except Exception as error:  # noqa: BLE001
            failed = survived(error)
            break
    if over and steps:
        go_on(steps[-1])
    return _ended(training, left, steps, failed)


def _broken(left: Left, failed: str) -> Segment:
    """Nothing came of it."""
    return Segment((), (), (), {}, left.marks[-1].decisions if left.marks else 0, "failed", failed)


def unsound(policy: object) -> str:
    """Why a policy is none that a learner may have, which are networks and tables, for one agent or a team; empty where it is one."""
    try:
        for one in policy.policies if isinstance(policy, TeamPolicy) else (policy,):
            if isinstance(one, NeuralPolicy):
                refuse_unsound(one)
            elif not isinstance(one, TabularPolicy):
                return f"its policy is no network or table: {quoted(one)}"
            elif not np.isfinite(one.probability).all():
                return "its policy is a table of numbers that are not finite"
    except Exception as error:  # noqa: BLE001 - whatever it was made of
        return f"its policy is no sound network: {survived(error)}"
    return ""


def _ended(training: Training, left: Left, steps: list[LearnerStep], failed: str) -> Segment:
    """What came of it, as far as it is sound."""
    snapshots, last, state = training.snapshots, None, dict[str, np.ndarray]()
    good = list(itertools.takewhile(lambda policy: not unsound(policy), snapshots))
    if len(good) < len(snapshots):
        failed = failed or unsound(snapshots[len(good)])
    elif failed or not training.over:
        try:
            last = training.learner.policy() if training.learner.decisions else None
            failed = failed or (unsound(last) if last is not None else "")
            last = None if last is not None and unsound(last) else last
            state = {} if failed else _sound(training.state())
        except Exception as error:  # noqa: BLE001 - what broke may be what holds the policy, such as an accelerator
            failed = failed or survived(error)
    over = "failed" if failed else training.over
    decisions = steps[-1].decisions if steps else (left.marks[-1].decisions if left.marks else 0)
    return Segment(
        steps=tuple(steps),
        marks=tuple(training.marks[len(left.marks) :][: len(good)]),
        snapshots=tuple(good),
        state={} if over else state,
        decisions=decisions if failed else training.learner.decisions,
        over=over,
        failed=failed,
        last=last,
    )


def _sound(state: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """A state that can be kept; raises GamesolveError where it is none."""
    for name, array in state.items():
        if not isinstance(array, np.ndarray) or array.dtype.hasobject:
            raise GamesolveError(f"its state {quoted(name)} is {quoted(array)}; a state is made of arrays without objects")
    return state
