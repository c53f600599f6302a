"""What a rollout keeps: decisions only, what they earned, and what they are worth."""

import numpy as np
import pytest
import torch

from gamesolve import load_game
from gamesolve.learners.dqn import DQN
from gamesolve.learners.ppo import PPO
from gamesolve.learners.rollout import OPEN, OVER, advantages
from gamesolve.learners.settings import PPOSettings
from gamesolve.learners.task import Task, own_reward
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.views.acting import PLAYING, RANDOMLY


def gae(reward, value, discount, trace):
    """Equation 16 of Schulman et al. 2016 for one episode that ends, as a sum."""
    after = np.append(value[1:], 0.0)
    delta = reward + discount * after - value
    return [sum((discount * trace) ** k * delta[t + k] for k in range(len(delta) - t)) for t in range(len(delta))]


def chain(count, discount):
    """An episode of `count` decisions, an epoch each."""
    weight, epochs = np.full(count, discount, np.float32), np.ones(count, np.int32)
    following = np.arange(1, count + 1)
    following[-1] = OVER
    return weight, epochs, following


@pytest.mark.parametrize(("discount", "trace"), [(1.0, 0.95), (0.9, 0.0), (0.97, 1.0)])
def test_advantages_are_the_published_sum(discount, trace):
    numbers = np.random.default_rng(1)
    reward, value = numbers.normal(size=(2, 9)).astype(np.float32)
    weight, epochs, following = chain(9, discount)
    found = np.empty(9, np.float32)
    advantages(9, reward, weight, epochs, following, value, trace, found)
    assert found == pytest.approx(gae(reward, value, discount, trace), abs=1e-5)


def test_a_pick_within_an_epoch_takes_no_time():
    # Two picks an epoch: the first of each is credited as if it had been the second.
    reward, value = np.array([0.0, 3.0, 0.0, 5.0], np.float32), np.zeros(4, np.float32)
    weight, epochs = np.array([1.0, 0.5, 1.0, 0.5], np.float32), np.array([0, 1, 0, 1], np.int32)
    found = np.empty(4, np.float32)
    advantages(4, reward, weight, epochs, np.array([1, 2, 3, OVER]), value, 0.5, found)
    assert found.tolist() == [3.0 + 0.25 * 5.0, 3.0 + 0.25 * 5.0, 5.0, 5.0]


def test_an_open_decision_bootstraps_the_one_before_it():
    reward, value = np.array([1.0, 0.0], np.float32), np.array([0.0, 7.0], np.float32)
    found = np.empty(2, np.float32)
    advantages(2, reward, np.ones(2, np.float32), np.ones(2, np.int32), np.array([1, OPEN]), value, 0.95, found)
    assert found.tolist() == [8.0, 0.0]


def learner(name, role, **parameters):
    game = load_game(name, **parameters)
    acting = [PLAYING if agent.role == role else RANDOMLY for agent in game.agents]
    settings = PPOSettings(batch=8, rollout=400, minibatch=64)
    return PPO(Task(game, role, tuple(acting), own_reward(role)), budget=10**6, settings=settings, seed=3)


TEAM = {"graph": "tiny", "defenders": 2, "attacker_picks": 2, "defender_picks": 2, "horizon": 3}


@pytest.mark.parametrize(
    ("name", "role", "parameters"),
    [("kuhn", "attacker", {}), ("flipit", "defender", {"horizon": 4, "discount": 0.9}), ("attack_graph", "defender", TEAM)],
)  # fmt: skip
def test_decisions_have_choices_and_their_rewards_add_to_the_returns(name, role, parameters):
    ppo = learner(name, role, **parameters)
    n, finished = ppo.collector.collect(ppo.decide)
    rollout = ppo.collector.rollout
    assert (rollout.masks[:n].sum(axis=1) > 1).all()
    assert rollout.masks[np.arange(n), rollout.action[:n]].all()
    # Chains from first decisions to ends, discounted link by link, are the episodes' returns of those who decided from the start.
    agents, first, checked = len(ppo.arena.agents), np.ones(n, bool), 0
    first[rollout.following[:n][rollout.following[:n] >= 0]] = False
    earned = []
    for start in np.flatnonzero(first):
        k, total, weight = start, 0.0, 1.0
        while k >= 0:
            total, weight = total + weight * rollout.reward[k], weight * rollout.weight[k]
            k = rollout.following[k]
        earned += [total] if k == OVER else []
        if name == "attack_graph" and k == OVER and rollout.step[start] == 0:
            # All episodes are equally long, so the first to end are those of the rows in order.
            assert total == pytest.approx(finished[rollout.row[start]], abs=1e-4)
            checked += 1
    if name == "attack_graph":
        assert checked >= 8
    else:
        assert sorted(earned) == pytest.approx(sorted(np.repeat(finished, agents)), abs=1e-4)
    assert len(earned) > 10


def test_what_is_open_is_carried_to_the_next_rollout():
    ppo = learner("flipit", "defender", horizon=4)
    collector = ppo.collector
    n, _ = collector.collect(ppo.decide)
    still = np.flatnonzero(collector.rollout.following[:n] == OPEN)
    inputs, actions = collector.rollout.inputs[still].copy(), collector.rollout.action[still].copy()
    collector.carry(n)
    assert collector.carried == len(still) > 0
    np.testing.assert_array_equal(collector.rollout.inputs[: len(still)], inputs)
    np.testing.assert_array_equal(collector.rollout.action[: len(still)], actions)
    waiting = collector.state()["waiting"]
    assert sorted(waiting[waiting >= 0]) == list(range(len(still)))


@pytest.mark.parametrize("kind", [PPO, DQN])
def test_learners_leave_the_random_state_of_torch_alone(kind):
    before, game = torch.get_rng_state(), load_game("kuhn")
    one = kind(Task.against(game, "defender", ScriptedPolicy.named(game, "attacker", "random")), budget=10_000)
    one.iterate()
    assert torch.equal(torch.get_rng_state(), before)
