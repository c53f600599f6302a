"""Nash equilibria of two-player games in matrix form, whose interests need not be opposed.

Lemke and Howson (1964) follow a path of complementary pivots from an artificial equilibrium to a real one; a label that is dropped first
chooses the path. Ties in the ratio test are broken lexicographically, so that degenerate games make no cycles (von Stengel 2007, in
Algorithmic Game Theory, section 3.6). Support enumeration looks for mixtures that make each other indifferent, support by support
(Dickhaut and Kaplan 1991); on degenerate games it may find nothing among supports of one size, and so it goes on to those of two.

Whatever found it, an answer comes with what each player could gain, computed anew from the mixtures.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from gamesolve.base.errors import GamesolveError
from gamesolve.solvers.matrix import checked_payoffs
from gamesolve.solvers.sequence_form import simplex_options

#: What a player may gain in an equilibrium, as a share of the range of its payoffs: rounding, with what sums of them may miss beside.
EXACT, UNIT = 1e-9, float(np.finfo(np.float64).eps)
#: Pivots of a path at most, for each label; pairs of supports that are looked into at most.
PIVOTS, PAIRS = 1_000, 100_000
#: Entries of a tableau, whose payoffs lie between 1 and 2, that count as 0.
NOTHING = 1e-11
#: What an answer is: an equilibrium to rounding, or only the best that was found.
FOUND, CLOSEST = "equilibrium", "closest found"


@dataclass(frozen=True, eq=False)
class NashEquilibrium:
    """A pair of mixtures.

    Attributes:
        row, column: f8 [m], f8 [n].
        values: what each player earns.
        regrets: what each could gain by another action, 0 or more.
        status: `equilibrium`, where both regrets are rounding; `closest found` else.
        method: who found it, in words.
    """

    row: np.ndarray
    column: np.ndarray
    values: tuple[float, float]
    regrets: tuple[float, float]
    status: str
    method: str


def nash_equilibrium(row: np.ndarray, column: np.ndarray) -> NashEquilibrium:
    """A Nash equilibrium of payoffs f8 [m, n] of both players: by Lemke and Howson, from one label after the other, else by supports.

    Returns:
        An equilibrium; where rounding keeps all of them away, the pair of mixtures with the least regret, which `status` says.

    Raises:
        GamesolveError: no two matrices of finite numbers of one shape.
    """
    own, other = checked_pair(row, column)
    closest: NashEquilibrium | None = None
    paths = (lemke_howson(own, other, label) for label in range(sum(own.shape)))
    for found in itertools.chain(paths, support_enumeration(own, other)):
        if found.status == FOUND:
            return found
        if closest is None or max(found.regrets) < max(closest.regrets):
            closest = found
    assert closest is not None
    return closest


def lemke_howson(row: np.ndarray, column: np.ndarray, label: int = 0) -> NashEquilibrium:
    """The equilibrium at the end of the path that drops a label.

    Args:
        row, column: payoffs f8 [m, n] of both players.
        label: 0 to m - 1 for an action of the row player, m to m + n - 1 for one of the column player.

    Raises:
        GamesolveError: no two matrices of finite numbers of one shape, or there is no such label.
    """
    own, other = checked_pair(row, column)
    m, n = own.shape
    if not 0 <= label < m + n:
        raise GamesolveError(f"label {label!r} is dropped; the labels of a game of {m} by {n} are 0 to {m + n - 1}")
    # The row player's mixture x lies in {B' x <= 1}, the column player's y in {A y <= 1}; a variable is called by its label, and the
    # slack of an inequality by the label of the action that it belongs to.
    of_x = _Tableau(_positive(other).T, range(m), range(m, m + n))
    of_y = _Tableau(_positive(own), range(m, m + n), range(m))
    entering, at = label, (of_x if label < m else of_y)
    for _ in range(PIVOTS * (m + n)):
        left = at.pivot(entering)
        if left in (label, None):
            break
        entering, at = left, (of_y if at is of_x else of_x)
    x, y = of_x.values(range(m)), of_y.values(range(m, m + n))
    return judged(own, other, x, y, f"Lemke and Howson, label {label}")


def support_enumeration(row: np.ndarray, column: np.ndarray, *, pairs: int = PAIRS) -> Iterator[NashEquilibrium]:
    """All equilibria of a game that is not degenerate, the smallest supports first; of a degenerate one, some.

    Args:
        row, column: payoffs f8 [m, n] of both players.
        pairs: of supports that are looked into at most.

    Yields:
        Equilibria: `status` of each is `equilibrium`.

    Raises:
        GamesolveError: no two matrices of finite numbers of one shape.
    """
    own, other = checked_pair(row, column)
    return _by_supports(own, other, pairs)


def checked_pair(row: np.ndarray, column: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both players' payoffs f8 [m, n]; raises GamesolveError unless they are matrices of finite numbers of one shape."""
    one, two = checked_payoffs(row), checked_payoffs(column)
    if one.shape != two.shape:
        raise GamesolveError(f"payoffs have shapes {one.shape} and {two.shape}; both players' are of one shape")
    return one, two


def judged(own: np.ndarray, other: np.ndarray, row: np.ndarray, column: np.ndarray, method: str) -> NashEquilibrium:
    """A pair of mixtures, made to sum to one, with what both earn and could gain."""
    x, y = (weights / weights.sum() if weights.sum() > 0.0 else np.full(len(weights), 1.0 / len(weights)) for weights in (row, column))
    actions, answers = own @ y, x @ other
    values = float(x @ actions), float(answers @ y)
    regrets = max(float(actions.max()) - values[0], 0.0), max(float(answers.max()) - values[1], 0.0)
    # Halved before subtracting, so that the range cannot overflow.
    ranges = (2.0 * float(one.max() / 2.0 - one.min() / 2.0) for one in (own, other))
    sizes = (4.0 * UNIT * sum(own.shape) * float(np.abs(one).max()) for one in (own, other))
    exact = all(regret <= EXACT * span + size for regret, span, size in zip(regrets, ranges, sizes, strict=True))
    return NashEquilibrium(x, y, values, regrets, FOUND if exact else CLOSEST, method)


class _Tableau:
    """A system of inequalities `payoffs @ z <= 1`, z >= 0, as a tableau whose columns are called by labels.

    Its basis is lexicographically positive at the start and after every pivot.
    """

    def __init__(self, payoffs: np.ndarray, variables: range, slacks: range) -> None:
        count = len(variables) + len(slacks)
        self._slacks = slacks
        self._table = np.zeros((len(slacks), count + 1))
        self._table[:, variables.start : variables.stop] = payoffs
        self._table[np.arange(len(slacks)), np.arange(slacks.start, slacks.stop)] = 1.0
        self._table[:, count] = 1.0
        self._basis = np.array(slacks)

    def pivot(self, entering: int) -> int | None:
        """Bring a variable into the basis; the label of the one that leaves, or None where nothing bounds it."""
        table = self._table
        rows = np.flatnonzero(table[:, entering] > NOTHING)
        if not len(rows):
            return None
        # The right side first, then the columns of what the basis was at the start: the least ratio in the first that differs.
        for place in (-1, *self._slacks):
            ratios = table[rows, place] / table[rows, entering]
            rows = rows[ratios <= ratios.min() + NOTHING]
            if len(rows) == 1:
                break
        leaves = rows[0]
        table[leaves] /= table[leaves, entering]
        others = np.arange(len(table)) != leaves
        table[others] -= np.outer(table[others, entering], table[leaves])
        left, self._basis[leaves] = int(self._basis[leaves]), entering
        return left

    def values(self, labels: range) -> np.ndarray:
        """Of the variables of some labels, f8."""
        found = np.zeros(len(labels))
        for label, value in zip(self._basis, self._table[:, -1], strict=True):
            if label in labels:
                found[label - labels.start] = max(value, 0.0)
        return found


def _positive(payoffs: np.ndarray) -> np.ndarray:
    """Payoffs moved and scaled to lie between 1 and 2, which changes no equilibrium; halved first, so that nothing overflows."""
    low, half = float(payoffs.min()) / 2.0, float(payoffs.max()) / 2.0 - float(payoffs.min()) / 2.0
    return np.asarray(1.0 + (payoffs / 2.0 - low) / half) if half > 0.0 else np.ones_like(payoffs)


def _by_supports(own: np.ndarray, other: np.ndarray, pairs: int) -> Iterator[NashEquilibrium]:
    m, n = own.shape
    sizes = sorted(itertools.product(range(1, m + 1), range(1, n + 1)), key=lambda size: (size[0] != size[1], sum(size)))
    left, any_found = pairs, False
    for k, other_size in sizes:
        # Supports of two sizes matter in degenerate games alone, which show by having too few equilibria, or none.
        if k != other_size and any_found:
            return
        for rows, columns in itertools.product(itertools.combinations(range(m), k), itertools.combinations(range(n), other_size)):
            left -= 1
            if left < 0:
                return
            found = _on_supports(own, other, list(rows), list(columns))
            if found is not None and found.status == FOUND:
                any_found = True
                yield found


def _on_supports(own: np.ndarray, other: np.ndarray, rows: list[int], columns: list[int]) -> NashEquilibrium | None:
    """Mixtures on two supports that make each other's actions there best answers; None where there are none."""
    solve = _indifferent if len(rows) == len(columns) else _feasible
    y = solve(own, rows, columns)
    x = None if y is None else solve(other.T, columns, rows)
    if x is None or y is None:
        return None
    return judged(own, other, x, y, "supports")


def _indifferent(payoffs: np.ndarray, rows: list[int], columns: list[int]) -> np.ndarray | None:
    """The mixture f8 [n] over as many columns as rows to which all rows are equally good; None where there is none, or not just one."""
    k = len(rows)
    system = np.zeros((k + 1, k + 1))
    system[:k, :k], system[:k, k], system[k, :k] = payoffs[np.ix_(rows, columns)], -1.0, 1.0
    try:
        weights = np.linalg.solve(system, np.append(np.zeros(k), 1.0))[:k]
    except np.linalg.LinAlgError:
        return None
    if not (weights > 0.0).all():
        return None
    mixture = np.zeros(payoffs.shape[1])
    mixture[columns] = weights
    return mixture


def _feasible(payoffs: np.ndarray, rows: list[int], columns: list[int]) -> np.ndarray | None:
    """A mixture f8 [n] over the columns to which the rows are best answers; None where there is none."""
    scale = max(float(np.abs(payoffs).max()), np.finfo(np.float64).tiny)
    scaled, best = payoffs[:, columns] / scale, rows[0]
    gains, ties = np.delete(scaled, rows, axis=0) - scaled[best], scaled[rows[1:]] - scaled[best]
    found = linprog(
        np.zeros(len(columns)),
        A_ub=gains if len(gains) else None,
        b_ub=np.zeros(len(gains)) if len(gains) else None,
        A_eq=np.concatenate([ties, np.ones((1, len(columns)))]),
        b_eq=np.append(np.zeros(len(ties)), 1.0),
        method="highs-ds",
        options=simplex_options(None),
    )
    if found.status != 0:
        return None
    mixture = np.zeros(payoffs.shape[1])
    mixture[columns] = found.x
    return mixture
