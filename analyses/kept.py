"""What analyses keep: rows in a CSV file beside the analysis, in whose place new ones come, and what a folder of work was asked for."""

from __future__ import annotations

import csv
import fcntl
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gamesolve.base.errors import GamesolveError, quoted
from gamesolve.base.files import read_object, write_csv

Row = dict[str, str]


def rows_in(path: Path) -> list[Row]:
    """The rows that are there; none without the file."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def keep(
    path: Path, header: Sequence[str], rows: Iterable[Mapping[str, Any]], *, instead: Callable[[Row], bool], order: Callable[[Row], Any]
) -> None:
    """Put rows in the place of those for which `instead` says so; another process that keeps rows beside them waits.

    Args:
        header: names of the columns, which every row has.
        order: what rows are sorted by; equal ones stay as they came.
    """
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        new = [{name: str(row[name]) for name in header} for row in rows]
        kept = sorted([*(row for row in rows_in(path) if not instead(row)), *new], key=order)
        write_csv(path, header, [[row[name] for name in header] for row in kept])
    finally:
        os.close(folder)


def refuse_other(path: Path, asked: Mapping[str, Any]) -> None:
    """Raise GamesolveError where a JSON file says of the folder in which it is that its work was asked with other values than `asked`.

    Keys that are not asked for do not matter, and neither does a file that is not there.
    """
    if not path.is_file():
        return
    known, wanted = read_object(path), json.loads(json.dumps(asked))
    for key, value in wanted.items():
        if known.get(key) != value:
            raise GamesolveError(
                f"{str(path.parent)!r} was begun with {key} {quoted(known.get(key))}, and {quoted(value)} is wanted now; remove the folder"
            )
