"""How contestants are timed against each other: in turn, in blocks, by CPU time; medians count."""

from __future__ import annotations

import json
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from gamesolve.base.errors import GamesolveError

#: Times `count` repetitions and returns the CPU seconds they took.
Contestant = Callable[[int], float]

ROOT = Path(__file__).resolve().parent.parent
WORKER = Path(__file__).with_name("speed_peers.py")
PYTHON = ROOT / ".venv-peers" / "bin" / "python"


def local(work: Callable[[int], Any]) -> Contestant:
    """Our own side: `work(count)` in this process."""

    def timed(count: int) -> float:
        start = time.process_time()
        work(count)
        return time.process_time() - start

    return timed


def repeated(work: Callable[[], Any]) -> Contestant:
    """Our own side where the work is one call."""

    def many(count: int) -> None:
        for _ in range(count):
            work()

    return local(many)


@dataclass
class Peers:
    """The worker process of the other libraries, for as long as the context lasts.

    Raises:
        GamesolveError: the peers' environment is missing, or the worker dies.
    """

    versions: dict[str, str] = field(default_factory=dict)

    def __enter__(self) -> Peers:
        if not PYTHON.exists():
            raise GamesolveError(f"there is no environment with the other libraries at {PYTHON.parent.parent}; run 'make speed'")
        pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
        self._process = subprocess.Popen([PYTHON, WORKER], text=True, stdin=pipe, stdout=pipe, stderr=nowhere)
        self.versions = self._answer()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.terminate()
        self._process.wait()

    def contestant(self, task: str, game: str) -> Contestant:
        """A peer's side: the worker repeats `task` on an OpenSpiel game."""

        def timed(count: int) -> float:
            assert self._process.stdin is not None
            print(json.dumps({"task": task, "game": game, "count": count}), file=self._process.stdin, flush=True)
            return float(self._answer()["seconds"])

        return timed

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise GamesolveError(f"the worker of the other libraries ended with code {self._process.wait()}")
        return json.loads(line)


@dataclass(frozen=True)
class Line:
    """One line of the table: what was measured, ours, theirs, how they compare, and the target."""

    what: str
    ours: str
    theirs: str = ""
    result: str = ""
    target: str = ""


def duration(seconds: float) -> str:
    """Seconds in a unit that suits them."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e6:.3g} us"


def rate(value: float, unit: str) -> str:
    """A rate in millions."""
    return f"{value / 1e6:.3g} million {unit}/s"


def contest(contestants: Mapping[str, Contestant], *, block: float = 0.1, rounds: int = 7) -> dict[str, float]:
    """Median CPU seconds of one repetition of each contestant.

    Args:
        block: CPU seconds that a block takes at least; repetitions are doubled until it does.
        rounds: blocks of each contestant, taken in turn.
    """
    counts = {name: _calibrate(timed, block) for name, timed in contestants.items()}
    samples: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, timed in contestants.items():
            samples[name].append(timed(counts[name]) / counts[name])
    return {name: statistics.median(values) for name, values in samples.items()}


def _calibrate(timed: Contestant, block: float) -> int:
    timed(1)
    count = 1
    while timed(count) < block:
        count *= 2
    return count
