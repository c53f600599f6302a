"""`Asking`: policies outside compiled code, asked once a step for all rows in which they act.

They give probabilities; the action is drawn here, from the row's own stream, so what happens in an
episode depends on no other row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from gamesolve.base.compiled import compiled
from gamesolve.base.errors import GamesolveError
from gamesolve.rules.chance import advance, fraction, outcome_at
from gamesolve.rules.game import Game
from gamesolve.views.recall import Recall

if TYPE_CHECKING:
    from gamesolve.views.turn_based import TurnBased


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

    def begin(self) -> None:
        """Note what every row shows as it begins anew."""
        self.recall.begin(self._rows)

    def note(self) -> None:
        """Note what every row shows now."""
        self.recall.note(self._rows)

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
                given = np.asarray(ask(self.recall, self.recall.place(agent), rows, masks), np.float64)
                draw_actions(self._game, self._rows, rows, np.full(len(rows), agent, np.int32), given, masks)

    def _leave_forced(self, agent: int, rows: np.ndarray, masks: np.ndarray) -> np.ndarray:
        """The rows in which the agent has a choice; in the others its only action is put down."""
        free = masks.sum(axis=1) > 1
        self._rows["actions"][rows[~free], agent] = masks[~free].argmax(axis=1) if len(rows) else 0
        return rows[free]


def draw_actions(
    game: Game | TurnBased, rows: np.ndarray, at: np.ndarray, agents: np.ndarray, given: np.ndarray, masks: np.ndarray
) -> None:  # fmt: skip
    """Draw n actions, each by one uniform number of its row's and agent's own stream, and put them down.

    Args:
        rows: record [B], the simulator's or the batch's.
        at: i8 [n], rows in which `agents` i4 [n] act.
        given: floats [n, A], probabilities of the actions where masks bool [n, A] are legal.

    Raises:
        GamesolveError: these are not probabilities, or one is positive where it must not be.
    """
    names = [game.agents[agent].name for agent in agents[:1]]
    if given.shape != masks.shape:
        raise GamesolveError(f"the policy of {names[0]!r} gave probabilities of shape {given.shape}; {masks.shape} was asked")
    wrong = draw(rows["streams"], at, agents, given, masks, rows["actions"])
    if wrong >= 0:
        raise GamesolveError(
            f"the policy of {game.agents[agents[wrong]].name!r} gave {given[wrong][masks[wrong]].tolist()} for its legal actions and "
            f"{given[wrong][~masks[wrong]].max(initial=0.0)} for another; probabilities are not negative, add to 1 and are 0 there"
        )


@compiled
def draw(streams, rows, agents, probabilities, masks, actions):
    """See `draw_actions`; -1, or the first place at which something is wrong."""
    for k in range(rows.size):
        total = 0.0
        for a in range(probabilities.shape[1]):
            p = probabilities[k, a]
            if not 0.0 <= p < np.inf or (p > 0.0 and not masks[k, a]):
                return k
            total += p
        if abs(total - 1.0) > 1e-3:
            return k
        b, i = rows[k], agents[k]
        streams[b, 1 + i] = advance(streams[b, 1 + i])
        actions[b, i] = outcome_at(probabilities[k], fraction(streams[b, 1 + i]) * total)
    return -1
