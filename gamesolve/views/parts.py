"""Episodes played in parts, so that whoever plays them can stop in between."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from gamesolve.views.simulator import Simulator

#: Seconds that a part takes, about.
PAUSE = 0.2


def in_parts(simulator: Simulator, episodes: int, *, first: int = 0) -> Iterator[np.ndarray]:
    """Play episodes first, ..., first + episodes - 1; which parts they come in changes nothing about them.

    Yields:
        f8 [n, 2]: discounted return of each of the next n episodes by role.
    """
    done, size = 0, 1
    while done < episodes:
        begun = time.perf_counter()
        part = simulator.run(first + done, min(size, episodes - done))
        done += len(part)
        size = min(2 * size, 10**6) if time.perf_counter() - begun < PAUSE else size
        yield part
