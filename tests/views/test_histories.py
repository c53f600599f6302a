"""Interned histories: equal ones share an index, different ones never do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamesolve.views.histories import FULL, Histories, fill_lookup, find, intern

#: (which earlier history, own action, row); values are few, so that equal histories are common.
STEPS = st.lists(st.tuples(st.integers(0, 30), st.integers(-1, 2), st.tuples(st.integers(0, 2), st.integers(-1, 1))), max_size=60)


class Interner:
    """Arrays with room for a number of histories."""

    def __init__(self, room: int, slots: int) -> None:
        self.parent, self.action = np.zeros(room, np.int32), np.zeros(room, np.int16)
        self.signals, self.table = np.zeros((room, 2), np.int16), np.full(slots, -1, np.int32)
        self.count = np.zeros(1, np.int64)

    def enter(self, parent: int, action: int, row: tuple[int, int]) -> int:
        return intern(self.parent, self.action, self.signals, self.table, self.count, parent, action, np.array(row, np.int16))

    def histories(self) -> Histories:
        n = int(self.count[0])
        return Histories(self.parent[:n], self.action[:n], self.signals[:n])


@given(STEPS)
@settings(deadline=None)
def test_equal_histories_share_an_index_and_different_ones_do_not(steps):
    interner, known = Interner(64, 128), {}
    for above, action, row in steps:
        parent = above % len(known) if known and above % 3 else -1 - above % 2
        h = interner.enter(parent, action, row)
        assert known.setdefault((parent, action, row), h) == h
    assert sorted(known.values()) == list(range(len(known)))
    histories = interner.histories()
    lookup = histories.lookup()
    for (parent, action, row), h in known.items():
        assert find(histories.parent, histories.action, histories.signals, lookup, parent, action, np.array(row, np.int16)) == h
        assert find(histories.parent, histories.action, histories.signals, lookup, parent, action, np.array((9, 9), np.int16)) == -1


@pytest.mark.parametrize(("room", "slots"), [(3, 64), (64, 6 - 2)])
def test_a_full_table_says_so_and_enters_nothing(room, slots):
    interner = Interner(room, slots)
    entered = 0
    while interner.enter(-1, 0, (entered, 0)) != FULL:
        entered += 1
    assert interner.count[0] == entered == min(room, slots // 2 + slots % 2)
    assert interner.enter(-1, 0, (0, 0)) == 0
    assert np.count_nonzero(interner.table >= 0) == entered


def test_a_larger_lookup_finds_the_same_histories():
    interner = Interner(8, 16)
    rows = [(k, -k) for k in range(8)]
    assert [interner.enter(-1, k, rows[k]) for k in range(8)] == list(range(8))
    for slots in (16, 64, 1024):
        table = np.full(slots, -1, np.int32)
        fill_lookup(interner.parent, interner.action, interner.signals, 8, table)
        found = [find(interner.parent, interner.action, interner.signals, table, -1, k, np.array(rows[k], np.int16)) for k in range(8)]
        assert found == list(range(8))


def test_a_history_knows_its_agent_and_its_path():
    interner = Interner(8, 16)
    first = interner.enter(-2, -1, (5, 0))
    second = interner.enter(first, 1, (6, 1))
    histories = interner.histories()
    assert histories.agent(second) == 1
    assert [(action, row.tolist()) for action, row in histories.path(second)] == [(-1, [5, 0]), (1, [6, 1])]
