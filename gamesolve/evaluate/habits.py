"""What policies do: how often agents choose each action, early, midway and late in the episodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gamesolve.rules.game import Game
from gamesolve.views.acting import Acting, Drawn
from gamesolve.views.simulator import Simulator

#: Episodes that are looked at, and parts of their horizon that are told apart.
EPISODES, PARTS = 256, 3
#: Actions of an agent that are kept, the most frequent first.
KEPT = 12


def habits(game: Game, acting: Sequence[Acting | Drawn], role: str, *, seed: int, episodes: int = EPISODES) -> list[dict[str, Any]]:
    """For each agent of a role what it chose where it had a choice, in episodes 0, 1, ...

    Returns:
        `agent`, an index; `decisions` in each part of the horizon; `actions`, the most frequent first: `action`, and `shares`
        of the decisions of each part (None for a part without any).
    """
    agents = game.agents_of(role)
    counts = np.zeros((len(agents), PARTS, game.actions), np.int64)
    simulator = Simulator(game, episodes, seed=seed, acting=acting)
    simulator.reset(last=episodes)
    assert game.horizon is not None
    while (under_way := simulator.episodes < episodes).any():
        part = np.minimum(simulator.epochs * PARTS // game.horizon, PARTS - 1)
        free = (simulator.masks.sum(axis=2) > 1) & under_way[:, None]
        simulator.advance(1)
        for j, agent in enumerate(agents):
            at = free[:, agent]
            np.add.at(counts[j], (part[at], simulator.actions[at, agent]), 1)
    return [_told(agent, own) for agent, own in zip(agents, counts, strict=True)]


def _told(agent: int, counts: np.ndarray) -> dict[str, Any]:
    """counts i8 [parts, A]."""
    made = counts.sum(axis=1)
    order = np.argsort(-counts.sum(axis=0), kind="stable")[:KEPT]
    chosen = [int(a) for a in order if counts[:, a].any()]
    return {
        "agent": agent,
        "decisions": made.tolist(),
        "actions": [{"action": a, "shares": [counts[p, a] / made[p] if made[p] else None for p in range(len(made))]} for a in chosen],
    }
