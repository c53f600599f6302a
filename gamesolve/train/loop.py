"""The loop that has trainings done, side by side where there are workers; it keeps what they come to, tells of it and stops."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field

from gamesolve.base.executors import POLL, InProcess, LostError
from gamesolve.evaluate.sampled import half_width
from gamesolve.learners.learner import LearnerStep
from gamesolve.learners.segment import Clock, GoOn, Segment, run_segment
from gamesolve.learners.training import Done, Unit
from gamesolve.solve.watch import Learning, Watch
from gamesolve.train.log import Log, Shelf

#: Listener of every step: the training's name, and the step.
Heard = Callable[[str, LearnerStep], None]


def work(
    units: Sequence[Unit],
    watch: Watch,
    *,
    patience: int,
    shelf: Shelf | None = None,
    heard: Heard | None = None,
    workers: Executor | None = None,
) -> tuple[list[Done], str]:
    """Do trainings, from where the shelf has them.

    Args:
        patience: see `Training`.
        shelf: of a run; nothing is kept without one.
        heard: told of every step of a learner.
        workers: who trains; this process alone unless given. What comes out does not depend on it.

    Returns:
        What each came to, those not begun left out; and `time` or `interrupt` where the watch ended them, else empty.

    Raises:
        GamesolveError: the run cannot be written, and its earlier checkpoints are intact; it is damaged; a learner refuses the task;
            or an opponent has failed.
    """
    logs = (shelf or Shelf(None)).logs(len(units))
    table = _Table(units, watch, patience, logs, heard, workers or InProcess())
    table.run()
    return [one for one in table.done if one is not None], table.stopped


@dataclass
class _Table:
    """Trainings under way."""

    units: Sequence[Unit]
    watch: Watch
    patience: int
    logs: list[Log]
    heard: Heard | None
    workers: Executor
    stopped: str = ""
    done: list[Done | None] = field(init=False)
    learning: dict[int, Learning] = field(default_factory=dict)
    # Decisions with which each began in this call, and when.
    begun: dict[int, tuple[int, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.done = [log.open(unit) for log, unit in zip(self.logs, self.units, strict=True)]

    def run(self) -> None:
        """Until all are over, or the watch says stop."""
        waiting = [k for k, one in enumerate(self.done) if one is None or not one.over]
        running: dict[Future[Segment], int] = {}
        size = getattr(self.workers, "size", 1)
        while waiting or running:
            while waiting and len(running) < size and not self.over():
                k = waiting.pop(0)
                running[self.submitted(k)] = k
            if not running:
                break
            for future in wait(running, timeout=POLL, return_when=FIRST_COMPLETED).done:
                k = running.pop(future)
                self.keep(k, self.answer(k, future))
                if not self.known(k).over:
                    # Whoever was begun is finished first.
                    waiting = sorted({k, *waiting})
            self.over()
        for k in waiting:
            # What was learnt by then is to be had, though nobody has taken it up again.
            if self.logs[k].left.state and self.known(k).last is None:
                self.keep(k, run_segment(self.units[k], self.logs[k].left, self.patience, lambda _: False))

    def over(self) -> bool:
        """Whether the watch has said stop."""
        self.stopped = self.stopped or self.watch.over() or ""
        return bool(self.stopped)

    def submitted(self, k: int) -> Future[Segment]:
        """The next segment of a training."""
        one = self.done[k]
        self.begun.setdefault(k, (one.decisions if one else 0, time.monotonic()))
        here = isinstance(self.workers, InProcess)
        return self.workers.submit(run_segment, self.units[k], self.logs[k].left, self.patience, self.attended(k) if here else self.clock())

    def clock(self) -> Clock:
        """As long as a segment is, or as there is time."""
        left = self.watch.seconds_left()
        return Clock() if left is None else Clock(min(Clock().seconds, left))

    def attended(self, k: int) -> GoOn:
        """What hears of every step in this process, and ends the segment once somebody wants to stop."""
        clock = Clock()

        def go_on(step: LearnerStep | None) -> bool:
            if step is not None:
                self.hear(k, step)
            return clock(step) and not self.over()

        return go_on

    def answer(self, k: int, future: Future[Segment]) -> Segment:
        """What came of a segment; one that had to be given up ends its training, others may do."""
        try:
            return future.result()
        except LostError as error:
            known = self.done[k]
            return Segment((), (), (), {}, known.decisions if known else 0, "failed", str(error), known.last if known else None)

    def keep(self, k: int, segment: Segment) -> None:
        """What a segment brought."""
        if self.done[k] is None:
            self.done[k] = Done(self.units[k])
        if not isinstance(self.workers, InProcess):
            for step in segment.steps:
                self.hear(k, step)
        self.logs[k].keep(self.known(k), segment)
        if segment.over:
            self.learning.pop(k, None)

    def known(self, k: int) -> Done:
        """Of a training that has begun."""
        one = self.done[k]
        assert one is not None
        return one

    def hear(self, k: int, step: LearnerStep) -> None:
        """Tell of a step."""
        if self.heard is not None:
            self.heard(self.units[k].name, step)
        begun, clock = self.begun[k]
        self.learning[k] = learning_of(self.units[k], step, begun, time.monotonic() - clock)
        self.watch.say("learning", learning=tuple(self.learning[k] for k in sorted(self.learning)))


def learning_of(unit: Unit, step: LearnerStep, begun: int, seconds: float) -> Learning:
    """How far a learner is that had made `begun` decisions so many seconds ago."""
    known = step.episodes > 1
    half = half_width(step.standard_error, step.episodes) if known else None
    speed = (step.decisions - begun) / max(seconds, 1e-9)
    left = max(unit.budget - step.decisions, 0)
    return Learning(
        unit.name, step.decisions, unit.budget, step.mean if known else None, half,
        step.entropy, speed, left / speed if speed else 0.0,
    )  # fmt: skip
