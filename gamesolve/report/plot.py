"""The convergence plot: a small SVG whose colours come from the page, so that it is at home in light and dark."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from gamesolve.report.words import number

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 78, 16, 14, 46
#: Points drawn at most; a longer trace is thinned evenly on the logarithmic axis.
POINTS = 300


def convergence_plot(trace: Sequence[tuple[int, float]], gap: float | None) -> Markup:
    """Exploitability against iterations, both logarithmic, as an SVG element.

    Args:
        trace: (iteration, exploitability) pairs, iterations ascending; points at zero are left out.
        gap: exploitability that was asked for, drawn as a dashed line; None or 0 draws none.

    Returns:
        The element, or nothing where there are fewer than two points to draw.
    """
    points = _thinned([(n, e) for n, e in trace if n > 0 and e > 0.0])
    if len(points) < 2 or points[0][0] == points[-1][0]:
        return Markup("")
    levels = [e for _, e in points] + ([gap] if gap else [])
    x_low, x_high = math.log10(points[0][0]), math.log10(points[-1][0])
    y_low, y_high = math.floor(math.log10(min(levels))), math.ceil(math.log10(max(levels)) + 1e-9)
    y_high = max(y_high, y_low + 1)

    def x_of(n: float) -> float:
        return LEFT + (math.log10(n) - x_low) / (x_high - x_low) * (WIDTH - LEFT - RIGHT)

    def y_of(e: float) -> float:
        return TOP + (y_high - math.log10(e)) / (y_high - y_low) * (HEIGHT - TOP - BOTTOM)

    parts = [*_across(y_low, y_high, y_of), *_up(points[0][0], points[-1][0], x_of)]
    if gap:
        parts.append(f'<line class="goal" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y_of(gap):.1f}" y2="{y_of(gap):.1f}"/>')
        words = f"asked for: {number(gap, 3)}"
        parts.append(f'<text class="goal-text" x="{LEFT + 8}" y="{y_of(gap) - 6:.1f}">{words}</text>')
    path = " ".join(f"{'M' if k == 0 else 'L'}{x_of(n):.1f} {y_of(e):.1f}" for k, (n, e) in enumerate(points))
    n, e = points[-1]
    parts.append(f'<path class="line" d="{path}"/><circle class="end" cx="{x_of(n):.1f}" cy="{y_of(e):.1f}" r="4"/>')
    parts.append(f'<text class="axis" x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}" text-anchor="middle">iterations</text>')
    middle = (TOP + HEIGHT - BOTTOM) / 2
    parts.append(f'<text class="axis" transform="translate(16 {middle}) rotate(-90)" text-anchor="middle">exploitability</text>')
    label = f"Exploitability fell from {number(points[0][1], 3)} to {number(e, 3)} in {n:,} iterations"
    return Markup(f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">{"".join(parts)}</svg>')


def _thinned(points: list[tuple[int, float]]) -> list[tuple[int, float]]:
    if len(points) <= POINTS:
        return points
    span = math.log(points[-1][0] / points[0][0]) / (POINTS - 1)
    kept = {round(math.log(n / points[0][0]) / span): (n, e) for n, e in points}
    return list(kept.values())


def _across(low: int, high: int, y_of) -> list[str]:  # type: ignore[no-untyped-def]
    """Horizontal grid lines at powers of ten, at most seven of them labelled."""
    every, parts = -(-(high - low) // 6), []
    for power in range(low, high + 1):
        y = y_of(10.0**power)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        if (power - low) % every == 0:
            parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{_power(power)}</text>')
    return parts


def _up(first: int, last: int, x_of) -> list[str]:  # type: ignore[no-untyped-def]
    """Vertical grid lines: powers of ten, or 1, 2, 5 times them where there are few."""
    powers = range(math.floor(math.log10(first)), math.ceil(math.log10(last)) + 1)
    steps = (1,) if last / first > 1000 else (1, 2, 5)
    parts = []
    for n in (s * 10**p for p in powers for s in steps):
        if first <= n <= last:
            x = x_of(n)
            parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>')
            parts.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{n:,}</text>')
    return parts


def _power(power: int) -> str:
    if -3 <= power <= 4:
        return f"{10.0**power:,.{max(0, -power)}f}"
    return f'10<tspan dy="-5" font-size="9">{str(power).replace("-", "−")}</tspan>'  # noqa: RUF001
