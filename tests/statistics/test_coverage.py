"""How often intervals cover what they are of, by simulation: printed by `make verify`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from gamesolve.statistics import (
    Estimate,
    compared,
    conditional_value_at_risk,
    cross_play_gap,
    holm,
    mean_over_runs,
    nash_average,
    normalised,
    rank_intervals,
    relative_performance_over_runs,
    worst_case,
)

STUDIES = 2_000
#: pytest's.
Record = Callable[[str, Any], None]
#: Attackers of a simulated study; each run's luck is shared by all of them.
K = 6


def normal(rng: np.random.Generator, runs: int) -> np.ndarray:
    """Scores f8 [R, K] whose true mean is 0."""
    return rng.normal(size=(runs, 1)) + 0.3 * rng.normal(size=(runs, K))


def skewed(rng: np.random.Generator, runs: int) -> np.ndarray:
    """The same of a long tail of runs that failed."""
    return 1.0 - rng.exponential(size=(runs, 1)) + 0.3 * rng.normal(size=(runs, K))


def share_covered(estimate: Callable[[np.random.Generator], Estimate | None], truth: float, studies: int = STUDIES) -> float:
    covered = []
    for study in range(studies):
        found = estimate(np.random.default_rng((11, study)))
        assert found is not None
        low, high = found.bound.lower, found.bound.upper
        assert low is not None
        assert high is not None
        covered.append(low <= truth <= high)
    return float(np.mean(covered))


@pytest.mark.slow
@pytest.mark.parametrize("runs", [5, 10, 19])
def test_students_t_covers_95_of_100_means_of_normal_scores(runs: int, record_property: Record) -> None:
    found = share_covered(lambda rng: mean_over_runs(normal(rng, runs)), 0.0)
    record_property(f"coverage of 95% intervals: mean, normal scores, {runs} runs", f"{found:.1%} of {STUDIES:,}")
    assert 0.93 < found < 0.97


@pytest.mark.slow
@pytest.mark.parametrize("runs", [5, 10, 19])
def test_students_t_covers_fewer_means_of_skewed_scores(runs: int, record_property: Record) -> None:
    found = share_covered(lambda rng: mean_over_runs(skewed(rng, runs)), 0.0)
    record_property(f"coverage of 95% intervals: mean, skewed scores, {runs} runs", f"{found:.1%} of {STUDIES:,}")
    assert 0.85 < found < 0.97


@pytest.mark.slow
def test_resampling_attackers_would_cover_far_less(record_property: Record) -> None:
    def wrong(rng: np.random.Generator) -> Estimate:
        return mean_over_runs(normal(rng, 3).reshape(-1))

    found = share_covered(wrong, 0.0)
    record_property("coverage of 95% intervals that count every attacker as a run (wrong)", f"{found:.1%} of {STUDIES:,}")
    assert found < 0.75


@pytest.mark.slow
@pytest.mark.parametrize("runs", [20, 40])
def test_the_bootstrap_of_interquartile_means_covers(runs: int, record_property: Record) -> None:
    studies = 400
    found = share_covered(lambda rng: mean_over_runs(normal(rng, runs)), 0.0, studies)
    record_property(f"coverage of 95% intervals: interquartile mean, normal scores, {runs} runs", f"{found:.1%} of {studies:,}")
    assert 0.89 < found < 0.98


@pytest.mark.slow
@pytest.mark.parametrize("runs", [5, 10])
def test_the_jackknife_of_normalised_means_covers(runs: int, record_property: Record) -> None:
    random = np.full(K, -5.0)

    def estimate(rng: np.random.Generator) -> Estimate | None:
        # The specialists' mean is 5, the defender's 0: halfway.
        return normalised(normal(rng, runs), random, 5.0 + normal(rng, runs)).mean(np.ones(K, bool))

    found = share_covered(estimate, 0.5)
    record_property(f"coverage of 95% intervals: normalised mean, {runs} runs", f"{found:.1%} of {STUDIES:,}")
    assert 0.92 < found < 0.975


@pytest.mark.slow
@pytest.mark.parametrize("runs", [5, 10])
def test_the_jackknife_of_cross_play_gaps_covers(runs: int, record_property: Record) -> None:
    def estimate(rng: np.random.Generator) -> Estimate | None:
        table = rng.normal(size=(runs, 1)) + rng.normal(size=(1, runs)) + 0.5 * rng.normal(size=(runs, runs))
        return cross_play_gap(table + 2.0 * np.eye(runs))

    found = share_covered(estimate, 2.0)
    record_property(f"coverage of 95% intervals: cross-play gap, {runs} runs", f"{found:.1%} of {STUDIES:,}")
    assert 0.9 < found < 0.99


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.1, 0.25])
def test_students_t_covers_the_conditional_value_at_risk(share: float, record_property: Record) -> None:
    # Normal returns of deviation 1 within a run: the mean of the worst share lies this far below the run's own mean.
    truth = -float(norm.pdf(norm.ppf(share)) / share)

    def estimate(rng: np.random.Generator) -> Estimate | None:
        return mean_over_runs(conditional_value_at_risk(0.3 * rng.normal(size=(10, 1, 1)) + rng.normal(size=(10, K, 200)), share))

    found = share_covered(estimate, truth)
    record_property(f"coverage of 95% intervals: CVaR at {share:g}, 10 runs", f"{found:.1%} of {STUDIES:,}")
    assert 0.92 < found < 0.97


@pytest.mark.slow
@pytest.mark.parametrize("apart", [0.0, 0.5])
def test_students_t_covers_worst_cases_whose_attacker_was_chosen_on_other_episodes(apart: float, record_property: Record) -> None:
    # Attackers are apart by so much, in errors of a mean over episodes; nobody knows which is the strongest.
    means, error = -apart * np.arange(K), 1.0

    def estimate(rng: np.random.Generator) -> Estimate | None:
        tables = [means + own + error * rng.normal(size=(10, K)) for own in [rng.normal(size=(10, 1))] for _ in range(2)]
        return mean_over_runs(worst_case(*tables)[0])

    found = share_covered(estimate, float(means.min()))
    record_property(f"coverage of 95% intervals: worst case, attackers {apart:g} errors apart, 10 runs", f"{found:.1%} of {STUDIES:,}")
    # Who is chosen wrongly is weaker than the strongest: the interval lies a little high.
    assert found > 0.8


@pytest.mark.slow
def test_the_jackknife_of_relative_performances_covers(record_property: Record) -> None:
    studies = 500

    def tables(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Of two methods whose runs differ, and whose defenders and attackers meet with some luck."""
        defenders, attackers = rng.normal(size=(2, 10, 1)), rng.normal(size=(2, 1, 10))
        first = 1.0 + defenders[0] - attackers[1] + 0.5 * rng.normal(size=(10, 10))
        return first, defenders[1] - attackers[0] + 0.5 * rng.normal(size=(10, 10))

    truth = float(np.mean([relative_performance_over_runs(*tables(np.random.default_rng((15, k)))).value for k in range(studies)]))
    found = share_covered(lambda rng: relative_performance_over_runs(*tables(rng)), truth, studies)
    record_property("coverage of 95% intervals: relative population performance, 10 runs", f"{found:.1%} of {studies:,}")
    assert found > 0.8


@pytest.mark.slow
def test_tests_of_ten_runs_err_as_often_as_they_say_together(record_property: Record) -> None:
    # Four methods that are as good as the baseline: how often is any of them called better or worse?
    errors = []
    for study in range(500):
        rng = np.random.default_rng((13, study))
        baseline = rng.normal(size=10)
        p = [compared(rng.normal(size=10), baseline).p or 0.0 for _ in range(4)]
        errors.append(min(holm(p)) < 0.05)
    record_property(
        "studies that claim a difference where there is none, at 5% after Holm's correction", f"{np.mean(errors):.1%} of {len(errors)}"
    )
    assert np.mean(errors) < 0.075


@pytest.mark.slow
def test_intervals_of_ranks_cover(record_property: Record) -> None:
    true, covered = np.array([3.0, 2.0, 1.0]), list[bool]()
    for study in range(200):
        rng = np.random.default_rng((14, study))
        payoffs = np.array([0.0, 0.7, 1.4])[None, :, None] + rng.normal(size=(10, 3, 1)) + 0.3 * rng.normal(size=(10, 3, K))
        found = rank_intervals(payoffs, lambda table: table.mean(axis=1))
        covered += list((found[:, 1] <= true) & (true <= found[:, 2]))
    record_property("coverage of 95% intervals: ranks, 10 runs", f"{np.mean(covered):.1%} of {len(covered)}")
    assert np.mean(covered) > 0.9


@pytest.mark.slow
def test_intervals_of_ranks_by_nash_average_cover(record_property: Record) -> None:
    # Attackers of whom each is strongest against another defender, and a defender that is better than the others against all.
    true, covered = np.array([3.0, 2.0, 1.0]), list[bool]()
    means = np.array([0.0, 1.5, 3.0])[:, None] + np.eye(3)
    for study in range(60):
        rng = np.random.default_rng((16, study))
        payoffs = means[None] + rng.normal(size=(10, 3, 1)) + 0.3 * rng.normal(size=(10, 3, 3))
        found = rank_intervals(payoffs, lambda table: nash_average(table).skill, resamples=200)
        covered += list((found[:, 1] <= true) & (true <= found[:, 2]))
    record_property("coverage of 95% intervals: ranks by Nash average, 10 runs", f"{np.mean(covered):.1%} of {len(covered)}")
    assert np.mean(covered) > 0.9
