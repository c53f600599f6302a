"""How answers are printed: text for people, one JSON object for programs."""

from __future__ import annotations

import itertools
import json
import shutil
import sys
import textwrap
from collections.abc import Sequence
from typing import Any

#: Spaces between two columns of a table.
COLUMN_GAP = 3


def complain(text: str) -> None:
    """One line on standard error."""
    print(text, file=sys.stderr, flush=True)


def emit(value: dict[str, Any]) -> None:
    """One JSON object on standard output."""
    print(json.dumps(value, allow_nan=False, ensure_ascii=False), flush=True)


def rows(pairs: Sequence[tuple[str, str]]) -> None:
    """Names and what is to be said of them, in two columns."""
    width = max(len(name) for name, _ in pairs)
    for name, text in pairs:
        print(f"{name:<{width}}  {text}")


def table(header: Sequence[str], body: Sequence[Sequence[str]]) -> None:
    """A table; all columns but the first wrap between words where the terminal is narrow. An empty line follows.

    Names are there to be copied, so no word is broken: where the longest words do not fit side by side, every row is a paragraph.
    """
    columns, room = list(zip(header, *body, strict=True)), shutil.get_terminal_size().columns - COLUMN_GAP * (len(header) - 1)
    widths = [max(map(len, column)) for column in columns]
    least = [widths[0], *(max(len(word) for text in column for word in text.split() or [""]) for column in columns[1:])]
    if sum(least) > room:
        for row in body:
            rows(list(zip(header, row, strict=True)))
            print()
        return
    while sum(widths) > room:
        widest = max((k for k in range(len(widths)) if widths[k] > least[k]), key=lambda k: widths[k])
        widths[widest] -= 1
    for cells in (header, ["─" * width for width in widths], *body):
        _print_side_by_side(cells, widths)
    print()


def _print_side_by_side(cells: Sequence[str], widths: Sequence[int]) -> None:
    """One row of a table, each cell in as many lines as it takes."""
    wrapped = [
        textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) for text, width in zip(cells, widths, strict=True)
    ]
    for parts in itertools.zip_longest(*wrapped, fillvalue=""):
        print((" " * COLUMN_GAP).join(part.ljust(width) for part, width in zip(parts, widths, strict=True)).rstrip())


def measured(found: dict[str, float | None]) -> str:
    """A mean with its error: `-3.02 ± 0.01 (standard error), 1.2 (std)`; the mean alone of a single episode."""
    error = (
        ""
        if found["standard_error"] is None or found["standard_error"] < 1e-12 * max(abs(found["mean"] or 0.0), 1.0)
        else f" ± {found['standard_error']:.2g} (standard error), {found['std']:.4g} (std)"
    )
    return f"{found['mean']:.6g}{error}"


def duration(seconds: float) -> str:
    """Seconds for people: `0.42 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
