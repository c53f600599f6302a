"""The compiled simulation loop. A template, bound to one game by `specialise`.

Each episode draws from streams of its own, keyed by (seed, episode) for the game's chance and by
(seed, episode, agent) for each policy, so what happens in an episode depends on nothing else.
All that belongs to a row of the batch lies in one record (`row_record`), so compiled functions pass
pointers and count no references.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gamesolve.base.compiled import compiled, inlined
from gamesolve.rules.chance import advance, fraction, mix, pick, seed_stream
from gamesolve.rules.record import clear
from gamesolve.views.acting import ASKED, PLAYS, SCRIPTED, TABULAR, UNIFORM, drawn_way
from gamesolve.views.call_act import call_act
from gamesolve.views.histories import find

reset: Any = None
legal: Any = None
step: Any = None
observe: Any = None

BAD_PROBABILITIES, NO_ACTION, ILLEGAL = 103, 102, 105
#: Masks up to this length are searched without branches: a mispredicted one costs more than the whole search.
SHORT = 16


def loop_record(agents: int, slots: int, script: int) -> np.dtype:
    """The record of what is the same for every row, and of counters: N agents, M bytes of policy memory.

    Every way in which an agent may act is a slot; where its role follows a mixture there are several, one of them drawn an episode.
    """
    return np.dtype(
        [
            ("seed", "i8"),
            ("restart", "i8"),  # whether all rows begin anew
            ("first", "i8"),  # number of the first episode
            ("last", "i8"),  # rows stand still from this episode on
            ("discount", "f8"),
            ("picks", "i8"),
            ("steps", "i8"),  # after which an episode ends, or -1
            ("transient", "i8"),  # bytes of a row, from here ...
            ("transient_end", "i8"),  # ... to here, hold the state's transient fields
            ("joint_steps", "i8"),
            ("decisions", "i8"),
            ("fault", "i8"),
            ("policies", "i8"),  # whether any agent follows a rule or a table
            ("drawn", "i8"),  # whether any role follows a mixture
            ("own_actions", "i4", (agents,)),
            ("roles", "i4", (agents,)),
            ("turns", "i8", (agents,)),  # see `Drawn`
            ("slots", "i4", (agents + 1,)),  # agent i owns slots[i] to slots[i + 1] - 1
            ("kinds", "i4", (slots,)),  # how an agent acts (views/acting.py)
            ("chances", "f8", (slots,)),
            ("memories", "u1", (slots, script)),  # policies' memory at the start
        ],
        align=True,
    )


def row_record(state: np.dtype, memory: np.dtype, agents: int, width: int, actions: int, script: int) -> np.dtype:
    """The record of one row: N agents, W signals, A actions, M bytes of policy memory."""
    return np.dtype(
        [
            ("state", state),
            ("memory", memory),
            ("streams", "u8", (1 + agents,)),
            ("scripts", "u1", (agents, script)),
            ("returns", "f8", (2,)),
            ("rewards", "f8", (2,)),
            ("probabilities", "f8", (actions,)),
            ("weight", "f8"),
            ("episode", "i8"),
            ("elapsed", "i4"),
            ("known", "i4", (agents,)),  # history of agents who follow a table
            ("slot", "i4", (agents,)),  # how each agent acts in this episode
            ("actions", "i4", (agents,)),
            ("own", "i4", (agents,)),  # last action of agents who follow a table, -1 at first
            ("signals", "i2", (agents, width)),
            ("masks", "u1", (agents, actions)),
            ("done", "u1"),
        ],
        align=True,
    )


@inlined
def begin(loop, table, rows, blank, chance, b, episode):
    """Start an episode in row b."""
    rows[b] = blank[0]
    row = rows[b]
    row.episode = episode
    for who in range(row.streams.size):
        row.streams[who] = seed_stream(loop.seed, episode, who)
    if loop.drawn:
        draw_slots(loop, row)
    chance.stream = row.streams[0]
    reset(table, row.state, row.memory, chance)
    look(table, row, chance)
    row.streams[0] = chance.stream


@compiled
def draw_slots(loop, row):
    """Draw for each role how its agents act in the episode, by a stream of the role's own, or let its ways take turns."""
    agents = row.slot.size
    for i in range(agents):
        stream = advance(seed_stream(loop.seed, row.episode, 1 + agents + loop.roles[i]))
        first = loop.slots[i]
        drawn = first + drawn_way(loop.chances[first : loop.slots[i + 1]], loop.turns[i], row.episode, fraction(stream))
        row.slot[i] = drawn
        row.known[i] = -1 - drawn
        for k in range(row.scripts.shape[1]):
            row.scripts[i, k] = loop.memories[drawn, k]


@inlined
def look(table, row, chance):
    """Fill a row's signals and masks for its present state."""
    # Loops of single stores: assigning to a slice costs several times the step itself.
    signals, masks = row.signals, row.masks
    for i in range(masks.shape[0]):
        for k in range(signals.shape[1]):
            signals[i, k] = 0
        for a in range(masks.shape[1]):
            masks[i, a] = 0
    observe(table, row.state, row.memory, row.actions, chance, signals)
    for i in range(masks.shape[0]):
        legal(table, row.state, i, masks[i])


@inlined
def choose_at_random(loop, row):
    """Choose for the agents of a row who act at random; returns how many agents had a decision to make."""
    masks = row.masks
    decisions = 0
    for i in range(masks.shape[0]):
        mask = masks[i]
        legal_actions = count_legal(mask)
        decisions += legal_actions > 1
        if legal_actions == 0:
            loop.fault = NO_ACTION
        elif loop.kinds[row.slot[i]] == UNIFORM:
            row.actions[i] = draw_legal(row, mask, legal_actions, i)
        elif loop.kinds[row.slot[i]] == PLAYS or loop.kinds[row.slot[i]] == ASKED:
            a = row.actions[i]
            if a < 0 or a >= mask.size or mask[a] == 0:
                loop.fault = ILLEGAL
    return decisions


@inlined
def draw_legal(row, mask, legal_actions, i):
    """One of agent i's legal actions, uniformly, by its own stream."""
    n = next_below(row.streams, 1 + i, legal_actions) if legal_actions > 1 else 0
    return n if legal_actions == mask.size else nth_legal(mask, n)


@inlined
def next_uniform(streams, who):
    """The next number of one of a row's streams, as `chance.uniform` would draw it."""
    streams[who] = advance(streams[who])
    return fraction(streams[who])


@inlined
def next_below(streams, who, n):
    """One of 0, ..., n - 1 by the next number of a row's streams: its upper 32 bits times n, over 2^32."""
    streams[who] = advance(streams[who])
    return np.int64(((mix(streams[who]) >> np.uint64(32)) * np.uint64(n)) >> np.uint64(32))


@inlined
def count_legal(mask):
    """Number of legal actions."""
    count = 0
    for a in range(mask.size):
        count += mask[a]
    return count


@inlined
def nth_legal(mask, n):
    """The n-th legal action."""
    if mask.size <= SHORT:
        action = 0
        for a in range(mask.size):
            n -= mask[a]
            action += n >= 0
        return action
    for a in range(mask.size):
        n -= mask[a]
        if n < 0:
            return a
    return 0


@inlined
def follow_policies(loop, table, row, chance, book, acts):
    """Choose for the agents of a row who follow a rule or a table."""
    for i in range(row.known.size):
        follow_policy(loop, table, row, chance, book, acts, i)


@inlined
def follow_policy(loop, table, row, chance, book, acts, i):
    """Choose for agent i of a row, if it follows a rule or a table."""
    kind = loop.kinds[row.slot[i]]
    if kind == SCRIPTED:
        row.actions[i] = act_scripted(loop, table, row, chance, acts, i)
    elif kind == TABULAR:
        lost = -1 - loop.kinds.size
        if row.known[i] != lost:
            h = find(book.parent, book.action, book.seen, book.lookup, row.known[i], row.own[i], row.signals[i])
            row.known[i] = h if h >= 0 else lost
        row.actions[i] = act_by_table(row, book, i)
        row.own[i] = row.actions[i]


@compiled
def decide(loops, tables, rows, raw, blank, chances, book, acts, i):
    """Let agent i's policy choose from the signals and mask that stand in row 0; the action, or -1 where none is legal."""
    loop, row = loops[0], rows[0]
    legal_actions = count_legal(row.masks[i])
    if legal_actions == 0:
        return -1
    if loop.kinds[row.slot[i]] == UNIFORM:
        return draw_legal(row, row.masks[i], legal_actions, i)
    follow_policy(loop, tables[0], row, chances[0], book, acts, i)
    return row.actions[i]


@inlined
def act_scripted(loop, table, row, chance, acts, i):
    """Draw an action of a scripted policy from its own stream."""
    chance.stream = row.streams[1 + i]
    # Not the room for any agent's actions: another's may be many more.
    p = row.probabilities[: loop.own_actions[i]]
    mask = row.masks[i][: loop.own_actions[i]]
    p[:] = 0.0
    call_act(acts, row.slot[i], table, row.scripts[i], row.signals[i], mask, chance, p)
    a = pick(chance, p)
    row.streams[1 + i] = chance.stream
    if chance.fault != 0 or mask[a] == 0:
        loop.fault = BAD_PROBABILITIES
        chance.fault = 0
    return a


@compiled
def act_by_table(row, book, i):
    """Draw an action from a table; every legal one is equally likely where the table is silent."""
    mask = row.masks[i]
    legal_actions = count_legal(mask)
    if legal_actions == 1:
        return nth_legal(mask, 0)
    h = row.known[i]
    point = next_uniform(row.streams, 1 + i)
    chosen = -1
    if h >= 0:
        for k in range(book.first[h], book.first[h + 1]):
            if book.weight[k] > 0.0:
                chosen = book.choice[k]
                point -= book.weight[k]
                if point < 0.0:
                    break
    return chosen if chosen >= 0 else nth_legal(mask, np.int64(point * legal_actions))


@inlined
def play(loop, table, rows, raw, chance, b):
    """Play the chosen joint action in row b; True when the episode is over. Observes unless it is."""
    row = rows[b]
    chance.stream = row.streams[0]
    rewards = row.rewards
    rewards[0] = 0.0
    rewards[1] = 0.0
    clear(raw, b, loop.transient, loop.transient_end)
    over = step(table, row.state, row.actions, chance, rewards)
    row.returns[0] += row.weight * rewards[0]
    row.returns[1] += row.weight * rewards[1]
    row.elapsed += 1
    if loop.picks == 1 or row.elapsed % loop.picks == 0:
        row.weight *= loop.discount
    over = over or row.elapsed == loop.steps
    if not over:
        look(table, row, chance)
    row.streams[0] = chance.stream
    if chance.fault != 0:
        loop.fault = chance.fault
    return over


@compiled
def replay(loops, tables, rows, raw, chances):
    """Play the actions in row 0 with chance as it stands (a tape, for checks); True when the episode is over."""
    return play(loops[0], tables[0], rows, raw, chances[0], 0)


@compiled
def drive(loops, tables, rows, raw, blank, chances, book, acts, count, results):
    """Play `count` joint steps in every row, beginning anew first where `restart` says so.

    A row whose episode ends goes on with the episode B further on; once that number reaches `last`
    it stands still, as its last episode left it. `results` f8 [n, 2] takes the discounted returns of episodes first to
    first + n - 1 as they end (n may be 0).
    """
    loop, table, chance = loops[0], tables[0], chances[0]
    if loop.restart:
        for b in range(rows.size):
            begin(loop, table, rows, blank, chance, b, loop.first + b)
        loop.restart = 0
    decisions = joint_steps = 0
    # Row by row: no row needs another, and one row's record stays in the nearest cache while it plays.
    for b in range(rows.size):
        row = rows[b]
        for _ in range(count):
            if row.episode >= loop.last:
                break
            if loop.policies:
                follow_policies(loop, table, row, chance, book, acts)
            decisions += choose_at_random(loop, row)
            if loop.fault != 0:
                return
            joint_steps += 1
            over = play(loop, table, rows, raw, chance, b)
            if over:
                renew(loop, table, rows, blank, chance, b, results)
            row.done = over
    loop.decisions += decisions
    loop.joint_steps += joint_steps


@inlined
def renew(loop, table, rows, blank, chance, b, results):
    """Note the returns of the episode that has just ended in row b, and start the row's next one, if there is one."""
    row = rows[b]
    k = row.episode - loop.first
    if k < results.shape[0]:
        results[k, 0] = row.returns[0]
        results[k, 1] = row.returns[1]
    if row.episode + rows.size >= loop.last:
        row.episode += rows.size
        return
    reward0, reward1 = row.rewards[0], row.rewards[1]
    begin(loop, table, rows, blank, chance, b, row.episode + rows.size)
    row.rewards[0] = reward0
    row.rewards[1] = reward1
