"""One-sided partially observed stochastic games as tables: one role knows the state, the other its own actions and observations.

The role that does not know the state always knows the *partition* in which it is. `read_osposg` reads the text format of Horák,
Bošanský, Kovařík and Kiekintveld (Artificial Intelligence 316, 2023). A file has, in this order and separated by white space:

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
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gamesolve.base import files
from gamesolve.base.errors import GamesolveError, quoted
from gamesolve.views.stochastic_game import StochasticGame

#: By how much the probabilities of a row may miss one in a file, and what a file may count at most of anything.
TOLERANCE, MOST = 1e-6, 10_000_000
COUNTED = ("states", "partitions", "actions of player 1", "actions of player 2", "observations", "transitions", "rewards")


@dataclass(frozen=True, eq=False)
class OneSidedGame:
    """Tables of a game in which player 1 does not know the state, and player 2 does; what player 1 earns, player 2 loses.

    Attributes:
        roles: names of player 1 and player 2, who are `1` and `2` in a file.
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
    return _File(str(path), files.read_text(Path(path))).game()


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
        return OneSidedGame(("1", "2"), tuple(names), (actions[0], actions[1]), seen, partition, own, other,
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
