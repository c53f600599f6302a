"""Policies to OpenSpiel and from it; information-state strings are what both sides know a place by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyspiel
from open_spiel.python import policy as openspiel_policy

from gamesolve.base.errors import GamesolveError
from gamesolve.base.patience import USUAL, call
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.policies.tabular import TabularPolicy
from gamesolve.rules.game import Game
from gamesolve.views.information_state import information_state_string
from gamesolve.views.openspiel import to_openspiel as openspiel_game
from gamesolve.views.tree import Tree
from gamesolve.views.turn_based import states_of

TOLERANCE, ROUNDING = 1e-6, 1e-12


class OpenSpielPolicy(openspiel_policy.Policy):
    """Tables of ours as a policy of OpenSpiel's; where a table says nothing, every legal action is equally likely."""

    def __init__(self, game: pyspiel.Game, tables: dict[int, dict[str, dict[int, float]]]) -> None:
        super().__init__(game, sorted(tables))
        self._tables = tables

    def action_probabilities(self, state: pyspiel.State, player_id: int | None = None) -> dict[int, float]:
        """Probability of every legal action of a player, who is the one to move unless given.

        Raises:
            GamesolveError: no policy was given for that player.
        """
        player = state.current_player() if player_id is None else player_id
        if player not in self._tables:
            raise GamesolveError(f"player {player} has no policy here; players {self.player_ids} have")
        legal = state.legal_actions(player)
        known = self._tables[player].get(state_name(self.game, state, player))
        return {a: 1.0 / len(legal) if known is None else known.get(a, 0.0) for a in legal}


def to_openspiel(
    policies: Sequence[TabularPolicy | ScriptedPolicy | Mixture], game: Game | pyspiel.Game, *, tree: Tree | None = None
) -> OpenSpielPolicy:
    """Policies of a game, one each of some or all of its players, as one OpenSpiel policy.

    Args:
        game: the game they are for, ours or OpenSpiel's.
        tree: of the game; needed where a policy is no table yet.

    Raises:
        GamesolveError: two policies are for one player, one is for another game, or the tree is missing.
    """
    theirs = openspiel_game(game) if isinstance(game, Game) else game
    tables: dict[int, dict[str, dict[int, float]]] = {}
    for policy in policies:
        table = _tabular(policy, tree)
        if table.agent in tables:
            raise GamesolveError(f"two policies were given for player {table.agent}; give one each")
        tables[table.agent] = _words(table, theirs)
    return OpenSpielPolicy(theirs, tables)


def from_openspiel(policy: Any, game: Game | pyspiel.Game, tree: Tree, role: int) -> TabularPolicy:
    """The table of role 0 or 1 that an OpenSpiel policy amounts to: it is asked once at every information set.

    Args:
        policy: anything with `action_probabilities(state, player)`.
        game: the game it is for, ours or OpenSpiel's.
        tree: of the game.

    Raises:
        GamesolveError: the policy does not know an information set of the game, or what it says there
            are no probabilities of legal actions.
    """
    d = tree.decisions[role]
    player = role
    names = d.names
    if isinstance(game, Game):
        (player,) = game.agents_of(d.role)
        assert tree.histories is not None
        names = tuple(information_state_string(game, player, tree.histories.path(int(h))) for h in d.history)
    theirs = getattr(policy, "game", None) or (openspiel_game(game) if isinstance(game, Game) else game)
    index = {name: i for i, name in enumerate(names)}
    behaviour = np.full(d.sequences, np.nan)
    behaviour[0] = 1.0
    missing = d.information_sets
    for state in states_of(theirs.new_initial_state(), player):
        if missing == 0:
            break
        i = index.get(state_name(theirs, state, player))
        if i is not None and np.isnan(behaviour[d.first[i]]):
            own = slice(d.first[i], d.first[i + 1])
            behaviour[own] = said_by(policy, state, player, d.action[own].tolist())
            missing -= 1
    if missing:
        raise GamesolveError(f"the policy is for {theirs}, which lacks {missing} of the information sets of {tree.game}")
    return TabularPolicy.from_tree(tree, role, behaviour)


def state_name(game: pyspiel.Game, state: pyspiel.State, player: int) -> str:
    """The name of a player's information set at a state, as trees of the game have it.

    Trees of games with simultaneous moves are those of the turn-based conversion, whose strings
    begin with the player to move.
    """
    name = state.information_state_string(player)
    simultaneous = game.get_type().dynamics == pyspiel.GameType.Dynamics.SIMULTANEOUS
    return f"Current player: {player}\n{name}" if simultaneous else name


def _tabular(policy: TabularPolicy | ScriptedPolicy | Mixture, tree: Tree | None) -> TabularPolicy:
    if isinstance(policy, TabularPolicy):
        return policy
    if tree is None:
        raise GamesolveError(f"a {type(policy).__name__} becomes a table on the game's tree; give the tree")
    return TabularPolicy.from_tree(tree, [d.role for d in tree.decisions].index(policy.role), policy.behaviour_on(tree))


def _words(table: TabularPolicy, game: pyspiel.Game) -> dict[str, dict[int, float]]:
    """A table by information-state string."""
    if table.histories is None:
        names = table.names
    else:
        own = getattr(game, "game", None)
        if not isinstance(own, Game) or own.fingerprint != table.fingerprint:
            raise GamesolveError(f"a policy for {table.game} (fingerprint {table.fingerprint}) cannot be followed in {game}")
        names = tuple(information_state_string(own, table.agent, table.histories.path(int(h))) for h in table.history)
    entries = [range(a, b) for a, b in zip(table.first, table.first[1:], strict=False)]
    return {name: {int(table.action[k]): float(table.probability[k]) for k in own} for name, own in zip(names, entries, strict=True)}


def said_by(policy: Any, state: pyspiel.State, player: int, actions: list[int]) -> list[float]:
    """Probabilities of the legal actions of a player at a state, as an OpenSpiel policy says; checked and normalised."""
    try:
        said = {int(action): float(p) for action, p in call("the policy", USUAL, policy.action_probabilities, state, player).items()}
    except Exception as error:
        raise GamesolveError(f"the policy says nothing at {state.information_state_string(player)!r}: {error!r}") from error
    total = sum(said.values())
    sound = all(p >= 0.0 and (p == 0.0 or action in actions) for action, p in said.items())
    if not sound or not abs(total - 1.0) <= TOLERANCE:
        raise GamesolveError(
            f"the policy says {said} at {state.information_state_string(player)!r}; it is probabilities of {actions} that sum to 1"
        )
    # Rounding is left as it is, so that what goes to OpenSpiel comes back with the same bytes.
    scale = 1.0 if abs(total - 1.0) <= ROUNDING else total
    return [said.get(action, 0.0) / scale for action in actions]
