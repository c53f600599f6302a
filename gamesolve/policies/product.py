"""`affine`: a layer of a network, such that what a row yields depends on nothing but the row.

Libraries' products of matrices add up in an order that depends on how many rows there are, on where a row
stands among them, on the processor and on its threads: the last bits differ then, and one draw in millions.
Here every sum runs over the inputs from the first to the last.
"""

from __future__ import annotations

import numpy as np

from gamesolve.base.compiled import compiled


def affine(inputs: np.ndarray, turned: np.ndarray, biases: np.ndarray) -> np.ndarray:
    """f4 [n, O]: inputs f4 [n, I] times weights, plus biases f4 [O].

    Args:
        turned: f4 [I, O], the weights with their rows as columns, contiguous.
    """
    out = np.empty((len(inputs), len(biases)), np.float32)
    add_up(np.ascontiguousarray(inputs, np.float32), turned, biases, out)
    return out


@compiled
def add_up(inputs, turned, biases, out):
    """See `affine`. Four rows at a time share the reading of weights; inputs of 0, of which features have many, are skipped."""
    rows = inputs.shape[0]
    for k in range(0, rows - 3, 4):
        one, two, three, four = out[k], out[k + 1], out[k + 2], out[k + 3]
        for o in range(biases.size):
            bias = biases[o]
            one[o] = bias
            two[o] = bias
            three[o] = bias
            four[o] = bias
        for i in range(inputs.shape[1]):
            p, q, r, s = inputs[k, i], inputs[k + 1, i], inputs[k + 2, i], inputs[k + 3, i]
            if p == 0.0 and q == 0.0 and r == 0.0 and s == 0.0:
                continue
            weights = turned[i]
            for o in range(biases.size):
                weight = weights[o]
                one[o] += p * weight
                two[o] += q * weight
                three[o] += r * weight
                four[o] += s * weight
    for k in range(rows - rows % 4, rows):
        add_up_one(inputs[k], turned, biases, out[k])


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
