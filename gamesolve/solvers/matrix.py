"""Zero-sum games in matrix form: optimal mixtures of both sides, and the proof.

Dantzig 1951 and von Neumann's minimax theorem: the row player maximises v over mixtures x with
A' x >= v; the column player's mixture is the dual. Each side's guarantee is recomputed from the
mixture itself, so the bracket holds whatever the library returned.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from gamesolve.base.bound import Bound, Kind
from gamesolve.base.errors import GamesolveError
from gamesolve.solvers.sequence_form import EXACT, refuse_failure, simplex_options


@dataclass(frozen=True)
class MatrixSolution:
    """Optimal mixtures of a zero-sum matrix game.

    Attributes:
        row: f8 [rows], the maximiser's mixture.
        column: f8 [columns], the minimiser's.
        value: bracket of the value to the row player, from what each mixture guarantees.
    """

    row: np.ndarray
    column: np.ndarray
    value: Bound


def solve_matrix_game(payoffs: np.ndarray) -> MatrixSolution:
    """Solve the zero-sum game of `payoffs` f8 [rows, columns], what the column player pays the row player.

    Raises:
        GamesolveError: no matrix of finite numbers with at least one row and one column, or the library
            does not report an optimum.
    """
    payoffs = checked_payoffs(payoffs)
    row, column = _mixtures(payoffs)
    guaranteed, conceded = float((row @ payoffs).min()), float((payoffs @ column).max())
    size = float(np.abs(payoffs).max())
    tolerance = float(np.finfo(np.float64).eps) * (max(payoffs.shape) + 8) * size
    if not math.isfinite(conceded - guaranteed) or conceded < guaranteed - 2.0 * tolerance:
        raise GamesolveError(f"the mixtures guarantee {guaranteed!r} and concede {conceded!r}; payoffs of up to {size!r} are too large")
    kind: Kind = "exact" if conceded - guaranteed <= EXACT * float(np.ptp(payoffs / 2.0)) else "proved"
    return MatrixSolution(row, column, Bound(guaranteed - tolerance, conceded + tolerance, kind))


def checked_payoffs(payoffs: np.ndarray) -> np.ndarray:
    """A matrix f8 [rows, columns] of finite numbers; raises GamesolveError where it is none."""
    try:
        payoffs = np.array(payoffs, np.float64)
    except (TypeError, ValueError) as error:
        raise GamesolveError(f"payoffs must be a matrix of numbers: {error}") from error
    if payoffs.ndim != 2 or payoffs.size == 0:
        raise GamesolveError(f"payoffs have shape {payoffs.shape}; a matrix with at least one row and one column is needed")
    wrong = np.argwhere(~np.isfinite(payoffs))
    if len(wrong):
        i, j = wrong[0].tolist()
        raise GamesolveError(f"payoff [{i}, {j}] is {float(payoffs[i, j])!r}; payoffs must be finite numbers")
    return payoffs


def _mixtures(payoffs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = payoffs.shape
    # Halved before subtracting, so that the range cannot overflow; the optimal mixtures stay the same.
    halves = payoffs / 2.0
    low, spread = halves.min(), np.ptp(halves)
    if spread == 0.0:
        return np.full(rows, 1.0 / rows), np.full(columns, 1.0 / columns)
    unit = (halves - low) / spread
    found = linprog(
        np.append(np.zeros(rows), -1.0),
        A_ub=np.hstack([-unit.T, np.ones((columns, 1))]),
        b_ub=np.zeros(columns),
        A_eq=np.append(np.ones(rows), 0.0)[None],
        b_eq=np.ones(1),
        bounds=[(0.0, None)] * rows + [(None, None)],
        method="highs-ds",
        options=simplex_options(None),
    )
    refuse_failure(found, f"the matrix game of {rows} by {columns}")
    return distribution(found.x[:rows]), distribution(-found.ineqlin.marginals)


def distribution(weights: np.ndarray) -> np.ndarray:
    """Probabilities f8 [n] from a linear program's; raises GamesolveError where they are far from adding to 1."""
    weights = np.maximum(weights, 0.0)
    total = weights.sum()
    if not total > 0.5:
        raise GamesolveError(f"the linear program's mixture adds to {float(total)!r}; it must be 1")
    return weights / total
