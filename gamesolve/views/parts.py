"""Episodes played in parts, so that whoever plays them can stop in between."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from gamesolve.rules.game import Game
from gamesolve.views.acting import Acting, Drawn
from gamesolve.views.simulator import Simulator, batch_for

if TYPE_CHECKING:
    from gamesolve.views.openspiel_batch import OpenSpielBatch
    from gamesolve.views.turn_based import TurnBased

#: Seconds that a part takes, about.
PAUSE = 0.2


def stage_for(game: Game | TurnBased, acting: Sequence[Acting | Drawn], *, episodes: int, seed: int) -> Simulator | OpenSpielBatch:
    """Where `episodes` episodes of a game, ours or OpenSpiel's, are played; all who act follow policies."""
    if isinstance(game, Game):
        return Simulator(game, batch_for(acting, episodes), seed=seed, acting=acting)
    from gamesolve.views.openspiel_batch import TOGETHER, OpenSpielBatch

    return OpenSpielBatch(game, min(episodes, TOGETHER), seed=seed, acting=acting)


def in_parts(simulator: Simulator | OpenSpielBatch, episodes: int, *, first: int = 0) -> Iterator[np.ndarray]:
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
