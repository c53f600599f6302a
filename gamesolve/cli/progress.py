"""What is seen while a command works: a live panel on a terminal, plain lines elsewhere. All on standard error."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from gamesolve.cli.show import complain, duration
from gamesolve.solve import Learning, Progress

#: Seconds between two plain lines of one phase.
PAUSE = 5.0
PHASES = {
    "tree": "building the tree",
    "method": "choosing a method",
    "lp": "linear program",
    "write": "writing the run",
    "response": "finding the best response",
    "returns": "expected returns",
    "episodes": "playing episodes",
    "relaxation": "facing an opponent who sees everything",
    "learning": "learning",
}
#: The phase of a study at work.
STUDY = "study"
#: How a phase begins in which the compiler works, and what is said of it once.
COMPILING, ONCE = "compiling ", " for this machine (once, kept for next time)"


@contextlib.contextmanager
def progress_display(quiet: bool, phase: str = "write") -> Iterator[Callable[[Progress], None] | None]:
    """The listener to hand to `solve` or `evaluate`, or None where nothing shall be shown.

    While the context lasts, waiting for the compiler is shown too, whatever needs it.

    Args:
        phase: what is under way where no listener hears of it; a panel goes back to it after such waiting.
    """
    if quiet:
        yield None
        return
    from gamesolve.base.compiled import watching_compiler

    started, latest, live = time.monotonic(), Progress(phase, None, 0.0, 0.0, None), sys.stderr.isatty()
    with _panel() if live else contextlib.nullcontext(_plain_lines()) as show:

        def listen(progress: Progress) -> None:
            nonlocal latest
            if progress.plan:
                complain(progress.plan)
                return
            latest = progress
            show(progress)

        def compiling(what: str | None) -> None:
            now = replace(latest, seconds=time.monotonic() - started)
            if what is not None:
                show(replace(now, phase=COMPILING + what, certificate=None))
            elif live:
                show(now)

        with watching_compiler(compiling):
            yield listen


def _plain_lines() -> Callable[[Progress], None]:
    said: dict[str, float] = {}

    def listen(progress: Progress) -> None:
        if progress.seconds >= said.get(progress.phase, -PAUSE) + PAUSE:
            explained = any(phase.startswith(COMPILING) for phase in said)
            said[progress.phase] = progress.seconds
            # What an iteration found is said once, with it; a study has none.
            shown = progress if progress.certificate is not None or progress.phase == STUDY else replace(progress, facts=())
            facts = _facts(shown, explained=explained)
            complain("  ".join(text if name in ("phase", "time") else f"{name} {text}" for name, text in facts))

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


def _facts(progress: Progress, *, explained: bool = False) -> list[tuple[str, str]]:
    """What is known, as (name, text); that the compiler works once only is left out where it has been `explained`."""
    once = ONCE if progress.phase.startswith(COMPILING) and not explained else ""
    found = [("phase", PHASES.get(progress.phase, progress.phase) + once)]
    certificate = progress.certificate
    if certificate is not None:
        found.append(("iteration", f"{certificate.iteration:,}"))
        found.append(("value", str(certificate.value)))
        known = str(certificate.exploitability) if certificate.exploitability.upper is None else f"{certificate.gap:.3g}"
        found.append(("exploitability", f"{known} (target {progress.gap:.3g})"))
    found += progress.facts
    found += [fact for one in progress.learning for fact in _learning(one)]
    left = "" if progress.time_limit is None else f", {duration(max(progress.time_limit - progress.seconds, 0.0))} left"
    return [*found, ("time", f"{duration(progress.seconds)}{left}")]


def _learning(one: Learning) -> list[tuple[str, str]]:
    share = min(one.decisions / one.budget, 1.0)
    made = f"{one.decisions:,} of {one.budget:,} decisions ({share:.0%}), {one.speed:,.0f}/s, {duration(one.seconds_left)} to go"
    earned = [] if one.mean is None else [("return", f"{one.mean:.4g} ± {one.half_width:.2g}")]
    return [("training", one.name), ("learnt", made), *earned, ("entropy", f"{one.entropy:.3f}")]
