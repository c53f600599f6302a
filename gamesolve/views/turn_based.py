"""`TurnBased`: a game of OpenSpiel's in the form in which it is walked and played: two players, one of them to move at a time."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyspiel

from gamesolve.base.errors import GamesolveError
from gamesolve.rules.game import Agent
from gamesolve.views.problem import OPENSPIEL

#: The roles of OpenSpiel's players 0 and 1.
PLAYERS = ("0", "1")


@dataclass(frozen=True, eq=False, repr=False)
class TurnBased:
    """An OpenSpiel game of two players. What it shares with a `Game` has the same name here.

    Attributes:
        original: as it was given.
        played: the same, simultaneous moves made one after the other, the second player not seeing the first one's.
    """

    original: pyspiel.Game
    played: pyspiel.Game

    discount = 1.0

    @classmethod
    def of(cls, game: TurnBased | pyspiel.Game) -> TurnBased:
        """The turn-based form of a game.

        Raises:
            GamesolveError: it has not two players, its chance can only be sampled, or it is a mean-field game.
        """
        return game if isinstance(game, cls) else cls(game, turn_based(game))

    @functools.cached_property
    def agents(self) -> tuple[Agent, ...]:
        """The two players, whose actions are called by their numbers."""
        actions = tuple(map(str, range(self.actions)))
        return tuple(Agent(f"player {role}", role, actions, ()) for role in PLAYERS)

    @functools.cached_property
    def fingerprint(self) -> str:
        """Of the game as it was given."""
        return fingerprint(self.original)

    @property
    def horizon(self) -> int:
        """Moves of the longest episode."""
        return int(self.played.max_game_length())

    @property
    def actions(self) -> int:
        """A."""
        return int(self.played.num_distinct_actions())

    def agents_of(self, role: str) -> tuple[int, ...]:
        """The player of a role; none where the role is unknown."""
        return tuple(i for i, player in enumerate(self.agents) if player.role == role)

    def __repr__(self) -> str:
        return f"<TurnBased {self}>"

    def __str__(self) -> str:
        return title_of(self.original)


def turn_based(game: pyspiel.Game) -> pyspiel.Game:
    """A game with simultaneous moves made one after the other; see `TurnBased.of`."""
    kind = game.get_type()
    if game.num_players() != 2:
        raise GamesolveError(f"{game} has {game.num_players()} players; games of two players can be walked and played")
    if kind.chance_mode == pyspiel.GameType.ChanceMode.SAMPLED_STOCHASTIC:
        raise GamesolveError(f"the chance of {game} can only be sampled, by the game itself; its probabilities are needed")
    if kind.dynamics == pyspiel.GameType.Dynamics.MEAN_FIELD:
        raise GamesolveError(f"{game} is a mean-field game; games of two players can be walked and played")
    return pyspiel.convert_to_turn_based(game) if kind.dynamics == pyspiel.GameType.Dynamics.SIMULTANEOUS else game


def title_of(game: pyspiel.Game) -> str:
    """Name and all parameters, in the same words however the game was loaded: `openspiel:kuhn_poker(players=2)`."""
    return f"{name_of(game)}({', '.join(f'{name}={value}' for name, value in parameters_of(game).items())})"


def name_of(game: pyspiel.Game) -> str:
    """Its name as a user writes it, without parameters."""
    return OPENSPIEL + str(game.get_type().short_name)


def parameters_of(game: pyspiel.Game) -> dict[str, Any]:
    """All its parameters as plain data."""
    return dict(json.loads(json.dumps(game.get_parameters(), default=str)))


def fingerprint(game: pyspiel.Game) -> str:
    """Hash (hex, 16 characters) of the game's name and parameters, defaults included."""
    shape: list[Any] = [game.get_type().short_name, game.get_parameters()]
    return hashlib.sha256(json.dumps(shape, sort_keys=True, default=str).encode()).hexdigest()[:16]


def states_of(state: pyspiel.State, player: int) -> Iterator[pyspiel.State]:
    """Every state at or below `state` in which a player moves."""
    waiting = [state]
    while waiting:
        state = waiting.pop()
        if state.is_terminal():
            continue
        if state.is_chance_node():
            waiting.extend(state.child(action) for action, p in state.chance_outcomes() if p > 0.0)
        elif state.is_simultaneous_node():
            yield state
            for first in state.legal_actions(0):
                for second in state.legal_actions(1):
                    child = state.clone()
                    child.apply_actions([first, second])
                    waiting.append(child)
        else:
            if state.current_player() == player:
                yield state
            waiting.extend(state.child(action) for action in state.legal_actions())
