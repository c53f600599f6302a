"""Tabular Q-learning: what it learns against the exact best response, and how a team's agents find each other."""

import numpy as np
import pyspiel
import pytest
from coordination import CLIMBING, matrix_game

from gamesolve import load_game
from gamesolve.base.errors import GamesolveError, TooLargeError
from gamesolve.learners.candidates import played
from gamesolve.learners.learner import steps
from gamesolve.learners.registry import make_learner
from gamesolve.learners.settings import TabularSettings
from gamesolve.learners.tabular import TabularQ
from gamesolve.learners.tabular_loop import back_up, begin, choose
from gamesolve.learners.task import Task, own_reward
from gamesolve.policies.files import load_policy, save_policy
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.openspiel_asked import uniform_policy
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.policies.team import TeamPolicy
from gamesolve.rules import ROLES
from gamesolve.solvers.best_response import best_response, expected_returns
from gamesolve.views.acting import PLAYING, RANDOMLY
from gamesolve.views.tree_build import build_tree
from gamesolve.views.turn_based import TurnBased


def against(name, role, words="random", **parameters):
    game = load_game(name, **parameters)
    return Task.against(game, role, ScriptedPolicy.named(game, ROLES[1 - ROLES.index(role)], words))


def learn(task, **options):
    chosen = options.pop("settings", {})
    learner = TabularQ(task, settings=TabularSettings(**chosen), **options)
    for _ in steps(learner):
        pass
    return learner


@pytest.mark.parametrize(
    ("name", "parameters", "role", "words", "budget", "least"),
    [
        ("kuhn", {}, 0, "random", 100_000, 0.99),
        ("kuhn", {}, 1, "random", 100_000, 0.99),
        ("flipit", {"horizon": 6}, 1, "periodic:period=3", 100_000, 0.99),
        ("inspection", {}, 1, "even", 100_000, 0.95),
        ("stopping", {}, 0, "random", 300_000, 0.99),
        ("leduc", {}, 0, "random", 1_000_000, 0.95),
        pytest.param("leduc", {}, 0, "random", 20_000_000, 0.99, marks=pytest.mark.slow),
        pytest.param("stopping", {}, 1, "random", 5_000_000, 0.995, marks=pytest.mark.slow),
    ],
)
def test_a_response_earns_nearly_what_the_exact_one_does(name, parameters, role, words, budget, least):
    game = load_game(name, **parameters)
    opponent = ScriptedPolicy.named(game, ROLES[1 - role], words)
    policy = learn(Task.against(game, ROLES[role], opponent), budget=budget, seed=1).policy()
    tree = build_tree(game)
    theirs = opponent.behaviour_on(tree)

    def worth(policy):
        own = policy.behaviour_on(tree)
        return expected_returns(tree, (own, theirs) if role == 0 else (theirs, own))[role]

    random = worth(ScriptedPolicy.named(game, ROLES[role], "random"))
    share = (worth(policy) - random) / (best_response(tree, role, theirs).value - random)
    assert least <= share <= 1.0 + 1e-6


def test_joint_action_learners_find_what_independent_ones_no_longer_see():
    # While both explored, the middle was worst; once the other keeps to the third, it is best. Who learns values of joint
    # actions knows that at once; who learns alone holds the old value against it.
    task = Task(matrix_game(steps=1), "defender", (PLAYING, PLAYING, RANDOMLY), own_reward("defender"))
    found = {True: [], False: []}
    for joint in found:
        for seed in range(5):
            settings = {"joint": joint, "batch": 16, "rollout": 512}
            team = learn(task, budget=40_000, settings=settings, seed=seed).policy()
            row, column = (int(one.action[1 + one.probability[1:].argmax()]) for one in team.policies)
            found[joint].append(CLIMBING[row][column])
    assert found == {True: [7.0] * 5, False: [5.0] * 5}


def test_values_of_joint_actions_are_the_matrix_and_beliefs_what_the_others_do():
    task = Task(matrix_game(steps=1), "defender", (PLAYING, PLAYING, RANDOMLY), own_reward("defender"))
    settings = {"joint": True, "batch": 16, "rollout": 512, "epsilon_end": 1.0, "power": 1.0}
    row, column = learn(task, budget=40_000, settings=settings).tables
    np.testing.assert_allclose(row.pages.value[:3], CLIMBING)
    np.testing.assert_allclose(column.pages.value[:3], np.transpose(CLIMBING))
    np.testing.assert_allclose(row.pages.rest[0], 1 / 3, atol=0.02)


@pytest.mark.parametrize("joint", [False, True])
@pytest.mark.parametrize(
    ("name", "parameters", "words", "least"),
    [("attack_graph", {"graph": "tiny", "horizon": 2}, "random", -0.1), ("pool", {"horizon": 5}, "periodic", 7.3)],
)
def test_a_team_learns_nearly_what_it_can(name, parameters, words, least, joint):
    # The random teams earn -1.67 and 3.44; the best found by any learner earned -.025 and 8.24.
    game = load_game(name, defenders=2, **parameters)
    opponent = ScriptedPolicy.named(game, "attacker", words)
    policy = learn(Task.against(game, "defender", opponent), budget=200_000, seed=1, settings={"joint": joint}).policy()
    assert isinstance(policy, TeamPolicy)
    returns = played(game, {"defender": policy, "attacker": opponent}, episodes=2_000, seed=7)[:, 0]
    assert returns.mean() > least


def small(joint=False, **parameters):
    """A learner of flipit, one row, to be led by hand; its first two histories have two choices each."""
    task = against("flipit", "defender", horizon=2, **parameters)
    learner = TabularQ(task, budget=10**6, settings=TabularSettings(batch=1, joint=joint))
    (table,) = learner.tables
    for h in range(2):
        begin(table.pages, h, np.ones(2, np.uint8))
    return learner, table.pages


def entered(learner, choices, explored, rewards, weights):
    """Put down an episode of two decisions, an epoch each, that is over."""
    trail, place = learner._trail, learner._place
    for t in range(2):
        trail.history[t], trail.choice[t], trail.explored[t] = t, choices[t], explored[t]
        trail.reward[t], trail.weight[t], trail.epochs[t] = rewards[t], weights[t], 1
    place.length[0, 0] = 2


def backed_up(learner, **options):
    back_up(learner.tables[0].pages, learner._trail, learner._place, 0, 0, np.ones(1, bool), *options.values())


def test_what_is_backed_up_is_the_target_computed_by_hand():
    learner, pages = small()
    entered(learner, [0, 2], [False, False], [1.0, 4.0], [0.5, 0.5])
    backed_up(learner, trace=0.25, power=1.0, least=0.0)
    assert pages.value[:4, 0].tolist() == [1.0 + 0.5 * 4.0, 0.0, 4.0, 0.0]
    # The other choice at the second history, an exploring one, earns less: what comes before hears of the best only.
    entered(learner, [0, 3], [False, True], [1.0, 2.0], [0.5, 0.5])
    backed_up(learner, trace=0.25, power=1.0, least=0.0)
    assert pages.value[:4, 0].tolist() == [3.0, 0.0, 4.0, 2.0]
    # The same choice as at first brings 8: its value rises to the mean 6, and a quarter of the 8 is passed on.
    entered(learner, [0, 2], [False, False], [1.0, 8.0], [0.5, 0.5])
    backed_up(learner, trace=0.25, power=1.0, least=0.0)
    target = 1.0 + 0.5 * (0.25 * 8.0 + 0.75 * 6.0)
    assert pages.value[:4, 0].tolist() == [3.0 + (target - 3.0) / 3, 0.0, 6.0, 2.0]
    assert pages.visits[:4, 0].tolist() == [3, 0, 2, 1]
    # A step size that does not fall below a half.
    entered(learner, [0, 2], [False, False], [0.0, 0.0], [0.5, 0.5])
    backed_up(learner, trace=0.25, power=1.0, least=0.5)
    assert pages.value[2, 0] == 3.0


def test_a_pick_within_an_epoch_takes_no_time():
    learner, pages = small()
    entered(learner, [0, 2], [False, False], [0.0, 4.0], [1.0, 0.5])
    backed_up(learner, trace=0.0, power=1.0, least=0.0)
    entered(learner, [0, 2], [False, False], [0.0, 8.0], [1.0, 0.5])
    learner._trail.epochs[0] = 0
    backed_up(learner, trace=0.0, power=1.0, least=0.0)
    # As if the first pick had been the second: the 8 itself, not the mean of 4 and 8.
    assert pages.value[[0, 2], 0].tolist() == [6.0, 6.0]


def test_untried_choices_come_first_then_the_best_and_now_and_then_any():
    learner, pages = small()
    rows = learner.simulator.rows
    pages.filled[0] = 0

    def chosen(epsilon, tries, times=400):
        found = []
        for _ in range(times):
            place, tally = learner._place, np.zeros(3, np.int64)
            place.history[:], place.own[:], place.length[:] = -1, -1, 0
            choose(
                pages, learner._trail, place, 0, 0, rows["masks"], rows["signals"], rows["streams"], rows["actions"], epsilon, tries, tally
            )
            assert tally.tolist() == [0, 0, 1]
            found.append((int(rows["actions"][0, 0]), bool(learner._trail.explored[0])))
        return found

    _, known = chosen(0.0, 0, times=1)[0]
    assert known  # Nothing is known, so whatever is done explores.
    first = int(pages.first[0])
    pages.rest[0] = 1.0
    pages.visits[first], pages.value[first] = 1, 5.0
    assert set(chosen(0.0, 0)) == {(0, False)}
    assert set(chosen(0.0, 1)) == {(1, True)}
    assert set(chosen(0.0, 2)) == {(0, False)}
    pages.visits[first + 1], pages.value[first + 1] = 3, 6.0
    assert set(chosen(0.0, 1)) == {(1, False)}
    some = chosen(0.5, 0, times=4_000)
    assert {(0, True), (1, False)} == set(some)
    assert np.mean([action for action, _ in some]) == pytest.approx(0.75, abs=0.03)


def test_the_same_seed_learns_the_same_table():
    task, options = against("leduc", "defender"), {"budget": 30_000}
    one = learn(task, seed=5, **options).policy()
    assert learn(task, seed=5, **options).policy() == one
    assert learn(task, seed=6, **options).policy() != one


@pytest.mark.parametrize("joint", [False, True])
def test_a_learner_that_is_put_down_goes_on_to_the_same_table(joint):
    game = load_game("pool", defenders=2, horizon=5)
    attackers = tuple(ScriptedPolicy.named(game, "attacker", words) for words in ("periodic", "greedy"))
    task = Task.against(game, "defender", Mixture(attackers, np.array([0.5, 0.5])))

    def new():
        return TabularQ(task, budget=60_000, settings=TabularSettings(batch=32, rollout=4_000, joint=joint), seed=4)

    whole, halted, resumed = new(), new(), new()
    for learner in (whole, halted):
        for _ in range(5):
            learner.iterate()
    resumed.restore({name: array.copy() for name, array in halted.state().items()})
    for _ in range(5):
        assert whole.iterate() == resumed.iterate()
    assert whole.policy() == resumed.policy()
    mine, theirs = whole.state(), resumed.state()
    assert mine.keys() == theirs.keys()
    assert all(np.array_equal(mine[name], theirs[name]) for name in mine)


@pytest.mark.parametrize(("name", "parameters"), [("leduc", {}), ("pool", {"defenders": 2, "horizon": 4})])
def test_a_learnt_table_is_kept_in_a_file_and_plays_the_same(tmp_path, name, parameters):
    task = against(name, "defender", **parameters)
    policy = learn(task, budget=20_000).policy()
    save_policy(policy, tmp_path / "policy")
    again = load_policy(tmp_path / "policy")
    assert again == policy
    random = ScriptedPolicy.named(task.game, "attacker", "random")
    one, two = (played(task.game, {"defender": p, "attacker": random}, episodes=200, seed=3) for p in (policy, again))
    np.testing.assert_array_equal(one, two)


def test_a_table_plays_what_it_says_on_the_tree():
    task = against("leduc", "defender")
    policy, tree = learn(task, budget=60_000).policy(), build_tree(task.game)
    random = ScriptedPolicy.named(task.game, "attacker", "random")
    exact = expected_returns(tree, (policy.behaviour_on(tree), random.behaviour_on(tree)))[0]
    returns = played(task.game, {"defender": policy, "attacker": random}, episodes=20_000, seed=3)[:, 0]
    assert abs(returns.mean() - exact) < 4.0 * returns.std() / len(returns) ** 0.5


def test_steps_tell_what_was_earned_and_how_much_was_left_to_chance():
    learner = TabularQ(against("kuhn", "defender"), budget=100_000, seed=1)
    first, *_, last = steps(learner)
    assert first.entropy == pytest.approx(np.log(2.0))
    assert last.entropy < 0.2
    assert first.mean == pytest.approx(0.125, abs=4.0 * first.standard_error)
    assert last.mean == pytest.approx(0.5, abs=0.05 + 4.0 * last.standard_error)
    assert last.episodes > 1_000
    assert learner.histories < 20


def test_a_table_that_would_be_too_large_is_refused():
    task = against("pool", "defender", horizon=12)
    with pytest.raises(TooLargeError, match=r"the table of .* of pool.* takes \d+ MB after [\d,]+ histories, more than 1; raise megabytes"):
        learn(task, budget=10**7, settings={"megabytes": 1})


def test_tables_are_learnt_from_nothing():
    task = against("kuhn", "defender")
    policy = learn(task, budget=1_000).policy()
    with pytest.raises(GamesolveError, match="tables are learnt from nothing"):
        make_learner("tabular", task, budget=1_000, start=policy)


def test_a_game_without_a_horizon_has_no_table():
    task = against("flipit", "defender", horizon=0, discount=0.9)
    with pytest.raises(GamesolveError, match="has no horizon; a table of histories needs one"):
        TabularQ(task, budget=1_000)


def test_tables_are_for_games_of_ours():
    game = pyspiel.load_game("kuhn_poker")
    task = Task.against(game, "0", uniform_policy(TurnBased.of(game), "1"))
    with pytest.raises(
        GamesolveError, match=r"tables are learnt in gamesolve's own games; in openspiel:kuhn_poker\(players=2\) learn by a network"
    ):
        TabularQ(task, budget=1_000)
