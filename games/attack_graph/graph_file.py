"""Attack graphs as files: networkx node-link JSON, read once, checked completely, kept in topological order.

The format is the table in this folder's README.md; what must hold between nodes and edges is
`graph_checks.py`. Every error names the file, the node or edge, and the key.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gamesolve.games.attack_graph.graph import AttackGraph, Edge, Header, Node
from gamesolve.games.attack_graph.graph_checks import check_edges, check_targets, end_of, positions_of, quote, refusal, topological_order
from gamesolve.rules import GamesolveError, reason, unknown_name

FOLDER = Path(__file__).parent
MAX_BYTES = 8 * 2**20
MAX_NODES = 1024
MAX_EDGES = 16384
TOP_LEVEL = ("directed", "multigraph", "graph", "nodes", "edges", "links")


def shipped_graphs() -> tuple[str, ...]:
    """Names of the graphs that come with the package."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.json")))


def load_graph(name: str) -> AttackGraph:
    """The shipped graph `name`, or the graph in the JSON file of that path.

    Raises:
        GamesolveError: there is no such graph, or the file breaks the format; the message names
            file, node or edge, and key.
    """
    if name in shipped_graphs():
        return replace(parse_graph((FOLDER / f"{name}.json").read_bytes(), file=f"{name}.json"), source=name)
    if not name.endswith(".json") and "/" not in name and not Path(name).exists():
        error = unknown_name("attack graph", name, shipped_graphs())
        raise GamesolveError(f"{error}; or give the path of a JSON file")
    return replace(parse_graph(_read(name), file=name), source=Path(name).resolve())


def parse_graph(text: bytes, *, file: str) -> AttackGraph:
    """The graph in `text`; `file` is what errors call it. Raises GamesolveError as `load_graph` does."""
    if len(text) > MAX_BYTES:
        raise refusal(file, f"it has {len(text)} bytes; at most {MAX_BYTES} are allowed")
    return check_graph(_decode(text, file), file=file)


def check_graph(data: Any, *, file: str) -> AttackGraph:
    """The graph in decoded node-link data; raises GamesolveError as `load_graph` does."""
    header, nodes, edges = _elements(data, file)
    position = positions_of(nodes, file)
    ends = [(end_of(edge, "source", position, file), end_of(edge, "target", position, file)) for edge in edges]
    check_edges(nodes, edges, ends, file)
    order = topological_order(nodes, ends, file)
    rank = {old: new for new, old in enumerate(order)}
    moved = sorted((rank[target], rank[source], edge) for edge, (source, target) in enumerate(ends))
    ordered = (tuple(nodes[i] for i in order), tuple(edges[e] for _, _, e in moved), tuple((s, t) for t, s, _ in moved))
    graph = AttackGraph(*ordered, header=header, source=Path(file))
    check_targets(graph, file)
    return graph


def _read(name: str) -> bytes:
    path = Path(name)
    try:
        if not path.is_file():
            raise refusal(name, "there is no such file" if not path.exists() else "it is not a regular file")
        if path.stat().st_size > MAX_BYTES:
            raise refusal(name, f"it has {path.stat().st_size} bytes; at most {MAX_BYTES} are allowed")
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise refusal(name[:200], f"it cannot be read: {error}") from error


def _decode(text: bytes, file: str) -> Any:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        seen = dict(pairs)
        if len(seen) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise refusal(file, f"key {twice!r} stands twice in one object")
        return seen

    try:
        return json.loads(text.decode("utf-8"), object_pairs_hook=unique)
    except UnicodeDecodeError as error:
        raise refusal(file, f"it is not UTF-8 text (byte {error.start})") from error
    except json.JSONDecodeError as error:
        raise refusal(file, f"it is not JSON: {error}") from error
    except RecursionError:
        raise refusal(file, "it is nested too deeply") from None
    except ValueError as error:
        raise refusal(file, f"it holds a number that cannot be read: {error}") from error


def _elements(data: Any, file: str) -> tuple[Header, list[Node], list[Edge]]:
    if not isinstance(data, dict):
        raise refusal(file, f"it holds {quote(data)}; it must be one object with the keys 'nodes' and 'edges'")
    for key in data:
        if key not in TOP_LEVEL:
            raise refusal(file, str(unknown_name("key", key, TOP_LEVEL)))
    for key, needed in (("directed", True), ("multigraph", False)):
        if data.get(key, needed) is not needed:
            raise refusal(file, f"key {key!r} = {quote(data[key])} is refused: it must be {json.dumps(needed)}")
    if "edges" in data and "links" in data:
        raise refusal(file, "it has both keys 'edges' and 'links'; they mean the same, so give one")
    nodes = _list(data, "nodes", MAX_NODES, file)
    edges = _list(data, "links" if "links" in data else "edges", MAX_EDGES, file)
    if not nodes:
        raise refusal(file, "key 'nodes' is empty; a graph needs at least one node")
    return (
        _element(Header, data.get("graph", {}), "key 'graph'", file),
        [_element(Node, item, _node_place(item, number), file) for number, item in enumerate(nodes)],
        [_element(Edge, item, _edge_place(item, number), file) for number, item in enumerate(edges)],
    )


def _list(data: dict[str, Any], key: str, limit: int, file: str) -> list[Any]:
    items = data.get(key)
    if not isinstance(items, list):
        raise refusal(file, f"key {key!r} = {quote(items)} is refused: it must be a list of objects")
    if len(items) > limit:
        raise refusal(file, f"key {key!r} has {len(items)} entries; at most {limit} are allowed")
    return items


def _element(model: type[Any], item: Any, place: str, file: str) -> Any:
    if not isinstance(item, dict):
        raise refusal(file, f"{place} is {quote(item)}; it must be an object")
    try:
        return model(**item)
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0])
        if first["type"] == "extra_forbidden":
            raise refusal(file, f"{place}: {unknown_name('key', key, list(model.model_fields))}") from error
        if first["type"] == "missing":
            raise refusal(file, f"{place}: key {key!r} is missing") from error
        raise refusal(file, f"{place}: key {key!r} = {quote(item[key])} is refused: {reason(model, first)}") from error


def _node_place(item: Any, number: int) -> str:
    named = isinstance(item, dict) and isinstance(item.get("id"), str | int)
    return f"node {quote(item['id'])}" if named else f"node number {number} (counting from 0)"


def _edge_place(item: Any, number: int) -> str:
    named = isinstance(item, dict) and all(isinstance(item.get(key), str | int) for key in ("source", "target"))
    return f"edge {quote(item['source'])} -> {quote(item['target'])}" if named else f"edge number {number} (counting from 0)"
