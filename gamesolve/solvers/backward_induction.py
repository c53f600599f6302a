"""Backward induction: the value of a finite-horizon Markov decision process, from its last layer to its first.

With P and r as in `Layer`, the least total reward is v(s) = min over the rows a of s of r(a) + sum P(s' | a) v(s')
(Bellman 1957; Puterman 1994, section 4.5).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gamesolve.base.compiled import compiled
from gamesolve.base.errors import GamesolveError
from gamesolve.views.layers import Layer

UNIT = float(np.finfo(np.float64).eps)


def least_reward(layers: Sequence[Layer], *, roundings: int = 0) -> tuple[float, float]:
    """What whoever chooses among the rows can reduce the total reward to, and how far rounding may have moved that.

    A layer adds a sum of as many products as its `terms`; its error is at most that number of unit
    roundoffs times what can be earned from there on (Higham 2002, equation 3.5).

    Args:
        layers: at least one; the first has one situation.
        roundings: behind each of their probabilities, in units of roundoff.

    Raises:
        GamesolveError: a reward or a probability is not finite.
    """
    values, most, tolerance = np.zeros(0), 0.0, 0.0
    for layer in reversed(layers):
        sums = layer.reward.copy()
        add_edges(layer.row, layer.target, layer.chance, values, sums)
        values = np.empty(len(layer.first) - 1)
        take_least(layer.first, sums, values)
        most += layer.largest
        tolerance += 2.0 * UNIT * (layer.terms + roundings + 4.0) * most
    if not np.isfinite(values[0]):
        raise GamesolveError(f"the least total reward is {values[0]!r}: rewards and probabilities must be finite numbers")
    return float(values[0]), tolerance


@compiled
def add_edges(row, target, chance, values, sums):
    """sums[row] += chance times the value of the target, for every edge."""
    for k in range(row.size):
        sums[row[k]] += chance[k] * values[target[k]]


@compiled
def take_least(first, sums, values):
    """The least of each situation's rows; NaN where one is not a number, which a minimum would pass over."""
    for s in range(values.size):
        least = sums[first[s]]
        doubt = 0.0
        for row in range(first[s], first[s + 1]):
            doubt += sums[row] - sums[row]
            least = min(least, sums[row])
        values[s] = least + doubt
