"""A run on disk: one folder that says what was asked, how far it has come, and what came out.

| file | what |
|---|---|
| `config.json` | what was asked, every default filled in |
| `provenance.json` | versions, machine type, seed, fingerprint |
| `journal.jsonl` | one line per step, only ever appended |
| `checkpoints/` | the newest states, each an .npz of plain arrays and a card with its SHA-256 |
| `policies/`, `tables/`, `result.json`, `report.html` | the answer |
| `episodes.json` | of a simulation, a training or an evaluation: how returns spread, and some episodes step by step |
| `parties/` | the policies that were named |
| `cells/` | of a study: its pieces, each with a folder of its own |
| `trainings/` | what was learnt: each training with a journal of its own, and its policies at its marks |
| `timings.json` | everything that depends on the clock; all other files are the same bytes on every repetition |
| `lock` | held by the process that works here |

A run that was killed at any instant goes on to what would have followed: see `Ledger`.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from gamesolve.base import checkpoints, files, interrupts
from gamesolve.base.errors import GamesolveError
from gamesolve.base.ledger import Ledger
from gamesolve.base.provenance import differences, provenance

CONFIG = "config.json"
PROVENANCE = "provenance.json"
EPISODES = "episodes.json"
PARTIES = "parties"
TRAININGS = "trainings"
CELLS = "cells"
RESULT = "result.json"
REPORT = "report.html"
TIMINGS = "timings.json"
LOCK = "lock"
#: Folders that hold work from which a run goes on.
KEPT = (TRAININGS, "self_play", "members", CELLS)
#: Jobs whose runs can be resumed.
RESUMABLE = ("solve", "train", "evaluate", "study")
#: How a run ends that does not have its whole answer.
CUT_SHORT = ("time", "interrupt")


class Run(Ledger):
    """A run folder that this process works in and no other; a context manager that lets go of it.

    Where the work on a new run is refused before there is a checkpoint to go on from, nothing of the run is left.

    Use `Run.create` and `Run.open`; every method raises GamesolveError where the system refuses to
    read or write, and leaves earlier checkpoints intact.
    """

    def __init__(self, folder: Path, lock: int, *, made: bool | None = None) -> None:
        """
        Args:
            made: of a new run, whether its folder was not there before; None of an older run.
        """
        super().__init__(folder)
        self._lock, self._made = lock, made

    @classmethod
    def create(
        cls, folder: Path, config: dict[str, Any], provenance: dict[str, Any], *, first: Callable[[], None] | None = None
    ) -> Run:  # fmt: skip
        """Make a run folder; raises GamesolveError where one or anything else is already there.

        Args:
            first: writes what the run cannot do without.
        """
        refuse_occupied(folder)
        made = not folder.exists()
        files.make_folder(folder)
        run = cls(folder, _lock(folder), made=made)
        try:
            refuse_occupied(folder)
            files.sweep_partial(folder)
            files.write_json(folder / PROVENANCE, provenance)
            if first is not None:
                first()
            # The configuration comes last: with it, the folder is a run.
            files.write_json(folder / CONFIG, config)
        except BaseException:
            run.close()
            raise
        return run

    @classmethod
    def open(cls, folder: Path) -> Run:
        """Open an existing run to go on with it; raises GamesolveError where there is none or it is in use."""
        read_config(folder)
        run = cls(folder, _lock(folder))
        try:
            files.sweep_partial(folder)
            run.prune(checkpoints.KEPT)
        except OSError as error:
            run.close()
            raise files.cannot_write(folder, error) from error
        return run

    def __enter__(self) -> Run:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        # The compiler makes errors of its own of an interrupt, after which there is a run to go on with.
        if isinstance(error, Exception) and not interrupts.received:
            self.discard()
        self.close()

    def discard(self) -> None:
        """Remove a new run from which nothing can go on yet; an older one stays."""
        if self._made is None or any((self.folder / name).is_dir() for name in KEPT) or self.latest() is not None:
            return
        for path in self.folder.iterdir():
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
        if self._made:
            with contextlib.suppress(OSError):
                self.folder.rmdir()

    def close(self) -> None:
        """Let other processes work here."""
        if self._lock >= 0:
            with contextlib.suppress(OSError):
                os.ftruncate(self._lock, 0)
            os.close(self._lock)
            self._lock = -1


def refuse_occupied(folder: Path) -> None:
    """Raise GamesolveError where `folder` already holds a run or something else."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise GamesolveError(f"{str(folder)!r} is a file; a run needs a folder of its own")
    if (folder / CONFIG).exists():
        raise GamesolveError(f"{str(folder)!r} already holds a run; {_next_step(folder, 'leave it as it is')} or choose another folder")
    # A run that was killed before its configuration was written may be started again in its place.
    others = {p.name for p in folder.iterdir()} - {LOCK, PROVENANCE, PARTIES}
    others = {name for name in others if not name.endswith(files.PARTIAL)}
    if others:
        raise GamesolveError(f"{str(folder)!r} is not empty (it holds {min(others)!r}); a run needs a folder of its own")


@contextlib.contextmanager
def reserved(folder: Path) -> Iterator[None]:
    """See that a run can be made here before the work for it begins, and leave nothing where that work fails.

    Raises:
        GamesolveError: the folder is taken, or cannot be made.
    """
    refuse_occupied(folder)
    ours = not folder.exists()
    files.make_folder(folder)
    try:
        yield
    finally:
        # The run makes it anew, and so knows that it is its own.
        if ours:
            with contextlib.suppress(OSError):
                folder.rmdir()


def read_config(folder: Path) -> dict[str, Any]:
    """What a run was asked; raises GamesolveError where `folder` holds no run."""
    if not (folder / CONFIG).is_file():
        raise GamesolveError(f"{str(folder)!r} holds no run: there is no {CONFIG} in it")
    return files.read_object(folder / CONFIG)


def read_result(folder: Path) -> dict[str, Any]:
    """What came out of a run; raises GamesolveError where it has no result yet."""
    read_config(folder)
    if not (folder / RESULT).is_file():
        raise GamesolveError(f"the run {str(folder)!r} has no result yet; {_next_step(folder, 'delete it, and run it again')}")
    return files.read_object(folder / RESULT)


def is_complete(folder: Path) -> bool:
    """Whether a run has its whole answer, so that nothing is left to resume."""
    return (folder / RESULT).is_file() and read_result(folder).get("stopped") not in CUT_SHORT


def job_to_resume(folder: Path) -> str:
    """The job of a run; raises GamesolveError where there is no run, or it is of a job that is not resumed."""
    job = read_config(folder).get("job")
    if job not in RESUMABLE:
        raise GamesolveError(f"{str(folder)!r} is a run of {job!r}; runs of {', '.join(map(repr, RESUMABLE))} are resumed")
    return str(job)


def new_folder(name: str) -> Path:
    """A folder for a run of the game `name` that does not exist yet: `runs/<game>-<time>`."""
    return free_folder(Path("runs"), f"{re.sub('[^A-Za-z0-9_]+', '-', name)}-{time.strftime('%Y%m%d-%H%M%S')}")


def _next_step(folder: Path, otherwise: str) -> str:
    """The command that goes on with a run, where one can, or else what to do."""
    return f"go on with 'gamesolve resume {folder}'" if read_config(folder).get("job") in RESUMABLE else otherwise


def check_provenance(run: Run, *, game: str, fingerprint: str, seed: int) -> None:
    """Warn where a run goes on with other versions than it began with; raises GamesolveError where its game has changed."""
    before = files.read_object(run.folder / PROVENANCE)
    if before.get("fingerprint") != fingerprint:
        raise GamesolveError(
            f"the game {game} is not what it was when the run {str(run.folder)!r} began (its fingerprint was "
            f"{before.get('fingerprint')!r} and is {fingerprint!r}); begin a new run"
        )
    warn_of_versions(before, provenance(seed=seed, fingerprint=fingerprint))


def warn_of_versions(before: dict[str, Any], now: dict[str, Any]) -> None:
    """Warn where a run goes on with other provenance than it began with."""
    changed = differences(before, now)
    if changed:
        warnings.warn(f"the run goes on with other versions, so its last digits may differ: {'; '.join(changed)}", stacklevel=5)


def write_timings(run: Run, *, seconds: float, **session: Any) -> None:
    """Add a session's seconds, and what else is to be known of it, to those before it."""
    path = run.folder / TIMINGS
    sessions = files.read_object(path).get("sessions", []) if path.is_file() else []
    sessions.append({"seconds": seconds, **session})
    files.write_json(path, {"seconds": sum(one["seconds"] for one in sessions), "sessions": sessions})


def free_folder(parent: Path, name: str) -> Path:
    """`parent/name`, or the first of `name-2`, `name-3`, ... that does not exist."""
    folder, count = parent / name, 1
    while folder.exists():
        count += 1
        folder = parent / f"{name}-{count}"
    return folder


def in_use(folder: Path) -> bool:
    """Whether a process works in a run folder right now."""
    import fcntl

    try:
        handle = os.open(folder / LOCK, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _lock(folder: Path) -> int:
    """Take the folder's lock, or raise GamesolveError that names the process that holds it."""
    import fcntl

    try:
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise files.cannot_write(folder, error) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
    except BlockingIOError:
        holder = os.pread(handle, 20, 0).decode(errors="replace")
        os.close(handle)
        who = f"another process ({holder})" if holder else "another process"
        raise GamesolveError(f"{str(folder)!r} is in use by {who}; wait for it or choose another folder") from None
    except OSError as error:
        os.close(handle)
        raise files.cannot_write(folder, error) from error
    return handle
