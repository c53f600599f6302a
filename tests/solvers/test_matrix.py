"""Matrix games: textbook answers, laws, degenerate and hostile matrices."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gamesolve.base.errors import GamesolveError
from gamesolve.solvers import matrix
from gamesolve.solvers.matrix import solve_matrix_game

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


@pytest.mark.parametrize("status", [1, 2, 3, 4])
def test_a_library_that_reports_failure_yields_no_strategy(status, monkeypatch):
    monkeypatch.setattr(matrix, "linprog", lambda *_, **__: SimpleNamespace(status=status, message="no"))
    with pytest.raises(GamesolveError, match=f"status {status}"):
        solve_matrix_game([[1, -1], [-1, 1]])
