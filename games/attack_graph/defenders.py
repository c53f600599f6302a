"""Scripted defenders of Nguyen, Wright, Wellman, Singh 2018, section 5.2. Each guards its agent's zone.

Simple ones draw from a fixed set of nodes. Belief versions keep particles of the network's state,
moved by an assumed attacker and weighted by the alerts, and protect what is most at risk.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from pydantic import Field

from gamesolve.games.attack_graph import rules
from gamesolve.games.attack_graph.attackers import (
    MAX_SAMPLES,
    act_none,
    choose_by_value,
    choose_by_walk,
    choose_uniformly,
    fill_habit,
    plan_fields,
    thought_fields,
)
from gamesolve.games.attack_graph.graph import AttackGraph
from gamesolve.games.attack_graph.rules import Sizes, state_record
from gamesolve.games.attack_graph.sets import HABIT, clear, count_positive, draw_set, number_to_take, play_next, sharpen
from gamesolve.rules import Game, Scripted, Settings, pick, record, rule

PAPER = "Nguyen, Wright, Wellman, Singh 2018, section 5.2"
NodeSet = Callable[[AttackGraph], Iterable[int]]
UNIFORM, BY_VALUE, BY_WALK = 0, 1, 2
MAX_PARTICLES = 64


class Fixed(Settings):
    """Settings of `uniform`, `min_cut`, `targets_only` and `roots_only`."""

    ratio: float = Field(0.5, ge=0.0, le=1.0, description="share of the set that is protected")
    noise: float = Field(0.0, ge=0.0, le=100.0, description="standard deviation of the number protected")
    minimum: int = Field(1, ge=0, le=64, description="least number protected, where the set is so large")
    maximum: int = Field(64, ge=0, le=64, description="greatest number protected, within defender_picks")


class Belief(Fixed):
    """Settings of the belief versions."""

    temperature: float = Field(3.0, ge=0.0, le=100.0, description="weight of a node's estimated value in the softmax")
    particles: int = Field(32, ge=1, le=MAX_PARTICLES, description="particles of the belief")
    attack_ratio: float = Field(0.5, ge=0.0, le=1.0, description="assumed attacker: share of the candidates")
    attack_temperature: float = Field(3.0, ge=0.0, le=100.0, description="assumed attacker: temperature")
    attack_samples: int = Field(4, ge=1, le=MAX_SAMPLES, description="assumed attacker: random walks")


def fixed_record(actions: int) -> np.dtype:
    """Memory of a defender who draws from a fixed set of actions."""
    return record(**plan_fields(actions), candidate=("i1", actions), habit=HABIT)


def belief_record(sizes: Sizes, actions: int) -> np.dtype:
    """Memory of a defender who believes: particles, and a state in which the rules themselves are played."""
    n = sizes.nodes
    return record(
        **plan_fields(actions),
        **thought_fields(sizes, samples=MAX_SAMPLES),
        habit=HABIT,
        assumed=HABIT,
        kind="i4",
        agent="i4",
        particles="i4",
        imagined=state_record(sizes),
        reward=("f8", 2),
        candidates=("i1", sizes.elements + 1),
        attack_weight=("f8", sizes.elements + 1),
        attack_plan=("i1", sizes.elements + 1),
        belief=("i1", (MAX_PARTICLES, n)),
        moved=("i1", (MAX_PARTICLES, n)),
        likelihood=("f8", MAX_PARTICLES),
        importance=("f8", n),
        gain=("f8", actions),
    )


@rule
def act_fixed(table, memory, signal, mask, chance, probabilities):
    """Protect a number of nodes of the fixed set, each subset of that size equally likely."""
    if memory.phase == 0:
        clear(memory.plan)
        count = 0
        for a in range(1, mask.size):
            probabilities[a] = 1.0 if mask[a] and memory.candidate[a] else 0.0
            count += probabilities[a] > 0.0
        draw_set(chance, probabilities, number_to_take(memory.habit, chance, count, table.defender_picks), memory.plan)
    play_next(table, memory, probabilities)


@rule
def act_on_belief(table, memory, signal, mask, chance, probabilities):
    """Protect by softmax of estimated gains, among nodes where protection is worth its cost."""
    if memory.phase == 0:
        if memory.epoch > 0:
            for k in range(memory.particles):
                advance(table, memory, k, chance)
                memory.likelihood[k] = likelihood(table, memory, memory.belief[k], signal)
            resample(table, memory, chance)
        estimate(table, memory, chance)
        for a in range(1, mask.size):
            probabilities[a] = 1.0 if mask[a] and memory.gain[a] > 0.0 else 0.0
        sharpen(probabilities, memory.gain, memory.habit.temperature)
        clear(memory.plan)
        count = count_positive(probabilities)
        draw_set(chance, probabilities, number_to_take(memory.habit, chance, count, table.defender_picks), memory.plan)
    play_next(table, memory, probabilities)


@rule
def imagine_attack(table, memory, k, chance):
    """Put particle k into `imagined` and draw there what the assumed attacker attacks (into `attacks`)."""
    state = memory.imagined
    for v in range(table.nodes):
        state.active[v] = memory.belief[k, v]
        state.protected[v] = 0
    state.phase = 0
    state.last[table.defenders] = -1
    clear(memory.candidates)
    rules.legal(table, state, table.defenders, memory.candidates)
    candidates, weights, plan = memory.candidates, memory.attack_weight, memory.attack_plan
    if memory.kind == UNIFORM:
        choose_uniformly(table, memory, memory.assumed, state.active, candidates, chance, weights, plan)
    elif memory.kind == BY_VALUE:
        choose_by_value(table, memory, memory.assumed, state.active, candidates, chance, weights, plan)
    else:
        choose_by_walk(table, memory, memory.assumed, state.active, candidates, chance, weights, plan)
    count = 0
    for a in range(1, table.elements + 1):
        if memory.attack_plan[a]:
            state.attacks[count] = a
            count += 1
    for k in range(count, table.attacker_picks):
        state.attacks[k] = 0


@rule
def advance(table, memory, k, chance):
    """Move particle k by one epoch under the assumed attacker and the protections just played."""
    imagine_attack(table, memory, k, chance)
    state = memory.imagined
    first = table.zone_first[memory.agent]
    for v in range(first, table.zone_first[memory.agent + 1]):
        state.protected[v] = memory.plan[1 + v - first]
    rules.attack(table, state, chance, memory.reward)
    rules.protect(table, state, memory.reward)
    for v in range(table.nodes):
        memory.belief[k, v] = state.active[v]


@rule
def likelihood(table, memory, active, signal):
    """Chance of the zone's alerts in a network state."""
    odds = 1.0
    first = table.sensor_first[memory.agent]
    for k in range(first, table.sensor_first[memory.agent + 1]):
        v = table.sensor_node[k]
        alert = table.p1[v] if active[v] else table.p0[v]
        odds *= alert if signal[k - first] else 1.0 - alert
    return odds


@rule
def resample(table, memory, chance):
    """Draw the particles anew by their likelihoods; keep them where none fits."""
    total = 0.0
    for k in range(memory.particles):
        total += memory.likelihood[k]
    for k in range(memory.particles):
        source = pick(chance, memory.likelihood[: memory.particles]) if total > 0.0 else k
        for v in range(table.nodes):
            memory.moved[k, v] = memory.belief[source, v]
    for k in range(memory.particles):
        for v in range(table.nodes):
            memory.belief[k, v] = memory.moved[k, v]


@rule
def estimate(table, memory, chance):
    """Estimated gain of protecting each node: its chance to be active after this epoch x its importance, less the cost."""
    first, last = table.zone_first[memory.agent], table.zone_first[memory.agent + 1]
    for v in range(first, last):
        memory.gain[1 + v - first] = -table.protect_cost[v]
    for k in range(memory.particles):
        imagine_attack(table, memory, k, chance)
        for v in range(first, last):
            failure = 0.0 if memory.belief[k, v] else 1.0
            for element in range(table.element_first[v], table.element_first[v + 1]):
                if memory.attack_plan[element + 1]:
                    failure *= table.failure[element]
            memory.gain[1 + v - first] += (1.0 - failure) * memory.importance[v] / memory.particles


def start_fixed(game: Game, agent: int, settings: Any, memory: np.ndarray, graph: AttackGraph, choose: NodeSet) -> None:
    """Remember which actions protect the chosen nodes of the zone."""
    fill_habit(memory["habit"], settings.model_dump())
    first, last = (int(game.table["zone_first"][0, agent + k]) for k in (0, 1))
    for v in choose(graph):
        if first <= v < last:
            memory["candidate"][0, 1 + v - first] = 1


def start_belief(game: Game, agent: int, settings: Any, memory: np.ndarray, kind: int) -> None:
    """All particles inactive, as the network is; importance and settings filled in."""
    given = settings.model_dump()
    fill_habit(memory["habit"], given)
    fill_habit(memory["assumed"], {"ratio": given["attack_ratio"], "minimum": 1, "maximum": 64, "power": 0.5})
    fill_habit(memory["assumed"], {"temperature": given["attack_temperature"], "samples": given["attack_samples"]})
    memory["kind"], memory["agent"], memory["particles"] = kind, agent, given["particles"]
    memory["importance"][0] = importance(game.table[0])


def importance(table: np.void) -> np.ndarray:
    """f8 [nodes]: an active node's damage, or the best of discount x p x importance over its children if more."""
    worth = table["damage"].copy()
    for v in range(int(table["nodes"]) - 1, -1, -1):
        first, last = table["element_first"][v], table["element_first"][v + 1]
        for element in range(first, last):
            gain = table["discount"] * (1.0 - table["failure"][element]) * worth[v]
            start, end = (table["parent_first"][v], table["parent_first"][v + 1]) if not table["is_or"][v] else (0, 0)
            sources = [table["element_source"][element]] if table["is_or"][v] else table["parent"][start:end]
            for source in sources:
                worth[source] = max(worth[source], gain)
    return worth


def minimum_cut(graph: AttackGraph) -> list[int]:
    """Fewest nodes (roots and targets included) that every path from a root to a target crosses."""
    import networkx

    network = networkx.DiGraph()
    for v in range(len(graph.nodes)):
        network.add_edge(("in", v), ("out", v), capacity=1)
    network.add_edges_from((("out", source), ("in", target)) for source, target in graph.ends)
    network.add_edges_from(("source", ("in", v)) for v in graph.roots)
    network.add_edges_from((("out", v), "sink") for v in graph.targets)
    _, (near, _) = networkx.minimum_cut(network, "source", "sink")
    return [v for v in range(len(graph.nodes)) if ("in", v) in near and ("out", v) not in near]


def all_nodes(graph: AttackGraph) -> range:
    """Every node."""
    return range(len(graph.nodes))


def targets(graph: AttackGraph) -> list[int]:
    """The targets."""
    return graph.targets


def roots(graph: AttackGraph) -> list[int]:
    """The nodes without preconditions."""
    return graph.roots


FIXED: tuple[tuple[str, NodeSet, str], ...] = (
    ("uniform", all_nodes, "uniform"),
    ("min_cut", minimum_cut, "minimum cut"),
    ("targets_only", targets, "goal nodes"),
    ("roots_only", roots, "root nodes"),
)
BELIEFS = (("belief_uniform", UNIFORM), ("belief_value_propagation", BY_VALUE), ("belief_random_walk", BY_WALK))


def defenders(graph: AttackGraph, sizes: Sizes) -> tuple[Scripted, ...]:
    """The scripted defenders of a game on a graph."""
    actions = sizes.nodes + 1
    memory, believer = fixed_record(actions), belief_record(sizes, actions)
    made = [Scripted("none", "defender", act_none, source="no defence")]
    for name, choose, words in FIXED:
        start = functools.partial(start_fixed, graph=graph, choose=choose)
        made.append(Scripted(name, "defender", act_fixed, memory, Fixed, start, f"{PAPER}: {words}"))
    for name, kind in BELIEFS:
        start = functools.partial(start_belief, kind=kind)
        made.append(Scripted(name, "defender", act_on_belief, believer, Belief, start, f"{PAPER}: sampled belief", enumerable=False))
    return tuple(made)
