"""PPO: what it learns against opponents that can be exploited, with the exact best response as referee."""

import numpy as np
import pytest
import torch

from gamesolve import load_game
from gamesolve.base.errors import GamesolveError
from gamesolve.learners.dqn import DQN
from gamesolve.learners.learner import steps
from gamesolve.learners.ppo import PPO
from gamesolve.learners.rollout import OVER
from gamesolve.learners.settings import PPOSettings, Sizes, choose_settings
from gamesolve.learners.task import Task, others_loss, own_reward
from gamesolve.policies.features import Features
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.policies.team import TeamPolicy
from gamesolve.rules import ROLES
from gamesolve.solvers.best_response import best_response, expected_returns
from gamesolve.views.acting import PLAYING, RANDOMLY
from gamesolve.views.tree_build import build_tree, walk_tree

SMALL = PPOSettings(batch=32, rollout=512, minibatch=256)


def task(game, role, acting):
    return Task(game, role, tuple(acting), own_reward(role))


def learn(game, role, acting, **options):
    """The learner at the end of its budget, and its last step."""
    learner = PPO(task(game, role, acting), **options)
    *_, last = steps(learner)
    return learner, last


def learnt(game, role, acting, **options):
    return learn(game, role, acting, **options)[0].policy()


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
    policy = learnt(game, ROLES[role], acting, budget=200_000, seed=1)
    tree = build_tree(game)
    theirs = opponent.behaviour_on(tree)

    def worth(policy):
        own = policy.behaviour_on(tree)
        return expected_returns(tree, (own, theirs) if role == 0 else (theirs, own))[role]

    random = worth(ScriptedPolicy.named(game, ROLES[role], "random"))
    share = (max(worth(policy), worth(policy.made_greedy)) - random) / (exact - random)
    assert 0.95 <= share <= 1.0 + 1e-6


def test_a_response_to_a_mixture_learns_who_it_plays_with():
    # "Never flips" or "flips all the time", drawn anew in every episode: the defender's own flips tell it which.
    game = load_game("flipit", horizon=4, defender_information="last_move")
    members = tuple(ScriptedPolicy.named(game, "attacker", words) for words in ("never", "periodic:period=1"))
    mixture, tree = Mixture(members, np.array([0.5, 0.5])), build_tree(game)
    theirs = mixture.behaviour_on(tree)
    policy = learnt(game, "defender", [PLAYING, mixture.acting(game, 1)], budget=300_000, seed=2)
    worth = max(expected_returns(tree, (own.behaviour_on(tree), theirs))[0] for own in (policy, policy.made_greedy))
    assert worth == pytest.approx(best_response(tree, 0, theirs).value, abs=0.05)


@pytest.mark.parametrize("chosen", [{}, {"sharing": "separate"}, {"critic": "joint"}, {"observes": "team"}], ids=str)
def test_a_team_learns(chosen):
    game = load_game("attack_graph", graph="tiny", defenders=2, horizon=2)
    team = task(game, "defender", [PLAYING, PLAYING, RANDOMLY])
    first, *_, last = steps(PPO(team, budget=40_000, seed=1, settings=PPOSettings(rollout=2048, minibatch=512, **chosen)))
    assert last.mean > first.mean + 3.0 * first.standard_error


def test_the_same_seed_learns_the_same_weights_whatever_torch_drew_before():
    game = load_game("kuhn")
    options = {"budget": 3_000, "settings": SMALL}
    one = learnt(game, "defender", [PLAYING, RANDOMLY], seed=5, **options)
    torch.rand(7)
    assert learnt(game, "defender", [PLAYING, RANDOMLY], seed=5, **options) == one
    assert learnt(game, "defender", [PLAYING, RANDOMLY], seed=6, **options) != one


def test_learning_starts_from_given_weights():
    game = load_game("kuhn")
    first = learnt(game, "defender", [PLAYING, RANDOMLY], budget=2_000, settings=SMALL)
    frozen = PPOSettings(batch=32, rollout=512, minibatch=256, learning_rate=1e-30)
    again = learnt(game, "defender", [PLAYING, RANDOMLY], budget=2_000, settings=frozen, start=first, seed=9)
    np.testing.assert_allclose(again.weights[0], first.weights[0], atol=1e-6)


def test_a_strong_tie_to_the_policy_before_holds_it_back():
    game = load_game("kuhn")
    free, tied = (
        learn(game, "attacker", [RANDOMLY, PLAYING], budget=30_000, settings=PPOSettings(rollout=2048, minibatch=512, kl=kl))[1].entropy
        for kl in (0.0, 100.0)
    )
    assert tied > free + 0.1


def test_mirror_descent_goes_where_its_step_says():
    # One decision: probabilities go in proportion to exp(advantage / (entropy + kl)) from even ones, where nothing is normalised
    # or clipped (Sokota et al. 2023, eq. 11, for a magnet that is even).
    game = load_game("flipit", horizon=1, defender_cost=0.25)
    chosen = {"rollout": 4_096, "minibatch": 4_096, "epochs": 100, "learning_rate": 0.02, "anneal": False, "clip": 10.0, "gradient": 1e6}
    settings = PPOSettings(**chosen, kl=0.7, entropy=0.3, entropy_end=0.3)
    still = ScriptedPolicy.named(game, "attacker", "never").acting(game, 1)
    learner = PPO(task(game, "defender", [PLAYING, still]), budget=10**6, settings=settings)
    learner.iterate()
    waits = 1.0 / (1.0 + np.exp(-0.25 / learner.scaling.deviation))
    assert learner.policy().behaviour_on(build_tree(game)) == pytest.approx([1.0, waits, 1.0 - waits], abs=0.02)


def test_a_loss_that_is_no_number_ends_the_learning_with_the_last_good_policy():
    game, broken = load_game("kuhn"), [False]
    learner = PPO(
        task(game, "attacker", [RANDOMLY, PLAYING]),
        budget=10_000,
        settings=SMALL,
        potential=lambda inputs: inputs[:, 0] * (np.nan if broken[0] else 0.0),
    )
    learner.iterate()
    good, broken[0] = learner.policy(), True
    with pytest.raises(GamesolveError, match=r"learning broke down after .* decisions"):
        learner.iterate()
    assert learner.policy() == good


@pytest.mark.parametrize("kind", [PPO, DQN])
def test_one_rollout_is_learnt_from_even_if_it_spends_the_budget(kind):
    game = load_game("kuhn")
    learner = kind(task(game, "attacker", [RANDOMLY, PLAYING]), budget=1_000)
    before = learner.policy()
    learner.iterate()
    assert learner.decisions >= 1_000
    assert learner.policy() != before


def test_settings_are_checked():
    with pytest.raises(GamesolveError, match=r"unknown setting of ppo 'learning_rat' \(did you mean 'learning_rate'\?\)"):
        choose_settings(PPOSettings, {"learning_rat": 1}, "ppo")
    with pytest.raises(GamesolveError, match="epochs"):
        choose_settings(PPOSettings, {"epochs": 0}, "ppo")


def test_a_short_rollout_of_many_episodes_learns_from_what_is_closed():
    game = load_game("pool", horizon=20)
    learner = PPO(task(game, "defender", [PLAYING, RANDOMLY]), budget=6_000, settings=PPOSettings(rollout=64, batch=256, memory="last"))
    assert all(np.isfinite(step.entropy) for step in steps(learner))


@pytest.mark.parametrize(
    ("budget", "chosen", "rollout", "minibatch", "batch"),
    [
        (1_000, {}, 1_000, 125, 31),
        (400_000, {}, 4_000, 500, 125),
        (10**7, {}, 8_192, 1_024, 256),
        (10**7, {"rollout": 64}, 64, 16, 2),
        (10**7, {"rollout": 512, "batch": 32, "minibatch": 128}, 512, 128, 32),
    ],
)
def test_the_budget_decides_the_sizes_of_updates_where_nobody_does(budget, chosen, rollout, minibatch, batch):
    assert Sizes.of(PPOSettings(**chosen), budget) == Sizes(rollout, minibatch, batch)


@pytest.mark.parametrize("acting", [[RANDOMLY, RANDOMLY], [PLAYING, PLAYING]])
def test_whoever_is_driven_is_of_the_role(acting):
    with pytest.raises(GamesolveError, match="agents of the defender are PLAYING and no others"):
        task(load_game("kuhn"), "defender", acting)


def test_learning_starts_from_a_network_of_the_same_role_only():
    game = load_game("kuhn")
    theirs = learnt(game, "defender", [PLAYING, RANDOMLY], budget=600, settings=SMALL)
    with pytest.raises(GamesolveError, match="learning cannot start from a network of the defender"):
        PPO(task(game, "attacker", [RANDOMLY, PLAYING]), budget=1, start=theirs)


def test_shaped_rewards_telescope_to_the_first_potential():
    # Over an episode the differences of potential add to that of its first decision, with the other sign, however it is discounted.
    game = load_game("flipit", horizon=4, discount=0.9)
    options = {"budget": 10**6, "settings": PPOSettings(batch=8, rollout=400, minibatch=64), "seed": 3}
    learner = PPO(task(game, "defender", [PLAYING, RANDOMLY]), potential=lambda inputs: 1.0 + inputs.sum(axis=1), **options)
    for _ in range(2):
        carried = learner.collector.carried
        n, _ = learner.collector.collect(learner.decide)
        rollout, shaped = learner.collector.rollout, learner._shaped(n)
        first = np.ones(n, bool)
        first[rollout.following[:n][rollout.following[:n] >= 0]] = False
        first[:carried] = False
        for k in np.flatnonzero(first)[:40]:
            start, total, weight = k, 0.0, 1.0
            while k >= 0:
                total, weight = total + weight * (shaped[k] - rollout.reward[k]), weight * rollout.weight[k]
                k = rollout.following[k]
            if k == OVER:
                assert total == pytest.approx(-(1.0 + rollout.inputs[start].sum()), abs=1e-4)
        learner.collector.carry(n)


def test_separate_networks_are_a_policy_each():
    game = load_game("attack_graph", graph="tiny", defenders=2, horizon=2)
    found = learnt(game, "defender", [PLAYING, PLAYING, RANDOMLY], budget=2_000, settings=SMALL.model_copy(update={"sharing": "separate"}))
    assert isinstance(found, TeamPolicy)
    assert found.policies[0] != found.policies[1]


def test_a_central_critic_sees_everybody_and_which_opponent_was_drawn():
    game = load_game("flipit", horizon=3)
    members = tuple(ScriptedPolicy.named(game, "attacker", words) for words in ("never", "periodic:period=1", "random"))
    mixture = Mixture(members, np.array([0.2, 0.3, 0.5]))
    one = PPO(Task.against(game, "defender", mixture), budget=1_000, settings=SMALL.model_copy(update={"critic": "joint"}))
    n, _ = one.collector.collect(one.decide)
    joint = one.collector.rollout.joint[:n]
    own, theirs = Features.of(game, "defender"), Features.of(game, "attacker")
    assert joint.shape[1] == own.count + theirs.count + 3
    np.testing.assert_array_equal(joint[:, : own.count], one.collector.rollout.inputs[:n])
    assert (joint[:, -3:].sum(axis=1) == 1.0).all()
    # Who never flips has no own flip in its history.
    first = theirs.block - 2
    flipped = joint[:, own.count : -3][:, :-1].reshape(n, 3, theirs.block)[:, :, first + 1].any(axis=1)
    assert not flipped[joint[:, -3] == 1.0].any()
    assert flipped[joint[:, -2] == 1.0].any()


def test_pooled_features_are_those_of_all_members():
    game = load_game("attack_graph", graph="tiny", defenders=2, horizon=2)
    settings = SMALL.model_copy(update={"observes": "team"})
    one = PPO(task(game, "defender", [PLAYING, PLAYING, RANDOMLY]), budget=1_000, settings=settings)
    n, _ = one.collector.collect(one.decide)
    rows = one.collector.rollout.inputs[:n]
    assert (rows[:, -2:].sum(axis=1) == 1.0).all()
    assert (rows[0, :-2] == rows[1, :-2]).all()
    assert rows[0, -2:].tolist() == [1.0, 0.0]
    assert rows[1, -2:].tolist() == [0.0, 1.0]


@pytest.mark.parametrize("chosen", [{}, {"critic": "joint", "kl": 1.0, "sharing": "separate"}], ids=str)
def test_a_learner_that_is_put_down_goes_on_to_the_same_weights(chosen):
    game = load_game("pool", defenders=2, horizon=5)
    attackers = tuple(ScriptedPolicy.named(game, "attacker", words) for words in ("periodic", "greedy"))
    against = Task.against(game, "defender", Mixture(attackers, np.array([0.5, 0.5])))

    def new():
        return PPO(against, budget=20_000, settings=SMALL.model_copy(update=chosen), seed=4)

    whole, halted, resumed = new(), new(), new()
    for learner in (whole, halted):
        for _ in range(3):
            learner.iterate()
    resumed.restore({name: array.copy() for name, array in halted.state().items()})
    for _ in range(3):
        assert whole.iterate() == resumed.iterate()
    assert whole.policy() == resumed.policy()
    mine, theirs = whole.state(), resumed.state()
    assert all(np.array_equal(mine[name], theirs[name]) for name in mine)


def test_what_lowers_the_others_return_is_learnt_where_it_is_asked_for():
    game = load_game("pool", horizon=4, zero_sum=False)
    never = ScriptedPolicy.named(game, "defender", "never")
    one = PPO(Task.against(game, "attacker", never, objective=others_loss("attacker")), budget=60_000, seed=1)
    *_, last = steps(one)
    # Flipping both resources in the first two epochs costs more than it may bring, but leaves the defender next to nothing.
    assert last.mean > -3.2
