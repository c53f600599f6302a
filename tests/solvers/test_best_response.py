"""Best responses, returns and exploitability: published numbers, brute force, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_trees import (
    KUHN,
    LEDUC,
    LEDUC_ISOMORPHIC,
    dense_payoffs,
    matrix_tree,
    openspiel_tree,
    pure_plans,
    random_behaviour,
    random_tree,
    with_payoff,
)

from gamesolve.base.errors import GamesolveError
from gamesolve.solvers.best_response import (
    behaviour_of,
    best_response,
    expected_returns,
    exploitability,
    float_tolerance,
    gains,
    gradient,
    plan_of,
    uniform,
)

SEEDS = st.integers(0, 10**6)


def uniform_profile(tree):
    return uniform(tree.decisions[0]), uniform(tree.decisions[1])


def random_profile(tree, seed):
    rng = np.random.default_rng(seed)
    return random_behaviour(tree.decisions[0], rng), random_behaviour(tree.decisions[1], rng)


# 11/24 and 2.373611111: exploitability of the uniform policy by OpenSpiel 2.0.2 (`pyspiel.nash_conv` / 2).
@pytest.mark.parametrize(("game", "expected"), [(KUHN, 11 / 24), (LEDUC, 2.373611111111111), (LEDUC_ISOMORPHIC, 2.373611111111111)])
def test_exploitability_of_the_uniform_policy_is_the_published_one(game, expected):
    tree = openspiel_tree(game)
    assert exploitability(tree, uniform_profile(tree)) == pytest.approx(expected, abs=1e-12)


def test_uniform_play_of_kuhn_poker_returns_one_eighth_to_the_first_player():
    # By hand: the return of uniform play is 1/8 (OpenSpiel's `expected_game_score` agrees).
    tree = openspiel_tree(KUHN)
    assert expected_returns(tree, uniform_profile(tree)) == (pytest.approx(1 / 8), pytest.approx(-1 / 8))


def test_the_known_equilibrium_of_kuhn_poker_cannot_be_exploited():
    # Kuhn 1950: with alpha = 0 the first player never bets a jack or king first; see the strategies below.
    tree = openspiel_tree(KUHN)
    bet = {
        "0": 0.0,
        "1": 0.0,
        "2": 0.0,
        "0pb": 0.0,
        "1pb": 1 / 3,
        "2pb": 1.0,
        "0p": 1 / 3,
        "1p": 0.0,
        "2p": 1.0,
        "0b": 0.0,
        "1b": 1 / 3,
        "2b": 1.0,
    }
    profile = []
    for decisions in tree.decisions:
        chances = [1.0]
        for name in decisions.names:
            chances += [1.0 - bet[name], bet[name]]
        profile.append(np.array(chances))
    assert exploitability(tree, tuple(profile)) == pytest.approx(0.0, abs=1e-14)
    assert expected_returns(tree, tuple(profile))[0] == pytest.approx(-1 / 18)


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.booleans())
def test_no_pure_strategy_earns_more_than_the_best_response(seed, zero_sum):
    tree = random_tree(seed, sets=4, actions=3, zero_sum=zero_sum)
    profile = random_profile(tree, seed)
    plans = [plan_of(d, b) for d, b in zip(tree.decisions, profile, strict=True)]
    to_one = -dense_payoffs(tree) if zero_sum else dense_payoffs(tree, tree.other)
    earned = pure_plans(tree.decisions[0]) @ dense_payoffs(tree) @ plans[1], plans[0] @ to_one @ pure_plans(tree.decisions[1]).T
    for role in (0, 1):
        found = best_response(tree, role, profile[1 - role])
        assert found.value == pytest.approx(earned[role].max(), abs=1e-12)
        assert gradient(tree, role, plans[1 - role]) @ plan_of(tree.decisions[role], found.behaviour) == pytest.approx(
            found.value, abs=1e-12
        )


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.booleans())
def test_gains_are_what_deviating_earns_on_top(seed, zero_sum):
    tree = random_tree(seed, zero_sum=zero_sum)
    profile = random_profile(tree, seed)
    returns, found = expected_returns(tree, profile), gains(tree, profile)
    for role in (0, 1):
        response = best_response(tree, role, profile[1 - role]).behaviour
        changed = (response, profile[1]) if role == 0 else (profile[0], response)
        assert expected_returns(tree, changed)[role] - returns[role] == pytest.approx(found[role], abs=1e-11)
    if zero_sum:
        assert exploitability(tree, profile) == pytest.approx(sum(found) / 2, abs=1e-11)


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_plans_and_behaviours_convert_into_each_other(seed):
    decisions = random_tree(seed).decisions[0]
    behaviour = random_behaviour(decisions, np.random.default_rng(seed))
    plan = plan_of(decisions, behaviour)
    assert plan_of(decisions, behaviour_of(decisions, plan)) == pytest.approx(plan, abs=1e-15)
    assert behaviour_of(decisions, 7.0 * plan) == pytest.approx(behaviour_of(decisions, plan))


def test_information_sets_without_reach_get_the_uniform_behaviour():
    decisions = openspiel_tree(KUHN).decisions[0]
    plan = np.zeros(decisions.sequences)
    assert behaviour_of(decisions, plan).tolist() == [1.0] + [0.5] * 12


def test_ties_of_a_best_response_go_to_the_first_action():
    tree = matrix_tree([[1, 1], [1, 1], [0, 1]])
    assert best_response(tree, 0, uniform(tree.decisions[1])).behaviour.tolist() == [1.0, 1.0, 0.0, 0.0]


def test_single_precision_probabilities_are_normalised():
    tree = openspiel_tree(LEDUC_ISOMORPHIC)
    profile = tuple(b.astype(np.float32) for b in random_profile(tree, 3))
    assert exploitability(tree, profile) == pytest.approx(exploitability(tree, random_profile(tree, 3)), abs=1e-5)


@pytest.mark.parametrize("wrong", [[1.0, 0.5, 0.6], [1.0, -0.5, 1.5], [1.0, np.nan, 1.0], [1.0, np.inf, 0.0], [1.0, 0.0, 0.0], [1.0, 1.0]])
def test_what_is_no_behaviour_is_refused(wrong):
    tree = matrix_tree([[1, 2], [3, 4]])
    for profile in ((np.array(wrong), uniform(tree.decisions[1])), (uniform(tree.decisions[0]), np.array(wrong))):
        for question in (exploitability, gains, expected_returns):
            with pytest.raises(GamesolveError):
                question(tree, profile)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_payoffs_that_are_not_finite_are_refused(value):
    tree = with_payoff(openspiel_tree(KUHN), value)
    for question in (exploitability, gains, expected_returns):
        with pytest.raises(GamesolveError, match="finite"):
            question(tree, uniform_profile(tree))


def test_exploitability_refuses_general_sum_trees():
    tree = random_tree(1, zero_sum=False)
    with pytest.raises(GamesolveError, match="general-sum"):
        exploitability(tree, uniform_profile(tree))


def test_the_stated_tolerance_covers_the_rounding_of_expected_returns():
    tree = openspiel_tree(LEDUC)
    profile = random_profile(tree, 5)
    plans = [plan_of(d, b) for d, b in zip(tree.decisions, profile, strict=True)]
    exact = np.longdouble(0.0)
    for row in range(tree.decisions[0].sequences):
        at = slice(tree.payoffs.start[row], tree.payoffs.start[row + 1])
        exact += np.longdouble(plans[0][row]) * (tree.payoffs.value[at].astype(np.longdouble) * plans[1][tree.payoffs.column[at]]).sum()
    assert abs(float(exact - expected_returns(tree, profile)[0])) <= float_tolerance(tree) < 1e-11


def test_each_role_has_the_tolerance_of_its_own_returns():
    tree = replace(random_tree(3, zero_sum=False), utility_bounds=((-1.0, 2.0), (-3000.0, 0.0)))
    assert float_tolerance(tree, 1) == pytest.approx(1500.0 * float_tolerance(tree, 0))
