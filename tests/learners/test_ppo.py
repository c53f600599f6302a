"""PPO: what it learns against opponents that can be exploited, with the exact best response as referee."""

import numpy as np
import pytest
import torch

from gamesolve import load_game
from gamesolve.base.errors import GamesolveError
from gamesolve.learners.ppo import ppo
from gamesolve.learners.settings import PPOSettings, choose_settings
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.rules import ROLES
from gamesolve.solvers.best_response import best_response, expected_returns
from gamesolve.views.acting import PLAYING, RANDOMLY, Drawn
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
    # Against "never flips" or "flips all the time", drawn anew each episode, the first steps tell.
    game = load_game("flipit", horizon=4, defender_information="last_move")
    ways = tuple(ScriptedPolicy.named(game, "attacker", words).acting(game, 1) for words in ("never", "periodic:period=1"))
    learnt = learn(game, "defender", [PLAYING, Drawn(ways, np.array([0.5, 0.5]))], budget=40_000, seed=2)
    assert np.isfinite(learnt.mean)
    assert learnt.mean > -1.0


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


def test_a_potential_changes_no_return_of_what_is_learnt():
    game = load_game("kuhn")
    shaped = learn(game, "attacker", [RANDOMLY, PLAYING], budget=120_000, seed=1, potential=lambda inputs: 5.0 * inputs[:, 0])
    assert shaped.mean > 0.3


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
