"""Critics that policies keep: what they expect, and that they take part in nothing but shaping."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pytest

from gamesolve.base.errors import GamesolveError
from gamesolve.base.registry import load_game
from gamesolve.learners.ppo import PPO
from gamesolve.learners.settings import PPOSettings
from gamesolve.learners.task import Task
from gamesolve.policies.critic import Critic, MeanOfCritics
from gamesolve.policies.files import load_policy, save_policy
from gamesolve.policies.neural import average
from gamesolve.policies.scripted import ScriptedPolicy

KEEPS = PPOSettings(hidden=(8,), rollout=256, keep_critic=True)


@pytest.fixture(scope="module")
def learner():
    game = load_game("flipit", horizon=4)
    found = PPO(Task.against(game, "defender", ScriptedPolicy.named(game, "attacker", "random")), budget=2_000, settings=KEEPS)
    for _ in range(4):
        found.iterate()
    return found


def test_a_critic_expects_what_its_learner_does(learner):
    policy, r = learner.policy(), learner.collector.rollout
    values = learner.actor_critic.critics(learner._tensor(r.inputs[:100]), learner._tensor(r.member[:100]))[:, 0]
    expected = learner.scaling.unscaled(values.detach().numpy())
    assert policy.critic(r.inputs[:100]) == pytest.approx(expected, rel=1e-4, abs=1e-4)
    # Some of what it was fed differs.
    assert expected.std() > 1e-3


def test_several_critics_expect_their_weighted_mean(learner):
    critic = learner.policy().critic
    twice = Critic(critic.weights, (*critic.biases[:-1], critic.biases[-1] + 2.0))
    inputs = learner.collector.rollout.inputs[:10]
    found = MeanOfCritics([critic, twice], np.array([0.25, 0.75]))
    assert found(inputs) == pytest.approx(critic(inputs) + 1.5, abs=1e-5)
    assert pickle.loads(pickle.dumps(found))(inputs) == pytest.approx(found(inputs), abs=0.0)


def test_a_policy_plays_alike_with_and_without_its_critic(learner):
    policy = learner.policy()
    without = dataclasses.replace(policy, critic=None)
    inputs, masks = learner.collector.rollout.inputs[:50], np.ones((50, policy.actions), np.bool_)
    assert np.array_equal(policy.probabilities(inputs, masks), without.probabilities(inputs, masks))
    assert policy.made_for == without.made_for
    assert policy != without
    assert average([policy, without], np.array([0.5, 0.5])) == without


def test_a_saved_policy_has_its_critic(learner, tmp_path):
    policy = learner.policy()
    save_policy(policy, tmp_path / "kept")
    assert load_policy(tmp_path / "kept") == policy
    inputs = learner.collector.rollout.inputs[:10]
    assert np.array_equal(load_policy(tmp_path / "kept").critic(inputs), policy.critic(inputs))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda critic: Critic(critic.weights[:1], critic.biases[:1]), "key 'critic' is .*; it leads from .* features to 1 return"),
        (lambda critic: Critic(critic.weights, (critic.biases[0][:3], critic.biases[1])), "tensor 'critic-"),
        (lambda critic: Critic(tuple(weight * np.nan for weight in critic.weights), critic.biases), "or not finite"),
    ],
)
def test_a_damaged_critic_is_refused(learner, tmp_path, change, words):
    policy = learner.policy()
    save_policy(dataclasses.replace(policy, critic=change(policy.critic)), tmp_path / "bad")
    with pytest.raises(GamesolveError, match=words):
        load_policy(tmp_path / "bad")


@pytest.mark.parametrize("settings", [{"critic": "joint"}, {"memory": "recurrent"}])
def test_critics_that_see_other_things_than_their_policies_cannot_be_kept(settings):
    game = load_game("flipit", horizon=4)
    task = Task.against(game, "defender", ScriptedPolicy.named(game, "attacker", "random"))
    with pytest.raises(GamesolveError, match="keep_critic is true"):
        PPO(task, budget=2_000, settings=PPOSettings(keep_critic=True, **settings))


def test_a_shaped_learner_keeps_a_critic_of_what_there_is_to_earn():
    """Its own expects what is left of the returns once the potential is taken off."""
    game = load_game("flipit", horizon=4)
    task = Task.against(game, "defender", ScriptedPolicy.named(game, "attacker", "random"))
    found = PPO(task, budget=8_000, settings=KEEPS, potential=lambda inputs: np.full(len(inputs), 50.0, np.float32))
    mean = 0.0
    while found.decisions < 8_000:
        mean = found.iterate().mean
    inputs = found.collector.rollout.inputs[:50]
    own = found.scaling.unscaled(
        found.actor_critic.critics(found._tensor(inputs), found._tensor(np.zeros(50, np.int32)))[:, 0].detach().numpy()
    )
    assert own.mean() < -40.0
    assert abs(found.policy().critic(inputs).mean()) < 5.0
    assert abs(mean) < 5.0
    again = PPO(task, budget=8_000, settings=KEEPS, potential=found.potential)
    again.restore(found.state())
    assert again.policy() == found.policy()
