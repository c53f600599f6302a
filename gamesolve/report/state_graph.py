"""The states of a game without end as a drawing: circles by value, lines by how likely one leads to the next."""

from __future__ import annotations

import math

from markupsafe import Markup

from gamesolve.report.words import number, percent
from gamesolve.solve.solution import StatePlan

#: States that are drawn at most: more would be no picture.
MOST = 24
SIZE, RADIUS, DOT = 520, 180, 24
#: The least probability of a line.
LEAST = 0.005


def state_graph(plan: StatePlan) -> Markup:
    """The drawing as an SVG element; empty where there are too many states."""
    count = len(plan.states)
    if count > MOST:
        return Markup("")
    middle = (plan.lower + plan.upper) / 2.0
    low, high = float(middle.min()), float(middle.max())
    places = [_place(s, count) for s in range(count)]
    parts = [
        Markup('<svg viewBox="0 0 {0} {0}" class="states" role="img" aria-label="{1}">').format(
            SIZE, "The states, with the transitions of the equilibrium; the tables below hold the same figures."
        ),
        Markup('<defs><marker id="to" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" markerUnits="userSpaceOnUse" '
               'orient="auto"><path d="M0 0L8 4L0 8z" fill="currentColor"/></marker></defs>'),
    ]  # fmt: skip
    for (s, t), chance in plan.leads.items():
        if chance >= LEAST:
            parts.append(_line(places[s], places[t], chance, f"{plan.states[s]} to {plan.states[t]}: {percent(chance)}"))
    for s, (x, y) in enumerate(places):
        share = 0.0 if high == low else (float(middle[s]) - low) / (high - low)
        words = f"{plan.states[s]}: worth {number(float(middle[s]), 4)}"
        parts.append(
            Markup('<g><title>{}</title><circle cx="{:.1f}" cy="{:.1f}" r="{}" class="state" style="--p:{:.3f}"/>').format(
                words, x, y, DOT, 1.0 - share
            )
        )
        parts.append(Markup('<text x="{:.1f}" y="{:.1f}" class="{}">{}</text></g>').format(
            x, y + 4, "on-dark" if share < 0.5 else "", number(float(middle[s]), 3)
        ))  # fmt: skip
        x, y = (SIZE / 2 + (one - SIZE / 2) * (1.0 + (DOT + 8.0) / RADIUS) for one in (x, y))
        side = "middle" if abs(x - SIZE / 2) < RADIUS / 4 else "start" if x > SIZE / 2 else "end"
        below = 4.0 + 6.0 * (y - SIZE / 2) / RADIUS
        name = Markup('<text x="{:.1f}" y="{:.1f}" class="name" style="text-anchor: {}">{}</text>')
        parts.append(name.format(x, y + below, side, _short(plan.states[s])))
    return Markup("").join([*parts, Markup("</svg>")])


def _place(s: int, count: int) -> tuple[float, float]:
    angle = 2.0 * math.pi * s / max(count, 1) - math.pi / 2.0
    return SIZE / 2 + RADIUS * math.cos(angle), SIZE / 2 + RADIUS * math.sin(angle)


def _line(one: tuple[float, float], two: tuple[float, float], chance: float, words: str) -> Markup:
    """From circle to circle, bent so that both ways are seen; a loop where it leads back."""
    width = 0.6 + 4.4 * chance
    if one == two:
        # Towards the middle, where no name stands.
        length = math.hypot(SIZE / 2 - one[0], SIZE / 2 - one[1]) or 1.0
        x, y = (SIZE / 2 - one[0]) / length, (SIZE / 2 - one[1]) / length
        a = one[0] + DOT * (0.8 * x - 0.6 * y), one[1] + DOT * (0.8 * y + 0.6 * x)
        b = one[0] + DOT * (0.8 * x + 0.6 * y), one[1] + DOT * (0.8 * y - 0.6 * x)
        path = (f"M{a[0]:.1f} {a[1]:.1f}C{one[0] + 76 * x - 40 * y:.1f} {one[1] + 76 * y + 40 * x:.1f} "
                f"{one[0] + 76 * x + 40 * y:.1f} {one[1] + 76 * y - 40 * x:.1f} {b[0]:.1f} {b[1]:.1f}")  # fmt: skip
    else:
        length = math.hypot(two[0] - one[0], two[1] - one[1])
        x, y = (two[0] - one[0]) / length, (two[1] - one[1]) / length
        bend = 0.12 * length
        middle = (one[0] + two[0]) / 2 - bend * y, (one[1] + two[1]) / 2 + bend * x
        path = (f"M{one[0] + DOT * x:.1f} {one[1] + DOT * y:.1f}Q{middle[0]:.1f} {middle[1]:.1f} "
                f"{two[0] - (DOT + 3) * x:.1f} {two[1] - (DOT + 3) * y:.1f}")  # fmt: skip
    return Markup('<path d="{}" class="leads" stroke-width="{:.2f}" marker-end="url(#to)"><title>{}</title></path>').format(
        path, width, words
    )


def _short(name: str) -> str:
    return name if len(name) <= 18 else f"{name[:17]}…"
