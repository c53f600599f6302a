"""Random graphs: always valid, in the published ranges, one seed one graph."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamesolve.base.errors import GamesolveError
from gamesolve.games.attack_graph import graph_text, random_graph
from gamesolve.games.attack_graph.graph_file import check_graph, parse_graph


@settings(max_examples=150, deadline=None)
@given(data=st.data(), nodes=st.integers(1, 12), seed=st.integers(0, 2**40), and_share=st.floats(0.0, 1.0))
def test_a_random_graph_is_valid_and_as_large_as_asked(data, nodes, seed, and_share):
    edges = data.draw(st.integers(0, nodes * (nodes - 1) // 2))
    targets, sensors = data.draw(st.integers(1, nodes)), data.draw(st.integers(0, nodes))
    made = random_graph(nodes, edges, targets=targets, seed=seed, sensors=sensors, and_share=and_share)
    graph = parse_graph(graph_text(made).encode(), file="made.json")
    assert (len(graph.nodes), len(graph.edges), len(graph.targets)) == (nodes, edges, targets)
    assert sum(node.p1 is not None for node in graph.nodes) == sensors


def test_numbers_lie_in_the_published_ranges():
    # Nguyen, Wright, Wellman, Singh 2017; costs and damage are positive here.
    made = random_graph(60, 300, targets=20, seed=5)
    ranges = {"reward": (10, 20), "damage": (10, 20), "protect_cost": (0.5, 1), "p1": (0.8, 1), "p0": (0, 0.2)}
    for item, own in ((item, own) for key, own in (("nodes", (0.8, 1)), ("edges", (0.6, 0.8))) for item in made[key]):
        for key, (low, high) in {**ranges, "attack_cost": (0.5, 1), "probability": own}.items():
            assert low <= item.get(key, low) <= high
    assert {"probability", "attack_cost"} <= set(made["nodes"][0])


def test_targets_have_preconditions_where_there_are_enough_such_nodes():
    graph = check_graph(random_graph(30, 100, targets=6, seed=1), file="f")
    assert all(graph.incoming[v] for v in graph.targets)


def test_one_seed_gives_one_graph():
    assert random_graph(9, 12, targets=2, seed=4) == random_graph(9, 12, targets=2, seed=4)
    assert random_graph(9, 12, targets=2, seed=4) != random_graph(9, 12, targets=2, seed=5)


def test_text_is_json_with_one_element_a_line():
    made = random_graph(3, 2, targets=1, seed=0)
    assert json.loads(graph_text(made)) == made
    assert len(graph_text(made).splitlines()) == 14


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"nodes": 0}, "nodes = 0 is impossible: 1 to 1024"),
        ({"nodes": 2000}, "nodes = 2000 is impossible: 1 to 1024"),
        ({"edges": 11}, "edges = 11 is impossible: 0 to 10 are allowed for an acyclic graph of 5 nodes"),
        ({"edges": -1}, "edges = -1 is impossible"),
        ({"targets": 0}, "targets = 0 is impossible: 1 to 5"),
        ({"targets": 6}, "targets = 6 is impossible: 1 to 5"),
        ({"sensors": 6}, "sensors = 6 is impossible: 0 to 5"),
        ({"seed": -1}, "seed = -1 is impossible"),
        ({"and_share": 1.5}, "and_share = 1.5 is impossible"),
    ],
)
def test_impossible_requests_are_refused(asked, message):
    with pytest.raises(GamesolveError, match=message):
        random_graph(**{"nodes": 5, "edges": 4, "targets": 1, "seed": 0, **asked})
