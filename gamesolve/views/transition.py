"""One transition of a game under a tape. A template, bound to one game by `specialise`."""

from typing import Any

import numpy as np

from gamesolve.base.compiled import compiled
from gamesolve.rules.record import clear

reset: Any = None
legal: Any = None
step: Any = None
observe: Any = None

#: What is the same for every transition of a game.
FRAME = np.dtype([("picks", "i8"), ("steps", "i8"), ("transient", "i8"), ("transient_end", "i8")])


def point_record(state: np.dtype, memory: np.dtype, *, agents: int, width: int, actions: int) -> np.dtype:
    """A point of play between transitions: N agents, W signals, A actions."""
    return np.dtype(
        [
            ("state", state),
            ("memory", memory),
            ("returns", "f8", (2,)),  # discounted, so far
            ("reward", "f8", (2,)),  # raw, of the last step
            ("elapsed", "i8"),  # steps played, -1 before the game
            ("over", "i8"),
            ("signals", "i2", (agents, width)),
            ("masks", "u1", (agents, actions)),
        ],
        align=True,
    )


@compiled
def transition(frames, tables, discounts, before, after, raw, chances, actions):
    """Play `actions` i4 [N] at the point `before` under chance's tape; fills `after` (`raw` are its bytes)."""
    frame, table, chance = frames[0], tables[0], chances[0]
    after[0] = before[0]
    point = after[0]
    clear(raw, 0, frame.transient, frame.transient_end)
    point.elapsed += 1
    if point.elapsed == 0:
        reset(table, point.state, point.memory, chance)
    else:
        reward = point.reward
        reward[0] = 0.0
        reward[1] = 0.0
        over = step(table, point.state, actions, chance, reward)
        discount = discounts[(point.elapsed - 1) // frame.picks]
        point.returns[0] += discount * reward[0]
        point.returns[1] += discount * reward[1]
        point.over = over or point.elapsed == frame.steps
    signals, masks = point.signals, point.masks
    for i in range(masks.shape[0]):
        for k in range(signals.shape[1]):
            signals[i, k] = 0
        for a in range(masks.shape[1]):
            masks[i, a] = 0
    if not point.over:
        observe(table, point.state, point.memory, actions, chance, signals)
        for i in range(masks.shape[0]):
            legal(table, point.state, i, masks[i])
