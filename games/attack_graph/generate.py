"""Random attack graphs with the parameter ranges of Nguyen, Wright, Wellman and Singh (2017)."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from gamesolve.games.attack_graph.graph_file import MAX_EDGES, MAX_NODES
from gamesolve.rules import GamesolveError

REWARD = (10.0, 20.0)
DAMAGE = (10.0, 20.0)
ATTACK_COST = (0.5, 1.0)
PROTECT_COST = (0.5, 1.0)
AND_PROBABILITY = (0.8, 1.0)
EDGE_PROBABILITY = (0.6, 0.8)
P1 = (0.8, 1.0)
P0 = (0.0, 0.2)


def random_graph(nodes: int, edges: int, *, targets: int, seed: int, sensors: int | None = None, and_share: float = 0.5) -> dict[str, Any]:
    """A random acyclic attack graph as node-link data, always valid.

    Edges are drawn uniformly among the pairs i < j; roots are AND nodes, other nodes AND with
    probability `and_share`; targets are drawn among the nodes with preconditions, as far as there
    are enough. Numbers are uniform in the published ranges, to four decimals.

    Args:
        nodes, edges, targets: how many of each.
        seed: of a numpy Generator; one seed, one graph.
        sensors: how many nodes have a sensor, drawn at random; all by default.
        and_share: in [0, 1].

    Raises:
        GamesolveError: no such graph exists; the message says which number is impossible and why.
    """
    sensors = nodes if sensors is None else sensors
    _check(nodes, edges, targets, seed, sensors, and_share)
    random = np.random.default_rng(seed)
    ends = _draw_edges(random, nodes, edges)
    entered = np.zeros(nodes, bool)
    entered[[target for _, target in ends]] = True
    is_or = entered & (random.random(nodes) >= and_share)
    order = random.permutation(nodes)
    is_target = np.zeros(nodes, bool)
    is_target[order[np.argsort(~entered[order], kind="stable")][:targets]] = True
    has_sensor = np.zeros(nodes, bool)
    has_sensor[random.permutation(nodes)[:sensors]] = True
    return {
        "directed": True,
        "multigraph": False,
        "graph": {"name": f"random graph, seed {seed}", "source": "ranges of Nguyen, Wright, Wellman, Singh 2017"},
        "nodes": [_node(random, i, bool(is_or[i]), bool(is_target[i]), bool(has_sensor[i])) for i in range(nodes)],
        "edges": [_edge(random, source, target, bool(is_or[target])) for source, target in ends],
    }


def graph_text(graph: dict[str, Any]) -> str:
    """Node-link data as JSON text, one node or edge a line."""
    lines = ["{"]
    for key in ("directed", "multigraph", "graph"):
        lines.append(f'  "{key}": {json.dumps(graph[key])},')
    for key, end in (("nodes", ","), ("edges", "")):
        rows = ",\n".join(f"    {json.dumps(item)}" for item in graph[key])
        lines.append(f'  "{key}": [\n{rows}\n  ]{end}' if rows else f'  "{key}": []{end}')
    return "\n".join([*lines, "}"]) + "\n"


def _check(nodes: int, edges: int, targets: int, seed: int, sensors: int, and_share: float) -> None:
    limits = {
        "nodes": (nodes, 1, MAX_NODES),
        "edges": (edges, 0, min(nodes * (nodes - 1) // 2, MAX_EDGES)),
        "targets": (targets, 1, nodes),
        "sensors": (sensors, 0, nodes),
        "seed": (seed, 0, 2**63 - 1),
    }
    for name, (value, low, high) in limits.items():
        if not low <= value <= high:
            why = f" for an acyclic graph of {nodes} nodes" if name == "edges" else ""
            raise GamesolveError(f"a random attack graph with {name} = {value} is impossible: {low} to {high} are allowed{why}")
    if not 0.0 <= and_share <= 1.0:
        raise GamesolveError(f"a random attack graph with and_share = {and_share} is impossible: 0 to 1 are allowed")


def _draw_edges(random: np.random.Generator, nodes: int, edges: int) -> list[tuple[int, int]]:
    targets, sources = np.tril_indices(nodes, -1)
    if edges == 0:
        return []
    chosen = np.sort(random.choice(len(targets), size=edges, replace=False))
    return [(int(sources[k]), int(targets[k])) for k in chosen]


def _draw(random: np.random.Generator, bounds: tuple[float, float]) -> float:
    return round(float(random.uniform(*bounds)), 4)


def _node(random: np.random.Generator, number: int, is_or: bool, is_target: bool, has_sensor: bool) -> dict[str, Any]:
    node: dict[str, Any] = {"id": f"n{number + 1}", "type": "or" if is_or else "and"}
    if not is_or:
        node |= {"probability": _draw(random, AND_PROBABILITY), "attack_cost": _draw(random, ATTACK_COST)}
    node["protect_cost"] = _draw(random, PROTECT_COST)
    if is_target:
        node |= {"target": True, "reward": _draw(random, REWARD), "damage": _draw(random, DAMAGE)}
    if has_sensor:
        node |= {"p1": _draw(random, P1), "p0": _draw(random, P0)}
    return node


def _edge(random: np.random.Generator, source: int, target: int, into_or: bool) -> dict[str, Any]:
    edge: dict[str, Any] = {"source": f"n{source + 1}", "target": f"n{target + 1}"}
    if into_or:
        edge |= {"probability": _draw(random, EDGE_PROBABILITY), "attack_cost": _draw(random, ATTACK_COST)}
    return edge
