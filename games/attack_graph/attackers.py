"""Scripted attackers of Nguyen, Wright, Wellman, Singh 2018, section 5.1.

They see the whole state. Candidates are the elements that may be picked; with every target active
there is nothing left to do.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import Field

from gamesolve.games.attack_graph.rules import Sizes, parents_active
from gamesolve.games.attack_graph.sets import HABIT, clear, count_positive, draw_set, number_to_take, play_next, sharpen
from gamesolve.rules import PASS, Game, Scripted, Settings, pick, record, rule

PAPER = "Nguyen, Wright, Wellman, Singh 2018, section 5.1"
MAX_SAMPLES = 64


class Uniform(Settings):
    """Settings of `uniform`."""

    ratio: float = Field(0.5, ge=0.0, le=1.0, description="share of the candidates that is attacked")
    noise: float = Field(0.0, ge=0.0, le=100.0, description="standard deviation of the number attacked")
    minimum: int = Field(1, ge=0, le=64, description="least number attacked, where there are so many candidates")
    maximum: int = Field(64, ge=0, le=64, description="greatest number attacked, within attacker_picks")


class ValuePropagation(Uniform):
    """Settings of `value_propagation`."""

    temperature: float = Field(3.0, ge=0.0, le=100.0, description="weight of a candidate's value in the softmax; the paper has 1, 3, 5")
    power: float = Field(0.5, ge=0.0, le=10.0, description="an AND node's value is divided by its inactive preconditions to this power")


class RandomWalk(Settings):
    """Settings of `random_walk`."""

    samples: int = Field(10, ge=1, le=MAX_SAMPLES, description="random walks drawn each epoch")
    temperature: float = Field(3.0, ge=0.0, le=100.0, description="weight of a walk's value in the softmax; the paper has 1, 3, 5")


def attacker_record(sizes: Sizes, *, samples: int) -> np.dtype:
    """Memory of an attacker; `samples` is the room for random walks (1 where there are none)."""
    return record(**plan_fields(sizes.elements + 1), **thought_fields(sizes, samples=samples), habit=HABIT)


def plan_fields(actions: int) -> dict[str, Any]:
    """Fields by which a policy plays out a set of actions (sets.py)."""
    return {"phase": "i4", "played": "i4", "epoch": "i4", "plan": ("i1", actions)}


def thought_fields(sizes: Sizes, *, samples: int) -> dict[str, Any]:
    """Scratch in which an attacker, or a defender who imagines one, thinks."""
    n, e = sizes.nodes, sizes.elements
    return {
        "value": ("f8", n),
        "worth": ("f8", e + 1),
        "when": ("i4", n),
        "odds": ("f8", n),
        "success": ("f8", n),
        "chosen": ("i4", n),
        "wanted": ("i1", n),
        "pursued": ("i1", n),
        "fresh": ("i1", n),
        "edge_weight": ("f8", e),
        "walk_plan": ("i1", (samples, e + 1)),
        "walk_value": ("f8", samples),
        "walk_weight": ("f8", samples),
    }


@rule
def act_none(table, memory, signal, mask, chance, probabilities):
    """Always pass."""
    probabilities[PASS] = 1.0


@rule
def act_uniform(table, memory, signal, mask, chance, probabilities):
    """Attack a number of candidates, each set of that size equally likely."""
    if memory.phase == 0:
        choose_uniformly(table, memory, memory.habit, signal, mask, chance, probabilities, memory.plan)
    play_next(table, memory, probabilities)


@rule
def act_by_value(table, memory, signal, mask, chance, probabilities):
    """Attack candidates by softmax of their propagated values."""
    if memory.phase == 0:
        choose_by_value(table, memory, memory.habit, signal, mask, chance, probabilities, memory.plan)
    play_next(table, memory, probabilities)


@rule
def act_by_walk(table, memory, signal, mask, chance, probabilities):
    """Attack what the better of some random walks needs now."""
    if memory.phase == 0:
        choose_by_walk(table, memory, memory.habit, signal, mask, chance, probabilities, memory.plan)
    play_next(table, memory, probabilities)


@rule
def weigh_candidates(table, active, mask, weights):
    """Weight 1 on each candidate (`weights` f8 [A]), none where every target is active; returns their number."""
    hope = False
    for k in range(table.targets):
        hope = hope or not active[table.target[k]]
    count = 0
    for a in range(1, table.elements + 1):
        weights[a] = 1.0 if hope and mask[a] else 0.0
        count += weights[a] > 0.0
    return count


@rule
def choose_uniformly(table, memory, habit, active, mask, chance, weights, plan):
    """Mark in `plan` the elements that `uniform` attacks; `weights` f8 [A] is scratch, zero before and after."""
    clear(plan)
    count = weigh_candidates(table, active, mask, weights)
    draw_set(chance, weights, number_to_take(habit, chance, count, table.attacker_picks), plan)


@rule
def choose_by_value(table, memory, habit, active, mask, chance, weights, plan):
    """The same for `value_propagation`: an element is worth p x value of its node - cost."""
    clear(plan)
    count = weigh_candidates(table, active, mask, weights)
    propagate(table, active, habit.power, memory.value)
    for element in range(table.elements):
        success = 1.0 - table.failure[element]
        memory.worth[element + 1] = success * memory.value[table.element_node[element]] - table.attack_cost[element]
    sharpen(weights, memory.worth, habit.temperature)
    draw_set(chance, weights, number_to_take(habit, chance, count, table.attacker_picks), plan)


@rule
def propagate(table, active, power, value):
    """Back the rewards of inactive targets up through inactive nodes (algorithm 2; `value` f8 [nodes]).

    A node is worth its own reward or the best of discount x (p x value - cost) over its inactive
    children, that of an AND child divided by (its inactive preconditions)^power. Unlike the paper
    we do not cut off paths that are longer than the time left.
    """
    for v in range(table.nodes):
        value[v] = 0.0 if active[v] else table.reward[v]
    for v in range(table.nodes - 1, -1, -1):
        if active[v]:
            continue
        first = table.element_first[v]
        for element in range(first, table.element_first[v + 1]):
            gain = table.discount * ((1.0 - table.failure[element]) * value[v] - table.attack_cost[element])
            if table.is_or[v]:
                source = table.element_source[element]
                value[source] = max(value[source], gain)
        if not table.is_or[v]:
            share(table, active, v, gain, power, value)


@rule
def share(table, active, v, gain, power, value):
    """Pass the gain of AND node v to its inactive preconditions."""
    missing = 0
    for k in range(table.parent_first[v], table.parent_first[v + 1]):
        missing += not active[table.parent[k]]
    for k in range(table.parent_first[v], table.parent_first[v + 1]):
        value[table.parent[k]] = max(value[table.parent[k]], gain / missing**power if missing else 0.0)


@rule
def choose_by_walk(table, memory, habit, active, mask, chance, weights, plan):
    """The same for `random_walk`: draw walks, value each with its best set of targets, pick one by softmax."""
    clear(plan)
    for k in range(habit.samples):
        walk(table, memory, active, chance)
        memory.walk_value[k] = pursue(table, memory, active)
        memory.walk_weight[k] = 1.0
        now_needed(table, memory, active, memory.walk_plan[k])
    for k in range(habit.samples, memory.walk_weight.size):
        memory.walk_weight[k] = 0.0
    sharpen(memory.walk_weight, memory.walk_value, habit.temperature)
    chosen = memory.walk_plan[pick(chance, memory.walk_weight)]
    for a in range(1, table.elements + 1):
        weights[a] = 1.0 if chosen[a] and mask[a] else 0.0
    draw_set(chance, weights, min(count_positive(weights), table.attacker_picks), plan)


@rule
def walk(table, memory, active, chance):
    """One random walk (algorithm 3): each inactive OR node chooses an edge by the chance that it works.

    `when` is the epoch of activation counted from now (-1: active already), `odds` the chance that
    all it takes succeeds, `success` that of the node's own step, `chosen` its element.
    """
    for v in range(table.nodes):
        first, last = table.element_first[v], table.element_first[v + 1]
        memory.when[v] = -1
        memory.odds[v] = 1.0
        memory.success[v] = 1.0
        memory.chosen[v] = first
        if active[v]:
            continue
        if table.is_or[v]:
            total = 0.0
            for element in range(first, last):
                weight = memory.odds[table.element_source[element]] * (1.0 - table.failure[element])
                memory.edge_weight[element] = weight
                total += weight
            if total > 0.0:
                memory.chosen[v] = first + pick(chance, memory.edge_weight[first:last])
            source = table.element_source[memory.chosen[v]]
            memory.when[v] = memory.when[source] + 1
            memory.success[v] = 1.0 - table.failure[memory.chosen[v]]
            memory.odds[v] = memory.odds[source] * memory.success[v]
        else:
            memory.success[v] = 1.0 - table.failure[first]
            for k in range(table.parent_first[v], table.parent_first[v + 1]):
                memory.when[v] = max(memory.when[v], memory.when[table.parent[k]])
            memory.when[v] += 1
            memory.odds[v] = odds_of_all(table, memory, active, v)


@rule
def need(table, memory, active, v, marks):
    """Mark in `marks` (i1 [nodes]) what inactive node v directly needs on the walk."""
    if table.is_or[v]:
        marks[table.element_source[memory.chosen[v]]] = 1
    else:
        for k in range(table.parent_first[v], table.parent_first[v + 1]):
            marks[table.parent[k]] = 1


@rule
def odds_of_all(table, memory, active, v):
    """Chance that node v and every inactive node that it needs on the walk succeed, each counted once."""
    clear(memory.fresh)
    memory.fresh[v] = 1
    odds = 1.0
    for u in range(v, -1, -1):
        if memory.fresh[u] and not active[u]:
            odds *= memory.success[u]
            need(table, memory, active, u, memory.fresh)
    return odds


@rule
def pursue(table, memory, active):
    """Greedily add targets while the walk's value grows; leaves what they need in `wanted`, returns the value."""
    clear(memory.wanted)
    clear(memory.pursued)
    value = 0.0
    best = 0
    while best >= 0:
        best = -1
        gain = 0.0
        for k in range(table.targets):
            v = table.target[k]
            if not active[v] and not memory.pursued[v] and memory.when[v] < table.epochs - memory.epoch:
                more = marginal(table, memory, active, v)
                if more > gain:
                    gain = more
                    best = v
        if best >= 0:
            value += marginal(table, memory, active, best)
            memory.pursued[best] = 1
            for u in range(table.nodes):
                memory.wanted[u] = memory.wanted[u] or memory.fresh[u]
    return value


@rule
def marginal(table, memory, active, v):
    """What target v adds: its discounted reward less the cost of the steps not wanted yet, which stay in `fresh`."""
    clear(memory.fresh)
    memory.fresh[v] = 1
    gain = memory.odds[v] * table.reward[v] * table.discount ** memory.when[v]
    for u in range(v, -1, -1):
        if memory.fresh[u] and (active[u] or memory.wanted[u]):
            memory.fresh[u] = 0
        elif memory.fresh[u]:
            tried = memory.odds[u] / memory.success[u] if memory.success[u] > 0.0 else 0.0
            gain -= tried * table.attack_cost[memory.chosen[u]] * table.discount ** memory.when[u]
            need(table, memory, active, u, memory.fresh)
    return gain


@rule
def now_needed(table, memory, active, plan):
    """Mark in `plan` the elements of wanted nodes whose preconditions hold now."""
    clear(plan)
    for v in range(table.nodes):
        if memory.wanted[v] and not active[v]:
            element = memory.chosen[v]
            if table.is_or[v]:
                plan[element + 1] = active[table.element_source[element]]
            else:
                plan[element + 1] = parents_active(table, active, v)


def start_habit(game: Game, agent: int, settings: Any, memory: np.ndarray) -> None:
    """Copy the settings into the memory's habit."""
    fill_habit(memory["habit"], settings.model_dump())


def fill_habit(habit: np.ndarray, settings: dict[str, Any]) -> None:
    """Copy settings into a habit [1]; those that HABIT does not know are another's business."""
    for name, value in settings.items():
        if name in (HABIT.names or ()):
            habit[name] = value


def attackers(sizes: Sizes) -> tuple[Scripted, ...]:
    """The scripted attackers of a game of these sizes."""
    memory, walker = attacker_record(sizes, samples=1), attacker_record(sizes, samples=MAX_SAMPLES)
    return (
        Scripted("none", "attacker", act_none, source="no attack"),
        Scripted("uniform", "attacker", act_uniform, memory, Uniform, start_habit, f"{PAPER}: uniform"),
        Scripted("value_propagation", "attacker", act_by_value, memory, ValuePropagation, start_habit, f"{PAPER}: value propagation"),
        Scripted("random_walk", "attacker", act_by_walk, walker, RandomWalk, start_habit, f"{PAPER}: random walk", enumerable=False),
    )
