"""The plain-data description of a network from which reports draw it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from gamesolve.games.attack_graph.graph import AttackGraph

SWEEPS = 8


def draw(graph: AttackGraph, zone_bounds: list[int]) -> dict[str, Any]:
    """Nodes with places, edges, and what each action of each agent touches.

    `nodes`: id, label, type, target, reward, damage, probability, attack_cost, protect_cost, sensor,
    p1, p0, zone, x, y. Nodes stand in layers: x in [0, 1] from the roots rightwards, y in [0, 1] downwards.
    `edges`: source and target as positions in `nodes`; probability and attack_cost, or None into AND nodes.
    `actions`: for each agent, in the game's order, one entry per action: None for *pass*, or
    `{"node": position}`, or `{"edge": position}`.
    `shows`: for each agent one entry per signal: the node whose alert (defenders) or activity (attacker) it is.
    """
    places = layout(graph)
    zones = [next(z for z in range(len(zone_bounds) - 1) if v < zone_bounds[z + 1]) for v in range(len(graph.nodes))]
    return {
        "kind": "network",
        "name": graph.header.name or Path(graph.source).stem.replace("_", " "),
        "note": graph.header.note,
        "nodes": [_node(graph, v, zones[v], places[v]) for v in range(len(graph.nodes))],
        "edges": [_edge(graph, e) for e in range(len(graph.edges))],
        "actions": [
            *([None, *({"node": v} for v in range(first, end))] for first, end in itertools.pairwise(zone_bounds)),
            [None, *_attacks(graph)],
        ],
        "shows": [
            *([v for v in range(first, end) if graph.nodes[v].p1 is not None] for first, end in itertools.pairwise(zone_bounds)),
            list(range(len(graph.nodes))),
        ],
    }


def picture_of(graph: AttackGraph, zone_bounds: list[int]) -> Callable[[np.void], dict[str, Any]]:
    """The function that says how things stand on the network at a point of play (see `Game.picture`)."""
    shows = draw(graph, zone_bounds)["shows"][:-1]

    def picture(point: np.void) -> dict[str, Any]:
        alerts = {v for row, nodes in zip(point["signals"], shows, strict=False) for alert, v in zip(row, nodes, strict=False) if alert}
        active = point["state"]["active"]
        return {
            "nodes": [{"active": bool(active[v]), "alert": v in alerts} for v in range(len(graph.nodes))],
            "services": {},
            "outcomes": [[None, ""] for _ in range(len(shows) + 1)],
            "rewards": {},
        }

    return picture


def layout(graph: AttackGraph) -> list[tuple[float, float]]:
    """(x, y) in [0, 1] of each node: layers by longest path from a root, ordered to cross few edges (barycentre sweeps)."""
    depth = [0] * len(graph.nodes)
    for v in range(len(graph.nodes)):
        depth[v] = max((depth[parent] + 1 for parent in graph.parents(v)), default=0)
    layers = [[v for v in range(len(graph.nodes)) if depth[v] == layer] for layer in range(max(depth) + 1)]
    neighbours: list[list[int]] = [[] for _ in graph.nodes]
    for source, target in graph.ends:
        neighbours[source].append(target)
        neighbours[target].append(source)
    height = {v: (rank + 0.5) / len(layer) for layer in layers for rank, v in enumerate(layer)}
    for sweep in range(SWEEPS):
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            pull = {v: sum(height[u] for u in neighbours[v]) / len(neighbours[v]) if neighbours[v] else height[v] for v in layer}
            layer.sort(key=lambda v: (pull[v], v))
            height.update({v: (rank + 0.5) / len(layer) for rank, v in enumerate(layer)})
    return [((depth[v] + 0.5) / len(layers), height[v]) for v in range(len(graph.nodes))]


def _node(graph: AttackGraph, v: int, zone: int, place: tuple[float, float]) -> dict[str, Any]:
    node = graph.nodes[v]
    own = node.type == "and"
    return {
        "id": str(node.id),
        "label": node.name,
        "note": node.note,
        "type": node.type,
        "target": node.target,
        "reward": node.reward,
        "damage": node.damage or node.reward,
        "probability": node.probability if own else None,
        "attack_cost": node.attack_cost if own else None,
        "protect_cost": node.protect_cost,
        "sensor": node.p1 is not None,
        "p1": node.p1,
        "p0": node.p0,
        "zone": zone,
        "x": place[0],
        "y": place[1],
    }


def _edge(graph: AttackGraph, e: int) -> dict[str, Any]:
    edge, (source, target) = graph.edges[e], graph.ends[e]
    own = graph.nodes[target].type == "or"
    return {
        "source": source,
        "target": target,
        "note": edge.note,
        "probability": edge.probability if own else None,
        "attack_cost": edge.attack_cost if own else None,
    }


def _attacks(graph: AttackGraph) -> list[dict[str, int]]:
    attacks: list[dict[str, int]] = []
    for v, node in enumerate(graph.nodes):
        attacks.extend([{"node": v}] if node.type == "and" else [{"edge": e} for e in graph.incoming[v]])
    return attacks
