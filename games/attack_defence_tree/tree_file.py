"""Attack-defence trees as files: read once, checked completely, children before their gates."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from gamesolve.rules import ROLES, GamesolveError, quoted, unknown_name

FOLDER = Path(__file__).parent
MAX_BYTES, MAX_LEAVES, MAX_NODES = 2**20, 64, 256
#: What a signal of the game is called that is no leaf.
TURN = "turn"
KEYS, LEAF_KEYS, GATE_KEYS = ("name", "note", "goal", "worth", "moves", "nodes"), ("attack", "defence", "cost"), ("and", "or", "unless")


@dataclass(frozen=True)
class Leaf:
    """Something that a role may try: 0 for the defender, 1 for the attacker."""

    name: str
    role: int
    probability: float
    cost: float


@dataclass(frozen=True)
class Gate:
    """Holds if all (or one) of `below` do and none of `unless` does."""

    name: str
    all_of: bool
    below: tuple[str, ...]
    unless: tuple[str, ...]


@dataclass(frozen=True)
class AttackDefenceTree:
    """A tree.

    Attributes:
        leaves: in the order of their turns; gates: children first.
        source: name of a shipped tree, or of the file; shipped: which of both.
        content: what the file says, as plain data.
    """

    source: str
    goal: str
    worth: float
    leaves: tuple[Leaf, ...]
    gates: tuple[Gate, ...]
    content: dict[str, Any]
    shipped: bool = False

    def __str__(self) -> str:
        return self.source


def shipped_trees() -> tuple[str, ...]:
    """Names of the trees that come with the game."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.json")))


def tree_given(given: Any) -> AttackDefenceTree:
    """The tree that a user or a record means: a shipped tree's name, the path of a file, a tree, or what `tree_record` made of one.

    Raises:
        GamesolveError: there is no such tree, or it breaks the format.
        ValueError: it is none of these.
    """
    if isinstance(given, AttackDefenceTree):
        return given
    if isinstance(given, dict) and given.keys() == {"file", "content"} and isinstance(given["file"], str):
        return checked_tree(given["content"], given["file"])
    if not isinstance(given, str | os.PathLike):
        raise ValueError("give the name of a shipped tree, or the path of a JSON file")
    name = os.fspath(given)
    if name in shipped_trees():
        return replace(checked_tree(json.loads((FOLDER / f"{name}.json").read_bytes()), name), shipped=True)
    if not name.endswith(".json") and "/" not in name:
        error = unknown_name("attack-defence tree", name, shipped_trees())
        raise GamesolveError(f"{error}; or give the path of a JSON file")
    return checked_tree(_read(Path(name)), Path(name).name)


def tree_record(tree: AttackDefenceTree) -> str | dict[str, Any]:
    """Plain data that makes the tree again without its file."""
    return tree.source if tree.shipped else {"file": tree.source, "content": tree.content}


Tree = Annotated[AttackDefenceTree, PlainValidator(tree_given), PlainSerializer(tree_record), WithJsonSchema({"type": "string"})]


def checked_tree(data: Any, file: str) -> AttackDefenceTree:
    """The tree in decoded data; raises GamesolveError that names the file, the node and the key."""
    if not isinstance(data, dict):
        raise _wrong(file, f"it holds {quoted(data)}; a table of {', '.join(KEYS)} is needed")
    _refuse_keys(file, "the tree", data, KEYS)
    for key in ("goal", "moves", "nodes"):
        if key not in data:
            raise _wrong(file, f"it lacks {key!r}")
    nodes, worth = data["nodes"], _number(file, "worth", data.get("worth", 1.0), 0.0, 1e6)
    if not isinstance(nodes, dict) or not 1 <= len(nodes) <= MAX_NODES:
        raise _wrong(file, f"nodes are {quoted(nodes)}; a table of 1 to {MAX_NODES} of them is needed")
    for name in nodes:
        if not (name.isprintable() and name.strip()) or "," in name or name == TURN:
            raise _wrong(file, f"a node is called {quoted(name)}; names are printable, without commas, and not {TURN!r}")
    leaves = {name: _leaf(file, name, one) for name, one in nodes.items() if _is_leaf(file, name, one)}
    gates = {name: _gate(file, name, one, nodes) for name, one in nodes.items() if name not in leaves}
    moves = data["moves"]
    named = isinstance(moves, list) and all(isinstance(name, str) for name in moves)
    if not named or sorted(moves) != sorted(leaves) or len(leaves) > MAX_LEAVES:
        raise _wrong(file, f"moves are {quoted(moves)}; each leaf is named once, and there are at most {MAX_LEAVES}: {', '.join(leaves)}")
    if not leaves:
        raise _wrong(file, "it has no leaves, so there is nothing to do")
    goal = data["goal"]
    if not isinstance(goal, str) or goal not in nodes:
        raise _wrong(file, f"the goal {quoted(goal)} is no node; nodes are {', '.join(nodes)}")
    return AttackDefenceTree(file, goal, worth, tuple(leaves[name] for name in moves), _ordered(file, leaves, gates), data)


def _is_leaf(file: str, name: str, given: Any) -> bool:
    if not isinstance(given, dict):
        raise _wrong(file, f"node {name!r} is {quoted(given)}; a table with attack, defence, and or or is needed")
    kinds = [key for key in ("attack", "defence", "and", "or") if key in given]
    if len(kinds) != 1:
        raise _wrong(file, f"node {name!r} has {' and '.join(kinds) or 'none'} of attack, defence, and, or; it has one")
    return kinds[0] in ("attack", "defence")


def _leaf(file: str, name: str, given: dict[str, Any]) -> Leaf:
    _refuse_keys(file, f"node {name!r}", given, LEAF_KEYS)
    kind = "attack" if "attack" in given else "defence"
    probability = _number(file, f"node {name!r}: {kind}", given[kind], 0.0, 1.0)
    return Leaf(name, ROLES.index("attacker" if kind == "attack" else "defender"), probability,
                _number(file, f"node {name!r}: cost", given.get("cost", 0.0), 0.0, 1e6))  # fmt: skip


def _gate(file: str, name: str, given: dict[str, Any], nodes: dict[str, Any]) -> Gate:
    _refuse_keys(file, f"node {name!r}", given, GATE_KEYS)
    kind = "and" if "and" in given else "or"
    both = [_names(file, f"node {name!r}: {key}", given.get(key, []), nodes) for key in (kind, "unless")]
    if not both[0]:
        raise _wrong(file, f"node {name!r}: {kind} is empty; a gate has children")
    return Gate(name, kind == "and", *both)


def _names(file: str, what: str, given: Any, nodes: dict[str, Any]) -> tuple[str, ...]:
    if not isinstance(given, list):
        raise _wrong(file, f"{what} is {quoted(given)}; a list of names is needed")
    for name in given:
        if not isinstance(name, str) or name not in nodes:
            raise _wrong(file, f"{what} names {quoted(name)}, which is no node; nodes are {', '.join(nodes)}")
        if given.count(name) > 1:
            raise _wrong(file, f"{what} names {name!r} twice")
    return tuple(given)


def _ordered(file: str, leaves: dict[str, Leaf], gates: dict[str, Gate]) -> tuple[Gate, ...]:
    """Gates with their children before them; raises GamesolveError where they stand in a circle."""
    known, order = set(leaves), list[Gate]()
    while len(order) < len(gates):
        ready = [gate for name, gate in gates.items() if name not in known and known.issuperset((*gate.below, *gate.unless))]
        if not ready:
            rest = [name for name in gates if name not in known]
            raise _wrong(file, f"gates stand above each other in a circle: {', '.join(rest)}")
        order += ready
        known |= {gate.name for gate in ready}
    return tuple(order)


def _read(path: Path) -> Any:
    try:
        size = path.stat().st_size
        text = path.read_bytes() if size <= MAX_BYTES else b""
    except OSError as error:
        raise GamesolveError(f"cannot read {str(path)!r}: {error.strerror}") from error
    if size > MAX_BYTES:
        raise _wrong(str(path), f"it has {size} bytes; at most {MAX_BYTES} are allowed")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _wrong(str(path), f"it is no JSON: {error}") from error


def _number(file: str, what: str, given: Any, low: float, high: float) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not low <= given <= high:
        raise _wrong(file, f"{what} is {quoted(given)}; a number from {low:g} to {high:g} is needed")
    return float(given)


def _refuse_keys(file: str, what: str, given: dict[str, Any], keys: tuple[str, ...]) -> None:
    for key in given:
        if key not in keys:
            raise _wrong(file, str(unknown_name(f"key of {what}", key, keys)))


def _wrong(file: str, message: str) -> GamesolveError:
    return GamesolveError(f"attack-defence tree {file!r}: {message}")
