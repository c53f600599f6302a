"""Payoff matrices from leaves: equal to the dense sum, sorted, merged."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gamesolve.views.payoffs import payoffs_from_leaves, transpose

leaves = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6), st.integers(-3, 3)), max_size=40)


def arrays(entries):
    rows, columns, values = zip(*entries, strict=True) if entries else ((), (), ())
    return np.array(rows, np.int32), np.array(columns, np.int32), np.array(values, np.float64)


def entries_of(payoffs):
    """(row, column) to value."""
    rows = np.repeat(np.arange(len(payoffs.start) - 1), np.diff(payoffs.start))
    return {(int(r), int(c)): float(v) for r, c, v in zip(rows, payoffs.column, payoffs.value, strict=True)}


@given(leaves)
def test_leaves_of_equal_sequences_are_added_up_and_zeros_kept(entries):
    wanted: dict[tuple[int, int], float] = {}
    for row, column, value in entries:
        wanted[row, column] = wanted.get((row, column), 0.0) + value
    found = payoffs_from_leaves(*arrays(entries), 5, 7)
    assert entries_of(found) == wanted
    assert len(found.value) == len(wanted)


@given(leaves)
def test_columns_ascend_strictly_within_rows(entries):
    found = payoffs_from_leaves(*arrays(entries), 5, 7)
    for part in (found, transpose(found, 7)):
        for a, b in zip(part.start, part.start[1:], strict=False):
            assert (np.diff(part.column[a:b]) > 0).all()


@given(leaves)
def test_transposing_swaps_rows_and_columns_and_twice_gives_the_same(entries):
    found = payoffs_from_leaves(*arrays(entries), 5, 7)
    turned = transpose(found, 7)
    assert entries_of(turned) == {(c, r): v for (r, c), v in entries_of(found).items()}
    assert entries_of(transpose(turned, 5)) == entries_of(found)
