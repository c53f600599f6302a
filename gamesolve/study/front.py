"""`study` and `resume`: what users call. Nothing here imports numba, scipy or torch before there is a study to run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gamesolve.base.errors import GamesolveError
from gamesolve.base.runs import read_config
from gamesolve.solve.watch import Progress, Watch

JOB = "study"
#: The path of a study file, or its content as plain data.
Asked = str | Path | dict[str, Any]


@dataclass(frozen=True)
class Study:
    """What a study came to.

    Attributes:
        title: the question.
        board: for each kind of cell how many are done, running, failed and waiting; see `Board.rows`.
        findings: all its numbers, see `gamesolve.study.findings`; empty while cells are missing.
        stopped: `done`, `time` or `interrupt`.
        failed: why cells failed, a sentence each; they are tried again when the study goes on.
        run: its folder.
    """

    title: str
    board: list[dict[str, Any]]
    findings: dict[str, Any]
    stopped: str
    failed: tuple[str, ...]
    run: Path


def study(
    given: Asked,
    *,
    out: str | Path | None = None,
    workers: int | str | None = None,
    time_limit: float | None = None,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Study:
    """Run a study, or what is missing of it.

    Args:
        given: the path of a study file, or its content as plain data; saved policies that a file names are read from where it lies, those
            of plain data from the working folder.
        out: folder of the run; `runs/study-NAME` by the file's name unless given. One that is there goes on: cells that are done
            stay, and what the file has changed is computed anew.
        workers: who does the cells: a number of processes, `ray`, or `ray://host:port` (where the folder of the run is on a file system
            that all machines share); the cores of this machine unless given. The answer does not depend on it.
        time_limit: seconds, after which the study ends with what is done.
        progress: called now and then; stop: asked now and then.

    Raises:
        GamesolveError: the file is refused, the budget is too small for a method, a cell fails, or the folder cannot be written, is in
            use or holds something else.
    """
    return _run(given, Path(), out, workers, Watch(0.0, time_limit=time_limit, progress=progress, stop=stop))


def resume(
    folder: str | Path,
    *,
    workers: int | str | None = None,
    time_limit: float | None = None,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Study:
    """Go on with a study's run as its configuration has it; options as of `study`.

    Raises:
        GamesolveError: there is no run of a study, or see `study`.
    """
    config = read_config(Path(folder))
    if config.get("job") != JOB:
        raise GamesolveError(f"{str(folder)!r} is no run of a study")
    # The configuration names the policies that the run keeps.
    given: Any = config.get("study")
    return _run(given, Path(folder), folder, workers, Watch(0.0, time_limit=time_limit, progress=progress, stop=stop))


def _run(given: Asked, base: Path, out: str | Path | None, workers: int | str | None, watch: Watch) -> Study:
    from gamesolve.study.run import run_study

    # From here on a signal is a request to end with what is done.
    watch.over()
    return run_study(given, out=out, base=base, workers=workers, watch=watch)
