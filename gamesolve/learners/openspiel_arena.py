"""`OpenSpielArena`: where a role of an OpenSpiel game plays; an `Arena` to learners, and a slower one."""

from __future__ import annotations

import numpy as np

from gamesolve.learners.task import Task
from gamesolve.policies.tensors import Tensors
from gamesolve.views.acting import Drawn
from gamesolve.views.asking import draw_actions
from gamesolve.views.openspiel_batch import OpenSpielBatch
from gamesolve.views.turn_based import PLAYERS, TurnBased


class OpenSpielArena:
    """The batch view of a task in an OpenSpiel game.

    A step leads from one decision of the role to the next, or to the end of the episode, whatever others
    do in between. The attributes are those of an `Arena`; the role has one agent, its player.
    """

    def __init__(self, task: Task, batch: int, *, seed: int, features: Tensors, joint: bool) -> None:
        """
        Args:
            batch: B.
            joint: whether a central critic is to be shown what both players know, and which opponent was drawn.
        """
        game = task.game
        assert isinstance(game, TurnBased)
        self.features, self._batch = features, OpenSpielBatch(game, batch, seed=seed, acting=task.acting)
        self.agents = np.array(features.agents, np.int32)
        self.inputs, self.actions = features.count, game.actions
        self._parts = [Tensors.of(game, role, features.memory) for role in (task.role, _other(task.role))] if joint else []
        (player,) = features.agents
        self._opponent, way = 1 - player, task.acting[1 - player]
        self._draws = len(way.ways) if joint and isinstance(way, Drawn) else 0
        self.joint_inputs = sum(part.count for part in self._parts) + self._draws
        rows = self._batch.rows
        self.rewards, self.dones, self.elapsed, self.picks = self._batch.rewards, self._batch.dones, rows["elapsed"], 1

    @property
    def decisions(self) -> int:
        """Made so far, by both players."""
        return self._batch.decisions

    def gather(self) -> tuple[np.ndarray, np.ndarray]:
        """The decisions of this step: rows i8 [n] and members i4 [n]."""
        rows = np.flatnonzero(self._batch.waits)
        return rows, np.zeros(len(rows), np.int32)

    def see(self, rows: np.ndarray, members: np.ndarray, inputs: np.ndarray, masks: np.ndarray) -> None:
        """Show n decisions: tensors f4 [n, F] and legal actions bool [n, A] are filled."""
        self.features.fill(self._states(rows), inputs)
        masks[:] = self._batch.masks(rows.tolist())

    def see_all(self, rows: np.ndarray, out: np.ndarray) -> None:
        """Show a central critic n rows: f4 [n, J]."""
        start, states = 0, self._states(rows) if self._parts else []
        for part in self._parts:
            part.fill(states, out[:, start : start + part.count])
            start += part.count
        if self._draws:
            out[:, start:] = np.arange(self._draws) == self._batch.drawn(self._opponent)[rows, None]

    def act(self, rows: np.ndarray, members: np.ndarray, probabilities: np.ndarray, masks: np.ndarray) -> np.ndarray:
        """Draw the actions i8 [n] of n decisions from f4 [n, A], by one uniform number of their row's and player's own stream each."""
        agents = self.agents[members]
        draw_actions(self._batch.game, self._batch.rows, rows, agents, probabilities, masks)
        return np.asarray(self._batch.rows["actions"][rows, agents], np.int64)

    def play(self) -> None:
        """Play a step in every row, with the actions put down."""
        self._batch.advance()

    def state(self) -> dict[str, np.ndarray]:
        """All that the next step depends on, to `restore`."""
        return self._batch.state()

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Go back to a `state` of an equal arena."""
        self._batch.restore(state)

    def _states(self, rows: np.ndarray) -> list[object]:
        return [self._batch.states[b] for b in rows.tolist()]


def _other(role: str) -> str:
    return PLAYERS[1 - PLAYERS.index(role)]
