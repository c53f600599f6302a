"""Intervals over runs: Student's t, the jackknife and the bootstrap, each beside another implementation."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from rliable import library, metrics

from gamesolve.base.errors import GamesolveError
from gamesolve.statistics import interquartile_mean, mean_over_runs, over_runs


@settings(deadline=None)
@given(st.integers(2, 19), st.integers(1, 6), st.integers(0, 99), st.sampled_from([0.8, 0.95, 0.99]))
def test_the_interval_of_a_mean_below_twenty_runs_is_students_t_of_the_means_of_runs(
    runs: int, attackers: int, seed: int, confidence: float
) -> None:
    scores = np.random.default_rng(seed).normal(size=(runs, attackers))
    found = mean_over_runs(scores, confidence=confidence)
    own = scores.mean(axis=1)
    low, high = scipy.stats.t.interval(confidence, runs - 1, own.mean(), scipy.stats.sem(own))
    assert (found.value, found.bound.lower, found.bound.upper) == pytest.approx((own.mean(), low, high), abs=1e-12)
    assert (found.runs, found.bound.confidence) == (runs, confidence)


@settings(deadline=None)
@given(st.integers(2, 19), st.integers(0, 99))
def test_the_jackknife_of_a_mean_is_students_t(runs: int, seed: int) -> None:
    scores = np.random.default_rng(seed).normal(size=runs)
    one, other = mean_over_runs(scores), over_runs(lambda index: float(scores[index].mean()), runs)
    assert other.value == pytest.approx(one.value, abs=1e-12)
    assert (other.bound.lower, other.bound.upper) == pytest.approx((one.bound.lower, one.bound.upper), abs=1e-9)


def test_the_jackknifes_error_of_a_ratio_is_that_of_the_delta_method() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(3.0, 0.1, 19), rng.normal(2.0, 0.1, 19)
    found = over_runs(lambda index: float(x[index].mean() / y[index].mean()), 19)
    ratio = x.mean() / y.mean()
    by_delta = np.std((x - ratio * y) / y.mean(), ddof=1) / 19**0.5 * scipy.stats.t.ppf(0.975, 18)
    assert found.bound.width / 2.0 == pytest.approx(by_delta, rel=0.01)


@settings(deadline=None)
@given(st.integers(1, 30), st.integers(1, 7), st.integers(0, 99))
def test_the_interquartile_mean_is_that_of_rliable(runs: int, attackers: int, seed: int) -> None:
    scores = np.random.default_rng(seed).normal(size=(runs, attackers))
    assert interquartile_mean(scores) == pytest.approx(metrics.aggregate_iqm(scores), abs=1e-12)
    assert interquartile_mean(scores) == pytest.approx(scipy.stats.trim_mean(scores, 0.25, axis=None), abs=1e-12)


def test_the_bootstrap_from_twenty_runs_resamples_runs_and_not_attackers() -> None:
    # Attackers share each run's luck: an interval that resampled all scores would be much too narrow.
    rng = np.random.default_rng(2)
    scores = rng.normal(size=(24, 1)) + 0.1 * rng.normal(size=(24, 5))
    found = mean_over_runs(scores)
    one_attacker = scores.mean(axis=1, keepdims=True)
    _, ends = library.get_interval_estimates(
        {"own": one_attacker}, lambda table: np.array([metrics.aggregate_iqm(table)]), reps=4_000, random_state=np.random.RandomState(0)
    )
    low, high = ends["own"][:, 0]
    assert found.bound.width == pytest.approx(high - low, rel=0.15)
    assert found.value == pytest.approx(metrics.aggregate_iqm(one_attacker))


def test_the_hardest_attacker_counts_whatever_the_number_of_runs() -> None:
    scores = np.tile([-1.0, -2.0, -3.0, -100.0], (20, 1))
    assert mean_over_runs(scores).value == mean_over_runs(scores[:19]).value == -26.5


def test_a_percentile_bootstrap_is_that_of_scipy() -> None:
    scores = np.random.default_rng(3).exponential(size=30)
    found = over_runs(lambda index: float(np.median(scores[index])), 30)
    theirs = scipy.stats.bootstrap((scores,), np.median, method="percentile", n_resamples=4_000, rng=np.random.default_rng(0))
    assert (found.bound.lower, found.bound.upper) == pytest.approx(tuple(theirs.confidence_interval), abs=0.06)


def test_one_run_has_no_interval() -> None:
    found = mean_over_runs(np.array([[1.0, 3.0]]))
    assert (found.value, found.bound.lower, found.bound.upper, found.runs) == (2.0, None, None, 1)
    assert over_runs(lambda index: float(len(index)), 1).bound.lower is None


def test_the_same_seed_gives_the_same_interval() -> None:
    scores = np.random.default_rng(4).normal(size=25)
    assert mean_over_runs(scores, seed=3) == mean_over_runs(scores, seed=3)
    assert mean_over_runs(scores, seed=3) != mean_over_runs(scores, seed=4)


@pytest.mark.parametrize(
    ("scores", "confidence", "said"),
    [
        (np.zeros((0, 3)), 0.95, r"\(0, 3\)"),
        (np.array([1.0, np.nan]), 0.95, r"score \[1, 0\] is nan"),
        (np.zeros((2, 2, 2)), 0.95, r"\(2, 2, 2\)"),
        (["a", "b"], 0.95, "must be numbers"),
        (np.zeros(3), 95.0, "95.0; it lies between 0 and 1"),
    ],
)
def test_what_is_no_table_of_scores_is_refused(scores: object, confidence: float, said: str) -> None:
    with pytest.raises(GamesolveError, match=said):
        mean_over_runs(scores, confidence=confidence)  # type: ignore[arg-type]
