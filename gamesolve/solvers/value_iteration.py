"""Shapley's value iteration: the value of a zero-sum stochastic game, from stage games solved again and again.

A sweep solves in every state the matrix game of what a joint action earns plus the discounted value of where it leads (Shapley 1953).
The sweep T is monotone and a contraction: where a sweep moved no value up by more than d+ and none down by more than d-, the game's
values lie between T v - d- discount / (1 - discount) and T v + d+ discount / (1 - discount) (MacQueen 1966, for games). So every sweep
proves a bracket, whose width shrinks by the discount. With a horizon the values are those of that many steps, and are exact.

`policy_iteration` needs far fewer stage games: it goes on from what the mixtures of a sweep earn when both roles keep to them, which is
Newton's method (Hoffman and Karp 1966; Pollatschek and Avi-Itzhak 1969). That alone may cycle. So the step is halved where it does not
make the sweep's change smaller, and the plain sweep is taken where that does not help either (after Filar and Tolwinski 1991).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gamesolve.base.compiled import compiled
from gamesolve.base.errors import GamesolveError
from gamesolve.solvers.stage_games import solve_stage
from gamesolve.views.stochastic_game import StochasticGame

#: What rounding may have added in a sweep, in units of roundoff of the largest value, for each term of a sum.
UNIT = float(np.finfo(np.float64).eps)
#: Steps of Newton's method that are tried, by how much smaller they make a sweep's change, and how exactly mixtures are evaluated (as a
#: share of the last change).
STEPS, SMALLER, EVALUATED = (1.0, 0.5, 0.25), 0.9, 0.01


@dataclass(frozen=True, eq=False)
class Sweep:
    """What is known after a sweep.

    Attributes:
        number: of sweeps so far.
        lower, upper: f8 [S], brackets of the defender's values.
        policies: f8 [P] of each role: mixtures of the stage games of this sweep, state after state; see `offsets`.
        solved: stage games so far.
    """

    number: int
    lower: np.ndarray
    upper: np.ndarray
    policies: tuple[np.ndarray, np.ndarray]
    solved: int

    @property
    def gap(self) -> float:
        """The width of the widest bracket."""
        return float((self.upper - self.lower).max(initial=0.0))


def value_iteration(game: StochasticGame, *, horizon: int | None = None) -> Iterator[Sweep]:
    """Sweeps over all states of a zero-sum game.

    Args:
        horizon: steps after which the game ends; it ends after as many sweeps then, with exact values, and without one it goes on for
            as long as it is asked.

    Raises:
        GamesolveError: the game is not zero-sum, or has neither a horizon nor a discount below 1.
    """
    if not game.zero_sum:
        raise GamesolveError("value iteration is for zero-sum games; here both roles may gain")
    if horizon is None and game.discount >= 1.0:
        raise GamesolveError("a game without a horizon needs a discount below 1, here it is 1")
    if horizon is not None and horizon < 1:
        raise GamesolveError(f"the horizon is {horizon!r}; it is at least 1")
    return _sweeps(game, horizon)


def policy_iteration(game: StochasticGame, *, most: int = 2_000) -> Iterator[Sweep]:
    """Sweeps over all states of a zero-sum game, between which both roles' mixtures are evaluated.

    Args:
        most: passes over all states in an evaluation, at most.

    Raises:
        GamesolveError: the game is not zero-sum, or its discount is 1.
    """
    value_iteration(game)  # refuses what it would refuse
    return _newton(game, most)


def offsets(game: StochasticGame, role: int) -> np.ndarray:
    """i8 [S + 1], where the mixture of each state stands among a role's `policies`."""
    return np.concatenate([[0], np.cumsum(game.counts[role])]).astype(np.int64)


def _sweeps(game: StochasticGame, horizon: int | None) -> Iterator[Sweep]:
    work = _Work(game, horizon)
    while horizon is None or work.number < horizon:
        yield work.sweep(work.after)


def _newton(game: StochasticGame, most: int) -> Iterator[Sweep]:
    work = _Work(game, None)
    yield work.sweep(work.after)
    while True:
        values, after, moved = work.before, work.after, work.moved
        fixed = after.copy()
        evaluate(*work.arrays, game.discount, fixed, *work.places, *work.mixtures, most, EVALUATED * (1.0 - game.discount) * moved)
        for step in STEPS:
            yield work.sweep(values + step * (fixed - values))
            if work.moved <= SMALLER * moved:
                break
        else:
            yield work.sweep(after)


class _Work:
    """The arrays of sweeps.

    Attributes:
        before, after: f8 [S], values before and after the last sweep; moved: the largest change of one.
    """

    def __init__(self, game: StochasticGame, horizon: int | None) -> None:
        self.game, self._horizon = game, horizon
        most = game.counts.max(axis=1, initial=1)
        self.arrays = game.counts, game.first, game.reward[0].copy(), game.begin, game.target, game.chance
        self.places = offsets(game, 0), offsets(game, 1)
        self.mixtures = np.zeros(self.places[0][-1]), np.zeros(self.places[1][-1])
        self._room = np.zeros(most), np.zeros(most + 1), np.zeros(int(most.sum()), np.int64)
        self._terms = int(np.diff(game.begin).max(initial=0)) + int(most.sum())
        self.number, self._error = 0, 0.0
        self.before = self.after = np.zeros(len(game.states))
        self.moved = np.inf

    def sweep(self, values: np.ndarray) -> Sweep:
        """One over all states, from these values."""
        game, low, high = self.game, np.zeros(len(values)), np.zeros(len(values))
        sweep(*self.arrays, game.discount, values, *self._room, *self.places, *self.mixtures, low, high)
        self.before, self.after, self.number = values, (low + high) / 2.0, self.number + 1
        change = self.after - values
        self.moved = float(np.abs(change).max(initial=0.0))
        # The stage games are solved to a bracket, and their entries are sums in floating point.
        scale = float(np.abs(self.after).max(initial=0.0)) + float(np.abs(game.reward[0]).max(initial=0.0))
        error = float((high - low).max(initial=0.0)) / 2.0 + 2.0 * UNIT * self._terms * scale
        if self._horizon is None:
            left = 1.0 - game.discount
            down = (game.discount * min(float(change.min(initial=0.0)), 0.0) - error) / left
            up = (game.discount * max(float(change.max(initial=0.0)), 0.0) + error) / left
        else:
            self._error = error + game.discount * self._error
            down, up = -self._error, self._error
        policies = self.mixtures[0].copy(), self.mixtures[1].copy()
        return Sweep(self.number, self.after + down, self.after + up, policies, self.number * len(values))


@compiled
def sweep(
    counts, first, reward, begin, target, chance, discount, values, stage, tableau, labels, rows_at, columns_at, rows, columns, low, high
):
    """Solve the stage game of every state; fill the mixtures and the brackets of the stage games' values."""
    for s in range(first.size - 1):
        m, n = counts[0, s], counts[1, s]
        if m == 0:
            low[s], high[s] = 0.0, 0.0
            continue
        for i in range(m):
            for j in range(n):
                joint = first[s] + i * n + j
                total = 0.0
                for e in range(begin[joint], begin[joint + 1]):
                    total += chance[e] * values[target[e]]
                stage[i, j] = reward[joint] + discount * total
        row, column = rows[rows_at[s] : rows_at[s] + m], columns[columns_at[s] : columns_at[s] + n]
        low[s], high[s] = solve_stage(stage, m, n, tableau, labels, row, column)


@compiled
def evaluate(counts, first, reward, begin, target, chance, discount, values, rows_at, columns_at, rows, columns, most, enough):
    """What the mixtures earn when both roles keep to them: passes over all states, in place, until one moves no value beyond `enough`."""
    for _ in range(most):
        moved = 0.0
        for s in range(first.size - 1):
            earned, n = 0.0, counts[1, s]
            for i in range(counts[0, s]):
                for j in range(n):
                    weight = rows[rows_at[s] + i] * columns[columns_at[s] + j]
                    if weight > 0.0:
                        joint = first[s] + i * n + j
                        total = 0.0
                        for e in range(begin[joint], begin[joint + 1]):
                            total += chance[e] * values[target[e]]
                        earned += weight * (reward[joint] + discount * total)
            moved = max(moved, abs(earned - values[s]))
            values[s] = earned
        if moved <= enough:
            break
