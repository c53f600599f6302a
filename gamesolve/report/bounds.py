"""Bounds in words: what is known of a number, and how well."""

from __future__ import annotations

from gamesolve.base.bound import Bound
from gamesolve.report.words import end, ends, number

#: Significant digits in which the ends of a bracket that is shown as one number agree.
ALIKE = 4


def figure_of(bound: Bound) -> str:
    """A bound for a card: a number, `at most x`, `at least x`, `x to y` or `none known`; ends are rounded outwards."""
    low, high = bound.lower, bound.upper
    if low is None or high is None:
        if high is not None:
            return f"at most {end(high, upper=True)}"
        return "none known" if low is None else f"at least {end(low, upper=False)}"
    return number((low + high) / 2, 5) if number(low, ALIKE) == number(high, ALIKE) else " to ".join(ends(low, high))


def kind_of(bound: Bound) -> str:
    """How well it is known: `exact`, `proved`, or with which confidence, from how many episodes where that is known; empty of nothing."""
    if bound.lower is None and bound.upper is None:
        return ""
    if bound.kind != "estimated":
        return {"exact": "exact", "proved": "proved"}[bound.kind]
    return f"{bound.confidence:.0%} confidence, {bound.episodes:,} episodes" if bound.episodes else f"{bound.confidence:.0%} confidence"
