"""The compiled walker: every play of a game, depth first. A template, bound to one game by `specialise`.

Agents either *play* (each of their choices becomes a sequence of the tree) or *follow a policy*
(their choices are enumerated as chance is, weighted by the policy's probabilities). One walker thus
builds a game's tree (everyone plays), the decision problem of a responder (one role plays), and
the exact value of a profile (nobody plays).

Depth 0 stands before the game; its one transition is `reset`. Depth d has d - 1 rule steps behind
it. A node is left in three nested loops: over the policies' own draws, over joint actions, over
outcomes of the transition. The loops live in `nodes`, one record a depth, so a walk can stop
anywhere (no room left, time to report) and go on.

Letters of the arguments, the same in every function below:

| name | what |
|---|---|
| w | the walk's own record (`walk_record`): constants, counters, position |
| nodes, raw | one record (`node_record`) a depth, and the same memory as bytes u1 [D, bytes] |
| parent, action, seen, lookup | interned histories (views/histories.py) |
| set_of | i4 [H], the information set of a history, or -1 |
| sets, sequence_action | records (`SET`) [2, sets] and i2 [2, sequences], by role |
| rows, columns, values | stored leaves: i4, i4, f8 [leaves, 1 to 3]: weighted returns, and the weight itself where there are three |
| book, acts | the policies (views/acting.py) |
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gamesolve.base.compiled import compiled, inlined
from gamesolve.rules.chance import TAPE, first_tape, next_tape
from gamesolve.rules.record import clear
from gamesolve.views.acting import PLAYS, SCRIPTED, TABULAR
from gamesolve.views.call_act import call_act
from gamesolve.views.histories import find, intern

reset: Any = None
legal: Any = None
step: Any = None
observe: Any = None

SPENT, NEXT, NEXT_DRAW = 0, 1, 2
DONE, PAUSED, HISTORIES_FULL, SETS_FULL, LEAVES_FULL, FAULT = 0, 1, 2, 3, 4, 5
MASK_DIFFERS, RECALL_IMPERFECT, NO_ACTION, BAD_PROBABILITIES = 101, 102, 103, 104

#: An information set: its first sequence, the sequence that leads to it, its history.
SET = np.dtype([("first", "i4"), ("parent", "i4"), ("history", "i4")])


def walk_record(agents: int) -> np.dtype:
    """The walk's own record: constants, counters, position."""
    return np.dtype(
        [
            ("picks", "i8"),
            ("steps", "i8"),
            ("transient", "i8"),  # bytes of a node, from here ...
            ("transient_end", "i8"),  # ... to here, hold the state's transient fields
            ("depth", "i8"),
            ("fault", "i8"),
            ("histories", "i8", (1,)),
            ("sets", "i8", (2,)),
            ("sequences", "i8", (2,)),
            ("stored", "i8"),
            ("leaves", "i8"),
            ("transitions", "i8"),
            ("policies", "i8"),  # whether any agent follows a policy
            ("roles", "i4", (agents,)),
            ("kinds", "i4", (agents,)),
        ],
        align=True,
    )


def node_record(state: np.dtype, memory: np.dtype, chance: np.dtype, *, agents: int, width: int, actions: int, script: int) -> np.dtype:
    """The record of one depth: N agents, W signals, A actions, M bytes of policy memory."""
    return np.dtype(
        [
            ("state", state),
            ("memory", memory),
            ("chance", chance),  # outcomes of the transition out of this depth
            ("draws", chance),  # the policies' own draws
            ("before", "u1", (agents, script)),  # policies' memories on arrival
            ("after", "u1", (agents, script)),  # the same once they have acted
            ("weight", "f8"),  # chance times policies, on arrival ...
            ("factor", "f8"),  # ... and once the present choice is made
            ("returns", "f8", (2,)),  # discounted, on arrival
            ("reward", "f8", (2,)),
            ("probabilities", "f8", (actions,)),
            ("option_weight", "f8", (agents, actions)),
            ("options", "i4", (agents,)),  # number of options of each agent
            ("option_sequence", "i4", (agents,)),  # sequence of the first option, or -1
            ("choice", "i4", (agents,)),  # the option taken now ...
            ("actions", "i4", (agents,)),  # ... and its action
            ("histories", "i4", (agents,)),  # of agents who play
            ("known", "i4", (agents,)),  # of agents who follow a table: its history, or lost
            ("sequences", "i4", (2,)),  # of each role, on arrival ...
            ("leaving", "i4", (2,)),  # ... and once the present choice is made
            ("option_action", "i2", (agents, actions)),
            ("signals", "i2", (agents, width)),
            ("masks", "u1", (agents, actions)),
        ],
        align=True,
    )


@compiled
def walk(
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
    budget,
):
    """Go on with the walk for at most `budget` transitions; DONE, PAUSED, one of *_FULL, or FAULT."""
    w, table = ws[0], tables[0]
    if w.transitions == 0:
        begin(w, nodes[0])
    end = w.transitions + budget
    code = room(w, parent, lookup, sets, sequence_action, nodes[0].masks.shape[1])
    while w.depth >= 0 and code == DONE:
        if w.stored >= rows.size:
            return LEAVES_FULL
        if w.transitions >= end:
            return PAUSED
        w.transitions += 1
        d = w.depth
        if play(w, table, discounts, nodes, raw, d):
            store(w, nodes, rows, columns, values, d)
            d = turn_back(w, table, nodes, book, acts, d)
        else:
            d += 1
            arrive(w, table, nodes, parent, action, seen, lookup, d)
            list_legal(w, nodes[d], set_of, sets, sequence_action)
            go_on(w, table, nodes, book, acts, d)
            # Leaves need room in `rows` alone; the rest grows with arrivals.
            code = room(w, parent, lookup, sets, sequence_action, nodes[0].masks.shape[1])
        w.depth = d
        if w.fault != 0:
            return FAULT
    return code


@compiled
def begin(w, node):
    """Stand before the game: one joint action (-1), whose transition is `reset`."""
    for i in range(w.roles.size):
        node.options[i] = 1
        node.option_sequence[i] = -1
        node.option_action[i, 0] = -1
        node.choice[i] = 0
        node.actions[i] = -1
        node.histories[i] = -1 - i
        node.known[i] = -1 - i
    node.weight = 1.0
    node.factor = 1.0
    node.draws.probability = 1.0
    first_tape(node.chance, TAPE)


@inlined
def room(w, parent, lookup, sets, sequence_action, actions):
    """DONE, or which arrays must grow before the next arrival."""
    agents = w.roles.size
    if w.histories[0] + agents > parent.size or 2 * (w.histories[0] + agents) > lookup.size:
        return HISTORIES_FULL
    for role in range(2):
        if w.sets[role] + agents + 1 >= sets.shape[1] or w.sequences[role] + agents * actions >= sequence_action.shape[1]:
            return SETS_FULL
    return DONE


@inlined
def play(w, table, discounts, nodes, raw, d):
    """Play the present joint action and tape of depth d into depth d + 1; True at a leaf."""
    node, child = nodes[d], nodes[d + 1]
    chance = node.chance
    child.state = node.state
    child.memory = node.memory
    clear(raw, d + 1, w.transient, w.transient_end)
    child.returns[0] = node.returns[0]
    child.returns[1] = node.returns[1]
    over = False
    if d == 0:
        reset(table, child.state, child.memory, chance)
    else:
        reward = node.reward
        reward[0] = 0.0
        reward[1] = 0.0
        over = step(table, child.state, node.actions, chance, reward)
        discount = discounts[(d - 1) // w.picks]
        child.returns[0] += discount * reward[0]
        child.returns[1] += discount * reward[1]
        over = over or d == w.steps
    if not over:
        signals = child.signals
        for i in range(signals.shape[0]):
            for k in range(signals.shape[1]):
                signals[i, k] = 0
        observe(table, child.state, child.memory, node.actions, chance, signals)
    child.weight = node.factor * chance.probability
    if chance.fault != 0:
        w.fault = chance.fault
    return over


@compiled
def replay(ws, tables, discounts, nodes, raw, d):
    """Play depth d into depth d + 1 on the tape that stands in its chance, and list what is legal there."""
    table, child = tables[0], nodes[d + 1]
    over = play(ws[0], table, discounts, nodes, raw, d)
    for i in range(child.masks.shape[0]):
        for a in range(child.masks.shape[1]):
            child.masks[i, a] = 0
        if not over:
            legal(table, child.state, i, child.masks[i])
    return over


@inlined
def store(w, nodes, rows, columns, values, d):
    """Store the leaf reached from depth d, or add it to the last one where the sequences are the same."""
    w.leaves += 1
    row = nodes[d].leaving[0]
    column = nodes[d].leaving[1]
    leaf = nodes[d + 1]
    k = w.stored - 1
    if k < 0 or rows[k] != row or columns[k] != column:
        k += 1
        rows[k] = row
        columns[k] = column
        for r in range(values.shape[1]):
            values[k, r] = 0.0
        w.stored = k + 1
    for r in range(min(values.shape[1], 2)):
        values[k, r] += leaf.weight * leaf.returns[r]
    if values.shape[1] == 3:
        values[k, 2] += leaf.weight


@inlined
def arrive(w, table, nodes, parent, action, seen, lookup, d):
    """Fill depth d on arrival: histories, sequences, masks."""
    above, node = nodes[d - 1], nodes[d]
    masks = node.masks
    for i in range(w.roles.size):
        if w.kinds[i] == PLAYS:
            own = above.actions[i]
            node.histories[i] = intern(parent, action, seen, lookup, w.histories, above.histories[i], own, node.signals[i])
        for a in range(masks.shape[1]):
            masks[i, a] = 0
        legal(table, node.state, i, masks[i])
    for role in range(2):
        node.sequences[role] = above.leaving[role]


@compiled
def follow_tables(w, nodes, book, d):
    """Carry policies' memories and histories to depth d; a history that no table knows is lost for good."""
    above, node = nodes[d - 1], nodes[d]
    lost = -1 - w.roles.size
    for i in range(w.roles.size):
        if w.kinds[i] == TABULAR:
            h = above.known[i]
            if h != lost:
                h = find(book.parent, book.action, book.seen, book.lookup, h, above.actions[i], node.signals[i])
            node.known[i] = h if h >= 0 else lost
        elif w.kinds[i] == SCRIPTED:
            for k in range(node.before.shape[1]):
                node.before[i, k] = above.after[i, k]


@inlined
def go_on(w, table, nodes, book, acts, d):
    """Let everyone choose at depth d, where play has just arrived and the options of agents who play are listed."""
    first_tape(nodes[d].draws, TAPE)
    if w.policies:
        follow_tables(w, nodes, book, d)
        list_policies(w, table, nodes[d], book, acts)
    take_first(w, nodes[d])


@compiled
def turn_back(w, table, nodes, book, acts, d):
    """Turn to what comes next once all below depth d is walked: the depth it is at, or -1 at the end of the walk."""
    while d >= 0:
        turn = advance(w, nodes[d], d)
        if turn == NEXT_DRAW:
            list_policies(w, table, nodes[d], book, acts)
            take_first(w, nodes[d])
        if turn != SPENT:
            break
        d -= 1
    return d


@inlined
def take_first(w, node):
    """Take every agent's first option and the first outcome of the transition."""
    for role in range(2):
        node.leaving[role] = node.sequences[role]
    for i in range(w.roles.size):
        if node.options[i] == 0 and w.fault == 0:
            w.fault = NO_ACTION
        node.choice[i] = 0
        take(w, node, i)
    if node.draws.fault != 0:
        w.fault = node.draws.fault
    settle(w, node)


@inlined
def take(w, node, i):
    """Make the chosen option of agent i its action and, where it had a choice, its role's sequence."""
    k = node.choice[i]
    node.actions[i] = node.option_action[i, k]
    if node.option_sequence[i] >= 0:
        node.leaving[w.roles[i]] = node.option_sequence[i] + k


@inlined
def settle(w, node):
    """The joint action stands: multiply the weight by the policies' part and begin the transition's outcomes."""
    node.factor = node.weight
    if w.policies:
        node.factor *= node.draws.probability
        for i in range(w.roles.size):
            if w.kinds[i] != PLAYS:
                node.factor *= node.option_weight[i, node.choice[i]]
    first_tape(node.chance, TAPE)


@inlined
def list_legal(w, node, set_of, sets, sequence_action):
    """The options of agents who play: their legal actions, an information set where there are two or more."""
    for i in range(w.roles.size):
        node.option_sequence[i] = -1
        if w.kinds[i] == PLAYS:
            n = np.int64(0)  # a literal 0 would have the callee compiled once more
            for a in range(node.masks.shape[1]):
                if node.masks[i, a]:
                    node.option_action[i, n] = a
                    n += 1
            node.options[i] = n
            if n > 1:
                node.option_sequence[i] = information_set(w, node, set_of, sets, sequence_action, i, n)


@inlined
def information_set(w, node, set_of, sets, sequence_action, i, n):
    """First sequence of the information set of agent i's history, entered where new."""
    role = w.roles[i]
    s = set_of[node.histories[i]]
    if s < 0:
        s = w.sets[role]
        first = w.sequences[role]
        set_of[node.histories[i]] = s
        sets[role, s].first = first
        sets[role, s].parent = node.sequences[role]
        sets[role, s].history = node.histories[i]
        for k in range(n):
            sequence_action[role, first + k] = node.option_action[i, k]
        sets[role, s + 1].first = first + n
        w.sets[role] = s + 1
        w.sequences[role] = first + n
        return first
    first = sets[role, s].first
    if sets[role, s + 1].first - first != n:
        w.fault = MASK_DIFFERS
        return first
    for k in range(n):
        if sequence_action[role, first + k] != node.option_action[i, k]:
            w.fault = MASK_DIFFERS
    if sets[role, s].parent != node.sequences[role]:
        w.fault = RECALL_IMPERFECT
    return first


@compiled
def list_policies(w, table, node, book, acts):
    """The options of agents who follow policies, under the present draws of the policies."""
    for i in range(w.roles.size):
        if w.kinds[i] != PLAYS:
            list_policy(w, table, node, book, acts, i)


@compiled
def list_policy(w, table, node, book, acts, i):
    """The options of an agent who follows a policy: its actions of positive probability."""
    ask_policy(w, table, node, book, acts, i)
    p = node.probabilities
    total = 0.0
    legal_actions = 0
    for a in range(p.size):
        if not (p[a] == 0.0 or (p[a] > 0.0 and node.masks[i, a])):
            w.fault = BAD_PROBABILITIES
        total += p[a]
        legal_actions += node.masks[i, a]
    # Where a table says nothing, every legal action is equally likely.
    silent = total == 0.0
    if silent and w.kinds[i] == SCRIPTED:
        w.fault = BAD_PROBABILITIES
    n = 0
    for a in range(p.size):
        if p[a] > 0.0 or (silent and node.masks[i, a]):
            node.option_action[i, n] = a
            node.option_weight[i, n] = 1.0 / legal_actions if silent else p[a] / total
            n += 1
    node.options[i] = n


@compiled
def ask_policy(w, table, node, book, acts, i):
    """Fill the node's `probabilities` by agent i's policy; all zero where a table says nothing."""
    p = node.probabilities[:]
    for a in range(p.size):
        p[a] = 0.0
    if w.kinds[i] == SCRIPTED:
        for k in range(node.before.shape[1]):
            node.after[i, k] = node.before[i, k]
        call_act(acts, i, table, node.after[i], node.signals[i], node.masks[i], node.draws, p)
    elif w.kinds[i] == TABULAR and node.known[i] >= 0:
        h = node.known[i]
        for k in range(book.first[h], book.first[h + 1]):
            p[book.choice[k]] = book.weight[k]


@inlined
def advance(w, node, d):
    """Move a node to its next outcome or joint action (NEXT) or draw of the policies (NEXT_DRAW), or SPENT."""
    if next_tape(node.chance):
        return NEXT
    if d == 0:
        return SPENT
    for i in range(w.roles.size - 1, -1, -1):
        node.choice[i] += 1
        more = node.choice[i] < node.options[i]
        if not more:
            node.choice[i] = 0
        take(w, node, i)
        if more:
            settle(w, node)
            return NEXT
    if next_tape(node.draws):
        return NEXT_DRAW
    return SPENT
