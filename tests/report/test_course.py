from __future__ import annotations

import numpy as np
import pytest

from gamesolve.base.errors import GamesolveError
from gamesolve.base.registry import load_game
from gamesolve.report.course import course_of
from gamesolve.solvers.best_response import expected_returns
from gamesolve.views.acting import RANDOMLY
from gamesolve.views.simulator import simulate


def test_expected_rewards_add_up_to_the_profiles_return(kuhn):
    tree = kuhn.problem.tree()
    profile = tuple(policy.behaviour_on(tree) for policy in kuhn.policies)
    assert kuhn.course.rewards.sum(axis=0) == pytest.approx(expected_returns(tree, profile), abs=1e-12)


def test_rewards_of_a_discounted_game_add_up_to_its_return(office):
    tree = office.problem.tree()
    profile = tuple(policy.behaviour_on(tree) for policy in office.policies)
    assert office.course.rewards.sum(axis=0) == pytest.approx(expected_returns(tree, profile), abs=1e-9)


def test_random_kuhn_players_reach_the_third_epoch_a_quarter_of_the_time():
    # Pass, then bet, each with probability 1/2; any other pair of moves ends the hand.
    course = course_of(load_game("kuhn"), [RANDOMLY, RANDOMLY])
    assert course.alive == pytest.approx([1.0, 1.0, 0.25])
    assert course.seen[0][0, 0] == pytest.approx([1 / 3] * 3)


def test_every_step_played_has_one_value_of_each_signal(office):
    for seen in office.course.seen:
        assert seen[:-1].sum(axis=2) == pytest.approx(np.repeat(office.course.alive[:, None], seen.shape[1], axis=1))


def test_reach_of_histories_of_one_epoch_adds_up(office):
    histories, reach = office.policies[0].histories, office.course.reach[0]
    depth = np.array([len(histories.path(h)) for h in range(len(histories))])
    for epoch in (1, 2, 3):
        assert reach[depth == epoch].sum() == pytest.approx(1.0, abs=1e-9)


def test_rewards_agree_with_simulated_episodes():
    game = load_game("kuhn")
    acting = [RANDOMLY, RANDOMLY]
    simulated = simulate(game, acting, episodes=4000, seed=1)
    error = 5 * simulated.standard_error[0]
    assert course_of(game, acting).rewards[:, 0].sum() == pytest.approx(simulated.mean[0], abs=error)


def test_plays_left_out_for_want_of_budget_are_counted():
    game = load_game("leduc")
    whole, part = (course_of(game, [RANDOMLY, RANDOMLY], budget=budget) for budget in (10**6, 4000))
    assert whole.left_out == 0.0
    assert 0.0 < part.left_out < 1.0
    assert part.alive[0] == pytest.approx(1.0)


def test_a_budget_that_even_likely_plays_exceed_is_refused():
    with pytest.raises(GamesolveError, match="more than 3 plays"):
        course_of(load_game("kuhn"), [RANDOMLY, RANDOMLY], budget=3)


def test_the_state_after_the_last_epoch_comes_from_a_longer_game(office):
    attacked = office.course.seen[1][:, :, 1]
    assert (attacked[0] == 0.0).all()
    assert attacked[-1].max() > 0.0
