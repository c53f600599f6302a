"""Shapley's value iteration: the value of a zero-sum stochastic game, from stage games solved again and again.

A sweep solves in every state the matrix game of what a joint action earns plus the discounted value of where it leads (Shapley 1953).
The sweep T is monotone and a contraction: where a sweep moved no value up by more than d+ and none down by more than d-, the game's
values lie between T v - d- discount / (1 - discount) and T v + d+ discount / (1 - discount) (MacQueen 1966, for games). So every sweep
proves a bracket, whose width shrinks by the discount. With a horizon the values are those of that many steps, and are exact.
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


def offsets(game: StochasticGame, role: int) -> np.ndarray:
    """i8 [S + 1], where the mixture of each state stands among a role's `policies`."""
    return np.concatenate([[0], np.cumsum(game.counts[role])]).astype(np.int64)


def _sweeps(game: StochasticGame, horizon: int | None) -> Iterator[Sweep]:
    states, most = len(game.states), game.counts.max(axis=1, initial=1)
    arrays = game.counts, game.first, game.reward[0].copy(), game.begin, game.target, game.chance
    places = offsets(game, 0), offsets(game, 1)
    stage, tableau, labels = np.zeros(most), np.zeros(most + 1), np.zeros(int(most.sum()), np.int64)
    mixtures = np.zeros(places[0][-1]), np.zeros(places[1][-1])
    values, number, widest = np.zeros(states), 0, 0.0
    terms = int(np.diff(game.begin).max(initial=0)) + int(most.sum())
    while horizon is None or number < horizon:
        before, low, high = values, np.zeros(states), np.zeros(states)
        sweep(*arrays, game.discount, before, stage, tableau, labels, *places, *mixtures, low, high)
        values, number = (low + high) / 2.0, number + 1
        # The stage games are solved to a bracket, and their entries are sums in floating point.
        scale = float(np.abs(values).max(initial=0.0)) + float(np.abs(game.reward[0]).max(initial=0.0))
        widest = float((high - low).max(initial=0.0)) / 2.0 + 2.0 * UNIT * terms * scale + (game.discount * widest if horizon else 0.0)
        if horizon is None:
            left, moved = 1.0 - game.discount, values - before
            down = (game.discount * min(float(moved.min(initial=0.0)), 0.0) - widest) / left
            up = (game.discount * max(float(moved.max(initial=0.0)), 0.0) + widest) / left
        else:
            down, up = -widest, widest
        yield Sweep(number, values + down, values + up, (mixtures[0].copy(), mixtures[1].copy()), number * states)


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
