"""Records: the plain data that rules read and write."""

from __future__ import annotations

from typing import Any

import numpy as np

from gamesolve.base.errors import GamesolveError
from gamesolve.rules.rule import rule

# A numpy row has these attributes already, and they would hide a field of the same name in plain Python.
RESERVED = frozenset(dir(np.record))


def record(*, transient: dict[str, object] | None = None, **fields: object) -> np.dtype:
    """An aligned numpy record type, e.g. `record(owner="i1", last_flip=("i2", 2))`.

    Args:
        transient: further fields that are zeroed before each step: outcomes of a step that only
            `observe` reads. They lie at the end of the record.
        fields: name to type; a type is a signed integer or float code (`"i1"` to `"i8"`, `"f4"`,
            `"f8"`), another record, or a pair of a type and a size or shape.

    Returns:
        The dtype. Small integers wrap silently in compiled code: choose widths with room.

    Raises:
        GamesolveError: a type is unsigned, boolean, an object or unknown, or a name is reserved.
    """
    both = {**fields, **(transient or {})}
    if len(both) != len(fields) + len(transient or {}):
        raise GamesolveError(f"a record's transient fields {sorted(transient or {})} repeat names of its other fields")
    types = [(name, *_field(name, kind)) for name, kind in (both or {"nothing": "i1"}).items()]
    made = np.dtype(types, align=True)
    offsets: Any = made.fields or {}
    start = offsets[next(iter(transient))][1] if transient else made.itemsize
    return np.dtype(made, metadata={"transient": int(start)})


def transient_start(dtype: np.dtype) -> int:
    """Byte at which the transient fields of a record begin (its size where it has none)."""
    metadata: dict[str, int] = dict(dtype.metadata or {})
    return metadata.get("transient", dtype.itemsize)


@rule
def clear(raw, row, start, end):
    """Zero bytes start to end - 1 of a row of u1 [rows, bytes]: a record's transient fields."""
    # Unsigned, so that no index can count from the end: the loop is then one call of memset.
    for k in range(np.uint64(start), np.uint64(end)):
        raw[row, k] = 0


def _field(name: str, kind: object) -> tuple[object, ...]:
    if not name.isidentifier() or name.startswith("_") or name in RESERVED:
        raise GamesolveError(f"{name!r} cannot be the name of a record's field; choose another word")
    base, shape = kind if isinstance(kind, tuple) else (kind, None)
    try:
        dtype = np.dtype(base)
    except TypeError as error:
        raise GamesolveError(f"field {name!r} has the unknown type {base!r}; use 'i1' to 'i8', 'f4', 'f8' or a record") from error
    if dtype.kind not in "ifV":
        raise GamesolveError(f"field {name!r} has the type {base!r}; only signed integers, floats and records are allowed")
    if shape is None:
        return (dtype,)
    return (dtype, (shape,) if isinstance(shape, int) else tuple(shape))


def rounded_size(count: int) -> int:
    """The least of 8, 16, 32, 64, 128, ... that holds `count`.

    Games whose arrays depend on parameters use it, so that different networks share compiled code.
    """
    size = 8
    while size < count:
        size *= 2
    return size
