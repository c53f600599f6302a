"""Which defender is best where each is good against somebody else: rankings by the game that defenders and attackers play."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from gamesolve.base.errors import GamesolveError
from gamesolve.psro.alpha_rank import alpha_rank
from gamesolve.solvers.matrix import checked_payoffs
from gamesolve.solvers.maximum_entropy import maximum_entropy_mixtures
from gamesolve.statistics.intervals import CONFIDENCE

#: Strengths of selection at which profiles are ranked, in units of one over the range of payoffs.
ALPHAS = tuple(float(10.0 ** (n / 4.0)) for n in range(-4, 13))
#: Masses that differ by less are the same.
SETTLED = 0.01
#: Skills that differ by less, as a share of the range of payoffs, are the same.
ALIKE = 1e-4
RESAMPLES = 500


@dataclass(frozen=True, eq=False)
class NashAverage:
    """Defenders and attackers averaged by how much they matter (Balduzzi et al. 2018).

    Attributes:
        skill: f8 [D], what each defender earns against the attackers' mixture; the best have the game's value.
        defenders, attackers: f8 [D] and f8 [K], the equilibrium of largest entropy.
    """

    skill: np.ndarray
    defenders: np.ndarray
    attackers: np.ndarray


def nash_average(payoffs: np.ndarray) -> NashAverage:
    """The Nash average of payoffs f8 [D, K], the defender's.

    Copies of an attacker do not count twice, and defenders that nobody has reason to play do not count at all.

    Raises:
        GamesolveError: no matrix of finite numbers, or a library does not report an optimum.
    """
    defenders, attackers = maximum_entropy_mixtures(payoffs)
    return NashAverage(np.asarray(payoffs, np.float64) @ attackers, defenders, attackers)


@dataclass(frozen=True, eq=False)
class AlphaRank:
    """Defenders by how long evolution stays with them, for every strength of selection (Omidshafiei et al. 2019).

    Attributes:
        alphas: f8 [T], strengths.
        mass: f8 [T, D], of each defender in the stationary distribution over profiles.
        settled: the place of the first strength from which on no mass changes any more; None where it still does at the last.
    """

    alphas: np.ndarray
    mass: np.ndarray
    settled: int | None


def alpha_rank_sweep(payoffs: np.ndarray) -> AlphaRank:
    """Alpha-rank of a meta-game f8 [2, D, K] at all of `ALPHAS`.

    Raises:
        GamesolveError: no meta-game.
    """
    if np.ptp(payoffs[0]) == np.ptp(payoffs[1]) == 0.0:
        # Nobody earns more than anybody: evolution drifts.
        d = payoffs.shape[1]
        return AlphaRank(np.array(ALPHAS), np.full((len(ALPHAS), d), 1.0 / d), 0)
    spread = max(float(np.ptp(payoffs[0])), float(np.ptp(payoffs[1])), np.finfo(np.float64).tiny)
    alphas = np.array(ALPHAS) / spread
    mass = np.array([alpha_rank(payoffs, alpha=float(alpha)).defender for alpha in alphas])
    same = np.abs(mass - mass[-1]).max(axis=1) < SETTLED
    # The last is as itself; that says something from the second last on.
    settled = len(same) - int(np.argmin(same[::-1])) if not same.all() else 0
    return AlphaRank(alphas, mass, settled if settled < len(same) - 1 else None)


def ranks(skills: np.ndarray, *, alike: float = 0.0) -> np.ndarray:
    """Ranks f8 [D] from 1, the best, of skills f8 [D]; those that follow one another by no more than `alike` share theirs."""
    own = np.asarray(skills, np.float64)
    order = np.argsort(-own, kind="stable")
    level = np.zeros(len(own))
    level[order[1:]] = np.cumsum(-np.diff(own[order]) > alike)
    return np.asarray(rankdata(level, method="average"))


def rank_intervals(
    payoffs: np.ndarray,
    skills: Callable[[np.ndarray], np.ndarray],
    *,
    confidence: float = CONFIDENCE,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> np.ndarray:
    """Ranks and their bootstrap intervals over runs.

    Args:
        payoffs: f8 [R, D, K], mean returns of the D defenders of each of R runs.
        skills: from payoffs f8 [D, K], means over runs, to f8 [D].
        confidence, seed, resamples: of the bootstrap.

    Returns:
        f8 [D, 3]: rank, lower end, upper end; the ends are NaN for one run.

    Raises:
        GamesolveError: no such array.
    """
    table = np.asarray(payoffs, np.float64)
    if table.ndim != 3 or not table.size:
        raise GamesolveError(f"payoffs have shape {table.shape}; (R, D, K) with at least one of each is needed")
    alike = ALIKE * float(np.ptp(table))
    own = ranks(skills(checked_payoffs(table.mean(axis=0))), alike=alike)
    if len(table) == 1:
        return np.stack([own, np.full(len(own), np.nan), np.full(len(own), np.nan)], axis=1)
    drawn = np.random.default_rng(seed).integers(0, len(table), (resamples, len(table)))
    tail = 50.0 * (1.0 - confidence)
    low, high = np.percentile([ranks(skills(table[index].mean(axis=0)), alike=alike) for index in drawn], [tail, 100.0 - tail], axis=0)
    return np.stack([own, low, high], axis=1)
