"""Checkpoints: states from which a computation goes on, each an .npz of plain arrays and a card.

The card (`.json`) holds the SHA-256 of the arrays and is written after them, so a checkpoint with a
card is whole unless the disk has damaged it. A new one is durable before an old one goes.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gamesolve.base import files
from gamesolve.base.errors import GamesolveError

if TYPE_CHECKING:
    import numpy as np

#: Checkpoints kept while work is under way: the newest, and one to fall back on.
KEPT = 2


@dataclass(frozen=True)
class Checkpoint:
    """A state from which a run goes on.

    Attributes:
        number: units of work done (iterations, say); it names the files.
        journal: bytes of the run's journal that belong to it.
        facts: plain data.
        arrays: by name; no objects.
    """

    number: int
    journal: int
    facts: dict[str, Any]
    arrays: dict[str, np.ndarray]


def write_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint durably, then delete all but the newest `KEPT`."""
    files.make_folder(folder)
    arrays, card = _paths(folder, checkpoint.number)
    digest = files.write_npz(arrays, checkpoint.arrays)
    files.write_json(card, {"sha256": digest, "journal": checkpoint.journal, "facts": checkpoint.facts})
    prune_checkpoints(folder, KEPT)


def newest_checkpoint(folder: Path, journal: int) -> Checkpoint | None:
    """The newest checkpoint that is whole and whose journal lines exist; None where none was ever written.

    A damaged one is passed over with a warning, and deleted.

    Args:
        folder: of the checkpoints; it need not exist.
        journal: bytes that the run's journal has.

    Raises:
        GamesolveError: there are checkpoints, and all of them are damaged.
    """
    numbers = checkpoint_numbers(folder)
    for position, number in enumerate(numbers):
        try:
            found = read_checkpoint(folder, number)
            if found.journal > journal:
                raise GamesolveError(f"the journal has {journal} bytes and lacks some of the {found.journal} before this checkpoint")
        except GamesolveError as error:
            warnings.warn(f"checkpoint {number} cannot be used and the one before is tried: {error}", stacklevel=2)
            continue
        for newer in numbers[:position]:
            _delete(folder, newer)
        return found
    if numbers:
        raise GamesolveError(f"every checkpoint in {str(folder)!r} is damaged; start the run again in another folder")
    return None


def read_checkpoint(folder: Path, number: int) -> Checkpoint:
    """A checkpoint, checked; raises GamesolveError that says what is wrong with it."""
    arrays, card_path = _paths(folder, number)
    card = files.read_object(card_path)
    digest, journal, facts = card.get("sha256"), card.get("journal"), card.get("facts")
    if not isinstance(digest, str) or not isinstance(journal, int) or not isinstance(facts, dict):
        raise GamesolveError(f"{str(card_path)!r} lacks 'sha256', 'journal' or 'facts'")
    return Checkpoint(number, journal, facts, files.read_npz(arrays, digest))


def checkpoint_numbers(folder: Path) -> list[int]:
    """Numbers of the checkpoints in a folder, newest first."""
    return sorted((int(p.stem) for p in folder.glob("*.json") if p.stem.isdecimal()), reverse=True)


def prune_checkpoints(folder: Path, kept: int) -> None:
    """Delete all but the newest `kept` checkpoints, and arrays that a kill has left without a card."""
    for number in checkpoint_numbers(folder)[kept:]:
        _delete(folder, number)
    for arrays in folder.glob("*.npz"):
        if not arrays.with_suffix(".json").exists():
            arrays.unlink(missing_ok=True)


def _paths(folder: Path, number: int) -> tuple[Path, Path]:
    return folder / f"{number:012d}.npz", folder / f"{number:012d}.json"


def _delete(folder: Path, number: int) -> None:
    # The card goes first: without one, the arrays are no checkpoint.
    arrays, card = _paths(folder, number)
    card.unlink(missing_ok=True)
    arrays.unlink(missing_ok=True)
