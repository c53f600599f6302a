"""Episodes played depend on nothing but seed and number."""

from __future__ import annotations

import numpy as np
import pytest

from gamesolve.base.errors import GamesolveError
from gamesolve.evaluate.play import play
from gamesolve.policies.mixture import Mixture
from gamesolve.solve import solve
from gamesolve.views import parts
from gamesolve.views.problem import load_problem

RANDOM = {"defender": "random", "attacker": "random"}


@pytest.fixture(scope="module")
def kuhn():
    return load_problem("kuhn", {})


def test_more_episodes_begin_with_the_same_ones(kuhn):
    few, many = play(kuhn, RANDOM, episodes=50), play(kuhn, RANDOM, episodes=400)
    np.testing.assert_array_equal(few.returns, many.returns[:50])


def test_the_parts_in_which_episodes_are_played_change_nothing(kuhn, monkeypatch):
    whole = play(kuhn, RANDOM, episodes=400)
    monkeypatch.setattr(parts, "PAUSE", 0.0)
    np.testing.assert_array_equal(play(kuhn, RANDOM, episodes=400).returns, whole.returns)


def test_the_decisions_of_all_parts_count(kuhn, monkeypatch):
    whole = play(kuhn, RANDOM, episodes=400)
    monkeypatch.setattr(parts, "PAUSE", 0.0)
    one_by_one = play(kuhn, RANDOM, episodes=400)
    assert (one_by_one.decisions, one_by_one.joint_steps) == (whole.decisions, whole.joint_steps)
    # At least one of the two players decides in an episode of kuhn.
    assert whole.decisions > 400


def test_a_time_limit_leaves_the_first_episodes(kuhn):
    found = play(kuhn, RANDOM, episodes=10**9, time_limit=1e-9)
    assert found.stopped == "time"
    np.testing.assert_array_equal(found.returns, play(kuhn, RANDOM, episodes=len(found.returns)).returns)


def test_a_stop_leaves_the_first_episodes(kuhn):
    found = play(kuhn, RANDOM, episodes=10**9, stop=lambda: True)
    assert found.stopped == "interrupt"
    assert len(found.returns) >= 1


def test_a_mixture_of_one_policy_plays_as_that_policy_does(kuhn):
    solution = solve(kuhn)
    mixed = Mixture((solution.policies[0],), np.ones(1))
    alone = play(kuhn, {"defender": solution.policies[0], "attacker": "random"}, episodes=200)
    np.testing.assert_array_equal(play(kuhn, {"defender": mixed, "attacker": "random"}, episodes=200).returns, alone.returns)


def test_a_game_without_a_horizon_is_played_where_its_episodes_end():
    stopping = load_problem("stopping", {"horizon": 0})
    assert len(play(stopping, RANDOM, episodes=100).returns) == 100
    with pytest.raises(GamesolveError, match=r"episode 0 of stopping\(.*\) is not over after 1,000,000 steps"):
        play(stopping, {"defender": "never", "attacker": "never"}, episodes=100)


def test_a_role_without_a_policy_is_refused(kuhn):
    with pytest.raises(GamesolveError, match="the attacker has no policy"):
        play(kuhn, {"defender": "random"}, episodes=1)


def test_a_play_is_shown_in_a_line_whatever_its_size(kuhn):
    assert repr(play(kuhn, {"defender": "always_bet", "attacker": "passive"}, episodes=3_000)) == (
        "<Play of 3,000 episodes, mean returns 1 and -1>"
    )
    assert repr(play(kuhn, RANDOM, episodes=10**9, time_limit=1e-9)).endswith("stopped by time>")
