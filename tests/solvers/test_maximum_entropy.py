"""The distribution of largest entropy under linear conditions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from gamesolve.base.errors import GamesolveError
from gamesolve.solvers.matrix import solve_matrix_game
from gamesolve.solvers.maximum_entropy import maximum_entropy, maximum_entropy_mixtures


def entropy(p: np.ndarray) -> float:
    return float(-(p[p > 0.0] * np.log(p[p > 0.0])).sum())


def test_without_conditions_it_is_uniform() -> None:
    assert maximum_entropy(np.zeros((0, 4))) == pytest.approx(np.full(4, 0.25))


def test_a_condition_that_only_one_fulfils_leaves_one() -> None:
    assert maximum_entropy(np.array([[1.0, -1.0, -1.0], [0.0, -1.0, -1.0]])) == pytest.approx([1.0, 0.0, 0.0])


def test_a_mean_makes_an_exponential_family() -> None:
    # Jaynes's die: of all dice whose mean is at least 4.5 the one of largest entropy has weights r^k.
    found = maximum_entropy(np.arange(1.0, 7.0)[None] - 4.5)
    assert np.arange(1, 7) @ found == pytest.approx(4.5, abs=1e-6)
    ratios = found[1:] / found[:-1]
    assert ratios == pytest.approx(np.full(5, ratios[0]), rel=1e-4)
    assert found == pytest.approx([0.0543, 0.0788, 0.1142, 0.1654, 0.2398, 0.3475], abs=1e-4)


def test_conditions_that_exclude_each_other_are_refused() -> None:
    with pytest.raises(GamesolveError, match="no distribution over 2 keeps all 1"):
        maximum_entropy(np.array([[-1.0, -2.0]]))


@settings(deadline=None)
@given(st.integers(2, 4), st.integers(1, 4), st.integers(0, 999))
def test_optimal_mixtures_of_largest_entropy_are_those_of_a_general_solver(rows: int, columns: int, seed: int) -> None:
    payoffs = np.random.default_rng(seed).integers(-2, 3, (rows, columns)).astype(float)
    value = solve_matrix_game(payoffs).value.middle
    found, _ = maximum_entropy_mixtures(payoffs)
    assert (found @ payoffs).min() == pytest.approx(value, abs=1e-4)
    # SLSQP from many starts may miss the largest entropy, and never exceeds it.
    conditions = [{"type": "eq", "fun": lambda p: p.sum() - 1.0}, {"type": "ineq", "fun": lambda p: p @ payoffs - value}]
    for start in np.random.default_rng(seed).dirichlet(np.ones(rows), 3):
        other = minimize(
            lambda p: float((p * np.log(np.maximum(p, 1e-12))).sum()), start, bounds=[(0.0, 1.0)] * rows, constraints=conditions
        )
        if other.success and (other.x @ payoffs).min() > value - 1e-9:
            assert entropy(found) > entropy(np.maximum(other.x, 0.0)) - 1e-3
