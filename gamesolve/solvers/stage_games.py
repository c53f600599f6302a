"""Small zero-sum matrix games by the million: the stage games of a stochastic game, solved compiled and without any allocation.

A saddle point in pure actions is looked for first, and a 2 x 2 game has a closed form. Everything else is Dantzig's simplex method on
the column player's program: with all payoffs above 0, maximise sum y subject to B y <= 1, y >= 0; the value is 1 / sum y, the column
player's mixture y times that, and the row player's the dual (Dantzig 1951; von Neumann). The tableau is condensed: labels of rows and
columns are exchanged in place, so that a pivot costs m x n multiplications. Where pivots make no progress for long, Bland's rule ends it.

What is proved is recomputed from the mixtures: the row player earns at least `lower` with his, whatever the other does, and the column
player pays at most `upper` with hers.
"""

from __future__ import annotations

import numpy as np

from gamesolve.base.compiled import compiled
from gamesolve.base.errors import GamesolveError

#: Pivots per action after which Bland's rule chooses, and after which it is given up.
PATIENT, GIVEN_UP = 4, 50
#: Entries of a tableau of payoffs between 1 and 2 that count as 0.
NOTHING = 1e-12


def solve_stage_games(payoffs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Solve N matrix games of the same size.

    Args:
        payoffs: f8 [N, m, n], what the column player pays the row player.

    Returns:
        `lower` and `upper`, f8 [N], brackets of the values; `rows` f8 [N, m] and `columns` f8 [N, n], the mixtures that prove them.

    Raises:
        GamesolveError: they are no such array of finite numbers.
    """
    games = np.ascontiguousarray(payoffs, np.float64)
    if games.ndim != 3 or 0 in games.shape[1:]:
        raise GamesolveError(f"payoffs have shape {games.shape}; (N, m, n) with at least one action each is needed")
    if not np.isfinite(games).all():
        wrong = np.argwhere(~np.isfinite(games))[0].tolist()
        raise GamesolveError(f"payoff {wrong} is {float(games[tuple(wrong)])!r}; payoffs are finite numbers")
    count, m, n = games.shape
    lower, upper, rows, columns = np.zeros(count), np.zeros(count), np.zeros((count, m)), np.zeros((count, n))
    solve_all(games, np.zeros((m + 1, n + 1)), np.zeros(m + n, np.int64), rows, columns, lower, upper)
    return lower, upper, rows, columns


@compiled
def solve_all(games, tableau, labels, rows, columns, lower, upper):
    """All of them, one after the other."""
    for k in range(games.shape[0]):
        lower[k], upper[k] = solve_stage(games[k], games.shape[1], games.shape[2], tableau, labels, rows[k], columns[k])


@compiled
def solve_stage(game, m, n, tableau, labels, row, column):
    """Fill the mixtures row [m] and column [n] of the game in the first m rows and n columns; what they guarantee, (lower, upper)."""
    for i in range(m):
        row[i] = 0.0
    for j in range(n):
        column[j] = 0.0
    if not take_saddle(game, m, n, row, column):
        if m == 2 and n == 2:
            mix_two_by_two(game, row, column)
        else:
            simplex(game, m, n, tableau, labels, row, column)
    return guarantees(game, m, n, row, column)


@compiled
def take_saddle(game, m, n, row, column):
    """Whether there is a saddle point in pure actions, which is taken then."""
    best, at = -np.inf, 0
    for i in range(m):
        least = game[i, 0]
        for j in range(1, n):
            least = min(least, game[i, j])
        if least > best:
            best, at = least, i
    for j in range(n):
        most = game[0, j]
        for i in range(1, m):
            most = max(most, game[i, j])
        if most <= best:
            row[at], column[j] = 1.0, 1.0
            return True
    return False


@compiled
def mix_two_by_two(game, row, column):
    """The mixtures that make the other indifferent; there is no saddle point, so the diagonals differ."""
    a, b, c, d = game[0, 0], game[0, 1], game[1, 0], game[1, 1]
    whole = (a - b) + (d - c)
    row[0] = (d - c) / whole
    row[1] = (a - b) / whole
    column[0] = (d - b) / whole
    column[1] = (a - c) / whole


@compiled
def simplex(game, m, n, tableau, labels, row, column):
    """The condensed tableau, pivoted until no reduced cost is below 0. Label k < m is the slack of row k, m + j the column j."""
    low, high = game[0, 0], game[0, 0]
    for i in range(m):
        for j in range(n):
            low, high = min(low, game[i, j]), max(high, game[i, j])
    # Halved before subtracting, so that the range cannot overflow.
    half = high / 2.0 - low / 2.0
    for i in range(m):
        labels[i] = i
        for j in range(n):
            tableau[i, j] = 1.0 + (game[i, j] / 2.0 - low / 2.0) / half
        tableau[i, n] = 1.0
    for j in range(n):
        labels[m + j] = m + j
        tableau[m, j] = -1.0
    tableau[m, n] = 0.0
    for pivots in range(GIVEN_UP * (m + n)):
        q = entering(tableau, labels, m, n, pivots > PATIENT * (m + n))
        if q < 0:
            break
        p = leaving(tableau, labels, m, n, q)
        if p < 0:
            break
        exchange(tableau, labels, m, n, p, q)
    total = 0.0
    for i in range(m):
        if labels[i] >= m:
            column[labels[i] - m] = max(tableau[i, n], 0.0)
            total += max(tableau[i, n], 0.0)
    for j in range(n):
        column[j] /= total
    total = 0.0
    for j in range(n):
        if labels[m + j] < m:
            row[labels[m + j]] = max(tableau[m, j], 0.0)
            total += max(tableau[m, j], 0.0)
    for i in range(m):
        row[i] /= total


@compiled(inline=True)
def entering(tableau, labels, m, n, bland):
    """The column that enters: of the least reduced cost, or by Bland's rule of the least label; -1 where none is below 0."""
    q, least = -1, -NOTHING
    for j in range(n):
        cost = tableau[m, j]
        if bland:
            if cost < -NOTHING and (q < 0 or labels[m + j] < labels[m + q]):
                q = j
        elif cost < least:
            q, least = j, cost
    return q


@compiled(inline=True)
def leaving(tableau, labels, m, n, q):
    """The row that leaves: of the least ratio, of equal ones the least label; -1 where none bounds the column."""
    p, least = -1, np.inf
    for i in range(m):
        if tableau[i, q] > NOTHING:
            ratio = tableau[i, n] / tableau[i, q]
            if ratio < least or (ratio == least and labels[i] < labels[p]):
                p, least = i, ratio
    return p


@compiled(inline=True)
def exchange(tableau, labels, m, n, p, q):
    """Row p and column q change places."""
    inverse = 1.0 / tableau[p, q]
    for j in range(n + 1):
        if j != q:
            tableau[p, j] *= inverse
    for i in range(m + 1):
        if i != p:
            factor = tableau[i, q]
            for j in range(n + 1):
                if j != q:
                    tableau[i, j] -= factor * tableau[p, j]
            tableau[i, q] = -factor * inverse
    tableau[p, q] = inverse
    labels[p], labels[m + q] = labels[m + q], labels[p]


@compiled
def guarantees(game, m, n, row, column):
    """What the row player earns at least and the column player pays at most, by their mixtures."""
    lower, upper = np.inf, -np.inf
    for j in range(n):
        earned = 0.0
        for i in range(m):
            earned += row[i] * game[i, j]
        lower = min(lower, earned)
    for i in range(m):
        paid = 0.0
        for j in range(n):
            paid += column[j] * game[i, j]
        upper = max(upper, paid)
    # Rounding may cross them by a bit.
    return min(lower, upper), max(lower, upper)
