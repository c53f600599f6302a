"""What a defender's returns against many attackers come to: a score for each of its R training runs, or a table.

Returns are the defender's means, f8 [R, K], against K attackers; `seen` and `held_out` are bool [K]. Intervals over runs are made of
scores by `mean_over_runs`, and of what is no mean of them by `over_runs`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gamesolve.base.errors import GamesolveError
from gamesolve.solvers.matrix import solve_matrix_game
from gamesolve.statistics.intervals import CONFIDENCE, Estimate, checked_scores, mean_over_runs, over_runs

#: Gains of a specialist that are no more than rounding, for returns of size 1.
ROUNDING = 1e-9


def regret(returns: np.ndarray, specialists: np.ndarray) -> np.ndarray:
    """What the specialist for each attacker earns more, f8 [R, K] (run by run); raises GamesolveError where shapes differ."""
    own, best = checked_scores(returns), checked_scores(specialists)
    if own.shape != best.shape:
        raise GamesolveError(f"returns have shape {own.shape} and those of specialists {best.shape}; they are of one shape")
    return best - own


def generalisation_gap(regrets: np.ndarray, seen: np.ndarray, held_out: np.ndarray) -> np.ndarray:
    """By how much the mean regret f8 [R, K] to specialists is larger against held-out attackers than against seen ones, f8 [R].

    Regrets, so that harder attackers do not count as a gap. Raises GamesolveError where a tier is empty, no booleans, or shares one.
    """
    table = checked_scores(regrets)
    if np.shape(seen) == np.shape(held_out) and np.logical_and(seen, held_out).any():
        raise GamesolveError("an attacker is both seen and held out; it is one of them")
    return _mean(table, held_out, "held out") - _mean(table, seen, "seen")


def normalised(returns: np.ndarray, random: np.ndarray, specialists: np.ndarray, *, confidence: float = CONFIDENCE) -> NormalisedScores:
    """Returns on a scale on which the random defender has 0 and the specialist for an attacker 1.

    Args:
        returns: f8 [R, K], of a defender.
        random: f8 [K], of the random defender.
        specialists: f8 [R, K], of the specialists for each attacker.
        confidence: of the interval that decides whether an attacker has such a scale.

    Raises:
        GamesolveError: shapes do not fit.
    """
    own, best, least = checked_scores(returns), checked_scores(specialists), np.asarray(random, np.float64)
    if own.shape != best.shape or least.shape != own.shape[1:]:
        raise GamesolveError(f"returns have shape {own.shape}, specialists' {best.shape}, the random defender's {least.shape}; "
                             "(R, K), (R, K) and (K,) are needed")  # fmt: skip
    gains = [mean_over_runs(best[:, k] - least[k], confidence=confidence).bound for k in range(len(least))]
    known = [one.lower is not None and one.lower > ROUNDING * max(abs(least[k]), 1.0) for k, one in enumerate(gains)]
    return NormalisedScores(own, least, best, np.array(known))


@dataclass(frozen=True, eq=False)
class NormalisedScores:
    """Normalised returns of a defender, whose error is that of its runs and of the specialists' alike.

    Attributes:
        returns, specialists: f8 [R, K]; random: f8 [K], of the random defender.
        known: bool [K], against which attackers there is a scale: where the specialist is better than the random defender beyond doubt.
    """

    returns: np.ndarray
    random: np.ndarray
    specialists: np.ndarray
    known: np.ndarray

    def table(self) -> np.ndarray:
        """f8 [R, K], by the specialists' mean over runs; NaN where there is no scale."""
        scale = np.where(self.known, self.specialists.mean(axis=0) - self.random, np.nan)
        return np.asarray((self.returns - self.random) / scale)

    def mean(self, which: np.ndarray, *, confidence: float = CONFIDENCE, seed: int = 0) -> Estimate | None:
        """The mean over the attackers of bool [K] that have a scale; None where there are none."""
        chosen = which & self.known
        if not chosen.any():
            return None
        own, best, random = self.returns[:, chosen], self.specialists[:, chosen], self.random[chosen]

        def score(index: np.ndarray) -> float:
            return float(((own[index].mean(axis=0) - random) / (best[index].mean(axis=0) - random)).mean())

        return over_runs(score, len(own), confidence=confidence, seed=seed)


def worst_case(chosen_on: np.ndarray, reported_on: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Against the strongest attacker, which is chosen for each run on some episodes and reported on others.

    Args:
        chosen_on, reported_on: f8 [R, K], mean returns of both sets of episodes.

    Returns:
        f8 [R], returns; and i8 [R], who was chosen.
    """
    tried, fresh = checked_scores(chosen_on), checked_scores(reported_on)
    if tried.shape != fresh.shape:
        raise GamesolveError(f"attackers are chosen on {tried.shape} and reported on {fresh.shape}; both are (R, K)")
    chosen = tried.argmin(axis=1)
    return fresh[np.arange(len(fresh)), chosen], chosen


def conditional_value_at_risk(returns: np.ndarray, share: float) -> np.ndarray:
    """The mean of the worst share of a run's episodes, whatever the attacker, f8 [R] (CVaR; Rockafellar and Uryasev 2000).

    Args:
        returns: f8 [R, K, E], of E episodes against each of K attackers, which weigh alike.
        share: above 0, at most 1.

    Raises:
        GamesolveError: no such array of finite numbers, or no such share.
    """
    table = np.asarray(returns, np.float64)
    if table.ndim != 3 or not table.size or not np.isfinite(table).all():
        raise GamesolveError(f"returns have shape {table.shape}; finite numbers (R, K, E) with at least one of each are needed")
    if not 0.0 < share <= 1.0:
        raise GamesolveError(f"the share is {share!r}; it is above 0 and at most 1")
    ordered = np.sort(table.reshape(len(table), -1), axis=1)
    # The episode at the edge counts in part.
    counted = share * ordered.shape[1]
    weights = np.clip(counted - np.arange(ordered.shape[1]), 0.0, 1.0)
    return np.asarray(ordered @ weights / counted)


def cross_play_gap(returns: np.ndarray, *, confidence: float = CONFIDENCE, seed: int = 0) -> Estimate | None:
    """How much more the defender earns against the attacker of its own run than against those of other runs of the same method.

    Args:
        returns: f8 [R, R], of the defender of each run (row) against the attacker of each.

    Returns:
        None of one or two runs: without one of two there is nobody else to play.

    Raises:
        GamesolveError: no square table of finite numbers.
    """
    table = checked_scores(returns)
    if table.shape[0] != table.shape[1]:
        raise GamesolveError(f"returns have shape {table.shape}; (R, R) is needed")
    if len(table) < 3:
        # Without one of two runs there is nobody else to play.
        return None

    def gap(index: np.ndarray) -> float:
        others = index[:, None] != index[None, :]
        # A resample of one run alone, again and again, has no others.
        apart = table[np.ix_(index, index)][others].mean() if others.any() else table[index, index].mean()
        return float(table[index, index].mean() - apart)

    return over_runs(gap, len(table), confidence=confidence, seed=seed)


def relative_population_performance(first: np.ndarray, second: np.ndarray) -> float:
    """How much better population a is than b, for roles (after Balduzzi et al. 2019): half of val(first) - val(second).

    Args:
        first: f8 [D, K], what a's defenders earn against b's attackers.
        second: f8 [D, K], what b's defenders earn against a's attackers.

    Raises:
        GamesolveError: one is no matrix of finite numbers.
    """
    own, other = (solve_matrix_game(payoffs).value.middle for payoffs in (first, second))
    assert own is not None  # a matrix game's bracket has both ends
    assert other is not None
    return (own - other) / 2.0


def relative_performance_over_runs(first: np.ndarray, second: np.ndarray, *, confidence: float = CONFIDENCE, seed: int = 0) -> Estimate:
    """`relative_population_performance` of the populations that the runs of two methods make, with its interval over runs.

    Args:
        first, second: f8 [R, R], the defenders of one method's runs (rows) against the attackers of the other's.

    Raises:
        GamesolveError: they are no square tables of finite numbers of the same runs.
    """
    tables = checked_scores(first), checked_scores(second)
    runs = len(tables[0])
    if any(table.shape != (runs, runs) for table in tables):
        raise GamesolveError(f"returns have shapes {tables[0].shape} and {tables[1].shape}; both are (R, R)")

    def performance(index: np.ndarray) -> float:
        chosen = np.ix_(index, index)
        return relative_population_performance(tables[0][chosen], tables[1][chosen])

    return over_runs(performance, runs, confidence=confidence, seed=seed)


def performance_profile(scores: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """The share f8 [T] of scores of any shape that are above each of the thresholds f8 [T] (Agarwal et al. 2021)."""
    own = np.sort(scores, axis=None)
    return np.asarray(1.0 - np.searchsorted(own, thresholds, side="right") / len(own))


def _mean(table: np.ndarray, which: np.ndarray, called: str) -> np.ndarray:
    chosen = np.asarray(which)
    if chosen.dtype != bool:
        raise GamesolveError(f"which attackers are {called} is told by {chosen.dtype}; booleans are needed, as ~ of integers is none")
    if chosen.shape != table.shape[1:] or not chosen.any():
        raise GamesolveError(f"of {table.shape[1]} attackers {int(chosen.sum())} of {chosen.shape} are {called}; at least one must be")
    return np.asarray(table[:, chosen].mean(axis=1))
