"""Amounts of memory in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamesolve.base.memory import memory_words
from gamesolve.cli.words import memory


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 bytes"), (1000, "1000 bytes"), (20_000, "19.5 KiB"), (1023 * 1024, "1023 KiB"), (2**30, "1 GiB"), (1e20, "9.09e+07 TiB")],
)
def test_a_number_of_bytes_has_the_unit_that_suits_it(size, words):
    assert memory_words(size) == words


@given(st.integers(1, 2**49))
def test_the_command_line_reads_what_is_printed(size):
    assert memory(memory_words(size).removesuffix(" bytes")) == pytest.approx(size, rel=0.006)
