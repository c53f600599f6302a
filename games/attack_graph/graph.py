"""An attack graph as data: nodes, edges, and what one may ask of them.

What each field means and may hold is the table in this folder's README.md.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

MAX_AMOUNT = 1e6


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
