"""What is remembered of play, and the n-step targets that start from it."""

import numpy as np
import pytest

from gamesolve import load_game
from gamesolve.learners.dqn import DQN
from gamesolve.learners.replay import Replay
from gamesolve.learners.rollout import OPEN, OVER
from gamesolve.learners.settings import DQNSettings
from gamesolve.learners.task import Task
from gamesolve.policies.scripted import ScriptedPolicy


def remembered(reward, weight, epochs, following, explored=None):
    """A replay that holds just these decisions."""
    replay = Replay(len(reward), inputs=1, actions=2)
    replay.made = len(reward)
    replay.reward[:], replay.weight[:], replay.epochs[:], replay.following[:] = reward, weight, epochs, following
    replay.explored[:] = np.zeros(len(reward), bool) if explored is None else explored
    return replay


def chain(explored=None):
    """An episode of four decisions, an epoch each, discounted by a half."""
    return remembered([1.0, 2.0, 4.0, 8.0], [0.5] * 4, [1] * 4, [1, 2, 3, OVER], explored)


@pytest.mark.parametrize(
    ("steps", "earned", "weight", "after"),
    [
        (1, [1.0, 2.0, 4.0, 8.0], [0.5, 0.5, 0.5, 0.0], [1, 2, 3]),
        (2, [1.0 + 0.5 * 2.0, 2.0 + 0.5 * 4.0, 4.0 + 0.5 * 8.0, 8.0], [0.25, 0.25, 0.0, 0.0], [2, 3]),
        (9, [1.0 + 0.5 * 2.0 + 0.25 * 4.0 + 0.125 * 8.0, 6.0, 8.0, 8.0], [0.0] * 4, []),
    ],
)
def test_targets_are_the_published_sum_by_hand(steps, earned, weight, after):
    found = chain().ahead(np.arange(4), steps=steps, cut=False)
    assert found[0].tolist() == earned
    assert found[1].tolist() == weight
    assert found[2][: len(after)].tolist() == after


def test_a_target_ends_before_a_decision_that_explored_where_it_is_cut():
    replay = chain(explored=[True, False, True, False])
    earned, weight, after = replay.ahead(np.arange(4), steps=9, cut=True)
    # The first decision's own exploring spoils nothing: its value is that of the action it took.
    assert earned.tolist() == [1.0 + 0.5 * 2.0, 2.0, 4.0 + 0.5 * 8.0, 8.0]
    assert weight.tolist() == [0.25, 0.5, 0.0, 0.0]
    assert after[:2].tolist() == [2, 2]
    assert replay.ahead(np.arange(4), steps=9, cut=False)[1].tolist() == [0.0] * 4


def test_a_pick_within_an_epoch_is_no_step():
    # Two picks an epoch: one step leads from either to the first pick of the next epoch.
    replay = remembered([0.0, 3.0, 0.0, 5.0], [1.0, 0.5, 1.0, 0.5], [0, 1, 0, 1], [1, 2, 3, OVER])
    earned, weight, after = replay.ahead(np.arange(4), steps=1, cut=False)
    assert earned.tolist() == [3.0, 3.0, 5.0, 5.0]
    assert weight.tolist() == [0.5, 0.5, 0.0, 0.0]
    assert after[:2].tolist() == [2, 2]


def test_what_is_open_is_bootstrapped_from_and_not_learnt_from():
    replay = remembered([1.0, 2.0, 7.0], [0.5] * 3, [1] * 3, [1, 2, OPEN])
    earned, weight, after = replay.ahead(np.arange(2), steps=9, cut=False)
    assert earned.tolist() == [2.0, 2.0]
    assert weight.tolist() == [0.25, 0.5]
    assert after.tolist() == [2, 2]
    assert replay.closed().tolist() == [0, 1]


@pytest.mark.parametrize(
    ("name", "role", "parameters"), [("flipit", "defender", {"horizon": 4, "discount": 0.9}), ("kuhn", "attacker", {})]
)
def test_a_ring_remembers_the_latest_decisions_and_what_followed_them(name, role, parameters):
    game = load_game(name, **parameters)
    opponent = ScriptedPolicy.named(game, "attacker" if role == "defender" else "defender", "random")
    learner = DQN(Task.against(game, role, opponent), budget=10**6, settings=DQNSettings(batch=8, rollout=100, replay=300), seed=3)
    replay, collector = learner.replay, learner.collector
    inputs, following, reward = [], {}, {}
    numbers = np.zeros(0, np.int64)
    for _ in range(7):
        before, (n, _) = collector.carried, collector.collect(learner._decide)
        replay.enter(collector.rollout, n, learner._explored)
        # The same bookkeeping by lists that forget nothing.
        numbers = np.concatenate([numbers, np.arange(len(inputs), len(inputs) + n - before)])
        inputs += collector.rollout.inputs[before:n].copy().tolist()
        for k, after in zip(numbers, collector.rollout.following[:n], strict=True):
            following[k] = int(numbers[after]) if after >= 0 else int(after)
        reward |= dict(zip(numbers, collector.rollout.reward[:n].tolist(), strict=True))
        numbers = numbers[collector.rollout.following[:n] == OPEN]
        collector.carry(n)
    assert replay.made == len(inputs)
    for k in range(replay.made - 300, replay.made):
        place = k % 300
        assert replay.inputs[place].tolist() == inputs[k]
        assert replay.following[place] == following[k]
        assert replay.reward[place] == reward[k]
