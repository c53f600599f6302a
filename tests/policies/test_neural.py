"""Networks as policies: what they are fed, how they play, and how they are kept."""

import json
from dataclasses import replace

import numpy as np
import pytest
from random_networks import network

from gamesolve import load_game
from gamesolve.base.errors import GamesolveError
from gamesolve.evaluate import evaluate
from gamesolve.evaluate.resolve import problem_for
from gamesolve.policies.features import Features
from gamesolve.policies.files import load_policy, save_policy
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.neural import average
from gamesolve.rules.signals import features
from gamesolve.solvers.best_response import expected_returns
from gamesolve.views.acting import PLAYING, RANDOMLY
from gamesolve.views.recall import Recall
from gamesolve.views.simulator import Simulator, simulate
from gamesolve.views.tree_build import build_tree, walk_tree


def shown(game, role, memory):
    """Features of all rows after two steps of random play, and the simulator."""
    simulator = Simulator(game, 5, seed=1, acting=[RANDOMLY] * len(game.agents))
    fed = Features.of(game, role, memory)
    recall = Recall.empty(game, 5, list(fed.agents))
    for step in range(2):
        if step:
            simulator.advance(1)
        recall.note(simulator.rows)
    out = np.empty((5, fed.count), np.float32)
    fed.fill(recall, np.zeros(5, np.int32), np.arange(5), out)
    return out, fed, simulator


@pytest.mark.parametrize("name", ["stopping", "flipit", "cage2"])
def test_present_signals_are_fed_as_the_games_signals_say(name):
    game = load_game(name, horizon=4)
    out, fed, simulator = shown(game, "defender", "last")
    signals = game.agents[0].signals
    expected = features(signals, simulator.observations[:, 0])
    np.testing.assert_allclose(out[:, : fed.block], expected, rtol=1e-6)
    np.testing.assert_allclose(out[:, fed.block], 0.25)


def test_a_history_keeps_every_step_and_the_own_actions_in_places_of_their_own():
    game = load_game("flipit", horizon=4, defender_information="last_move")
    out, fed, simulator = shown(game, "defender", "history")
    signals = game.agents[0].signals
    own = features(signals, simulator.observations[:, 0])
    second = out[:, fed.block : 2 * fed.block]
    np.testing.assert_allclose(second[:, : own.shape[1]], own, rtol=1e-6)
    np.testing.assert_array_equal(second[:, own.shape[1] :].argmax(axis=1), simulator.actions[:, 0])
    assert not out[:, 2 * fed.block : 4 * fed.block].any()
    assert not out[:, own.shape[1] : fed.block].any()


def test_a_long_history_is_fed_step_by_step():
    game = load_game("cage2", horizon=30)
    assert Features.of(load_game("flipit", horizon=9), "defender").memory == "history"
    assert Features.of(game, "defender").memory == "recurrent"
    assert Features.of(game, "defender", "history").count > 512


def test_who_remembers_is_fed_the_present_signals_and_the_own_action_before_them():
    game = load_game("flipit", horizon=4, defender_information="last_move")
    out, fed, simulator = shown(game, "defender", "recurrent")
    own = features(game.agents[0].signals, simulator.observations[:, 0])
    np.testing.assert_allclose(out[:, : own.shape[1]], own, rtol=1e-6)
    np.testing.assert_array_equal(out[:, own.shape[1] : fed.block].argmax(axis=1), simulator.actions[:, 0])
    np.testing.assert_allclose(out[:, fed.block :], 0.25)


@pytest.mark.parametrize("memory", ["auto", "recurrent"])
@pytest.mark.parametrize(("name", "chosen"), [("kuhn", {}), ("stopping", {}), ("flipit", {"horizon": 3})])
@pytest.mark.parametrize("greedy", [False, True])
def test_a_network_earns_in_play_what_its_table_earns_in_the_walk(name, chosen, greedy, memory):
    game = load_game(name, **chosen)
    policy = network(game, "defender", seed=4, memory=memory)
    policy = policy.made_greedy if greedy else policy
    table = policy.behavioural(build_tree(game))
    exact = expected_returns(walk_tree(game, [table.acting(game, 0), RANDOMLY]), (np.ones(1), np.ones(1)))
    found = simulate(game, [policy.acting(game, 0), RANDOMLY], episodes=4_000, seed=3)
    assert (np.abs(found.mean - exact) <= 4.0 * found.standard_error + 1e-9).all()


@pytest.mark.parametrize("memory", ["history", "recurrent"])
def test_what_a_network_does_does_not_depend_on_the_batch(memory):
    game = load_game("flipit", horizon=4)
    acting = [network(game, "defender", memory=memory).acting(game, 0), network(game, "attacker", seed=1, memory=memory).acting(game, 1)]
    assert len({Simulator(game, batch, seed=2, acting=acting).run(0, 300).tobytes() for batch in (1, 7, 256)}) == 1


def test_an_illegal_action_has_no_probability():
    game = load_game("leduc")
    policy = network(game, "defender")
    masks = np.array([[True, False, True], [False, True, False]])
    p = policy.probabilities(np.ones((2, policy.features.count), np.float32), masks)
    assert (p[~masks] == 0.0).all()
    assert p.sum(axis=1) == pytest.approx(1.0)


def test_a_network_is_evaluated_exactly_by_way_of_the_tree():
    game = load_game("kuhn")
    policy = network(game, "defender")
    assert evaluate(game, policy).worst_case_return == evaluate(game, policy.behavioural(build_tree(game))).worst_case_return


def test_a_network_is_played_where_the_tree_does_not_fit():
    found = evaluate(
        load_game("flipit", horizon=4), network(load_game("flipit", horizon=4), "defender"), memory=100, responders=(), episodes=300
    )
    assert found.worst_case_return["defender"].kind == "estimated"
    assert "a network is evaluated through its behavioural equivalent" in found.notes[0]


@pytest.mark.parametrize("memory", ["last", "history", "recurrent"])
def test_a_saved_network_comes_back_equal(tmp_path, memory):
    game = load_game("stopping")
    policy = network(game, "attacker", memory=memory).made_greedy
    save_policy(policy, tmp_path / "policy")
    assert load_policy(tmp_path / "policy") == policy
    mixture = Mixture((policy, policy), np.array([0.25, 0.75]))
    save_policy(mixture, tmp_path / "mixture")
    assert load_policy(tmp_path / "mixture") == mixture


def test_a_flipped_byte_is_found(tmp_path):
    save_policy(network(load_game("kuhn"), "defender"), tmp_path)
    data = bytearray((tmp_path / "policy.safetensors").read_bytes())
    data[-1] ^= 1
    (tmp_path / "policy.safetensors").write_bytes(bytes(data))
    with pytest.raises(GamesolveError, match=r"policy\.safetensors' is damaged"):
        load_policy(tmp_path)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("layers", [3, 3], "key 'layers' is"),
        ("outputs", "regrets", r"key 'outputs' is 'regrets'; it is one of logits, values"),
        ("memory", "elephant", "memory is 'elephant'; it is auto, last, history or recurrent"),
        ("memory", "recurrent", "key 'layers' is"),
        ("role", "bystander", "key 'role' is 'bystander'; it is one of defender, attacker"),
        ("fingerprint", "0" * 16, "key 'fingerprint' is"),
        ("parameters", {"horizon": 3}, "unknown parameter"),
    ],
)
def test_a_card_that_contradicts_the_game_is_refused_by_its_key(tmp_path, key, value, words):
    from gamesolve.policies.files import _digest

    save_policy(network(load_game("kuhn"), "defender"), tmp_path)
    card = json.loads((tmp_path / "card.json").read_text())
    card.pop("sha256")
    card[key] = value
    (tmp_path / "card.json").write_text(json.dumps({**card, "sha256": _digest(card)}))
    with pytest.raises(GamesolveError, match=words) as error:
        load_policy(tmp_path)
    assert "card.json" in str(error.value)


def test_a_network_for_another_role_or_game_is_refused():
    policy = network(load_game("kuhn"), "defender")
    with pytest.raises(GamesolveError, match="cannot be followed by 'attacker'"):
        policy.acting(load_game("kuhn"), 1)
    with pytest.raises(GamesolveError, match="cannot be used on"):
        policy.behaviour_on(build_tree(load_game("flipit", horizon=2)))
    assert PLAYING.ask is None


def test_a_network_that_a_team_shares_is_judged_by_play():
    game = load_game("attack_graph", graph="tiny", defenders=2, horizon=2)
    policy = network(game, "defender")
    found = evaluate(game, policy, responders=(), episodes=300)
    assert found.worst_case_return["defender"].kind == "estimated"
    assert "a network that a team shares is not one table" in found.notes[0]
    with pytest.raises(GamesolveError, match="the policies of a team are not one behaviour"):
        policy.behaviour_on(replace(build_tree(load_game("kuhn")), fingerprint=game.fingerprint))
    with pytest.raises(GamesolveError, match="is asked outside compiled code and cannot be walked"):
        walk_tree(game, [policy.acting(game, 0), policy.acting(game, 1), PLAYING])


def test_a_saved_network_brings_its_game_s_parameters(tmp_path):
    save_policy(network(load_game("flipit", horizon=2), "defender"), tmp_path)
    assert problem_for("flipit", {}, [str(tmp_path)]).game.horizon == 2


@pytest.mark.parametrize("memory", ["last", "recurrent"])
def test_the_average_of_networks_lies_between_them(memory):
    game = load_game("kuhn")
    one, two = network(game, "defender", seed=1, memory=memory), network(game, "defender", seed=2, memory=memory)
    found = average([one, two], np.array([0.25, 0.75]))
    assert list(found.tensors) == list(one.tensors)
    for name, tensor in found.tensors.items():
        np.testing.assert_allclose(tensor, 0.25 * one.tensors[name] + 0.75 * two.tensors[name], atol=1e-6)
    assert average([one, two], np.array([1.0, 0.0])) == one
    with pytest.raises(GamesolveError, match="have no average"):
        average([one, network(game, "defender", hidden=8)], np.array([0.5, 0.5]))
    with pytest.raises(GamesolveError, match=r"weights \[0.5\] are not 2 probabilities"):
        average([one, two], np.array([0.5]))
