"""How returns spread: a small SVG whose colours come from the page."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from markupsafe import Markup

from gamesolve.base.roles import the_role
from gamesolve.report.words import number

WIDTH, HEIGHT = 640, 190
LEFT, RIGHT, TOP, FLOOR = 12, 12, 26, 146


def histogram(spread: Sequence[tuple[float, float, int]], mean: float, *, role: str = "defender") -> Markup:
    """Bars (from, to, episodes) over a role's return with a line at the mean; nothing where all returns are equal.

    Args:
        spread: bars as `gamesolve.evaluate.spread` makes them.
    """
    if len(spread) < 2:
        return Markup("")
    centres = [(low + high) / 2 for low, high, _ in spread]
    room = min(b - a for a, b in itertools.pairwise(centres)) * 0.45
    least, most = centres[0] - room * 1.2, centres[-1] + room * 1.2
    highest = max(count for _, _, count in spread)

    def x_of(value: float) -> float:
        return LEFT + (value - least) / (most - least) * (WIDTH - LEFT - RIGHT)

    parts = [f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{FLOOR}" y2="{FLOOR}"/>']
    for (low, high, count), centre in zip(spread, centres, strict=True):
        x, tall = x_of(centre - room), count / highest * (FLOOR - TOP)
        place = f'x="{x:.1f}" width="{max(x_of(centre + room) - x, 3.0):.1f}" y="{FLOOR - tall:.1f}" height="{tall:.1f}"'
        where = number(low) if low == high else f"{number(low)} to {number(high)}"
        parts.append(f'<rect class="block" {place}><title>{where}: {count:,} episodes</title></rect>')
    for tick in ticks(spread[0][0], spread[-1][1]):
        parts.append(f'<text x="{x_of(tick):.1f}" y="{FLOOR + 17}" text-anchor="middle">{number(tick)}</text>')
    parts.append(_mean_line(x_of(mean)))
    parts.append(f'<text class="axis" x="{WIDTH / 2}" y="{HEIGHT - 6}" text-anchor="middle">return of {the_role(role)}</text>')
    label = f"Returns of {the_role(role)} lie between {number(spread[0][0])} and {number(spread[-1][1])}, with mean {number(mean)}"
    return Markup(f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">{"".join(parts)}</svg>')


def middle_of(spread: Sequence[tuple[float, float, int]]) -> tuple[int, float]:
    """How many episodes the bars hold, and their mean return, each taken to lie in the middle of its bar."""
    total = sum(count for _, _, count in spread)
    return total, sum((low + high) / 2 * count for low, high, count in spread) / total


def _mean_line(x: float) -> str:
    """A line at the mean, with its name on the side that has more room."""
    anchor, shift = ("end", -6) if x > WIDTH / 2 else ("start", 6)
    line = f'<line class="goal" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 14}" y2="{FLOOR}"/>'
    return f'{line}<text class="goal-text" x="{x + shift:.1f}" y="{TOP - 8}" text-anchor="{anchor}">mean</text>'


def ticks(low: float, high: float) -> list[float]:
    """Three to eight round numbers from `low` to `high`, which differ."""
    unit = 10.0 ** math.floor(math.log10((high - low) / 3))
    step = next(unit * times for times in (10, 5, 2, 1) if (high - low) / (unit * times) >= 3)
    first = math.ceil(low / step - 1e-9)
    return [round(k * step, 12) for k in range(first, math.floor(high / step + 1e-9) + 1)]
