"""One layer of situations expanded into the next. A template, bound to one game by `specialise`.

A *situation* is all that matters for what is still to come once one role follows its policies: the
game's state and memory, and what those policies remember and act from. The walker's own functions
are bound here, so a step means what it means in a walk; but situations that are equal, byte for byte,
are expanded once, however many histories lead to them.

Letters of the arguments, beside the walker's (see `gamesolve.views.walk`):

| name | what |
|---|---|
| layer | the layer's own record (`layer_record`) |
| here, there | situations (`situation_record`) of this layer, which has `count` of them, and of the next |
| raw_there, words | the next layer's memory as bytes u1 [S, bytes] and as words u8 [S, words] |
| lookup | i4 [slots], hash table of the next layer |
| first, reward | rows: i8 [S + 1] and f8 [R], a row for every joint action of those who play |
| rows, targets, chances | edges: i4, i4, f8 [E] |
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gamesolve.base.compiled import compiled, inlined
from gamesolve.rules.chance import TAPE, first_tape
from gamesolve.rules.record import clear
from gamesolve.views.acting import ASKED, HISTORY, PLAYS, PRESENT, SCRIPTED, TABULAR
from gamesolve.views.histories import find, intern
from gamesolve.views.interned import slot_of
from gamesolve.views.walk import HISTORIES_FULL, NEXT_DRAW, SPENT

legal: Any = None
#: Bound to the walker's functions of the same names.
begin: Any = None
play: Any = None
list_policies: Any = None
take_first: Any = None
advance: Any = None

DONE, PAUSED, SITUATIONS_FULL, ROWS_FULL, EDGES_FULL, FAULT = 0, 1, 10, 11, 12, 5


def layer_record(agents: int) -> np.dtype:
    """The record of the layer that is being expanded: constants, counters, position."""
    return np.dtype(
        [
            ("depth", "i8"),
            ("count", "i8"),  # situations of this layer
            ("at", "i8"),  # the one being expanded ...
            ("open", "i8"),  # ... whether that has begun ...
            ("begun", "i8"),  # ... after how many transitions of the walk
            ("arrived", "i8"),  # situations of the next layer
            ("edges", "i8"),
            ("wanted", "f8"),  # rows that must fit
            ("compared", "i8"),  # words by which situations are told apart
            ("answered", "i8"),  # the book's first history that stands for an answer
            ("most", "i8"),  # most transitions of one situation
            ("largest", "f8"),  # greatest reward, by its absolute value
            ("role", "i8"),  # whose rewards count
            ("kinds", "i4", (agents,)),  # how an agent acts (views/acting.py) ...
            ("looks", "i4", (agents,)),  # ... and from what
            ("places", "i4", (agents,)),  # where it stands among the agents who follow policies
        ],
        align=True,
    )


def situation_record(state: np.dtype, memory: np.dtype, *, followers: int, width: int, script: int) -> np.dtype:
    """The record of a situation: J agents who follow policies, W signals, M bytes of policy memory.

    The game's memory comes last, and everything else fills whole words: it is not compared where no policy looks.
    """
    return np.dtype(
        [
            ("state", state),
            ("scripts", "u1", (followers, script)),
            ("signals", "i2", (followers, width)),
            ("known", "i8", (followers,)),
            ("memory", memory),
        ],
        align=True,
    )


@compiled
def expand(
    ws,
    layers,
    tables,
    discounts,
    nodes,
    raw,
    parent,
    action,
    seen,
    history_lookup,
    here,
    there,
    raw_there,
    words,
    lookup,
    first,
    reward,
    rows,
    targets,
    chances,
    book,
    acts,
    budget,
):
    """Go on with the layer for at most `budget` transitions; DONE, PAUSED, one of *_FULL, or FAULT."""
    w, layer, table = ws[0], layers[0], tables[0]
    end = w.transitions + budget
    d = layer.depth
    while layer.at < layer.count:
        if layer.open == 0 and not enter(w, layer, table, nodes, here, first, reward, book, acts, d):
            return FAULT if w.fault != 0 else ROWS_FULL
        if w.transitions >= end:
            return PAUSED
        code = room(w, layer, parent, history_lookup, there, lookup, rows)
        if code != DONE:
            return code
        w.transitions += 1
        over = play(w, table, discounts, nodes, raw, d)
        row = first[layer.at] + joint_action(w, nodes[d])
        child = nodes[d + 1]
        earned = child.returns[layer.role]
        reward[row] += child.weight * earned
        layer.largest = max(layer.largest, abs(earned))
        if not over:
            arrive(w, layer, nodes, parent, action, seen, history_lookup, here, there, raw_there, book, d)
            store(layer, rows, targets, chances, row, intern_situation(layer, words, lookup), child.weight)
        turn = advance(w, nodes[d], d)
        if turn == NEXT_DRAW:
            list_policies(w, table, nodes[d], book, acts)
            take_first(w, nodes[d])
        elif turn == SPENT:
            layer.most = max(layer.most, w.transitions - layer.begun)
            layer.open = 0
            layer.at += 1
        if w.fault != 0:
            return FAULT
    return DONE


@inlined
def room(w, layer, parent, history_lookup, there, lookup, rows):
    """DONE, or which arrays must grow before the next transition."""
    agents = w.roles.size
    if w.histories[0] + agents > parent.size or 2 * (w.histories[0] + agents) > history_lookup.size:
        return HISTORIES_FULL
    if layer.arrived >= there.size or 2 * layer.arrived >= lookup.size:
        return SITUATIONS_FULL
    return EDGES_FULL if layer.edges >= rows.size else DONE


@compiled
def enter(w, layer, table, nodes, here, first, reward, book, acts, d):
    """Stand in the next situation, with a row for every joint action; False where these do not fit, or a rule is at fault."""
    node = nodes[d]
    if d == 0:
        begin(w, node)
    else:
        load(w, layer, node, here)
        list_legal(w, table, node)
        first_tape(node.draws, TAPE)
        list_policies(w, table, node, book, acts)
        take_first(w, node)
    if w.fault != 0:
        return False
    start = first[layer.at]
    layer.wanted = start + joint_actions(w, node)
    if layer.wanted > reward.size:
        return False
    for row in range(start, np.int64(layer.wanted)):
        reward[row] = 0.0
    first[layer.at + 1] = np.int64(layer.wanted)
    layer.begun = w.transitions
    layer.open = 1
    return True


@inlined
def load(w, layer, node, here):
    """Put the present situation into a node."""
    situation = here[layer.at]
    node.state = situation.state
    node.memory = situation.memory
    node.weight = 1.0
    node.returns[0] = 0.0
    node.returns[1] = 0.0
    for i in range(w.roles.size):
        j = layer.places[i]
        if layer.kinds[i] == SCRIPTED:
            for k in range(node.before.shape[1]):
                node.before[i, k] = situation.scripts[j, k]
            for k in range(node.signals.shape[1]):
                node.signals[i, k] = situation.signals[j, k]
        elif layer.kinds[i] == TABULAR:
            node.known[i] = situation.known[j]
        elif layer.kinds[i] == ASKED:
            node.known[i] = layer.answered + layer.at * situation.known.size + j


@inlined
def list_legal(w, table, node):
    """Everyone's mask, and the options of those who play: their legal actions."""
    for i in range(w.roles.size):
        for a in range(node.masks.shape[1]):
            node.masks[i, a] = 0
        legal(table, node.state, i, node.masks[i])
        node.option_sequence[i] = -1
        if w.kinds[i] == PLAYS:
            n = 0
            for a in range(node.masks.shape[1]):
                if node.masks[i, a]:
                    node.option_action[i, n] = a
                    n += 1
            node.options[i] = n


@inlined
def joint_actions(w, node):
    """How many joint actions those who play have (f8: they may be more than a counter holds)."""
    count = 1.0
    for i in range(w.roles.size):
        if w.kinds[i] == PLAYS:
            count *= node.options[i]
    return count


@inlined
def joint_action(w, node):
    """Which of them stands now."""
    index = 0
    for i in range(w.roles.size):
        if w.kinds[i] == PLAYS:
            index = index * node.options[i] + node.choice[i]
    return index


@inlined
def arrive(w, layer, nodes, parent, action, seen, history_lookup, here, there, raw_there, book, d):
    """Write the situation in which the present transition ends behind those of the next layer."""
    node, child, situation = nodes[d], nodes[d + 1], there[layer.arrived]
    situation.state = child.state
    # No later step reads what is transient, and it would tell equal situations apart.
    clear(raw_there, layer.arrived, w.transient, w.transient_end)
    situation.memory = child.memory
    lost = -1 - w.roles.size
    for i in range(w.roles.size):
        j = layer.places[i]
        if layer.kinds[i] == SCRIPTED:
            for k in range(node.after.shape[1]):
                situation.scripts[j, k] = node.after[i, k]
        if layer.looks[i] == PRESENT:
            for k in range(child.signals.shape[1]):
                situation.signals[j, k] = child.signals[i, k]
        if layer.kinds[i] == TABULAR:
            h = node.known[i]
            if h != lost:
                h = find(book.parent, book.action, book.seen, book.lookup, h, node.actions[i], child.signals[i])
            situation.known[j] = h if h >= 0 else lost
        elif layer.kinds[i] == ASKED and layer.looks[i] == HISTORY:
            before = np.int32(here[layer.at].known[j]) if d > 0 else np.int32(-1 - i)
            situation.known[j] = intern(parent, action, seen, history_lookup, w.histories, before, node.actions[i], child.signals[i])


@inlined
def intern_situation(layer, words, lookup):
    """Index of the situation that stands behind those of the next layer, which is one of them from now on where it is new."""
    slot = slot_of(words, lookup, layer.compared, layer.arrived)
    if lookup[slot] < 0:
        lookup[slot] = layer.arrived
        layer.arrived += 1
    return lookup[slot]


@inlined
def store(layer, rows, targets, chances, row, target, weight):
    """Store an edge, or add to the last one where that leads to the same."""
    k = layer.edges - 1
    if k < 0 or rows[k] != row or targets[k] != target:
        k += 1
        rows[k] = row
        targets[k] = target
        chances[k] = 0.0
        layer.edges = k + 1
    chances[k] += weight


@compiled
def list_masks(tables, here, agent, masks):
    """Fill `masks` u1 [n, A], zero before, with what is legal for an agent in the first n situations."""
    for n in range(masks.shape[0]):
        legal(tables[0], here[n].state, agent, masks[n])
