"""What is kept of trainings: of each a journal of its marks, the policies there, and the state in which it was left."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gamesolve.base import files
from gamesolve.base.ledger import CHECKPOINTS, Ledger, read_journal
from gamesolve.learners.segment import Left, Segment
from gamesolve.learners.training import Done, Mark, Unit
from gamesolve.policies.files import load_policy, save_policy


class Shelf:
    """Where the logs of trainings stand; without a folder nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        """
        Args:
            folder: of all logs; it need not exist.
        """
        self._folder, self._taken = folder, 0

    def logs(self, count: int) -> list[Log]:
        """The logs of the next `count` trainings, counted through all searches for a response that share the shelf."""
        first = self._taken
        self._taken += count
        return [Log(self._folder / str(first + k) if self._folder else None) for k in range(count)]


class Log:
    """What is kept of one training.

    Attributes:
        left: how it was left.
    """

    def __init__(self, folder: Path | None) -> None:
        """
        Args:
            folder: its own; it need not exist. None where nothing is kept.
        """
        self._ledger = None if folder is None else Ledger(folder)
        self.left = Left()

    def open(self, unit: Unit) -> Done | None:
        """What a training has come to; None where it has not begun."""
        if self._ledger is None or not self._ledger.folder.is_dir():
            return None
        rows, done, checkpoint = read_journal(self._ledger.folder), Done(unit), None
        if not (rows and rows[-1].get("over")):
            checkpoint = self._ledger.latest()
            self._ledger.trim(checkpoint.journal if checkpoint else 0)
            if checkpoint is None:
                return None
            rows, done.decisions = read_journal(self._ledger.folder), checkpoint.facts["decisions"]
        for row in rows:
            self._read(done, row)
        if checkpoint is None:
            self._clear()
        else:
            self.left = Left(checkpoint.arrays, tuple(done.marks))
        return done

    def keep(self, done: Done, segment: Segment) -> None:
        """Add what a segment brought, to what is known and to what is kept."""
        first = len(done.marks)
        done.marks += segment.marks
        done.snapshots += segment.snapshots
        done.decisions, done.over, done.failed, done.last = segment.decisions, segment.over, segment.failed, segment.last
        self.left = Left(segment.state, tuple(done.marks))
        if self._ledger is None:
            return
        files.make_folder(self._ledger.folder)
        for k, (mark, policy) in enumerate(zip(segment.marks, segment.snapshots, strict=True), first):
            save_policy(policy, self._snapshot(k))
            over = segment.over if not segment.failed and k == len(done.marks) - 1 else ""
            self._ledger.append({**asdict(mark), "over": over})
        if segment.failed:
            if segment.last is not None:
                save_policy(segment.last, self._snapshot(len(done.marks)))
            self._ledger.append(
                {"failed": segment.failed, "decisions": segment.decisions, "kept": segment.last is not None, "over": "failed"}
            )
        size = self._ledger.journal_size()
        if segment.over:
            # The journal says all there is to know; no training goes on from here.
            self._clear()
        else:
            self._ledger.checkpoint(segment.decisions, journal=size, facts={"decisions": segment.decisions}, arrays=segment.state)

    def _read(self, done: Done, row: dict[str, Any]) -> None:
        done.over = row["over"]
        if "failed" in row:
            done.failed, done.decisions = row["failed"], row["decisions"]
            done.last = load_policy(self._snapshot(len(done.marks))) if row["kept"] else None
            return
        done.snapshots.append(load_policy(self._snapshot(len(done.marks))))
        done.marks.append(Mark(*(row[name] for name in Mark.__dataclass_fields__)))
        done.decisions = max(done.decisions, row["decisions"])

    def _clear(self) -> None:
        assert self._ledger is not None
        shutil.rmtree(self._ledger.folder / CHECKPOINTS, ignore_errors=True)

    def _snapshot(self, mark: int) -> Path:
        assert self._ledger is not None
        return self._ledger.folder / str(mark)
