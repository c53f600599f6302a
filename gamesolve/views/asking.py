"""`Asking`: policies outside compiled code, asked once a step for all rows in which they act.

They give probabilities; the action is drawn here, from the row's own stream, so what happens in an
episode depends on no other row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gamesolve.base.compiled import compiled
from gamesolve.base.errors import GamesolveError
from gamesolve.rules.chance import mix
from gamesolve.rules.game import Game
from gamesolve.views.recall import Recall, note


class Asking:
    """The slots of a simulator that are asked, and what their agents have seen."""

    def __init__(self, game: Game, rows: np.ndarray, loop: np.ndarray, first: np.ndarray, asked: dict[int, Callable[..., Any]]) -> None:
        """
        Args:
            rows, loop: the simulator's own.
            first: i4 [N + 1], slots of each agent.
            asked: slot to the function that is asked (see `Acting`).

        Raises:
            GamesolveError: the game has no horizon.
        """
        self._game, self._rows, self._loop, self._asked = game, rows, loop, asked
        self._agent = {s: int(np.searchsorted(first, s, side="right")) - 1 for s in asked}
        self.recall = Recall.empty(game, len(rows), sorted(set(self._agent.values())))
        self._masks = rows["masks"].view(np.bool_)

    def note(self) -> None:
        """Note what every row shows now."""
        r, rows = self.recall, self._rows
        note(r.agents, rows["signals"], rows["actions"], rows["elapsed"], r.signals, r.actions, r.steps)

    def choose(self) -> None:
        """Choose for the agents of all rows that are under way."""
        under_way = self._rows["episode"] < self._loop["last"][0]
        for slot, ask in self._asked.items():
            agent = self._agent[slot]
            own = len(self._game.agents[agent].actions)
            rows = np.flatnonzero(under_way & (self._rows["slot"][:, agent] == slot))
            masks = self._masks[rows, agent, :own]
            rows = self._leave_forced(agent, rows, masks)
            if len(rows):
                masks = self._masks[rows, agent, :own]
                self._draw(agent, rows, masks, ask(self.recall, self.recall.place(agent), rows, masks))

    def _leave_forced(self, agent: int, rows: np.ndarray, masks: np.ndarray) -> np.ndarray:
        """The rows in which the agent has a choice; in the others its only action is put down."""
        free = masks.sum(axis=1) > 1
        self._rows["actions"][rows[~free], agent] = masks[~free].argmax(axis=1) if len(rows) else 0
        return rows[free]

    def _draw(self, agent: int, rows: np.ndarray, masks: np.ndarray, given: Any) -> None:
        found = np.asarray(given, np.float64)
        name = self._game.agents[agent].name
        if found.shape != masks.shape:
            raise GamesolveError(f"the policy of {name!r} gave probabilities of shape {found.shape}; {masks.shape} was asked")
        wrong = draw(self._rows["streams"], rows, 1 + agent, found, masks, self._rows["actions"][:, agent])
        if wrong >= 0:
            raise GamesolveError(
                f"the policy of {name!r} gave {found[wrong][masks[wrong]].tolist()} for its legal actions and "
                f"{found[wrong][~masks[wrong]].max(initial=0.0)} for another; probabilities are not negative, add to 1 and are 0 there"
            )


@compiled
def draw(streams, rows, who, probabilities, masks, actions):
    """Draw an action in each of n rows by one uniform number of its stream; -1, or the first place at which something is wrong."""
    for k in range(rows.size):
        total, last = 0.0, -1
        for a in range(probabilities.shape[1]):
            p = probabilities[k, a]
            if not 0.0 <= p < np.inf or (p > 0.0 and not masks[k, a]):
                return k
            total += p
            last = a if p > 0.0 else last
        if last < 0 or abs(total - 1.0) > 1e-3:
            return k
        b = rows[k]
        streams[b, who] += np.uint64(0x9E3779B97F4A7C15)
        point = np.float64(mix(streams[b, who]) >> np.uint64(11)) * (1.0 / 9007199254740992.0) * total
        chosen = last
        for a in range(last):
            point -= probabilities[k, a]
            if point < 0.0:
                chosen = a
                break
        actions[b] = chosen
    return -1
