"""The attack-graph game in plain Python sets, written from its source, and episodes of scripted policies."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from gamesolve.games.attack_graph import GAME, random_graph
from gamesolve.games.attack_graph.graph import AttackGraph
from gamesolve.games.attack_graph.graph_file import check_graph
from gamesolve.rules import Game
from gamesolve.rules.chance import TAPE, first_tape, next_tape, pick, seed_stream


def game_on(data: dict[str, Any], **parameters: Any) -> tuple[AttackGraph, Game]:
    """A graph and the game on it, from node-link data."""
    graph = check_graph(data, file="test.json")
    return graph, GAME.load(graph=graph, **parameters)


def random_game(nodes: int, edges: int, *, targets: int = 1, seed: int = 0, sensors: int | None = None, **parameters: Any) -> Game:
    """The game on a random graph."""
    return game_on(random_graph(nodes, edges, targets=targets, seed=seed, sensors=sensors), **parameters)[1]


def elements(graph: AttackGraph) -> list[tuple[int | None, int]]:
    """The attacker's elements in the order of its actions: (None, AND node) or (precondition, OR node)."""
    found: list[tuple[int | None, int]] = []
    for v, node in enumerate(graph.nodes):
        found += [(None, v)] if node.type == "and" else [(u, v) for u in graph.parents(v)]
    return found


def candidates(graph: AttackGraph, active: set[int]) -> set[int]:
    """Elements that may be picked."""
    return {
        e
        for e, (u, v) in enumerate(elements(graph))
        if v not in active and (u in active if u is not None else set(graph.parents(v)) <= active)
    }


def outcomes(graph: AttackGraph, active: set[int], attacked: set[int], protected: set[int]) -> dict[frozenset[int], float]:
    """Probability of each next set of active nodes."""
    edge = dict(zip(graph.ends, graph.edges, strict=True))
    chance: dict[int, float] = {}
    for e in attacked:
        u, v = elements(graph)[e]
        p = graph.nodes[v].probability if u is None else edge[u, v].probability
        chance[v] = 1.0 - (1.0 - chance.get(v, 0.0)) * (1.0 - p)
    found: dict[frozenset[int], float] = {}
    for flips in itertools.product((False, True), repeat=len(chance)):
        weight, after = 1.0, set(active)
        for (v, p), success in zip(chance.items(), flips, strict=True):
            weight *= p if success else 1.0 - p
            after |= {v} if success else set()
        key = frozenset(after - protected)
        found[key] = found.get(key, 0.0) + weight
    return found


def payoffs(graph: AttackGraph, active: set[int], attacked: set[int], protected: set[int]) -> tuple[float, float]:
    """Own payoffs of defender and attacker in an epoch that ends with the nodes in `active`."""
    edge = dict(zip(graph.ends, graph.edges, strict=True))
    costs = sum(graph.nodes[v].attack_cost if u is None else edge[u, v].attack_cost for u, v in (elements(graph)[e] for e in attacked))
    nodes = [graph.nodes[v] for v in active if graph.nodes[v].target]
    damage = sum(node.damage or node.reward or 0.0 for node in nodes) + sum(graph.nodes[v].protect_cost for v in protected)
    return -damage, sum(node.reward or 0.0 for node in nodes) - costs


def play_epoch(game: Game, active: set[int], picks: list[list[int]]) -> dict[frozenset[int], tuple[float, np.ndarray]]:
    """Every outcome of an epoch by the rules: {active nodes: (probability, rewards)}; `picks` lists each agent's actions."""
    found: dict[frozenset[int], tuple[float, np.ndarray]] = {}
    chance = game.new_chance()
    first_tape(chance[0], TAPE)
    while True:
        state = np.zeros(1, game.state)
        game.rules.reset(game.table[0], state[0], np.zeros(1, game.memory)[0], chance[0])
        state["active"][0, sorted(active)] = 1
        reward = np.zeros(2)
        for k in range(game.picks):
            assert not reward.any()
            actions = np.array([own[k] if k < len(own) else 0 for own in picks], np.int32)
            assert not game.rules.step(game.table[0], state[0], actions, chance[0], reward)
        key = frozenset(np.flatnonzero(state["active"][0]).tolist())
        found[key] = (found.get(key, (0.0,))[0] + chance["probability"][0], reward.copy())
        assert chance["fault"][0] == 0
        if not next_tape(chance[0]):
            return found


@dataclass
class Moment:
    """What held at one rule step: signals i2 [N, W], masks u1 [N, A], weights f8 [N, A], actions, rewards f8 [2]."""

    signals: np.ndarray
    masks: np.ndarray
    weights: np.ndarray
    actions: list[int]
    rewards: np.ndarray


def first_memory(game: Game, agent: int, name: str, **settings: Any) -> np.ndarray:
    """A scripted policy's memory [1] at the start of an episode."""
    policy = game.policy(name, game.agents[agent].role)
    mind = np.zeros(1, policy.memory)
    if policy.start is not None:
        policy.start(game, agent, policy.settings(**settings), mind)
    return mind


def episode(game: Game, defender: str, attacker: str, *, seed: int, settings: dict[str, Any] | None = None) -> Iterator[Moment]:
    """One episode of scripted policies, every defender agent following the same; `settings` are the attacker's."""
    names = [defender if agent.role == "defender" else attacker for agent in game.agents]
    acts = [game.policy(name, agent.role).act for name, agent in zip(names, game.agents, strict=True)]
    given: list[dict[str, Any]] = [{}] * (len(names) - 1) + [settings or {}]
    minds = [first_memory(game, i, name, **own) for i, (name, own) in enumerate(zip(names, given, strict=True))]
    chance = game.new_chance()
    chance["stream"] = seed_stream(seed, 0, 0)
    table, state, memory = game.table[0], np.zeros(1, game.state)[0], np.zeros(1, game.memory)[0]
    game.rules.reset(table, state, memory, chance[0])
    actions = np.full(len(names), -1, np.int32)
    for _ in range(game.steps or 0):
        moment = Moment(
            np.zeros((len(names), game.width), np.int16),
            np.zeros((len(names), game.actions), np.uint8),
            np.zeros((len(names), game.actions)),
            [],
            np.zeros(2),
        )
        game.rules.observe(table, state, memory, actions, chance[0], moment.signals)
        for i, act in enumerate(acts):
            game.rules.legal(table, state, i, moment.masks[i])
            act(table, minds[i][0], moment.signals[i], moment.masks[i], chance[0], moment.weights[i])
            actions[i] = pick(chance[0], moment.weights[i])
        moment.actions = actions.tolist()
        game.rules.step(table, state, actions, chance[0], moment.rewards)
        assert chance["fault"][0] == 0
        yield moment
