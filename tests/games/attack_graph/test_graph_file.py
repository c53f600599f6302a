"""Graph files: what is accepted, and that every error names file, node or edge, and key."""

import copy
import json
import random

import networkx
import numpy as np
import pytest
from attack_graph_play import play_epoch

from gamesolve import load_game
from gamesolve.base.errors import GamesolveError
from gamesolve.games.attack_graph import GAME, graph_text, load_graph, random_graph, shipped_graphs
from gamesolve.games.attack_graph.graph_file import MAX_BYTES, check_graph, parse_graph

GOOD = {
    "nodes": [
        {"id": "a"},
        {"id": "b", "type": "or"},
        {"id": "c", "target": True, "reward": 10, "p1": 0.9, "p0": 0.1},
    ],
    "edges": [{"source": "a", "target": "b"}, {"source": "b", "target": "c"}],
}


def changed(**changes):
    """GOOD with changes: node_<id>={...}, edge_<number>={...}, or whole keys; None removes a key."""
    data = copy.deepcopy(GOOD)
    for name, value in changes.items():
        kind, _, which = name.partition("_")
        if kind == "node":
            update(next(n for n in data["nodes"] if n["id"] == which), value)
        elif kind == "edge":
            update(data["edges"][int(which)], value)
        else:
            update(data, {name: value})
    return data


def update(item, value):
    for key, new in value.items():
        item[key] = new
        if new is None:
            del item[key]


def test_defaults_are_those_of_the_documented_table():
    graph = check_graph(GOOD, file="net.json")
    a, b, c = graph.nodes
    assert (a.type, a.probability, a.attack_cost, a.protect_cost, a.target, a.p1) == ("and", 0.9, 0.75, 0.75, False, None)
    assert (graph.edges[0].probability, graph.edges[0].attack_cost) == (0.7, 0.75)
    assert (b.type, c.reward, c.damage) == ("or", 10.0, None)
    game = GAME.load(graph=graph)
    assert game.table["damage"][0, 2] == 10.0
    assert a.name == "a"


def test_nodes_are_sorted_topologically_with_ties_as_in_the_file():
    data = {"nodes": [{"id": "z", "target": True, "reward": 1}, {"id": "y"}, {"id": "x"}], "edges": [{"source": "x", "target": "z"}]}
    assert [n.id for n in check_graph(data, file="f").nodes] == ["y", "x", "z"]


def test_what_networkx_writes_is_read():
    graph = networkx.DiGraph(office="Berlin")
    graph.add_node(1)
    graph.add_node(2, target=True, reward=3.0)
    graph.add_edge(1, 2)
    for key in ("edges", "links"):
        data = json.loads(json.dumps(networkx.node_link_data(graph, edges=key)))
        assert [n.id for n in check_graph(data, file="f").nodes] == [1, 2]


def test_a_file_is_found_by_its_path(tmp_path):
    path = tmp_path / "my network.json"
    path.write_text(graph_text(random_graph(5, 6, targets=1, seed=0)))
    assert len(load_graph(str(path)).nodes) == 5
    assert load_game("attack_graph", graph=str(path)).drawing["kind"] == "network"


@pytest.mark.parametrize("name", shipped_graphs())
def test_shipped_graphs_are_valid(name):
    assert load_graph(name).targets


def test_the_shipped_graph_for_simulation_is_the_generators():
    data = random_graph(30, 100, targets=6, seed=1)
    assert load_graph("random_30") == check_graph(data, file="random_30")


WRONG = {
    "cycle": (changed(edges=[*GOOD["edges"], {"source": "c", "target": "a"}]), r"the cycle 'a' -> 'b' -> 'c' -> 'a'"),
    "loop": (changed(edges=[*GOOD["edges"], {"source": "b", "target": "b"}]), r"the cycle 'b' -> 'b'"),
    "unknown node": (changed(edge_1={"target": "d"}), r"edge 'b' -> 'd': key 'target' = 'd' is no node's id"),
    "unknown source": (changed(edge_0={"source": 7}), r"edge 7 -> 'b': key 'source' = 7 is no node's id"),
    "probability above one": (
        changed(node_a={"probability": 1.5}),
        r"node 'a': key 'probability' = 1.5 is refused: it must be a number, 0 to 1",
    ),
    "probability below zero": (changed(edge_0={"probability": -0.1}), r"edge 'a' -> 'b': key 'probability' = -0.1 is refused"),
    "p1": (changed(node_c={"p1": 2}), r"node 'c': key 'p1' = 2 is refused"),
    "NaN": (changed(node_a={"probability": float("nan")}), r"node 'a': key 'probability' = nan is refused"),
    "infinity": (changed(node_a={"attack_cost": float("inf")}), r"node 'a': key 'attack_cost' = inf is refused"),
    "huge integer": (changed(node_a={"attack_cost": 10**400}), r"node 'a': key 'attack_cost' = 1000.* is refused"),
    "negative cost": (changed(node_a={"protect_cost": -1}), r"node 'a': key 'protect_cost' = -1 is refused"),
    "target without reward": (changed(node_c={"reward": None}), r"node 'c': key 'reward' is missing"),
    "reward of zero": (changed(node_c={"reward": 0}), r"node 'c': key 'reward' = 0 is refused"),
    "reward without target": (changed(node_a={"reward": 1}), r"node 'a': key 'reward' belongs to targets only"),
    "damage without target": (changed(node_a={"damage": 1}), r"node 'a': key 'damage' belongs to targets only"),
    "no target": (changed(node_c={"target": False, "reward": None}), r"no node has 'target': true"),
    "unreachable target": (changed(edge_0={"probability": 0}), r"node 'c': this target is unreachable"),
    "unreachable AND target": (changed(node_a={"probability": 0.0}), r"node 'c': this target is unreachable"),
    "duplicate id": (changed(nodes=[*GOOD["nodes"], {"id": "a"}]), r"node 'a': key 'id' is used by node number 0 too"),
    "id as text and number": (changed(nodes=[*GOOD["nodes"], {"id": 1}, {"id": "1"}]), r"node '1': key 'id' is used by node number 3"),
    "duplicate label": (changed(node_a={"label": "c"}), r"node 'c': key 'label' = 'c' is what node 'a' is called too"),
    "missing id": (changed(node_a={"id": None}), r"node number 0 \(counting from 0\): key 'id' is missing"),
    "wrong type": (changed(node_a={"target": "yes"}), r"node 'a': key 'target' = 'yes' is refused: it must be true or false"),
    "boolean as number": (changed(node_a={"probability": True}), r"node 'a': key 'probability' = True is refused"),
    "boolean id": (changed(nodes=[*GOOD["nodes"], {"id": True}]), r"node True: key 'id' = True is refused"),
    "text as number": (changed(node_a={"probability": "0.5"}), r"node 'a': key 'probability' = '0.5' is refused"),
    "unknown type": (changed(node_b={"type": "xor"}), r"node 'b': key 'type' = 'xor' is refused: it must be one of 'and', 'or'"),
    "misspelt key": (changed(node_a={"probabilty": 0.5}), r"node 'a': unknown key 'probabilty' \(did you mean 'probability'\?\)"),
    "unknown edge key": (changed(edge_0={"weight": 1}), r"edge 'a' -> 'b': unknown key 'weight'"),
    "half a sensor": (changed(node_c={"p0": None}), r"node 'c': key 'p0' is missing"),
    "OR node with probability": (changed(node_b={"probability": 0.5}), r"node 'b': key 'probability' does not belong to an OR node"),
    "edge into AND with cost": (changed(edge_1={"attack_cost": 1}), r"edge 'b' -> 'c': key 'attack_cost' does not belong here"),
    "OR root": (changed(edges=GOOD["edges"][1:]), r"node 'b': key 'type' = 'or' is refused: no edge leads to it"),
    "double edge": (changed(edges=[*GOOD["edges"], GOOD["edges"][0]]), r"edge 'a' -> 'b': it stands twice"),
    "edge without source": (changed(edge_0={"source": None}), r"edge number 0 \(counting from 0\): key 'source' is missing"),
    "node is no object": (changed(nodes=["a"]), r"node number 0 \(counting from 0\) is 'a'"),
    "nodes is no list": (changed(nodes={}), r"key 'nodes' = \{\} is refused"),
    "no nodes": (changed(nodes=[]), r"key 'nodes' is empty"),
    "no edges key": (changed(edges=None), r"key 'edges' = None is refused"),
    "both names of edges": (changed(links=[]), r"both keys 'edges' and 'links'"),
    "undirected": (changed(directed=False), r"key 'directed' = False is refused: it must be true"),
    "multigraph": (changed(multigraph=True), r"key 'multigraph' = True is refused: it must be false"),
    "unknown top key": (changed(vertices=[]), r"unknown key 'vertices'"),
    "graph is no object": (changed(graph=3), r"key 'graph' is 3; it must be an object"),
    "graph's note is no text": (changed(graph={"note": 3}), r"key 'graph': key 'note' = 3 is refused"),
    "too many nodes": (changed(nodes=[{"id": i} for i in range(1025)]), r"key 'nodes' has 1025 entries; at most 1024"),
    "unprintable label": (changed(node_a={"label": "a\nb"}), r"node 'a': key 'label' = .* is refused: .*printable"),
    "lone surrogate": (changed(node_a={"label": "\ud800"}), r"node 'a': key 'label' = .* is refused: .*unicode"),
    "long label": (changed(node_a={"label": "x" * 81}), r"node 'a': key 'label' = .* is refused"),
    "not an object": ([1, 2], r"it holds \[1, 2\]; it must be one object"),
}


@pytest.mark.parametrize("case", WRONG)
def test_an_error_names_the_place(case):
    data, message = WRONG[case]
    with pytest.raises(GamesolveError, match=r"^attack graph net\.json: .*" + message) as caught:
        check_graph(data, file="net.json")
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "it is not JSON"),
        (b'{"nodes": [', "it is not JSON: .*line 1"),
        (b'{"nodes": [], "nodes": []}', "key 'nodes' stands twice"),
        (b'{"nodes": "\xff"}', r"it is not UTF-8 text \(byte 11\)"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b'{"nodes": [{"id": ' + b"9" * 5000 + b"}]}", "number that cannot be read"),
        (b" " * (MAX_BYTES + 1), "at most 8388608"),
        (b'{"nodes": [{"id": "a", "target": true, "reward": NaN}], "edges": []}', "node 'a': key 'reward' = nan is refused"),
    ],
)
def test_text_that_is_no_graph_is_refused(text, message):
    with pytest.raises(GamesolveError, match=r"^attack graph net\.json: .*" + message):
        parse_graph(text, file="net.json")


def test_a_huge_file_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "huge.json"
    with path.open("wb") as stream:
        stream.truncate(2**40)
    with pytest.raises(GamesolveError, match=r"huge\.json: it has 1099511627776 bytes"):
        load_graph(str(path))


def test_a_missing_file_and_an_unknown_name_are_told_apart(tmp_path):
    with pytest.raises(GamesolveError, match=r"gone\.json: there is no such file"):
        load_graph(str(tmp_path / "gone.json"))
    with pytest.raises(GamesolveError, match=r"unknown attack graph 'branch_offce' \(did you mean 'branch_office'\?\).*or give the path"):
        load_graph("branch_offce")
    with pytest.raises(GamesolveError, match="not a regular file"):
        load_graph(f"{tmp_path}/")
    with pytest.raises(GamesolveError, match="there is no such file"):
        load_graph("a\0b.json")


def mutate(rng, data):
    """One random change somewhere in JSON data, in place."""
    values = [None, True, -1, 0, 2, 0.5, 1e300, float("nan"), "", "a", "or", [], {}, 10**30, "\ud800", "n1", "n2"]
    places = []

    def collect(item):
        for key, value in list(item.items() if isinstance(item, dict) else enumerate(item)):
            places.append((item, key))
            if isinstance(value, dict | list):
                collect(value)

    collect(data)
    container, key = rng.choice(places)
    change = rng.randrange(6)
    if change == 0:
        del container[key]
    elif change == 1 and isinstance(container, list):
        container.insert(rng.randrange(len(container) + 1), copy.deepcopy(container[key]))
    elif change == 2 and isinstance(container, dict):
        container[rng.choice([*container, "note", "reward", "target", "p1", "type", "x"])] = container[key]
    elif change == 3:
        other, place = rng.choice(places)
        container[key] = copy.deepcopy(other[place]) if other and (isinstance(other, dict) or place < len(other)) else None
    elif change == 4 and isinstance(container[key], int | float) and not isinstance(container[key], bool):
        container[key] *= rng.choice([-1, 0, 0.5, 10, 1e9])
    else:
        container[key] = rng.choice(values)


def mutated(seed):
    """The bytes of a small valid graph file after a few random changes of its data, and perhaps of its text."""
    rng = random.Random(seed)
    data = random_graph(5, 6, targets=2, seed=seed % 50, sensors=2)
    for _ in range(rng.randint(1, 3)):
        mutate(rng, data)
    text = bytearray(json.dumps(data).encode())
    if rng.random() < 0.3:
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(text))
            text[at : at + rng.randint(0, 3)] = bytes(rng.choices(b'{}[]",:0123456789eE.-ntruefals \xff\x00\\', k=rng.randint(0, 3)))
    return bytes(text)


def parsed(text):
    """The graph in a text, or the message that refuses it."""
    try:
        return parse_graph(text, file="net.json")
    except GamesolveError as error:
        return str(error)


def check_mutations(seeds):
    """Every mutated file is refused with its name and a place, or gives a game that can be played; how many of the latter."""
    valid = 0
    for seed in seeds:
        graph = parsed(mutated(seed))
        if isinstance(graph, str):
            assert graph.startswith("attack graph net.json: ")
            assert any(word in graph for word in ("node ", "edge ", "key ", "JSON", "UTF-8", "cycle", "it holds", "number")), graph
            continue
        valid += 1
        game = GAME.load(graph=graph)
        assert np.isfinite(game.utility_bounds).all()
        assert sum(p for p, _ in play_epoch(game, set(), [[1], [1]]).values()) == pytest.approx(1.0)
    return valid


def test_a_mutated_file_is_refused_by_name_or_gives_a_game(record_property):
    assert 0 < check_mutations(range(200)) < 150
    record_property("mutated graph files", 200)


@pytest.mark.slow
def test_two_thousand_mutated_files(record_property):
    assert check_mutations(range(1000, 3000)) > 0
    record_property("mutated graph files", 2000)
