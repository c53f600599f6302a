"""Correlated and coarse correlated equilibria: known answers and laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gamesolve.base.errors import GamesolveError
from gamesolve.solvers.bimatrix import nash_equilibrium
from gamesolve.solvers.correlated import OBJECTIVES, coarse_correlated, correlated
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


#: A game whose correlated equilibria are known (PRISM-games, after the equilibria of largest sum and of largest smaller payoff).
GOLDEN = np.array([[5.0, 2.0], [6.0, 0.0]]), np.array([[5.0, 6.0], [2.0, 1.0]])


def test_the_best_and_the_fairest_correlated_equilibria_have_their_published_sums():
    assert sum(correlated(*GOLDEN, "welfare").values) == pytest.approx(44.0 / 5.0, abs=1e-8)
    fair = correlated(*GOLDEN, "fairness").values
    assert sum(fair) == pytest.approx(26.0 / 3.0, abs=1e-7)
    assert fair[0] == pytest.approx(fair[1], abs=1e-7)


@given(st.data(), st.sampled_from(OBJECTIVES), st.sampled_from([correlated, coarse_correlated]))
def test_each_objective_chooses_an_equilibrium_that_is_best_by_it(data, objective, solver):
    shape = data.draw(SHAPES)
    one, two = (data.draw(arrays(np.float64, shape, elements=st.integers(-3, 3).map(float))) for _ in range(2))
    found = solver(one, two, objective)
    assert found.joint.min() >= 0.0
    assert found.joint.sum() == pytest.approx(1.0)
    assert found.gap <= 1e-5
    # Nash equilibria are of the set, so none is better by the objective.
    nash = nash_equilibrium(one, two)
    if objective == "welfare":
        assert sum(found.values) >= sum(nash.values) - 1e-6
    elif objective == "fairness":
        assert min(found.values) >= min(nash.values) - 1e-6
    else:
        assert entropy(found.joint) >= entropy(np.outer(nash.row, nash.column)) - 1e-3


@given(st.data())
def test_what_is_correlated_is_coarsely_so(data):
    shape = data.draw(SHAPES)
    one, two = (data.draw(arrays(np.float64, shape, elements=PAYOFFS)) for _ in range(2))
    assert sum(coarse_correlated(one, two).values) >= sum(correlated(one, two).values) - 1e-6


def test_an_unknown_objective_is_refused():
    with pytest.raises(GamesolveError, match="unknown objective 'welfair'"):
        correlated(*GOLDEN, "welfair")


def entropy(joint):
    weights = joint[joint > 0.0]
    return float(-(weights * np.log(weights)).sum())


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
