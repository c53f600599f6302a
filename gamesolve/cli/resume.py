"""`gamesolve resume`: go on with a run."""

from __future__ import annotations

from gamesolve.cli import options
from gamesolve.cli.progress import progress_display
from gamesolve.cli.solve import finish


def command(
    folder: options.RunFolder,
    time_limit: options.TimeLimit = None,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Go on with a run that was killed, interrupted or stopped by its time limit."""
    from gamesolve.base.interrupts import stop_button
    from gamesolve.cli.show import complain
    from gamesolve.report import write_report
    from gamesolve.solve import is_complete, resume
    from gamesolve.views.problem import run_problem

    if is_complete(folder):
        complain(f"the run {folder} is complete: there is nothing left to do")
    with stop_button() as stop:
        with progress_display(quiet) as progress:
            solution = resume(folder, time_limit=time_limit, progress=progress, stop=stop)
        page = write_report(folder)
    finish(run_problem(folder), solution, page, quiet=quiet, as_json=as_json)
