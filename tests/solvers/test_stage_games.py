"""Small matrix games, solved compiled."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from gamesolve.base.errors import GamesolveError
from gamesolve.solvers.matrix import solve_matrix_game
from gamesolve.solvers.stage_games import solve_stage_games

#: Payoffs with many ties and degenerate vertices, and payoffs of all sizes.
ENTRIES = st.one_of(st.integers(-2, 2).map(float), st.floats(-1e6, 1e6, allow_subnormal=False))
GAMES = st.tuples(st.integers(1, 7), st.integers(1, 7)).flatmap(lambda shape: arrays.arrays(np.float64, shape, elements=ENTRIES))


def solved(game):
    lower, upper, rows, columns = solve_stage_games(np.array([game], float))
    return lower[0], upper[0], rows[0], columns[0]


def test_matching_pennies_is_mixed_evenly():
    assert solved([[1, -1], [-1, 1]])[2:] == (pytest.approx([0.5, 0.5]), pytest.approx([0.5, 0.5]))


def test_rock_paper_scissors_has_value_0():
    lower, upper, row, column = solved([[0, -1, 1], [1, 0, -1], [-1, 1, 0]])
    assert lower == pytest.approx(0.0, abs=1e-12)
    assert upper == pytest.approx(0.0, abs=1e-12)
    assert row == pytest.approx(np.full(3, 1 / 3))
    assert column == pytest.approx(np.full(3, 1 / 3))


@given(GAMES)
@settings(max_examples=300, deadline=None)
def test_brackets_hold_the_value_and_are_as_narrow_as_rounding(game):
    lower, upper, row, column = solved(game)
    theirs = solve_matrix_game(game).value
    scale = max(float(np.abs(game).max()), 1e-300)
    assert lower <= theirs.upper + 1e-9 * scale
    assert upper >= theirs.lower - 1e-9 * scale
    assert upper - lower <= 1e-9 * scale
    for mixture in (row, column):
        assert mixture.min() >= 0.0
        assert mixture.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("shape", [(2, 2), (3, 3), (5, 5), (4, 9), (12, 12), (30, 30)])
def test_random_games_of_every_size_are_solved(shape):
    games = np.random.default_rng(0).normal(size=(200, *shape))
    lower, upper, _, _ = solve_stage_games(games)
    assert (upper - lower).max() < 1e-10
    for k in range(0, 200, 20):
        assert lower[k] == pytest.approx(solve_matrix_game(games[k]).value.middle, abs=1e-9)


def test_what_is_no_game_is_refused():
    with pytest.raises(GamesolveError, match=r"payoffs have shape \(2, 2\); \(N, m, n\)"):
        solve_stage_games(np.zeros((2, 2)))
    with pytest.raises(GamesolveError, match=r"payoff \[0, 1, 0\] is nan"):
        solve_stage_games(np.array([[[0.0], [np.nan]]]))
