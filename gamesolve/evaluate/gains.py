"""What is gained by deviating, as bounds: sums of bounds that are as weak as their weakest part."""

from __future__ import annotations

from dataclasses import replace

from gamesolve.base.bound import Bound
from gamesolve.base.errors import GamesolveError

UNKNOWN = Bound(None, None)


def exploitability(worst: dict[str, Bound], values: dict[str, Bound]) -> Bound:
    """Of a zero-sum profile half of NashConv; of one policy what the game is worth less its worst case."""
    if len(worst) == 2:
        one, two = worst.values()
        return _not_negative(_half(_plus(-one, -two)))
    ((role, bound),) = worst.items()
    return gain(values[role], bound)


def gain(best: Bound, now: Bound) -> Bound:
    """What changing from `now` to `best` gains; raises GamesolveError where that is proved to be less than nothing."""
    return _not_negative(_plus(best, -now))


def _plus(a: Bound, b: Bound) -> Bound:
    """The sum of two bounds; as weak as the weaker."""
    lower = None if a.lower is None or b.lower is None else a.lower + b.lower
    upper = None if a.upper is None or b.upper is None else a.upper + b.upper
    weakest = max((a, b), key=lambda bound: ("exact", "proved", "estimated").index(bound.kind))
    # Two intervals hold together with at least the sum of their confidences less one (Bonferroni).
    levels = [bound.confidence for bound in (a, b) if bound.confidence is not None]
    confidence = max(sum(levels) - (len(levels) - 1), 0.0) if levels else None
    return Bound(lower, upper, weakest.kind, confidence, weakest.episodes, weakest.seed)


def _half(bound: Bound) -> Bound:
    lower, upper = (None if end is None else 0.5 * end for end in (bound.lower, bound.upper))
    return replace(bound, lower=lower, upper=upper)


def _not_negative(bound: Bound) -> Bound:
    """A gain's bound with its lower end at least 0; an upper end below 0 is an inconsistency."""
    if bound.upper is not None and bound.upper < 0.0 and bound.kind != "estimated":
        raise GamesolveError(f"a best response gains {bound.upper!r}: less than nothing, so the game or a policy is inconsistent")
    lower = None if bound.lower is None else max(bound.lower, 0.0)
    upper = None if bound.upper is None else max(bound.upper, 0.0)
    return replace(bound, lower=lower, upper=upper)
