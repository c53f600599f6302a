"""Coarse correlated equilibria of two-player games in matrix form, by linear programming.

A joint distribution of actions is a coarse correlated equilibrium if nobody gains by playing one action whatever
was drawn for him (Moulin and Vial 1978). They are a polytope; of its points the one with the largest sum of
payoffs is chosen. What each player could still gain is computed anew from the distribution.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from gamesolve.base.errors import GamesolveError
from gamesolve.solvers.matrix import checked_payoffs, distribution
from gamesolve.solvers.sequence_form import refuse_failure, simplex_options


@dataclass(frozen=True)
class CoarseCorrelated:
    """A coarse correlated equilibrium.

    Attributes:
        joint: f8 [rows, columns], probabilities.
        values: what each player earns.
        gap: the most that either player could gain by one action; 0 or less, to rounding, in an equilibrium.
    """

    joint: np.ndarray
    values: tuple[float, float]
    gap: float


def coarse_correlated(row: np.ndarray, column: np.ndarray) -> CoarseCorrelated:
    """The coarse correlated equilibrium with the largest sum of payoffs, for payoffs f8 [rows, columns] of both players.

    Raises:
        GamesolveError: no two matrices of finite numbers of one shape, or the library does not report an optimum.
    """
    one, two = checked_payoffs(row), checked_payoffs(column)
    if one.shape != two.shape:
        raise GamesolveError(f"payoffs have shapes {one.shape} and {two.shape}; both players' are of one shape")
    # What a row would gain whatever the column, and a column whatever the row, times the probability of where they are: [., rows, columns].
    gains = np.concatenate([one[:, None, :] - one[None], two.T[:, :, None] - two[None]])
    scale = max(float(np.abs(gains).max()), np.finfo(np.float64).tiny)
    total = one + two
    worth = total / max(float(np.abs(total).max()), np.finfo(np.float64).tiny)
    found = linprog(
        -worth.ravel(),
        A_ub=(gains / scale).reshape(len(gains), -1),
        b_ub=np.zeros(len(gains)),
        A_eq=np.ones((1, one.size)),
        b_eq=np.ones(1),
        method="highs-ds",
        options=simplex_options(None),
    )
    refuse_failure(found, f"the coarse correlated equilibrium of {one.shape[0]} by {one.shape[1]}")
    joint = distribution(found.x).reshape(one.shape)
    return CoarseCorrelated(joint, (float((one * joint).sum()), float((two * joint).sum())), float((gains * joint).sum(axis=(1, 2)).max()))
