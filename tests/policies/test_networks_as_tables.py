"""A network is worth what its table is worth, to the last digits: played with the same draws, and on the tree."""

import numpy as np
import pyspiel
import pytest
from openspiel_networks import network as openspiel_network
from random_networks import network

from gamesolve import load_game
from gamesolve.evaluate import evaluate
from gamesolve.learners.candidates import played
from gamesolve.policies.openspiel_asked import uniform_policy
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.policies.tabular import TabularPolicy
from gamesolve.solvers.best_response import expected_returns
from gamesolve.views.openspiel_tree import tree_from_openspiel
from gamesolve.views.problem import problem_of
from gamesolve.views.tree_build import build_tree, walk_tree
from gamesolve.views.turn_based import TurnBased

#: A few roundings of returns of the order of one.
DIGITS = 1e-14


@pytest.mark.parametrize(
    ("name", "chosen", "role", "memory"),
    [
        ("kuhn", {}, "defender", "history"), ("leduc", {}, "attacker", "last"), ("flipit", {"horizon": 4}, "attacker", "recurrent"),
        ("stopping", {}, "defender", "last"), ("inspection", {}, "attacker", "history"),
    ],
)  # fmt: skip
def test_a_network_earns_what_its_table_earns(name, chosen, role, memory):
    game = load_game(name, **chosen)
    tree, ours, other = build_tree(game), network(game, role, memory=memory), "attacker" if role == "defender" else "defender"
    table, opponent = ours.behavioural(tree), ScriptedPolicy.named(game, other, "random")
    one, two = (played(game, {role: policy, other: opponent}, episodes=500, seed=7) for policy in (ours, table))
    np.testing.assert_array_equal(one, two)
    walked = []
    for policy in (ours.behavioural(tree), table):
        acting = [(policy if agent.role == role else opponent).acting(game, i) for i, agent in enumerate(game.agents)]
        walked.append(expected_returns(walk_tree(game, acting), (np.ones(1), np.ones(1))))
    behaviours = tuple((table if r == role else opponent).behaviour_on(tree) for r in ("defender", "attacker"))
    np.testing.assert_allclose([*walked], [expected_returns(tree, behaviours)] * 2, rtol=0, atol=DIGITS * game.payoff_range)
    assert evaluate(game, ours).worst_case_return == evaluate(game, table).worst_case_return


@pytest.mark.parametrize(("name", "role"), [("kuhn_poker", 1), ("leduc_poker(suit_isomorphism=True)", 0)])
def test_a_network_earns_what_its_table_earns_in_openspiels_games_too(name, role):
    game, tree = TurnBased.of(pyspiel.load_game(name)), tree_from_openspiel(name)
    ours, opponent = openspiel_network(name, str(role)), uniform_policy(game, str(1 - role))
    table = TabularPolicy.from_tree(tree, role, ours.behaviour_on(tree))
    one, two = (played(game, {str(role): policy, str(1 - role): opponent}, episodes=500, seed=7) for policy in (ours, table))
    np.testing.assert_array_equal(one, two)
    assert evaluate(problem_of(game), ours).worst_case_return == evaluate(problem_of(game), table).worst_case_return
