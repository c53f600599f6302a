"""Coarse correlated equilibria: known answers and laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gamesolve.base.errors import GamesolveError
from gamesolve.solvers.correlated import coarse_correlated
from gamesolve.solvers.matrix import solve_matrix_game

#: Of matrices of up to 5 by 5.
SHAPES = st.tuples(st.integers(1, 5), st.integers(1, 5))
PAYOFFS = st.floats(-10, 10).map(lambda x: round(x, 3))


def test_chicken_is_played_by_the_fair_coin_that_its_payoffs_allow():
    # Aumann 1974, section 2: yielding both, 6 and 6; yielding and not, 2 and 7; neither, 0 and 0. Nobody gains alone at
    # equal chances of (2, 7), (7, 2) and (6, 6), a correlated equilibrium of 10 in sum; the coarse ones allow at least as much.
    one = np.array([[6.0, 2.0], [7.0, 0.0]])
    found = coarse_correlated(one, one.T)
    assert sum(found.values) >= 10.0 - 1e-9
    assert found.gap <= 1e-9


@given(st.data())
def test_nobody_gains_by_one_action_and_no_nash_equilibrium_has_more_in_sum(data):
    shape = data.draw(SHAPES)
    one, two = (data.draw(arrays(np.float64, shape, elements=PAYOFFS)) for _ in range(2))
    found = coarse_correlated(one, two)
    assert found.joint.sum() == pytest.approx(1.0)
    assert found.gap <= 1e-7
    for i, j in np.ndindex(shape):
        if one[i, j] == one[:, j].max() and two[i, j] == two[i].max():
            assert sum(found.values) >= one[i, j] + two[i, j] - 1e-6


@given(st.data())
def test_in_zero_sum_games_both_earn_the_value(data):
    payoffs = data.draw(arrays(np.float64, data.draw(SHAPES), elements=PAYOFFS))
    assert coarse_correlated(payoffs, -payoffs).values[0] == pytest.approx(solve_matrix_game(payoffs).value.middle, abs=1e-6)


def test_payoffs_of_two_shapes_are_refused():
    with pytest.raises(GamesolveError, match=r"shapes \(1, 2\) and \(2, 1\)"):
        coarse_correlated([[1.0, 2.0]], [[1.0], [2.0]])
