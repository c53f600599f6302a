"""The meta-game as a heat map: what every policy of a role earns against every policy of the other, and how well that is known.

It is a table of HTML, so that its numbers can be read without its colours; the page's stylesheet paints it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gamesolve.base.roles import role_name, the_role
from gamesolve.report.members import Member
from gamesolve.report.words import fixed, measured, percent

#: Columns up to which the cells show their numbers.
FEW = 14
Cells = list[list[dict[str, Any]]]


@dataclass(frozen=True)
class Payoffs:
    """What is known of a meta-game between D and K policies.

    Attributes:
        mean: f8 [D, K], mean returns of the first role.
        error: f8 [D, K], their standard errors; count: i8 [D, K], episodes behind them.
        exact: bool [D, K], entries that are computed and not estimated.
    """

    mean: np.ndarray
    error: np.ndarray
    count: np.ndarray
    exact: np.ndarray


def payoffs_of(entries: Sequence[dict[str, str]], roles: tuple[str, str], shape: tuple[int, int]) -> Payoffs:
    """A meta-game from the rows of its table; raises ValueError or KeyError where they are not one for each pair of policies."""
    pairs = [(int(entry[roles[0]]), int(entry[roles[1]])) for entry in entries]
    if pairs != list(np.ndindex(shape)):
        raise ValueError(f"the meta-game has {len(pairs)} entries, which are not those of {shape[0]} by {shape[1]} policies")
    mean, error = (np.array([float(entry[f"{what}_{roles[0]}"]) for entry in entries]).reshape(shape) for what in ("mean", "error"))
    if not np.isfinite(mean).all() or not (np.isfinite(error) & (error >= 0.0)).all():
        raise ValueError("an entry of the meta-game is no number")
    count = np.array([int(entry["episodes"]) for entry in entries], np.int64).reshape(shape)
    exact = np.array([{"True": True, "False": False}[entry["exact"]] for entry in entries], np.bool_).reshape(shape)
    return Payoffs(mean, error, count, exact)


def heat_map(payoffs: Payoffs, roles: tuple[str, str], members: tuple[Sequence[Member], Sequence[Member]]) -> dict[str, Any]:
    """What the template shows of a meta-game.

    Returns:
        `rows` and `columns`, policies with `number`, `weight` in words, `share` of the largest weight, and of a row `cells`;
        a cell has `text`, `title`, `exact`, `side` of the colour and its `depth` from 0 to 1.
        `centre`, `low` and `high` of the colours in words, with the `depth` of the ends and `at`, where the centre is between them.
        `numbers`: whether cells show them. `errors`: cells in full, row by row.
    """
    largest = max(member.weight for own in members for member in own) or 1.0
    one, two = (np.array([member.weight for member in own]) for own in members)
    centre, low, high = float(one @ payoffs.mean @ two), float(payoffs.mean.min()), float(payoffs.mean.max())
    most = max(high - centre, centre - low, 1e-12)
    decimals = max(2 - math.floor(math.log10(2.0 * (high - low))), 0) if high > low else 2
    cells = [
        [_cell(payoffs, roles, d, k, centre, most) | {"text": fixed(float(payoffs.mean[d, k]), decimals)} for k in range(len(two))]
        for d in range(len(one))
    ]
    return {
        "rows": [{**_margin(member, largest), "cells": own} for member, own in zip(members[0], cells, strict=True)],
        "columns": [_margin(member, largest) for member in members[1]],
        "sides": [role_name(role) for role in roles],
        "whose": [the_role(role) for role in roles],
        "numbers": len(two) <= FEW,
        "centre": fixed(centre, decimals),
        "low": fixed(low, decimals),
        "high": fixed(high, decimals),
        "depths": [(centre - low) / most, (high - centre) / most],
        "at": (centre - low) / (high - low) if high > low else 0.5,
        "known": known_words(payoffs),
    }


def known_words(payoffs: Payoffs) -> str:
    """A sentence on how well the entries are known."""
    if payoffs.exact.all():
        return "All entries are exact: they were computed on the game's tree."
    played = payoffs.count[~payoffs.exact]
    least, most = int(played.min()), int(played.max())
    episodes = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    some = f"{int(payoffs.exact.sum()):,} entries are exact, the others" if payoffs.exact.any() else "Entries"
    return f"{some} are means of {episodes} episodes; their standard errors stand in the table below."


def _margin(member: Member, largest: float) -> dict[str, Any]:
    return {"number": member.number, "weight": percent(member.weight), "share": member.weight / largest}


def _cell(payoffs: Payoffs, roles: tuple[str, str], d: int, k: int, centre: float, most: float) -> dict[str, Any]:
    value, exact, count = float(payoffs.mean[d, k]), bool(payoffs.exact[d, k]), int(payoffs.count[d, k])
    mean, error = measured(value, None if exact else float(payoffs.error[d, k]))
    known = "exact" if exact else f"± {error}, {count:,} episodes" if error else f"the same in all {count:,} episodes"
    return {
        "title": f"Policy {d} of {the_role(roles[0])} against policy {k} of {the_role(roles[1])}: {mean}, {known}",
        "mean": mean,
        "known": "exact" if exact else f"± {error or 0}",
        "side": "more" if value >= centre else "less",
        "depth": abs(value - centre) / most,
    }
