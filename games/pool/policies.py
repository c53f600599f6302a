"""Scripted policies of the pool, the same for attackers and defenders. (`random`, uniform over all actions, every game has.)

An agent takes turns between its own resources, since it can flip one an epoch. With one resource
`periodic` and `exponential` are those of FlipIt.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import Field

from gamesolve.games.flipit import MOST, greedy_gap
from gamesolve.games.pool.rules import EPOCH, SLEEP, flip_place, look_place, owner_place
from gamesolve.rules import ATTACKER, ROLES, Game, Scripted, Settings, integer, record, rounded_size, rule

PAPER = "van Dijk et al. 2013"
USUAL = "usual heuristic"


class Period(Settings):
    """Settings of `periodic`."""

    period: int = Field(4, ge=1, le=10000, description="epochs from flip to flip of a resource, at least as many as there are resources")


class Pause(Settings):
    """Settings of `round_robin`."""

    pause: int = Field(0, ge=0, le=10000, description="epochs asleep after each flip")


class Rate(Settings):
    """Settings of `exponential`."""

    rate: float = Field(0.3, ge=0.0, le=1.0, description="probability of a flip in an epoch, of a resource drawn at random")


class Presumed(Settings):
    """Settings of `greedy`."""

    rate: float = Field(0.15, ge=0.0, le=1.0, description="presumed probability that the other flips a given resource in an epoch")


class Hold(Settings):
    """Settings of `most_valuable`."""

    hold: int = Field(3, ge=1, le=10000, description="epochs for which a resource is taken to be held after a flip")


def memory_record(resources: int) -> np.dtype:
    """What policies remember; `gap` is by resource of the agent's own."""
    return record(
        agent="i4", role="i4", share="i4", rate="f8", hold="i4", cycle="i4", place="i4", started="i4", gap=("i4", rounded_size(resources))
    )


def start_agent(game: Game, agent: int, settings: Any, memory: np.ndarray) -> None:
    """Remember who acts, and the settings that stand under their names."""
    memory["agent"], memory["role"], memory["share"] = agent, game.agent_roles[agent], game.table["share"][0, agent]
    for name in ("rate", "hold"):
        if name in type(settings).model_fields:
            memory[name] = getattr(settings, name)


def start_periodic(game: Game, agent: int, settings: Any, memory: np.ndarray) -> None:
    """The length of a cycle in which every resource is flipped once."""
    start_agent(game, agent, settings, memory)
    memory["cycle"] = np.maximum(settings.period, memory["share"])


def start_round_robin(game: Game, agent: int, settings: Any, memory: np.ndarray) -> None:
    """The same, at phase 0."""
    start_agent(game, agent, settings, memory)
    memory["cycle"] = memory["share"] * (1 + settings.pause)
    memory["started"] = True


def start_greedy(game: Game, agent: int, settings: Any, memory: np.ndarray) -> None:
    """Work out each resource's gap between flips, its cost counted in epochs of control; 0 where flipping never pays."""
    start_agent(game, agent, settings, memory)
    row, role = game.table[0], game.agent_roles[agent]
    for i in range(row["share"][agent]):
        value, cost = row["value"][row["first"][agent] + i], row["flip_cost"][role, row["first"][agent] + i]
        memory["gap"][0, i] = greedy_gap(settings.rate, cost / value, most=game.horizon or MOST) if value > 0.0 else 0


@rule
def act_never(table, memory, signal, mask, chance, probabilities):
    """Always sleep."""
    probabilities[SLEEP] = 1.0


@rule
def act_in_turn(table, memory, signal, mask, chance, probabilities):
    """Flip every resource once a cycle, at places as far apart as can be; the first place is drawn unless `started`."""
    if memory.started == 0:
        memory.started = 1
        memory.place = integer(chance, memory.cycle)
    due = SLEEP
    for i in range(memory.share):
        if i * memory.cycle // memory.share == memory.place:
            due = 1 + i
    probabilities[due] = 1.0
    memory.place = (memory.place + 1) % memory.cycle


@rule
def act_exponential(table, memory, signal, mask, chance, probabilities):
    """Flip with the same probability in every epoch, each resource alike."""
    probabilities[SLEEP] = 1.0 - memory.rate
    for i in range(memory.share):
        probabilities[1 + i] = memory.rate / memory.share


@rule
def act_greedy(table, memory, signal, mask, chance, probabilities):
    """Of the resources whose gap is over, flip the one with the greatest value times chance of being lost."""
    due, most = SLEEP, 0.0
    for i in range(memory.share):
        age = since_own(memory, signal, signal[flip_place(table, memory.agent, i)])
        lost = 1.0 - (1.0 - memory.rate) ** age if age >= 0 else 1.0
        worth = table.value[table.first[memory.agent] + i] * lost
        if memory.gap[i] > 0 and (age < 0 or age >= memory.gap[i]) and worth > most:
            due, most = 1 + i, worth
    probabilities[due] = 1.0


@rule
def since_own(memory, signal, flip):
    """Epochs since a resource was last the agent's own for certain, -1 for never; the defender owns all at first."""
    if flip > 0:
        return flip
    return -1 if memory.role == ATTACKER else signal[EPOCH]


@rule
def act_most_valuable(table, memory, signal, mask, chance, probabilities):
    """Flip the most valuable resource that the agent has not flipped within the last `hold` epochs."""
    due, most = SLEEP, 0.0
    for i in range(memory.share):
        flip, value = signal[flip_place(table, memory.agent, i)], table.value[table.first[memory.agent] + i]
        if (flip == 0 or flip > memory.hold) and value > most:
            due, most = 1 + i, value
    probabilities[due] = 1.0


@rule
def act_patrol(table, memory, signal, mask, chance, probabilities):
    """Check one resource after the other, and flip at once what the check shows to be the other's."""
    for i in range(memory.share):
        flip, look = signal[flip_place(table, memory.agent, i)], signal[look_place(table, memory.agent, i)]
        if look == 1 and flip != 1 and signal[owner_place(table, memory.agent, i)] != memory.role:
            probabilities[1 + i] = 1.0
            return
    probabilities[1 + memory.share + memory.place] = 1.0
    memory.place = (memory.place + 1) % memory.share


def policies(resources: int, *, checks: bool) -> tuple[Scripted, ...]:
    """All of them for both roles; those that check only where one can."""
    memory = memory_record(resources)
    listed = (
        ("never", act_never, Settings, None, "no play"),
        ("periodic", act_in_turn, Period, start_periodic, f"{PAPER}: periodic with random phase"),
        ("round_robin", act_in_turn, Pause, start_round_robin, f"{USUAL}: one resource after the other"),
        ("exponential", act_exponential, Rate, start_agent, f"{PAPER}: exponential play in discrete time"),
        ("greedy", act_greedy, Presumed, start_greedy, f"{PAPER}: last-move play against exponential play"),
        ("most_valuable", act_most_valuable, Hold, start_agent, f"{USUAL}: most valuable first"),
        ("patrol", act_patrol, Settings, start_agent, "of this project: check in turn, flip what is lost"),
    )
    return tuple(
        Scripted(name, role, act, source=source, memory=memory, settings=settings, start=start)
        for role in ROLES
        for name, act, settings, start, source in listed
        if checks or name != "patrol"
    )
