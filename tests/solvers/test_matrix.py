"""Matrix games: textbook answers, laws, degenerate and hostile matrices."""

from __future__ import annotations

import highspy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gamesolve.base.errors import GamesolveError
from gamesolve.solvers.matrix import MatrixGame, solve_matrix_game

ROCK_PAPER_SCISSORS = [[0, -1, 1], [1, 0, -1], [-1, 1, 0]]
PAYOFFS = arrays(np.float64, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=st.floats(-10, 10))


def test_nash_of_matching_pennies_is_uniform():
    solution = solve_matrix_game([[1, -1], [-1, 1]])
    assert solution.row == pytest.approx([0.5, 0.5])
    assert solution.column == pytest.approx([0.5, 0.5])
    assert solution.value.lower <= 0.0 <= solution.value.upper


def test_nash_of_rock_paper_scissors_is_uniform():
    solution = solve_matrix_game(ROCK_PAPER_SCISSORS)
    assert solution.row == pytest.approx([1 / 3] * 3)
    assert solution.value.kind == "exact"
    assert solution.value.width < 1e-12


def test_the_textbook_game_without_a_saddle_point_is_solved():
    # Osborne and Rubinstein 1994, section 2.5 method: [[3, 0], [1, 2]] has x = (1/4, 3/4), y = (1/2, 1/2), value 3/2.
    solution = solve_matrix_game([[3, 0], [1, 2]])
    assert solution.row == pytest.approx([0.25, 0.75])
    assert solution.column == pytest.approx([0.5, 0.5])
    assert solution.value.middle == pytest.approx(1.5)


@settings(max_examples=80, deadline=None)
@given(arrays(np.float64, (2, 2), elements=st.integers(-9, 9).map(float)))
def test_two_by_two_games_have_their_closed_form_value(payoffs):
    # von Neumann: a saddle point where there is one, else (ad - bc) / (a + d - b - c).
    (a, b), (c, d) = payoffs
    low, high = payoffs.min(axis=1).max(), payoffs.max(axis=0).min()
    value = low if low == high else (a * d - b * c) / (a + d - b - c)
    assert solve_matrix_game(payoffs).value.lower - 1e-9 <= value <= solve_matrix_game(payoffs).value.upper + 1e-9


@settings(max_examples=80, deadline=None)
@given(PAYOFFS)
def test_the_bracket_holds_what_the_mixtures_guarantee(payoffs):
    solution = solve_matrix_game(payoffs)
    for mixture in (solution.row, solution.column):
        assert mixture.min() >= 0.0
        assert mixture.sum() == pytest.approx(1.0)
    assert solution.value.lower <= (solution.row @ payoffs).min()
    assert (payoffs @ solution.column).max() <= solution.value.upper
    assert solution.value.width <= 1e-7


@settings(max_examples=30, deadline=None)
@given(PAYOFFS, st.integers(0, 5))
def test_duplicated_rows_and_columns_do_not_change_the_value(payoffs, which):
    wide = np.hstack([payoffs, payoffs[:, [which % payoffs.shape[1]]]])
    tall = np.vstack([wide, wide[[which % payoffs.shape[0]]]])
    assert solve_matrix_game(tall).value.middle == pytest.approx(solve_matrix_game(payoffs).value.middle, abs=1e-8)


@pytest.mark.parametrize("payoffs", [[[3.0]], [[2, 2], [2, 2]], [[0.0] * 5], [[7.0]] * 4])
def test_games_without_a_choice_to_make_have_their_entry_as_value(payoffs):
    assert solve_matrix_game(payoffs).value.middle == pytest.approx(payoffs[0][0])


@pytest.mark.parametrize("scale", [1e-300, 1e-8, 1e12, 1e300, 8e307])
def test_extreme_payoffs_give_a_valid_certificate(scale):
    solution = solve_matrix_game(np.array(ROCK_PAPER_SCISSORS) * scale)
    assert solution.value.lower <= 0.0 <= solution.value.upper
    assert solution.value.width <= 1e-12 * scale


def test_payoffs_of_many_magnitudes_give_a_valid_certificate():
    solution = solve_matrix_game([[1e300, 1.0], [0.0, 1e-300]])
    assert solution.value.lower <= 1.0 <= solution.value.upper


@pytest.mark.parametrize(
    "payoffs",
    [
        [],
        [[]],
        np.zeros((0, 3)),
        np.zeros((3, 0)),
        [1.0, 2.0],
        np.zeros((2, 2, 2)),
        [["a"]],
        [[1], [1, 2]],
        [[np.nan]],
        [[1.0, np.inf]],
        None,
    ],
)
def test_what_is_no_matrix_of_finite_numbers_is_refused(payoffs):
    with pytest.raises(GamesolveError):
        solve_matrix_game(payoffs)


def test_the_entry_that_is_not_finite_is_named():
    with pytest.raises(GamesolveError, match=r"\[1, 0\] is nan"):
        solve_matrix_game([[1.0, 2.0], [np.nan, 3.0]])


@pytest.mark.parametrize("status", ["kInfeasible", "kTimeLimit", "kSolveError", "kUnknown"])
def test_a_library_that_reports_failure_yields_no_strategy(status, monkeypatch):
    monkeypatch.setattr(highspy.Highs, "getModelStatus", lambda _: getattr(highspy.HighsModelStatus, status))
    with pytest.raises(GamesolveError, match="the matrix game of 2 by 2 was not solved"):
        solve_matrix_game([[1, -1], [-1, 1]])


def grow(game, payoffs, sizes):
    """Add row and column k of payoffs for each k of `sizes`, and solve after each."""
    for k in sizes:
        game.add_row(payoffs[k, :k])
        game.add_column(payoffs[: k + 1, k])
        found = game.solve()
    return found


@pytest.mark.parametrize("seed", range(20))
def test_a_game_that_grew_has_the_value_of_the_whole(seed):
    payoffs = np.random.default_rng(seed).normal(size=(24, 24))
    game = MatrixGame(float(payoffs.min()), float(payoffs.max()))
    found = grow(game, payoffs, range(24))
    assert (game.payoffs == payoffs).all()
    assert found.value.middle == pytest.approx(solve_matrix_game(payoffs).value.middle, abs=1e-9)
    assert found.value.width < 1e-9


@pytest.mark.parametrize("seed", range(10))
def test_a_game_goes_on_from_a_basis_to_the_same_bytes(seed):
    payoffs = np.random.default_rng(seed).normal(size=(40, 40))
    whole, half, again = (MatrixGame(float(payoffs.min()), float(payoffs.max())) for _ in range(3))
    found = grow(whole, payoffs, range(40))
    grow(half, payoffs, range(30))
    for k in range(30):
        again.add_row(payoffs[k, :k])
        again.add_column(payoffs[: k + 1, k])
    again.restore(half.basis())
    later = grow(again, payoffs, range(30, 40))
    assert (later.row.tobytes(), later.column.tobytes(), later.value) == (found.row.tobytes(), found.column.tobytes(), found.value)


def test_a_game_without_rows_or_columns_is_refused():
    game = MatrixGame(0.0, 1.0)
    game.add_row(np.zeros(0))
    with pytest.raises(GamesolveError, match="1 rows and 0 columns"):
        game.solve()
