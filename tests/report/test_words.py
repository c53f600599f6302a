from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamesolve.base.registry import load_game
from gamesolve.report.words import brief, certain, end, ends, fixed, listed, measured, number, percent, signal_words
from gamesolve.rules.game import Agent
from gamesolve.rules.signals import Signal

FLOATS = st.floats(-1e6, 1e6, allow_subnormal=False)
ALERTS = Agent("defender", "defender", ("pass",), (Signal("alert", values=2, count=2),))


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (0.0, "0%"),
        (1.0, "100%"),
        (0.0004, "less than 0.1%"),
        (0.9996, "more than 99.9%"),
        (0.004, "0.4%"),
        (0.634, "63%"),
        (0.993, "99.3%"),
    ],
)
def test_percent_never_calls_the_possible_impossible(probability, words):
    assert percent(probability) == words


def test_brief_percentages_fit_a_cell():
    assert [brief(0.0004), brief(0.9996), brief(0.5)] == ["<0.1%", ">99.9%", "50%"]


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.0, "0"), (-2.5, "−2.5"), (1234.56, "1235"), (1e-9, "1.000e−09"), (0.05, "0.05"), (100.0, "100")],  # noqa: RUF001
)
def test_numbers_have_four_digits_and_a_true_minus(value, words):
    assert number(value) == words


def test_lists_end_in_and():
    assert [listed([]), listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"], "or")] == ["", "a", "a and b", "a, b or c"]


def test_alerts_are_named_by_the_nodes_they_come_from():
    before, row = np.array([0, 0], np.int16), np.array([0, 1], np.int16)
    assert signal_words(ALERTS, row, before, ["mail", "host"]) == "alert: host"
    assert signal_words(ALERTS, before, row, ["mail", "host"]) == "no alert"
    assert signal_words(ALERTS, before, None, ["mail", "host"]) == ""


def test_later_rows_say_only_what_has_changed():
    agent = load_game("kuhn").agents[0]
    first, second = np.array([2, 0], np.int16), np.array([2, 2], np.int16)
    assert signal_words(agent, first, None) == "card king, last move none"
    assert signal_words(agent, second, first) == "last move bet"


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(1.2, 1.4, None), (1.23451, 1.23456, "1.235"), (1.0, 1.0, "1"), (2.4499, 2.4501, "2.45"), (-2.2, -2.1, None), (-0.1, 0.1, None)],
)
def test_only_digits_that_hold_for_the_whole_bracket_are_certain(low, high, words):
    assert certain(low, high) == words


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (2.11835, 2.20056, ("2.118", "2.201")),
        (2.2, 2.3, ("2.2", "2.3")),
        (-0.1234, 2.0, ("−0.2", "2")),  # noqa: RUF001
        (123.0, 4567.0, ("100", "4600")),
        (0.5, 0.5, ("0.5", "0.5")),
        (0.0, 1.42e-11, ("0", "1.5e−11")),  # noqa: RUF001
    ],
)
def test_ends_are_rounded_to_two_digits_of_the_width(low, high, words):
    assert ends(low, high) == words


@given(FLOATS, FLOATS)
def test_rounded_ends_hold_the_bracket_and_widen_it_little(one, other):
    low, high = sorted((one, other))
    first, last = (float(end.replace("−", "-")) for end in ends(low, high))  # noqa: RUF001
    slack = 1e-5 * abs(low) if low == high else 0.0
    assert first - slack <= low
    assert high <= last + slack
    assert last - first <= 1.21 * (high - low) + slack + 1e-12 * abs(high)


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        (-64.1564, 0.6355, ("−64.16", "0.64")),  # noqa: RUF001
        (-403.6, 5.61, ("−403.6", "5.6")),  # noqa: RUF001
        (12345.6, 321.0, ("12,346", "321")),
        (0.5, None, ("0.5", "")),
        (0.5, 0.0, ("0.5", "")),
    ],
)
def test_a_mean_is_said_to_two_digits_of_its_error(value, error, words):
    assert measured(value, error) == words


@given(FLOATS, st.integers(1, 8))
def test_an_open_bracket_is_never_said_to_be_narrower_than_it_is(value, digits):
    low, high = (float(end(value, upper=upper, digits=digits).replace("−", "-")) for upper in (False, True))  # noqa: RUF001
    assert low <= value <= high


def test_columns_of_numbers_have_equal_digits_and_no_minus_before_zero():
    assert [fixed(value, 1) for value in (-0.2, -0.01, 3.0, 1234.56)] == ["−0.2", "0.0", "3.0", "1,234.6"]  # noqa: RUF001
