"""Intervals over training runs: each run of a method with another seed is one draw, whatever is measured of it.

All attackers meet the same trained defender, and all episodes too; resampling those by themselves would call one draw many. Below
`MANY` runs an interval is Student's t of a score for each run; of what is no mean of such scores, of its jackknife pseudo-values
(Tukey 1958). From `MANY` runs on it is a percentile bootstrap over runs, and means are interquartile (Agarwal et al. 2021).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtrit

from gamesolve.base.bound import Bound
from gamesolve.base.errors import GamesolveError

#: Runs from which on the bootstrap's coverage is as good as that of Student's t.
MANY = 20
CONFIDENCE = 0.95
#: Of a bootstrap.
RESAMPLES = 2_000
STUDENT, JACKKNIFE, BOOTSTRAP, ALONE = "Student's t over runs", "jackknife over runs", "bootstrap over runs", "one run: no interval"
INTERQUARTILE = "interquartile mean, bootstrap over runs"


@dataclass(frozen=True)
class Estimate:
    """A statistic of training runs.

    Attributes:
        value: of the runs that there are.
        bound: its confidence interval; both ends None where one run says nothing of others.
        runs: how many.
        method: how the interval was made, in words.
    """

    value: float
    bound: Bound
    runs: int
    method: str

    def as_json(self) -> dict[str, object]:
        """`{value, lower, upper, confidence, runs, method}`."""
        ends = {"lower": self.bound.lower, "upper": self.bound.upper, "confidence": self.bound.confidence}
        return {"value": self.value, **ends, "runs": self.runs, "method": self.method}


def mean_over_runs(scores: np.ndarray, *, confidence: float = CONFIDENCE, seed: int = 0) -> Estimate:
    """The mean of scores f8 [R] or [R, K] of R runs (against K attackers, which weigh alike in a run's score).

    From `MANY` runs on it is the interquartile mean of the runs' scores.

    Args:
        confidence: of the two-sided interval.
        seed: of the bootstrap.

    Raises:
        GamesolveError: no such array of finite numbers, or a confidence that is none.
    """
    own = checked_scores(scores).mean(axis=1)
    if len(own) >= MANY:
        found = over_runs(lambda index: interquartile_mean(own[index]), len(own), confidence=confidence, seed=seed)
        return replace(found, method=INTERQUARTILE)
    return Estimate(float(own.mean()), _student(own, confidence), len(own), STUDENT if len(own) > 1 else ALONE)


def over_runs(statistic: Callable[[np.ndarray], float], runs: int, *, confidence: float = CONFIDENCE, seed: int = 0) -> Estimate:
    """Any statistic of runs.

    Args:
        statistic: of i8 [n], the numbers of the runs that count, a run as often as it stands there.
        runs: how many there are.
        confidence, seed: see `mean_over_runs`.

    Raises:
        GamesolveError: no run, or a confidence that is none.
    """
    every = np.arange(runs)
    if runs < 1:
        raise GamesolveError(f"there are {runs} runs; an estimate needs one")
    value = float(statistic(every))
    if runs < MANY:
        # In a mean these are the scores themselves.
        pseudo = np.array([runs * value - (runs - 1) * statistic(np.delete(every, r)) for r in every]) if runs > 1 else np.zeros(1)
        middle = _student(pseudo, confidence)
        half = middle.width / 2.0
        bound = middle if runs == 1 else Bound(value - half, value + half, "estimated", confidence)
        return Estimate(value, bound, runs, JACKKNIFE if runs > 1 else ALONE)
    drawn = np.random.default_rng(seed).integers(0, runs, (RESAMPLES, runs))
    tail = 50.0 * (1.0 - _checked(confidence))
    low, high = np.percentile([statistic(index) for index in drawn], [tail, 100.0 - tail])
    return Estimate(value, Bound(float(low), float(high), "estimated", confidence), runs, BOOTSTRAP)


def interquartile_mean(scores: np.ndarray) -> float:
    """The mean of scores of any shape without the lowest and the highest quarter of them (Agarwal et al. 2021)."""
    ordered = np.sort(scores, axis=None)
    cut = len(ordered) // 4
    return float(ordered[cut : len(ordered) - cut].mean())


def checked_scores(scores: np.ndarray) -> np.ndarray:
    """Scores of R runs as f8 [R, K]; raises GamesolveError where they are none."""
    try:
        found = np.array(scores, np.float64)
    except (TypeError, ValueError) as error:
        raise GamesolveError(f"scores must be numbers: {error}") from error
    table = found[:, None] if found.ndim == 1 else found
    if table.ndim != 2 or not table.size:
        raise GamesolveError(f"scores have shape {found.shape}; (runs,) or (runs, attackers) with at least one of each is needed")
    wrong = np.argwhere(~np.isfinite(table))
    if len(wrong):
        run, place = wrong[0].tolist()
        raise GamesolveError(f"score [{run}, {place}] is {float(table[run, place])!r}; scores are finite numbers")
    return table


def _student(scores: np.ndarray, confidence: float) -> Bound:
    """The two-sided interval of the mean of scores f8 [R]."""
    tail, n = _checked(confidence), len(scores)
    if n == 1:
        return Bound(None, None, "estimated", confidence)
    half = float(stdtrit(n - 1, 0.5 + tail / 2.0) * scores.std(ddof=1) / np.sqrt(n))
    return Bound(float(scores.mean()) - half, float(scores.mean()) + half, "estimated", confidence)


def _checked(confidence: float) -> float:
    if not 0.0 < confidence < 1.0:
        raise GamesolveError(f"the confidence is {confidence!r}; it lies between 0 and 1")
    return confidence
