"""`Bound`: how every number in gamesolve carries its error."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Literal

from gamesolve.base.errors import GamesolveError

Kind = Literal["exact", "proved", "estimated"]


#: Width of a bracket, as a share of what it brackets, that six digits do not show.
ALIKE = 5e-7


@dataclass(frozen=True)
class Bound:
    """A number known to lie in `[lower, upper]`.

    Attributes:
        lower: lower end in the game's units, or None where nobody has proved one.
        upper: upper end, or None.
        kind: `exact` (the ends differ by floating-point tolerance only), `proved` (a certified
            bracket) or `estimated` (a confidence interval).
        confidence: level of the interval in (0, 1) where `kind` is `estimated`, otherwise None.
        episodes: episodes behind an estimate, otherwise None.
        seed: seed of those episodes, otherwise None.

    Raises:
        GamesolveError: the ends are NaN or crossed, or a confidence stands where none belongs.
    """

    lower: float | None
    upper: float | None
    kind: Kind = "proved"
    confidence: float | None = None
    episodes: int | None = None
    seed: int | None = None

    def __post_init__(self) -> None:
        for end in (self.lower, self.upper):
            if end is not None and math.isnan(end):
                raise GamesolveError("a bound's end is NaN; ends are numbers or None")
        if self.lower is not None and self.upper is not None and self.lower > self.upper:
            raise GamesolveError(f"a bound has lower end {self.lower!r} above its upper end {self.upper!r}")
        if (self.confidence is not None) != (self.kind == "estimated"):
            raise GamesolveError(f"confidence {self.confidence!r} does not fit kind {self.kind!r}: only estimates have one")

    @classmethod
    def exact(cls, value: float, tolerance: float = 0.0) -> Bound:
        """The bound of a number computed to a floating-point `tolerance` (same units)."""
        return cls(value - tolerance, value + tolerance, "exact")

    @property
    def middle(self) -> float | None:
        """Midpoint of the bracket, or None where an end is unknown."""
        if self.lower is None or self.upper is None:
            return None
        return 0.5 * (self.lower + self.upper)

    @property
    def width(self) -> float:
        """Length of the bracket; infinite where an end is unknown."""
        if self.lower is None or self.upper is None:
            return math.inf
        return self.upper - self.lower

    def __neg__(self) -> Bound:
        lower = None if self.upper is None else -self.upper
        upper = None if self.lower is None else -self.lower
        return Bound(lower, upper, self.kind, self.confidence, self.episodes, self.seed)

    def as_json(self) -> dict[str, object]:
        """`{lower, upper, kind, confidence}`, with null for an end that is not known."""
        return {"lower": self.lower, "upper": self.upper, "kind": self.kind, "confidence": self.confidence}

    def __str__(self) -> str:
        """Both ends, rounded outwards, or one number where six digits cannot tell them apart."""
        if self.lower is None and self.upper is None:
            return "none known"
        note = f", {self.confidence:.0%} confidence" if self.confidence is not None else ""
        if self.lower is not None and self.upper is not None and self.width <= ALIKE * max(abs(self.lower), abs(self.upper)):
            return f"{(self.lower + self.upper) / 2.0:.6g} ({self.kind}{note})"
        lower = "none known" if self.lower is None else _outwards(self.lower, ROUND_FLOOR)
        upper = "none known" if self.upper is None else _outwards(self.upper, ROUND_CEILING)
        return f"[{lower}, {upper}] ({self.kind}{note})"


def _outwards(end: float, rounding: str) -> str:
    """An end of a bracket to six digits, rounded so that what is said still holds."""
    exact = Decimal(repr(end))
    if not exact.is_finite() or not exact:
        return f"{end:.6g}"
    return f"{float(exact.quantize(Decimal(1).scaleb(exact.adjusted() - 5), rounding)):.6g}"
