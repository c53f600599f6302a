"""Policies of OpenSpiel's games as an `OpenSpielBatch` asks them: tables, and whatever OpenSpiel calls a policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyspiel

from gamesolve.base.compiled import compiled
from gamesolve.policies.asked import Asked, Pause, blamed
from gamesolve.policies.openspiel import from_openspiel, said_by
from gamesolve.policies.tabular import TabularPolicy
from gamesolve.views.acting import ASKED, Acting
from gamesolve.views.tree import Tree
from gamesolve.views.turn_based import PLAYERS, TurnBased


@dataclass(frozen=True, eq=False)
class OutsidePolicy(Asked):
    """One role's part of a policy of OpenSpiel's; it has no file.

    Attributes:
        game: the game it plays.
        role: `0` or `1`.
        policy: anything with `action_probabilities(state, player)`.
    """

    kind = "an OpenSpiel policy"

    game: TurnBased  # type: ignore[assignment]
    role: str
    policy: Any

    @property
    def _simultaneous(self) -> bool:
        """Whether it knows the states of the game as it was given, before moves were put in turns."""
        theirs = getattr(self.policy, "game", None)
        return theirs is not None and theirs.get_type().dynamics == pyspiel.GameType.Dynamics.SIMULTANEOUS

    def acting(self, game: TurnBased, agent: int) -> Acting:  # type: ignore[override]
        """How an `OpenSpielBatch` asks this policy when `agent` of `game` follows it.

        Raises:
            GamesolveError: it is for another game or the other role.
        """
        self.refuse_other(game, agent)

        def ask(states: Sequence[pyspiel.State], masks: np.ndarray) -> np.ndarray:
            found = np.zeros(masks.shape)
            for row, state, mask in zip(found, states, masks, strict=True):
                asked = state.simultaneous_game_state() if self._simultaneous else state
                legal = np.flatnonzero(mask)
                with blamed(self.role):
                    row[legal] = said_by(self.policy, asked, agent, legal.tolist())
            return found

        return Acting(ASKED, ask=ask)

    def behaviour_on(self, tree: Tree, pause: Pause | None = None) -> np.ndarray:
        """The behaviour f8 [Q] on a tree of its game; raises GamesolveError where it says nothing, or no probabilities, somewhere."""
        game = self.game.original if self._simultaneous else self.game.played
        return from_openspiel(self.policy, game, tree, PLAYERS.index(self.role)).probability


def followable(policy: Any, game: TurnBased, role: str) -> Any:
    """A policy of a role in a form that says how it acts: OpenSpiel's own do not."""
    return policy if hasattr(policy, "acting") else OutsidePolicy(game, role, policy)


def uniform_policy(game: TurnBased, role: str) -> TabularPolicy:
    """Every legal action equally likely: the table that says nothing."""
    none = np.zeros(0, np.int32)
    return TabularPolicy(
        game=str(game), fingerprint=game.fingerprint, role=role, agent=PLAYERS.index(role), histories=None, history=none, names=(),
        first=np.ones(1, np.int32), parent=none, action=np.full(1, -1, np.int32), probability=np.ones(1),
    )  # fmt: skip


def asked_table(names: Sequence[str], first: np.ndarray, action: np.ndarray, probability: np.ndarray) -> Acting:
    """How an `OpenSpielBatch` asks a table (see `TabularPolicy`)."""
    index = {name: i for i, name in enumerate(names)}

    def ask(states: Sequence[pyspiel.State], masks: np.ndarray) -> np.ndarray:
        sets = np.array([index.get(state.information_state_string(), -1) for state in states], np.int64)
        found = np.zeros(masks.shape)
        look_up(sets, first, action, probability, masks, found)
        return found

    return Acting(ASKED, ask=ask)


@compiled
def look_up(sets, first, action, probability, masks, found):
    """Fill probabilities f8 [n, A] at information sets i8 [n]; where one is -1 every legal action is equally likely."""
    for k in range(sets.size):
        i = sets[k]
        if i >= 0:
            for entry in range(first[i], first[i + 1]):
                found[k, action[entry]] = probability[entry]
            continue
        count = masks[k].sum()
        for a in range(masks.shape[1]):
            found[k, a] = masks[k, a] / count
