"""`gamesolve report`: make a run's page again."""

from __future__ import annotations

from gamesolve.cli import options, show
from gamesolve.cli.progress import progress_display


def command(folder: options.RunFolder, as_json: options.Json = False, debug: options.Debug = False) -> None:
    """Make report.html of a run again from its files."""
    from gamesolve.base.runs import read_result
    from gamesolve.report import write_report

    read_result(folder)
    with progress_display(quiet=False):
        page = write_report(folder)
    if as_json:
        show.emit({"schema": "gamesolve.report/1", "run": str(folder), "report": str(page)})
    else:
        show.rows([("report", str(page))])
