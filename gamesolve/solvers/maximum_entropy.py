"""The distribution of largest entropy among those that linear conditions leave.

The conditions are `rows @ p >= 0`, with p a distribution: a cone cut by the simplex, as equilibria of zero-sum matrix games and
correlated equilibria are. First a linear program finds a point from which every condition that can be slack is, and at which everything
that can have weight has some; what is left of the problem has an interior. Its dual, the logarithm of a sum of exponentials
(Boyd and Vandenberghe 2004, section 5.2.4), is smooth and attained, and a quasi-Newton method minimises it.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog, minimize
from scipy.special import logsumexp, softmax

from gamesolve.base.errors import GamesolveError
from gamesolve.solvers.matrix import checked_payoffs, solve_matrix_game
from gamesolve.solvers.sequence_form import refuse_failure, simplex_options

#: Weight under which something counts as without weight, and a condition as never slack.
NEGLIGIBLE = 1e-5
#: How far the minimum of the dual may miss a condition, whose coefficients are at most 1.
TOLERANCE = 1e-6
#: What is given away of the value of a matrix game, whose payoffs lie between 0 and 1: rounding makes the exact value infeasible.
ROUNDING = 1e-10


def maximum_entropy(rows: np.ndarray) -> np.ndarray:
    """The distribution f8 [n] of largest entropy with `rows @ p >= 0`.

    Args:
        rows: f8 [m, n], finite; m may be 0.

    Raises:
        GamesolveError: no distribution keeps all conditions.
    """
    scale = np.abs(rows).max(axis=1, keepdims=True, initial=0.0)
    rows = rows[scale[:, 0] > 0.0] / scale[scale[:, 0] > 0.0]
    weighted, slack, inside = _interior(rows)
    tight, loose = rows[~slack][:, weighted], rows[slack][:, weighted]
    conditions = np.concatenate([tight, loose])
    found = np.zeros(rows.shape[1])
    found[weighted] = _dual(conditions, len(tight))
    missed = max(float(np.abs(tight @ found[weighted]).max(initial=0.0)), float(-(rows @ found).min(initial=0.0)))
    # Where the dual is so ill-conditioned that its minimum is missed, a point inside keeps all conditions, at some loss of entropy.
    return found if missed <= TOLERANCE else inside


def maximum_entropy_mixtures(payoffs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The optimal mixtures f8 [rows] and f8 [columns] of largest entropy of a zero-sum matrix game f8 [rows, columns].

    Raises:
        GamesolveError: no matrix of finite numbers, or a library does not report an optimum.
    """
    payoffs = checked_payoffs(payoffs)
    spread = float(np.ptp(payoffs / 2.0))
    if spread == 0.0:
        return tuple(np.full(n, 1.0 / n) for n in payoffs.shape)  # type: ignore[return-value]
    unit = (payoffs / 2.0 - payoffs.min() / 2.0) / spread
    value = solve_matrix_game(unit).value
    assert value.lower is not None  # a matrix game's bracket has both ends
    assert value.upper is not None
    return maximum_entropy(unit.T - (value.lower - ROUNDING)), maximum_entropy(value.upper + ROUNDING - unit)


def _interior(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What can have weight, bool [n], which conditions can be slack, bool [m], and a distribution f8 [n] that keeps all of them."""
    m, n = rows.shape
    # A cone is closed under sums and multiples, so one point of it shows all at once: how much of each, up to 1, is maximised.
    most = 1.0 / NEGLIGIBLE
    found = linprog(
        -np.concatenate([np.zeros(n), np.ones(n + m)]),
        A_ub=np.block([[-np.eye(n), np.eye(n), np.zeros((n, m))], [-rows, np.zeros((m, n)), np.eye(m)]]),
        b_ub=np.zeros(n + m),
        bounds=[(0.0, most)] * n + [(0.0, 1.0)] * (n + m),
        method="highs-ds",
        options=simplex_options(None),
    )
    refuse_failure(found, f"the weights that {m} conditions leave to {n}")
    weighted, slack = found.x[n : 2 * n] > 0.5, found.x[2 * n :] > 0.5
    if not weighted.any():
        raise GamesolveError(f"no distribution over {n} keeps all {m} conditions")
    inside = np.where(weighted, found.x[:n], 0.0)
    return weighted, slack, inside / inside.sum()


def _dual(conditions: np.ndarray, equalities: int) -> np.ndarray:
    """The distribution f8 [n] of largest entropy where the first conditions f8 [m, n] are equalities and an interior is left."""
    m, n = conditions.shape
    if m == 0:
        return np.full(n, 1.0 / n)
    # Mostly the equalities leave one point alone, as where equilibria are unique.
    system = np.concatenate([conditions[:equalities], np.ones((1, n))])
    only, _, rank, _ = np.linalg.lstsq(system, np.append(np.zeros(equalities), 1.0), rcond=TOLERANCE)
    if rank == n:
        return np.maximum(only, 0.0) / np.maximum(only, 0.0).sum()

    def dual(multipliers: np.ndarray) -> tuple[float, np.ndarray]:
        tilted = multipliers @ conditions
        return float(logsumexp(tilted)), conditions @ softmax(tilted)

    bounds = [(None, None)] * equalities + [(0.0, None)] * (m - equalities)
    exact = {"maxiter": 20_000, "maxfun": 100_000, "ftol": 0.0, "gtol": TOLERANCE / 100.0, "maxcor": 30}
    multipliers = minimize(dual, np.zeros(m), jac=True, method="L-BFGS-B", bounds=bounds, options=exact).x
    return np.asarray(softmax(multipliers @ conditions))
