"""What is seen while a solver works: a live panel on a terminal, plain lines elsewhere. All on standard error."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from gamesolve.cli.show import complain, duration

if TYPE_CHECKING:
    from gamesolve.solve import Progress

#: Seconds between two plain lines of one phase.
PAUSE = 5.0
PHASES = {"tree": "building the tree", "method": "choosing a method", "write": "writing the run", "lp": "linear program"}


@contextlib.contextmanager
def progress_display(quiet: bool) -> Iterator[Callable[[Progress], None] | None]:
    """The listener to hand to `solve`, or None where nothing shall be shown."""
    if quiet:
        yield None
    elif sys.stderr.isatty():
        with _panel() as listener:
            yield listener
    else:
        yield _plain_lines()


def _plain_lines() -> Callable[[Progress], None]:
    said: dict[str, float] = {}

    def listen(progress: Progress) -> None:
        if progress.seconds >= said.get(progress.phase, -PAUSE) + PAUSE:
            said[progress.phase] = progress.seconds
            complain("  ".join(text if name in ("phase", "time") else f"{name} {text}" for name, text in _facts(progress)))

    return listen


@contextlib.contextmanager
def _panel() -> Iterator[Callable[[Progress], None]]:
    from rich import box
    from rich.console import Console
    from rich.live import Live
    from rich.panel import Panel
    from rich.table import Table
    from rich.text import Text

    def draw(progress: Progress) -> Panel:
        grid = Table.grid(padding=(0, 2))
        for name, text in _facts(progress):
            grid.add_row(Text(name, style="dim"), Text(text))
        return Panel(grid, box=box.ROUNDED, expand=False, title="gamesolve")

    with Live(console=Console(stderr=True), refresh_per_second=8, transient=True) as live:
        yield lambda progress: live.update(draw(progress))


def _facts(progress: Progress) -> list[tuple[str, str]]:
    """What is known, as (name, text)."""
    found = [("phase", PHASES.get(progress.phase, progress.phase))]
    certificate = progress.certificate
    if certificate is not None:
        found.append(("iteration", f"{certificate.iteration:,}"))
        found.append(("value", str(certificate.value)))
        found.append(("exploitability", f"{certificate.gap:.3g} (target {progress.gap:.3g})"))
    left = "" if progress.time_limit is None else f", {duration(max(progress.time_limit - progress.seconds, 0.0))} left"
    return [*found, ("time", f"{duration(progress.seconds)}{left}")]
