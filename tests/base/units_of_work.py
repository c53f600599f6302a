"""Units of work for the tests of executors, in a module that other processes can import."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from gamesolve.base.errors import PolicyFailedError


def squared(x):
    return x * x


def refused(x):
    raise PolicyFailedError(f"{x!r} fails", "defender")


def dies_once(x, path):
    """Kill the own process, unless that was done before."""
    if not Path(path).exists():
        Path(path).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return squared(x)


def dies(x):
    os.kill(os.getpid(), signal.SIGKILL)


def hangs(x):
    while True:
        time.sleep(1.0)


class Unwelcome:
    """Can be sent, and not be received."""

    def __reduce__(self):
        return refused, (self.__class__.__name__,)


class Awkward(Exception):  # noqa: N818
    """Cannot be made again from its message alone."""

    def __init__(self, first, second):
        super().__init__(f"{first} {second}")


def raises_awkwardly():
    raise Awkward("one", "two")
