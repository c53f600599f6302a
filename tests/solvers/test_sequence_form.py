"""The linear program: published values, its certificate, and a library that fails."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_trees import (
    KUHN,
    LEDUC,
    LEDUC_ISOMORPHIC,
    LIARS_DICE,
    dense_payoffs,
    goofspiel,
    liars_dice,
    matrix_tree,
    openspiel_tree,
    pure_plans,
    random_tree,
    with_payoff,
)  # fmt: skip

from gamesolve.base.errors import GamesolveError
from gamesolve.solvers import sequence_form
from gamesolve.solvers.best_response import exploitability, plan_of
from gamesolve.solvers.matrix import solve_matrix_game
from gamesolve.solvers.sequence_form import plan_constraints, solve_lp


# Kuhn 1950 (-1/18); leduc and liar's dice by OpenSpiel's sequence-form linear programs; goofspiel is symmetric.
@pytest.mark.parametrize(
    ("game", "value"),
    [(KUHN, -1 / 18), (LEDUC, -0.085606424078), (LEDUC_ISOMORPHIC, -0.085606424078), (liars_dice(3), 1 / 9), (liars_dice(4), 1 / 16),
     (liars_dice(5), 1 / 125), (goofspiel(4), 0.0), (goofspiel(5), 0.0), pytest.param(LIARS_DICE, -7 / 258, marks=pytest.mark.slow)],
)  # fmt: skip
def test_values_are_the_published_ones(game, value):
    tree = openspiel_tree(game)
    solution = solve_lp(tree)
    assert solution.value.kind == "exact"
    assert solution.value.lower - 1e-12 <= value <= solution.value.upper + 1e-12
    assert solution.duality_gap <= 1e-9
    assert exploitability(tree, solution.profile) <= 1e-9


def test_plans_of_behaviours_satisfy_the_constraints():
    decisions = openspiel_tree(LEDUC_ISOMORPHIC).decisions[0]
    plan = plan_of(decisions, solve_lp(openspiel_tree(LEDUC_ISOMORPHIC)).profile[0])
    expected = np.zeros(decisions.information_sets + 1)
    expected[0] = 1.0
    assert plan_constraints(decisions) @ plan == pytest.approx(expected, abs=1e-14)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6))
def test_the_matrix_of_all_pure_strategies_has_the_same_value(seed):
    tree = random_tree(seed, sets=3, actions=3)
    matrix = pure_plans(tree.decisions[0]) @ dense_payoffs(tree) @ pure_plans(tree.decisions[1]).T
    one, other = solve_lp(tree).value, solve_matrix_game(matrix).value
    assert max(one.lower, other.lower) <= min(one.upper, other.upper) + 1e-9


@pytest.mark.parametrize("scale", [1e300, 1e-300])
def test_extreme_payoffs_give_a_valid_certificate(scale):
    solution = solve_lp(matrix_tree(np.array([[0.0, -2.0, 1.0], [2.0, 0.0, -1.0], [-1.0, 1.0, 0.0]]) * scale))
    assert solution.value.lower <= 0.0 <= solution.value.upper
    assert solution.exploitability <= 1e-9 * scale


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_payoffs_that_are_not_finite_are_refused(value):
    with pytest.raises(GamesolveError, match="finite"):
        solve_lp(with_payoff(openspiel_tree(KUHN), value))


def test_general_sum_trees_are_refused():
    with pytest.raises(GamesolveError, match="general-sum"):
        solve_lp(random_tree(1, zero_sum=False))


def test_a_tree_without_decisions_has_its_payoff_as_value():
    bare = random_tree(0, sets=0, density=1.0)
    assert solve_lp(bare).value.middle == pytest.approx(bare.payoffs.value[0])


@pytest.mark.parametrize("status", [1, 2, 3, 4])
def test_a_library_that_reports_failure_yields_no_strategy(status, monkeypatch):
    real = sequence_form.linprog

    def failing(*arguments, **named):
        found = real(*arguments, **named)
        found.status = status
        return found

    monkeypatch.setattr(sequence_form, "linprog", failing)
    with pytest.raises(GamesolveError, match=f"status {status}"):
        solve_lp(openspiel_tree(KUHN))


def test_a_time_limit_that_is_too_short_is_an_error():
    with pytest.raises(GamesolveError, match="not solved"):
        solve_lp(openspiel_tree(liars_dice(5)), time_limit=0.0)


def test_a_library_that_lies_is_found_out(monkeypatch):
    tree = openspiel_tree(KUHN)

    def lying(objective, **named):
        x = np.ones(len(objective))
        return SimpleNamespace(status=0, message="optimal", x=x, nit=0, ineqlin=SimpleNamespace(marginals=-np.ones(len(named["b_ub"]))))

    monkeypatch.setattr(sequence_form, "linprog", lying)
    solution = solve_lp(tree)
    # What it called optimal is the uniform profile, and the bracket says how bad that is.
    assert solution.value.kind == "proved"
    assert solution.exploitability == pytest.approx(11 / 24)
    assert solution.value.lower <= -1 / 18 <= solution.value.upper


def test_a_library_that_returns_nan_is_refused(monkeypatch):
    def broken(objective, **named):
        marginals = np.full(len(named["b_ub"]), np.nan)
        return SimpleNamespace(status=0, message="optimal", x=np.ones(len(objective)), nit=0, ineqlin=SimpleNamespace(marginals=marginals))

    monkeypatch.setattr(sequence_form, "linprog", broken)
    with pytest.raises(GamesolveError, match="not finite"):
        solve_lp(openspiel_tree(KUHN))
