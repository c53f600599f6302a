"""The one-sided view of a game: tables of a game without end in which one role knows STATE and the other sees its signals.

Who knows STATE also has to know what the other saw and did: bounds on the value rest on that. So a game is refused where what the
informed role sees does not tell it, after some transition.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from gamesolve.base.errors import GamesolveError, TooLargeError
from gamesolve.rules.game import ROLES, Game
from gamesolve.rules.scripted import NO_MEMORY
from gamesolve.rules.signals import width
from gamesolve.views.markov import enumerated, lasting_fields
from gamesolve.views.one_sided import OneSidedGame
from gamesolve.views.position import Board
from gamesolve.views.stochastic_game import StochasticGame

#: Transitions that a game may have at most, each of which is played in Python.
MOST_PLAYED = 1_000_000
#: What an agent sees, and its own action.
Row = tuple[int, ...]


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


def one_sided_game(game: Game, *, memory: int | None = None, pause: Callable[[], None] = lambda: None) -> OneSidedGame:
    """The tables of a game without end in which one role knows STATE, and the other sees its signals.

    States that may show the same signals lie in one partition.

    Args:
        memory: bytes that its states may take; 8 GiB unless given.
        pause: called now and then; what it raises ends the work.

    Raises:
        TooLargeError: it has too many transitions, or states for the memory.
        GamesolveError: it is no such game; see `informed_role`; or the informed role does not see what the other sees and does.
    """
    informed = informed_role(game)
    blind = next(role for role in ROLES if role != informed)
    tables, records = enumerated(game, memory=memory, progress=lambda _: pause())
    sides = _Sides(game, blind, informed)
    sides.refuse_telling_start()
    steps = list(sides.transitions(tables, records, pause))
    rows = sorted({row for _, found in steps for _, row, _ in found})
    observation = {row: o for o, row in enumerate(rows)}
    places, chance = list[tuple[int, ...]](), list[float]()
    for (s, own, other), found in steps:
        for after, row, probability in found:
            places.append((s, own, other, observation[row], after))
            chance.append(probability)
    partition = _partitions(len(tables.states), places, np.flatnonzero(tables.start))
    reward = np.zeros((len(tables.states), *(len(game.agents[i].actions) for i in (sides.blind, sides.informed))))
    for s in range(len(tables.states)):
        legal = sides.legal(tables, s)
        own_table = tables.reward[ROLES.index(blind), tables.first[s] : tables.first[s + 1]].reshape(tables.counts[:, s])
        reward[s][np.ix_(*legal)] = own_table if blind == ROLES[0] else own_table.T
    choices = [sides.legal(tables, s) for s in range(len(tables.states))]
    own_actions = [choices[int(np.argmax(partition == k))][0] for k in range(int(partition.max()) + 1)]
    for s, k in enumerate(partition):
        if choices[s][0] != own_actions[k]:
            raise GamesolveError(f"{game} breaks the contract of rules: legal actions differ between states that look alike")
    return OneSidedGame(
        roles=(blind, informed),
        states=tuple(tables.states),
        actions=(game.agents[sides.blind].actions, game.agents[sides.informed].actions),
        observations=tuple(",".join(map(str, row)) for row in rows),
        partition=partition,
        own=tuple(own_actions),
        other=tuple(both[1] for both in choices),
        places=np.array(places, np.int32).reshape(-1, 5),
        chance=np.array(chance),
        reward=reward,
        discount=game.discount,
        start=tables.start,
    )


class _Sides:
    """Who is who among the game's agents.

    Attributes:
        blind, informed: indices of the agents.
    """

    def __init__(self, game: Game, blind: str, informed: str) -> None:
        self._game, self._board, self._played = game, Board(game), 0
        self.blind, self.informed = game.agents_of(blind)[0], game.agents_of(informed)[0]
        self._widths = [width(agent.signals) for agent in game.agents]

    def legal(self, tables: StochasticGame, s: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Numbers of the legal actions in a state of who does not know it, and of who does."""
        found = []
        for i in (self.blind, self.informed):
            agent = self._game.agents[i]
            found.append(tuple(agent.actions.index(word) for word in tables.actions[ROLES.index(agent.role)][s]))
        return found[0], found[1]

    def refuse_telling_start(self) -> None:
        """Raise GamesolveError where the uninformed's first signals differ: it would begin with more than one belief."""
        first = {self._row(after, self.blind) for after, _ in self._outcomes(self._board.before(), np.full(2, -1, np.int32))}
        if len(first) > 1:
            raise GamesolveError(
                f"in {self._game} what the {self._game.agents[self.blind].role} sees at the start differs from play to play; such games "
                "begin with several beliefs, and are not searched"
            )

    def transitions(
        self, tables: StochasticGame, records: np.ndarray, pause: Callable[[], None]
    ) -> Iterator[tuple[tuple[int, int, int], list[tuple[int, Row, float]]]]:
        """Each state with both actions, and where they lead: the next state, what the uninformed sees, and the probability."""
        number = {_key(record): s for s, record in enumerate(records)}
        # By what the informed knows after a transition, what the other saw and did in it.
        told: dict[tuple[int, int, Row], tuple[int, Row]] = {}
        for s in range(len(tables.states)):
            for own, other in itertools.product(*self.legal(tables, s)):
                pause()
                actions = np.zeros(2, np.int32)
                actions[self.blind], actions[self.informed] = own, other
                point = self._board.before()
                point["elapsed"], point["state"] = 0, records[s]
                found: dict[tuple[int, Row], float] = {}
                for after, probability in self._outcomes(point, actions):
                    if after["over"]:
                        continue
                    row = self._row(after, self.blind)
                    if told.setdefault((s, other, self._row(after, self.informed)), (own, row)) != (own, row):
                        raise GamesolveError(
                            f"in {self._game} what the {self._game.agents[self.informed].role} sees after {tables.states[s]} does not tell "
                            "what the other role saw and did; games are searched where it does"
                        )
                    key = number[_key(after["state"])], row
                    found[key] = found.get(key, 0.0) + probability
                yield (s, own, other), [(*key, probability) for key, probability in found.items()]

    def _row(self, point: Any, agent: int) -> Row:
        return tuple(int(one) for one in point["signals"][agent, : self._widths[agent]])

    def _outcomes(self, point: np.ndarray, actions: np.ndarray) -> Iterator[tuple[Any, float]]:
        """All outcomes of a joint action at a point, with their probabilities."""
        open_tapes: list[tuple[list[int], float]] = [([], 1.0)]
        while open_tapes:
            tape, probability = open_tapes.pop()
            after, question = self._board.play(point, actions, tape)
            if question is None:
                self._played += 1
                if self._played > MOST_PLAYED:
                    raise TooLargeError(f"{self._game} has more than {MOST_PLAYED:,} transitions, which is the limit for one-sided games")
                yield after[0], probability
            else:
                open_tapes += [([*tape, k], probability * float(p)) for k, p in enumerate(question) if p > 0.0]


def _key(record: Any) -> bytes:
    """By which a state is told from others: all that lasts."""
    return b"".join(record[name].tobytes() for name in lasting_fields(record.dtype))


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
