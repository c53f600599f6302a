"""How returns spread: mean and deviation, and the counts behind a histogram."""

from __future__ import annotations

import numpy as np

BARS = 24


def summary(returns: np.ndarray, roles: tuple[str, str]) -> dict[str, dict[str, float | None]]:
    """Mean, standard deviation and standard error of the returns f8 [n, 2] by role; None where one episode does not tell."""
    n = len(returns)
    found: dict[str, dict[str, float | None]] = {}
    for role, column in zip(roles, returns.T, strict=True):
        std = float(column.std(ddof=1)) if n > 1 else None
        found[role] = {"mean": float(column.mean()), "std": std, "standard_error": None if std is None else std / n**0.5}
    return found


def spread(returns: np.ndarray) -> list[tuple[float, float, int]]:
    """Bars (from, to, episodes) of the returns f8 [n], ascending.

    Few distinct returns have a bar each, with `from` equal to `to`; many share `BARS` bars of one
    width, of which each holds its lower end and the last its upper end too.
    """
    # Sums of the same rewards in another order differ in their last digits.
    values, counts = np.unique(returns.round(9), return_counts=True)
    if len(values) <= BARS:
        return [(float(value), float(value), int(count)) for value, count in zip(values, counts, strict=True)]
    counts, edges = np.histogram(returns, BARS)
    return [(float(low), float(high), int(count)) for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)]
