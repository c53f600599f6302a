"""The states of a game that play can reach, one after the other, each with all that can happen there. A template, bound to one game.

It reads STATE alone: `observe` is never called, so what is hidden, and what is only shown, does not matter. Before the game stands a state
of its own, whose one transition is `reset`; a state is told apart by its bytes and by how many picks its epoch has had.

Letters of the arguments:

| name | what |
|---|---|
| w | the work's own record (`work_record`): constants, counters, position |
| states, raw, words | the states: as records (`state_record`) [S], bytes u1 [S, bytes] and words u8 [S, words] |
| lookup | i4 [slots], hash table of the states |
| moves | the agents' legal actions (`moves_record`) [1] |
| first, begin | i8 [S + 1] and i8 [J + 1], where a state's joint actions and a joint action's transitions begin |
| earned, targets, chances | f8 [J, 2], i4 [E], f8 [E] |
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gamesolve.base.compiled import compiled, inlined
from gamesolve.rules.chance import TAPE, first_tape, next_tape
from gamesolve.rules.record import clear
from gamesolve.views.interned import slot_of

reset: Any = None
legal: Any = None
step: Any = None

DONE, PAUSED, STATES_FULL, JOINT_FULL, EDGES_FULL, FAULT = 0, 1, 2, 3, 4, 5
NO_ACTION = 102
#: Of a joint action's transitions so many are looked through for one that leads to the same state.
LOOKED = 64


def work_record(agents: int) -> np.dtype:
    """The work's own record."""
    return np.dtype(
        [
            ("picks", "i8"),
            ("steps", "i8"),  # after which the game ends, or -1
            ("transient", "i8"),  # bytes of a state, from here ...
            ("transient_end", "i8"),  # ... to here, hold its transient fields
            ("count", "i8"),  # states so far
            ("at", "i8"),  # the one at work ...
            ("open", "i8"),  # ... and whether that has begun
            ("joint", "i8"),  # joint actions so far
            ("wanted", "f8"),  # ... and those that must fit
            ("edges", "i8"),
            ("transitions", "i8"),
            ("fault", "i8"),
            ("roles", "i4", (agents,)),
        ],
        align=True,
    )


def state_record(state: np.dtype) -> np.dtype:
    """A state, how many picks of its epoch are done and, not compared, after how many rule steps it is reached first."""
    return np.dtype([("state", state), ("pick", "i8"), ("depth", "i8")], align=True)


def moves_record(agents: int, actions: int) -> np.dtype:
    """What agents may do now, and what they do."""
    return np.dtype(
        [
            ("order", "i4", (agents,)),  # agents, those of the defender first
            ("options", "i4", (agents,)),
            ("choice", "i4", (agents,)),
            ("actions", "i4", (agents,)),
            ("reward", "f8", (2,)),
            ("legal", "i2", (agents, actions)),
            ("masks", "u1", (agents, actions)),
        ],
        align=True,
    )


@compiled
def enumerate_states(
    ws, tables, memories, chances_asked, moves, states, raw, words, lookup, counts, first, begin, earned, targets, chances, budget
):
    """Go on for at most `budget` transitions; DONE, PAUSED, one of *_FULL, or FAULT."""
    w, table, chance, move = ws[0], tables[0], chances_asked[0], moves[0]
    end = w.transitions + budget
    while w.at < w.count:
        if w.open == 0 and w.steps >= 0 and states[w.at].depth == w.steps:
            counts[0, w.at] = 0
            counts[1, w.at] = 0
            first[w.at + 1] = w.joint
            w.at += 1
            continue
        if w.open == 0 and not enter(w, table, move, states, counts, first, begin, chance, earned):
            return FAULT if w.fault != 0 else JOINT_FULL
        if w.transitions >= end:
            return PAUSED
        if w.count >= states.size or 2 * w.count >= lookup.size:
            return STATES_FULL
        if w.edges >= targets.size:
            return EDGES_FULL
        w.transitions += 1
        row = w.joint - 1
        over = play(w, table, memories[0], chance, move, states, raw)
        probability = chance.probability
        earned[row, 0] += probability * move.reward[0]
        earned[row, 1] += probability * move.reward[1]
        if not over:
            store(w, begin, targets, chances, row, intern(w, words, lookup), probability)
        if chance.fault != 0:
            w.fault = chance.fault
            return FAULT
        if not next_tape(chance):
            begin[w.joint] = w.edges
            if turn(move):
                open_joint(w, move, begin, earned, chance)
            else:
                first[w.at + 1] = w.joint
                w.open = 0
                w.at += 1
    return DONE


@compiled
def enter(w, table, move, states, counts, first, begin, chance, earned):
    """Stand in the next state; False where its joint actions do not fit, or somebody has nothing to do."""
    agents = w.roles.size
    rows, columns, wanted = 1, 1, 1.0
    for i in range(agents):
        if w.at == 0:
            move.options[i] = 1
            move.legal[i, 0] = -1
        else:
            list_legal(table, states[w.at].state, move, i)
        if move.options[i] == 0:
            w.fault = NO_ACTION
            return False
        wanted *= move.options[i]
    w.wanted = w.joint + wanted
    if w.wanted > earned.shape[0]:
        return False
    for i in range(agents):
        move.choice[i] = 0
        move.actions[i] = move.legal[i, 0]
        if w.roles[i] == 0:
            rows *= move.options[i]
        else:
            columns *= move.options[i]
    counts[0, w.at] = rows
    counts[1, w.at] = columns
    w.open = 1
    open_joint(w, move, begin, earned, chance)
    return True


@inlined
def list_legal(table, state, move, i):
    """An agent's legal actions."""
    for a in range(move.masks.shape[1]):
        move.masks[i, a] = 0
    legal(table, state, i, move.masks[i])
    n = 0
    for a in range(move.masks.shape[1]):
        if move.masks[i, a]:
            move.legal[i, n] = a
            n += 1
    move.options[i] = n


@inlined
def open_joint(w, move, begin, earned, chance):
    """Begin the next joint action, with the first outcome of its transition."""
    begin[w.joint] = w.edges
    earned[w.joint, 0] = 0.0
    earned[w.joint, 1] = 0.0
    w.joint += 1
    first_tape(chance, TAPE)


@inlined
def turn(move):
    """Turn to the next joint action, of the last agent first; False where there is none."""
    i = move.choice.size - 1
    while i >= 0:
        k = move.order[i]
        move.choice[k] += 1
        if move.choice[k] < move.options[k]:
            move.actions[k] = move.legal[k, move.choice[k]]
            return True
        move.choice[k] = 0
        move.actions[k] = move.legal[k, 0]
        i -= 1
    return False


@inlined
def play(w, table, memory, chance, move, states, raw):
    """Play the joint action and chance's tape into the place behind all states; whether the game is over."""
    there = states[w.count]
    there.state = states[w.at].state
    clear(raw, w.count, w.transient, w.transient_end)
    move.reward[0] = 0.0
    move.reward[1] = 0.0
    over = False
    if w.at == 0:
        reset(table, there.state, memory, chance)
        there.pick = 0
        there.depth = 0
    else:
        over = step(table, there.state, move.actions, chance, move.reward)
        there.pick = 0 if states[w.at].pick + 1 == w.picks else states[w.at].pick + 1
        there.depth = states[w.at].depth + 1
    # What is transient would tell equal states apart.
    clear(raw, w.count, w.transient, w.transient_end)
    return over


@inlined
def intern(w, words, lookup):
    """Number of the state that stands behind all others, which is one of them from now on where it is new."""
    slot = slot_of(words, lookup, words.shape[1] - 1, w.count)
    if lookup[slot] < 0:
        lookup[slot] = w.count
        w.count += 1
    return lookup[slot]


@inlined
def store(w, begin, targets, chances, row, target, probability):
    """Store a transition, or add to one of the same joint action that leads to the same state."""
    e = w.edges - 1
    last = max(begin[row], w.edges - LOOKED)
    while e >= last and targets[e] != target:
        e -= 1
    if e >= last:
        chances[e] += probability
    else:
        targets[w.edges] = target
        chances[w.edges] = probability
        w.edges += 1


@compiled
def list_legal_of(tables, states, masks):
    """Fill `masks` u1 [N, A], zero before, with what is legal in the first of these states."""
    for i in range(masks.shape[0]):
        legal(tables[0], states[0].state, i, masks[i])
