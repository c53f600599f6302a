"""The engine of studies: what is missing is computed, in any order that the cells' needs allow, by whoever is there to work."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gamesolve.base.errors import GamesolveError
from gamesolve.base.executors import POLL, InProcess
from gamesolve.base.failures import survived
from gamesolve.base.runs import CELLS, LOCK, RESULT
from gamesolve.solve.watch import Watch
from gamesolve.study.cells import KINDS, Cell
from gamesolve.study.work import RUN, SPEC, do_cell

#: Seconds that a cell may take: a training of any budget that somebody would wait for.
CELL_LIMIT = 14 * 86_400.0


@dataclass
class Board:
    """Which cells are done, running and waiting.

    Attributes:
        failed: by key, why.
    """

    cells: Sequence[Cell]
    done: set[str]
    running: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, root: Path, cells: Sequence[Cell]) -> Board:
        """As the run's folder has them."""
        return cls(cells, {cell.key for cell in cells if (root / CELLS / cell.key / RESULT).is_file()})

    def sweep(self, root: Path) -> None:
        """Remove what results were made of: a kill may have come before that."""
        for key in self.done:
            shutil.rmtree(root / CELLS / key / RUN, ignore_errors=True)

    @property
    def complete(self) -> bool:
        """Whether nothing is left to do."""
        return len(self.done) == len(self.cells)

    def next(self) -> Cell | None:
        """A cell that can be begun; None where all wait for others, are running, failed or done."""
        gone = self.done | self.running | self.failed.keys()
        return next((cell for cell in self.cells if cell.key not in gone and self.done.issuperset(cell.needs)), None)

    def rows(self) -> list[dict[str, Any]]:
        """For each kind how many cells are done, running, failed and waiting, and the decisions of those that are not done."""
        found = []
        for kind in KINDS:
            own = [cell for cell in self.cells if cell.kind == kind]
            counts = {name: sum(cell.key in keys for cell in own) for name, keys in self._states()}
            left = [cell for cell in own if cell.key not in self.done]
            waiting = len(own) - sum(counts.values())
            if own:
                decisions = {"decisions": sum(cell.decisions for cell in own), "decisions_left": sum(cell.decisions for cell in left)}
                found.append({"kind": kind, "cells": len(own), **counts, "waiting": waiting, **decisions})
        return found

    def _states(self) -> tuple[tuple[str, Any], ...]:
        return ("done", self.done), ("running", self.running), ("failed", self.failed)


def begun(root: Path, board: Board) -> set[str]:
    """Keys of the cells that whoever works there has begun and not done: since the lock was taken."""
    since = (root / LOCK).stat().st_mtime
    specs = {cell.key: root / CELLS / cell.key / SPEC for cell in board.cells if cell.key not in board.done}
    return {key for key, path in specs.items() if path.is_file() and path.stat().st_mtime >= since}


def compute(root: Path, board: Board, watch: Watch, workers: Executor) -> str:
    """Do all cells that are not done; why it ended before that (`time`, `interrupt`), else empty.

    A cell that fails is put down, and all that do not need it are done.

    Raises:
        GamesolveError: a cell failed; the message says which and why, and how many others.
    """
    running: dict[Future[bool], Cell] = {}
    size, stopped = getattr(workers, "size", 1), ""
    here: Callable[[], bool] | None = (lambda: bool(watch.over())) if isinstance(workers, InProcess) else None
    clock, begun = time.monotonic(), _left(board)
    while True:
        stopped = stopped or watch.over() or ""
        while not stopped and len(running) < size and (cell := board.next()) is not None:
            board.running.add(cell.key)
            _tell(board, watch, cell, begun, clock)
            arguments = (str(root), cell.key, cell.spec)
            running[workers.submit(do_cell, *arguments, *((here,) if here else ()))] = cell
            stopped = watch.over() or ""
        if not running or (stopped and here is None):
            break
        for future in wait(running, timeout=POLL, return_when=FIRST_COMPLETED).done:
            cell = running.pop(future)
            board.running.discard(cell.key)
            error = future.exception()
            if error is not None and not isinstance(error, Exception):
                raise error
            if error is None and future.result():
                board.done.add(cell.key)
            elif error is not None:
                board.failed[cell.key] = f"{cell.name}: {survived(error)}"
            elif not watch.over():
                board.failed[cell.key] = f"{cell.name}: it ended without a result"
        _tell(board, watch, next(iter(running.values()), None), begun, clock)
    if board.failed and not stopped:
        first, *more = board.failed.values()
        others = f"; {len(more)} other{'s' if len(more) > 1 else ''} failed too" if more else ""
        raise GamesolveError(f"a cell of the study failed: {first}{others}; all that do not need them are done")
    return stopped


def _left(board: Board) -> int:
    return sum(cell.decisions for cell in board.cells if cell.key not in board.done)


def _tell(board: Board, watch: Watch, cell: Cell | None, begun: int, clock: float) -> None:
    """How far the study is."""
    left, seconds = _left(board), time.monotonic() - clock
    waiting = len(board.cells) - len(board.done) - len(board.running) - len(board.failed)
    counted = f"{len(board.done):,} of {len(board.cells):,} done, {len(board.running)} running, {waiting:,} waiting"
    speed = (begun - left) / seconds if seconds > 0.0 else 0.0
    facts = [("cells", counted + (f", {len(board.failed)} failed" if board.failed else ""))]
    if speed > 0.0:
        facts.append(("to go", f"{left:,} decisions at most, {left / speed / 60.0:.0f} min at this speed"))
    if cell is not None:
        facts.append(("at work on", cell.name))
    watch.facts = tuple(facts)
    watch.say("study")
