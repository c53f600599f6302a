"""One episode in plain Python with the random streams of the compiled loop, and nothing else of it."""

from __future__ import annotations

import numpy as np

from gamesolve.rules.chance import seed_stream, uniform
from gamesolve.rules.game import Game
from gamesolve.rules.record import transient_start


def play_at_random(game: Game, *, seed: int, episode: int) -> tuple[np.ndarray, int]:
    """Discounted returns f8 [2] and number of steps of an episode in which every agent acts at random."""
    state, memory, chance = np.zeros(1, game.state), np.zeros(1, game.memory), game.new_chance()
    chance["stream"] = seed_stream(seed, episode, 0)
    streams = [np.zeros(1, game.new_chance().dtype) for _ in game.agents]
    for i, stream in enumerate(streams):
        stream["stream"] = seed_stream(seed, episode, 1 + i)
    actions, returns, steps = np.full(len(game.agents), -1, np.int32), np.zeros(2), 0
    game.rules.reset(game.table[0], state[0], memory[0], chance[0])
    while True:
        signals = np.zeros((len(game.agents), game.width), np.int16)
        game.rules.observe(game.table[0], state[0], memory[0], actions, chance[0], signals)
        for i in range(len(game.agents)):
            mask = np.zeros(game.actions, np.uint8)
            game.rules.legal(game.table[0], state[0], i, mask)
            legal = np.flatnonzero(mask)
            # A number is drawn only where there is a choice.
            actions[i] = legal[int(uniform(streams[i][0]) * len(legal))] if len(legal) > 1 else legal[0]
        state.view(np.uint8)[transient_start(game.state) :] = 0
        reward = np.zeros(2)
        over = game.rules.step(game.table[0], state[0], actions, chance[0], reward)
        returns += game.discount ** (steps // game.picks) * reward
        steps += 1
        if over or steps == game.steps:
            return returns, steps
