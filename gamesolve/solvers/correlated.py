"""Correlated equilibria of two-player games in matrix form, by linear programming.

A joint distribution of actions is a correlated equilibrium if nobody gains by doing something else than what was drawn for him
(Aumann 1974), and a coarse correlated one if nobody gains by one action whatever was drawn (Moulin and Vial 1978). Both are polytopes; of
its points one is chosen by an objective:

| objective | what |
|---|---|
| `welfare` | the largest sum of payoffs |
| `fairness` | the largest smaller payoff, and of these the largest sum |
| `entropy` | the most random |

What each player could still gain is computed anew from the distribution.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from gamesolve.base.errors import TooLargeError, unknown_name
from gamesolve.solvers.bimatrix import checked_pair
from gamesolve.solvers.matrix import distribution
from gamesolve.solvers.maximum_entropy import maximum_entropy
from gamesolve.solvers.sequence_form import refuse_failure, simplex_options

OBJECTIVES = ("welfare", "fairness", "entropy")
#: Numbers in the conditions at most.
MOST = 50_000_000
#: What may be given away of the largest smaller payoff, as a share of the largest payoff, so that rounding leaves something to choose from.
GIVEN_AWAY = 1e-9


@dataclass(frozen=True)
class Correlated:
    """A correlated or coarse correlated equilibrium.

    Attributes:
        joint: f8 [rows, columns], probabilities.
        values: what each player earns.
        gap: the most that either player could gain; 0 or less, to rounding, in an equilibrium.
    """

    joint: np.ndarray
    values: tuple[float, float]
    gap: float


def correlated(row: np.ndarray, column: np.ndarray, objective: str = "welfare") -> Correlated:
    """A correlated equilibrium, for payoffs f8 [rows, columns] of both players.

    Raises:
        TooLargeError: there are too many actions.
        GamesolveError: no two matrices of finite numbers of one shape, the objective is unknown, or the library reports no optimum.
    """
    one, two = checked_pair(row, column)
    m, n = one.shape
    if (m * m + n * n) * m * n > MOST:
        raise TooLargeError(
            f"the conditions of correlated equilibria of {m} by {n} have {(m * m + n * n) * m * n:,} numbers; at most {MOST:,} are taken"
        )
    # What another row would gain where a row was drawn, times the probability of where they are; and likewise for columns.
    gains = np.zeros((m, m, m, n))
    for i in range(m):
        gains[i, :, i, :] = one - one[i]
    others = np.zeros((n, n, m, n))
    for j in range(n):
        others[j, :, :, j] = (two - two[:, [j]]).T
    # An action gains nothing against itself.
    rows = [gains[i, k] for i in range(m) for k in range(m) if i != k]
    columns = [others[j, k] for j in range(n) for k in range(n) if j != k]
    conditions = np.array(rows + columns).reshape(-1, m, n)
    joint = _chosen(one, two, conditions, objective, "correlated equilibrium")
    gained = [(found * joint).sum(axis=(2, 3)).max(axis=1).sum() for found in (gains, others)]
    return _judged(one, two, joint, float(max(gained)))


def coarse_correlated(row: np.ndarray, column: np.ndarray, objective: str = "welfare") -> Correlated:
    """A coarse correlated equilibrium, for payoffs f8 [rows, columns] of both players.

    Raises:
        GamesolveError: see `correlated`.
    """
    one, two = checked_pair(row, column)
    # What a row would gain whatever the column, and a column whatever the row, times the probability of where they are: [., rows, columns].
    gains = np.concatenate([one[:, None, :] - one[None], two.T[:, :, None] - two[None]])
    joint = _chosen(one, two, gains, objective, "coarse correlated equilibrium")
    return _judged(one, two, joint, float((gains * joint).sum(axis=(1, 2)).max()))


def _judged(one: np.ndarray, two: np.ndarray, joint: np.ndarray, gap: float) -> Correlated:
    return Correlated(joint, (float((one * joint).sum()), float((two * joint).sum())), gap)


def _chosen(one: np.ndarray, two: np.ndarray, gains: np.ndarray, objective: str, what: str) -> np.ndarray:
    """Of the distributions f8 [m, n] under which no gain f8 [., m, n] is above 0 the one that the objective chooses."""
    if objective not in OBJECTIVES:
        raise unknown_name("objective", objective, OBJECTIVES)
    scale = max(float(np.abs(gains).max(initial=0.0)), np.finfo(np.float64).tiny)
    conditions, words = (gains / scale).reshape(len(gains), one.size), f"the {what} of {one.shape[0]} by {one.shape[1]}"
    if objective == "entropy":
        return maximum_entropy(-conditions).reshape(one.shape)
    size = max(float(np.abs(one).max()), float(np.abs(two).max()), np.finfo(np.float64).tiny)
    payoffs = np.stack([one.ravel() / size, two.ravel() / size])
    least = _least(payoffs, conditions, words) - GIVEN_AWAY if objective == "fairness" else None
    # The smaller payoff is no less than what was found to be possible.
    above = (-payoffs, np.full(2, -least)) if least is not None else (np.zeros((0, one.size)), np.zeros(0))
    found = linprog(
        -payoffs.sum(axis=0) / 2.0,
        A_ub=np.concatenate([conditions, above[0]]),
        b_ub=np.concatenate([np.zeros(len(conditions)), above[1]]),
        A_eq=np.ones((1, one.size)),
        b_eq=np.ones(1),
        method="highs-ds",
        options=simplex_options(None),
    )
    refuse_failure(found, words)
    return distribution(found.x).reshape(one.shape)


def _least(payoffs: np.ndarray, conditions: np.ndarray, words: str) -> float:
    """The largest smaller of two payoffs f8 [2, k] that the conditions f8 [., k] allow."""
    k = payoffs.shape[1]
    found = linprog(
        np.append(np.zeros(k), -1.0),
        A_ub=np.concatenate([np.pad(conditions, ((0, 0), (0, 1))), np.column_stack([-payoffs, np.ones(2)])]),
        b_ub=np.zeros(len(conditions) + 2),
        A_eq=np.append(np.ones(k), 0.0)[None],
        b_eq=np.ones(1),
        bounds=[(0.0, None)] * k + [(None, None)],
        method="highs-ds",
        options=simplex_options(None),
    )
    refuse_failure(found, words)
    return float(found.x[k])
