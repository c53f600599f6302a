"""PPO with networks that remember: what they are fed and learn from, and the exact best response as referee."""

import numpy as np
import pytest
import torch

from gamesolve import load_game
from gamesolve.base.errors import GamesolveError
from gamesolve.learners.dqn import DQN
from gamesolve.learners.learner import steps
from gamesolve.learners.ppo import PPO
from gamesolve.learners.settings import PPOSettings
from gamesolve.learners.task import Task
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.policies.team import TeamPolicy
from gamesolve.solvers.best_response import best_response, expected_returns
from gamesolve.views.simulator import simulate
from gamesolve.views.tree_build import build_tree

SMALL = PPOSettings(batch=32, rollout=512, minibatch=256, memory="recurrent", recurrent=16, hidden=(16,))


def mixture(game, role, *words):
    members = tuple(ScriptedPolicy.named(game, role, named) for named in words)
    return Mixture(members, np.full(len(members), 1 / len(members)))


def small(**chosen):
    return PPOSettings(**{**SMALL.model_dump(), **chosen})


def random_attack(game):
    return ScriptedPolicy.named(game, "attacker", "random")


def test_a_response_to_a_mixture_learns_who_it_plays_with():
    # "Never flips" or "flips all the time", drawn anew in every episode: the defender's own flips tell it which.
    game = load_game("flipit", horizon=4, defender_information="last_move")
    opponent, tree = mixture(game, "attacker", "never", "periodic:period=1"), build_tree(game)
    theirs = opponent.behaviour_on(tree)
    learner = PPO(Task.against(game, "defender", opponent), budget=300_000, seed=2, settings=PPOSettings(memory="recurrent"))
    for _ in steps(learner):
        pass
    policy = learner.policy()
    worth = max(expected_returns(tree, (own.behaviour_on(tree), theirs))[0] for own in (policy, policy.made_greedy))
    assert worth == pytest.approx(best_response(tree, 0, theirs).value, abs=0.05)


CHOSEN = [{}, {"critic": "joint"}, {"sharing": "separate"}, {"critic": "joint", "sharing": "separate", "kl": 1.0}, {"observes": "team"}]


@pytest.mark.parametrize("chosen", CHOSEN, ids=str)
@pytest.mark.parametrize(
    ("name", "parameters"),
    [("pool", {"defenders": 2, "horizon": 5}), ("attack_graph", {"graph": "tiny", "defenders": 2, "horizon": 3}), ("kuhn", {})],
)
def test_what_is_evaluated_when_learning_is_what_was_played(name, parameters, chosen):
    game = load_game(name, **parameters)
    learner = PPO(Task.against(game, "defender", random_attack(game)), budget=10**6, settings=small(**chosen), seed=3)
    for _ in range(3):
        n, _ = learner.collector.collect(learner.decide, look=learner.actor_critic.look)
        r = learner.collector.rollout
        learner.actor_critic.study(np.arange(n))
        seen = torch.zeros(n)
        for part in learner.actor_critic.parts(100):
            logits, values = learner.actor_critic.evaluate(part)
            masks = torch.from_numpy(r.masks[part])
            log_p = torch.log_softmax(torch.where(masks, logits, -1e9), dim=1).gather(1, torch.from_numpy(r.action[part])[:, None])[:, 0]
            np.testing.assert_allclose(log_p.detach(), r.log_probability[part], atol=1e-4)
            np.testing.assert_allclose(learner.scaling.unscaled(values.detach().numpy()), r.value[part], atol=1e-4)
            seen[part] += 1
        assert (seen == 1).all()
        learner.collector.carry(n)
        learner.actor_critic.carry()
        assert len(learner.actor_critic._begins) <= game.steps


def test_what_is_played_when_learning_is_what_the_policy_says():
    game = load_game("attack_graph", graph="tiny", defenders=2, horizon=3)
    learner = PPO(Task.against(game, "defender", random_attack(game)), budget=10**6, settings=SMALL, seed=3)
    policy, checked = learner.policy(), []
    ways = [policy.acting(game, i).ask for i in (0, 1)]

    def decide(part, rows, members):
        learner.decide(part, rows, members)
        r, recall = learner.collector.rollout, learner.arena._recall
        for k, (row, m) in enumerate(zip(rows, members, strict=True), start=part.start):
            own = len(game.agents[m].actions)
            p = ways[m](recall, recall.place(m), np.array([row]), r.masks[k : k + 1, :own])[0]
            checked.append(p[r.action[k]] - np.exp(r.log_probability[k]))

    learner.collector.collect(decide, look=learner.actor_critic.look)
    assert np.abs(checked).max() < 1e-5
    assert len(checked) > 400


@pytest.mark.parametrize("chosen", CHOSEN, ids=str)
def test_a_team_learns(chosen):
    game = load_game("attack_graph", graph="tiny", defenders=2, horizon=2)
    settings = PPOSettings(rollout=2048, minibatch=512, memory="recurrent", **chosen)
    learner = PPO(Task.against(game, "defender", random_attack(game)), budget=40_000, seed=1, settings=settings)
    first, *_, last = steps(learner)
    assert last.mean > first.mean + 3.0 * first.standard_error
    assert isinstance(learner.policy(), TeamPolicy) == (chosen.get("sharing") == "separate")


@pytest.mark.parametrize("chosen", [{}, {"critic": "joint", "kl": 1.0, "sharing": "separate"}], ids=str)
def test_a_learner_that_is_put_down_goes_on_to_the_same_weights(chosen):
    game = load_game("pool", defenders=2, horizon=5)
    against = Task.against(game, "defender", mixture(game, "attacker", "periodic", "greedy"))

    def new():
        return PPO(against, budget=20_000, settings=small(**chosen), seed=4)

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


def test_the_same_seed_learns_the_same_weights():
    game = load_game("kuhn")

    def learnt(seed):
        learner = PPO(Task.against(game, "defender", random_attack(game)), budget=3_000, settings=SMALL, seed=seed)
        for _ in steps(learner):
            pass
        return learner.policy()

    assert learnt(5) == learnt(5)
    assert learnt(5) != learnt(6)


def test_learning_starts_from_given_weights_of_the_same_kind():
    game = load_game("kuhn")
    task = Task.against(game, "defender", random_attack(game))
    first = PPO(task, budget=2_000, settings=SMALL, seed=1).policy()
    assert PPO(task, budget=2_000, settings=SMALL, seed=2, start=first).policy() == first
    with pytest.raises(GamesolveError, match=r"memory 'recurrent' and layers .* has memory 'history'"):
        PPO(task, budget=1, start=first)


def test_a_loss_that_is_no_number_ends_the_learning():
    game = load_game("kuhn")
    learner = PPO(
        Task.against(game, "defender", random_attack(game)), budget=10_000, settings=SMALL, potential=lambda inputs: inputs[:, 0] * np.nan
    )
    with pytest.raises(GamesolveError, match=r"learning broke down after .* decisions"):
        for _ in steps(learner):
            pass


def test_a_central_critic_of_those_who_remember_is_shown_every_step():
    game = load_game("flipit", horizon=3)
    opponent = mixture(game, "attacker", "never", "periodic:period=1")
    learner = PPO(Task.against(game, "defender", opponent), budget=1_000, settings=small(critic="joint"))
    learner.collector.collect(learner.decide, look=learner.actor_critic.look)
    learner.actor_critic.study(np.arange(10))
    own, joint = learner.actor_critic._acting._inputs[:, :, 0], learner.actor_critic._judging._inputs[:, :, 0]
    assert joint.shape[2] == learner.arena.joint_inputs
    np.testing.assert_array_equal(joint[:, :, : own.shape[2]], own)
    never, periodic, flipped = joint[:, :, -2] == 1.0, joint[:, :, -1] == 1.0, joint[:, :, -4] == 1.0
    assert (never ^ periodic).all()
    assert flipped[periodic].any()
    assert not flipped[never].any()


def test_a_learner_whose_networks_do_not_remember_acts_from_the_present_where_the_history_is_long():
    game = load_game("cage2", horizon=30)
    learner = DQN(Task.against(game, "defender", ScriptedPolicy.named(game, "attacker", "b_line")), budget=100)
    assert learner.policy().features.memory == "last"


def test_a_long_game_is_learnt():
    game = load_game("attack_graph", horizon=50)
    settings = PPOSettings(batch=64, rollout=4096, minibatch=1024)
    learner = PPO(Task.against(game, "defender", random_attack(game)), budget=40_000, settings=settings, seed=1)
    assert learner.features.memory == "recurrent"
    for _ in steps(learner):
        pass
    learnt, random = (
        simulate(game, [own.acting(game, 0), random_attack(game).acting(game, 1)], episodes=400, seed=2)
        for own in (learner.policy(), ScriptedPolicy.named(game, "defender", "random"))
    )
    assert learnt.mean[0] > random.mean[0] + 3.0 * random.standard_error[0]
