"""Information states: an agent's own history of signals and actions, as text and as numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gamesolve.rules.game import Game
from gamesolve.rules.signals import describe_row, features, width

Path = Sequence[tuple[int, Sequence[int] | np.ndarray]]


def information_state_string(game: Game, agent: int, path: Path, chosen: int = -1) -> str:
    """An agent's own history in the game's words; different histories have different strings.

    Args:
        path: (own action, row of signals) pairs; the first pair's action is -1.
        chosen: the action already chosen in the step under way, or -1.
    """
    who = game.agents[agent]
    parts = [who.name]
    for action, row in path:
        if action >= 0:
            parts.append(f"{action}:{who.actions[action]}")
        parts.append(describe_row(who.signals, np.asarray(row, np.int16)[: width(who.signals)]))
    if chosen >= 0:
        parts.append(f"{chosen}:{who.actions[chosen]}")
    return " | ".join(parts)


def step_features(game: Game, agent: int) -> int:
    """Features of one step of an agent's history: its signals and its own action before them."""
    who = game.agents[agent]
    return sum(signal.features for signal in who.signals) + len(who.actions)


def information_state_tensor(game: Game, agent: int, path: Path, chosen: int = -1) -> np.ndarray:
    """f4 [steps + 1, F]: per step the features of the signals and, one-hot, the own action before them.

    F is the largest `step_features` of any agent; the last row holds the action chosen in the step
    under way. Rows of steps not yet reached are zero.
    """
    assert game.steps is not None
    who = game.agents[agent]
    tensor = np.zeros((game.steps + 1, max(step_features(game, i) for i in range(len(game.agents)))), np.float32)
    if path:
        rows = np.array([row for _, row in path], np.int16)[:, : width(who.signals)]
        seen = features(who.signals, rows)
        tensor[: len(path), : seen.shape[1]] = seen
        for t, (action, _) in enumerate(path):
            if action >= 0:
                tensor[t, seen.shape[1] + action] = 1.0
    if chosen >= 0:
        tensor[-1, chosen] = 1.0
    return tensor
