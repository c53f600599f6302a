"""Histories: what an agent has seen and done so far, interned exactly.

A history is its parent history, the agent's own action there, and the row of signals that
followed. All agents of a game share one table; agent i's histories grow from the root -1 - i.
No hash decides equality: the hash only chooses where to look, and the rows are compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gamesolve.base.compiled import compiled, inlined

FULL = -2


@dataclass(frozen=True)
class Histories:
    """H histories.

    Attributes:
        parent: i4 [H] parent history, or -1 - agent for an agent's first.
        action: i2 [H] own action at the parent (-1 at the first).
        signals: i2 [H, W] row of signals seen on arrival.
    """

    parent: np.ndarray
    action: np.ndarray
    signals: np.ndarray

    def __len__(self) -> int:
        return len(self.parent)

    def agent(self, history: int) -> int:
        """The agent to whom a history belongs."""
        while history >= 0:
            history = int(self.parent[history])
        return -1 - history

    def path(self, history: int) -> list[tuple[int, np.ndarray]]:
        """The (own action, signals i2 [W]) pairs from the first history to this one."""
        steps = []
        while history >= 0:
            steps.append((int(self.action[history]), self.signals[history]))
            history = int(self.parent[history])
        return steps[::-1]

    def lookup(self) -> np.ndarray:
        """The hash table i4 [slots] by which `find` searches these histories."""
        slots = 16
        while slots < 2 * len(self):
            slots *= 2
        table = np.full(slots, -1, np.int32)
        fill_lookup(self.parent, self.action, self.signals, len(self), table)
        return table


@inlined
def hash_history(parent, action, row):
    """u8 hash of a history's defining data: multiply and add over its words, mixed at the end."""
    h = np.uint64(parent + 1000003) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(action + 2)
    for k in range(row.size):
        h = h * np.uint64(0xD6E8FEB86659FD93) + np.uint64(row[k])
    h = (h ^ (h >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
    return h ^ (h >> np.uint64(32))


@inlined
def find_slot(parents, actions, signals, table, parent, action, row):
    """Slot of the hash table that holds the history, or the free slot where it belongs."""
    mask = table.size - 1
    slot = np.int64(hash_history(parent, action, row) & np.uint64(mask))
    while True:
        h = table[slot]
        if h < 0:
            return slot
        if parents[h] == parent and actions[h] == action:
            same = True
            for k in range(row.size):
                if signals[h, k] != row[k]:
                    same = False
                    break
            if same:
                return slot
        slot = (slot + 1) & mask


@inlined
def find(parents, actions, signals, table, parent, action, row):
    """Index of the history, or -1 where it is not among those interned."""
    return table[find_slot(parents, actions, signals, table, parent, action, row)]


@inlined
def intern(parents, actions, signals, table, count, parent, action, row):
    """Index of the history, entered into the arrays at `count[0]` where new; FULL when there is no room.

    `count` is i8 [1]. Callers grow the arrays and the table (kept at most half full) on FULL and
    repeat the call.
    """
    slot = find_slot(parents, actions, signals, table, parent, action, row)
    h = table[slot]
    if h >= 0:
        return h
    h = count[0]
    if h >= parents.size or 2 * h >= table.size:
        return FULL
    parents[h] = parent
    actions[h] = action
    for k in range(row.size):
        signals[h, k] = row[k]
    table[slot] = h
    count[0] = h + 1
    return h


@compiled
def fill_lookup(parents, actions, signals, count, table):
    """Enter histories 0, ..., count - 1 into an empty hash table."""
    for h in range(count):
        table[find_slot(parents, actions, signals, table, parents[h], np.int32(actions[h]), signals[h])] = h
