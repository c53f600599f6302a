"""Picks: every set of at most k elements has exactly one sequence of picks."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from gamesolve.base.compiled import compiled
from gamesolve.rules.picks import PASS, allow_pick


@compiled
def fill(mask, last, picked, limit):
    mask[PASS] = True
    for element in range(mask.size - 1):
        allow_pick(mask, element, last, picked, limit)


def pick_sequences(elements: int, picks: int, limit: int, last: int = -1, picked: int = 0) -> list[tuple[int, ...]]:
    """All sequences of `picks` allowed actions of one epoch."""
    if picks == 0:
        return [()]
    mask = np.zeros(elements + 1, bool)
    fill(mask, last, picked, limit)
    return [
        (action, *rest)
        for action in np.flatnonzero(mask).tolist()
        for rest in pick_sequences(elements, picks - 1, limit, action, picked + (action != PASS))
    ]


@pytest.mark.parametrize(("elements", "picks", "limit"), [(1, 1, 1), (4, 2, 2), (4, 3, 2), (5, 3, 3), (3, 3, 0)])
def test_sequences_of_picks_and_sets_correspond_one_to_one(elements, picks, limit):
    chosen = [tuple(a - 1 for a in sequence if a != PASS) for sequence in pick_sequences(elements, picks, limit)]
    expected = [group for size in range(limit + 1) for group in combinations(range(elements), size)]
    assert sorted(chosen) == sorted(expected)


def test_after_pass_only_pass_is_allowed():
    mask = np.zeros(4, bool)
    fill(mask, PASS, 0, 3)
    assert mask.tolist() == [True, False, False, False]
