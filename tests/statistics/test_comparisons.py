"""Tests against a baseline, and their correction."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from gamesolve.base.errors import GamesolveError
from gamesolve.statistics import compared, holm, sign_flip_p


@settings(deadline=None)
@given(st.integers(2, 10), st.integers(0, 99))
def test_the_p_of_sign_flips_is_that_of_scipys_permutation_test(runs: int, seed: int) -> None:
    differences = np.random.default_rng(seed).normal(0.4, 1.0, runs)
    theirs = scipy.stats.permutation_test((differences,), np.mean, permutation_type="samples", n_resamples=np.inf)
    assert sign_flip_p(differences) == pytest.approx(theirs.pvalue, abs=1e-12)


def test_many_runs_are_tested_by_signs_that_are_drawn() -> None:
    differences = np.random.default_rng(5).normal(0.3, 1.0, 30)
    theirs = scipy.stats.ttest_1samp(differences, 0.0).pvalue
    assert sign_flip_p(differences) == pytest.approx(theirs, abs=0.01)


def test_five_runs_are_a_preview_and_their_smallest_p_is_one_sixteenth() -> None:
    assert sign_flip_p(np.array([1.0, 2.0, 3.0, 4.0, 5.0])) == 0.0625
    assert compared(np.arange(5.0), np.zeros(5)).p is None
    assert compared(np.arange(1.0, 11.0), np.zeros(10)).p == 2.0**-9


def test_methods_without_a_difference_have_p_one() -> None:
    assert sign_flip_p(np.zeros(10)) == 1.0


@settings(deadline=None)
@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=6))
def test_holms_correction_is_the_closure_of_bonferronis(p: list[float]) -> None:
    # A hypothesis is rejected if every set of hypotheses that holds it is rejected by Bonferroni (Marcus, Peritz and Gabriel 1976).
    sets = [one for n in range(1, len(p) + 1) for one in itertools.combinations(range(len(p)), n)]
    closed = [max(min(len(one) * min(p[i] for i in one), 1.0) for one in sets if k in one) for k in range(len(p))]
    assert holm(p) == pytest.approx(closed, abs=1e-12)


def test_a_difference_is_paired_by_run() -> None:
    luck = np.random.default_rng(6).normal(0.0, 10.0, 10)
    found = compared(luck + 1.0, luck)
    assert found.difference.value == pytest.approx(1.0)
    assert found.difference.bound.width < 1e-9


def test_other_runs_than_the_baselines_are_refused() -> None:
    with pytest.raises(GamesolveError, match=r"\(3,\) and \(4,\)"):
        compared(np.zeros(3), np.zeros(4))
