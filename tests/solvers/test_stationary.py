"""What stationary mixtures are worth."""

from __future__ import annotations

import numpy as np
import pytest
from textbook_games import big_match, moving_target, random_stochastic_game, recursive

from gamesolve.base.errors import GamesolveError
from gamesolve.solvers.stationary import stationary_response
from gamesolve.solvers.value_iteration import policy_iteration
from gamesolve.views.stochastic_game import stochastic_game

GAMES = [recursive(0.9), big_match(0.9), moving_target(0.8), *(random_stochastic_game(np.random.default_rng(seed)) for seed in range(10))]


@pytest.mark.parametrize("data", GAMES)
def test_nobody_gains_by_leaving_the_mixtures_of_a_solved_game(data):
    game = stochastic_game(data)
    for step in policy_iteration(game):
        if step.gap <= 1e-9:
            break
    attacker, defender = stationary_response(game, 1, step.policies[0]), stationary_response(game, 0, step.policies[1])
    # Each mixture guarantees the value: what the other earns at best.
    assert -attacker.upper == pytest.approx(step.lower, abs=1e-6)
    assert defender.lower == pytest.approx(step.lower, abs=1e-6)
    for found in (attacker, defender):
        assert (found.lower <= found.upper).all()
        assert (found.upper - found.lower).max() < 1e-6


def test_the_response_to_a_known_mixture_is_what_can_be_computed_by_hand():
    # The attacker always waits: the defender waits for ever (nothing), or goes and earns 1 at once.
    game = stochastic_game(recursive(0.5))
    found = stationary_response(game, 0, np.array([1.0, 0.0]))
    assert found.actions.tolist() == [1, -1]
    assert found.lower == pytest.approx([1.0, 0.0], abs=1e-9)


def test_what_are_no_mixtures_is_refused():
    game = stochastic_game(recursive(0.5))
    with pytest.raises(GamesolveError, match=r"mixtures have shape \(3,\); \(2,\) is needed"):
        stationary_response(game, 0, np.zeros(3))
    with pytest.raises(GamesolveError, match=r"not in state 'play', where they sum to 0.5"):
        stationary_response(game, 0, np.array([0.25, 0.25]))
    with pytest.raises(GamesolveError, match="these are not"):
        stationary_response(game, 0, np.array([1.5, -0.5]))
    with pytest.raises(GamesolveError, match="where the discount is below 1"):
        stationary_response(stochastic_game({**recursive(0.5), "discount": 1.0}), 0, np.array([0.5, 0.5]))
