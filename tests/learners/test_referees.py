"""Independent libraries judge the learners: torchrl the advantages, sb3-contrib's MaskablePPO the responses."""

import collections

import numpy as np
import pytest
import torch

from gamesolve import ScriptedPolicy, build_tree, load_game, simulate, solve
from gamesolve.environments import make_env
from gamesolve.learners.learner import steps
from gamesolve.learners.ppo import PPO
from gamesolve.learners.rollout import OPEN, OVER, advantages
from gamesolve.learners.settings import PPOSettings
from gamesolve.learners.task import Task
from gamesolve.policies.asked import Asked
from gamesolve.solvers.best_response import best_response, expected_returns, uniform
from gamesolve.views.acting import ASKED, Acting
from gamesolve.views.episodes import seen_features

ROWS, STEPS = 6, 40


def random_rollout(discount, numbers):
    """Decisions of ROWS rows side by side: 0 to 3 epochs from one to the next, episodes of about ten; the last of a row may be open.

    Returns:
        What `advantages` takes: rewards, weights, epochs, what follows, values.
    """
    count = ROWS * STEPS
    value, reward = numbers.normal(size=(2, count + ROWS)).astype(np.float32)
    epochs = numbers.integers(0, 4, count + ROWS).astype(np.int32)
    following = np.concatenate([np.arange(ROWS, count + ROWS), np.full(ROWS, OPEN)])
    following[:count][numbers.random(count) < 0.1] = OVER
    return reward, (discount**epochs).astype(np.float32), epochs, following, value


def by_time(column):
    """What is known of decisions, as torchrl has it: f8 [ROWS, STEPS, 1]."""
    return torch.from_numpy(column[: ROWS * STEPS].reshape(STEPS, ROWS).T[..., None].astype(np.float64))


@pytest.mark.parametrize(("discount", "trace"), [(1.0, 0.95), (0.99, 0.95), (0.9, 1.0), (0.8, 0.0)])
def test_advantages_are_those_of_torchrl(discount, trace):
    torchrl = pytest.importorskip("torchrl.objectives.value.functional", reason="torchrl is not installed; it comes with the extra [dev]")
    reward, weight, epochs, following, value = random_rollout(discount, np.random.default_rng(1))
    ours = np.empty(len(reward), np.float32)
    advantages(len(reward), reward, weight, epochs, following, value, trace, ours)
    over = by_time(following == OVER) == 1.0
    after = by_time(np.where(following >= 0, value[following], 0.0))
    # Rows that are under way at the end are cut off there: torchrl calls that done, but not terminated.
    cut = over.clone()
    cut[:, -1] = True
    traces = by_time(np.where(epochs > 0, trace, 1.0))
    theirs, _ = torchrl.vec_generalized_advantage_estimate(by_time(weight), traces, by_time(value), after, by_time(reward), cut, over)
    np.testing.assert_allclose(by_time(ours).numpy(), theirs.numpy(), rtol=1e-6, atol=1e-6)


class Theirs(Asked):
    """What sb3-contrib's model does where it is surest; fed the agent's present features, or those of all steps (`frames` of them)."""

    kind = "a model of sb3-contrib"

    def __init__(self, game, role, model, frames):
        self.game, self.role, self.model, self.frames = game, role, model, frames

    def acting(self, game, agent):
        return Acting(ASKED, ask=lambda *asked: self.ask(game.agents[agent], *asked))

    def ask(self, agent, recall, place, rows, masks):
        fed = []
        for back in range(self.frames):
            at = recall.steps[rows] - back
            fed.insert(0, seen_features(agent, recall.signals[rows, place, at]) * (at >= 0)[:, None])
        actions, _ = self.model.predict(np.concatenate(fed, axis=1), action_masks=masks, deterministic=True)
        return np.eye(masks.shape[1])[actions]


def trained_by_sb3(game, defender, *, steps, settings, frames):
    """MaskablePPO's attacker after that many steps in our Gymnasium environment, with our settings."""
    contrib = pytest.importorskip("sb3_contrib", reason="sb3-contrib is not installed; it comes with the extra [dev]")
    from gymnasium.wrappers import FlattenObservation, FrameStackObservation
    from stable_baselines3.common.vec_env import DummyVecEnv

    def environment():
        env = make_env(game, "attacker", opponent=defender)
        return env if frames == 1 else FlattenObservation(FrameStackObservation(env, frames, padding_type="zero"))

    model = contrib.MaskablePPO(
        "MlpPolicy",
        DummyVecEnv([environment] * settings.batch),
        n_steps=settings.rollout // settings.batch,
        batch_size=settings.minibatch,
        n_epochs=settings.epochs,
        learning_rate=lambda left: settings.learning_rate * left,
        gamma=game.discount,
        gae_lambda=settings.trace,
        clip_range=settings.clip,
        ent_coef=settings.entropy / 2.0,
        max_grad_norm=settings.gradient,
        seed=1,
        device="cpu",
    )
    return Theirs(game, "attacker", model.learn(steps), frames)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "parameters", "against", "choosers", "frames"),
    [
        ("attack_graph", {"graph": "tiny", "horizon": 3}, "equilibrium", 2, 1),
        # In poker one of the two chooses in each step, and what has been said counts.
        ("leduc", {"suit_isomorphism": True}, "random", 1, 8),
    ],
)
def test_maskable_ppo_of_sb3_contrib_reaches_our_response(name, parameters, against, choosers, frames):
    game = load_game(name, **parameters)
    defender = solve(game).policies[0] if against == "equilibrium" else ScriptedPolicy.named(game, "defender", against)
    decisions, settings = 80_000, PPOSettings(batch=16, rollout=2_048, minibatch=256, entropy=0.05)
    learner = PPO(Task.against(game, "attacker", defender), budget=decisions, settings=settings, seed=1)
    collections.deque(steps(learner), maxlen=0)
    ours = learner.policy().made_greedy
    theirs = trained_by_sb3(game, defender, steps=decisions // choosers, settings=settings, frames=frames)

    tree = build_tree(game)
    frozen = defender.behaviour_on(tree)
    exact, random = best_response(tree, 1, frozen).value, expected_returns(tree, (frozen, uniform(tree.decisions[1])))[1]
    for policy in (ours, theirs):
        worth = expected_returns(tree, (frozen, policy.behaviour_on(tree)))[1]
        assert 0.9 <= (worth - random) / (exact - random) <= 1.0 + 1e-6
    played = [simulate(game, [defender.acting(game, 0), policy.acting(game, 1)], episodes=20_000, seed=7) for policy in (ours, theirs)]
    mean, error = zip(*((one.mean[1], one.standard_error[1]) for one in played), strict=True)
    assert abs(mean[0] - mean[1]) <= 3.0 * np.hypot(*error) + 1e-9
