"""Nash equilibria of games in matrix form: known answers, laws on random and degenerate games."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gamesolve.base.errors import GamesolveError
from gamesolve.solvers.bimatrix import FOUND, lemke_howson, nash_equilibrium, support_enumeration
from gamesolve.solvers.matrix import solve_matrix_game

SHAPES = st.tuples(st.integers(1, 6), st.integers(1, 6))
#: Few different numbers, so that many games are degenerate.
COARSE, FINE = st.integers(-2, 2).map(float), st.floats(-1e3, 1e3)
#: von Stengel 2007, example 3.3 (Algorithmic Game Theory, section 3.3): three equilibria.
STENGEL = np.array([[3.0, 3.0], [2.0, 5.0], [0.0, 6.0]]), np.array([[3.0, 2.0], [2.0, 6.0], [3.0, 1.0]])


def test_a_game_with_three_equilibria_has_all_of_them():
    found = list(support_enumeration(*STENGEL))
    pairs = sorted((one.row.round(9).tolist(), one.column.round(9).tolist()) for one in found)
    third, rest = round(1.0 / 3.0, 9), round(2.0 / 3.0, 9)
    assert pairs == [([0.0, third, rest], [third, rest]), ([0.8, 0.2, 0.0], [rest, third]), ([1.0, 0.0, 0.0], [1.0, 0.0])]
    # Each label's path ends at one of them.
    for label in range(5):
        one = lemke_howson(*STENGEL, label)
        assert one.status == FOUND
        assert (one.row.round(9).tolist(), one.column.round(9).tolist()) in pairs


def test_the_prisoners_confess():
    found = nash_equilibrium([[-1.0, -10.0], [0.0, -8.0]], [[-1.0, 0.0], [-10.0, -8.0]])
    assert (found.row.tolist(), found.column.tolist(), found.values) == ([0.0, 1.0], [0.0, 1.0], (-8.0, -8.0))


def test_supports_of_one_size_find_nothing_in_a_degenerate_game_and_those_of_two_do():
    """The first row is best against mixtures near the middle alone, where the columns are equally good; nothing else is an equilibrium."""
    own = np.array([[1.2, 1.2], [2.0, 0.0], [0.0, 2.0]])
    other = np.array([[1.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
    found = list(support_enumeration(own, other))
    assert found
    for one in found:
        assert (np.count_nonzero(one.row), np.count_nonzero(one.column)) == (1, 2)
    assert nash_equilibrium(own, other).status == FOUND


def test_stakes_that_are_small_beside_the_payoffs_are_told_from_nothing():
    """Matching pennies for .0005 around a million: no pure profile is an equilibrium."""
    own = 1e6 + 5e-4 * np.array([[1.0, -1.0], [-1.0, 1.0]])
    found = list(support_enumeration(own, 2e6 - own))
    assert len(found) == 1
    assert found[0].row == pytest.approx([0.5, 0.5], abs=1e-3)


@given(st.data(), st.sampled_from([COARSE, FINE]))
def test_nobody_gains_in_what_is_found(data, numbers):
    shape = data.draw(SHAPES)
    own, other = (data.draw(arrays(np.float64, shape, elements=numbers)) for _ in range(2))
    found = nash_equilibrium(own, other)
    assert found.status == FOUND
    assert found.row.sum() == pytest.approx(1.0)
    assert found.column.sum() == pytest.approx(1.0)
    assert found.regrets[0] == pytest.approx(max((own @ found.column).max() - found.row @ own @ found.column, 0.0), abs=1e-9)
    assert found.regrets[1] == pytest.approx(max((found.row @ other).max() - found.row @ other @ found.column, 0.0), abs=1e-9)
    assert max(found.regrets) <= 1e-9 * max(np.abs(own).max(), np.abs(other).max(), 1.0)


@given(st.data())
def test_zero_sum_games_have_their_value(data):
    payoffs = data.draw(arrays(np.float64, data.draw(SHAPES), elements=COARSE))
    found = nash_equilibrium(payoffs, -payoffs)
    assert found.values[0] == pytest.approx(solve_matrix_game(payoffs).value.middle, abs=1e-6)


@given(st.data(), st.sampled_from([COARSE, FINE]))
def test_every_label_leads_to_an_equilibrium(data, numbers):
    shape = data.draw(SHAPES)
    own, other = (data.draw(arrays(np.float64, shape, elements=numbers)) for _ in range(2))
    scale = max(np.abs(own).max(), np.abs(other).max(), 1.0)
    for label in range(sum(shape)):
        assert max(lemke_howson(own, other, label).regrets) <= 1e-6 * scale


@pytest.mark.parametrize("seed", range(20))
def test_larger_random_games_are_solved(seed):
    rng = np.random.default_rng(seed)
    own, other = rng.normal(size=(2, 40, 30))
    assert lemke_howson(own, other, int(rng.integers(70))).status == FOUND


def test_what_is_no_game_is_refused():
    with pytest.raises(GamesolveError, match=r"shapes \(1, 2\) and \(2, 1\)"):
        nash_equilibrium([[1.0, 2.0]], [[1.0], [2.0]])
    with pytest.raises(GamesolveError, match="label 4 is dropped; the labels of a game of 2 by 2 are 0 to 3"):
        lemke_howson(np.eye(2), np.eye(2), 4)
    with pytest.raises(GamesolveError, match="nan"):
        nash_equilibrium([[float("nan")]], [[1.0]])
