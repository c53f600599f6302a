"""How soon an attack can come to a node, against a search through all attacks; and what is said of short horizons."""

from itertools import combinations, pairwise

import pytest
from attack_graph_play import candidates, elements
from hypothesis import given, settings
from hypothesis import strategies as st

from gamesolve import load_game
from gamesolve.games.attack_graph import random_graph
from gamesolve.games.attack_graph.graph_file import check_graph
from gamesolve.games.attack_graph.reach import NAMED, horizon_caveats, least_epochs


def soonest_by_search(graph, picks):
    """Epochs until each node can be active, by trying all attacks that succeed and are not defended."""
    found, states, epoch = {}, {frozenset()}, 0
    while len(found) < len(graph.nodes):
        epoch += 1
        following = set()
        for active in states:
            open_to = sorted(candidates(graph, set(active)))
            for attacked in combinations(open_to, min(picks, len(open_to))):
                following.add(active | {elements(graph)[e][1] for e in attacked})
        for v in frozenset().union(*following):
            found.setdefault(v, epoch)
        states = following
    return [found[v] for v in range(len(graph.nodes))]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), picks=st.integers(1, 3))
def test_no_attack_is_faster_than_the_bound(seed, picks):
    graph = check_graph(random_graph(7, 10, targets=2, seed=seed), file="net.json")
    assert all(bound <= true for bound, true in zip(least_epochs(graph, picks=picks), soonest_by_search(graph, picks), strict=True))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_with_picks_for_everything_the_bound_is_met(seed):
    graph = check_graph(random_graph(7, 10, targets=2, seed=seed), file="net.json")
    assert list(least_epochs(graph, picks=64)) == soonest_by_search(graph, 64)


def test_an_and_node_waits_for_picks_on_all_that_it_needs():
    """Three roots behind one AND target: two rounds for whoever attacks three at once, four for whoever attacks one."""
    data = {
        "nodes": [*({"id": root} for root in "abc"), {"id": "target", "target": True, "reward": 1}],
        "edges": [{"source": root, "target": "target"} for root in "abc"],
    }
    graph = check_graph(data, file="net.json")
    assert [least_epochs(graph, picks=picks)[3] for picks in (1, 2, 3)] == [4, 3, 2]


def chain(length, targets):
    """A chain of nodes, the last of which are targets."""
    names = [f"n{i + 1}" for i in range(length)]
    nodes = [{"id": n, **({"target": True, "reward": 1} if i >= length - targets else {})} for i, n in enumerate(names)]
    return {"nodes": nodes, "edges": [{"source": a, "target": b} for a, b in pairwise(names)]}


@pytest.mark.parametrize(
    ("length", "targets", "horizon", "sentence"),
    [
        (3, 1, 3, None),
        (3, 1, 2, "Within 2 epochs no attack can reach any target (the nearest, n3, takes at least 3), so every defence looks safe: "),
        (4, 2, 3, "Within 3 epochs no attack can reach n4 (at least 4 epochs): a longer horizon may need another defence."),
        (4, 3, 2, "Within 2 epochs no attack can reach n3 (at least 3 epochs) or n4 (at least 4 epochs): "),
        (9, 9, 1, f" or {8 - NAMED} more: "),
        (2, 1, 1, "Within 1 epoch no attack"),
    ],
)
def test_targets_beyond_the_horizon_are_named(length, targets, horizon, sentence):
    graph = check_graph(chain(length, targets), file="net.json")
    said = horizon_caveats(graph, least_epochs(graph, picks=1), horizon=horizon)
    assert len(said) == (sentence is not None)
    assert all(sentence in one for one in said)


def test_the_game_says_it_of_the_shipped_office():
    assert load_game("attack_graph", horizon=6).caveats == ()
    (said,) = load_game("attack_graph").caveats
    assert "Domain controller owned (at least 6 epochs)" in said
