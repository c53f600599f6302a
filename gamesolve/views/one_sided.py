"""One-sided partially observed stochastic games as tables: one role knows the state, the other its own actions and observations.

The role that does not know the state always knows the *partition* in which it is. `one_sided_game` makes the tables of a game without
end in which one role knows STATE; `read_osposg` reads the text format of Horák, Bošanský, Kovařík and Kiekintveld (Artificial Intelligence
316, 2023). A file has, in this order and separated by white space:

| part | what |
|---|---|
| header | numbers of states, partitions, actions of player 1 and of player 2, observations, transitions, rewards; the discount |
| states | a line each: a name, and the number of its partition |
| names | a line each: actions of player 1, actions of player 2, observations |
| actions of player 2 | a line for each state: the numbers of those that it may take there |
| actions of player 1 | a line for each partition, likewise |
| transitions | a line each: state, action 1, action 2, observation, next state, probability |
| rewards | a line each: state, action 1, action 2, what player 1 earns; 0 where there is none |
| start | one line: the partition, and the probability of each of its states |

Player 1 is the one who does not know the state; all numbers begin with 0.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gamesolve.base import files
from gamesolve.base.errors import GamesolveError, TooLargeError, quoted
from gamesolve.rules.game import ROLES, Game
from gamesolve.rules.scripted import NO_MEMORY
from gamesolve.views.markov import enumerated, lasting_fields
from gamesolve.views.position import Board
from gamesolve.views.stochastic_game import StochasticGame

#: By how much the probabilities of a row may miss one in a file, and what a file may count at most of anything.
TOLERANCE, MOST = 1e-6, 10_000_000
#: Transitions that a game may have at most, each of which is played in Python.
MOST_PLAYED = 1_000_000
COUNTED = ("states", "partitions", "actions of player 1", "actions of player 2", "observations", "transitions", "rewards")


@dataclass(frozen=True, eq=False)
class OneSidedGame:
    """Tables of a game in which player 1 does not know the state, and player 2 does; what player 1 earns, player 2 loses.

    Attributes:
        roles: names of player 1 and player 2.
        states, observations: names, of S and O; actions: names of player 1's and player 2's.
        partition: i4 [S].
        own: for each partition the numbers of player 1's actions there; other: for each state those of player 2's.
        places: i4 [T, 5], of each transition the state, both actions, the observation and the next state; chance: f8 [T]. What is missing
            to 1 for a state and its actions ends the game.
        reward: f8 [S, actions 1, actions 2], what player 1 earns.
        discount: below 1.
        start: f8 [S], the first state; all of one partition.
    """

    roles: tuple[str, str]
    states: tuple[str, ...]
    actions: tuple[tuple[str, ...], tuple[str, ...]]
    observations: tuple[str, ...]
    partition: np.ndarray
    own: tuple[tuple[int, ...], ...]
    other: tuple[tuple[int, ...], ...]
    places: np.ndarray
    chance: np.ndarray
    reward: np.ndarray
    discount: float
    start: np.ndarray

    def __repr__(self) -> str:
        return f"<OneSidedGame of {len(self.states):,} states in {len(self.own):,} partitions, {len(self.chance):,} transitions>"


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


def full_information(game: OneSidedGame) -> StochasticGame:
    """The same game in which player 1, here the row player, knows the state too."""
    count = len(game.states)
    options = [(game.own[game.partition[s]], game.other[s]) for s in range(count)]
    number, rewards = dict[tuple[int, int, int], int](), list[float]()
    first = np.zeros(count + 1, np.int64)
    for s, (own, other) in enumerate(options):
        for a, b in itertools.product(own, other):
            number[s, a, b] = len(rewards)
            rewards.append(float(game.reward[s, a, b]))
        first[s + 1] = len(rewards)
    joint = np.array([number[s, a, b] for s, a, b, _, _ in game.places.tolist()], np.int64)
    order = np.argsort(joint, kind="stable")
    names = tuple(tuple(tuple(game.actions[k][a] for a in options[s][k]) for s in range(count)) for k in (0, 1))
    reward = np.array(rewards)
    return StochasticGame(
        states=game.states,
        actions=(names[0], names[1]),
        counts=np.array([[len(one[k]) for one in options] for k in (0, 1)], np.int32),
        first=first,
        reward=np.stack([reward, -reward]),
        begin=np.searchsorted(joint[order], np.arange(len(rewards) + 1)).astype(np.int64),
        target=game.places[order, 4].astype(np.int32),
        chance=game.chance[order],
        discount=game.discount,
        start=game.start,
    )


def read_osposg(path: str | Path) -> OneSidedGame:
    """The game of a file in the format that the module's docstring tells; raises GamesolveError that names the line."""
    data = files.read_bytes(Path(path))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise GamesolveError(f"{str(path)!r} is no text: {error}") from error
    return _File(str(path), text).game()


class _File:
    """Lines of a file, read one after the other."""

    def __init__(self, path: str, text: str) -> None:
        self._path, self._at = path, 0
        self._lines = [(n, line.split()) for n, line in enumerate(text.splitlines(), 1) if line.strip()]

    def game(self) -> OneSidedGame:
        """The game; raises GamesolveError."""
        header = self._next("the header", 8)
        states, partitions, a1, a2, observations, transitions, rewards = (
            self._number(one, f"the number of {what}", MOST) for one, what in zip(header, COUNTED, strict=False)
        )
        discount = self._real(header[7], "the discount")
        if not 0.0 < discount < 1.0:
            raise self._wrong(f"the discount is {header[7]}; it lies between 0 and 1")
        if states * a1 * a2 > MOST:
            raise self._wrong(f"{states:,} states with {a1:,} and {a2:,} actions are more than {MOST:,} together")
        names, partition = list[str](), np.zeros(states, np.int32)
        for s in range(states):
            name, number = self._next("a state's name and partition", 2)
            names.append(name)
            partition[s] = self._number(number, "of a partition", partitions - 1)
        actions = tuple(tuple(" ".join(self._next(f"the name of {what}")) for _ in range(count))
                        for what, count in (("an action of player 1", a1), ("an action of player 2", a2)))  # fmt: skip
        seen = tuple(" ".join(self._next("the name of an observation")) for _ in range(observations))
        other = tuple(self._choices("actions of player 2", a2) for _ in range(states))
        own = tuple(self._choices("actions of player 1", a1) for _ in range(partitions))
        empty = sorted(set(range(partitions)) - set(partition.tolist()))
        if empty:
            raise self._wrong(f"partition {empty[0]} has no states")
        places, chance = np.zeros((transitions, 5), np.int32), np.zeros(transitions)
        most = (states, a1, a2, observations, states)
        for t in range(transitions):
            row = self._next("a transition", 6)
            places[t] = [self._number(one, "of a transition", n - 1) for one, n in zip(row, most, strict=False)]
            chance[t] = self._real(row[5], "a probability")
            if not 0.0 <= chance[t] <= 1.0 + TOLERANCE:
                raise self._wrong(f"a probability is {row[5]}; it lies between 0 and 1")
        reward = np.zeros((states, a1, a2))
        for _ in range(rewards):
            row = self._next("a reward", 4)
            s, a, b = (self._number(one, "of a reward", n - 1) for one, n in zip(row, (states, a1, a2), strict=False))
            reward[s, a, b] = self._real(row[3], "a reward")
        start = self._start(partition)
        if self._at < len(self._lines):
            raise GamesolveError(f"{self._path!r}, line {self._lines[self._at][0]}: there is more than the header says")
        self._refuse_sums(places, chance, partition, own, other)
        kept = self._playable(places, partition, own, other) & (chance > 0.0)
        return OneSidedGame(("player 1", "player 2"), tuple(names), (actions[0], actions[1]), seen, partition, own, other,
                            places[kept], chance[kept], reward, discount, start)  # fmt: skip

    def _start(self, partition: np.ndarray) -> np.ndarray:
        row = self._next("the start")
        members = np.flatnonzero(partition == self._number(row[0], "of a partition", int(partition.max())))
        if len(row) != 1 + len(members):
            raise self._wrong(f"the start has {len(row) - 1} probabilities; its partition has {len(members)} states")
        start = np.zeros(len(partition))
        start[members] = [self._real(one, "a probability") for one in row[1:]]
        if start.min() < 0.0 or abs(start.sum() - 1.0) > TOLERANCE:
            raise self._wrong(f"the start sums to {start.sum():g}; probabilities are 0 or more and sum to 1")
        return start / start.sum()

    def _refuse_sums(
        self,
        places: np.ndarray,
        chance: np.ndarray,
        partition: np.ndarray,
        own: Sequence[tuple[int, ...]],
        other: Sequence[tuple[int, ...]],
    ) -> None:
        """Every state with actions that may be taken there leads somewhere, with probabilities that sum to one."""
        sums: dict[tuple[int, int, int], float] = {}
        for row, probability in zip(places[:, :3].tolist(), chance.tolist(), strict=True):
            key = (row[0], row[1], row[2])
            sums[key] = sums.get(key, 0.0) + probability
        for s, k in enumerate(partition.tolist()):
            for a, b in itertools.product(own[k], other[s]):
                found = sums.get((s, a, b), 0.0)
                if abs(found - 1.0) > TOLERANCE:
                    raise GamesolveError(
                        f"{self._path!r}: transitions of state {s} with actions {a} and {b} sum to {found:g}; they sum to 1"
                    )

    def _playable(
        self, places: np.ndarray, partition: np.ndarray, own: Sequence[tuple[int, ...]], other: Sequence[tuple[int, ...]]
    ) -> np.ndarray:
        """bool [T], whether the actions of a transition may be taken."""
        return np.array([a in own[partition[s]] and b in other[s] for s, a, b in places[:, :3].tolist()], bool)

    def _choices(self, what: str, count: int) -> tuple[int, ...]:
        found = tuple(self._number(one, f"of {what}", count - 1) for one in self._next(what))
        if len(set(found)) < len(found):
            raise self._wrong(f"{what} are {' '.join(map(str, found))}; each is named once")
        return tuple(sorted(found))

    def _next(self, what: str, count: int = 0) -> list[str]:
        if self._at >= len(self._lines):
            raise GamesolveError(f"{self._path!r} ends where {what} is expected")
        self._at += 1
        row = self._lines[self._at - 1][1]
        if count and len(row) != count:
            raise self._wrong(f"{quoted(' '.join(row))} has {len(row)} parts; {what} has {count}")
        return row

    def _number(self, text: str, what: str, most: int) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 12 and int(text) <= most):
            raise self._wrong(f"{quoted(text)} is no number {what}; it is an integer from 0 to {most:,}")
        return int(text)

    def _real(self, text: str, what: str) -> float:
        try:
            found = float(text)
        except ValueError:
            found = float("nan")
        if not np.isfinite(found):
            raise self._wrong(f"{what} is {quoted(text)}; a finite number is needed")
        return found

    def _wrong(self, message: str) -> GamesolveError:
        return GamesolveError(f"{self._path!r}, line {self._lines[self._at - 1][0]}: {message}")


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
