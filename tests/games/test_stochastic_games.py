"""Games of perfect information whose values are known: moving-target defence, intrusion detection, jamming."""

from __future__ import annotations

import numpy as np
import pytest
from tabular_value import tabular_value

from gamesolve import load_game, solve
from gamesolve.base.errors import GamesolveError
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.solvers.stackelberg import stackelberg_iteration
from gamesolve.solvers.value_iteration import value_iteration
from gamesolve.views.markov import markov_game


@pytest.mark.parametrize(("discount", "known"), [(0.5, (-2.456516, -4.374544, -3.572815)), (0.8, (-8.933194, -22.026657, -31.974550))])
def test_moving_target_defence_has_its_values(discount, known):
    game = markov_game(load_game("markov_mtd", discount=discount))
    sweep = next(one for one in value_iteration(game) if one.gap < 1e-9)
    found = dict(zip(game.states, (sweep.lower + sweep.upper) / 2.0, strict=True))
    assert [found[f"state={k}"] for k in (1, 2, 3)] == pytest.approx(known, abs=1e-6)
    assert found["state=0"] == pytest.approx(-20.0 / (1.0 - discount), abs=1e-6)


def test_the_leader_of_the_general_sum_version_has_its_known_values():
    game = markov_game(load_game("markov_mtd", discount=0.5, zero_sum=False))
    sweep = next(one for one in stackelberg_iteration(game) if one.moved < 1e-9)
    leader, follower = (dict(zip(game.states, sweep.values[k], strict=True)) for k in (0, 1))
    assert [leader[f"state={k}"] for k in range(4)] == pytest.approx((-40.0, -0.277936, -2.665932, -2.120844), abs=1e-6)
    assert [follower[f"state={k}"] for k in range(4)] == pytest.approx((40.0, 0.0, 1.434952, 0.0), abs=1e-6)


@pytest.mark.parametrize(
    ("rounds", "damage"), [(1, 0.333333), (2, 0.775439), (3, 1.277687), (5, 2.379575), (10, 5.358531), (25, 14.582179)]
)
def test_intrusion_detection_has_its_known_damages(rounds, damage):
    assert tabular_value(load_game("ids_policies", horizon=rounds)) == pytest.approx(-damage, abs=1e-6)


def test_one_round_of_intrusion_detection_is_played_by_thirds():
    mixture = solve(load_game("ids_policies", horizon=1), "lp").profile[0][1:]  # after the empty sequence
    assert mixture.tolist() == pytest.approx([1.0 / 3.0, 2.0 / 3.0], abs=1e-9)


def test_scenario_2_has_the_complements():
    first, second = (load_game("ids_policies", scenario=n).table[0] for n in (1, 2))
    for name in ("attack", "recover", "fail", "repair"):
        assert first[name] + second[name] == pytest.approx(1.0)


def test_jamming_has_its_published_values():
    assert tabular_value(load_game("jamming", horizon=5)) == pytest.approx(2.726039886476, abs=1e-9)
    assert tabular_value(load_game("jamming", horizon=5, objective="half")) == pytest.approx(0.632270470262, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("markov_mtd", {"horizon": 3}),
        ("ids_policies", {"scenario": 2, "horizon": 4}),
        ("ids_policies", {"horizon": 3, "discount": 0.7}),
        ("jamming", {"horizon": 2}),
        ("jamming", {"horizon": 2, "objective": "half"}),
    ],
)
def test_the_tables_and_the_tree_have_one_value(name, parameters):
    game = load_game(name, **parameters)
    assert tabular_value(game) == pytest.approx(solve(game, "lp").value.lower, abs=1e-6)


@pytest.mark.parametrize("zero_sum", [True, False])
def test_rewards_of_moving_target_defence_keep_their_bounds(zero_sum):
    game = load_game("markov_mtd", discount=0.9, zero_sum=zero_sum)
    reward = markov_game(game).reward
    for role, (low, high) in enumerate(game.utility_bounds):
        assert low <= reward[role].min() / 0.1 + 1e-9
        assert reward[role].max() / 0.1 - 1e-9 <= high
    assert np.array_equal(reward[0], -reward[1]) == zero_sum


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("markov_mtd", {"discount": 1.0}, "unbounded unless it is below 1"),
        ("ids_policies", {"scenario": 3}, "scenario"),
        ("jamming", {"horizon": 0, "discount": 0.9, "objective": "half"}, "it needs a horizon and the discount 1"),
        ("jamming", {"objective": "all"}, "objective"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(name, parameters, message):
    with pytest.raises(GamesolveError, match=message):
        load_game(name, **parameters)


def test_a_channel_that_a_role_does_not_have_is_refused():
    game = load_game("jamming")
    with pytest.raises(GamesolveError, match="channel = 4 is refused: the user has channels 1 to 3"):
        ScriptedPolicy.named(game, "defender", "fixed:channel=4").acting(game, 0)
