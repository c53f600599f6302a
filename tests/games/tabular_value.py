"""The value of a game whose roles see everything, from its tables."""

from __future__ import annotations

from gamesolve.rules.game import Game
from gamesolve.solvers.value_iteration import value_iteration
from gamesolve.views.markov import markov_game


def tabular_value(game: Game) -> float:
    """To the defender, of a game with a horizon."""
    tables = markov_game(game)
    *_, last = value_iteration(tables, horizon=tables.horizon)
    return float(tables.start @ (last.lower + last.upper) / 2.0)
