"""A `TabularPolicy` as the arrays of its file, and back with everything checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from gamesolve.base.errors import GamesolveError, in_one_line, quoted
from gamesolve.policies.tabular import TabularPolicy
from gamesolve.views.histories import Histories

#: More than any game has.
MOST_AGENTS = 1000
#: Characters of a game's name and parameters that are kept for messages.
MOST_WORDS = 1000
#: Name to type and dimensions; OpenSpiel's tables have names, ours have histories.
TABLE = {"first": ("i4", 1), "parent": ("i4", 1), "action": ("i4", 1), "probability": ("f8", 1)}
NAMES = {"names": ("u1", 1), "names_end": ("i8", 1)}
HISTORIES = {"history": ("i4", 1), "histories.parent": ("i4", 1), "histories.action": ("i2", 1), "histories.signals": ("i2", 2)}


def arrays_of(policy: TabularPolicy) -> dict[str, np.ndarray]:
    """The arrays that `table_from` turns back into the policy."""
    arrays = {name: getattr(policy, name) for name in TABLE}
    if policy.histories is None:
        texts = [name.encode("utf-8", "surrogateescape") for name in policy.names]
        arrays["names"] = np.frombuffer(b"".join(texts), np.uint8)
        arrays["names_end"] = np.cumsum([len(text) for text in texts], dtype=np.int64)
    else:
        arrays["history"] = policy.history
        arrays.update({f"histories.{name}": value for name, value in vars(policy.histories).items()})
    kinds = {**TABLE, **NAMES, **HISTORIES}
    return {name: np.ascontiguousarray(array, kinds[name][0]) for name, array in arrays.items()}


def table_from(arrays: dict[str, np.ndarray], card: dict[str, Any], path: Path) -> TabularPolicy:
    """The policy in the arrays of the file `path`, described by a card.

    Raises:
        GamesolveError: an array is missing, superfluous, of another type, or contradicts the others or the card;
            the message names file and array.
    """
    named = "names" in arrays
    agent, role = card["agent"], card["role"]
    if not 0 <= agent <= MOST_AGENTS or (named and role != str(agent)):
        raise GamesolveError(
            f"{str(path)!r}: the card's keys 'agent' and 'role' are {quoted(agent)} and {quoted(role)}, which is no player"
        )
    _check_kinds(arrays, {**TABLE, **(NAMES if named else HISTORIES)}, path)
    _check_table(arrays, path)
    histories: Histories | None = None
    names: tuple[str, ...] = ()
    if named:
        names = _names(arrays, path)
    else:
        histories = Histories(arrays["histories.parent"], arrays["histories.action"], arrays["histories.signals"])
        _check_histories(histories, arrays["history"], card["agent"], path)
        _check_choices(histories, arrays, path)
    sets = len(arrays["parent"])
    _require(len(names if named else arrays["history"]) == sets, path, "names_end" if named else "history", f"does not have {sets} entries")
    return TabularPolicy(
        game=in_one_line(card["game"], MOST_WORDS),
        fingerprint=card["fingerprint"],
        role=card["role"],
        agent=card["agent"],
        histories=histories,
        history=np.zeros(0, np.int32) if named else arrays["history"],
        names=names,
        **{name: arrays[name] for name in TABLE},
    )


def _require(true: Any, path: Path, key: str, what: str) -> None:
    if not true:
        raise GamesolveError(f"{str(path)!r}: array {quoted(key)} {what}")


def _check_kinds(arrays: dict[str, np.ndarray], kinds: dict[str, tuple[str, int]], path: Path) -> None:
    for key in sorted(set(arrays) ^ set(kinds)):
        _require(False, path, key, "is missing" if key in kinds else "is not one of a policy's")
    for key, (kind, dimensions) in kinds.items():
        found = arrays[key]
        _require(
            found.dtype == np.dtype(kind) and found.ndim == dimensions,
            path, key, f"is {found.dtype} with {found.ndim} dimensions; it is {np.dtype(kind)} with {dimensions}",
        )  # fmt: skip


def _check_table(arrays: dict[str, np.ndarray], path: Path) -> None:
    """Every information set owns entries, is led to by an earlier one, and its probabilities sum to 1."""
    first, parent, action, probability = (arrays[name] for name in TABLE)
    _require(len(first) == len(parent) + 1 and first[0] == 1 and (np.diff(first) > 0).all(), path, "first", "does not ascend from 1")
    _require(len(action) == first[-1] and action[0] == -1 and (action[1:] >= 0).all(), path, "action", "holds something that is no action")
    _require((parent >= 0).all() and (parent < first[:-1]).all(), path, "parent", "names an entry that does not come before")
    _require(len(probability) == first[-1] and probability[0] == 1.0, path, "probability", f"does not have {first[-1]} entries from 1 on")
    _require((np.isfinite(probability) & (probability >= 0.0)).all(), path, "probability", "holds a negative number or none")
    set_of = np.repeat(np.arange(len(parent)), np.diff(first))
    sums = np.bincount(set_of, probability[1:], len(parent))
    _require((np.abs(sums - 1.0) <= 1e-6).all(), path, "probability", "does not sum to 1 at every information set")
    pairs = set_of * (int(action.max()) + 2) + action[1:]
    _require(len(np.unique(pairs)) == len(pairs), path, "action", "holds an action twice at one information set")


def _check_histories(histories: Histories, history: np.ndarray, agent: int, path: Path) -> None:
    parent, count = histories.parent, len(histories)
    _require((parent < np.arange(count)).all() and (parent >= -1 - agent).all(), path, "histories.parent", "does not come before its child")
    _require(((parent >= 0) | (parent == -1 - agent)).all(), path, "histories.parent", f"starts from another agent than {agent}")
    shapes = len(histories.action) == count and len(histories.signals) == count
    _require(shapes, path, "histories.signals", f"and 'histories.action' do not have {count} rows")
    right = np.where(parent < 0, histories.action == -1, histories.action >= 0)
    _require(right.all(), path, "histories.action", "is not -1 just at first histories, and an action at others")
    keys = np.column_stack([parent, histories.action, histories.signals])
    _require(len(np.unique(keys, axis=0)) == count, path, "histories.parent", "holds a history twice")
    inside = (history >= 0).all() and (history < count).all()
    _require(inside and len(np.unique(history)) == len(history), path, "history", "holds an unknown history, or one twice")


def _check_choices(histories: Histories, arrays: dict[str, np.ndarray], path: Path) -> None:
    """Where a history goes on from an information set, it does so by one of the actions there."""
    first, history = arrays["first"], arrays["history"]
    if len(history) != len(first) - 1:
        return
    set_at = np.full(len(histories) + 1, -1, np.int64)
    set_at[history] = np.arange(len(history))
    # A first history, whose parent is negative, comes from no information set: the last entry.
    before = set_at[np.maximum(histories.parent, -1)]
    most = max(int(arrays["action"].max()), int(histories.action.max(initial=0))) + 1
    there = np.repeat(np.arange(len(history)), np.diff(first)) * most + arrays["action"][1:]
    gone = (before * most + histories.action)[before >= 0]
    _require(np.isin(gone, there).all(), path, "histories.action", "goes on from an information set by an action that is not there")


def _names(arrays: dict[str, np.ndarray], path: Path) -> tuple[str, ...]:
    text, ends = arrays["names"].tobytes(), arrays["names_end"].tolist()
    starts = [0, *ends[:-1]]
    whole = all(a <= b for a, b in zip(starts, ends, strict=False)) and (ends[-1] if ends else 0) == len(text)
    _require(whole and min(ends, default=0) >= 0, path, "names_end", "does not divide 'names'")
    try:
        names = tuple(text[a:b].decode("utf-8", "surrogateescape") for a, b in zip(starts, ends, strict=False))
    except UnicodeDecodeError as error:
        raise GamesolveError(f"{str(path)!r}: array 'names' is not UTF-8 text") from error
    _require(len(set(names)) == len(names), path, "names", "holds an information set twice")
    return names
