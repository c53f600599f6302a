"""Bounds: ordered ends, kinds, and what is printed where nobody has proved an end."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamesolve.base.bound import Bound
from gamesolve.base.errors import GamesolveError

numbers = st.floats(allow_nan=False, allow_infinity=False, width=32)
ends = st.one_of(st.none(), numbers)


def ordered(lower: float | None, upper: float | None) -> tuple[float | None, float | None]:
    return (upper, lower) if lower is not None and upper is not None and lower > upper else (lower, upper)


@given(ends, ends)
def test_negating_twice_gives_the_bound_back(lower, upper):
    bound = Bound(*ordered(lower, upper))
    negated = -bound
    assert -negated == bound
    assert negated.width == bound.width


@given(numbers, numbers)
def test_the_middle_lies_between_the_ends(lower, upper):
    bound = Bound(*ordered(lower, upper))
    assert bound.lower <= bound.middle <= bound.upper


@pytest.mark.parametrize(("lower", "upper"), [(None, 1.0), (1.0, None), (None, None)])
def test_an_unknown_end_has_no_middle_and_infinite_width(lower, upper):
    bound = Bound(lower, upper)
    assert bound.middle is None
    assert bound.width == math.inf
    assert "none known" in str(bound)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((math.nan, 1.0), "NaN"),
        ((0.0, math.nan), "NaN"),
        ((2.0, 1.0), "lower end 2.0 above its upper end 1.0"),
        ((0.0, 1.0, "proved", 0.95), "only estimates"),
        ((0.0, 1.0, "estimated", None), "only estimates"),
    ],
)
def test_impossible_bounds_are_refused(arguments, words):
    with pytest.raises(GamesolveError, match=words):
        Bound(*arguments)


def test_an_exact_value_is_as_wide_as_its_tolerance():
    bound = Bound.exact(3.0, tolerance=0.25)
    assert (bound.lower, bound.upper, bound.kind) == (2.75, 3.25, "exact")


def test_json_has_null_for_an_end_that_is_not_known():
    assert Bound(None, 0.5).as_json() == {"lower": None, "upper": 0.5, "kind": "proved", "confidence": None}


def test_an_estimate_says_its_confidence():
    assert str(Bound(-0.1, 0.3, "estimated", 0.95)) == "[-0.1, 0.3] (estimated, 95% confidence)"


def test_ends_that_print_alike_are_one_number():
    assert str(Bound.exact(0.5, 1e-12)) == "0.5 (exact)"
    assert str(Bound(1.0, 1.00001)) == "[1, 1.00001] (proved)"


def test_the_ends_of_a_bracket_are_rounded_outwards_and_a_narrow_one_is_a_number():
    assert str(Bound(2.7769962, 2.80608512)) == "[2.77699, 2.80609] (proved)"
    assert str(Bound(-2.80608512, -2.7769962)) == "[-2.80609, -2.77699] (proved)"
    assert str(Bound(6.0491234567, None, "estimated", 0.95)) == "[6.04912, none known] (estimated, 95% confidence)"
    # Though the sixth digits of its ends differ.
    assert str(Bound(0.04110184996, 0.04110185001, "exact")) == "0.0411018 (exact)"
