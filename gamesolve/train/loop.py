"""The loop that consumes the steps of learners: it journals, checkpoints, keeps snapshots and stops."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gamesolve.base.errors import GamesolveError, PolicyFailedError, UnfinishedError
from gamesolve.base.failures import survived
from gamesolve.base.runs import SNAPSHOTS, Run, read_journal
from gamesolve.evaluate.sampled import half_width
from gamesolve.learners.learner import Learner, LearnerStep
from gamesolve.learners.training import Done, Mark, Training, Unit
from gamesolve.policies.files import load_policy, save_policy
from gamesolve.solve.watch import Learning, Watch

#: Decisions between two checkpoints at most: some tens of seconds.
CHECKPOINT_DECISIONS = 2 * 10**6


def work(
    units: Sequence[Unit], watch: Watch, *, patience: int, book: Book | None = None, heard: Heard | None = None
) -> tuple[list[Done], str]:
    """Do the trainings one after another, from where the book has them.

    Args:
        patience: see `Training`.
        book: of a run; nothing is kept without one.
        heard: told of every step of a learner.

    Returns:
        What each came to, those not begun left out; and `time` or `interrupt` where the watch ended them, else empty.

    Raises:
        GamesolveError: the run cannot be written, and its earlier checkpoints are intact; it is damaged; or an opponent has failed.
    """
    book = book or Book(None)
    first, done = book.open(units)
    for k in range(max(book.unit - first, 0), len(units)):
        if k >= len(done):
            done.append(Done(units[k]))
        stopped = _train(done[k], first + k, watch, patience, book, heard)
        if stopped:
            return done, stopped
    return done, ""


#: Listener of every step: the training's name, and the step.
Heard = Callable[[str, LearnerStep], None]


def _train(one: Done, position: int, watch: Watch, patience: int, book: Book, heard: Heard | None) -> str:
    """Do one training as far as the watch allows; why it was broken off, if it was."""
    try:
        training = Training(one.unit.make(), patience=patience)
    except GamesolveError:
        # It is refused, which nobody would want to wait for.
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, other trainings may do
        return _failed(one, position, book, error)
    if book.arrays:
        training.restore(book.arrays, one.marks, one.snapshots)
        one.decisions = training.learner.decisions
    one.marks, one.snapshots = training.marks, training.snapshots
    clock, begun = time.monotonic(), training.learner.decisions
    saved = begun
    while not training.over:
        stopped = watch.over()
        if stopped:
            one.last = training.learner.policy() if training.learner.decisions else None
            book.save(position, training)
            return stopped
        known = len(training.marks)
        try:
            step = training.advance()
        except (PolicyFailedError, UnfinishedError):
            # It is the opponent that has failed, or time has run out while it was asked: no learner can do better.
            raise
        except Exception as error:  # noqa: BLE001
            return _failed(one, position, book, error, training.learner)
        one.decisions = step.decisions
        book.iterations += 1
        if heard is not None:
            heard(one.unit.name, step)
        watch.say("learning", learning=_learning(one.unit.name, training.learner, step, begun, time.monotonic() - clock))
        if len(training.marks) > known:
            book.mark(position, training)
        elif step.decisions - saved >= CHECKPOINT_DECISIONS:
            book.save(position, training)
        else:
            continue
        saved = step.decisions
    one.over = training.over
    return ""


def _failed(one: Done, position: int, book: Book, error: Exception, learner: Learner | None = None) -> str:
    """End a training that has broken down, with the policy that it had where that is still to be had."""
    one.over, one.failed = "failed", survived(error)
    if learner is not None:
        one.decisions = learner.decisions
        # What broke may be what holds the policy, such as an accelerator.
        with contextlib.suppress(Exception):
            one.last = learner.policy()
    book.fail(position, one)
    return ""


def _learning(name: str, learner: Learner, step: LearnerStep, begun: int, seconds: float) -> Learning:
    speed = (step.decisions - begun) / max(seconds, 1e-9)
    known = step.episodes > 1
    half = half_width(step.standard_error, step.episodes) if known else None
    return Learning(
        name, step.decisions, learner.budget, step.mean if known else None, half,
        step.entropy, speed, max(learner.budget - step.decisions, 0) / speed,
    )  # fmt: skip


class Book:
    """What a run keeps of its trainings, of one search for a response after another; without a run, nothing.

    Attributes:
        unit: the training under way, counted through all searches.
        iterations: of all learners so far; they number the checkpoints.
        arrays: the state in which the training under way was left; empty at its beginning.
    """

    def __init__(self, run: Run | None) -> None:
        """Go to the newest checkpoint of an open run; the journal is cut back to it."""
        self._run, self._rows, self._taken = run, list[dict[str, Any]](), 0
        self.unit, self.iterations, self.arrays = 0, 0, dict[str, Any]()
        checkpoint = run.latest() if run else None
        if run:
            run.trim(checkpoint.journal if checkpoint else 0)
        if run and checkpoint:
            self.unit, self.iterations, self.arrays = checkpoint.facts["unit"], checkpoint.facts["iterations"], checkpoint.arrays
            self._rows = read_journal(run.folder)

    def open(self, units: Sequence[Unit]) -> tuple[int, list[Done]]:
        """The place of the next search's first training among all, and those of its trainings that are begun, as they were left."""
        first = self._taken
        self._taken += len(units)
        begun = self.unit - first + (1 if self.arrays else 0)
        done = [Done(unit) for unit in units[: max(begun, 0)]]
        for row in self._rows:
            if not first <= row["unit"] < self._taken:
                continue
            one = done[row["unit"] - first]
            if "failed" in row:
                one.over, one.failed, one.decisions = "failed", row["failed"], row["decisions"]
                one.last = load_policy(self._snapshot(row["unit"], len(one.marks))) if row["kept"] else None
                continue
            one.snapshots.append(load_policy(self._snapshot(row["unit"], len(one.marks))))
            one.marks.append(Mark(*(row[name] for name in Mark.__dataclass_fields__)))
            one.decisions, one.over = row["decisions"], row["over"]
        return first, done

    def mark(self, position: int, training: Training) -> None:
        """Keep the newest mark and its snapshot, and a checkpoint: where the training is over, of the next at its beginning."""
        if self._run is not None:
            save_policy(training.snapshots[-1], self._snapshot(position, len(training.marks) - 1))
            self._run.append({"unit": position, **asdict(training.marks[-1]), "over": training.over})
        if training.over:
            self._turn(position)
        else:
            self.save(position, training)

    def fail(self, position: int, one: Done) -> None:
        """Keep that a training broke down, and with which policy."""
        if self._run is not None:
            if one.last is not None:
                save_policy(one.last, self._snapshot(position, len(one.marks)))
            self._run.append({"unit": position, "failed": one.failed, "decisions": one.decisions, "kept": one.last is not None})
        self.iterations += 1
        self._turn(position)

    def save(self, position: int, training: Training) -> None:
        """Keep a checkpoint of a training under way."""
        if self._run is not None:
            self._checkpoint(position, training.state())

    def _turn(self, position: int) -> None:
        """Close a training: the next is under way, at its beginning."""
        self.unit, self.arrays = position + 1, {}
        if self._run is not None:
            self._checkpoint(self.unit, self.arrays)

    def _checkpoint(self, unit: int, arrays: dict[str, Any]) -> None:
        assert self._run is not None
        self._run.checkpoint(
            self.iterations, journal=self._run.journal_size(), facts={"unit": unit, "iterations": self.iterations}, arrays=arrays
        )

    def _snapshot(self, position: int, mark: int) -> Path:
        assert self._run is not None
        return self._run.folder / SNAPSHOTS / f"{position}-{mark}"
