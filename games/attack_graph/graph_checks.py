"""What must hold between the nodes and edges of a graph file; every error names the file, the node or edge, and the key."""

from __future__ import annotations

import reprlib

from gamesolve.games.attack_graph.graph import AttackGraph, Edge, Node
from gamesolve.rules import GamesolveError


def refusal(file: str, problem: str) -> GamesolveError:
    """The error for a file that breaks the format."""
    return GamesolveError(f"attack graph {file}: {problem}")


def quote(value: object) -> str:
    """A value from the file, shortened for an error."""
    return reprlib.repr(value)[:80]


def positions_of(nodes: list[Node], file: str) -> dict[str, int]:
    """The place of each id among the nodes, all of them checked."""
    position: dict[str, int] = {}
    labels: dict[str, Node] = {}
    for number, node in enumerate(nodes):
        if str(node.id) in position:
            raise refusal(file, f"node {node.id!r}: key 'id' is used by node number {position[str(node.id)]} too (counting from 0)")
        if node.name in labels:
            raise refusal(file, f"node {node.id!r}: key 'label' = {node.name!r} is what node {labels[node.name].id!r} is called too")
        position[str(node.id)] = number
        labels[node.name] = node
        _check_node(node, file)
    return position


def _check_node(node: Node, file: str) -> None:
    place = f"node {node.id!r}"
    if node.type == "or":
        for key in ("probability", "attack_cost"):
            if key in node.model_fields_set:
                raise refusal(file, f"{place}: key {key!r} does not belong to an OR node; it stands on the edges into it")
    if node.target and node.reward is None:
        raise refusal(file, f"{place}: key 'reward' is missing; a target needs a reward above 0")
    for key in ("reward", "damage"):
        if not node.target and getattr(node, key) is not None:
            raise refusal(file, f"{place}: key {key!r} belongs to targets only; set 'target' to true or remove it")
    for given, missing in (("p1", "p0"), ("p0", "p1")):
        if getattr(node, given) is not None and getattr(node, missing) is None:
            raise refusal(file, f"{place}: key {missing!r} is missing; a sensor needs both p1 and p0")


def end_of(edge: Edge, key: str, position: dict[str, int], file: str) -> int:
    """The place of the node that an edge names under `source` or `target`."""
    name = str(getattr(edge, key))
    if name not in position:
        raise refusal(file, f"edge {edge.source!r} -> {edge.target!r}: key {key!r} = {getattr(edge, key)!r} is no node's id")
    return position[name]


def check_edges(nodes: list[Node], edges: list[Edge], ends: list[tuple[int, int]], file: str) -> None:
    """No edge stands twice or carries what stands on its AND node; no OR node is a root."""
    seen = set()
    for edge, pair in zip(edges, ends, strict=True):
        place = f"edge {edge.source!r} -> {edge.target!r}"
        if pair in seen:
            raise refusal(file, f"{place}: it stands twice in the file")
        seen.add(pair)
        if nodes[pair[1]].type == "and":
            for key in ("probability", "attack_cost"):
                if key in edge.model_fields_set:
                    raise refusal(
                        file, f"{place}: key {key!r} does not belong here, as {edge.target!r} is an AND node; it stands on the node"
                    )
    entered = {target for _, target in ends}
    for number, node in enumerate(nodes):
        if node.type == "or" and number not in entered:
            raise refusal(file, f"node {node.id!r}: key 'type' = 'or' is refused: no edge leads to it, and a root is an AND node")


def topological_order(nodes: list[Node], ends: list[tuple[int, int]], file: str) -> list[int]:
    """The nodes' places in the file, preconditions first, ties in the order of the file."""
    import networkx

    graph = networkx.DiGraph()
    graph.add_nodes_from(range(len(nodes)))
    graph.add_edges_from(ends)
    try:
        return list(networkx.lexicographical_topological_sort(graph))
    except networkx.NetworkXUnfeasible:
        cycle = [source for source, _ in networkx.find_cycle(graph)]
        words = [repr(nodes[i].id) for i in [*cycle, cycle[0]]]
        if len(words) > 12:
            words[6:-5] = [f"... ({len(words) - 11} more)"]
        raise refusal(file, f"its edges form the cycle {' -> '.join(words)}; an attack graph has none") from None


def check_targets(graph: AttackGraph, file: str) -> None:
    """There is a target, and to each a way without a step of probability 0."""
    if not graph.targets:
        raise refusal(file, "no node has 'target': true; a graph needs at least one target")
    possible: list[bool] = []
    for i, node in enumerate(graph.nodes):
        if node.type == "and":
            possible.append(node.probability > 0.0 and all(possible[parent] for parent in graph.parents(i)))
        else:
            possible.append(any(graph.edges[e].probability > 0.0 and possible[graph.ends[e][0]] for e in graph.incoming[i]))
        if node.target and not possible[i]:
            raise refusal(file, f"node {node.id!r}: this target is unreachable: every way to it has a step of probability 0")
