"""`from_logits`: probabilities of legal actions, such that what a row yields depends on nothing but the row."""

from __future__ import annotations

import math

import numpy as np

from gamesolve.base.compiled import compiled


def from_logits(logits: np.ndarray, masks: np.ndarray, *, greedy: bool) -> np.ndarray:
    """Probabilities f8 [n, A'] by logits f4 [n, A] where masks bool [n, A'] are legal: a softmax, or the first of the largest alone.

    A' is at most A. Columns that are illegal in a row change nothing in it.
    """
    found = np.zeros(masks.shape)
    weigh(np.ascontiguousarray(logits, np.float32), np.ascontiguousarray(masks), greedy, found)
    return found


@compiled
def weigh(logits, masks, greedy, found):
    """See `from_logits`; `found` is zeroed."""
    for k in range(masks.shape[0]):
        best = -1
        for a in range(masks.shape[1]):
            if masks[k, a] and (best < 0 or logits[k, a] > logits[k, best]):
                best = a
        if greedy and best >= 0:
            found[k, best] = 1.0
            continue
        total = 0.0
        for a in range(masks.shape[1]):
            if masks[k, a]:
                found[k, a] = math.exp(np.float64(logits[k, a]) - np.float64(logits[k, best]))
                total += found[k, a]
        for a in range(masks.shape[1]):
            found[k, a] /= total
