"""`OpenSpielNetwork`: a network that plays a role of an OpenSpiel game."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyspiel

from gamesolve.base.errors import GamesolveError
from gamesolve.base.roles import the_role
from gamesolve.policies.asked import PART, Pause, legal_at
from gamesolve.policies.neural import NeuralPolicy, read_network
from gamesolve.policies.tensors import Tensors
from gamesolve.views.acting import ASKED, Acting
from gamesolve.views.tree import Tree
from gamesolve.views.turn_based import PLAYERS, TurnBased, states_of


@dataclass(frozen=True, eq=False)
class OpenSpielNetwork(NeuralPolicy):
    """A `NeuralPolicy` that is fed OpenSpiel's tensors.

    OpenSpiel's own algorithms can ask it (`action_probabilities`), at states of the turn-based form of its game.
    """

    game: TurnBased  # type: ignore[assignment]
    features: Tensors  # type: ignore[assignment]

    @property
    def actions(self) -> int:
        """A, of the game."""
        return self.game.actions

    def acting(self, game: TurnBased, agent: int) -> Acting:  # type: ignore[override]
        """How an `OpenSpielBatch` asks this policy when `agent` of `game` follows it.

        Raises:
            GamesolveError: it is for another game or the other role.
        """
        self.refuse_other(game, agent)

        def ask(states: Sequence[pyspiel.State], masks: np.ndarray) -> np.ndarray:
            return self.probabilities(self.features.shown(states), masks)

        return Acting(ASKED, ask=ask)

    def action_probabilities(self, state: pyspiel.State, player_id: int | None = None) -> dict[int, float]:
        """Probability of every legal action at a state in which the role moves, as OpenSpiel asks for it.

        Raises:
            GamesolveError: it is for the other player.
        """
        player = state.current_player() if player_id is None else player_id
        if player not in self.features.agents:
            raise GamesolveError(f"a policy of {the_role(self.role)} of {self.game} cannot be asked for player {player}")
        legal, masks = state.legal_actions(player), np.zeros((1, self.game.actions), np.bool_)
        masks[0, legal] = True
        p = self.probabilities(self.features.shown([state]), masks)[0]
        return {action: float(p[action]) for action in legal}

    def behaviour_on(self, tree: Tree, pause: Pause | None = None) -> np.ndarray:
        """The behaviour f8 [Q] that it amounts to on its game's tree; `pause` is called before each part of it is asked for.

        Raises:
            GamesolveError: the tree is of another game.
        """
        if tree.fingerprint != self.fingerprint:
            raise GamesolveError(f"a policy of {the_role(self.role)} of {self.game} cannot be used on {tree.game}")
        d = tree.decisions[PLAYERS.index(self.role)]
        behaviour = np.ones(d.sequences)
        for sets, shown in self._information_sets(d.names):
            if pause is not None:
                pause()
            p = self.probabilities(shown, legal_at(d, sets, self.game.actions))
            for row, i in zip(p, sets, strict=True):
                own = slice(d.first[i], d.first[i + 1])
                behaviour[own] = row[d.action[own]]
        return behaviour

    def _information_sets(self, names: Sequence[str]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """All information sets i8 [n], in parts, with what the network is fed there, f4 [n, F]."""
        missing, sets, states = {name: i for i, name in enumerate(names)}, list[int](), list[pyspiel.State]()
        for state in states_of(self.game.played.new_initial_state(), PLAYERS.index(self.role)):
            i = missing.pop(state.information_state_string(), None)
            if i is not None:
                sets.append(i)
                states.append(state)
            if states and (len(states) == PART or not missing):
                yield np.array(sets), self.features.shown(states)
                sets, states = [], []
            if not missing:
                return


def openspiel_network_from(game: TurnBased, card: dict[str, Any], tensors: dict[str, np.ndarray]) -> NeuralPolicy:
    """The policy that a card describes, for its game.

    Raises:
        GamesolveError: a key of the card is refused, or a tensor (see `read_network`).
    """
    if card["role"] not in PLAYERS:
        raise GamesolveError(f"key 'role' is {card['role']!r}; it is one of {', '.join(PLAYERS)}")
    return read_network(OpenSpielNetwork, game, Tensors.of(game, card["role"], card["memory"]), card, tensors)
