"""The one-sided view of a game: tables of a game without end in which one role knows STATE and the other sees its signals."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from gamesolve.base.errors import GamesolveError, TooLargeError
from gamesolve.rules.game import ROLES, Game
from gamesolve.rules.scripted import NO_MEMORY
from gamesolve.views.markov import enumerated, lasting_fields
from gamesolve.views.one_sided import OneSidedGame
from gamesolve.views.position import Board
from gamesolve.views.stochastic_game import StochasticGame

#: Transitions that a game may have at most, each of which is played in Python.
MOST_PLAYED = 1_000_000


def informed_role(game: Game) -> str:
    """The role that alone knows STATE; raises GamesolveError where there is none, or this is no game for such tables."""
    if len(game.sees_state) != 1:
        who = "both roles know" if game.sees_state else "neither role is declared to know"
        raise GamesolveError(f"in {game} {who} STATE; a one-sided game has one role that does")
    if not game.zero_sum or len(game.agents) != 2 or game.picks != 1:
        raise GamesolveError(f"{game} is no zero-sum game of two agents that choose once an epoch")
    if game.horizon is not None:
        raise GamesolveError(f"{game} has a horizon, so it has a tree; without one (horizon=0) it is a one-sided game without end")
    if game.memory != NO_MEMORY:
        raise GamesolveError(f"what is observed in {game} depends on more than STATE (it has MEMORY)")
    return game.sees_state[0]


def one_sided_game(game: Game) -> OneSidedGame:
    """The tables of a game without end in which one role knows STATE, and the other sees its signals.

    States that may show the same signals lie in one partition.

    Raises:
        TooLargeError: it has too many transitions.
        GamesolveError: it is no such game; see `informed_role`.
    """
    informed = ROLES.index(informed_role(game))
    (tables, records), blind = enumerated(game), 1 - informed
    steps = list(_transitions(game, tables, records, blind))
    rows = sorted({row for _, found in steps for _, row, _ in found})
    observation = {row: o for o, row in enumerate(rows)}
    places, chance = list[tuple[int, ...]](), list[float]()
    for (s, a, b), found in steps:
        pair = (a, b) if blind == 0 else (b, a)
        for after, row, probability in found:
            places.append((s, *pair, observation[row], after))
            chance.append(probability)
    partition = _partitions(len(tables.states), places, np.flatnonzero(tables.start))
    agents = game.agents if blind == 0 else game.agents[::-1]
    reward = np.zeros((len(tables.states), *(len(agent.actions) for agent in agents)))
    for (s, a, b), joint in zip((one for one, _ in steps), range(len(steps)), strict=True):
        reward[s, *((a, b) if blind == 0 else (b, a))] = tables.reward[blind, joint]
    legal = [_legal(game, tables, s) for s in range(len(tables.states))]
    own = [legal[int(np.argmax(partition == k))][blind] for k in range(int(partition.max()) + 1)]
    for s, k in enumerate(partition):
        if legal[s][blind] != own[k]:
            raise GamesolveError(f"{game} breaks the contract of rules: legal actions differ between states that look alike")
    return OneSidedGame(
        roles=(ROLES[blind], ROLES[informed]),
        states=tuple(tables.states),
        actions=(agents[0].actions, agents[1].actions),
        observations=tuple(",".join(map(str, row)) for row in rows),
        partition=partition,
        own=tuple(own),
        other=tuple(legal[s][informed] for s in range(len(legal))),
        places=np.array(places, np.int32).reshape(-1, 5),
        chance=np.array(chance),
        reward=reward,
        discount=game.discount,
        start=tables.start,
    )


def _legal(game: Game, tables: StochasticGame, s: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Numbers of both agents' legal actions in a state."""
    words = (tables.actions[0][s], tables.actions[1][s])
    return tuple(game.agents[0].actions.index(one) for one in words[0]), tuple(game.agents[1].actions.index(one) for one in words[1])


def _transitions(
    game: Game, tables: StochasticGame, records: np.ndarray, blind: int
) -> Iterator[tuple[tuple[int, int, int], list[tuple[int, tuple[int, ...], float]]]]:
    """Each state with both actions, and where they lead: the next state, what the uninformed sees, and the probability."""
    board, played = Board(game), 0
    number = {_key(record): s for s, record in enumerate(records)}
    width = sum(signal.count for signal in game.agents[blind].signals)
    for s in range(len(tables.states)):
        for a, b in itertools.product(*_legal(game, tables, s)):
            found: dict[tuple[int, tuple[int, ...]], float] = {}
            for after, probability in _outcomes(board, records[s], np.array([a, b], np.int32)):
                played += 1
                if played > MOST_PLAYED:
                    raise TooLargeError(f"{game} has more than {MOST_PLAYED:,} transitions, which is the limit for one-sided games")
                if not after["over"]:
                    key = number[_key(after["state"])], tuple(int(one) for one in after["signals"][blind, :width])
                    found[key] = found.get(key, 0.0) + probability
            yield (s, a, b), [(*key, probability) for key, probability in found.items()]


def _key(record: Any) -> bytes:
    """By which a state is told from others: all that lasts."""
    return b"".join(record[name].tobytes() for name in lasting_fields(record.dtype))


def _outcomes(board: Board, record: np.ndarray, actions: np.ndarray) -> Iterator[tuple[Any, float]]:
    """All outcomes of a joint action in a state, with their probabilities."""
    point = board.before()
    point["elapsed"], point["state"] = 0, record
    open_tapes: list[tuple[list[int], float]] = [([], 1.0)]
    while open_tapes:
        tape, probability = open_tapes.pop()
        after, question = board.play(point, actions, tape)
        if question is None:
            yield after[0], probability
        else:
            open_tapes += [([*tape, k], probability * float(p)) for k, p in enumerate(question) if p > 0.0]


def _partitions(count: int, places: Sequence[tuple[int, ...]], start: np.ndarray) -> np.ndarray:
    """i4 [S]: states that may show the same signals lie in one, and so do those in which the game may begin."""
    parent = list(range(count))

    def root(s: int) -> int:
        while parent[s] != s:
            parent[s] = parent[parent[s]]
            s = parent[s]
        return s

    shown: dict[int, int] = {-1: int(start[0])}
    for o, s in [*((-1, int(s)) for s in start), *((row[3], row[4]) for row in places)]:
        parent[root(s)] = root(shown.setdefault(o, s))
    roots = sorted({root(s) for s in range(count)})
    return np.array([roots.index(root(s)) for s in range(count)], np.int32)
