"""Estimates by simulation, for what cannot be walked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

from gamesolve.base.bound import Bound
from gamesolve.learners.candidates import play_out
from gamesolve.rules.game import Game
from gamesolve.views.acting import Acting, Drawn

if TYPE_CHECKING:
    from gamesolve.views.turn_based import TurnBased

CONFIDENCE = 0.95


def estimated_return(
    game: Game | TurnBased, acting: Sequence[Acting | Drawn], *, episodes: int, seed: int, pause: Callable[[], None]
) -> tuple[Bound, Bound]:
    """Two-sided Student's t intervals of the mean return of each role over episodes 0, 1, ...

    All of them or none: where it depends on the clock which episodes count, their mean is no longer
    that of episodes drawn at random. What `pause` raises ends the play.
    """
    found = play_out(game, acting, episodes=episodes, seed=seed, pause=pause)
    return estimate(found[:, 0], seed=seed), estimate(found[:, 1], seed=seed)


def estimate(returns: np.ndarray, *, seed: int) -> Bound:
    """The bound on the mean of returns f8 [n] by their interval."""
    return Bound(*interval(returns), "estimated", CONFIDENCE, len(returns), seed)


def interval(returns: np.ndarray, *, one_sided: bool = False) -> tuple[float, float]:
    """Student's t interval of the mean of returns f8 [n]; with `one_sided`, each end holds by itself."""
    n, mean = len(returns), float(returns.mean())
    half = half_width(float(returns.std(ddof=1) / np.sqrt(n)), n, one_sided=one_sided)
    return mean - half, mean + half


def half_width(standard_error: float, n: int, *, one_sided: bool = False) -> float:
    """Half the width of Student's t interval of the mean of n > 1 returns."""
    return float(stdtrit(n - 1, CONFIDENCE if one_sided else 0.5 + CONFIDENCE / 2) * standard_error)
