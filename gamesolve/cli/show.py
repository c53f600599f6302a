"""How answers are printed: text for people, one JSON object for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any


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
    """A table; all columns but the first wrap where the terminal is narrow. An empty line follows."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    made = Table(box=box.SIMPLE, show_edge=False, pad_edge=False)
    for position, name in enumerate(header):
        made.add_column(name, no_wrap=position == 0, overflow="fold")
    for row in body:
        made.add_row(*row)
    # rich reads square brackets as markup unless told not to, and leaves the process when nobody reads.
    console = Console(markup=False, highlight=False, emoji=False)
    with console.capture() as text:
        console.print(made)
    print(text.get())


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
