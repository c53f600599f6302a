"""Rows and arrays for rules run as plain Python: they refuse what compiled code would do silently."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np


class Breach(Exception):  # noqa: N818 - a breach of contract, on its way to becoming a GamesolveError
    """What a rule does that it must not, in words that follow its name."""


class Cells(np.ndarray):
    """An array whose elements come out as Python numbers, as wide as compiled code has them."""

    label = ""

    def __array_finalize__(self, parent: Any) -> None:
        self.label = getattr(parent, "label", "")

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        if isinstance(found, np.void):
            *outer, last = index if isinstance(index, tuple) else (index,)
            return Row(self.view(np.ndarray)[(*outer, slice(last, last + 1 or None))], self.label)
        return found.item() if isinstance(found, np.generic) else found

    def __setitem__(self, index: Any, value: Any) -> None:
        if not self.flags.writeable:
            raise Breach(f"writes to {self.label}, which it may only read")
        try:
            super().__setitem__(index, value.array[0] if isinstance(value, Row) else value)
        except OverflowError as error:
            raise Breach(f"writes {value!r} to {self.label}, whose type cannot hold it: {error}") from error


class Row:
    """One record, array [1], with its fields as attributes."""

    __slots__ = ("array", "hidden", "label")

    def __init__(self, array: np.ndarray, label: str, hidden: Iterable[str] = ()) -> None:
        for name, value in (("array", array), ("label", label), ("hidden", frozenset(hidden))):
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        self._known(name)
        if name in self.hidden:
            raise Breach(f"reads the transient field {name!r} of {self.label}, which is no part of the state proper")
        field = self.array[name]
        if field.ndim == 1:
            return Row(field, self.label) if field.dtype.names else field[0].item()
        return cells(field[0], self.label)

    def __setattr__(self, name: str, value: Any) -> None:
        self._known(name)
        if not self.array.flags.writeable:
            raise Breach(f"writes to {self.label}, which it may only read")
        try:
            self.array[name][0] = value.array[0] if isinstance(value, Row) else value
        except OverflowError as error:
            raise Breach(f"writes {value!r} to the field {name!r} of {self.label}, whose type cannot hold it: {error}") from error

    def _known(self, name: str) -> None:
        fields = self.array.dtype.names or ()
        if name not in fields:
            raise Breach(f"uses the field {name!r}, which {self.label} does not have; its fields are {', '.join(fields)}")


def cells(array: np.ndarray, label: str, *, locked: bool = False) -> Cells:
    """A view of an array for plain rules; `locked` ones cannot be written to."""
    view = array.view(Cells)
    view.label = label
    if locked:
        view.flags.writeable = False
    return view


def row(array: np.ndarray, label: str, *, locked: bool = False, hidden: Iterable[str] = ()) -> Row:
    """A record array [1] for plain rules; `locked` ones cannot be written to, `hidden` fields not read."""
    view = array.view()
    if locked:
        view.flags.writeable = False
    return Row(view, label, hidden)
