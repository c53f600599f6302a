"""Payoff matrices over pairs of sequences, from leaves in any order.

Two counting sorts, by column and then by row, leave every row in ascending order of columns; leaves
of equal sequences are added up, zeros are kept. Beside the leaves it takes 24 bytes each.
"""

from __future__ import annotations

import numpy as np

from gamesolve.base.compiled import compiled
from gamesolve.views.tree import Payoffs


def payoffs_from_leaves(rows: np.ndarray, columns: np.ndarray, values: np.ndarray, n_rows: int, n_columns: int) -> Payoffs:
    """The matrix [n_rows, n_columns] that leaves add up to.

    Args:
        rows, columns: i4 [leaves], sequences of role 0 and role 1.
        values: f8 [leaves], weighted returns.
    """
    by_column = Payoffs(np.zeros(n_columns + 1, np.int64), np.empty(len(rows), np.int32), np.empty(len(rows), np.float64))
    scatter(columns, rows, values, by_column.start, by_column.column, by_column.value)
    payoffs = transpose(by_column, n_rows)
    del by_column
    kept = merge(payoffs.start, payoffs.column, payoffs.value)
    if kept == len(rows):
        return payoffs
    return Payoffs(payoffs.start, payoffs.column[:kept].copy(), payoffs.value[:kept].copy())


def transpose(payoffs: Payoffs, n_columns: int) -> Payoffs:
    """The transposed matrix; columns ascend within its rows."""
    start = np.zeros(n_columns + 1, np.int64)
    column = np.empty(len(payoffs.column), np.int32)
    value = np.empty(len(payoffs.value), np.float64)
    scatter_transposed(payoffs.start, payoffs.column, payoffs.value, start, column, value)
    return Payoffs(start, column, value)


@compiled
def scatter(keys, others, values, start, column, value):
    """Counting sort by `keys`, stable: fills `start`, and `others` and `values` in their new order."""
    for k in range(keys.size):
        start[keys[k] + 1] += 1
    for r in range(start.size - 1):
        start[r + 1] += start[r]
    for k in range(keys.size):
        place = start[keys[k]]
        column[place] = others[k]
        value[place] = values[k]
        start[keys[k]] = place + 1
    for r in range(start.size - 1, 0, -1):
        start[r] = start[r - 1]
    start[0] = 0


@compiled
def scatter_transposed(start, column, value, start_t, column_t, value_t):
    """Transposition by counting sort; fills `start_t`."""
    for k in range(column.size):
        start_t[column[k] + 1] += 1
    for c in range(start_t.size - 1):
        start_t[c + 1] += start_t[c]
    for r in range(start.size - 1):
        for k in range(start[r], start[r + 1]):
            place = start_t[column[k]]
            column_t[place] = r
            value_t[place] = value[k]
            start_t[column[k]] = place + 1
    for c in range(start_t.size - 1, 0, -1):
        start_t[c] = start_t[c - 1]
    start_t[0] = 0


@compiled
def merge(start, column, value):
    """Add up neighbours of equal column within each row, in place; returns the entries kept."""
    kept = 0
    for r in range(start.size - 1):
        first, last = start[r], start[r + 1]
        start[r] = kept
        for k in range(first, last):
            if kept > start[r] and column[kept - 1] == column[k]:
                value[kept - 1] += value[k]
            else:
                column[kept] = column[k]
                value[kept] = value[k]
                kept += 1
    start[start.size - 1] = kept
    return kept
