"""`Affine`: a layer of networks, such that what a row yields depends on nothing but its network and the row.

Libraries' products of matrices add up in an order that depends on how many rows there are, on where a row
stands among them, on the processor and on its threads: the last bits differ then, and one draw in millions.
Here every sum runs over the inputs from the first to the last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gamesolve.base.compiled import compiled


@dataclass(frozen=True, eq=False)
class Affine:
    """The same layer of K networks, from I inputs to O outputs.

    Attributes:
        turned: f4 [K, I, O], weights with their rows as columns.
        biases: f4 [K, O].
    """

    turned: np.ndarray
    biases: np.ndarray

    @classmethod
    def of(cls, weights: Sequence[np.ndarray], biases: Sequence[np.ndarray]) -> Affine:
        """From weights f4 [O, I] and biases f4 [O] of each network."""
        return cls(np.stack([np.ascontiguousarray(one.T) for one in weights]), np.stack(biases))

    def __call__(self, inputs: np.ndarray, bounds: np.ndarray) -> np.ndarray:
        """f4 [n, O] for inputs f4 [n, I]; those of network k are rows bounds[k] to bounds[k + 1] - 1 (i8 [K + 1])."""
        out = np.empty((len(inputs), self.biases.shape[1]), np.float32)
        add_up(np.ascontiguousarray(inputs, np.float32), self.turned, self.biases, bounds, out)
        return out


def alone(rows: int) -> np.ndarray:
    """The bounds of one network, whose rows are all there are."""
    return np.array([0, rows])


@compiled
def add_up(inputs, turned, biases, bounds, out):
    """See `Affine`."""
    for n in range(bounds.size - 1):
        first, last = bounds[n], bounds[n + 1]
        for k in range(first, last - 3, 4):
            add_up_four(inputs, turned[n], biases[n], k, out)
        for k in range(last - (last - first) % 4, last):
            add_up_one(inputs[k], turned[n], biases[n], out[k])


@compiled
def add_up_four(inputs, turned, biases, k, out):
    """Rows k to k + 3, which share the reading of weights, two inputs at a time; inputs of 0, of which features have many, are skipped."""
    one, two, three, four = out[k], out[k + 1], out[k + 2], out[k + 3]
    for o in range(biases.size):
        bias = biases[o]
        one[o] = bias
        two[o] = bias
        three[o] = bias
        four[o] = bias
    # The last of an odd number of inputs is added by itself.
    even = inputs.shape[1] - inputs.shape[1] % 2
    for i in range(0, even, 2):
        p, q, r, s = inputs[k, i], inputs[k + 1, i], inputs[k + 2, i], inputs[k + 3, i]
        t, u, v, w = inputs[k, i + 1], inputs[k + 1, i + 1], inputs[k + 2, i + 1], inputs[k + 3, i + 1]
        if p == 0.0 and q == 0.0 and r == 0.0 and s == 0.0 and t == 0.0 and u == 0.0 and v == 0.0 and w == 0.0:
            continue
        first, second = turned[i], turned[i + 1]
        for o in range(biases.size):
            one[o] = one[o] + p * first[o] + t * second[o]
            two[o] = two[o] + q * first[o] + u * second[o]
            three[o] = three[o] + r * first[o] + v * second[o]
            four[o] = four[o] + s * first[o] + w * second[o]
    for i in range(even, inputs.shape[1]):
        weights = turned[i]
        for o in range(biases.size):
            one[o] += inputs[k, i] * weights[o]
            two[o] += inputs[k + 1, i] * weights[o]
            three[o] += inputs[k + 2, i] * weights[o]
            four[o] += inputs[k + 3, i] * weights[o]


@compiled
def add_up_one(inputs, turned, biases, out):
    """One row: inputs f4 [I], out f4 [O]."""
    for o in range(biases.size):
        out[o] = biases[o]
    for i in range(inputs.size):
        p = inputs[i]
        if p != 0.0:
            weights = turned[i]
            for o in range(biases.size):
                out[o] += p * weights[o]
