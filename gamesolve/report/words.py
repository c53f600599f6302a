"""Numbers, actions, signals and histories in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import numpy as np

from gamesolve.rules.game import Agent, Game
from gamesolve.views.histories import Histories


def percent(probability: float) -> str:
    """A probability as people say it: `63%`, `0.4%`, `less than 0.1%`, `more than 99.9%`."""
    if probability <= 0.0 or probability >= 1.0:
        return "100%" if probability >= 1.0 else "0%"
    if probability < 0.001:
        return "less than 0.1%"
    if probability > 0.999:
        return "more than 99.9%"
    share = 100.0 * probability
    return f"{share:.1f}%" if share < 1.0 or share > 99.0 else f"{share:.0f}%"


def brief(probability: float) -> str:
    """A probability in a table's cell: `63%`, `0.4%`, `<0.1%`, `>99.9%`."""
    return percent(probability).replace("less than ", "<").replace("more than ", ">")


def number(value: float, digits: int = 4) -> str:
    """A number with a few significant digits, a true minus sign and no exponent where none is needed."""
    if value != 0.0 and not 1e-4 <= abs(value) < 1e7:
        return f"{value:.{digits - 1}e}".replace("-", "−")  # noqa: RUF001
    text = np.format_float_positional(value, precision=digits, unique=False, fractional=False, trim="-") if value else "0"
    return text.replace("-", "−")  # noqa: RUF001


def fixed(value: float, decimals: int) -> str:
    """A number with so many digits after the point, for columns of numbers that are compared; never a minus before nothing but zeros."""
    text = f"{value:,.{decimals}f}"
    return text.replace("-", "−") if text.strip("-0.,") else text.lstrip("-")  # noqa: RUF001


def measured(value: float, error: float | None) -> tuple[str, str]:
    """A mean and its standard error, both to two digits of the error; without one (None, zero, rounding) the mean alone and nothing."""
    # Equal returns differ in their last digits where the same rewards are added in another order.
    if not error or error < 1e-12 * max(abs(value), 1.0):
        return number(value, 5), ""
    digits = min(max(1 - math.floor(math.log10(error)), 0), 9)
    return f"{value:,.{digits}f}".replace("-", "−"), f"{error:,.{digits}f}"  # noqa: RUF001


def certain(low: float, high: float, most: int = 6) -> str | None:
    """The number, of 2 to `most` significant digits, to which all of [low, high] is rounded; None where there is none."""
    for digits in range(most, 1, -1):
        if number(low, digits) == number(high, digits):
            return number(low, digits)
    return None


def ends(low: float, high: float) -> tuple[str, str]:
    """The ends of a bracket, rounded outwards to two digits of its width, so that what is said still holds."""
    if low == high:
        return number(low, 6), number(high, 6)
    unit = Decimal(1).scaleb(math.floor(math.log10(high - low)) - 1)
    rounded = (Decimal(repr(low)).quantize(unit, ROUND_FLOOR), Decimal(repr(high)).quantize(unit, ROUND_CEILING))
    first, last = map(_written, rounded)
    return first, last


def end(value: float, *, upper: bool, digits: int = 4) -> str:
    """The end of a bracket that is open on its other side, rounded to a few significant digits so that what is said still holds."""
    exact = Decimal(repr(value))
    unit = Decimal(1).scaleb(exact.adjusted() - digits + 1)
    return _written(exact.quantize(unit, ROUND_CEILING if upper else ROUND_FLOOR))


def _written(exact: Decimal) -> str:
    """All digits of a number, with an exponent where `number` has one."""
    text = f"{exact.normalize():e}" if exact and not Decimal("1e-4") <= abs(exact) < Decimal("1e7") else f"{exact.normalize() + 0:f}"
    return text.replace("-", "−")  # noqa: RUF001


def listed(words: Sequence[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def counted(count: int, what: str) -> str:
    """`1 iteration`, `1,200 iterations`."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def signal_words(agent: Agent, row: np.ndarray, before: np.ndarray | None, places: Sequence[str] = ()) -> str:
    """A row of signals (i2 [W]) in words; of a later row only what has changed.

    Args:
        before: the row before it, or None at the first.
        places: for each signal the name of what it is about (a network's node), or empty.
    """
    parts, start = [], 0
    for signal in agent.signals:
        block = row[start : start + signal.count]
        named = [places[k] if k < len(places) else "" for k in range(start, start + signal.count)]
        changed = before is None or not np.array_equal(block, before[start : start + signal.count])
        if all(named) and signal.values == 2:
            raised = [name for name, value in zip(named, block, strict=True) if value]
            if raised or before is not None:
                parts.append(f"{signal.name}: {listed(raised)}" if raised else f"no {signal.name}")
        elif changed:
            values = [signal.labels[v] if signal.labels else str(int(v)) for v in block]
            parts.append(f"{signal.name} {' '.join(values)}")
        start += signal.count
    return ", ".join(parts)


def history_words(game: Game, agent: int, histories: Histories, history: int, first: np.ndarray) -> str:
    """What an agent has seen and chosen up to a history, one part for each step, oldest first.

    Args:
        first: i4 [H + 1], entries of a policy's table: a history without entries had no choice.
    """
    player, parts = game.agents[agent], []
    places, row, came_from = place_names(game, agent), None, -1
    for h in _path(histories, history):
        if came_from >= 0 and first[came_from + 1] > first[came_from]:
            parts.append(f"you: {player.actions[int(histories.action[h])]}")
        seen = signal_words(player, histories.signals[h], row, places)
        if seen:
            parts.append(seen)
        row, came_from = histories.signals[h], h
    return " → ".join(parts) or "at the start"


def place_names(game: Game, agent: int) -> list[str]:
    """For each signal of an agent the label of the network's node that it is about; empty without a drawing."""
    shows = (game.drawing or {}).get("shows")
    if not shows:
        return []
    nodes = (game.drawing or {})["nodes"]
    return [nodes[node]["label"] if node >= 0 else "" for node in shows[agent]]


def _path(histories: Histories, history: int) -> list[int]:
    path = []
    while history >= 0:
        path.append(history)
        history = int(histories.parent[history])
    return path[::-1]
