"""The four rules of the attack-graph game, their records, and the table made from a graph.

Nodes stand in topological order. The attacker's elements are numbered by the node they attack: one
for an AND node, one for each edge into an OR node. Agents 0, 1, ... are the defenders of the zones,
the last agent is the attacker. Action 0 is *pass*, 1 + i is element i (attacker) or the i-th node of
the zone (defender).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gamesolve.games.attack_graph.graph import AttackGraph
from gamesolve.rules import ATTACKER, DEFENDER, PASS, allow_pick, flip, record, rounded_size, rule

BEFORE_FIRST = -1


@dataclass(frozen=True)
class Sizes:
    """Rounded sizes of the arrays in records: networks that agree in them share compiled code."""

    nodes: int
    elements: int
    agents: int
    picks: int

    @classmethod
    def of(cls, graph: AttackGraph, *, defenders: int, attacker_picks: int) -> Sizes:
        """The sizes that hold a graph: small graphs agree in them, whatever their edges."""
        nodes = range(len(graph.nodes))
        into_or = sum(len(graph.incoming[v]) for v in nodes if graph.nodes[v].type == "or")
        exploits = sum(graph.nodes[v].type == "and" for v in nodes)
        most = max(exploits + into_or, len(graph.edges) - into_or, 16)
        return cls(rounded_size(len(nodes)), rounded_size(most), rounded_size(defenders + 1), rounded_size(attacker_picks))


def state_record(sizes: Sizes) -> np.dtype:
    """STATE: which nodes are active, and what has been picked so far in this epoch."""
    return record(
        active=("i1", sizes.nodes),
        protected=("i1", sizes.nodes),
        attacks=("i2", sizes.picks),
        last=("i2", sizes.agents),
        phase="i2",
    )


def table_record(sizes: Sizes) -> np.dtype:
    """TABLE: counts, then nodes, elements, zones; ranges are [first[i], first[i + 1])."""
    n, e, a = sizes.nodes, sizes.elements, sizes.agents
    return record(
        nodes="i4",
        elements="i4",
        defenders="i4",
        targets="i4",
        picks="i4",
        attacker_picks="i4",
        defender_picks="i4",
        zero_sum="i4",
        epochs="i4",
        discount="f8",
        # An AND node's preconditions are parent[parent_first[v]:parent_first[v + 1]].
        is_or=("i1", n),
        parent_first=("i4", n + 1),
        parent=("i2", e),
        element_first=("i4", n + 1),
        element_node=("i2", e),
        element_source=("i2", e),
        failure=("f8", e),
        attack_cost=("f8", e),
        protect_cost=("f8", n),
        target=("i2", n),
        reward=("f8", n),
        damage=("f8", n),
        zone_first=("i2", a + 1),
        sensor_first=("i2", a + 1),
        sensor_node=("i2", n),
        p1=("f8", n),
        p0=("f8", n),
    )


@rule
def reset(table, state, memory, chance):
    """All nodes inactive, nothing picked."""
    for agent in range(table.defenders + 1):
        state.last[agent] = BEFORE_FIRST


@rule
def legal(table, state, agent, mask):
    """Which elements may be picked next; *pass* always may."""
    mask[PASS] = True
    if agent < table.defenders:
        for i in range(table.zone_first[agent + 1] - table.zone_first[agent]):
            allow_pick(mask, i, state.last[agent], state.phase, table.defender_picks)
        return
    last = state.last[agent]
    if last == PASS or state.phase >= table.attacker_picks:
        return
    for v in range(table.nodes):
        if state.active[v]:
            continue
        first = table.element_first[v]
        if table.is_or[v]:
            for element in range(first, table.element_first[v + 1]):
                if state.active[table.element_source[element]]:
                    allow_pick(mask, element, last, state.phase, table.attacker_picks)
        elif parents_active(table, state.active, v):
            allow_pick(mask, first, last, state.phase, table.attacker_picks)


@rule
def parents_active(table, active, v):
    """Whether all preconditions of an AND node hold (`active` i1 [nodes])."""
    for k in range(table.parent_first[v], table.parent_first[v + 1]):  # noqa: SIM110 - generators do not compile
        if not active[table.parent[k]]:
            return False
    return True


@rule
def step(table, state, actions, chance, reward):
    """One pick of every agent; the last pick of an epoch moves the network."""
    attacker = table.defenders
    for agent in range(attacker):
        if actions[agent] != PASS:
            state.protected[table.zone_first[agent] + actions[agent] - 1] = 1
    if state.phase < table.attacker_picks:
        state.attacks[state.phase] = actions[attacker]
    state.phase += 1
    if state.phase < table.picks:
        for agent in range(attacker + 1):
            state.last[agent] = actions[agent]
        return False
    attack(table, state, chance, reward)
    protect(table, state, reward)
    collect(table, state, reward)
    state.phase = 0
    for agent in range(attacker + 1):
        state.last[agent] = BEFORE_FIRST
    return False


@rule
def attack(table, state, chance, reward):
    """Carry out the attacker's picks: a node under attack, if unprotected, activates by chance.

    Picks ascend and elements are numbered by node, so the edges chosen into one OR node are neighbours.
    """
    failure = 1.0
    for k in range(table.attacker_picks):
        if state.attacks[k] == PASS:
            return
        element = state.attacks[k] - 1
        v = table.element_node[element]
        reward[ATTACKER] -= table.attack_cost[element]
        failure *= table.failure[element]
        more = k + 1 < table.attacker_picks and state.attacks[k + 1] != PASS and table.element_node[state.attacks[k + 1] - 1] == v
        if not more:
            if not state.protected[v] and not state.active[v] and flip(chance, 1.0 - failure):
                state.active[v] = 1
            failure = 1.0


@rule
def protect(table, state, reward):
    """Protected nodes become or stay inactive."""
    for v in range(table.nodes):
        if state.protected[v]:
            reward[DEFENDER] -= table.protect_cost[v]
            state.active[v] = 0
            state.protected[v] = 0


@rule
def collect(table, state, reward):
    """Every active target pays; zero-sum: the attacker's payoff minus the defender's."""
    for k in range(table.targets):
        v = table.target[k]
        if state.active[v]:
            reward[ATTACKER] += table.reward[v]
            reward[DEFENDER] -= table.damage[v]
    if table.zero_sum:
        reward[ATTACKER] -= reward[DEFENDER]
        reward[DEFENDER] = -reward[ATTACKER]


@rule
def observe(table, state, memory, actions, chance, signals):
    """Before the first pick of an epoch: the whole state to the attacker, alerts to the defenders.

    There is no alert before the first epoch, as nothing has happened yet. Between picks all signals are 0.
    """
    attacker = table.defenders
    if state.phase != 0 or actions[attacker] < 0:
        return
    for v in range(table.nodes):
        signals[attacker, v] = state.active[v]
    for agent in range(attacker):
        first = table.sensor_first[agent]
        for k in range(first, table.sensor_first[agent + 1]):
            v = table.sensor_node[k]
            signals[agent, k - first] = flip(chance, table.p1[v] if state.active[v] else table.p0[v])


def make_table(graph: AttackGraph, sizes: Sizes, *, chosen: dict[str, float]) -> np.ndarray:
    """TABLE [1] of a graph; `chosen` holds the counts and settings that stand under the same names in TABLE."""
    table = np.zeros(1, table_record(sizes))
    row = table[0]
    for key, value in chosen.items():
        row[key] = value
    _fill_nodes(row, graph)
    _fill_elements(row, graph)
    _fill_zones(row, graph, int(chosen["defenders"]))
    return table


def zone_bounds(nodes: int, zones: int) -> list[int]:
    """First node of each zone, and the number of nodes: blocks in topological order, sizes differing by at most one."""
    return [zone * nodes // zones for zone in range(zones + 1)]


def _fill_nodes(row: np.void, graph: AttackGraph) -> None:
    row["nodes"], row["targets"] = len(graph.nodes), len(graph.targets)
    row["target"][: len(graph.targets)] = graph.targets
    links = 0
    for v, node in enumerate(graph.nodes):
        row["is_or"][v] = node.type == "or"
        row["protect_cost"][v] = node.protect_cost
        row["reward"][v] = node.reward or 0.0
        row["damage"][v] = node.damage or node.reward or 0.0
        if node.type == "and":
            for parent in graph.parents(v):
                row["parent"][links] = parent
                links += 1
        row["parent_first"][v + 1] = links


def _fill_elements(row: np.void, graph: AttackGraph) -> None:
    count = 0
    for v, node in enumerate(graph.nodes):
        attacks = [(graph.ends[e][0], graph.edges[e]) for e in graph.incoming[v]] if node.type == "or" else [(-1, node)]
        for source, attacked in attacks:
            row["element_node"][count] = v
            row["element_source"][count] = source
            row["failure"][count] = 1.0 - attacked.probability
            row["attack_cost"][count] = attacked.attack_cost
            count += 1
        row["element_first"][v + 1] = count
    row["elements"] = count


def _fill_zones(row: np.void, graph: AttackGraph, defenders: int) -> None:
    bounds = zone_bounds(len(graph.nodes), defenders)
    row["zone_first"][: defenders + 1] = bounds
    sensors = 0
    for zone in range(defenders):
        for v in range(bounds[zone], bounds[zone + 1]):
            node = graph.nodes[v]
            if node.p1 is not None:
                row["sensor_node"][sensors] = v
                row["p1"][v], row["p0"][v] = node.p1, node.p0
                sensors += 1
        row["sensor_first"][zone + 1] = sensors
