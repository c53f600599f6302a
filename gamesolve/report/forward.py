"""The forward pass: how likely everything is when two policies meet. A template, bound to one game by `specialise`.

It walks the plays of a game as the tree walker does (whose functions are bound here), with every
agent following a policy, and adds up probabilities. Its first arguments are the walker's.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gamesolve.base.compiled import compiled
from gamesolve.views.walk import DONE, FAULT, PAUSED

#: Bound to the walker's functions of the same names.
begin: Any = None
play: Any = None
arrive: Any = None
go_on: Any = None
turn_back: Any = None


class Totals(NamedTuple):
    """What a pass adds up: S steps, N = 2 agents, A actions, W signals, C columns (a value of a signal each), H histories."""

    cutoff: float  # plays less likely than this are not followed further
    budget: int  # transitions that the pass may walk
    last: int  # what is seen on arrival at this step is counted, and nothing after it
    column: np.ndarray  # i8 [N, W], of value 0 of each signal; -1 beyond an agent's own row
    seen: np.ndarray  # f8 [S + 1, C], probability of each value on arrival at step s
    done: np.ndarray  # f8 [S, N, A], probability of each action where there is a choice
    rewards: np.ndarray  # f8 [S, 2], expected raw rewards
    alive: np.ndarray  # f8 [S], probability that step s is played
    reach: np.ndarray  # f8 [H], of the policies' histories
    sight: np.ndarray  # f8 [H, W], reach times the other agent's signals
    left_out: np.ndarray  # f8 [1], probability of the plays that were cut off


@compiled
def forward(
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
    totals,
):
    """Walk all plays; DONE, PAUSED where the budget did not do, or FAULT."""
    w, table = ws[0], tables[0]
    begin(w, nodes[0])
    while w.depth >= 0:
        if w.transitions >= totals.budget:
            return PAUSED
        w.transitions += 1
        d = w.depth
        over = play(w, table, discounts, nodes, raw, d)
        weight = nodes[d + 1].weight
        if d > 0:
            count_moves(totals, nodes[d], d - 1, weight)
        if not over and weight < totals.cutoff:
            totals.left_out[0] += weight
            over = True
        if not over and d == totals.last:
            count_signals(totals, nodes[d + 1], d, weight)
            over = True
        if over:
            d = turn_back(w, table, nodes, book, acts, d)
        else:
            d += 1
            arrive(w, table, nodes, parent, action, seen, lookup, d)
            go_on(w, table, nodes, book, acts, d)
            count_sights(totals, nodes[d], d - 1, weight)
        w.depth = d
        if w.fault != 0:
            return FAULT
    return DONE


@compiled
def count_moves(totals, node, s, weight):
    """Count the joint action of step s and what it paid."""
    for role in range(2):
        totals.rewards[s, role] += weight * node.reward[role]
    masks = node.masks
    for i in range(masks.shape[0]):
        legal_actions = 0
        for a in range(masks.shape[1]):
            legal_actions += masks[i, a]
        if legal_actions > 1:
            totals.done[s, i, node.actions[i]] += weight


@compiled
def count_sights(totals, node, s, weight):
    """Count the signals and histories on arrival at step s."""
    totals.alive[s] += weight
    count_signals(totals, node, s, weight)
    signals = node.signals
    for i in range(signals.shape[0]):
        h = node.known[i]
        if h >= 0:
            totals.reach[h] += weight
            for k in range(signals.shape[1]):
                totals.sight[h, k] += weight * signals[1 - i, k]


@compiled
def count_signals(totals, node, s, weight):
    """Count the signals on arrival at step s."""
    signals = node.signals
    for i in range(signals.shape[0]):
        for k in range(signals.shape[1]):
            if totals.column[i, k] >= 0:
                totals.seen[s, totals.column[i, k] + signals[i, k]] += weight
