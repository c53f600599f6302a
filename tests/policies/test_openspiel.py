"""Policies to OpenSpiel and back; OpenSpiel's own exploitability is the referee."""

import numpy as np
import pyspiel
import pytest
from open_spiel.python import policy as openspiel_policy
from open_spiel.python.algorithms import cfr, expected_game_score, exploitability

from gamesolve.base.errors import GamesolveError
from gamesolve.base.registry import load_game
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.openspiel import from_openspiel, to_openspiel
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.policies.tabular import TabularPolicy
from gamesolve.solvers import best_response
from gamesolve.views.openspiel import to_openspiel as openspiel_game
from gamesolve.views.openspiel_tree import tree_from_openspiel
from gamesolve.views.tree_build import build_tree

GOOFSPIEL = "goofspiel(imp_info=True,num_cards=3,points_order=descending)"


def random_tables(tree, seed=0):
    """A policy of positive probabilities for each role."""
    rng = np.random.default_rng(seed)
    tables = []
    for role, d in enumerate(tree.decisions):
        behaviour = np.ones(d.sequences)
        for a, b in zip(d.first, d.first[1:], strict=False):
            p = rng.uniform(0.1, 1.0, b - a)
            behaviour[a:b] = p / p.sum()
        tables.append(TabularPolicy.from_tree(tree, role, behaviour))
    return tables


@pytest.mark.parametrize("name", ["kuhn_poker", "leduc_poker(suit_isomorphism=True)", "liars_dice(numdice=1,dice_sides=3)"])
def test_openspiel_finds_our_policies_as_exploitable_as_we_do(name):
    game = pyspiel.load_game(name)
    tree = tree_from_openspiel(game)
    tables = random_tables(tree)
    ours = best_response.exploitability(tree, tuple(t.behaviour_on(tree) for t in tables))
    assert exploitability.exploitability(game, to_openspiel(tables, game)) == pytest.approx(ours, abs=1e-10)


@pytest.mark.parametrize("name", ["kuhn_poker", "leduc_poker(suit_isomorphism=True)"])
def test_openspiel_policies_are_as_exploitable_here_as_there(name):
    game = pyspiel.load_game(name)
    tree = tree_from_openspiel(game)
    solver = cfr.CFRSolver(game)
    for _ in range(3):
        solver.evaluate_and_update_policy()
    average = solver.average_policy()
    profile = tuple(from_openspiel(average, game, tree, role).behaviour_on(tree) for role in range(2))
    assert best_response.exploitability(tree, profile) == pytest.approx(exploitability.exploitability(game, average), abs=1e-10)


@pytest.mark.parametrize("turn_based", [False, True])
def test_policies_of_simultaneous_games_are_known_by_both_kinds_of_state(turn_based):
    game = pyspiel.load_game(GOOFSPIEL)
    tree = tree_from_openspiel(game)
    tables = random_tables(tree, 1)
    played = pyspiel.convert_to_turn_based(game) if turn_based else game
    policy = to_openspiel(tables, played)
    assert [from_openspiel(policy, game, tree, role) for role in range(2)] == tables


def test_openspiels_table_of_a_simultaneous_game_is_read():
    game = pyspiel.load_game(GOOFSPIEL)
    tree = tree_from_openspiel(game)
    found = from_openspiel(openspiel_policy.TabularPolicy(game), game, tree, 1)
    np.testing.assert_allclose(found.probability, best_response.uniform(tree.decisions[1]))


def test_our_games_policies_go_there_and_come_back():
    game = load_game("kuhn")
    tree = build_tree(game)
    tables = random_tables(tree, 2)
    policy = to_openspiel(tables, game)
    assert [from_openspiel(policy, game, tree, role) for role in range(2)] == tables
    ours = best_response.exploitability(tree, tuple(t.behaviour_on(tree) for t in tables))
    assert exploitability.exploitability(openspiel_game(game), policy) == pytest.approx(ours, abs=1e-10)


def test_scripted_policies_and_mixtures_go_through_the_tree():
    game = load_game("kuhn")
    tree = build_tree(game)
    bets = ScriptedPolicy.named(game, "attacker", "always_bet")
    mixed = Mixture(tuple(ScriptedPolicy.named(game, "defender", name) for name in ("passive", "always_bet")), np.array([0.5, 0.5]))
    policy = to_openspiel([mixed, bets], game, tree=tree)
    state = openspiel_game(game).new_initial_state()
    # Passive loses its chip; always betting against always betting is a fair bet on the cards.
    assert expected_game_score.policy_value(state, [policy, policy]) == pytest.approx([-0.5, 0.5])
    with pytest.raises(GamesolveError, match="a ScriptedPolicy becomes a table on the game's tree; give the tree"):
        to_openspiel([bets], game)


def test_states_that_a_table_lacks_are_played_uniformly():
    game = pyspiel.load_game("kuhn_poker")
    whole = random_tables(tree_from_openspiel(game))[0]
    part = TabularPolicy(
        **{
            **vars(whole),
            "names": whole.names[:1],
            "first": whole.first[:2],
            "parent": whole.parent[:1],
            "action": whole.action[:3],
            "probability": whole.probability[:3],
        }
    )
    policy = to_openspiel([part], game)
    probabilities = {}
    for deal in ([0, 1], [1, 2]):
        state = game.new_initial_state()
        for card in deal:
            state.apply_action(card)
        probabilities[deal[0]] = policy.action_probabilities(state)
    assert probabilities[0] == {0: whole.probability[1], 1: whole.probability[2]}
    assert probabilities[1] == {0: 0.5, 1: 0.5}


def test_a_player_without_a_policy_is_an_error():
    game = pyspiel.load_game("kuhn_poker")
    policy = to_openspiel(random_tables(tree_from_openspiel(game))[:1], game)
    state = game.new_initial_state()
    for action in (0, 1, 0):
        state.apply_action(action)
    with pytest.raises(GamesolveError, match="player 1 has no policy here"):
        policy.action_probabilities(state)


def test_two_policies_for_one_player_are_an_error():
    game = pyspiel.load_game("kuhn_poker")
    table = random_tables(tree_from_openspiel(game))[0]
    with pytest.raises(GamesolveError, match="two policies were given for player 0"):
        to_openspiel([table, table], game)


class Says:
    """A policy that says the same everywhere."""

    def __init__(self, said):
        self.said = said

    def action_probabilities(self, state, player_id=None):
        if self.said is None:
            raise KeyError("unknown")
        return self.said


@pytest.mark.parametrize("said", [{0: 0.6, 1: 0.6}, {0: 1.5, 1: -0.5}, {2: 1.0}, {0: float("nan"), 1: 1.0}, {}])
def test_what_is_no_probability_of_legal_actions_is_refused(said):
    game = pyspiel.load_game("kuhn_poker")
    with pytest.raises(GamesolveError, match="probabilities of \\[0, 1\\] that sum to 1"):
        from_openspiel(Says(said), game, tree_from_openspiel(game), 0)


def test_a_policy_that_does_not_know_the_game_is_refused():
    game = pyspiel.load_game("kuhn_poker")
    tree = tree_from_openspiel(game)
    with pytest.raises(GamesolveError, match="the policy says nothing at '"):
        from_openspiel(Says(None), game, tree, 0)
    other = openspiel_policy.UniformRandomPolicy(pyspiel.load_game("leduc_poker"))
    with pytest.raises(GamesolveError, match="lacks 6 of the information sets of openspiel:kuhn_poker"):
        from_openspiel(other, game, tree, 0)
