"""`Tensors`: what networks are fed in OpenSpiel's games, as `Features` are in ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyspiel

from gamesolve.base.errors import GamesolveError
from gamesolve.views.turn_based import PLAYERS, TurnBased


@dataclass(frozen=True)
class Tensors:
    """A tensor that OpenSpiel makes of what a player knows.

    Attributes:
        memory: `history` for the information-state tensor, which holds all that the player has seen and done; `last` for the
            observation tensor, which shows the present and may forget.
        agents: the player, alone.
        count: F.
    """

    memory: str
    agents: tuple[int, ...]
    count: int

    pooled = False

    @classmethod
    def of(cls, game: TurnBased, role: str, memory: str = "auto") -> Tensors:
        """The tensors of a role.

        `auto` is `history`; of a game of perfect information without such tensors it is `last`: there is nothing to remember.

        Raises:
            GamesolveError: the role or the memory is unknown, or the game makes no such tensor.
        """
        if role not in PLAYERS:
            raise GamesolveError(f"role {role!r} is unknown; {game} has {' and '.join(PLAYERS)}")
        if memory not in ("auto", "history", "last"):
            raise GamesolveError(f"memory is {memory!r}; in an OpenSpiel game it is auto, history or last")
        kind, player = game.played.get_type(), PLAYERS.index(role)
        if memory == "auto" and not kind.provides_information_state_tensor and _shows_all(kind):
            memory = "last"
        if memory == "last":
            if not kind.provides_observation_tensor:
                raise GamesolveError(f"{game} makes no observation tensors, so a network cannot be fed with memory='last'")
            return cls("last", (player,), game.played.observation_tensor_size())
        if not kind.provides_information_state_tensor:
            instead = (
                "set memory to 'last' (in the file for --config, or in settings) to feed its observation tensors, which may forget"
                if kind.provides_observation_tensor
                else "learner 'exact' needs none"
            )
            raise GamesolveError(
                f"{game} makes no information-state tensors, so a network cannot be fed a player's whole history; {instead}"
            )
        return cls("history", (player,), game.played.information_state_tensor_size())

    def fill(self, states: Sequence[pyspiel.State], out: np.ndarray) -> None:
        """Write the tensors at n states into f4 [n, F]."""
        (player,) = self.agents
        for row, state in zip(out, states, strict=True):
            row[:] = state.information_state_tensor(player) if self.memory == "history" else state.observation_tensor(player)

    def shown(self, states: Sequence[pyspiel.State]) -> np.ndarray:
        """The tensors at n states, f4 [n, F]."""
        found = np.empty((len(states), self.count), np.float32)
        self.fill(states, found)
        return found


def _shows_all(kind: pyspiel.GameType) -> bool:
    """Whether an observation of a game shows all that a player knows."""
    return bool(kind.provides_observation_tensor and kind.information == pyspiel.GameType.Information.PERFECT_INFORMATION)
