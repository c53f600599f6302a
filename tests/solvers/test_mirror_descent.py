"""Magnetic mirror descent: what another implementation came to, known equilibria, and the weights of trees."""

from __future__ import annotations

import numpy as np
import pytest
from sample_trees import KUHN, LEDUC, liars_dice, matrix_tree, openspiel_tree

from gamesolve.base.errors import GamesolveError
from gamesolve.base.registry import load_game
from gamesolve.solvers.best_response import expected_returns, exploitability, plan_of, uniform
from gamesolve.solvers.mirror_descent import MirrorState, mirror_descent
from gamesolve.views.openspiel_tree import tree_from_openspiel
from gamesolve.views.tree_build import build_tree


def after(tree, iterations, **options):
    return next(mirror_descent(tree, check=lambda _: iterations, **options))


@pytest.mark.parametrize(
    ("game", "step", "temperature", "nash_conv"),
    [(KUHN, 1.0, 1.0, 0.010), (LEDUC, 0.3, 3.0, 0.093), (liars_dice(4), 1.0, 0.3, 0.028)],
)
def test_a_thousand_sweeps_come_as_close_as_those_of_another_implementation(game, step, temperature, nash_conv):
    """NashConv after 1,000 sweeps of the project's first prototype, which went through OpenSpiel's states; not published elsewhere."""
    found = after(tree_from_openspiel(game, weights=True), 1_000, step=step, temperature=temperature, scale=1.0)
    assert 2.0 * found.exploitability == pytest.approx(nash_conv, rel=0.03)


@pytest.mark.parametrize(("name", "parameters"), [("kuhn", {}), ("leduc", {}), ("flipit", {"horizon": 4})])
def test_our_own_trees_have_the_weights_of_chance(name, parameters):
    """Plans times weights are the probabilities of ends, which add to 1; and payoffs lie within the bounds times them."""
    tree = build_tree(load_game(name, **parameters), weights=True)
    plans = [plan_of(decisions, uniform(decisions)) for decisions in tree.decisions]
    rows = np.repeat(np.arange(tree.decisions[0].sequences), np.diff(tree.weights.start))
    assert (plans[0][rows] * tree.weights.value * plans[1][tree.weights.column]).sum() == pytest.approx(1.0)
    assert (tree.weights.column == tree.payoffs.column).all()
    low, high = tree.utility_bounds[0]
    assert (tree.payoffs.value <= high * tree.weights.value + 1e-12).all()
    assert (low * tree.weights.value - 1e-12 <= tree.payoffs.value).all()
    plain = build_tree(load_game(name, **parameters))
    assert plain.weights is None
    assert (plain.payoffs.value == tree.payoffs.value).all()


def test_general_sum_trees_have_weights_too():
    tree = build_tree(load_game("flipit", horizon=3, zero_sum=False), weights=True)
    assert tree.weights.value.shape == tree.other.value.shape
    profile = tuple(uniform(decisions) for decisions in tree.decisions)
    plain = build_tree(load_game("flipit", horizon=3, zero_sum=False))
    assert expected_returns(tree, profile) == expected_returns(plain, profile)


@pytest.mark.parametrize(("name", "parameters"), [("kuhn", {}), ("flipit", {"horizon": 4}), ("inspection", {})])
def test_the_default_schedule_gets_closer_in_games_of_any_scale(name, parameters):
    tree = build_tree(load_game(name, **parameters), weights=True)
    few, many = (after(tree, n).exploitability for n in (100, 4_000))
    assert many < 0.5 * few or many < 1e-3 * tree.payoff_range


def test_what_is_said_of_a_step_is_true_of_its_profile():
    tree = tree_from_openspiel(KUHN, weights=True)
    for _, step in zip(range(5), mirror_descent(tree), strict=False):
        assert exploitability(tree, step.profile) == pytest.approx(step.exploitability)
        assert step.value.lower <= -1 / 18 <= step.value.upper


def test_rock_paper_scissors_with_a_bias_is_solved_in_its_last_behaviour():
    """Rock earns two against scissors: the equilibrium is (1/4, 1/2, 1/4)."""
    tree = matrix_tree([[0.0, -1.0, 2.0], [1.0, 0.0, -1.0], [-2.0, 1.0, 0.0]])
    weighted = type(tree)(**{**vars(tree), "weights": whole(tree)})
    found = after(weighted, 20_000)
    np.testing.assert_allclose(found.profile[0][1:], [0.25, 0.5, 0.25], atol=0.02)


def whole(tree):
    """Weights of a tree without chance."""
    return type(tree.payoffs)(tree.payoffs.start, tree.payoffs.column, np.ones(len(tree.payoffs.value)))


def test_a_state_goes_on_to_the_same_bytes():
    tree = tree_from_openspiel(LEDUC, weights=True)
    middle = after(tree, 20)
    one = after(tree, 50)
    other = next(mirror_descent(tree, state=MirrorState.from_arrays(middle.state.arrays()), check=lambda _: 50))
    assert (one.iteration, one.value, one.exploitability) == (other.iteration, other.value, other.exploitability)
    assert all((a == b).all() for a, b in zip(one.profile, other.profile, strict=True))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"step": 0.0}, "the step is 0.0"),
        ({"temperature": np.inf}, "the temperature is inf"),
        ({"scale": -1.0}, "the scale is -1.0"),
        ({"state": MirrorState(1, (np.ones(3), np.ones(3)))}, "the state has 3 sequences"),
    ],
)
def test_what_is_out_of_range_is_refused(options, words):
    with pytest.raises(GamesolveError, match=words):
        mirror_descent(tree_from_openspiel(KUHN, weights=True), **options)


def test_a_tree_without_weights_is_refused():
    with pytest.raises(GamesolveError, match="build it with weights=True"):
        mirror_descent(openspiel_tree(KUHN))
    with pytest.raises(GamesolveError, match="this is no state of mirror descent"):
        MirrorState.from_arrays({})
