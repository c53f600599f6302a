"""Tables and OpenSpiel's own policies in batches: what they earn in play is what they earn on the tree."""

import numpy as np
import pyspiel
import pytest
from open_spiel.python import policy as openspiel_policy
from open_spiel.python.algorithms import cfr

from gamesolve.base.errors import GamesolveError
from gamesolve.evaluate import evaluate
from gamesolve.policies.files import load_policy, save_policy
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.openspiel_asked import OutsidePolicy, followable, uniform_policy
from gamesolve.policies.tabular import TabularPolicy
from gamesolve.solvers.best_response import expected_returns, uniform
from gamesolve.views.acting import ASKED, RANDOMLY, Acting
from gamesolve.views.openspiel_batch import OpenSpielBatch
from gamesolve.views.openspiel_tree import tree_from_openspiel
from gamesolve.views.turn_based import TurnBased

LEDUC = "leduc_poker(suit_isomorphism=True)"
GOOFSPIEL = "goofspiel(imp_info=True,num_cards=3,points_order=descending)"


def load(name):
    return TurnBased.of(pyspiel.load_game(name))


def random_table(tree, role, seed=0):
    """A table of positive probabilities."""
    numbers, d = np.random.default_rng(seed), tree.decisions[role]
    behaviour = np.ones(d.sequences)
    for a, b in zip(d.first, d.first[1:], strict=False):
        p = numbers.uniform(0.05, 1.0, b - a) ** 3
        behaviour[a:b] = p / p.sum()
    return TabularPolicy.from_tree(tree, role, behaviour)


def earns_what_the_tree_says(game, tree, policy, role):
    """Whether a policy earns in play against random play what `behaviour_on` says."""
    acting = [policy.acting(game, i) if i == role else RANDOMLY for i in range(2)]
    found = OpenSpielBatch(game, 256, seed=5, acting=acting).run(0, 4_000)
    profile = tuple(policy.behaviour_on(tree) if i == role else uniform(tree.decisions[i]) for i in range(2))
    error = found.std(axis=0, ddof=1) / len(found) ** 0.5
    return (np.abs(found.mean(axis=0) - expected_returns(tree, profile)) <= 4.0 * error + 1e-9).all()


@pytest.mark.parametrize("name", ["kuhn_poker", LEDUC, GOOFSPIEL, "matrix_pd"])
@pytest.mark.parametrize("role", [0, 1])
def test_tables_are_played(name, role):
    tree = tree_from_openspiel(name)
    table = random_table(tree, role)
    assert earns_what_the_tree_says(load(name), tree, table, role)
    mixture = Mixture((table, uniform_policy(load(name), str(role))), np.array([0.5, 0.5]))
    assert earns_what_the_tree_says(load(name), tree, mixture, role)


def test_a_table_says_the_same_asked_as_looked_up():
    game, tree = load(LEDUC), tree_from_openspiel(LEDUC)
    table, seen = random_table(tree, 0), {}
    ask = table.acting(game, 0).ask

    def noted(states, masks):
        given = ask(states, masks)
        seen.update(zip((state.information_state_string() for state in states), given, strict=True))
        return given

    OpenSpielBatch(game, 64, seed=0, acting=[Acting(ASKED, ask=noted), RANDOMLY]).run(0, 500)
    assert len(seen) > 40
    for i, name in enumerate(table.names):
        if name in seen:
            own = slice(table.first[i], table.first[i + 1])
            np.testing.assert_array_equal(seen[name][table.action[own]], table.probability[own])
            assert seen[name].sum() == pytest.approx(1.0)


@pytest.mark.parametrize("role", [0, 1])
def test_openspiels_policies_are_played(role):
    game = load(LEDUC)
    solver = cfr.CFRSolver(game.original)
    for _ in range(2):
        solver.evaluate_and_update_policy()
    policy, tree = followable(solver.average_policy(), game, str(role)), tree_from_openspiel(LEDUC)
    assert earns_what_the_tree_says(game, tree, policy, role)
    assert evaluate(game.original, policy).worst_case_return[str(role)].kind == "exact"


@pytest.mark.parametrize("turn_based", [False, True])
def test_openspiels_policies_of_simultaneous_games_are_asked_at_states_that_they_know(turn_based):
    game, tree = load(GOOFSPIEL), tree_from_openspiel(GOOFSPIEL)
    theirs = openspiel_policy.TabularPolicy(game.played if turn_based else game.original)
    numbers = np.random.default_rng(3)
    for row, mask in zip(theirs.action_probability_array, theirs.legal_actions_mask, strict=True):
        row[:] = mask * numbers.uniform(0.05, 1.0, len(mask))
        row /= row.sum()
    assert earns_what_the_tree_says(game, tree, OutsidePolicy(game, "1", theirs), 1)


def test_an_answer_of_openspiels_that_is_no_probabilities_is_refused():
    class Bad:
        def action_probabilities(self, state, player_id=None):
            return {0: 0.4, 1: 0.4}

    game = load("kuhn_poker")
    with pytest.raises(GamesolveError, match=r"the policy says {0: 0.4, 1: 0.4} at '\d'; it is probabilities of \[0, 1\] that sum to 1"):
        OpenSpielBatch(game, 4, seed=0, acting=[followable(Bad(), game, "0").acting(game, 0), RANDOMLY]).run(0, 4)


def test_what_says_how_it_acts_is_followed_as_it_is():
    table = uniform_policy(load("kuhn_poker"), "0")
    assert followable(table, load("kuhn_poker"), "0") is table


def test_random_play_is_a_table_that_says_nothing(tmp_path):
    game, tree = load(LEDUC), tree_from_openspiel(LEDUC)
    policy = uniform_policy(game, "1")
    np.testing.assert_array_equal(policy.behaviour_on(tree), uniform(tree.decisions[1]))
    save_policy(policy, tmp_path)
    assert load_policy(tmp_path) == policy
    assert evaluate(game.original, policy).worst_case_return["1"].kind == "exact"


def test_a_policy_of_another_game_or_player_is_refused():
    table = uniform_policy(load("kuhn_poker"), "0")
    with pytest.raises(GamesolveError, match="cannot be used in openspiel:leduc_poker"):
        table.acting(load(LEDUC), 0)
    with pytest.raises(GamesolveError, match=r"policy of agent 0 cannot be followed by agent 1 \('player 1'\)"):
        table.acting(load("kuhn_poker"), 1)
    with pytest.raises(GamesolveError, match="a policy of the 0 of openspiel:kuhn_poker"):
        OutsidePolicy(load("kuhn_poker"), "0", None).acting(load(LEDUC), 0)
