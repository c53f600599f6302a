"""Trees of OpenSpiel's games, through OpenSpiel's Python API.

The API, not the tree, is what costs: every node is one copy of a state and one call for its player.
So the walk asks each question once, copies no state for the first action of a node, and works with
a stack of its own.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyspiel

from gamesolve.base.errors import GamesolveError, TooLargeError
from gamesolve.base.memory import DEFAULT_MEMORY, memory_words
from gamesolve.views.payoffs import payoffs_from_leaves, transpose
from gamesolve.views.tree import Decisions, Tree
from gamesolve.views.turn_based import PLAYERS, fingerprint, title_of, turn_based

#: Bytes a leaf takes at the peak of building: 32 as walked, the rest while leaves are sorted into two matrices.
BYTES_A_LEAF = 100
#: Random descents that estimate a size; a fifth of them where they already say that it is clearly small.
PROBES, CLEARLY = 50, 1000
HUGE = 1e100
#: Leaves between two reports of progress: a fraction of a second's work.
PAUSE = 5_000
#: How far returns may miss what they should be, relative to the greatest.
ROUNDING = 1e-9
TERMINAL = int(pyspiel.PlayerId.TERMINAL)


@dataclass
class _Role:
    """One player's information sets as they are found: string to (first sequence, parent, actions)."""

    sets: dict[str, tuple[int, int, list[int]]] = field(default_factory=dict)
    sequences: int = 1


@dataclass
class _Leaves:
    """Leaves as they are found: sequences of both roles (i4), weight (f8), and both returns one after another (f8)."""

    rows: array[int] = field(default_factory=lambda: array("i"))
    columns: array[int] = field(default_factory=lambda: array("i"))
    weights: array[float] = field(default_factory=lambda: array("d"))
    returns: array[float] = field(default_factory=lambda: array("d"))


def tree_from_openspiel(
    game: pyspiel.Game | str, *, memory: int | None = None, progress: Callable[[int], None] | None = None, weights: bool = False
) -> Tree:  # fmt: skip
    """The tree of a two-player OpenSpiel game; simultaneous moves are made turn-based.

    Args:
        game: the game, or its name with parameters.
        memory: bytes that building may take; 8 GiB unless given.
        progress: called now and then, while the walk is not done, with the number of leaves found; an
            exception that it raises ends the walk, and nothing is left of it.
        weights: whether `Tree.weights` is wanted.

    Raises:
        GamesolveError: the game does not have two players, its chance can only be sampled, it has no
            information-state strings, its information sets are not of perfect recall or differ in
            legal actions, it pays less or more than it declares, or its size exceeds the memory (with
            the numbers).
    """
    memory = DEFAULT_MEMORY if memory is None else memory
    loaded = pyspiel.load_game(game) if isinstance(game, str) else game
    playable = _walkable(loaded)
    limit = memory // BYTES_A_LEAF
    size = _estimate_leaves(playable, limit)
    if size > limit:
        raise _too_large(loaded, f"has about {size:.3g} leaves" if size < HUGE else f"has more than {HUGE:.0e} leaves", memory)
    roles, leaves = (_Role(), _Role()), _Leaves()
    _walk(playable, roles, leaves, limit, progress)
    if len(leaves.rows) > limit:
        raise _too_large(loaded, f"has more than {limit:,} leaves", memory)
    return _finish(loaded, roles, leaves, weighted=weights)


def _walk(game: pyspiel.Game, roles: tuple[_Role, _Role], leaves: _Leaves, limit: int, progress: Callable[[int], None] | None) -> None:
    """Find all information sets and leaves, depth first; stop after `limit` leaves."""
    store_row, store_column, store_weight = leaves.rows.append, leaves.columns.append, leaves.weights.append
    store_returns = leaves.returns.extend
    state, row, column, weight = game.new_initial_state(), 0, 0, 1.0
    waiting: list[tuple[Any, int, int, float]] = []
    wait, next_one = waiting.append, waiting.pop
    pause = min(PAUSE, limit + 1)
    while True:
        player = state.current_player()
        if player == 0:
            actions = state.legal_actions()
            first = roles[0].sets.get(key := state.information_state_string(), NOWHERE)
            if first[1] != row or first[2] != actions:
                first = _enter(game, roles[0], key, row, actions)
            row = first[0]
            for k in range(len(actions) - 1, 0, -1):
                wait((state.child(actions[k]), row + k, column, weight))
            state.apply_action(actions[0])
        elif player == 1:
            actions = state.legal_actions()
            first = roles[1].sets.get(key := state.information_state_string(), NOWHERE)
            if first[1] != column or first[2] != actions:
                first = _enter(game, roles[1], key, column, actions)
            column = first[0]
            for k in range(len(actions) - 1, 0, -1):
                wait((state.child(actions[k]), row, column + k, weight))
            state.apply_action(actions[0])
        elif player == TERMINAL:
            store_row(row)
            store_column(column)
            store_weight(weight)
            store_returns(state.returns())
            if not waiting:
                return
            if len(leaves.rows) >= pause:
                if len(leaves.rows) > limit:
                    return
                if progress is not None:
                    progress(len(leaves.rows))
                pause = min(pause + PAUSE, limit + 1)
            state, row, column, weight = next_one()
        else:
            outcomes = [(action, probability) for action, probability in state.chance_outcomes() if probability > 0.0]
            for action, probability in reversed(outcomes[1:]):
                wait((state.child(action), row, column, weight * probability))
            state.apply_action(outcomes[0][0])
            weight *= outcomes[0][1]


#: Stands for an information set that is not known: no sequence leads to it.
NOWHERE: tuple[int, int, list[int]] = (-1, -1, [])


def _enter(game: pyspiel.Game, role: _Role, key: str, parent: int, actions: list[int]) -> tuple[int, int, list[int]]:
    """A new information set; raises GamesolveError where it is known with another parent or other actions."""
    if key in role.sets:
        raise _not_proper(game, key, role.sets[key], parent, actions)
    found = role.sets[key] = (role.sequences, parent, actions)
    role.sequences += len(actions)
    return found


def _walkable(game: pyspiel.Game) -> pyspiel.Game:
    playable = turn_based(game)
    if not playable.get_type().provides_information_state_string:
        raise GamesolveError(f"{game} does not provide information-state strings; a tree needs them to tell information sets apart")
    return playable


def _estimate_leaves(game: pyspiel.Game, limit: int) -> float:
    """Knuth's estimate (1975) of the number of leaves, from random descents with a stream of their own."""
    stream = np.random.default_rng(0)
    total = 0.0
    for probe in range(1, PROBES + 1):
        state, leaves = game.new_initial_state(), 1.0
        while not state.is_terminal():
            actions = state.legal_actions()
            leaves *= len(actions)
            state.apply_action(actions[int(stream.random() * len(actions))])
        total += leaves
        if probe == PROBES // 5 and CLEARLY * total / probe < limit:
            return total / probe
    return total / PROBES


def _finish(game: pyspiel.Game, roles: tuple[_Role, _Role], leaves: _Leaves, *, weighted: bool) -> Tree:
    rows, columns = np.frombuffer(leaves.rows, np.int32), np.frombuffer(leaves.columns, np.int32)
    weights, returns = np.frombuffer(leaves.weights), np.frombuffer(leaves.returns).reshape(-1, 2)
    if not np.isfinite(returns).all():
        raise GamesolveError(f"{game} pays a return that is not a finite number")
    decisions = (_decisions(roles[0], PLAYERS[0]), _decisions(roles[1], PLAYERS[1]))
    shape = (decisions[0].sequences, decisions[1].sequences)
    low, high = returns.min(axis=0), returns.max(axis=0)
    bounds = _bounds(game, float(low.min()), float(high.max()))
    zero_sum = bool(np.abs(returns.sum(axis=1)).max() <= ROUNDING * max(high[0], -low[0], 1e-300))
    payoffs = payoffs_from_leaves(rows, columns, weights * returns[:, 0], *shape)
    return Tree(
        game=title_of(game),
        fingerprint=fingerprint(game),
        decisions=decisions,
        payoffs=payoffs,
        transposed=transpose(payoffs, shape[1]),
        other=None if zero_sum else payoffs_from_leaves(rows, columns, weights * returns[:, 1], *shape),
        utility_bounds=(bounds, bounds),
        histories=None,
        leaves=len(rows),
        weights=payoffs_from_leaves(rows, columns, weights.copy(), *shape) if weighted else None,
    )


def _bounds(game: pyspiel.Game, least: float, greatest: float) -> tuple[float, float]:
    """The bounds that a game declares for both players; raises GamesolveError where it pays less or more, or they are no numbers.

    Tolerances and relative gaps are measured in them, so a certificate would be as wrong as they are.
    """
    low, high = game.min_utility(), game.max_utility()
    rounding = ROUNDING * max(-least, greatest)
    if not (low <= least + rounding and greatest - rounding <= high and np.isfinite([low, high]).all()):
        raise GamesolveError(
            f"{game} pays returns from {least!r} to {greatest!r}, and declares that they lie in {low!r} to {high!r}; "
            "its min_utility and max_utility must be finite numbers that enclose every return"
        )
    return low, high


def _decisions(role: _Role, name: str) -> Decisions:
    found = role.sets.values()
    actions = [action for _, _, choices in found for action in choices]
    return Decisions(
        role=name,
        first=np.array([first for first, _, _ in found] + [role.sequences], np.int32),
        parent=np.array([parent for _, parent, _ in found], np.int32),
        action=np.array([-1, *actions], np.int64).astype(np.int32),
        history=np.zeros(0, np.int32),
        names=tuple(role.sets),
    )


def _too_large(game: pyspiel.Game, what: str, memory: int) -> TooLargeError:
    return TooLargeError(
        f"the tree of {title_of(game)} {what}, at {BYTES_A_LEAF} bytes each while it is built; the memory limit is {memory_words(memory)}"
    )


def _not_proper(game: pyspiel.Game, key: str, known: tuple[int, int, list[int]], parent: int, actions: list[int]) -> GamesolveError:
    if known[2] != actions:
        return GamesolveError(f"{game}: information set {key!r} has the legal actions {known[2]} in one state and {actions} in another")
    return GamesolveError(f"{game}: information set {key!r} is reached after different own choices, so the game is not of perfect recall")
