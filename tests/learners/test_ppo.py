"""PPO: what it learns against opponents that can be exploited, with the exact best response as referee."""

import numpy as np
import pytest
import torch

from gamesolve import load_game
from gamesolve.base.errors import GamesolveError
from gamesolve.learners.ppo import PPO, ppo
from gamesolve.learners.rollout import OVER
from gamesolve.learners.settings import PPOSettings, choose_settings
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.rules import ROLES
from gamesolve.solvers.best_response import best_response, expected_returns
from gamesolve.views.acting import PLAYING, RANDOMLY
from gamesolve.views.tree_build import build_tree, walk_tree

SMALL = PPOSettings(batch=32, rollout=512, minibatch=256)


def learn(game, role, acting, **options):
    *_, last = ppo(game, role, acting, **options)
    return last


@pytest.mark.parametrize(
    ("name", "parameters", "role", "against"),
    [
        pytest.param("kuhn", {}, 0, "random", marks=pytest.mark.slow),
        ("kuhn", {}, 1, "random"),
        ("flipit", {"horizon": 4}, 0, "periodic:period=2"),
        pytest.param("stopping", {}, 0, "random", marks=pytest.mark.slow),
    ],
)
def test_a_response_earns_nearly_what_the_exact_one_does(name, parameters, role, against):
    game = load_game(name, **parameters)
    opponent = ScriptedPolicy.named(game, ROLES[1 - role], against)
    acting = [PLAYING if i == role else opponent.acting(game, i) for i in range(2)]
    exact = best_response(walk_tree(game, acting), role, np.ones(1)).value
    learnt = learn(game, ROLES[role], acting, budget=200_000, seed=1)
    tree = build_tree(game)
    theirs = opponent.behaviour_on(tree)

    def worth(policy):
        own = policy.behaviour_on(tree)
        return expected_returns(tree, (own, theirs) if role == 0 else (theirs, own))[role]

    random = worth(ScriptedPolicy.named(game, ROLES[role], "random"))
    share = (max(worth(learnt.policy), worth(learnt.policy.made_greedy)) - random) / (exact - random)
    assert 0.95 <= share <= 1.0 + 1e-6


def test_a_response_to_a_mixture_learns_who_it_plays_with():
    # "Never flips" or "flips all the time", drawn anew in every episode: the defender's own flips tell it which.
    game = load_game("flipit", horizon=4, defender_information="last_move")
    members = tuple(ScriptedPolicy.named(game, "attacker", words) for words in ("never", "periodic:period=1"))
    mixture, tree = Mixture(members, np.array([0.5, 0.5])), build_tree(game)
    theirs = mixture.behaviour_on(tree)
    learnt = learn(game, "defender", [PLAYING, mixture.acting(game, 1)], budget=300_000, seed=2)
    worth = max(expected_returns(tree, (own.behaviour_on(tree), theirs))[0] for own in (learnt.policy, learnt.policy.made_greedy))
    assert worth == pytest.approx(best_response(tree, 0, theirs).value, abs=0.05)


def test_a_team_that_shares_a_network_learns():
    game = load_game("attack_graph", graph="tiny", defenders=2, horizon=2)
    steps = list(
        ppo(game, "defender", [PLAYING, PLAYING, RANDOMLY], budget=40_000, seed=1, settings=PPOSettings(rollout=2048, minibatch=512))
    )
    assert steps[-1].mean > steps[0].mean + 3.0 * steps[0].standard_error


def test_the_same_seed_learns_the_same_weights_whatever_torch_drew_before():
    game = load_game("kuhn")
    options = {"budget": 3_000, "settings": SMALL}
    one = learn(game, "defender", [PLAYING, RANDOMLY], seed=5, **options).policy
    torch.rand(7)
    assert learn(game, "defender", [PLAYING, RANDOMLY], seed=5, **options).policy == one
    assert learn(game, "defender", [PLAYING, RANDOMLY], seed=6, **options).policy != one


def test_learning_starts_from_given_weights():
    game = load_game("kuhn")
    first = learn(game, "defender", [PLAYING, RANDOMLY], budget=2_000, settings=SMALL).policy
    frozen = PPOSettings(batch=32, rollout=512, minibatch=256, learning_rate=1e-30)
    again = learn(game, "defender", [PLAYING, RANDOMLY], budget=2_000, settings=frozen, start=first, seed=9).policy
    np.testing.assert_allclose(again.weights[0], first.weights[0], atol=1e-6)


def test_a_strong_tie_to_the_policy_before_holds_it_back():
    game = load_game("kuhn")
    free, tied = (
        learn(game, "attacker", [RANDOMLY, PLAYING], budget=30_000, settings=PPOSettings(rollout=2048, minibatch=512, kl=kl)).entropy
        for kl in (0.0, 100.0)
    )
    assert tied > free + 0.1


def test_a_loss_that_is_no_number_ends_the_learning():
    game = load_game("kuhn")
    with pytest.raises(GamesolveError, match=r"learning broke down after .* decisions"):
        learn(game, "attacker", [RANDOMLY, PLAYING], budget=10_000, settings=SMALL, potential=lambda inputs: inputs[:, 0] * np.nan)


def test_settings_are_checked():
    with pytest.raises(GamesolveError, match=r"unknown setting of ppo 'learning_rat' \(did you mean 'learning_rate'\?\)"):
        choose_settings(PPOSettings, {"learning_rat": 1}, "ppo")
    with pytest.raises(GamesolveError, match="epochs"):
        choose_settings(PPOSettings, {"epochs": 0}, "ppo")


def test_a_short_rollout_of_many_episodes_learns_from_what_is_closed():
    game = load_game("pool", horizon=20)
    steps = list(ppo(game, "defender", [PLAYING, RANDOMLY], budget=6_000, settings=PPOSettings(rollout=64, memory="last")))
    assert all(np.isfinite(step.entropy) for step in steps)


@pytest.mark.parametrize("acting", [[RANDOMLY, RANDOMLY], [PLAYING, PLAYING]])
def test_whoever_is_driven_is_of_the_role(acting):
    with pytest.raises(GamesolveError, match="agents of the defender are PLAYING and no others"):
        next(ppo(load_game("kuhn"), "defender", acting, budget=1))


def test_learning_starts_from_a_network_of_the_same_role_only():
    game = load_game("kuhn")
    theirs = learn(game, "defender", [PLAYING, RANDOMLY], budget=600, settings=SMALL).policy
    with pytest.raises(GamesolveError, match="learning cannot start from a network of the defender"):
        next(ppo(game, "attacker", [RANDOMLY, PLAYING], budget=1, start=theirs))


def test_shaped_rewards_telescope_to_the_first_potential():
    # Over an episode the differences of potential add to that of its first decision, with the other sign, however it is discounted.
    game = load_game("flipit", horizon=4, discount=0.9)
    options = {"budget": 10**6, "settings": PPOSettings(batch=8, rollout=400, minibatch=64), "seed": 3, "device": "cpu"}
    learner = PPO(game, "defender", [PLAYING, RANDOMLY], potential=lambda inputs: 1.0 + inputs.sum(axis=1), **options)
    for _ in range(2):
        n, _ = learner._play()
        rollout, shaped = learner.rollout, learner._shaped(n)
        first = np.ones(n, bool)
        first[rollout.following[:n][rollout.following[:n] >= 0]] = False
        first[: learner.carried] = False
        for k in np.flatnonzero(first)[:40]:
            start, total, weight = k, 0.0, 1.0
            while k >= 0:
                total, weight = total + weight * (shaped[k] - rollout.reward[k]), weight * rollout.weight[k]
                k = rollout.following[k]
            if k == OVER:
                assert total == pytest.approx(-(1.0 + rollout.inputs[start].sum()), abs=1e-4)
        learner.carried = rollout.carry(n, learner.waiting)
