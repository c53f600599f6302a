"""What users type is read, or refused with what is allowed."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamesolve.base.errors import GamesolveError
from gamesolve.cli import words


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("n=4", 4),
        ("n=0.5", 0.5),
        ("n=true", True),
        ("n=null", None),
        ("n=tiny", "tiny"),
        ("n=[1, 2]", [1, 2]),
        ("n=a=b", "a=b"),
        ("n=", ""),
    ],
)
def test_values_are_json_where_they_can_be_and_text_otherwise(typed, value):
    assert words.parameters([typed]) == {"n": value}


@pytest.mark.parametrize("typed", [["n"], ["=3"], ["n=1", "n=2"]])
def test_parameters_without_name_or_value_or_given_twice_are_refused(typed):
    with pytest.raises(GamesolveError, match="parameter"):
        words.parameters(typed)


@pytest.mark.parametrize(("typed", "seconds"), [("90", 90), ("90s", 90), ("10m", 600), ("1.5h", 5400), ("2H", 7200), (".5", 0.5)])
def test_time_limits_have_units(typed, seconds):
    assert words.duration(typed) == seconds


@pytest.mark.parametrize("typed", ["", "0", "-3", "3q", "1e9", "inf", "nan", "10 minutes", "9" * 400])
def test_what_is_no_time_limit_is_refused(typed):
    with pytest.raises(GamesolveError, match="is not a time limit; write"):
        words.duration(typed)


@pytest.mark.parametrize(
    ("typed", "size"),
    [("500MB", 500_000_000), ("8GB", 8 * 10**9), ("8GiB", 8 * 2**30), ("8g", 8 * 10**9), ("1024", 1024), ("1.5 KB", 1500)],
)
def test_memory_has_units(typed, size):
    assert words.memory(typed) == size


@pytest.mark.parametrize("typed", ["", "0", "-8GB", "8XB", "lots", "9" * 400 + "GB"])
def test_what_is_no_amount_of_memory_is_refused(typed):
    with pytest.raises(GamesolveError, match="is not an amount of memory; write"):
        words.memory(typed)


@given(st.text(max_size=30))
def test_whatever_is_typed_is_read_or_refused(typed):
    for read in (words.duration, words.memory, lambda text: words.parameters([text])):
        with contextlib.suppress(GamesolveError):
            read(typed)
