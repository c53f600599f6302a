"""Rankings by the game of defenders and attackers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamesolve.statistics import alpha_rank_sweep, nash_average, rank_intervals, ranks

CYCLE = np.array([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]])


def test_three_that_beat_each_other_in_turn_are_equals() -> None:
    found = nash_average(CYCLE)
    assert found.skill == pytest.approx([0.0, 0.0, 0.0], abs=1e-6)
    assert ranks(found.skill, alike=1e-6).tolist() == [2.0, 2.0, 2.0]


def test_a_copy_of_an_attacker_changes_no_skill() -> None:
    payoffs = np.array([[3.0, 0.0], [1.0, 2.0], [0.0, 0.5]])
    doubled = payoffs[:, [0, 0, 0, 1]]
    assert nash_average(doubled).skill == pytest.approx(nash_average(payoffs).skill, abs=1e-6)
    assert nash_average(doubled).attackers[:3] == pytest.approx(np.full(3, nash_average(payoffs).attackers[0] / 3.0), abs=1e-5)


@settings(deadline=None)
@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 999))
def test_the_best_defenders_have_the_value_of_the_game_as_their_skill(defenders: int, attackers: int, seed: int) -> None:
    payoffs = np.random.default_rng(seed).integers(-3, 4, (defenders, attackers)).astype(float)
    found = nash_average(payoffs)
    value = (found.defenders @ payoffs).min()
    assert found.skill.max() == pytest.approx(value, abs=1e-4)


def test_alpha_rank_settles_on_the_defender_that_is_best_against_everybody() -> None:
    payoffs = np.array([[2.0, 3.0], [1.0, 0.0]])
    found = alpha_rank_sweep(np.stack([payoffs, -payoffs]))
    assert found.settled is not None
    assert found.mass[-1] == pytest.approx([1.0, 0.0], abs=1e-6)
    assert found.mass[0, 0] < 0.99
    assert np.abs(found.mass[found.settled :] - found.mass[-1]).max() < 0.01


def test_where_nobody_earns_more_than_anybody_all_are_equals() -> None:
    for shape in ((1, 1), (2, 1), (2, 3)):
        found = alpha_rank_sweep(np.zeros((2, *shape)))
        assert found.mass[-1] == pytest.approx(np.full(shape[0], 1.0 / shape[0]))
        assert ranks(nash_average(np.zeros(shape)).skill, alike=1e-6).tolist() == [(1 + shape[0]) / 2] * shape[0]


def test_large_payoffs_of_many_resamples_have_ranks() -> None:
    rng = np.random.default_rng(15)
    for _ in range(20):
        d, k = int(rng.integers(2, 9)), int(rng.integers(2, 25))
        found = rank_intervals(rng.normal(size=(6, d, k)), lambda payoffs: nash_average(payoffs).skill, resamples=20)
        assert ((found >= 1.0) & (found <= d)).all()


def test_ranks_of_equals_are_shared_and_ranks_of_runs_have_intervals() -> None:
    assert ranks(np.array([1.0, 3.0, 3.0])).tolist() == [3.0, 1.5, 1.5]
    rng = np.random.default_rng(10)
    apart = np.array([2.0, 1.0, -5.0])[None, :, None] + rng.normal(0.0, 1.0, (10, 3, 4))
    found = rank_intervals(apart, lambda payoffs: payoffs.mean(axis=1))
    assert found[:, 0].tolist() == [1.0, 2.0, 3.0]
    assert found[2].tolist() == [3.0, 3.0, 3.0]
    assert (found[:, 1] <= found[:, 0]).all()
    assert (found[:, 0] <= found[:, 2]).all()


def test_one_run_has_a_rank_and_no_interval() -> None:
    found = rank_intervals(CYCLE[None], lambda payoffs: payoffs[:, 0])
    assert found[:, 0].tolist() == [2.0, 1.0, 3.0]
    assert np.isnan(found[:, 1:]).all()
