"""Leaders who commit first."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from textbook_games import moving_target, random_stochastic_game

from gamesolve.base.errors import GamesolveError
from gamesolve.solvers.matrix import solve_matrix_game
from gamesolve.solvers.stackelberg import stackelberg_iteration, strong_stackelberg
from gamesolve.solvers.value_iteration import policy_iteration
from gamesolve.views.stochastic_game import stochastic_game


def test_committing_to_a_mixture_earns_more_than_to_an_action():
    # Conitzer and Sandholm 2006: Nash 2, pure commitment 3, mixed commitment 3.5.
    found = strong_stackelberg(np.array([[2, 4], [1, 3]]), np.array([[1, 0], [0, 1]]))
    assert found.values[0] == pytest.approx(3.5)
    assert found.leader == pytest.approx([0.5, 0.5])
    assert found.follower == 1


@pytest.mark.parametrize("seed", range(30))
def test_commitment_is_worth_what_a_fine_grid_finds_and_in_zero_sum_games_the_value(seed):
    rng = np.random.default_rng(seed)
    own, other = rng.normal(size=(2, 2, 3))
    found = strong_stackelberg(own, other)
    grid = np.linspace(0.0, 1.0, 20_001)
    mixtures = np.stack([grid, 1.0 - grid], axis=1)
    answers, earned = mixtures @ other, mixtures @ own
    # On a grid the follower is rarely indifferent; the best there comes close from below.
    best = earned[np.arange(len(grid)), answers.argmax(axis=1)].max()
    assert best - 1e-9 <= found.values[0] <= best + 5e-3
    assert abs(found.regret) < 1e-9
    assert strong_stackelberg(own, -own).values[0] == pytest.approx(solve_matrix_game(own).value.middle, abs=1e-8)


def general_sum_moving_target(discount):
    """The attacker has rewards of its own (Chowdhary and others 2019)."""
    data = moving_target(discount)
    theirs = {"0": [[20]], "1": [[0, 0], [5, -5]], "2": [[0, 0, 0], [7, -6, 9], [10, 10, -8]], "3": [[0, 0], [10, -10]]}
    for name, state in data["states"].items():
        table = theirs[name]
        state["rewards"] = [state["rewards"], [[row[j] for row in table] for j in range(len(table[0]))]]
    return data


def test_moving_target_defence_led_by_the_defender_has_its_known_values():
    for step in stackelberg_iteration(stochastic_game(general_sum_moving_target(0.5))):
        if step.moved < 1e-9:
            break
    assert step.values[0] == pytest.approx([-40.0, -0.277936, -2.665932, -2.120844], abs=1e-5)
    assert step.values[1] == pytest.approx([40.0, 0.0, 1.434952, 0.0], abs=1e-5)


@pytest.mark.parametrize("leader", [0, 1])
def test_in_a_zero_sum_game_leading_is_worth_the_value(leader):
    game = stochastic_game(random_stochastic_game(np.random.default_rng(5), discount=0.7))
    for plain in policy_iteration(game):
        if plain.gap < 1e-9:
            break
    *_, last = itertools.islice(stackelberg_iteration(game, leader=leader), 80)
    # The leader's values come first, whoever leads.
    assert last.values[0] == pytest.approx(plain.lower if leader == 0 else -plain.lower, abs=1e-6)


def test_what_has_no_end_is_refused():
    with pytest.raises(GamesolveError, match="needs a discount below 1"):
        stackelberg_iteration(stochastic_game({**moving_target(0.5), "discount": 1.0}))
    with pytest.raises(GamesolveError, match="both players' are of one shape"):
        strong_stackelberg(np.zeros((2, 2)), np.zeros((2, 3)))
