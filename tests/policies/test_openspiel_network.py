"""Networks in OpenSpiel's games: as exact as tables, whoever asks them."""

import hashlib
import json

import numpy as np
import pyspiel
import pytest
from open_spiel.python.algorithms import expected_game_score
from openspiel_networks import network
from typer.testing import CliRunner

from gamesolve.base.errors import GamesolveError
from gamesolve.evaluate import evaluate
from gamesolve.policies.files import load_policy, save_policy
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.openspiel import from_openspiel, to_openspiel
from gamesolve.policies.openspiel_network import OpenSpielNetwork
from gamesolve.solvers.best_response import expected_returns
from gamesolve.views.openspiel_batch import OpenSpielBatch
from gamesolve.views.openspiel_tree import tree_from_openspiel

LEDUC = "leduc_poker(suit_isomorphism=True)"
GOOFSPIEL = "goofspiel(imp_info=True,num_cards=3,points_order=descending)"


@pytest.mark.parametrize("name", ["kuhn_poker", LEDUC, GOOFSPIEL])
@pytest.mark.parametrize("memory", ["history", "last"])
@pytest.mark.parametrize("greedy", [False, True])
def test_its_table_says_what_it_says_at_every_state(name, memory, greedy):
    tree = tree_from_openspiel(name)
    for role in (0, 1):
        policy = network(name, str(role), memory=memory)
        policy = policy.made_greedy if greedy else policy
        asked = from_openspiel(Bare(policy), policy.game.played, tree, role)
        np.testing.assert_allclose(policy.behavioural(tree).probability, asked.probability, atol=1e-6)


class Bare:
    """A policy of which nothing is known but what it says."""

    def __init__(self, policy):
        self.action_probabilities = policy.action_probabilities


def test_many_information_sets_are_asked_in_parts(monkeypatch):
    import gamesolve.policies.openspiel_network as module

    tree, policy, pauses = tree_from_openspiel(LEDUC), network(LEDUC, "0"), []
    whole = policy.behaviour_on(tree)
    monkeypatch.setattr(module, "PART", 50)
    np.testing.assert_allclose(policy.behaviour_on(tree, lambda: pauses.append(1)), whole, atol=1e-6)
    assert len(pauses) == 3


@pytest.mark.parametrize("name", ["kuhn_poker", LEDUC, GOOFSPIEL])
def test_it_earns_in_play_what_its_table_earns_on_the_tree(name):
    tree, policies = tree_from_openspiel(name), [network(name, "0"), network(name, "1", seed=1)]
    exact = expected_returns(tree, tuple(policy.behaviour_on(tree) for policy in policies))
    game = OpenSpielBatch(policies[0].game, 256, seed=1, acting=[policy.acting(policy.game, i) for i, policy in enumerate(policies)])
    found = game.run(0, 4_000)
    assert (np.abs(found.mean(axis=0) - exact) <= 4.0 * found.std(axis=0, ddof=1) / len(found) ** 0.5 + 1e-9).all()


def test_what_it_does_does_not_depend_on_the_batch():
    one, two = network("leduc_poker", "0"), network("leduc_poker", "1", seed=1)
    acting = [Mixture((one, one.made_greedy), np.array([0.5, 0.5])).acting(one.game, 0), two.acting(one.game, 1)]
    assert len({OpenSpielBatch(one.game, size, seed=2, acting=acting).run(0, 200).tobytes() for size in (1, 7, 256)}) == 1


def test_openspiels_algorithms_can_ask_it():
    policies = [network("kuhn_poker", "0"), network("kuhn_poker", "1", seed=1)]
    tree = tree_from_openspiel("kuhn_poker")
    exact = expected_returns(tree, tuple(policy.behaviour_on(tree) for policy in policies))
    start = pyspiel.load_game("kuhn_poker").new_initial_state()
    assert expected_game_score.policy_value(start, policies) == pytest.approx(exact)
    table = to_openspiel(policies, pyspiel.load_game("kuhn_poker"), tree=tree)
    assert expected_game_score.policy_value(start, [table, table]) == pytest.approx(exact)


def test_it_is_evaluated_exactly():
    game, policy = pyspiel.load_game(LEDUC), network(LEDUC, "1")
    found = evaluate(game, policy)
    assert found.worst_case_return == evaluate(game, policy.behavioural(tree_from_openspiel(game))).worst_case_return
    assert found.worst_case_return["1"].kind == "exact"


def test_it_is_for_one_role_of_one_game():
    policy = network("kuhn_poker", "0")
    with pytest.raises(
        GamesolveError,
        match=r"a policy of the 0 of openspiel:kuhn_poker\(.*\) cannot be followed by 'player 1' of openspiel:kuhn_poker",
    ):
        policy.acting(policy.game, 1)
    with pytest.raises(GamesolveError, match=r"cannot be used on openspiel:leduc_poker"):
        policy.behaviour_on(tree_from_openspiel(LEDUC))
    state = pyspiel.load_game("kuhn_poker").new_initial_state()
    with pytest.raises(GamesolveError, match="cannot be asked for player 1"):
        policy.action_probabilities(state, 1)


@pytest.mark.parametrize("name", ["kuhn_poker", LEDUC, GOOFSPIEL, "turn_based_simultaneous_game(game=matrix_rps())"])
@pytest.mark.parametrize("memory", ["history", "last"])
def test_a_saved_network_comes_back_equal(tmp_path, name, memory):
    policy = network(name, "1", memory=memory).made_greedy
    save_policy(policy, tmp_path / "policy")
    found = load_policy(tmp_path / "policy")
    assert isinstance(found, OpenSpielNetwork)
    assert found == policy
    tree = tree_from_openspiel(name)
    np.testing.assert_array_equal(found.behaviour_on(tree), policy.behaviour_on(tree))
    mixture = Mixture((policy, network(name, "1", memory=memory, seed=1)), np.array([0.25, 0.75]))
    save_policy(mixture, tmp_path / "mixture")
    assert load_policy(tmp_path / "mixture") == mixture


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("layers", [3, 3], "key 'layers' is .* it leads from 11 features to 2 actions"),
        ("memory", "elephant", "memory is 'elephant'; in an OpenSpiel game it is auto, history or last"),
        ("role", "defender", "key 'role' is 'defender'; it is one of 0, 1"),
        ("fingerprint", "0" * 16, "key 'fingerprint' is"),
        ("parameters", {"cards": 3}, "unknown parameter of openspiel:kuhn_poker 'cards'"),
        ("name", "openspiel:kuhn", "unknown OpenSpiel game 'kuhn'"),
        ("name", "kuhn", "key 'fingerprint' is|unknown parameter"),
    ],
)
def test_a_card_that_contradicts_the_game_is_refused_by_its_key(tmp_path, key, value, words):
    save_policy(network("kuhn_poker", "0"), tmp_path)
    card = json.loads((tmp_path / "card.json").read_text())
    card.pop("sha256")
    card[key] = value
    card["sha256"] = hashlib.sha256(json.dumps(card, sort_keys=True).encode()).hexdigest()
    (tmp_path / "card.json").write_text(json.dumps(card))
    with pytest.raises(GamesolveError, match=rf"card\.json.*({words})"):
        load_policy(tmp_path)


def test_a_saved_network_is_evaluated_by_its_folder(tmp_path):
    from gamesolve.cli.main import app

    policy = network(LEDUC, "0")
    save_policy(policy, tmp_path)
    exact = evaluate(pyspiel.load_game(LEDUC), policy)
    # The folder says of which leduc it is.
    result = CliRunner().invoke(app, ["evaluate", "openspiel:leduc_poker", str(tmp_path), "--json"])
    assert result.exit_code == 0, result.output
    bound = json.loads(result.stdout)["worst_case_return"]
    assert bound["kind"] == "exact"
    assert bound["lower"] == pytest.approx(exact.worst_case_return["0"].lower)
