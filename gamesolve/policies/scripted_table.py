"""A scripted policy as a behaviour on a tree: what it does at each of its own histories.

A policy may draw for itself and remember what it drew, so at one history it may be in several
memories. Each is followed with its probability given the history; the behaviour there is their
average, which no opponent can tell from the policy (Kuhn 1953).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gamesolve.base.errors import GamesolveError
from gamesolve.rules.chance import FAULTS, TAPE, first_tape, next_tape
from gamesolve.rules.game import Game
from gamesolve.views.acting import UNIFORM, Acting
from gamesolve.views.histories import Histories
from gamesolve.views.tree import Decisions

#: A policy's memories after acting at a history: their weights, the memories, f8 [A] action probabilities.
Minds = list[tuple[float, bytes, np.ndarray]]


def scripted_behaviour(game: Game, acting: Acting, agent: int, histories: Histories, decisions: Decisions) -> np.ndarray:
    """The behaviour f8 [Q] of a scripted policy on the information sets of its agent.

    Raises:
        GamesolveError: the policy gives a probability to an illegal action, or to none, or breaks
            the rules of chance.
    """
    sizes = np.diff(decisions.first)
    behaviour = np.ones(decisions.sequences)
    behaviour[1:] = np.repeat(1.0 / sizes, sizes)
    if acting.kind == UNIFORM:
        return behaviour
    masks = _masks(game, histories, decisions)
    set_of = np.full(len(histories), -1)
    set_of[decisions.history] = np.arange(len(decisions.history))
    minds: dict[int, Minds] = {}
    for h in range(len(histories)):
        arrived = _arrive(minds, histories, h, agent, acting.memory)
        if not arrived or not masks[h].any():
            continue
        minds[h] = _act(game, acting, histories.signals[h], masks[h], arrived)
        if set_of[h] >= 0:
            own = slice(decisions.first[set_of[h]], decisions.first[set_of[h] + 1])
            average = np.array(sum(weight * probabilities for weight, _, probabilities in minds[h]))
            behaviour[own] = average[decisions.action[own]]
    return behaviour


def _masks(game: Game, histories: Histories, decisions: Decisions) -> np.ndarray:
    """u1 [H, A]: the legal actions at each history; without a choice, the one that was taken."""
    masks = np.zeros((len(histories), game.actions), np.uint8)
    child = histories.parent >= 0
    masks[histories.parent[child], histories.action[child]] = 1
    at = np.repeat(decisions.history, np.diff(decisions.first))
    masks[at, decisions.action[1:]] = 1
    return masks


def _arrive(minds: dict[int, Minds], histories: Histories, h: int, agent: int, start: np.ndarray) -> dict[bytes, float]:
    """Memories on arrival at a history, with their probabilities given the history; empty where it is never reached."""
    parent = int(histories.parent[h])
    if parent < 0:
        return {start.tobytes(): 1.0} if parent == -1 - agent else {}
    arrived: dict[bytes, float] = {}
    for weight, memory, probabilities in minds.get(parent, []):
        reach = weight * probabilities[histories.action[h]]
        if reach > 0.0:
            arrived[memory] = arrived.get(memory, 0.0) + reach
    total = sum(arrived.values())
    return {memory: reach / total for memory, reach in arrived.items()}


def _act(game: Game, acting: Acting, signals: np.ndarray, mask: np.ndarray, arrived: dict[bytes, float]) -> Minds:
    """Let the policy act in every memory and under every answer of chance."""
    chance = game.new_chance()
    found: Minds = []
    for before, weight in arrived.items():
        first_tape(chance[0], TAPE)
        while True:
            memory, probabilities = np.frombuffer(before, np.uint8).copy(), np.zeros(game.actions)
            acting.act(game.table[0], memory, signals, mask, chance[0], probabilities)
            _check(game, probabilities, mask, chance[0])
            found.append((weight * float(chance["probability"][0]), memory.tobytes(), probabilities / probabilities.sum()))
            if not next_tape(chance[0]):
                break
    return found


def _check(game: Game, probabilities: np.ndarray, mask: np.ndarray, chance: Any) -> None:
    if chance["fault"]:
        raise GamesolveError(f"a policy of {game} breaks the contract of rules: {FAULTS[int(chance['fault'])]}")
    if not ((probabilities >= 0.0) & ((probabilities == 0.0) | (mask > 0))).all() or not 0.0 < probabilities.sum() < np.inf:
        raise GamesolveError(
            f"a policy of {game} gave the probabilities {probabilities.tolist()} where the legal actions are {mask.tolist()}"
        )
