"""Who was found as a response to whom: a small SVG with a lane for each role and a column for each iteration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from gamesolve.base.roles import role_name, the_role
from gamesolve.report.members import Member
from gamesolve.report.words import measured, percent

HEIGHT, LEFT, RIGHT = 320, 92, 28
#: Heights of the two lanes, of the crosses and the iterations' numbers.
LANES, FOOT = (84, 222), 290
#: Pixels between two columns at least and at most, and the width that few columns fill.
NARROW, WIDE, FILLED = 26, 84, 760
#: Pixels at most between policies that joined in the same iteration.
APART = 20
#: Weights in a mixture from which on it is a policy to which was responded.
LEAST = 0.01
HEADER = ("Iteration", "Role", "What was found", "Gain", "Joined", "Answers the mixture of")


@dataclass(frozen=True)
class Layout:
    """Where columns are: first the policies that were there at the beginning, one each, then the iterations.

    Attributes:
        first: columns before iteration 1; step: pixels from one to the next.
    """

    first: int
    step: float

    def x(self, member: Member) -> float:
        """Of a policy; those that joined in one iteration stand side by side."""
        middle = self.column(self.first - 1 + member.joined) if member.joined else self.column(member.number)
        return middle + (member.place - (member.beside - 1) / 2) * min(self.step / (member.beside + 1), APART)

    def column(self, n: int) -> float:
        """Of a column from 0."""
        return LEFT + (n + 0.5) * self.step


def response_graph(
    rows: Sequence[dict[str, Any]], roles: tuple[str, str], members: tuple[Sequence[Member], Sequence[Member]], answer: int
) -> Markup:
    """The policies as dots, and lines from each to those to whose mixture it responded.

    Args:
        rows: of the journal, one an iteration.
        answer: the iteration whose mixtures are the answer.
    """
    first = max(sum(not member.joined for member in own) for own in members)
    columns = first + len(rows)
    layout = Layout(first, min(max((FILLED - LEFT - RIGHT) / columns, NARROW), WIDE))
    width = layout.column(columns - 1) + layout.step / 2 + RIGHT
    parts = [*_lanes(roles, width), *_columns(rows, layout, answer)]
    parts += [line for side in (0, 1) for member in members[side] for line in _lines(member, side, rows, roles, members, layout)]
    parts += [mark for side in (0, 1) for row in rows for mark in _cross(row, side, roles, layout)]
    parts += [_dot(member, side, rows, roles, layout) for side in (0, 1) for member in members[side]]
    label = "Which policy joined in which iteration, and to the mixture of which policies it responded; the table below says the same"
    size = f'width="{width:.0f}" height="{HEIGHT}" viewBox="0 0 {width:.0f} {HEIGHT}"'
    return Markup(f'<svg class="graph" {size} role="img" aria-label="{label}">{"".join(parts)}</svg>')


def response_rows(
    rows: Sequence[dict[str, Any]], roles: tuple[str, str], members: tuple[Sequence[Member], Sequence[Member]]
) -> list[tuple[str, ...]]:
    """The same in words, a row for each role of each iteration: see HEADER."""
    found: list[tuple[str, ...]] = []
    for row in rows:
        for side, role in enumerate(roles):
            own = row["roles"][role]
            number = next((member.number for member in members[side] if member.joined == row["iteration"]), None)
            joined = "no" if number is None else f"as policy {number}"
            found.append((str(row["iteration"]), role_name(role), own["name"], gain_words(own), joined, _mixture(row, roles[1 - side])))
    return found


def gain_words(own: dict[str, Any]) -> str:
    """What a response gains, and the standard error of that."""
    mean, error = measured(own["gain"], own["standard_error"])
    return f"{mean} ± {error or 0}"


def _mixture(row: dict[str, Any], role: str) -> str:
    """What a role mixed in an iteration."""
    shares = [(n, weight) for n, weight in enumerate(row["roles"][role]["weights"]) if weight >= LEAST]
    return ", ".join(f"{n} ({percent(weight)})" for n, weight in shares)


def _lanes(roles: tuple[str, str], width: float) -> list[str]:
    parts = []
    for role, y in zip(roles, LANES, strict=True):
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{width - RIGHT:.1f}" y1="{y}" y2="{y}"/>')
        parts.append(f'<text class="axis" x="4" y="{y + 5}">{escape(role_name(role).capitalize())}</text>')
    return parts


def _columns(rows: Sequence[dict[str, Any]], layout: Layout, answer: int) -> list[str]:
    """The iterations' numbers, and a line before that whose mixtures are the answer."""
    middle = (layout.column(0) + layout.column(layout.first - 1)) / 2
    parts = [f'<text x="{middle:.1f}" y="{FOOT}" text-anchor="middle">start</text>']
    for row in rows:
        x = layout.column(layout.first - 1 + row["iteration"])
        parts.append(f'<text x="{x:.1f}" y="{FOOT}" text-anchor="middle">{row["iteration"]}</text>')
    last = layout.column(layout.first - 1 + len(rows))
    parts.append(f'<text class="axis" x="{(LEFT + last) / 2:.1f}" y="{FOOT + 22}" text-anchor="middle">iteration</text>')
    x = layout.column(layout.first - 1 + answer) - layout.step / 2
    parts.append(f'<line class="goal" x1="{x:.1f}" x2="{x:.1f}" y1="26" y2="{FOOT - 18}"/>')
    return [*parts, f'<text class="goal-text" x="{x:.1f}" y="18" text-anchor="middle">answer</text>']


def _lines(
    member: Member,
    side: int,
    rows: Sequence[dict[str, Any]],
    roles: tuple[str, str],
    members: tuple[Sequence[Member], Sequence[Member]],
    layout: Layout,
) -> list[str]:  # fmt: skip
    """From a policy to those of the other role that were mixed when it was found."""
    if not member.joined:
        return []
    x, y, z = layout.x(member), LANES[side], LANES[1 - side]
    parts = []
    for other, weight in zip(members[1 - side], rows[member.joined - 1]["roles"][roles[1 - side]]["weights"], strict=False):
        if weight >= LEAST:
            to, bend = layout.x(other), (LANES[0] + LANES[1]) / 2
            look = f"stroke-opacity:{0.15 + 0.75 * weight:.2f};stroke-width:{1.0 + 2.0 * weight:.1f}"
            path = f"M{x:.1f} {y}C{x:.1f} {bend:.0f} {to:.1f} {bend:.0f} {to:.1f} {z}"
            parts.append(f'<path class="answers c{side}" style="{look}" d="{path}"/>')
    return parts


def _cross(row: dict[str, Any], side: int, roles: tuple[str, str], layout: Layout) -> list[str]:
    """A cross where a role found nothing that gains beyond its error."""
    own = row["roles"][roles[side]]
    if own["joined"]:
        return []
    x, y = layout.column(layout.first - 1 + row["iteration"]), LANES[side]
    words = f"Iteration {row['iteration']}: no response of {the_role(roles[side])} that gains beyond its error (at best {gain_words(own)})"
    return [f'<path class="fruitless" d="M{x - 5:.1f} {y - 5}l10 10m0 -10l-10 10"><title>{escape(words)}</title></path>']


def _dot(member: Member, side: int, rows: Sequence[dict[str, Any]], roles: tuple[str, str], layout: Layout) -> str:
    """A policy: the larger, the more of the answer it is; hollow where it is none of it."""
    x, y, radius = layout.x(member), LANES[side], 5.0 + 9.0 * member.weight**0.5
    when = "there from the beginning"
    if member.joined:
        own = rows[member.joined - 1]["roles"][roles[side]]
        mixed = _mixture(rows[member.joined - 1], roles[1 - side])
        when = f"joined in iteration {member.joined}, beside the best response"
        if own["counts"] and member.number == len(own["weights"]):
            when = f"found in iteration {member.joined}, gains {gain_words(own)} against the mixture of {mixed}"
    words = f"Policy {member.number} of {the_role(roles[side])}, {member.name}: {when}; {percent(member.weight)} of the answer"
    above = y - radius - 7 if side == 0 else y + radius + 17
    circle = f'<circle class="dot c{side}{"" if member.weight > 0.0 else " idle"}" cx="{x:.1f}" cy="{y}" r="{radius:.1f}">'
    number = f'<text x="{x:.1f}" y="{above:.1f}" text-anchor="middle">{member.number}</text>'
    return f"{circle}<title>{escape(words)}</title></circle>{number}"
