"""Learning in OpenSpiel's games, with the exact best response as referee."""

import numpy as np
import pyspiel
import pytest

from gamesolve.base.errors import GamesolveError
from gamesolve.learners.learner import steps
from gamesolve.learners.ppo import PPO
from gamesolve.learners.rollout import OVER
from gamesolve.learners.settings import PPOSettings
from gamesolve.learners.task import Task, others_loss
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.openspiel_asked import uniform_policy
from gamesolve.policies.openspiel_network import OpenSpielNetwork
from gamesolve.policies.tabular import TabularPolicy
from gamesolve.policies.tensors import Tensors
from gamesolve.solve import solve
from gamesolve.solvers.best_response import best_response, expected_returns, uniform
from gamesolve.views.openspiel_tree import tree_from_openspiel
from gamesolve.views.turn_based import TurnBased

LEDUC = "leduc_poker(suit_isomorphism=True)"
GOOFSPIEL = "goofspiel(imp_info=True,num_cards=3,points_order=descending)"
SMALL = PPOSettings(batch=32, rollout=512, minibatch=256)
#: More updates than by default: these games are small.
FRESH = PPOSettings(rollout=2048, minibatch=512)


def random_policy(name, role):
    return uniform_policy(TurnBased.of(pyspiel.load_game(name)), str(role))


def always(tree, role, action):
    """The table that chooses an action wherever it is legal, and the first one elsewhere."""
    d = tree.decisions[role]
    behaviour = np.zeros(d.sequences)
    behaviour[0] = 1.0
    for a, b in zip(d.first, d.first[1:], strict=False):
        behaviour[a + (d.action[a:b] == action).argmax()] = 1.0
    return TabularPolicy.from_tree(tree, role, behaviour)


def learn(name, role, opponent, **options):
    """The policy learnt, and the last step."""
    learner = PPO(Task.against(pyspiel.load_game(name), str(role), opponent, objective=options.pop("objective", None)), **options)
    *_, last = steps(learner)
    return learner.policy(), last


def share(tree, role, policy, theirs):
    """How much of what the exact response gains over random play a policy gains, drawn or greedy."""

    def worth(own):
        return expected_returns(tree, (own, theirs) if role == 0 else (theirs, own))[role]

    exact, random = best_response(tree, role, theirs).value, worth(uniform(tree.decisions[role]))
    found = max(worth(one.behaviour_on(tree)) for one in (policy, policy.made_greedy))
    return (found - random) / (exact - random)


@pytest.mark.parametrize(
    ("name", "role", "budget"),
    [
        ("kuhn_poker", 0, 40_000),
        pytest.param("kuhn_poker", 1, 40_000, marks=pytest.mark.slow),
        pytest.param("leduc_poker", 0, 600_000, marks=pytest.mark.slow),
        ("leduc_poker", 1, 100_000),
        pytest.param("liars_dice(numdice=1,dice_sides=4)", 1, 200_000, marks=pytest.mark.slow),
        (GOOFSPIEL, 1, 40_000),
    ],
)
def test_a_response_earns_nearly_what_the_exact_one_does(name, role, budget):
    tree = tree_from_openspiel(name)
    settings = FRESH if budget < 100_000 else FRESH.model_copy(update={"rollout": 4096})
    policy, _ = learn(name, role, random_policy(name, 1 - role), budget=budget, seed=1, settings=settings)
    assert 0.95 <= share(tree, role, policy, uniform(tree.decisions[1 - role])) <= 1.0 + 1e-6


def test_a_response_to_an_equilibrium_loses_nothing():
    tree = tree_from_openspiel("kuhn_poker")
    _, opponent = solve(tree, gap=1e-9).policies
    policy, _ = learn("kuhn_poker", 0, opponent, budget=40_000, seed=1, settings=FRESH)
    theirs = opponent.behaviour_on(tree)
    found = max(expected_returns(tree, (one.behaviour_on(tree), theirs))[0] for one in (policy, policy.made_greedy))
    assert found == pytest.approx(-1.0 / 18.0, abs=0.01)


def test_a_response_to_a_mixture_learns_who_it_plays_with():
    # Bids its highest card first or its lowest, drawn anew in every episode: the first round tells which.
    tree = tree_from_openspiel(GOOFSPIEL)
    mixture = Mixture((always(tree, 1, 2), always(tree, 1, 0)), np.array([0.5, 0.5]))
    policy, _ = learn(GOOFSPIEL, 0, mixture, budget=40_000, seed=1, settings=FRESH)
    assert 0.95 <= share(tree, 0, policy, mixture.behaviour_on(tree)) <= 1.0 + 1e-6
    # The answer to either, which does not ask who it is, earns half as much.
    for one in mixture.policies:
        answer = best_response(tree, 0, one.behaviour_on(tree)).behaviour
        assert expected_returns(tree, (answer, mixture.behaviour_on(tree)))[0] == pytest.approx(0.5)


def test_networks_learnt_are_opponents_in_turn():
    tree = tree_from_openspiel("kuhn_poker")
    first, _ = learn("kuhn_poker", 0, random_policy("kuhn_poker", 1), budget=20_000, seed=1, settings=FRESH)
    mixture = Mixture((first, first.made_greedy), np.array([0.5, 0.5]))
    second, _ = learn("kuhn_poker", 1, mixture, budget=40_000, seed=2, settings=FRESH)
    assert share(tree, 1, second, mixture.behaviour_on(tree)) >= 0.95


@pytest.mark.parametrize(
    ("role", "objective", "wanted"), [(0, None, "1"), (1, None, "1"), (0, others_loss("0"), "1"), (0, (1.0, 1.0), "0")]
)
def test_in_a_general_sum_game_everyone_maximises_what_it_is_asked_to(role, objective, wanted):
    # The prisoner's dilemma: to defect (1) pays, and hurts the other; to cooperate (0) is best for both together.
    policy, _ = learn("matrix_pd", role, random_policy("matrix_pd", 1 - role), budget=6_000, settings=SMALL, objective=objective)
    state = policy.game.played.new_initial_state()
    if role == 1:
        state.apply_action(0)
    chances = policy.made_greedy.action_probabilities(state)
    assert {str(action) for action, p in chances.items() if p == 1.0} == {wanted}


def test_a_game_that_pays_both_is_learnt():
    # Bargaining: who faces a random partner learns to ask for more than random play gets.
    first, *_, last = steps(PPO(task("bargaining", "1"), budget=40_000, seed=1))
    assert last.mean > first.mean + 3.0 * first.standard_error


def task(name, role, opponent=None):
    game = pyspiel.load_game(name)
    return Task.against(game, role, opponent or random_policy(name, 1 - int(role)))


def test_the_same_seed_learns_the_same_weights():
    one, two, other = (learn("kuhn_poker", 1, random_policy("kuhn_poker", 0), budget=3_000, settings=SMALL, seed=s)[0] for s in (5, 5, 6))
    assert isinstance(one, OpenSpielNetwork)
    assert one == two
    assert one != other


@pytest.mark.parametrize("chosen", [{}, {"critic": "joint", "kl": 1.0}], ids=str)
def test_a_learner_that_is_put_down_goes_on_to_the_same_weights(chosen):
    tree = tree_from_openspiel(LEDUC)
    against = task(LEDUC, "0", Mixture((always(tree, 1, 2), random_policy(LEDUC, 1)), np.array([0.5, 0.5])))

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


def test_learning_starts_from_given_weights():
    first, _ = learn("kuhn_poker", 0, random_policy("kuhn_poker", 1), budget=2_000, settings=SMALL)
    frozen = SMALL.model_copy(update={"learning_rate": 1e-30})
    again, _ = learn("kuhn_poker", 0, random_policy("kuhn_poker", 1), budget=2_000, settings=frozen, start=first, seed=9)
    np.testing.assert_allclose(again.weights[0], first.weights[0], atol=1e-6)
    with pytest.raises(
        GamesolveError,
        match=r"cannot start from a network of the 0 of openspiel:kuhn_poker.* the 1 of openspiel:kuhn_poker",
    ):
        PPO(task("kuhn_poker", "1"), budget=1, start=first)


@pytest.mark.parametrize("name", [LEDUC, GOOFSPIEL])
def test_decisions_have_choices_and_their_rewards_add_to_the_returns(name):
    ppo = PPO(task(name, "1"), budget=10**6, settings=PPOSettings(batch=8, rollout=400, minibatch=64), seed=3)
    n, finished = ppo.collector.collect(ppo.decide)
    rollout = ppo.collector.rollout
    assert (rollout.masks[:n].sum(axis=1) > 1).all()
    assert rollout.masks[np.arange(n), rollout.action[:n]].all()
    assert n <= ppo.decisions
    # Player 1 of these games decides in every episode, so that chains of decisions are the episodes.
    first = np.ones(n, bool)
    first[rollout.following[:n][rollout.following[:n] >= 0]] = False
    earned = []
    for k in np.flatnonzero(first):
        total = 0.0
        while k >= 0:
            total, k = total + rollout.reward[k], rollout.following[k]
        earned += [total] if k == OVER else []
    assert sorted(earned) == pytest.approx(sorted(finished), abs=1e-4)
    assert len(earned) > 10


@pytest.mark.parametrize("name", ["leduc_poker", GOOFSPIEL, "bargaining"])
def test_a_central_critic_sees_what_both_know_and_which_opponent_was_drawn(name):
    mixture = Mixture((random_policy(name, 1), random_policy(name, 1)), np.array([0.3, 0.7]))
    one = PPO(task(name, "0", mixture), budget=1_000, settings=SMALL.model_copy(update={"critic": "joint"}))
    own, theirs = Tensors.of(one.task.game, "0"), Tensors.of(one.task.game, "1")
    assert one.arena.joint_inputs == own.count + theirs.count + 2
    one.arena.play()
    rows, _ = one.arena.gather()
    states = [one.arena._batch.states[b] for b in rows]
    joint = np.full((len(rows), one.arena.joint_inputs), -1.0, np.float32)
    one.arena.see_all(rows, joint)
    np.testing.assert_array_equal(joint[:, : own.count], own.shown(states))
    np.testing.assert_array_equal(joint[:, own.count : -2], theirs.shown(states))
    np.testing.assert_array_equal(joint[:, -2:].argmax(axis=1), one.arena._batch.drawn(1)[rows])
    assert (joint[:, -2:].sum(axis=1) == 1.0).all()


def test_a_game_of_perfect_information_is_learnt_from_what_stands_on_the_board():
    settings = FRESH.model_copy(update={"memory": "last", "entropy": 0.05})
    policy, step = learn("tic_tac_toe", 0, random_policy("tic_tac_toe", 1), budget=30_000, settings=settings)
    assert policy.features.memory == "last"
    # Random play earns .30 (Schaeffer: it wins .585 and loses .288 of its games).
    assert step.mean > 0.4


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("kuhn_poker(players=3)", "has 3 players"),
        ("negotiation", "can only be sampled"),
    ],
)
def test_a_game_that_cannot_be_learnt_is_refused_in_one_sentence(name, words):
    with pytest.raises(GamesolveError, match=words):
        PPO(Task.against(pyspiel.load_game(name), "0", random_policy("tic_tac_toe", 1)), budget=1)


def test_an_unknown_role_or_another_games_opponent_is_refused():
    game = pyspiel.load_game("kuhn_poker")
    with pytest.raises(GamesolveError, match="role 'defender' is unknown; roles are 0, 1"):
        Task.against(game, "defender", random_policy("kuhn_poker", 1))
    with pytest.raises(GamesolveError, match=r"a policy for openspiel:leduc_poker\(.* cannot be used in openspiel:kuhn_poker\(players=2\)"):
        Task.against(game, "0", random_policy(LEDUC, 1))
    with pytest.raises(GamesolveError, match=r"policy of agent 0 cannot be followed by agent 1"):
        Task.against(game, "0", random_policy("kuhn_poker", 0))
