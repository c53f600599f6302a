"""Shapley's value iteration on games whose values are known."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from textbook_games import big_match, intrusion_detection, moving_target, random_stochastic_game, recursive

from gamesolve.base.errors import GamesolveError
from gamesolve.solvers.matrix import solve_matrix_game
from gamesolve.solvers.value_iteration import offsets, policy_iteration, value_iteration
from gamesolve.views.stochastic_game import stochastic_game


def solved(data, gap=1e-11, **options):
    for step in value_iteration(stochastic_game(data), **options):
        if step.gap <= gap:
            break
    return step


@pytest.mark.parametrize(("discount", "value"), [(0.5, 0.5857864376), (0.9, 0.7597469266), (0.99, 0.9090909091)])
def test_a_recursive_game_has_its_closed_form(discount, value):
    step = solved(recursive(discount))
    assert step.lower[0] - 1e-10 <= (1.0 - (1.0 - discount) ** 0.5) / discount <= step.upper[0] + 1e-10
    assert step.lower[0] == pytest.approx(value, abs=1e-10)
    assert step.gap <= 1e-11


@pytest.mark.parametrize("discount", [0.3, 0.9, 0.99])
def test_the_big_match_is_worth_a_half_at_every_discount(discount):
    step = solved(big_match(discount))
    assert step.lower[0] <= 0.5 + 1e-12
    assert step.upper[0] >= 0.5 - 1e-12
    assert step.lower[0] == pytest.approx(0.5, abs=1e-10)


@pytest.mark.parametrize(("discount", "values"), [(0.5, (-2.456516, -4.374544, -3.572815)), (0.8, (-8.933194, -22.026657, -31.974550))])
def test_moving_target_defence_has_its_published_values(discount, values):
    step = solved(moving_target(discount))
    assert step.lower[0] == pytest.approx(-20.0 / (1.0 - discount), abs=1e-9)
    assert step.lower[1:] == pytest.approx(values, abs=1e-6)


@pytest.mark.parametrize(
    ("rounds", "damage"), [(1, 0.333333), (2, 0.775439), (3, 1.277687), (5, 2.379575), (10, 5.358531), (25, 14.582179)]
)
def test_intrusion_detection_costs_what_it_should(rounds, damage):
    *_, last = value_iteration(stochastic_game(intrusion_detection()), horizon=rounds)
    assert last.number == rounds
    assert -last.lower[0] == pytest.approx(damage, abs=1e-6)
    assert last.gap < 1e-11
    if rounds == 1:
        assert last.policies[0][:2] == pytest.approx([1 / 3, 2 / 3])


@pytest.mark.parametrize("seed", range(20))
def test_every_bracket_holds_the_values_that_a_loop_over_linear_programs_finds(seed):
    data = random_stochastic_game(np.random.default_rng(seed))
    game = stochastic_game(data)
    values = np.zeros(len(game.states))
    for _ in range(300):
        values = np.array([_by_program(game, values, s) for s in range(len(values))])
    for step in itertools.islice(value_iteration(game), 40):
        assert (step.lower <= values + 1e-8).all()
        assert (step.upper >= values - 1e-8).all()
    assert step.gap < 0.2
    for role in range(2):
        place = offsets(game, role)
        assert np.add.reduceat(step.policies[role], place[:-1]) == pytest.approx(np.ones(len(values)))


def _by_program(game, values, s):
    m, n = game.counts[:, s]
    stage = np.zeros((m, n))
    for i, j in itertools.product(range(m), range(n)):
        joint = game.first[s] + i * n + j
        own = slice(game.begin[joint], game.begin[joint + 1])
        stage[i, j] = game.reward[0, joint] + game.discount * (game.chance[own] @ values[game.target[own]])
    return solve_matrix_game(stage).value.middle


@pytest.mark.parametrize("data", [big_match(0.99), moving_target(0.8), recursive(0.99)], ids=["big match", "moving target", "recursive"])
def test_policy_iteration_comes_to_the_same_values_from_fewer_stage_games(data):
    game = stochastic_game(data)
    found = []
    for steps in (value_iteration(game), policy_iteration(game)):
        for step in steps:
            if step.gap <= 1e-8:
                break
        found.append(step)
    plain, quick = found
    assert quick.lower == pytest.approx(plain.lower, abs=1e-8)
    assert quick.solved <= plain.solved


def test_policy_iteration_needs_a_fifth_of_the_stage_games_of_patient_players():
    solved = []
    game = stochastic_game(random_stochastic_game(np.random.default_rng(3), states=60, discount=0.99))
    for steps in (value_iteration(game), policy_iteration(game)):
        for step in steps:
            if step.gap <= 1e-6:
                break
        solved.append(step.solved)
    assert 5 * solved[1] < solved[0]


def test_a_game_without_an_end_needs_a_discount_and_a_zero_sum():
    with pytest.raises(GamesolveError, match="needs a discount below 1, here it is 1"):
        value_iteration(stochastic_game(intrusion_detection()))
    with pytest.raises(GamesolveError, match="the horizon is 0; it is at least 1"):
        value_iteration(stochastic_game(intrusion_detection()), horizon=0)
    data = recursive(0.5)
    data["states"]["play"]["rewards"] = [[[0, 1], [1, 0]], [[1, 1], [1, 1]]]
    with pytest.raises(GamesolveError, match="is for zero-sum games"):
        value_iteration(stochastic_game(data))
