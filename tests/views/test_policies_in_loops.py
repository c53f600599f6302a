"""Policies inside compiled loops: walked, simulated and turned into tables, they earn the same."""

import itertools

import numpy as np
import pytest
from sample_trees import random_behaviour
from toy import toy

from gamesolve import load_game
from gamesolve.base.errors import GamesolveError
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.policies.tabular import TabularPolicy
from gamesolve.rules import ROLES, Scripted, Settings, record, rule
from gamesolve.rules.scripted import RANDOM
from gamesolve.solvers.best_response import best_response, expected_returns
from gamesolve.views.acting import PLAYING, RANDOMLY, Drawn, scripted_acting
from gamesolve.views.simulator import Simulator, simulate
from gamesolve.views.tree_build import build_tree, walk_tree

GAMES = [
    ("kuhn", {}),
    ("inspection", {}),
    ("flipit", {"horizon": 3, "defender_information": "last_move", "zero_sum": False, "discount": 0.9}),
    ("stopping", {}),
]
games = pytest.mark.parametrize(("name", "chosen"), GAMES)
EPISODES = 4_000


def scripted(game, role):
    return [ScriptedPolicy.named(game, role, p.name) for p in (*RANDOM, *game.policies) if p.role == role]


def acting_of(game, policies):
    return [policy.acting(game, i) for i, policy in enumerate(policies)]


def walked(game, acting):
    """Exact returns of both roles when everyone follows a policy."""
    return expected_returns(walk_tree(game, acting), (np.ones(1), np.ones(1)))


@games
def test_scripted_policies_earn_on_average_what_the_walk_says(name, chosen):
    game = load_game(name, **chosen)
    for pair in itertools.product(scripted(game, "defender"), scripted(game, "attacker")):
        acting = acting_of(game, pair)
        exact, found = walked(game, acting), simulate(game, acting, episodes=EPISODES, seed=17)
        assert (np.abs(found.mean - exact) <= 4.0 * found.standard_error + 1e-9).all(), [p.name for p in pair]


@games
def test_scripted_policies_earn_on_the_full_tree_what_the_walk_says(name, chosen):
    game = load_game(name, **chosen)
    tree = build_tree(game)
    behaviours = {role: [(p, p.behaviour_on(tree)) for p in scripted(game, role)] for role in ROLES}
    for (defender, zero), (attacker, one) in itertools.product(*behaviours.values()):
        exact = walked(game, acting_of(game, (defender, attacker)))
        assert expected_returns(tree, (zero, one)) == pytest.approx(exact, abs=1e-9), (defender.name, attacker.name)


@games
@pytest.mark.parametrize("role", [0, 1])
def test_responders_find_on_a_walk_what_they_find_on_the_full_tree(name, chosen, role):
    game = load_game(name, **chosen)
    tree = build_tree(game)
    for policy in scripted(game, ROLES[1 - role]):
        acting = [PLAYING if i == role else policy.acting(game, i) for i in range(2)]
        facing = walk_tree(game, acting)
        assert facing.decisions[1 - role].sequences == 1
        assert facing.decisions[role].information_sets <= tree.decisions[role].information_sets
        found = best_response(facing, role, np.ones(1))
        assert found.value == pytest.approx(best_response(tree, role, policy.behaviour_on(tree)).value, abs=1e-9), policy.name
        # The response itself, as a policy of the game, earns what it says.
        answer = TabularPolicy.from_tree(facing, role, found.behaviour)
        pair = (policy, answer) if role else (answer, policy)
        assert walked(game, acting_of(game, pair))[role] == pytest.approx(found.value, abs=1e-9), policy.name


@games
def test_tables_earn_the_same_on_the_tree_in_the_walk_and_in_the_simulator(name, chosen):
    game, random = load_game(name, **chosen), np.random.default_rng(5)
    tree = build_tree(game)
    for _ in range(3):
        profile = tuple(random_behaviour(d, random) for d in tree.decisions)
        acting = acting_of(game, [TabularPolicy.from_tree(tree, role, profile[role]) for role in range(2)])
        exact = expected_returns(tree, profile)
        assert walked(game, acting) == pytest.approx(exact, abs=1e-9)
        found = simulate(game, acting, episodes=EPISODES, seed=23)
        assert (np.abs(found.mean - exact) <= 4.0 * found.standard_error + 1e-9).all()


@games
def test_policies_play_alike_in_every_batch(name, chosen):
    game = load_game(name, **chosen)
    pairs = itertools.zip_longest(*(scripted(game, role) for role in ROLES))
    for pair in pairs:
        policies = [policy or scripted(game, role)[-1] for policy, role in zip(pair, ROLES, strict=True)]
        acting = acting_of(game, policies)
        found = {Simulator(game, batch, seed=7, acting=acting).run(0, 150).tobytes() for batch in (1, 7, 64)}
        assert len(found) == 1, [p.name for p in policies]


@games
def test_a_mixture_earns_in_the_simulator_what_its_behavioural_equivalent_earns_in_the_walk(name, chosen):
    game, random = load_game(name, **chosen), np.random.default_rng(8)
    tree = build_tree(game)
    table = TabularPolicy.from_tree(tree, 0, random_behaviour(tree.decisions[0], random))
    mixture = Mixture((*scripted(game, "defender"), table), random.dirichlet(np.ones(1 + len(scripted(game, "defender")))))
    against = scripted(game, "attacker")[0].acting(game, 1)
    exact = walked(game, [mixture.behavioural(tree).acting(game, 0), against])
    found = simulate(game, [mixture.acting(game, 0), against], episodes=EPISODES, seed=29)
    assert (np.abs(found.mean - exact) <= 4.0 * found.standard_error + 1e-9).all()


def test_members_of_a_mixture_are_drawn_by_their_weights_and_alike_in_every_batch():
    game = load_game("flipit", horizon=2)
    ways = Drawn((RANDOMLY, PLAYING, RANDOMLY, RANDOMLY), np.array([0.5, 0.2, 0.0, 0.3]))
    small, large = (Simulator(game, batch, seed=4, acting=[RANDOMLY, ways]) for batch in (50, 20_000))
    np.testing.assert_array_equal(large.slots[:50], small.slots)
    shares = np.bincount(large.slots[:, 1], minlength=5) / 20_000
    assert shares == pytest.approx([0.0, 0.5, 0.2, 0.0, 0.3], abs=0.015)


def test_agents_of_a_team_share_the_draw_of_their_mixture():
    game = load_game("attack_graph", graph="tiny", defenders=2, horizon=2)
    ways = Drawn((RANDOMLY, RANDOMLY), np.array([0.5, 0.5]))
    slots = Simulator(game, 1000, seed=1, acting=[ways, ways, RANDOMLY]).slots
    np.testing.assert_array_equal(slots[:, 0], slots[:, 1] - 2)
    assert 400 < slots[:, 0].sum() < 600
    with pytest.raises(GamesolveError, match="agents of a role share one draw"):
        Simulator(game, 1, acting=[ways, RANDOMLY, RANDOMLY])


def test_a_policy_beside_a_driven_agent_draws_from_its_own_stream():
    # Whatever the driven defender does, the geometric attacker's flips stay the same.
    game = load_game("flipit", horizon=3)
    flips = []
    for driven in (0, 1):
        simulator = Simulator(
            game, 8, seed=3, acting=[PLAYING, ScriptedPolicy.named(game, "attacker", "geometric:rate=0.5").acting(game, 1)]
        )
        taken = []
        for _ in range(6):
            simulator.step(np.full((8, 2), driven))
            taken.append(simulator.rows["actions"][:, 1].tolist() if not simulator.dones.any() else None)
        flips.append(taken)
    assert flips[0] == flips[1]
    assert any(1 in row for row in flips[0] if row)


@rule
def act_badly(table, memory, signal, mask, chance, probabilities):
    """One of four offences, by the memory."""
    if memory.offence == 0:
        probabilities[0], probabilities[1] = -0.5, 1.5
    elif memory.offence == 1:
        probabilities[0] = np.nan
    elif memory.offence == 2:
        # The last action of the toy is for the first pick of an epoch only.
        probabilities[2] = 1.0


class Offence(Settings):
    """Which clause is broken."""

    offence: int


def start_badly(game, agent, settings, memory):
    memory["offence"] = settings.offence


BAD = Scripted("bad", "defender", act_badly, memory=record(offence="i4"), settings=Offence, start=start_badly)


@pytest.mark.parametrize("offence", [0, 1, 2, 3], ids=["negative", "nan", "illegal", "nothing"])
def test_probabilities_that_are_none_are_refused(offence):
    game = toy()
    acting = [scripted_acting(game, 0, BAD, Offence(offence=offence)), RANDOMLY]
    for play in (lambda: simulate(game, acting, episodes=5), lambda: walk_tree(game, acting)):
        with pytest.raises(GamesolveError, match="gave a negative, NaN or all-zero probability, or a positive one to an illegal action"):
            play()
