"""Episodes played again are the episodes that were played."""

from __future__ import annotations

import numpy as np
import pytest

from gamesolve.evaluate import replay as module
from gamesolve.evaluate.play import play
from gamesolve.evaluate.replay import Replay, replay, telling_episodes
from gamesolve.evaluate.spread import BARS, spread
from gamesolve.views.problem import load_problem
from gamesolve.views.simulator import Simulator

GAMES = [
    ("kuhn", {}, "random"),
    ("flipit", {"horizon": 3, "discount": 0.9, "zero_sum": False}, "random"),
    ("attack_graph", {"attacker_picks": 2}, "random"),
    ("cage2", {"horizon": 30}, "b_line"),
]


def played(name: str, parameters: dict, attacker: str, episode: int, seed: int = 5) -> tuple[Replay, np.ndarray]:
    problem = load_problem(name, parameters)
    found = play(problem, {"defender": "random", "attacker": attacker}, episodes=12, seed=seed)
    again = replay(problem.game, found.acting, seed=seed, why="typical", episode=episode, returns=found.returns[episode])
    return again, found.returns[episode]


@pytest.mark.parametrize(("name", "parameters", "attacker"), GAMES, ids=[name for name, _, _ in GAMES])
def test_a_replay_ends_with_the_returns_of_its_episode(name, parameters, attacker):
    for episode in (0, 3, 11):
        again, returns = played(name, parameters, attacker, episode)
        assert again.whole
        assert again.frames[-1].returns == returns.tolist() == again.returns


def test_rewards_of_the_frames_add_up_to_the_return():
    again, returns = played("cage2", {"horizon": 30}, "b_line", 2)
    assert np.sum([frame.rewards for frame in again.frames], axis=0) == pytest.approx(returns, abs=1e-9)


def test_all_picks_of_an_epoch_are_one_frame():
    again, _ = played("attack_graph", {"attacker_picks": 2, "horizon": 3}, "random", 0)
    assert len(again.frames) == 1 + 3
    assert max(len(frame.actions[1]) for frame in again.frames) == 2


def test_an_agent_without_a_choice_has_no_action():
    again, _ = played("kuhn", {}, "random", 0)
    assert [[len(chosen) for chosen in frame.actions] for frame in again.frames[:3]] == [[0, 0], [1, 0], [0, 1]]


def test_pictures_are_those_of_the_simulator_at_each_step():
    horizon, seed, episode = 30, 5, 4
    again, _ = played("cage2", {"horizon": horizon}, "b_line", episode, seed)
    problem = load_problem("cage2", {"horizon": horizon})
    acting = play(problem, {"defender": "random", "attacker": "b_line"}, episodes=1, seed=seed).acting
    simulator = Simulator(problem.game, 1, seed=seed, acting=acting)
    simulator.reset(episode)
    for frame in again.frames[:horizon]:
        assert frame.picture == problem.game.picture(simulator.rows[0])
        simulator.advance(1)
    assert len(again.frames) == horizon + 1


def test_what_the_last_step_let_be_seen_is_there():
    """An episode of 30 steps looks after its last as one of 40 looks after 30 steps."""
    short, _ = played("cage2", {"horizon": 30}, "b_line", 4)
    long, _ = played("cage2", {"horizon": 40}, "b_line", 4)
    assert short.frames == long.frames[:31]


def test_a_long_episode_is_cut(monkeypatch):
    monkeypatch.setattr(module, "LONGEST", 10)
    again, returns = played("cage2", {"horizon": 30}, "b_line", 0)
    assert len(again.frames) == 11
    assert not again.whole
    assert again.returns == returns.tolist()


def test_the_typical_episode_is_the_first_that_is_closest_to_the_median():
    assert telling_episodes(np.array([[5.0], [1.0], [2.0], [2.0], [9.0]])) == {"typical": 2, "worst": 1, "best": 4}


def test_episodes_that_earn_the_same_are_told_once():
    assert telling_episodes(np.array([[1.0], [1.0]])) == {"typical": 0}
    assert telling_episodes(np.array([[1.0], [1.0], [3.0]])) == {"typical": 0, "best": 2}


def test_few_returns_have_a_bar_each_and_many_share():
    assert spread(np.array([2.0, -1.0, 2.0])) == [(-1.0, -1.0, 1), (2.0, 2.0, 2)]
    shared = spread(np.arange(1000.0))
    assert len(shared) == BARS
    assert sum(count for _, _, count in shared) == 1000
    assert (shared[0][0], shared[-1][1]) == (0.0, 999.0)
