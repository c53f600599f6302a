"""Scores of defenders against many attackers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rliable import library

from gamesolve.base.errors import GamesolveError
from gamesolve.statistics import (
    conditional_value_at_risk,
    cross_play_gap,
    generalisation_gap,
    mean_over_runs,
    normalised,
    performance_profile,
    regret,
    relative_performance_over_runs,
    relative_population_performance,
    worst_case,
)

SEEN, HELD_OUT = np.array([True, True, False]), np.array([False, False, True])


def test_a_harder_attacker_is_no_gap() -> None:
    # Against the held-out attacker everybody earns 10 less, the specialist too.
    returns = np.array([[1.0, 2.0, -9.0], [3.0, 2.0, -8.0]])
    specialists = returns + 0.5
    assert generalisation_gap(regret(returns, specialists), SEEN, HELD_OUT) == pytest.approx([0.0, 0.0])


def test_a_defender_that_is_helpless_against_the_held_out_attacker_has_the_whole_regret_as_its_gap() -> None:
    specialists = np.array([[1.0, 1.0, 1.0]])
    assert generalisation_gap(regret(np.array([[1.0, 1.0, -4.0]]), specialists), SEEN, HELD_OUT) == pytest.approx([5.0])


def test_an_empty_tier_is_refused() -> None:
    with pytest.raises(GamesolveError, match="are held out is told by int64; booleans are needed"):
        generalisation_gap(np.zeros((2, 3)), SEEN, np.array([0, 0, 1]))
    with pytest.raises(GamesolveError, match="both seen and held out"):
        generalisation_gap(np.zeros((2, 3)), SEEN, SEEN)
    with pytest.raises(GamesolveError, match=r"0 of .* are held out"):
        generalisation_gap(np.zeros((2, 3)), SEEN, np.zeros(3, bool))


def test_normalised_returns_are_0_for_the_random_defender_and_1_for_the_specialist() -> None:
    random, specialists = np.array([-10.0, 0.0]), np.array([[0.0, 4.0], [0.0, 4.1], [0.1, 4.0]])
    for own, score in ((np.broadcast_to(random, (3, 2)), 0.0), (specialists, 1.0)):
        assert normalised(own, random, specialists).table().mean(axis=0) == pytest.approx([score, score])


def test_there_is_no_scale_where_the_specialist_is_not_beyond_doubt_better_than_random() -> None:
    random, specialists = np.array([0.0, 0.0, 0.0]), np.array([[0.1, 1.0, -5.0], [-0.1, 1.1, -5.1], [0.05, 0.9, -5.0]])
    found = normalised(specialists, random, specialists)
    # The last specialist is worse than random: a scale made of it would be upside down.
    assert found.known.tolist() == [False, True, False]
    assert np.isnan(found.table()[:, 0]).all()
    assert found.mean(np.array([True, False, True])) is None


def test_the_error_of_a_normalised_mean_covers_the_specialists_runs() -> None:
    rng = np.random.default_rng(7)
    own, specialists = np.full((10, 1), 5.0), 10.0 + rng.normal(0.0, 1.0, (10, 1))
    found = normalised(own, np.zeros(1), specialists).mean(np.array([True]))
    assert found is not None
    assert found.bound.width > 0.02
    assert mean_over_runs(own / specialists.mean()).bound.width == pytest.approx(0.0)


def test_the_strongest_attacker_is_chosen_on_other_episodes_than_it_is_reported_on() -> None:
    reported, chosen = worst_case(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[5.0, 7.0], [6.0, 4.0]]))
    assert reported.tolist() == [7.0, 6.0]
    assert chosen.tolist() == [1, 0]


@settings(deadline=None)
@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 30), st.floats(0.01, 1.0), st.integers(0, 99))
def test_the_value_at_risk_is_the_integral_of_the_quantiles(runs: int, attackers: int, episodes: int, share: float, seed: int) -> None:
    returns = np.random.default_rng(seed).normal(size=(runs, attackers, episodes))
    found = conditional_value_at_risk(returns, share)
    # Acerbi and Tasche 2002: the lower quantile averaged over levels up to the share, here by its steps on a fine grid.
    levels = (np.arange(20_000) + 0.5) / 20_000 * share
    for own, score in zip(returns.reshape(runs, -1), found, strict=True):
        assert score == pytest.approx(np.quantile(own, levels, method="inverted_cdf").mean(), abs=0.01)


def test_the_value_at_risk_of_everything_is_the_mean() -> None:
    returns = np.random.default_rng(8).normal(size=(2, 3, 50))
    assert conditional_value_at_risk(returns, 1.0) == pytest.approx(returns.mean(axis=(1, 2)))
    with pytest.raises(GamesolveError, match="share is 0"):
        conditional_value_at_risk(returns, 0.0)


def test_the_cross_play_gap_is_the_diagonal_less_the_rest() -> None:
    table = np.array([[3.0, 1.0, 1.0], [0.0, 3.0, 2.0], [1.0, 1.0, 3.0]])
    found = cross_play_gap(table)
    assert found is not None
    assert found.value == pytest.approx(2.0)
    assert cross_play_gap(table[:2, :2]) is None
    with pytest.raises(GamesolveError, match=r"\(2, 3\)"):
        cross_play_gap(table[:2])


def test_relative_performance_is_half_the_difference_of_both_values() -> None:
    # a's defenders earn 0 against b's attackers (matching pennies), b's earn -1 against a's at best.
    pennies, lost = np.array([[1.0, -1.0], [-1.0, 1.0]]), np.array([[-1.0, 5.0], [-2.0, 3.0]])
    assert relative_population_performance(pennies, lost) == pytest.approx(0.5)
    assert relative_population_performance(lost, pennies) == pytest.approx(-0.5)
    over = relative_performance_over_runs(pennies, lost)
    assert (over.value, over.runs) == (pytest.approx(0.5), 2)
    assert over.bound.lower is not None
    with pytest.raises(GamesolveError, match=r"returns have shapes \(2, 2\) and \(1, 2\); both are \(R, R\)"):
        relative_performance_over_runs(pennies, lost[:1])


def test_a_performance_profile_is_that_of_rliable() -> None:
    scores = np.random.default_rng(9).normal(size=(6, 4))
    thresholds = np.linspace(-2.0, 2.0, 9)
    theirs = [library.run_score_deviation(scores, one) for one in thresholds]
    assert performance_profile(scores, thresholds) == pytest.approx(theirs)
