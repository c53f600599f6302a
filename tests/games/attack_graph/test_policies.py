"""Scripted policies: what each draws from, worked examples, and the contract of `act` for all of them."""

import itertools
import math

import networkx
import numpy as np
import pytest
from attack_graph_play import candidates, episode, first_memory, game_on, random_game
from hypothesis import given, settings
from hypothesis import strategies as st

from gamesolve import load_game
from gamesolve.games.attack_graph import random_graph
from gamesolve.games.attack_graph.attackers import propagate, pursue, walk
from gamesolve.games.attack_graph.defenders import importance, likelihood, minimum_cut, resample
from gamesolve.games.attack_graph.graph_file import check_graph, load_graph
from gamesolve.rules.chance import TAPE, first_tape, next_tape, seed_stream

NAMES = {role: [p.name for p in load_game("attack_graph", graph="tiny").policies if p.role == role] for role in ("defender", "attacker")}


def drawn(game, agent, name, signal, *, mask=None, **given):
    """Probability of every first action of a policy, with its draws enumerated."""
    policy, found = game.policy(name, game.agents[agent].role), np.zeros(game.actions)
    chance, legal = game.new_chance(), np.zeros(game.actions, np.uint8)
    state = np.zeros(1, game.state)
    state["active"][0, : len(signal)], state["last"] = signal if agent == len(game.agents) - 1 else 0, -1
    game.rules.legal(game.table[0], state[0], agent, legal)
    row = np.zeros(game.width, np.int16)
    row[: len(signal)] = signal
    first_tape(chance[0], TAPE)
    while True:
        mind, weights = first_memory(game, agent, name, **given), np.zeros(game.actions)
        policy.act(game.table[0], mind[0], row, legal, chance[0], weights)
        assert chance["fault"][0] == 0
        assert not weights[legal == 0].any()
        found += chance["probability"][0] * weights / weights.sum()
        if not next_tape(chance[0]):
            return found


@pytest.mark.parametrize("defender", NAMES["defender"])
def test_every_pair_of_policies_keeps_to_the_contract(defender):
    for attacker, (picks, zones) in itertools.product(NAMES["attacker"], ((1, 1), (3, 2))):
        game = load_game("attack_graph", horizon=4, attacker_picks=picks, defender_picks=2, defenders=zones)
        for moment in episode(game, defender, attacker, seed=picks):
            assert (moment.weights >= 0.0).all()
            assert not moment.weights[moment.masks == 0].any()
            assert all(mask[a] for mask, a in zip(moment.masks, moment.actions, strict=True))


def test_policies_say_whether_their_draws_can_be_enumerated():
    game = load_game("attack_graph")
    sampled = {p.name for p in game.policies if not p.enumerable}
    assert sampled == {"random_walk", "belief_uniform", "belief_value_propagation", "belief_random_walk"}
    assert all(p.source for p in game.policies)


def test_none_never_does_anything():
    for moment in episode(load_game("attack_graph"), "none", "none", seed=0):
        assert moment.actions == [0, 0]


def test_the_uniform_attacker_is_uniform_over_candidates():
    game = load_game("attack_graph")
    assert drawn(game, 1, "uniform", [0] * 8)[:4] == pytest.approx([0.0, 0.5, 0.5, 0.0])
    active = [1, 1, 0, 0, 0, 0, 0, 0]
    chosen = drawn(game, 1, "uniform", active)
    expected = {1 + e for e in candidates(load_graph("branch_office"), {0, 1})}
    assert set(np.flatnonzero(chosen)) == expected
    assert chosen[sorted(expected)] == pytest.approx(1.0 / len(expected))


def test_attackers_rest_when_every_target_is_active():
    data = random_graph(6, 4, targets=2, seed=0)
    graph, game = game_on(data)
    signal = [int(node.target) for node in graph.nodes]
    assert len(candidates(graph, set(graph.targets))) > 0
    for name in ("uniform", "value_propagation"):
        assert drawn(game, 1, name, signal)[0] == 1.0


def test_the_number_attacked_is_clamped_and_its_noise_normal():
    # 4 candidates, mean 0.5 x 4 = 2, deviation 1: int(x) <= m where x < m + 1.
    game = random_game(4, 0, attacker_picks=3, horizon=1)
    counts = np.zeros(5)
    for seed in range(3000):
        chance, mind = game.new_chance(), first_memory(game, 1, "uniform", ratio=0.5, noise=1.0, minimum=0)
        chance["stream"] = seed_stream(seed, 0, 0)
        mask, weights = np.array([1, 1, 1, 1, 1], np.uint8), np.zeros(5)
        game.policy("uniform", "attacker").act(game.table[0], mind[0], np.zeros(4, np.int16), mask, chance[0], weights)
        counts[int(mind["plan"].sum())] += 1

    def below(x):
        return 0.5 * (1.0 + math.erf((x - 2.0) / math.sqrt(2.0)))

    expected = np.array([below(1), below(2) - below(1), below(3) - below(2), 1.0 - below(3), 0.0])
    assert np.abs(counts / 3000 - expected).max() < 4.0 * math.sqrt(0.25 / 3000)


def test_a_set_is_drawn_at_the_first_pick_and_played_out():
    game = random_game(8, 6, targets=2, attacker_picks=4, defender_picks=4)
    chosen = [m.actions for m in episode(game, "uniform", "uniform", seed=3)]
    for agent in range(2):
        first = [actions[agent] for actions in chosen[:4]]
        picks = [a for a in first if a]
        assert picks == sorted(set(picks))
        assert picks + [0] * (4 - len(picks)) == first


def test_values_propagate_as_in_a_worked_example():
    # tiny: data is worth 10; host .9 (.75 x 10 - 1) = 5.85; mail the better of the edge to data,
    # .9 (.6 x 10 - .5) = 4.95, and of host, an AND node with one inactive precondition, .9 (.9 x 5.85 - .75) = 4.0635.
    game = load_game("attack_graph", graph="tiny")
    value = np.zeros(8)
    propagate(game.table[0], np.zeros(8, np.int16), 0.5, value)
    assert value[:3] == pytest.approx([4.95, 5.85, 10.0])
    propagate(game.table[0], np.array([1, 0, 1, 0, 0, 0, 0, 0], np.int16), 0.5, value)
    assert value[:3] == pytest.approx([0.0, 0.0, 0.0])


def test_value_propagation_is_a_softmax_of_scaled_values():
    # mail active: host is worth .9 x 5.85 - .75 = 4.515, the edge to data .6 x 10 - .5 = 5.5; scaled to 0 and 1.
    game = load_game("attack_graph", graph="tiny")
    chosen = drawn(game, 1, "value_propagation", [1, 0, 0], temperature=3.0)
    assert chosen[2:4] == pytest.approx([1.0 / (1.0 + math.exp(3.0)), math.exp(3.0) / (1.0 + math.exp(3.0))])
    assert drawn(game, 1, "value_propagation", [1, 0, 0], temperature=0.0)[2:4] == pytest.approx([0.5, 0.5])


def walked(game, active):
    """Every random walk's odds and value with its probability."""
    chance, found = game.new_chance(), []
    first_tape(chance[0], TAPE)
    while True:
        mind = first_memory(game, 1, "random_walk")
        walk(game.table[0], mind[0], active, chance[0])
        value = pursue(game.table[0], mind[0], active)
        found.append((chance["probability"][0], mind["odds"][0, :3].tolist(), mind["when"][0, :3].tolist(), value))
        if not next_tape(chance[0]):
            return found


def test_a_random_walk_as_in_a_worked_example():
    # data is reached from mail with .8 x .6 = .48 or from host with .8 x .9 x .75 = .54. The values: mail's way
    # .48 x 10 x .9 - .8 x .5 x .9 - .5 = 3.46; host's way .54 x 10 x .81 - .72 x 1 x .81 - .8 x .75 x .9 - .5 = 2.7508.
    game = load_game("attack_graph", graph="tiny")
    direct, by_host = sorted(walked(game, np.zeros(8, np.int16)), key=lambda w: w[1][2])
    assert direct[0] == pytest.approx(0.48 / 1.02)
    assert direct[1:3] == (pytest.approx([0.8, 0.72, 0.48]), [0, 1, 1])
    assert direct[3] == pytest.approx(3.46)
    assert by_host[1:3] == (pytest.approx([0.8, 0.72, 0.54]), [0, 1, 2])
    assert by_host[3] == pytest.approx(2.7508)


def test_a_random_walk_ignores_targets_that_come_too_late():
    game = load_game("attack_graph", graph="tiny", horizon=2)
    direct, by_host = sorted(walked(game, np.zeros(8, np.int16)), key=lambda w: w[1][2])
    assert direct[3] == pytest.approx(3.46)
    assert by_host[3] == 0.0


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_minimum_cut_separates_roots_from_targets_with_fewest_nodes(seed):
    graph = check_graph(random_graph(7, 9, targets=2, seed=seed), file="f")
    cut = minimum_cut(graph)

    def separates(nodes):
        left = networkx.DiGraph(graph.ends)
        left.add_nodes_from(range(len(graph.nodes)))
        left.remove_nodes_from(nodes)
        return not any(networkx.has_path(left, r, t) for r in set(graph.roots) - set(nodes) for t in set(graph.targets) - set(nodes))

    assert separates(cut)
    assert not any(separates(fewer) for fewer in itertools.combinations(range(7), len(cut) - 1))


@pytest.mark.parametrize(
    ("name", "nodes"),
    [("targets_only", {4, 6, 7}), ("roots_only", {0, 1}), ("min_cut", {0, 1}), ("uniform", set(range(8)))],
)
def test_fixed_defenders_draw_uniformly_from_their_set(name, nodes):
    game = load_game("attack_graph")
    graph = load_graph("branch_office")
    if name == "targets_only":
        nodes = set(graph.targets)
    chosen = drawn(game, 0, name, [0, 0, 0])
    assert set(np.flatnonzero(chosen)) == {1 + v for v in nodes}
    assert chosen[[1 + v for v in nodes]] == pytest.approx(1.0 / len(nodes))


def test_zone_defenders_keep_to_their_zone():
    game = load_game("attack_graph", defenders=2)
    targets = load_graph("branch_office").targets
    assert set(np.flatnonzero(drawn(game, 1, "targets_only", [0, 0, 0]))) == {1 + v - 4 for v in targets if v >= 4}
    assert drawn(game, 1, "roots_only", [0, 0, 0])[0] == 1.0


def test_importance_backs_damage_up():
    # tiny: host .9 x .75 x 15 = 10.125; mail the better of .9 x .6 x 15 = 8.1 and .9 x .9 x 10.125 = 8.20125.
    assert importance(load_game("attack_graph", graph="tiny").table[0])[:3] == pytest.approx([8.20125, 10.125, 15.0])


def test_a_belief_weighs_particles_by_the_alerts():
    game = load_game("attack_graph", graph="tiny")
    mind = first_memory(game, 0, "belief_uniform", particles=4)
    alert = np.array([1, 0, 0], np.int16)
    mind["belief"][0, 0, 1] = 1
    for k in range(4):
        mind["likelihood"][0, k] = likelihood(game.table[0], mind[0], mind["belief"][0, k], alert)
    assert mind["likelihood"][0, :4] == pytest.approx([0.9, 0.1, 0.1, 0.1])
    chance = game.new_chance()
    share = 0.0
    for seed in range(500):
        other = mind.copy()
        chance["stream"] = seed_stream(seed, 0, 0)
        resample(game.table[0], other[0], chance[0])
        share += other["belief"][0, :4, 1].mean() / 500
    assert share == pytest.approx(0.75, abs=0.05)


def test_believers_defend_better_than_those_who_do_nothing():
    game = load_game("attack_graph", horizon=6, attacker_picks=2, defender_picks=2)

    def mean_return(defender):
        moments = [m.rewards[0] for seed in range(6) for m in episode(game, defender, "value_propagation", seed=seed)]
        return sum(moments) / 6

    assert mean_return("belief_value_propagation") > mean_return("min_cut") > mean_return("none")
