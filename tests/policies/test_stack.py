"""Networks that are evaluated together answer, to the bit, as each does by itself."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_networks import network

from gamesolve import load_game
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.policies.softmax import from_logits
from gamesolve.policies.stack import NetworkAsk, Stack
from gamesolve.policies.team import TeamPolicy
from gamesolve.views.acting import ASKED, RANDOMLY, Acting, Drawn
from gamesolve.views.simulator import Simulator

FLIPIT = load_game("flipit", horizon=5)


@settings(max_examples=40, deadline=None)
@given(sizes=st.lists(st.integers(0, 9), min_size=1, max_size=5), hidden=st.integers(1, 40), greedy=st.booleans(), seed=st.integers(0, 99))
def test_a_stack_gives_what_each_network_gives_alone(sizes, hidden, greedy, seed):
    networks = [replace(network(FLIPIT, "defender", seed=seed + k, hidden=hidden), greedy=greedy) for k in range(len(sizes))]
    numbers, bounds = np.random.default_rng(seed), np.array([0, *np.cumsum(sizes)])
    inputs = numbers.normal(size=(bounds[-1], networks[0].features.count)).astype(np.float32)
    masks = numbers.random((bounds[-1], networks[0].layers[-1])) < 0.7
    masks[:, 0] |= ~masks.any(axis=1)
    found = Stack.of(networks).probabilities(inputs, bounds, masks)
    for k, policy in enumerate(networks):
        own = slice(bounds[k], bounds[k + 1])
        np.testing.assert_array_equal(found[own], policy.probabilities(inputs[own], masks[own]))


@settings(max_examples=60, deadline=None)
@given(actions=st.integers(1, 20), more=st.integers(0, 9), rows=st.integers(1, 5), greedy=st.booleans(), seed=st.integers(0, 99))
def test_probabilities_are_a_softmax_of_what_is_legal_and_more_actions_that_are_not_change_no_bit(actions, more, rows, greedy, seed):
    numbers = np.random.default_rng(seed)
    logits = numbers.normal(scale=5.0, size=(rows, actions + more)).astype(np.float32)
    masks = np.arange(actions + more) < actions
    masks = masks & ((numbers.random(logits.shape) < 0.6) | (np.arange(actions + more) == 0))
    found = from_logits(logits, masks, greedy=greedy)
    weights = np.where(masks, np.exp(logits.astype(np.float64)), 0.0)
    expected = np.eye(actions + more)[weights.argmax(axis=1)] if greedy else weights / weights.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    np.testing.assert_array_equal(found[:, :actions], from_logits(logits, masks[:, :actions], greedy=greedy))


def one_by_one(way):
    """The same ways to act, whose networks do not know that they are alike."""
    if isinstance(way, Drawn):
        return Drawn(tuple(map(one_by_one, way.ways)), way.weights)
    return Acting(ASKED, ask=lambda *asked: way.ask(*asked)) if way.ask else way


def counted(monkeypatch):
    """How many networks were asked at once, from here on."""
    counts, joined = [], NetworkAsk.joined

    def join(asks):
        counts.append(len(asks))
        return joined(asks)

    monkeypatch.setattr(NetworkAsk, "joined", staticmethod(join))
    return counts


@pytest.mark.parametrize("memory", ["last", "history", "recurrent"])
def test_a_mixture_of_twenty_networks_plays_to_the_bit_as_one_asked_network_after_another(memory, monkeypatch):
    counts = counted(monkeypatch)
    sides = []
    for agent, role in enumerate(("defender", "attacker")):
        alike = tuple(network(FLIPIT, role, memory=memory, seed=k) for k in range(20))
        other = network(FLIPIT, role, memory=memory, seed=3, hidden=5)
        members = (*alike, alike[0].made_greedy, other, ScriptedPolicy.named(FLIPIT, role, "random"))
        sides.append(Mixture(members, np.full(len(members), 1.0 / len(members))).acting(FLIPIT, agent))
    found = [Simulator(FLIPIT, 64, seed=4, acting=ways).run(0, 500) for ways in (sides, list(map(one_by_one, sides)))]
    assert counts == [20, 1, 1] * 2
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("memory", ["last", "recurrent"])
def test_the_agents_of_a_team_are_asked_in_one_go(memory, monkeypatch):
    counts = counted(monkeypatch)
    game = load_game("attack_graph", graph="tiny", defenders=2, horizon=3)
    one, two, shared = (network(game, "defender", memory=memory, seed=k) for k in range(3))
    team = Mixture((TeamPolicy((one, two)), shared), np.array([0.5, 0.5]))
    sides = [*(team.acting(game, i) for i in (0, 1)), RANDOMLY]
    found = [Simulator(game, 16, seed=4, acting=ways).run(0, 200) for ways in (sides, list(map(one_by_one, sides)))]
    assert counts == [4]
    np.testing.assert_array_equal(*found)
