"""`Ledger`: the journal of a piece of work, and the checkpoints from which it goes on.

A journal has one line per step and is only ever appended to. Work that was killed at any instant is taken up at its newest
checkpoint that is whole; the journal is trimmed back to it, so what follows is what would have followed.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gamesolve.base import checkpoints, files
from gamesolve.base.checkpoints import Checkpoint
from gamesolve.base.errors import GamesolveError

if TYPE_CHECKING:
    import numpy as np

JOURNAL = "journal.jsonl"
CHECKPOINTS = "checkpoints"


class Ledger:
    """Journal and checkpoints in a folder that is there.

    Every method raises GamesolveError where the system refuses to read or write, and leaves earlier checkpoints intact.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def append(self, row: dict[str, Any]) -> None:
        """Add one line to the journal; it is durable from the next checkpoint on."""
        path = self.folder / JOURNAL
        try:
            with open(path, "ab") as journal:
                journal.write(json.dumps(row, allow_nan=False).encode() + b"\n")
        except OSError as error:
            raise files.cannot_write(path, error) from error

    def journal_size(self) -> int:
        """Bytes in the journal, made durable."""
        path = self.folder / JOURNAL
        try:
            with open(path, "ab") as journal:
                os.fsync(journal.fileno())
                return journal.tell()
        except OSError as error:
            raise files.cannot_write(path, error) from error

    def trim(self, size: int) -> None:
        """Cut the journal back to its first `size` bytes."""
        path = self.folder / JOURNAL
        try:
            with open(path, "ab") as journal:
                journal.truncate(size)
                os.fsync(journal.fileno())
        except OSError as error:
            raise files.cannot_write(path, error) from error

    def trim_unfinished(self) -> None:
        """Cut off a last line of the journal that a kill left unfinished, so that whatever is added stands in lines of its own."""
        path = self.folder / JOURNAL
        if path.is_file():
            self.trim(files.read_bytes(path).rfind(b"\n") + 1)

    def checkpoint(self, number: int, *, journal: int, facts: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Write a checkpoint of plain `facts` and `arrays` to which the journal's first `journal` bytes belong."""
        checkpoints.write_checkpoint(self.folder / CHECKPOINTS, Checkpoint(number, journal, facts, arrays))

    def latest(self) -> Checkpoint | None:
        """The newest checkpoint that is whole, or None; see `newest_checkpoint`."""
        path = self.folder / JOURNAL
        return checkpoints.newest_checkpoint(self.folder / CHECKPOINTS, path.stat().st_size if path.is_file() else 0)

    def prune(self, kept: int) -> None:
        """Delete all but the newest `kept` checkpoints."""
        checkpoints.prune_checkpoints(self.folder / CHECKPOINTS, kept)


def read_journal(folder: Path) -> list[dict[str, Any]]:
    """The lines of the journal in a folder; a last line that was cut off by a kill is left out."""
    path = folder / JOURNAL
    if not path.is_file():
        return []
    rows = []
    for number, line in enumerate(files.read_bytes(path).split(b"\n")[:-1], 1):
        try:
            rows.append(json.loads(line))
        except ValueError as error:
            raise GamesolveError(f"line {number} of {str(path)!r} is damaged: {error}") from error
    return rows
