"""`gamesolve resume`: go on with a run."""

from __future__ import annotations

import functools
from collections.abc import Callable

from gamesolve.base.runs import REPORT
from gamesolve.cli import evaluate as cli_evaluate
from gamesolve.cli import options, show
from gamesolve.cli import solve as cli_solve
from gamesolve.cli import train as cli_train
from gamesolve.cli.progress import progress_display
from gamesolve.cli.solve import how_to_go_on


def command(
    folder: options.RunFolder,
    time_limit: options.TimeLimit = None,
    allow_code: options.AllowCode = False,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Go on with a run that was killed, interrupted or stopped by its time limit."""
    from gamesolve.base.errors import GamesolveError
    from gamesolve.base.interrupts import stop_button
    from gamesolve.base.runs import is_complete, read_config
    from gamesolve.evaluate import resume as resume_evaluate
    from gamesolve.report import write_report
    from gamesolve.solve import resume as resume_solve
    from gamesolve.train import resume as resume_train

    job = read_config(folder).get("job")
    known: dict[str, tuple[Callable[..., object], Callable[..., None]]] = {
        "train": (resume_train, cli_train.finish),
        "evaluate": (functools.partial(resume_evaluate, allow_code=allow_code), cli_evaluate.finish),
    }
    go_on, finish = known.get(str(job), (resume_solve, cli_solve.finish))
    if allow_code and job != "evaluate":
        raise GamesolveError(f"--allow-code was given, but a run of {job!r} runs no code; leave it out")
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
