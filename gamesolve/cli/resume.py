"""`gamesolve resume`: go on with a run."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from gamesolve.base.runs import REPORT
from gamesolve.cli import evaluate as cli_evaluate
from gamesolve.cli import options, show
from gamesolve.cli import solve as cli_solve
from gamesolve.cli import study as cli_study
from gamesolve.cli import train as cli_train
from gamesolve.cli.progress import progress_display
from gamesolve.cli.solve import how_to_go_on

#: How the answer of each job is printed.
FINISH = {"solve": cli_solve.finish, "train": cli_train.finish, "evaluate": cli_evaluate.finish}


def command(
    folder: options.RunFolder,
    time_limit: options.TimeLimit = None,
    workers: options.Workers = None,
    allow_code: options.AllowCode = False,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Go on with a run that was killed, interrupted or stopped by its time limit."""
    from gamesolve.base.errors import GamesolveError
    from gamesolve.base.interrupts import stop_button
    from gamesolve.base.runs import is_complete, job_to_resume
    from gamesolve.report import write_report

    job = job_to_resume(folder)
    if allow_code and job != "evaluate":
        raise GamesolveError(f"--allow-code was given, but a run of {job!r} runs no code; leave it out")
    if workers is not None and job not in ("solve", "study"):
        raise GamesolveError(f"--workers {workers} was given, but a run of {job!r} works in one process; leave it out")
    if job == "study":
        _go_on_with_study(folder, {"workers": workers, "time_limit": time_limit}, quiet=quiet, as_json=as_json)
        return
    options_of: dict[str, Any] = {"workers": workers} if job == "solve" else {"allow_code": True} if allow_code else {}
    with how_to_go_on(folder), stop_button() as stop:
        if is_complete(folder):
            show.complain(f"the run {folder} is complete: nothing is left to do")
        else:
            # A job and what does it have one name.
            resume = importlib.import_module(f"gamesolve.{job}").resume
            with progress_display(quiet) as progress:
                resume(folder, time_limit=time_limit, progress=progress, stop=stop, **options_of)
            (folder / REPORT).unlink(missing_ok=True)
        if not (folder / REPORT).is_file():
            with progress_display(quiet):
                write_report(folder)
    FINISH[job](folder, quiet=quiet, as_json=as_json)


def _go_on_with_study(folder: Path, asked: dict[str, Any], *, quiet: bool, as_json: bool) -> None:
    from gamesolve.base.interrupts import stop_button
    from gamesolve.study import resume

    with stop_button() as stop, progress_display(quiet, "planning") as progress:
        found = resume(folder, progress=progress, stop=stop, **asked)
    cli_study.finish(found, as_json=as_json)
