"""`Recall`: the own histories of some agents in every row of a simulator, for those who act from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gamesolve.base.compiled import compiled
from gamesolve.base.errors import GamesolveError
from gamesolve.rules.game import Game
from gamesolve.views.histories import Histories

#: What rows show; all else can be derived from it again.
NOTED = ("signals", "actions", "steps", "episodes")


@dataclass(frozen=True, eq=False)
class Recall:
    """What n agents have seen and done in the present episode of each of B rows, T rule steps at most.

    Attributes:
        agents: i4 [n], indices of the agents.
        signals: i2 [B, n, T, W], the rows of signals seen at steps 0, 1, ...
        actions: i2 [B, n, T], the own action before each of them; -1 at step 0.
        steps: i4 [B], the present step: entries 0 to steps[b] hold what has been seen; what lies beyond is of older episodes.
        episodes: i8 [B], number of the episode.
        derived: what policies have derived from all this and go on from, each under a key of its own.
    """

    agents: np.ndarray
    signals: np.ndarray
    actions: np.ndarray
    steps: np.ndarray
    episodes: np.ndarray
    derived: dict[Any, Any] = field(default_factory=dict)

    @classmethod
    def empty(cls, game: Game, batch: int, agents: Sequence[int]) -> Recall:
        """Room for the histories of `agents`; raises GamesolveError for a game without a horizon."""
        if game.steps is None:
            raise GamesolveError(f"{game} has no horizon; the history that a policy acts from needs one, such as -p horizon=100")
        shape = (batch, len(agents), game.steps)
        return cls(
            agents=np.array(agents, np.int32),
            signals=np.zeros((*shape, game.width), np.int16),
            actions=np.zeros(shape, np.int16),
            steps=np.zeros(batch, np.int32),
            episodes=np.zeros(batch, np.int64),
        )

    @classmethod
    def present(cls, agents: Sequence[int], signals: np.ndarray, steps: int) -> Recall:
        """What n agents see now, i2 [B, n, W], in the last of `steps` steps; of what was before nothing is kept."""
        batch, n, width = signals.shape
        seen = np.zeros((batch, n, steps, width), np.int16)
        seen[:, :, steps - 1] = signals
        return cls(
            agents=np.array(agents, np.int32),
            signals=seen,
            actions=np.zeros((batch, n, steps), np.int16),
            steps=np.full(batch, steps - 1, np.int32),
            episodes=np.zeros(batch, np.int64),
        )

    def begin(self, rows: np.ndarray) -> None:
        """Note what rows [B] show that have begun anew, maybe with episodes that have been played before."""
        self.derived.clear()
        self.note(rows)

    def note(self, rows: np.ndarray) -> None:
        """Note what every row [B] of a simulator shows now."""
        note(self.agents, rows["signals"], rows["actions"], rows["elapsed"], self.signals, self.actions, self.steps)
        self.episodes[:] = rows["episode"]

    def state(self, name: str) -> dict[str, np.ndarray]:
        """A copy of what is noted, in arrays whose names begin with `name`."""
        return {f"{name}-{key}": getattr(self, key).copy() for key in NOTED}

    def restore(self, state: dict[str, np.ndarray], name: str) -> None:
        """Go back to a `state`."""
        self.derived.clear()
        for key in NOTED:
            getattr(self, key)[:] = state[f"{name}-{key}"]

    def place(self, agent: int) -> int:
        """Where an agent stands among the n; -1 where it does not."""
        return next(iter(np.flatnonzero(self.agents == agent).tolist()), -1)


def recall_of(histories: Histories, wanted: np.ndarray, agents: Sequence[int]) -> Recall:
    """Histories i4 [B, n] of n agents, those of a row equally long, as a recall."""
    steps = np.zeros(len(wanted), np.int32)
    count_steps(histories.parent, wanted, steps)
    shape = (*wanted.shape, 1 + int(steps.max(initial=0)))
    recall = Recall(
        agents=np.array(agents, np.int32),
        signals=np.zeros((*shape, histories.signals.shape[1]), np.int16),
        actions=np.zeros(shape, np.int16),
        steps=steps,
        episodes=np.zeros(len(wanted), np.int64),
    )
    trace(histories.parent, histories.action, histories.signals, wanted, recall.signals, recall.actions, steps)
    return recall


@compiled
def count_steps(parent, wanted, steps):
    """Fill `steps` i4 [B] with how many histories lead to those wanted."""
    for b in range(steps.size):
        h = parent[wanted[b, 0]]
        while h >= 0:
            steps[b] += 1
            h = parent[h]


@compiled
def trace(parent, action, seen, wanted, signals, actions, steps):
    """See `recall_of`."""
    for b in range(steps.size):
        for j in range(wanted.shape[1]):
            h = wanted[b, j]
            for t in range(steps[b], -1, -1):
                actions[b, j, t] = action[h]
                for k in range(seen.shape[1]):
                    signals[b, j, t, k] = seen[h, k]
                h = parent[h]


@compiled
def note(agents, seen, acted, elapsed, signals, actions, steps):
    """See `Recall.note`: seen i2 [B, N, W], acted i4 [B, N], elapsed i4 [B]."""
    for b in range(steps.size):
        t = min(elapsed[b], signals.shape[2] - 1)
        steps[b] = t
        for j in range(agents.size):
            actions[b, j, t] = acted[b, agents[j]]
            for k in range(signals.shape[3]):
                signals[b, j, t, k] = seen[b, agents[j], k]
