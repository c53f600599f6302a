"""A stochastic game as tables: states, joint actions, what they earn and where they lead.

The defender's actions are rows and the attacker's columns of each state's stage games. `read_stochastic_game` reads one from a file; what
a file looks like stands there.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gamesolve.base import files
from gamesolve.base.errors import GamesolveError, quoted, unknown_name
from gamesolve.rules.game import ROLES

#: By how much the probabilities of a row may miss one in a file.
TOLERANCE = 1e-9
#: States and entries of transitions of a file at most.
MOST_STATES, MOST_ENTRIES = 1_000_000, 50_000_000
KEYS, STATE_KEYS = ("discount", "start", "states"), ("actions", "rewards", "transitions")


@dataclass(frozen=True, eq=False)
class StochasticGame:
    """A stochastic game of S states; J joint actions of all states together, E transitions.

    Attributes:
        states: names.
        actions: for each role, for each state, names of its actions.
        counts: i4 [2, S], how many actions each role has in each state; 0 of both where the game is over.
        first: i8 [S + 1]; state s owns joint actions first[s] to first[s + 1] - 1, the attacker's action running fastest.
        reward: f8 [2, J], expected rewards by role.
        begin: i8 [J + 1]; joint action j owns transitions begin[j] to begin[j + 1] - 1.
        target: i4 [E], where they lead; chance: f8 [E], with which probability. What is missing to 1 ends the game.
        discount: of every further step, above 0 and up to 1.
        start: f8 [S], probabilities of the first state.
        horizon: steps after which it ends, or None.
    """

    states: Sequence[str]
    actions: tuple[Sequence[tuple[str, ...]], Sequence[tuple[str, ...]]]
    counts: np.ndarray
    first: np.ndarray
    reward: np.ndarray
    begin: np.ndarray
    target: np.ndarray
    chance: np.ndarray
    discount: float
    start: np.ndarray
    horizon: int | None = None

    @property
    def zero_sum(self) -> bool:
        """Whether one role earns what the other loses."""
        return bool(np.array_equal(self.reward[0], -self.reward[1]))

    def __repr__(self) -> str:
        return f"<StochasticGame of {len(self.states):,} states, {int(self.first[-1]):,} joint actions, {len(self.target):,} transitions>"


def stochastic_game(data: Any) -> StochasticGame:
    """The game that plain data describe.

    Args:
        data: `discount`; `start`, the name of a state or a table from names to probabilities; `states`, a table from names to tables of
            `actions` (two lists of names, the defender's and the attacker's), `rewards` (the defender's as rows of the attacker's actions,
            for a zero-sum game, or a list of the defender's and the attacker's) and `transitions` (for each of the defender's actions and
            each of the attacker's a table from names of states to probabilities, which sum to one). A state that is over has no `actions`.

    Raises:
        GamesolveError: it describes none; the message names the state, the row and what is allowed.
    """
    if not isinstance(data, dict):
        raise GamesolveError(f"a stochastic game is a table of {', '.join(KEYS)}; this is {quoted(data)}")
    _known("a stochastic game", data, KEYS)
    for key in KEYS:
        if key not in data:
            raise GamesolveError(f"a stochastic game lacks {key!r}; it has {', '.join(KEYS)}")
    discount, states = _number("discount", data["discount"]), data["states"]
    if not 0.0 < discount <= 1.0:
        raise GamesolveError(f"discount is {data['discount']!r}; it is above 0 and at most 1")
    if not isinstance(states, dict) or not 1 <= len(states) <= MOST_STATES:
        raise GamesolveError(f"states are {quoted(states)}; a table of 1 to {MOST_STATES:,} of them is needed")
    for name in states:
        _refuse_name("a state", name)
    number = {name: s for s, name in enumerate(states)}
    read = [_state(name, given, number) for name, given in states.items()]
    joint = [one for state in read for one in state.rows]
    if sum(map(len, joint)) > MOST_ENTRIES:
        raise GamesolveError(f"there are {sum(map(len, joint)):,} transitions; at most {MOST_ENTRIES:,} are allowed")
    start = np.zeros(len(states))
    given_start = data["start"] if isinstance(data["start"], dict) else {data["start"]: 1.0}
    for s, chance in _distribution("start", given_start, number):
        start[s] = chance
    return StochasticGame(
        tuple(states),
        (tuple(state.actions[0] for state in read), tuple(state.actions[1] for state in read)),
        np.array([[len(state.actions[role]) for state in read] for role in range(2)], np.int32),
        np.concatenate([[0], np.cumsum([len(state.rows) for state in read])]).astype(np.int64),
        np.concatenate([state.rewards for state in read], axis=1),
        np.concatenate([[0], np.cumsum([len(row) for row in joint])]).astype(np.int64),
        np.array([s for row in joint for s, _ in row], np.int32),
        np.array([chance for row in joint for _, chance in row], np.float64),
        discount,
        start,
    )


def read_stochastic_game(path: str | Path) -> StochasticGame:
    """The game of a JSON file; see `stochastic_game`. Raises GamesolveError also where the file cannot be read or is no JSON."""
    return stochastic_game(files.read_json(Path(path)))


@dataclass(frozen=True)
class _State:
    """Of one state: names of actions by role, rewards f8 [2, joint actions], and a distribution for each joint action."""

    actions: tuple[tuple[str, ...], tuple[str, ...]]
    rewards: np.ndarray
    rows: list[list[tuple[int, float]]]


def _state(name: str, given: Any, number: dict[str, int]) -> _State:
    what = f"state {name!r}"
    if not isinstance(given, dict):
        raise GamesolveError(f"{what} is {quoted(given)}; a table of {', '.join(STATE_KEYS)} is needed")
    _known(what, given, STATE_KEYS)
    if "actions" not in given:
        if given:
            raise GamesolveError(f"{what} has {', '.join(given)} but no actions; a state that is over has neither")
        return _State(((), ()), np.zeros((2, 0)), [])
    actions = _actions(what, given["actions"])
    for key in STATE_KEYS:
        if key not in given:
            raise GamesolveError(f"{what} lacks {key!r}")
    rewards, shape = given["rewards"], (len(actions[0]), len(actions[1]))
    both = _is_pair_of_tables(rewards)
    own = _table(f"{what}: rewards of the {ROLES[0]}", rewards[0] if both else rewards, shape)
    other = _table(f"{what}: rewards of the {ROLES[1]}", rewards[1], shape) if both else -own
    rows = given["transitions"]
    _refuse_shape(f"{what}: transitions", rows, shape)
    found = [
        _distribution(f"{what}: transitions of {actions[0][i]!r} against {actions[1][j]!r}", rows[i][j], number)
        for i, j in itertools.product(*map(range, shape))
    ]
    return _State(actions, np.stack([own.reshape(-1), other.reshape(-1)]), found)


def _actions(what: str, given: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if not (isinstance(given, list) and len(given) == 2 and all(isinstance(one, list) and one for one in given)):
        raise GamesolveError(f"{what}: actions are {quoted(given)}; two lists of names are needed, the defender's and the attacker's")
    for role, names in zip(ROLES, given, strict=True):
        for name in names:
            if not isinstance(name, str) or names.count(name) > 1:
                raise GamesolveError(f"{what}: an action of the {role} is {quoted(name)}; they are different names")
            _refuse_name(f"{what}: an action of the {role}", name)
    return tuple(given[0]), tuple(given[1])


def _refuse_name(what: str, name: str) -> None:
    """Raise GamesolveError for a name that cannot be written or read."""
    if not (name.isprintable() and name.strip()):
        raise GamesolveError(f"{what} is called {quoted(name)}; names are printable and not empty")


def _is_pair_of_tables(rewards: Any) -> bool:
    return (
        isinstance(rewards, list)
        and len(rewards) == 2
        and all(isinstance(one, list) and one and isinstance(one[0], list) for one in rewards)
    )


def _table(what: str, given: Any, shape: tuple[int, int]) -> np.ndarray:
    _refuse_shape(what, given, shape)
    return np.array([[_number(f"{what}, row {i + 1}", one) for one in row] for i, row in enumerate(given)], np.float64)


def _refuse_shape(what: str, given: Any, shape: tuple[int, int]) -> None:
    if not isinstance(given, list) or len(given) != shape[0]:
        raise GamesolveError(f"{what} are {quoted(given)}; {shape[0]} rows are needed, one for each action of the {ROLES[0]}")
    for i, row in enumerate(given):
        if not isinstance(row, list) or len(row) != shape[1]:
            raise GamesolveError(
                f"{what}, row {i + 1}, is {quoted(row)}; {shape[1]} entries are needed, one for each action of the {ROLES[1]}"
            )


def _distribution(what: str, given: Any, number: dict[str, int]) -> list[tuple[int, float]]:
    """Pairs of a state and its probability, which is above 0."""
    if not isinstance(given, dict) or not given:
        raise GamesolveError(f"{what} is {quoted(given)}; a table from names of states to probabilities is needed")
    found = []
    for name, chance in given.items():
        if name not in number:
            raise unknown_name(f"state of {what}", name, list(number))
        value = _number(f"{what}: probability of {name!r}", chance)
        if not 0.0 <= value <= 1.0 + TOLERANCE:
            raise GamesolveError(f"{what}: the probability of {name!r} is {chance!r}; it lies between 0 and 1")
        if value > 0.0:
            found.append((number[name], value))
    total = sum(chance for _, chance in found)
    if abs(total - 1.0) > TOLERANCE:
        raise GamesolveError(f"{what} sums to {total:.12g}; probabilities of a row sum to 1")
    return found


def _number(what: str, given: Any) -> float:
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not np.isfinite(given):
        raise GamesolveError(f"{what} is {quoted(given)}; a finite number is needed")
    return float(given)


def _known(what: str, given: dict[str, Any], keys: Sequence[str]) -> None:
    for key in given:
        if key not in keys:
            raise unknown_name(f"key of {what}", key, list(keys))
