"""Attack graphs as files: networkx node-link JSON, read once, checked completely, kept in topological order.

The format is the table in this folder's README.md. Every error names the file, the node or edge,
and the key.
"""

from __future__ import annotations

import functools
import json
import reprlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from gamesolve.rules import GamesolveError, reason, unknown_name

FOLDER = Path(__file__).parent
MAX_BYTES = 8 * 2**20
MAX_NODES = 1024
MAX_EDGES = 16384
MAX_AMOUNT = 1e6
TOP_LEVEL = ("directed", "multigraph", "graph", "nodes", "edges", "links")


def _printable(text: str) -> str:
    if not text.isprintable() or text != text.strip():
        raise ValueError("it must consist of printable characters, without blanks at its ends")
    return text


Word = Annotated[str, Field(min_length=1, max_length=80), AfterValidator(_printable)]
Identifier = Annotated[int, Field(ge=-(10**12), le=10**12)] | Word
Probability = Annotated[float, Field(ge=0.0, le=1.0)]
Amount = Annotated[float, Field(ge=0.0, le=MAX_AMOUNT)]
Prize = Annotated[float, Field(gt=0.0, le=MAX_AMOUNT)]


class _Element(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


class Header(BaseModel):
    """What the file says about the graph as a whole; anything else in `graph` is its author's business."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    name: str = Field(default="", max_length=200)
    note: str = Field(default="", max_length=2000)


class Node(_Element):
    """One exploit or privilege; amounts are per epoch, in the unit of the targets' rewards."""

    id: Identifier
    label: Word | None = None
    note: str = ""
    type: Literal["and", "or"] = "and"
    probability: Probability = 0.9
    attack_cost: Amount = 0.75
    protect_cost: Amount = 0.75
    target: bool = False
    reward: Prize | None = None
    damage: Prize | None = None
    p1: Probability | None = None
    p0: Probability | None = None

    @property
    def name(self) -> str:
        """What people call it: its label, else its id."""
        return self.label or str(self.id)


class Edge(_Element):
    """Precondition `source` of `target`; an attack of its own where the target is an OR node."""

    source: Identifier
    target: Identifier
    note: str = ""
    probability: Probability = 0.7
    attack_cost: Amount = 0.75


@dataclass(frozen=True)
class AttackGraph:
    """A valid attack graph.

    Attributes:
        nodes: in topological order, ties in the order of the file.
        edges: sorted by position of the target, then of the source.
        ends: (source, target) of each edge, as positions in `nodes`.
        header: name and note of the graph.
        source: a shipped graph's name, or the file that the graph was read from; equal graphs may differ in it.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    ends: tuple[tuple[int, int], ...]
    header: Header
    source: str | Path = field(compare=False)

    def __str__(self) -> str:
        """A shipped graph's name, or the file's name without its folder."""
        return Path(self.source).name

    def __fspath__(self) -> str:
        """What `load_graph` reads the graph from, where only words can be passed on."""
        return str(self.source)

    @functools.cached_property
    def incoming(self) -> tuple[tuple[int, ...], ...]:
        """For each node the edges into it, by position in `edges`, their sources ascending."""
        found: list[list[int]] = [[] for _ in self.nodes]
        for edge, (_, target) in enumerate(self.ends):
            found[target].append(edge)
        return tuple(tuple(edges) for edges in found)

    def parents(self, node: int) -> list[int]:
        """Positions of the preconditions of a node, ascending."""
        return [self.ends[edge][0] for edge in self.incoming[node]]

    @property
    def targets(self) -> list[int]:
        """Positions of the targets."""
        return [i for i, node in enumerate(self.nodes) if node.target]

    @property
    def roots(self) -> list[int]:
        """Positions of the nodes without preconditions."""
        return [i for i, edges in enumerate(self.incoming) if not edges]


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
        _refuse(file, f"it has {len(text)} bytes; at most {MAX_BYTES} are allowed")
    return check_graph(_decode(text, file), file=file)


def check_graph(data: Any, *, file: str) -> AttackGraph:
    """The graph in decoded node-link data; raises GamesolveError as `load_graph` does."""
    header, nodes, edges = _elements(data, file)
    position = _positions(nodes, file)
    ends = [(_end(edge, "source", position, file), _end(edge, "target", position, file)) for edge in edges]
    _check_edges(nodes, edges, ends, file)
    order = _topological_order(nodes, ends, file)
    rank = {old: new for new, old in enumerate(order)}
    moved = sorted((rank[target], rank[source], edge) for edge, (source, target) in enumerate(ends))
    ordered = (tuple(nodes[i] for i in order), tuple(edges[e] for _, _, e in moved), tuple((s, t) for t, s, _ in moved))
    graph = AttackGraph(*ordered, header=header, source=Path(file))
    _check_targets(graph, file)
    return graph


def _refuse(file: str, problem: str) -> NoReturn:
    raise GamesolveError(f"attack graph {file}: {problem}")


def _read(name: str) -> bytes:
    path = Path(name)
    try:
        if not path.is_file():
            _refuse(name, "there is no such file" if not path.exists() else "it is not a regular file")
        if path.stat().st_size > MAX_BYTES:
            _refuse(name, f"it has {path.stat().st_size} bytes; at most {MAX_BYTES} are allowed")
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        _refuse(name[:200], f"it cannot be read: {error}")


def _decode(text: bytes, file: str) -> Any:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        seen = dict(pairs)
        if len(seen) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            _refuse(file, f"key {twice!r} stands twice in one object")
        return seen

    try:
        return json.loads(text.decode("utf-8"), object_pairs_hook=unique)
    except UnicodeDecodeError as error:
        _refuse(file, f"it is not UTF-8 text (byte {error.start})")
    except json.JSONDecodeError as error:
        _refuse(file, f"it is not JSON: {error}")
    except RecursionError:
        _refuse(file, "it is nested too deeply")
    except ValueError as error:
        _refuse(file, f"it holds a number that cannot be read: {error}")


def _elements(data: Any, file: str) -> tuple[Header, list[Node], list[Edge]]:
    if not isinstance(data, dict):
        _refuse(file, f"it holds {_quote(data)}; it must be one object with the keys 'nodes' and 'edges'")
    for key in data:
        if key not in TOP_LEVEL:
            _refuse(file, str(unknown_name("key", key, TOP_LEVEL)))
    for key, needed in (("directed", True), ("multigraph", False)):
        if data.get(key, needed) is not needed:
            _refuse(file, f"key {key!r} = {_quote(data[key])} is refused: it must be {json.dumps(needed)}")
    if "edges" in data and "links" in data:
        _refuse(file, "it has both keys 'edges' and 'links'; they mean the same, so give one")
    nodes = _list(data, "nodes", MAX_NODES, file)
    edges = _list(data, "links" if "links" in data else "edges", MAX_EDGES, file)
    if not nodes:
        _refuse(file, "key 'nodes' is empty; a graph needs at least one node")
    return (
        _element(Header, data.get("graph", {}), "key 'graph'", file),
        [_element(Node, item, _node_place(item, number), file) for number, item in enumerate(nodes)],
        [_element(Edge, item, _edge_place(item, number), file) for number, item in enumerate(edges)],
    )


def _list(data: dict[str, Any], key: str, limit: int, file: str) -> list[Any]:
    items = data.get(key)
    if not isinstance(items, list):
        _refuse(file, f"key {key!r} = {_quote(items)} is refused: it must be a list of objects")
    if len(items) > limit:
        _refuse(file, f"key {key!r} has {len(items)} entries; at most {limit} are allowed")
    return items


def _element(model: type[Any], item: Any, place: str, file: str) -> Any:
    if not isinstance(item, dict):
        _refuse(file, f"{place} is {_quote(item)}; it must be an object")
    try:
        return model(**item)
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0])
        if first["type"] == "extra_forbidden":
            _refuse(file, f"{place}: {unknown_name('key', key, list(model.model_fields))}")
        if first["type"] == "missing":
            _refuse(file, f"{place}: key {key!r} is missing")
        _refuse(file, f"{place}: key {key!r} = {_quote(item[key])} is refused: {reason(model, first)}")


def _positions(nodes: list[Node], file: str) -> dict[str, int]:
    position: dict[str, int] = {}
    labels: dict[str, Node] = {}
    for number, node in enumerate(nodes):
        if str(node.id) in position:
            _refuse(file, f"node {node.id!r}: key 'id' is used by node number {position[str(node.id)]} too (counting from 0)")
        if node.name in labels:
            _refuse(file, f"node {node.id!r}: key 'label' = {node.name!r} is what node {labels[node.name].id!r} is called too")
        position[str(node.id)] = number
        labels[node.name] = node
        _check_node(node, file)
    return position


def _check_node(node: Node, file: str) -> None:
    place = f"node {node.id!r}"
    if node.type == "or":
        for key in ("probability", "attack_cost"):
            if key in node.model_fields_set:
                _refuse(file, f"{place}: key {key!r} does not belong to an OR node; it stands on the edges into it")
    if node.target and node.reward is None:
        _refuse(file, f"{place}: key 'reward' is missing; a target needs a reward above 0")
    for key in ("reward", "damage"):
        if not node.target and getattr(node, key) is not None:
            _refuse(file, f"{place}: key {key!r} belongs to targets only; set 'target' to true or remove it")
    for given, missing in (("p1", "p0"), ("p0", "p1")):
        if getattr(node, given) is not None and getattr(node, missing) is None:
            _refuse(file, f"{place}: key {missing!r} is missing; a sensor needs both p1 and p0")


def _end(edge: Edge, key: str, position: dict[str, int], file: str) -> int:
    name = str(getattr(edge, key))
    if name not in position:
        _refuse(file, f"edge {edge.source!r} -> {edge.target!r}: key {key!r} = {getattr(edge, key)!r} is no node's id")
    return position[name]


def _check_edges(nodes: list[Node], edges: list[Edge], ends: list[tuple[int, int]], file: str) -> None:
    seen = set()
    for edge, pair in zip(edges, ends, strict=True):
        place = f"edge {edge.source!r} -> {edge.target!r}"
        if pair in seen:
            _refuse(file, f"{place}: it stands twice in the file")
        seen.add(pair)
        if nodes[pair[1]].type == "and":
            for key in ("probability", "attack_cost"):
                if key in edge.model_fields_set:
                    _refuse(file, f"{place}: key {key!r} does not belong here, as {edge.target!r} is an AND node; it stands on the node")
    entered = {target for _, target in ends}
    for number, node in enumerate(nodes):
        if node.type == "or" and number not in entered:
            _refuse(file, f"node {node.id!r}: key 'type' = 'or' is refused: no edge leads to it, and a root is an AND node")


def _topological_order(nodes: list[Node], ends: list[tuple[int, int]], file: str) -> list[int]:
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
        _refuse(file, f"its edges form the cycle {' -> '.join(words)}; an attack graph has none")


def _check_targets(graph: AttackGraph, file: str) -> None:
    if not graph.targets:
        _refuse(file, "no node has 'target': true; a graph needs at least one target")
    possible: list[bool] = []
    for i, node in enumerate(graph.nodes):
        if node.type == "and":
            possible.append(node.probability > 0.0 and all(possible[parent] for parent in graph.parents(i)))
        else:
            possible.append(any(graph.edges[e].probability > 0.0 and possible[graph.ends[e][0]] for e in graph.incoming[i]))
        if node.target and not possible[i]:
            _refuse(file, f"node {node.id!r}: this target is unreachable: every way to it has a step of probability 0")


def _quote(value: object) -> str:
    return reprlib.repr(value)[:80]


def _node_place(item: Any, number: int) -> str:
    named = isinstance(item, dict) and isinstance(item.get("id"), str | int)
    return f"node {_quote(item['id'])}" if named else f"node number {number} (counting from 0)"


def _edge_place(item: Any, number: int) -> str:
    named = isinstance(item, dict) and all(isinstance(item.get(key), str | int) for key in ("source", "target"))
    return f"edge {_quote(item['source'])} -> {_quote(item['target'])}" if named else f"edge number {number} (counting from 0)"
