"""Records told apart by their bytes, each once: a hash table whose slots hold their numbers, or -1."""

from __future__ import annotations

import numpy as np

from gamesolve.base.compiled import compiled, inlined


@inlined
def slot_of(words, lookup, compared, n):
    """Slot of the hash table that holds a record equal to that at n, or the free slot where it belongs.

    The hash only chooses where to look; the words are compared.
    """
    h = np.uint64(0x9E3779B97F4A7C15)
    for k in range(compared):
        h = (h ^ words[n, k]) * np.uint64(0xD6E8FEB86659FD93)
        h ^= h >> np.uint64(32)
    mask = np.uint64(lookup.size - 1)
    slot = np.int64(h & mask)
    while True:
        other = lookup[slot]
        if other < 0:
            return slot
        same = True
        for k in range(compared):
            if words[other, k] != words[n, k]:
                same = False
                break
        if same:
            return slot
        slot = np.int64(np.uint64(slot + 1) & mask)


@compiled
def fill_slots(words, lookup, compared, begin, count):
    """Enter records begin, ..., count - 1 into an empty hash table."""
    for n in range(begin, count):
        lookup[slot_of(words, lookup, compared, n)] = n
