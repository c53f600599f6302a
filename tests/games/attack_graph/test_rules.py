"""The rules against a second writing of them in sets, and their promises on picks, alerts, zones and bounds."""

from itertools import combinations

import numpy as np
import pytest
from attack_graph_play import candidates, elements, episode, game_on, outcomes, payoffs, play_epoch, random_game
from hypothesis import given, settings
from hypothesis import strategies as st

from gamesolve import load_game
from gamesolve.base.errors import GamesolveError
from gamesolve.games.attack_graph import random_graph
from gamesolve.games.attack_graph.rules import zone_bounds
from gamesolve.rules.chance import TAPE, first_tape, next_tape
from gamesolve.views.acting import PLAYING
from gamesolve.views.simulator import Simulator
from gamesolve.views.tree_build import Walker, build_tree, estimate_size


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), zero_sum=st.booleans(), data=st.data())
def test_an_epoch_does_what_the_source_says(seed, zero_sum, data):
    graph, game = game_on(random_graph(7, 10, targets=2, seed=seed), attacker_picks=3, defender_picks=2, zero_sum=zero_sum)
    active = data.draw(st.sets(st.integers(0, 6)))
    attacked = set(data.draw(st.permutations(sorted(candidates(graph, active))))[:3])
    protected = data.draw(st.sets(st.integers(0, 6), max_size=2))
    found = play_epoch(game, active, [sorted(1 + v for v in protected), sorted(1 + e for e in attacked)])
    expected = {key: p for key, p in outcomes(graph, active, attacked, protected).items() if p > 0.0}
    assert {key: p for key, (p, _) in found.items()} == pytest.approx(expected)
    for after, (_, rewards) in found.items():
        defender, attacker = payoffs(graph, set(after), attacked, protected)
        assert rewards == pytest.approx([defender - attacker, attacker - defender] if zero_sum else [defender, attacker])


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), active=st.sets(st.integers(0, 6)))
def test_the_attacker_may_pick_what_its_preconditions_allow(seed, active):
    graph, game = game_on(random_graph(7, 10, targets=2, seed=seed))
    assert legal(game, 1, active) == {0} | {1 + e for e in candidates(graph, active)}
    assert legal(game, 0, active) == set(range(8))


def legal(game, agent, active=(), *, last=-1, phase=0):
    """Legal actions of an agent."""
    state, mask = np.zeros(1, game.state), np.zeros(game.actions, np.uint8)
    state["active"][0, sorted(active)] = 1
    state["last"][0, agent] = last
    state["phase"] = phase
    game.rules.legal(game.table[0], state[0], agent, mask)
    return set(np.flatnonzero(mask).tolist())


def test_picks_ascend_and_end_with_pass_and_at_the_limit():
    game = random_game(7, 0, targets=1, attacker_picks=2, defender_picks=3)
    assert game.picks == 3
    assert game.steps == 9
    assert legal(game, 0, last=4, phase=1) == {0, 5, 6, 7}
    assert legal(game, 0, last=0, phase=1) == {0}
    assert legal(game, 1, last=2, phase=1) == {0, 3, 4, 5, 6, 7}
    assert legal(game, 1, last=3, phase=2) == {0}


def test_every_set_of_picks_has_exactly_one_sequence():
    game = random_game(5, 0, targets=1, attacker_picks=3, defender_picks=3)

    def sequences(agent, played=()):
        if len(played) == 3:
            return [frozenset(played) - {0}]
        return [s for a in legal(game, agent, last=played[-1] if played else -1, phase=len(played)) for s in sequences(agent, (*played, a))]

    sets = [frozenset(c) for size in range(4) for c in combinations(range(1, 6), size)]
    for agent in range(2):
        assert sorted(map(sorted, sequences(agent))) == sorted(map(sorted, sets))


def observed(game, active, *, actions, phase=0):
    """Every outcome of an observation: {rows of signals, one value for each node: probability}."""
    state, found, chance = np.zeros(1, game.state), {}, game.new_chance()
    state["active"][0, sorted(active)] = 1
    state["phase"] = phase
    first_tape(chance[0], TAPE)
    while True:
        signals = np.zeros((len(game.agents), game.width), np.int16)
        game.rules.observe(game.table[0], state[0], np.zeros(1, game.memory)[0], np.array(actions, np.int32), chance[0], signals)
        assert not signals[:, game.table["nodes"][0] :].any()
        key = tuple(map(tuple, signals[:, : game.table["nodes"][0]].tolist()))
        found[key] = found.get(key, 0.0) + chance["probability"][0]
        if not next_tape(chance[0]):
            return found


def test_alerts_come_from_the_new_state_and_the_attacker_sees_it():
    game = load_game("attack_graph", graph="tiny")
    mail, host, data = 0, 1, 2
    assert observed(game, {mail}, actions=[0, 1]) == pytest.approx({((0, 0, 0), (1, 0, 0)): 0.9, ((1, 0, 0), (1, 0, 0)): 0.1})
    assert observed(game, {mail, host, data}, actions=[0, 2]) == pytest.approx({((0, 0, 0), (1, 1, 1)): 0.1, ((1, 0, 0), (1, 1, 1)): 0.9})


def test_nothing_is_seen_before_the_first_epoch_and_between_picks():
    game = load_game("attack_graph", graph="tiny", attacker_picks=2)
    nothing = {((0, 0, 0), (0, 0, 0)): 1.0}
    assert observed(game, set(), actions=[-1, -1]) == nothing
    assert observed(game, {0, 1}, actions=[0, 1], phase=1) == nothing


def test_zones_cut_the_topological_order_and_share_sensors():
    game = load_game("attack_graph", defenders=3)
    assert zone_bounds(8, 3) == [0, 2, 5, 8]
    assert [a.name for a in game.agents] == ["defender of zone 1", "defender of zone 2", "defender of zone 3", "attacker"]
    assert [len(a.actions) for a in game.agents[:3]] == [3, 4, 4]
    assert [sum(s.count for s in a.signals) for a in game.agents[:3]] == [1, 1, 1]
    words = [word for agent in game.agents[:3] for word in agent.actions[1:]]
    assert words == [f"protect {node['label']}" for node in game.drawing["nodes"]]
    assert legal(game, 1) == {0, 1, 2, 3}


def test_zones_protect_their_own_nodes():
    game = load_game("attack_graph", defenders=2)
    found = play_epoch(game, set(range(8)), [[1], [2], [0]])
    assert set(found) == {frozenset(range(8)) - {0, 5}}


def test_more_zones_than_nodes_are_refused():
    with pytest.raises(GamesolveError, match="defenders = 9 zones"):
        load_game("attack_graph", defenders=9)


def test_actions_name_what_they_touch():
    _, game = game_on(random_graph(6, 8, targets=1, seed=3))
    assert len(game.agents[1].actions) == len(game.drawing["actions"][1]) == int(game.table["elements"][0]) + 1
    graph, _ = game_on(random_graph(6, 8, targets=1, seed=3))
    for (u, v), touched in zip(elements(graph), game.drawing["actions"][1][1:], strict=True):
        edge = game.drawing["edges"][touched["edge"]] if u is not None else {"source": None, "target": touched["node"]}
        assert (edge["source"], edge["target"]) == (u, v)


@pytest.mark.parametrize("zero_sum", [True, False])
@pytest.mark.parametrize("picks", [1, 3])
def test_returns_stay_within_the_bounds(zero_sum, picks):
    for seed in range(30):
        game = random_game(6, 7, targets=2, seed=seed % 3, horizon=5, attacker_picks=picks, defender_picks=2, zero_sum=zero_sum)
        played = episode(game, "random", "random", seed=seed)
        returns = sum(game.discount ** (t // game.picks) * moment.rewards for t, moment in enumerate(played))
        for role, (low, high) in enumerate(game.utility_bounds):
            assert low <= returns[role] <= high
        assert (abs(returns.sum()) < 1e-9) == zero_sum


def test_bounds_are_reached_on_a_single_certain_target():
    data = {
        "nodes": [{"id": "t", "probability": 1.0, "target": True, "reward": 5, "damage": 7, "attack_cost": 0, "protect_cost": 2}],
        "edges": [],
    }
    _, game = game_on(data, horizon=2, discount=0.5, zero_sum=False)
    assert game.utility_bounds[1] == pytest.approx((0.0, 7.5), abs=1e-6)
    assert game.utility_bounds[0] == pytest.approx((-13.5, 0.0), abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shape", "parameters", "pairs"),
    [
        ({"nodes": 4, "edges": 4}, {"attacker_picks": 8, "defender_picks": 4}, 1.3e8),
        ({"nodes": 6, "edges": 8}, {}, 9.4e7),
        ({"nodes": 8, "edges": 12, "targets": 2, "sensors": 3}, {}, 3.9e6),
        ({"nodes": 6, "edges": 8, "sensors": 2}, {"attacker_picks": 2, "defender_picks": 2}, 4e7),
        ({"nodes": 6, "edges": 8, "sensors": 2}, {"horizon": 4}, 5e7),
    ],
)
def test_tree_sizes_are_those_known_for_the_game(shape, parameters, pairs):
    # Medians of random graphs; their numbers of edges are not known, so the factor is generous.
    found = [estimate_size(random_game(**shape, seed=seed, **parameters), probes=300).pairs for seed in range(9)]
    assert 0.5 < np.median(found) / pairs < 2.0


def test_different_networks_share_compiled_code():
    one, other = (random_game(7, 10, seed=seed) for seed in (1, 2))
    assert one.state == other.state
    assert one.table.dtype == other.table.dtype
    assert one.fingerprint != other.fingerprint


def test_the_branch_office_is_small_enough_to_solve():
    game = load_game("attack_graph")
    assert game.horizon == 3
    assert sum(node["sensor"] for node in game.drawing["nodes"]) == 3
    assert 1e6 < estimate_size(game, probes=500).pairs < 1e7


def test_the_tree_agrees_with_plain_recursion():
    from reference_walk import walk

    game = load_game("attack_graph", graph="tiny", horizon=2)
    tree, found = build_tree(game), walk(game)
    assert [d.information_sets for d in tree.decisions] == [len(sets) for sets in found.sets]
    assert tree.pairs == len(found.payoffs)
    assert sorted(tree.payoffs.value) == pytest.approx(sorted(pair[0] for pair in found.payoffs.values()))


def test_networks_of_like_size_share_compiled_code():
    """The walker's and the simulator's arrays have the same types, so numba finds what it compiled for another network."""
    _, one = game_on(random_graph(7, 10, targets=2, seed=1))
    _, other = game_on(random_graph(6, 8, targets=1, seed=2))
    assert one.actions == other.actions
    for made in (lambda game: Simulator(game, 2).rows, lambda game: walked(game).arrays["nodes"]):
        assert made(one).dtype == made(other).dtype


def walked(game):
    walker = Walker(game, [PLAYING, PLAYING])
    walker.make(histories=16, sets=4, leaves=1)
    return walker
