"""The policies of grown populations: when each joined, and how much of the answer it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Member:
    """A policy of a population.

    Attributes:
        number: its place in the population; name: in words.
        joined: the iteration in which it was found; 0 where it was there at the beginning.
        weight: in the mixture that is the answer.
        place, beside: which it is of how many that joined in that iteration.
    """

    number: int
    name: str
    joined: int
    weight: float
    place: int = 0
    beside: int = 1


def members_of(role: str, rows: Sequence[dict[str, Any]], names: Sequence[str], answer: dict[str, Any]) -> tuple[Member, ...]:
    """A role's population in the order in which it grew.

    Args:
        rows: of the journal, one an iteration.
        names: of all members at the end.
        answer: the row whose mixtures are the answer; those who joined later have no weight in them.

    Raises:
        ValueError: the rows and the names do not belong together.
    """
    joined = [0] * len(rows[0]["roles"][role]["weights"])
    for row in rows:
        own = row["roles"][role]
        if len(own["weights"]) != len(joined):
            raise ValueError(f"iteration {row['iteration']} mixes {len(own['weights'])} of {len(joined)} policies")
        joined += [int(row["iteration"])] * int(own["joined"])
    if len(joined) != len(names):
        raise ValueError(f"{len(names)} policies are named and {len(joined)} have joined")
    weights = [float(weight) for weight in answer["roles"][role]["weights"]]
    weights += [0.0] * (len(names) - len(weights))
    found = [Member(n, *one) for n, one in enumerate(zip(names, joined, weights, strict=True))]
    return tuple(_beside(one, joined) if one.joined else one for one in found)


def _beside(member: Member, joined: Sequence[int]) -> Member:
    """A policy that knows who joined in the same iteration."""
    return replace(member, place=member.number - joined.index(member.joined), beside=joined.count(member.joined))
