"""Run by the kill tests in a process of its own: solve into a folder, or go on with the run that is there.

`kill_driver.py FOLDER` does that once. `kill_driver.py FOLDER every N` does it in children that are
killed at the k-th file operation, for k = 0, N, 2 N, ..., each followed by a child that is left to
finish; the folders are FOLDER/0, FOLDER/1, ..., an uninterrupted run is FOLDER/whole, and the number
of kills is printed.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from gamesolve.base.registry import load_game
from gamesolve.base.runs import CONFIG
from gamesolve.report import write_report
from gamesolve.solve import loop, resume, solve, watch

ITERATIONS = 20_000
# Many checks and checkpoints, so that a kill has much to hit.
watch.CHECK_WORK = 5520 * 300
loop.CHECKPOINT_WORK = 5520 * 500


def work(folder: Path, game: str = "leduc", iterations: int = ITERATIONS) -> None:
    if (folder / CONFIG).exists():
        resume(folder)
    else:
        solve(load_game(game), "cfr+", gap=0.0, iterations=iterations, out=folder)
    write_report(folder)


def kill_at(operation: int) -> None:
    """Have this process killed when it begins its `operation`-th change to the disk."""
    left = [operation]

    def counting(call):
        def counted(*arguments, **options):
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1
            return call(*arguments, **options)

        return counted

    for name in ("fsync", "replace", "unlink", "mkdir", "ftruncate"):
        setattr(os, name, counting(getattr(os, name)))


def child(folder: Path, operation: int | None) -> bool:
    """Work in a forked child; whether it ended by itself."""
    number = os.fork()
    if number == 0:
        if operation is not None:
            kill_at(operation)
        work(folder, "kuhn", 120)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]) == 0


def everywhere(folder: Path, stride: int) -> int:
    # What is compiled, loaded and worked out here need not be in every child.
    loop.CHECKPOINT_WORK = 30 * 20
    work(folder / "whole", "kuhn", 120)
    kills = 0
    while True:
        ended = child(folder / str(kills), kills * stride)
        if ended:
            return kills
        if not child(folder / str(kills), None):
            raise SystemExit(f"the run killed at operation {kills * stride} could not be resumed")
        kills += 1


if __name__ == "__main__":
    if len(sys.argv) == 2:
        work(Path(sys.argv[1]))
    else:
        print(everywhere(Path(sys.argv[1]), int(sys.argv[3])))
