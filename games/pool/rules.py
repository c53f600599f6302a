"""The four rules of the pool, their records, and where its signals stand.

Agents 0, 1, ... are the defenders, the last agent is the attacker. Agent i acts on the resources
first[i], ..., first[i] + share[i] - 1. Action 0 is *sleep*, 1 + i flips the i-th of them, 1 + share + i
checks it.
"""

from __future__ import annotations

import numpy as np

from gamesolve.games.flipit import ago
from gamesolve.rules import ATTACKER, DEFENDER, record, rounded_size, rule

SLEEP = 0
NOTHING = -1
EPOCH = 0  # place of the signal "epoch"; blocks of one signal a resource follow it


def state_record(resources: int, agents: int) -> np.dtype:
    """STATE: who owns each resource. `shown`: the owner that each agent's look in this epoch shows it."""
    return record(owner=("i1", rounded_size(resources)), transient={"shown": ("i1", rounded_size(agents))})


def memory_record(resources: int) -> np.dtype:
    """MEMORY: by role and resource, the epochs (from 1; 0: never) of the last flip and look, and the owner that the look showed."""
    size = rounded_size(resources)
    return record(epoch="i4", flipped=("i4", (2, size)), looked=("i4", (2, size)), seen=("i1", (2, size)))


def table_record(resources: int, agents: int) -> np.dtype:
    """TABLE: counts, then resources, costs by role and resource, and each agent's share."""
    size, room = rounded_size(resources), rounded_size(agents)
    return record(
        resources="i4",
        defenders="i4",
        checks="i4",
        zero_sum="i4",
        most="i4",
        value=("f8", size),
        flip_cost=("f8", (2, size)),
        check_cost=("f8", (2, size)),
        first=("i4", room),
        share=("i4", room),
    )


@rule
def reset(table, state, memory, chance):
    """The defender owns every resource."""
    for r in range(table.resources):
        state.owner[r] = DEFENDER


@rule
def legal(table, state, agent, mask):
    """Everything is always allowed on an agent's own resources."""
    for action in range(1 + (1 + table.checks) * table.share[agent]):
        mask[action] = True


@rule
def flipped(table, agent, action):
    """The resource that an action flips, or NOTHING."""
    return table.first[agent] + action - 1 if 1 <= action <= table.share[agent] else NOTHING


@rule
def checked(table, agent, action):
    """The resource that an action checks, or NOTHING."""
    return table.first[agent] + action - 1 - table.share[agent] if action > table.share[agent] else NOTHING


@rule
def role_of(table, agent):
    """The role of an agent."""
    return ATTACKER if agent == table.defenders else DEFENDER


@rule
def step(table, state, actions, chance, reward):
    """Flips show who held the resources before any of them, checks who holds them afterwards; then control is paid."""
    attacker = table.defenders
    for agent in range(attacker + 1):
        r = flipped(table, agent, actions[agent])
        if r != NOTHING:
            state.shown[agent] = state.owner[r]
            reward[role_of(table, agent)] -= table.flip_cost[role_of(table, agent), r]
    # The attacker's flip comes first, so that the defender keeps what both flip.
    for k in range(attacker + 1):
        agent = attacker - k
        r = flipped(table, agent, actions[agent])
        if r != NOTHING:
            state.owner[r] = role_of(table, agent)
    for agent in range(attacker + 1):
        r = checked(table, agent, actions[agent])
        if r != NOTHING:
            state.shown[agent] = state.owner[r]
            reward[role_of(table, agent)] -= table.check_cost[role_of(table, agent), r]
    pay_control(table, state, reward)
    return False


@rule
def pay_control(table, state, reward):
    """Every resource pays its owner its value; zero-sum: each role gets its own benefit minus the other's."""
    for r in range(table.resources):
        reward[DEFENDER] += table.value[r] * (1 - state.owner[r])
        reward[ATTACKER] += table.value[r] * state.owner[r]
    if table.zero_sum:
        reward[DEFENDER] -= reward[ATTACKER]
        reward[ATTACKER] = -reward[DEFENDER]


@rule
def observe(table, state, memory, actions, chance, signals):
    """Tell each agent the time and what it remembers of its own resources."""
    if actions[0] >= 0:
        memory.epoch += 1
        for agent in range(table.defenders + 1):
            remember(table, state, memory, agent, actions[agent])
    for agent in range(table.defenders + 1):
        role = role_of(table, agent)
        signals[agent, EPOCH] = min(memory.epoch, table.most)
        for i in range(table.share[agent]):
            r = table.first[agent] + i
            signals[agent, flip_place(table, agent, i)] = ago(table, memory.epoch, memory.flipped[role, r])
            if table.checks:
                signals[agent, look_place(table, agent, i)] = ago(table, memory.epoch, memory.looked[role, r])
            signals[agent, owner_place(table, agent, i)] = memory.seen[role, r]


@rule
def remember(table, state, memory, agent, action):
    """Write down an agent's flip or check, and what it showed."""
    if action == SLEEP:
        return
    role, r = role_of(table, agent), flipped(table, agent, action)
    if r != NOTHING:
        memory.flipped[role, r] = memory.epoch
    else:
        r = checked(table, agent, action)
    memory.looked[role, r] = memory.epoch
    memory.seen[role, r] = state.shown[agent]


@rule
def flip_place(table, agent, i):
    """Place of the signal "own flip" of an agent's i-th resource."""
    return EPOCH + 1 + i


@rule
def look_place(table, agent, i):
    """Place of the signal "own look"; there is none without checks, when every look is a flip."""
    return EPOCH + 1 + table.share[agent] + i


@rule
def owner_place(table, agent, i):
    """Place of the signal "owner seen"."""
    return EPOCH + 1 + (1 + table.checks) * table.share[agent] + i


def make_table(values: np.ndarray, *, flip_costs: np.ndarray, check_costs: np.ndarray, chosen: dict[str, int]) -> np.ndarray:
    """TABLE [1] from values f8 [resources] and costs f8 [2, resources]; `chosen` holds `defenders` and what else stands under its name."""
    resources, bounds = len(values), share_bounds(len(values), chosen["defenders"])
    table = np.zeros(1, table_record(resources, len(bounds)))
    row = table[0]
    for key, value in chosen.items():
        row[key] = value
    row["resources"] = resources
    row["value"][:resources] = values
    row["flip_cost"][:, :resources] = flip_costs
    row["check_cost"][:, :resources] = check_costs
    row["first"][: len(bounds)] = [*bounds[:-1], 0]
    row["share"][: len(bounds)] = [*np.diff(bounds), resources]
    return table


def share_bounds(resources: int, defenders: int) -> list[int]:
    """First resource of each defender's share, and the number of resources: neighbours, sizes differing by at most one."""
    return [k * resources // defenders for k in range(defenders + 1)]
