"""One episode of a game at a time, in plain Python: what scripted policies do, step by step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gamesolve.rules.chance import seed_stream
from gamesolve.rules.game import Game
from gamesolve.rules.record import transient_start
from gamesolve.rules.scripted import Scripted


@dataclass
class Step:
    """What happened in an epoch: signals i2 [2, W] before it, probabilities f8 [2, A], actions i4 [2], reward f8 [2]."""

    signals: np.ndarray
    probabilities: np.ndarray
    actions: np.ndarray
    reward: np.ndarray


class Player:
    """A scripted policy with its memory and its own random stream."""

    def __init__(self, game: Game, agent: int, policy: Scripted, settings: dict, seed: int) -> None:
        self.game, self.agent, self.policy = game, agent, policy
        self.memory, self.chance = np.zeros(1, policy.memory), game.new_chance()
        if policy.start is not None:
            policy.start(game, agent, policy.settings(**settings), self.memory)
        self.chance["stream"] = seed_stream(seed, 0, 1 + agent)
        self.random = np.random.default_rng([seed, agent])

    def act(self, signal: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Probabilities f8 [A], checked against the contract."""
        probabilities = np.zeros(self.game.actions)
        self.policy.act(self.game.table[0], self.memory[0], signal, mask, self.chance[0], probabilities)
        assert (probabilities >= 0.0).all()
        assert not probabilities[~mask].any()
        assert probabilities.sum() > 0.0
        assert self.chance["fault"][0] == 0
        return probabilities / probabilities.sum()


def play(game: Game, defender: tuple[str, dict], attacker: tuple[str, dict], *, seed: int = 0, epochs: int = 50) -> list[Step]:
    """An episode between two scripted policies, given by name and settings."""
    names = {"defender": defender, "attacker": attacker}
    players = [Player(game, i, game.policy(names[a.role][0], a.role), names[a.role][1], seed) for i, a in enumerate(game.agents)]
    state, memory, chance = np.zeros(1, game.state), np.zeros(1, game.memory), game.new_chance()
    chance["stream"] = seed_stream(seed, 0, 0)
    game.rules.reset(game.table[0], state[0], memory[0], chance[0])
    actions, steps = np.array([-1, -1], np.int32), []
    for _ in range(game.horizon or epochs):
        signals = np.zeros((2, game.width), np.int16)
        game.rules.observe(game.table[0], state[0], memory[0], actions, chance[0], signals)
        check_signals(game, signals)
        probabilities, actions = np.zeros((2, game.actions)), np.zeros(2, np.int32)
        for i, player in enumerate(players):
            mask = np.zeros(game.actions, bool)
            game.rules.legal(game.table[0], state[0], i, mask)
            probabilities[i] = player.act(signals[i], mask)
            actions[i] = player.random.choice(game.actions, p=probabilities[i])
        reward = np.zeros(2)
        state.view(np.uint8)[transient_start(game.state) :] = 0
        over = game.rules.step(game.table[0], state[0], actions, chance[0], reward)
        assert chance["fault"][0] == 0
        steps.append(Step(signals, probabilities, actions, reward))
        if over:
            break
    return steps


def check_signals(game: Game, signals: np.ndarray) -> None:
    """Every signal lies in the range that its agent declares."""
    for agent, row in zip(game.agents, signals, strict=True):
        limits = [s.values for s in agent.signals for _ in range(s.count)]
        assert (row[: len(limits)] >= 0).all()
        assert (row[: len(limits)] < limits).all(), (agent.name, row, limits)
        assert not row[len(limits) :].any()


def play_all_pairs(game: Game, *, episodes: int = 3) -> None:
    """Every scripted defender against every scripted attacker, at default settings."""
    names = {role: ["random", *(p.name for p in game.policies if p.role == role)] for role in ("defender", "attacker")}
    for defender in names["defender"]:
        for attacker in names["attacker"]:
            for seed in range(episodes):
                steps = play(game, (defender, {}), (attacker, {}), seed=seed)
                returns = sum(game.discount**t * s.reward for t, s in enumerate(steps))
                for role, (low, high) in enumerate(game.utility_bounds):
                    assert low - 1e-9 <= returns[role] <= high + 1e-9
