"""Is a method better than the baseline that was declared beforehand? Exact tests, paired by run, corrected for their number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gamesolve.base.errors import GamesolveError
from gamesolve.statistics.intervals import CONFIDENCE, Estimate, checked_scores, mean_over_runs

#: Runs from which on a difference is tested: with five the smallest p that can come out is 1/16.
CLAIMS = 10
#: Runs up to which every pattern of signs is tried, and how many are drawn beyond.
EVERY, DRAWN = 16, 100_000


@dataclass(frozen=True)
class Comparison:
    """A method beside the baseline.

    Attributes:
        difference: of their scores, paired by run.
        p: two-sided, of the hypothesis that neither is better; None below `CLAIMS` runs.
    """

    difference: Estimate
    p: float | None


def compared(scores: np.ndarray, baseline: np.ndarray, *, confidence: float = CONFIDENCE, seed: int = 0) -> Comparison:
    """Scores f8 [R] of a method beside those of the baseline, run by run.

    Raises:
        GamesolveError: they are not scores of the same runs.
    """
    own, other = checked_scores(scores), checked_scores(baseline)
    if own.shape != other.shape or own.shape[1] != 1:
        raise GamesolveError(f"scores have shapes {np.shape(scores)} and {np.shape(baseline)}; both are (R,)")
    differences = (own - other)[:, 0]
    found = mean_over_runs(differences, confidence=confidence, seed=seed)
    return Comparison(found, sign_flip_p(differences, seed=seed) if len(differences) >= CLAIMS else None)


def sign_flip_p(differences: np.ndarray, *, seed: int = 0) -> float:
    """Two-sided p of the mean of paired differences f8 [R] under random signs (Fisher 1935, section 21).

    Exact up to `EVERY` runs; beyond, of `DRAWN` patterns and the one that there is.
    """
    runs = len(differences)
    if runs <= EVERY:
        signs = 1.0 - 2.0 * ((np.arange(2**runs)[:, None] >> np.arange(runs)) & 1)
    else:
        drawn = np.random.default_rng(seed).integers(0, 2, (DRAWN, runs))
        signs = np.concatenate([np.ones((1, runs)), 1.0 - 2.0 * drawn])
    size = np.abs(differences).sum()
    # Sums that are equal but for rounding count as equal.
    return float(np.mean(np.abs(signs @ differences) >= abs(differences.sum()) - 1e-12 * size))


def holm(p: Sequence[float]) -> list[float]:
    """p corrected for how many there are (Holm 1979): all claims hold together at the level at which each is called significant."""
    order, corrected, largest = np.argsort(p, kind="stable"), [0.0] * len(p), 0.0
    for rank, place in enumerate(order.tolist()):
        largest = max(largest, min((len(p) - rank) * p[place], 1.0))
        corrected[place] = largest
    return corrected
