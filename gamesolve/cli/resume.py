"""`gamesolve resume`: go on with a run."""

from __future__ import annotations

from collections.abc import Callable

from gamesolve.base.runs import REPORT
from gamesolve.cli import options, show
from gamesolve.cli import solve as cli_solve
from gamesolve.cli import train as cli_train
from gamesolve.cli.progress import progress_display
from gamesolve.cli.solve import how_to_go_on


def command(
    folder: options.RunFolder,
    time_limit: options.TimeLimit = None,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Go on with a run that was killed, interrupted or stopped by its time limit."""
    from gamesolve.base.interrupts import stop_button
    from gamesolve.base.runs import is_complete, read_config
    from gamesolve.report import write_report
    from gamesolve.solve import resume as resume_solve
    from gamesolve.train import resume as resume_train

    trains = read_config(folder).get("job") == "train"
    go_on: Callable[..., object]
    go_on, finish = (resume_train, cli_train.finish) if trains else (resume_solve, cli_solve.finish)
    with how_to_go_on(folder), stop_button() as stop:
        if is_complete(folder):
            show.complain(f"the run {folder} is complete: nothing is left to do")
        else:
            with progress_display(quiet) as progress:
                go_on(folder, time_limit=time_limit, progress=progress, stop=stop)
            (folder / REPORT).unlink(missing_ok=True)
        if not (folder / REPORT).is_file():
            with progress_display(quiet):
                write_report(folder)
    finish(folder, quiet=quiet, as_json=as_json)
