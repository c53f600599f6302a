"""The plan in plain words, for the terminal and for the head of the page."""

from __future__ import annotations

from typing import Any

import numpy as np

from gamesolve.base.bound import Bound
from gamesolve.base.roles import the_role
from gamesolve.report.findings import Findings
from gamesolve.report.strategy import Choice, choices_of
from gamesolve.report.words import certain, ends, listed, number, percent

LINES = 12
#: Gains and losses up to this are those of floating point.
EVEN = 1e-9


def plain_lines(findings: Findings) -> list[str]:
    """At most twelve sentences: what the game is worth, what to beware of, what the defender does first and next."""
    lines = [*value_words(findings), *findings.problem.caveats, *network_words(findings)]
    first, later = _first_and_later(choices_of(findings, 0))
    return [*lines, *(choice_words(choice) for choice in (first + later)[: LINES - len(lines)])]


def summary_lines(findings: Findings) -> list[str]:
    """The head of the page: what the game is worth and what the defender does first."""
    first, _ = _first_and_later(choices_of(findings, 0))
    return [*value_words(findings), *(choice_words(choice) for choice in first), *network_words(findings)]


def value_words(findings: Findings) -> list[str]:
    """What the value and the exploitability mean."""
    who = _who(findings)
    value = findings.value
    if value.lower is None or value.upper is None:
        return [f"What the game is worth to {who} is not known on both sides: {value}."]
    return [f"With best play on both sides, {who} {outcome(value)}.", f"{guarantee(value, who)}."]


def outcome(value: Bound) -> str:
    """`should expect to lose 8.73 on average`, or `between 8.71 and 8.76` where no two digits are certain."""
    lower, upper = value.lower or 0.0, value.upper or 0.0
    if max(-lower, upper) <= EVEN:
        return "should expect to come out even"
    if lower < 0.0 < upper:
        loss, gain = ends(lower, upper)
        return f"should expect something between a loss of {loss[1:]} and a gain of {gain} on average"
    verb, low, high = ("gain", lower, upper) if lower >= 0.0 else ("lose", -upper, -lower)
    amount = certain(low, high) or "between {} and {}".format(*ends(low, high))
    return f"should expect to {verb} {amount} on average"


def guarantee(value: Bound, who: str) -> str:
    """What the plan promises whatever the opponent does, and what no plan can promise."""
    lower, upper = value.lower or 0.0, value.upper or 0.0
    if is_settled(value):
        return f"This plan makes sure of that whatever the opponent does, and no plan can promise {who} more"
    if upper < 0.0:
        least, most = ends(-upper, -lower)
        return (
            f"With this plan {who} loses {most} at most, on average and whatever the opponent does; "
            f"no plan at all can hold the loss below {least}"
        )
    least, most = ends(lower, upper)
    return (
        f"With this plan {who} is sure of at least {least} on average, whatever the opponent does; "
        f"no plan at all can promise more than {most}"
    )


def is_settled(value: Bound) -> bool:
    """Whether a bracket is too narrow for its ends to be told apart."""
    return value.width <= 1e-6 * max(abs(value.lower or 0.0), abs(value.upper or 0.0), 1.0)


def network_words(findings: Findings) -> list[str]:
    """For a network: what the attacker tries, and what it holds in the end."""
    game, course = findings.game, findings.course
    if game is None or course is None or not game.drawing:
        return []
    attacker = game.agents[1]
    attacks = course.done[:, 1].sum(axis=0)[: len(attacker.actions)]
    order = [a for a in np.argsort(-attacks, kind="stable")[:3] if game.drawing["actions"][1][a] is not None and attacks[a] > 0.05]
    named = [f"{attacker.actions[a]} ({number(float(attacks[a]), 2)} times a play)" for a in order]
    lines = [f"What the attacker tries most: {listed(named)}."] if named else []
    return [*lines, *_final_words(game.drawing, course.seen[1][-1])]


def _final_words(drawing: dict[str, Any], final: np.ndarray) -> list[str]:
    """The targets that the attacker holds after the last epoch, likeliest first."""
    if not final.any():
        return []
    held = np.zeros(len(drawing["nodes"]))
    for probability, node in zip(final[:, 1], drawing["shows"][1], strict=False):
        held[node] = probability
    targets = sorted((i for i, node in enumerate(drawing["nodes"]) if node["reward"] is not None), key=lambda i: (-held[i], i))
    named = [f"{drawing['nodes'][i]['label']} ({percent(float(held[i]))})" for i in targets[:5]]
    return [f"How likely the attacker holds each target in the end: {listed(named)}."]


def choice_words(choice: Choice) -> str:
    """`Epoch 2, in 14% of plays, (you: protect X → alert: Y): protect Z with 80%, pass with 20%.`"""
    when = f"Epoch {choice.epoch + 1}" if choice.epoch is not None else ""
    often = f"in {percent(choice.reach)} of plays" if choice.reach < 0.9995 and choice.joint else ""
    start = ", ".join(part for part in (when, often) if part)
    known = f" ({choice.known})" if choice.known != "at the start" else ""
    return f"{start[:1].upper()}{start[1:]}{known}: {choice.mixture()}." if start else f"Then{known}: {choice.mixture()}."


def _first_and_later(choices: list[Choice]) -> tuple[list[Choice], list[Choice]]:
    """The choices of the earliest epoch, likeliest first, and the likeliest of all others."""
    earliest = min((c.epoch or 0 for c in choices), default=0)
    first = [c for c in choices if (c.epoch or 0) == earliest]
    later = [c for c in choices if (c.epoch or 0) > earliest]
    return first[:4], sorted(later[:5], key=lambda c: (c.epoch or 0, -c.reach))


def _who(findings: Findings) -> str:
    return the_role(findings.problem.roles[0])
