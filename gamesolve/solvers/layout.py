"""The order in which counterfactual regret minimisation keeps a tree's numbers, chosen for speed.

Each role's sequences get *positions* such that the work runs over eight at a time. Information sets
of equal depth and number of actions form a group; a group is cut into blocks of eight information
sets, and position `base + action * slots + slot` holds the sequence of one action of one of them.
Information sets that meet the same sequences of the other role (those that differ only in a hidden
card, say) are put side by side, so the payoff rows of eight neighbouring positions have their entries
in the same few columns: they are stored as dense strips, eight values a column, and a product is one
broadcast, one multiplication and one addition a column. Places left over hold zeros.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gamesolve.base.compiled import compiled
from gamesolve.base.errors import GamesolveError
from gamesolve.solvers.lanes import WIDTH
from gamesolve.views.tree import Decisions, Payoffs, Tree

#: Position that nothing owns: slots left over have it as their parent.
NOWHERE = 1
#: Strips are used where they take at most this many bytes per payoff pair; otherwise the tree's own rows.
STRIP_BYTES = 48
#: ... and where the tree has at most this many pairs: beyond, memory counts more.
STRIP_PAIRS = 2_000_000
#: Work spent on finding neighbours, in units of payoff pairs.
SEARCH = 64


@dataclass(frozen=True)
class Layout:
    """One role's sequences in P positions, and the payoff rows that belong to them.

    Attributes:
        position: i4 [Q] of each sequence; the empty one is at 0.
        groups: i8 [G, 4], shallowest first: first slot, slots (a multiple of 8), actions, base position.
        parent: u4 [slots]; position of the sequence that leads to each slot's information set, or NOWHERE.
        size: P, a multiple of 8.
        start: u8 [P / 8 + 1]; strip s (positions 8s to 8s + 7) has columns start[s] to start[s + 1] - 1.
            Just one entry where the tree's own rows are used instead.
        column: u4 [columns]; position of the other role's sequence.
        value: f8 [columns * 8].
        rows: the tree's payoffs to use where there are no strips.
        factor: by which the product is multiplied: sign, and scale where the tree's own rows are used.
    """

    position: np.ndarray
    groups: np.ndarray
    parent: np.ndarray
    size: int
    start: np.ndarray
    column: np.ndarray
    value: np.ndarray
    rows: Payoffs
    factor: float


def payoff_scale(tree: Tree) -> float:
    """The power of two that brings the greatest payoff into [1, 2): a scale without rounding errors.

    Raises:
        GamesolveError: a payoff is NaN or infinite.
    """
    greatest = max(float(tree.payoffs.value.max(initial=0.0)), -float(tree.payoffs.value.min(initial=0.0)))
    if not math.isfinite(greatest):
        raise GamesolveError(f"{tree.game} has a payoff of {greatest!r}; payoffs must be finite numbers")
    return math.ldexp(1.0, max(math.frexp(greatest)[1] - 1, -1000)) if greatest > 0.0 else 1.0


def lay_out(tree: Tree) -> tuple[Layout, Layout]:
    """The layouts of both roles, payoffs divided by `payoff_scale`; role 1 has the negative ones."""
    matrices = tree.payoffs, tree.transposed
    places = [_place(tree.decisions[p], tree.decisions[1 - p], matrices[p], matrices[1 - p]) for p in (0, 1)]
    scale = payoff_scale(tree)
    return _with_rows(tree, 0, places, 1.0 / scale), _with_rows(tree, 1, places, -1.0 / scale)


def aligned(*shape: int) -> np.ndarray:
    """f8 zeros that begin at a cache line: vectors of eight then never straddle two."""
    size = math.prod(shape)
    room = np.zeros(size + WIDTH)
    skip = (-room.ctypes.data % 64) // 8
    return room[skip : skip + size].reshape(shape)


@dataclass(frozen=True)
class _Place:
    position: np.ndarray
    groups: np.ndarray
    parent: np.ndarray
    sequence: np.ndarray  # i4 [P], or -1


def _place(decisions: Decisions, other: Decisions, payoffs: Payoffs, transposed: Payoffs) -> _Place:
    first, parent = decisions.first, decisions.parent
    owner, depth = owners_and_depths(first, parent)
    actions = np.diff(first)
    key = depth.astype(np.int64) * (int(actions.max(initial=0)) + 1) + actions
    order = np.argsort(key, kind="stable").astype(np.int32)
    ends = np.append(np.flatnonzero(np.diff(key[order])) + 1, len(order)) if len(order) else np.zeros(0, np.int64)
    # Neighbours matter to strips only; without them, fewer places are left over.
    budget = SEARCH * len(payoffs.value) if len(payoffs.value) <= STRIP_PAIRS else 0
    slot, groups = seat(first, owner, order, ends, payoffs.start, payoffs.column, transposed.start, transposed.column, budget)
    position, sequence, parent_position = locate(first, parent, slot, groups, order, ends)
    return _Place(position, groups, parent_position, sequence)


def _with_rows(tree: Tree, role: int, places: list[_Place], factor: float) -> Layout:
    own, other = places[role], places[1 - role]
    payoffs = (tree.payoffs, tree.transposed)[role]
    start = np.zeros(1, np.uint64)
    column, value = np.zeros(0, np.uint32), np.zeros(0)
    if len(payoffs.value) <= STRIP_PAIRS:
        found = strip_starts(own.sequence, payoffs.start, payoffs.column, len(other.position))
        if int(found[-1]) * (4 + 8 * WIDTH) <= STRIP_BYTES * len(payoffs.value):
            start, column, value = found, np.empty(int(found[-1]), np.uint32), aligned(int(found[-1]) * WIDTH)
            fill_strips(own.sequence, payoffs.start, payoffs.column, payoffs.value, factor, other.position, start, column, value)
    kept = 1.0 if len(start) > 1 else factor
    return Layout(own.position, own.groups, own.parent, len(own.sequence), start, column, value, payoffs, kept)


@compiled(allocates=True)
def owners_and_depths(first, parent):
    """The information set that owns each sequence (-1: none), i4 [Q], and each one's depth, i4 [I]."""
    owner = np.empty(first[-1], np.int32)
    owner[0] = -1
    depth = np.zeros(parent.size, np.int32)
    for i in range(parent.size):
        above = owner[parent[i]]
        if above >= 0:
            depth[i] = depth[above] + 1
        for q in range(first[i], first[i + 1]):
            owner[q] = i
    return owner, depth


@compiled(allocates=True)
def seat(first, owner, order, ends, start, column, start_t, column_t, budget):
    """Slot of each information set, i4 [I], and the groups i8 [G, 4].

    Within a group the next free information set takes the lanes at hand together with up to seven
    others that meet mostly the same columns; such a party is not split over two blocks.
    """
    slot = np.full(order.size, -1, np.int32)
    kind = np.empty(order.size, np.int32)
    begin = 0
    for g in range(ends.size):
        for k in range(begin, ends[g]):
            kind[order[k]] = g
        begin = ends[g]
    groups = np.zeros((ends.size, 4), np.int64)
    shared = np.zeros(order.size, np.int32)
    met = np.empty(order.size, np.int32)
    party = np.empty(WIDTH, np.int32)
    free = 0
    base = WIDTH
    begin = 0
    for g in range(ends.size):
        groups[g, 0] = free
        actions = first[order[begin] + 1] - first[order[begin]]
        members = ends[g] - begin
        for k in range(begin, ends[g]):
            i = order[k]
            if slot[i] >= 0:
                continue
            party[0] = i
            count = 1
            if members > 1 and budget > 0:
                count, work = neighbours(i, first, owner, kind, slot, start, column, start_t, column_t, shared, met, party)
                budget -= work
            # A party that no longer fits into the block begins the next one.
            if free % WIDTH + count > WIDTH:
                free += WIDTH - free % WIDTH
            for m in range(count):
                slot[party[m]] = free + m
            free += count
        free += -free % WIDTH
        groups[g, 1] = free - groups[g, 0]
        groups[g, 2] = actions
        groups[g, 3] = base
        base += actions * groups[g, 1]
        begin = ends[g]
    return slot, groups


@compiled
def neighbours(i, first, owner, kind, slot, start, column, start_t, column_t, shared, met, party):
    """Fill `party` with i and up to seven free information sets of its kind that share at least half its entries.

    Those that share most come first. Returns how many, and the entries looked at.
    """
    found = 0
    work = 0
    actions = first[i + 1] - first[i]
    entries = start[first[i + 1]] - start[first[i]]
    for a in range(actions):
        for k in range(start[first[i] + a], start[first[i] + a + 1]):
            c = column[k]
            work += start_t[c + 1] - start_t[c]
            for m in range(start_t[c], start_t[c + 1]):
                j = owner[column_t[m]]
                if j >= 0 and j != i and kind[j] == kind[i] and slot[j] < 0 and column_t[m] - first[j] == a:
                    if shared[j] == 0:
                        met[found] = j
                        found += 1
                    shared[j] += 1
    count = 1
    for parts in range(4, 1, -1):
        for m in range(found):
            j = met[m]
            larger = max(entries, start[first[j + 1]] - start[first[j]])
            if count < WIDTH and shared[j] * 4 >= parts * larger and shared[j] > 0:
                party[count] = j
                count += 1
                shared[j] = 0
    for m in range(found):
        shared[met[m]] = 0
    return count, work


@compiled(allocates=True)
def locate(first, parent, slot, groups, order, ends):
    """Position of each sequence i4 [Q], sequence at each position i4 [P], parent position of each slot u4."""
    size = WIDTH
    slots = 0
    for g in range(groups.shape[0]):
        size += groups[g, 1] * groups[g, 2]
        slots += groups[g, 1]
    position = np.zeros(first[-1], np.int32)
    sequence = np.full(size, -1, np.int32)
    sequence[0] = 0
    above = np.full(slots, NOWHERE, np.uint32)
    begin = 0
    for g in range(groups.shape[0]):
        for k in range(begin, ends[g]):
            i = order[k]
            for a in range(groups[g, 2]):
                p = groups[g, 3] + a * groups[g, 1] + slot[i] - groups[g, 0]
                position[first[i] + a] = p
                sequence[p] = first[i] + a
            above[slot[i]] = position[parent[i]]
        begin = ends[g]
    return position, sequence, above


@compiled(allocates=True)
def strip_starts(sequence, start, column, columns):
    """Starts of the strips, u8 [P / 8 + 1]: how many columns each eight rows have together, added up."""
    out = np.zeros(sequence.size // WIDTH + 1, np.uint64)
    seen = np.full(columns, -1, np.int32)
    total = 0
    for s in range(sequence.size // WIDTH):
        for p in range(s * WIDTH, (s + 1) * WIDTH):
            q = sequence[p]
            if q >= 0:
                for k in range(start[q], start[q + 1]):
                    if seen[column[k]] != s:
                        seen[column[k]] = s
                        total += 1
        out[s + 1] = total
    return out


@compiled(allocates=True)
def fill_strips(sequence, start, column, value, factor, position, strip_start, strip_column, strip_value):
    """Fill the strips' columns (positions of the other role) and values (times `factor`)."""
    place = np.full(position.size, -1, np.int64)
    total = 0
    for s in range(sequence.size // WIDTH):
        begin = total
        for lane in range(WIDTH):
            q = sequence[s * WIDTH + lane]
            if q < 0:
                continue
            for k in range(start[q], start[q + 1]):
                c = column[k]
                if place[c] < begin:
                    place[c] = total
                    strip_column[total] = position[c]
                    total += 1
                strip_value[place[c] * WIDTH + lane] = value[k] * factor
