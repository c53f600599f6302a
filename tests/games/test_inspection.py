"""The inspection game against von Stengel's closed form and Dresher's recursion."""

from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_play import play, play_all_pairs
from reference_walk import value, walk

from gamesolve import load_game
from gamesolve.base.errors import GamesolveError


def closed_form(n: int, m: int, b: float) -> float:
    """Value to the inspectee: von Stengel 2016, one intended violation."""
    return comb(n - 1, m) / sum(comb(n, i) * b ** (m - i) for i in range(m + 1))


def recursion(n: int, m: int, b: float) -> float:
    """Value to the inspector by Dresher's recursion of 2x2 games without saddle points."""
    if m >= n:
        return 0.0
    if m == 0:
        return -1.0
    after_inspection, after_waiting = recursion(n - 1, m - 1, b), recursion(n - 1, m, b)
    # [[b, after_inspection], [-1, after_waiting]]: inspect or wait against violate or legal.
    return (b * after_waiting + after_inspection) / (b + after_waiting + 1.0 - after_inspection)


def solved(n: int, m: int, b: float) -> float:
    return value(walk(load_game("inspection", periods=n, inspections=m, fine=b)))


@pytest.mark.parametrize(("n", "m", "expected"), [(2, 1, 1 / 3), (3, 1, 1 / 2), (3, 2, 1 / 7), (4, 2, 3 / 11), (5, 3, 2 / 13)])
def test_values_for_a_fine_of_one(n, m, expected):
    assert closed_form(n, m, 1.0) == pytest.approx(expected, abs=1e-14)
    assert solved(n, m, 1.0) == pytest.approx(-expected, abs=1e-10)


@settings(max_examples=25, deadline=None)
@given(n=st.integers(1, 5), m=st.integers(0, 5), b=st.floats(0.1, 10.0))
def test_value_follows_the_closed_form_and_the_recursion(n, m, b):
    expected = closed_form(n, m, b)
    assert recursion(n, m, b) == pytest.approx(-expected, abs=1e-9)
    assert solved(n, m, b) == pytest.approx(-expected, abs=1e-8)


def test_scripted_policies_keep_the_contract():
    for m in (0, 2, 4):
        play_all_pairs(load_game("inspection", inspections=m))


def test_a_late_inspector_leaves_the_first_periods_open():
    assert len(play(load_game("inspection"), ("late", {}), ("at_once", {}))) == 1
    steps = play(load_game("inspection"), ("late", {}), ("honest", {}))
    assert [s.actions[0] for s in steps] == [0, 0, 1, 1]


def test_parameters_out_of_range_are_refused_by_name():
    with pytest.raises(GamesolveError, match=r"inspection.*fine = -1"):
        load_game("inspection", fine=-1.0)
    with pytest.raises(GamesolveError, match=r"inspection.*periods = 0"):
        load_game("inspection", periods=0)
