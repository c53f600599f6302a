"""Random descents through a game's tree, for an estimate of its size. A template, bound to one game by `specialise`.

The walker's own functions are bound here, so a descent meets what a walk would. The arguments are
the walker's too (see `gamesolve.views.walk`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gamesolve.base.compiled import compiled
from gamesolve.rules.chance import TAPE, first_tape, next_tape, rewind, uniform

#: Bound to the walker's functions of the same names.
begin: Any = None
play: Any = None
arrive: Any = None
list_legal: Any = None
follow_tables: Any = None
list_policies: Any = None
take_first: Any = None
take: Any = None
settle: Any = None

#: Outcomes of one transition that are counted one by one.
COUNTED = 1024


@compiled
def probe(
    ws,
    tables,
    discounts,
    nodes,
    raw,
    parent,
    action,
    seen,
    lookup,
    set_of,
    sets,
    sequence_action,
    rows,
    columns,
    values,
    book,
    acts,
    results,
):
    """Random descents for Knuth's estimate (1975) of the tree's size.

    At each depth every option and every outcome is equally likely. `results` f8 [probes, 2]
    receives estimates of the number of leaves (the outcomes of one joint action that end the game
    count once, as they share their sequences) and of transitions.
    """
    w, table = ws[0], tables[0]
    for k in range(results.shape[0]):
        branches = 1.0
        d = np.int64(0)  # a literal 0 would have the callees compiled once more
        w.histories[0] = 0
        lookup[:] = -1
        begin(w, nodes[0])
        while w.fault == 0:
            ending, going = outcomes(w, table, discounts, nodes, raw, d)
            if going < 0:
                # Too many to be counted one by one; a step's outcomes end the game all or none, but for exceptions.
                over, going = draw_outcome(w, table, discounts, nodes, raw, d)
                ending, going = (going, 0.0) if over else (0.0, going)
            results[k, 0] += branches if ending > 0 else 0.0
            results[k, 1] += branches * (ending + going)
            if going == 0:
                break
            if going <= COUNTED:
                select(w, table, discounts, nodes, raw, d, np.int64(uniform(nodes[0].draws) * going))
            branches *= going
            d += 1
            # A descent needs only its own path: every node's information sets may take the first places.
            set_of[:] = -1
            w.sets[:] = 0
            w.sequences[:] = 1
            arrive(w, table, nodes, parent, action, seen, lookup, d)
            list_legal(w, nodes[d], set_of, sets, sequence_action)
            follow_tables(w, nodes, book, d)
            branches *= draw(w, table, nodes, book, acts, d)
            for i in range(w.roles.size):
                options = nodes[d].options[i]
                branches *= options
                nodes[d].choice[i] = np.int64(uniform(nodes[0].draws) * options)
                take(w, nodes[d], i)
            settle(w, nodes[d])


@compiled
def outcomes(w, table, discounts, nodes, raw, d):
    """How many outcomes of the present joint action end the game, and how many do not; -1 beyond COUNTED."""
    ending = 0.0
    going = 0.0
    while True:
        w.transitions += 1
        if play(w, table, discounts, nodes, raw, d):
            ending += 1.0
        else:
            going += 1.0
        if w.fault != 0 or not next_tape(nodes[d].chance):
            return ending, going
        if ending + going > COUNTED:
            return 0.0, -1.0


@compiled
def draw_outcome(w, table, discounts, nodes, raw, d):
    """Answer one question to chance after the other, every answer equally likely, and play the outcome into depth d + 1.

    Returns whether it ends the game, and the product of the numbers of answers: Knuth's estimate of
    the number of outcomes.
    """
    chance = nodes[d].chance
    first_tape(chance, TAPE)
    over = play(w, table, discounts, nodes, raw, d)
    product = 1.0
    question = np.int64(0)
    while question < chance.position and w.fault == 0:
        first = chance.answers[question]
        answers = 1
        while chance.following[question] >= 0:
            over = answer(w, table, discounts, nodes, raw, d, question, chance.following[question])
            answers += 1
        over = answer(w, table, discounts, nodes, raw, d, question, first)
        for _ in range(np.int64(uniform(nodes[0].draws) * answers)):
            over = answer(w, table, discounts, nodes, raw, d, question, chance.following[question])
        product *= answers
        question += 1
    return over, product


@compiled
def answer(w, table, discounts, nodes, raw, d, question, value):
    """Play depth d again with the tape cut off behind `question`, which is answered by `value`."""
    chance = nodes[d].chance
    chance.answers[question] = value
    chance.length = question + 1
    rewind(chance)
    w.transitions += 1
    return play(w, table, discounts, nodes, raw, d)


@compiled
def select(w, table, discounts, nodes, raw, d, index):
    """Play the outcome of depth d with the given index among those that do not end the game."""
    first_tape(nodes[d].chance, TAPE)
    while True:
        if not play(w, table, discounts, nodes, raw, d):
            if index == 0:
                return
            index -= 1
        if not next_tape(nodes[d].chance):
            return


@compiled
def draw(w, table, nodes, book, acts, d):
    """Draw one of the policies' own outcomes at depth d; returns how many there are."""
    node = nodes[d]
    first_tape(node.draws, TAPE)
    list_policies(w, table, node, book, acts)
    count = 1
    while w.fault == 0 and next_tape(node.draws):
        list_policies(w, table, node, book, acts)
        count += 1
    first_tape(node.draws, TAPE)
    list_policies(w, table, node, book, acts)
    for _ in range(np.int64(uniform(nodes[0].draws) * count)):
        next_tape(node.draws)
        list_policies(w, table, node, book, acts)
    take_first(w, node)
    return count
