"""Curves with bands over decisions: a small SVG whose colours come from the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from gamesolve.report.histogram import ticks
from gamesolve.report.words import number

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 20, 16, 64
#: Curves that can be told apart; further ones repeat their colours.
COLOURS = 4


@dataclass(frozen=True)
class Curve:
    """A named line through points (x, y, low, high), x ascending; low and high are the ends of an interval about y."""

    name: str
    points: tuple[tuple[float, float, float, float], ...]


def curves_plot(curves: Sequence[Curve], *, across: str, up: str) -> Markup:
    """The curves in one figure; nothing where none has two points and gets beyond 0.

    Args:
        across, up: what the axes say.
    """
    drawn = [curve for curve in curves if len(curve.points) > 1 and curve.points[-1][0] > 0.0]
    if not drawn:
        return Markup("")
    most = max(curve.points[-1][0] for curve in drawn)
    low = min(point[2] for curve in drawn for point in curve.points)
    high = max(point[3] for curve in drawn for point in curve.points)
    if high - low < 1e-12:
        low, high = low - 0.5, high + 0.5

    def x_of(x: float) -> float:
        return LEFT + x / most * (WIDTH - LEFT - RIGHT)

    def y_of(y: float) -> float:
        return TOP + (high - y) / (high - low) * (HEIGHT - TOP - BOTTOM)

    parts = []
    for y in ticks(low, high):
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y_of(y):.1f}" y2="{y_of(y):.1f}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y_of(y) + 4:.1f}" text-anchor="end">{number(y)}</text>')
    for x in ticks(0.0, most):
        parts.append(f'<text x="{x_of(x):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{thousands(x)}</text>')
    for k, curve in enumerate(drawn):
        upper = " ".join(f"{x_of(x):.1f},{y_of(end):.1f}" for x, _, _, end in curve.points)
        lower = " ".join(f"{x_of(x):.1f},{y_of(end):.1f}" for x, _, end, _ in reversed(curve.points))
        parts.append(f'<polygon class="band c{k % COLOURS}" points="{upper} {lower}"/>')
    for k, curve in enumerate(drawn):
        path = " ".join(f"{'M' if j == 0 else 'L'}{x_of(x):.1f} {y_of(y):.1f}" for j, (x, y, _, _) in enumerate(curve.points))
        parts.append(f'<path class="curve c{k % COLOURS}" d="{path}"><title>{escape(curve.name)}</title></path>')
    parts += _legend([curve.name for curve in drawn])
    middle = (TOP + HEIGHT - BOTTOM) / 2
    parts.append(
        f'<text class="axis" x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - BOTTOM + 36}" text-anchor="middle">{escape(across)}</text>'
    )
    parts.append(f'<text class="axis" transform="translate(14 {middle}) rotate(-90)" text-anchor="middle">{escape(up)}</text>')
    ends = "; ".join(f"{curve.name}: {number(curve.points[-1][1], 3)} at the end" for curve in drawn)
    return Markup(f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(ends)}">{"".join(parts)}</svg>')


def thousands(x: float) -> str:
    """`0`, `50 k`, `1.5 M`."""
    for unit, word in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if x >= unit:
            return f"{x / unit:.4g}{word}"
    return f"{x:.4g}"


def _legend(names: Sequence[str]) -> list[str]:
    """A line and its name for each of the first curves, below the axis."""
    shown, parts = names[:COLOURS], []
    step = (WIDTH - LEFT - RIGHT) / len(shown)
    for k, name in enumerate(shown):
        x, y = LEFT + k * step, HEIGHT - 8
        parts.append(f'<line class="curve c{k}" x1="{x:.1f}" x2="{x + 18:.1f}" y1="{y - 4}" y2="{y - 4}"/>')
        more = f" and {len(names) - COLOURS} more" if k == COLOURS - 1 and len(names) > COLOURS else ""
        parts.append(f'<text x="{x + 24:.1f}" y="{y}">{escape(_short(name, int(step / 6.6) - 4))}{more}</text>')
    return parts


def _short(name: str, room: int) -> str:
    return name if len(name) <= room else f"{name[: max(room - 1, 1)]}…"
