"""Rows of an analysis that are kept in a CSV file beside it: what is there is not done again, and what is done anew takes its place."""

from __future__ import annotations

import csv
import fcntl
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gamesolve.base.files import write_csv

Row = dict[str, str]


def rows_in(path: Path) -> list[Row]:
    """The rows that are there; none without the file."""
    return list(csv.DictReader(path.open())) if path.exists() else []


def keep(
    path: Path, header: Sequence[str], rows: Iterable[Mapping[str, Any]], *, instead: Callable[[Row], bool], order: Callable[[Row], Any]
) -> None:
    """Put rows in the place of those for which `instead` says so; another process that keeps rows in the same file waits.

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
