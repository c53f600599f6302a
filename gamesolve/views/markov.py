"""The tabular view of a game: all states that play can reach, as a `StochasticGame` in which both roles see everything.

Of a game in which both roles always know STATE this is the game. Of one with hidden information it is a *relaxation*: whoever sees less
than STATE in the game may earn more here, never less, where the other role sees all of it there (`Game.sees_state`); where
neither does, it bounds nobody's value.

A team is one player here, whose actions are those of its agents together.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import Any, overload

import numba
import numpy as np

from gamesolve.base.compiled import explicit, specialise
from gamesolve.base.errors import GamesolveError, TooLargeError
from gamesolve.base.memory import DEFAULT_MEMORY, memory_words
from gamesolve.rules.chance import FAULTS
from gamesolve.rules.game import ROLES, Game
from gamesolve.rules.record import transient_start
from gamesolve.views import enumerate as template
from gamesolve.views.acting import game_key
from gamesolve.views.interned import fill_slots
from gamesolve.views.stochastic_game import StochasticGame

#: States for which there is room at first; transitions between two pauses.
ROOM_AT_FIRST, PAUSE = 1024, 1_000_000
#: What enumerating may say of rules.
ENUMERATE_FAULTS = {**FAULTS, template.NO_ACTION: "an agent has no legal action before the game is over"}


def markov_game(game: Game, *, memory: int | None = None, progress: Callable[[int], None] | None = None) -> StochasticGame:
    """A game's reachable states, with what every joint action earns and where it leads.

    Args:
        memory: bytes that it may take; 8 GiB unless given.
        progress: called now and then with the number of states so far; an exception that it raises ends the work.

    Returns:
        A game whose `horizon` is in rule steps. Where an epoch has several picks, a step is a pick: its discount is the epoch's root, and
        rewards are raised so that each counts as in its epoch.

    Raises:
        TooLargeError: it takes more memory (with the numbers).
        GamesolveError: a rule breaks its contract.
    """
    return enumerated(game, memory=memory, progress=progress)[0]


def enumerated(
    game: Game, *, memory: int | None = None, progress: Callable[[int], None] | None = None
) -> tuple[StochasticGame, np.ndarray]:
    """As `markov_game`, with the states as records [S] of the game's STATE."""
    return _Enumerator(game, DEFAULT_MEMORY if memory is None else memory, progress or (lambda _: None)).game()


def lasting_fields(state: np.dtype) -> list[str]:
    """Names of the fields of STATE that are not transient."""
    fields: Any = state.fields
    return [name for name, (_, offset, *_) in fields.items() if offset < transient_start(state)]


class _Enumerator:
    """The arrays under way, which grow, and the template bound to the game's rules."""

    def __init__(self, game: Game, memory: int, progress: Callable[[int], None]) -> None:
        self._game, self._memory, self._progress = game, memory, progress
        self._arrays = _arrays(game)
        self._work = self._arrays["work"][0]
        self._enumerate = _driver(game)

    def game(self) -> tuple[StochasticGame, np.ndarray]:
        """Enumerate, and put what was found together."""
        while (code := int(self._enumerate(*self._arrays.values(), PAUSE))) != template.DONE:
            if code == template.FAULT:
                raise GamesolveError(f"{self._game} breaks the contract of rules: {ENUMERATE_FAULTS[int(self._work['fault'])]}")
            self._make_room(code)
            self._progress(int(self._work["count"]))
        return self._finished()

    def _make_room(self, code: int) -> None:
        """Enlarge the arrays that are full; raises TooLargeError when the memory limit is reached."""
        arrays, work = self._arrays, self._work
        if code == template.STATES_FULL:
            size = 2 * len(arrays["states"])
            self._require(float(arrays["raw"].nbytes + arrays["lookup"].nbytes + arrays["counts"].nbytes + arrays["first"].nbytes))
            arrays.update(_views(_longer(arrays["raw"], size), arrays["states"].dtype))
            arrays["counts"] = np.concatenate([arrays["counts"], np.zeros_like(arrays["counts"])], axis=1)
            arrays["first"] = _longer(arrays["first"], size + 1)
            arrays["lookup"] = np.full(2 * size, -1, np.int32)
            fill_slots(arrays["words"], arrays["lookup"], arrays["words"].shape[1] - 1, 1, work["count"])
        elif code == template.JOINT_FULL:
            size = max(2 * len(arrays["earned"]), int(min(work["wanted"], 2.0**62)))
            self._require(24.0 * size)
            arrays["earned"], arrays["begin"] = _longer(arrays["earned"], size), _longer(arrays["begin"], size + 1)
        elif code == template.EDGES_FULL:
            size = 2 * len(arrays["targets"])
            self._require(float(arrays["targets"].nbytes + arrays["chances"].nbytes))
            arrays["targets"], arrays["chances"] = _longer(arrays["targets"], size), _longer(arrays["chances"], size)
        self._require(0.0)

    def _require(self, more: float) -> None:
        """Raise TooLargeError where what is there takes more memory, with so many bytes more, than is allowed."""
        used = more + sum(array.nbytes for name, array in self._arrays.items() if name not in ("raw", "words"))
        if used > self._memory:
            found, done, edges = (int(self._work[name]) for name in ("count", "at", "edges"))
            raise TooLargeError(
                f"the states of {self._game} take {memory_words(used)} or more: {found:,} were found, of which {done:,} have {edges:,} "
                f"transitions; the memory limit is {memory_words(self._memory)}"
            )

    def _finished(self) -> tuple[StochasticGame, np.ndarray]:
        game, work, arrays = self._game, self._work, self._arrays
        count, joint, edges = int(work["count"]), int(work["joint"]), int(work["edges"])
        records, first = arrays["states"][1:count].copy(), arrays["first"][1 : count + 1] - 1
        begin = arrays["begin"][1 : joint + 1].copy()
        before = int(begin[0]) if len(begin) else edges
        start = np.zeros(count - 1)
        # One state may be reached by several transitions.
        np.add.at(start, arrays["targets"][:before] - 1, arrays["chances"][:before])
        discount = game.discount ** (1.0 / game.picks)
        # Within an epoch nothing is discounted.
        raised = discount ** -np.repeat(records["pick"].astype(np.float64), np.diff(first))
        reward = np.ascontiguousarray(arrays["earned"][1:joint].T) * raised
        if not np.isfinite(reward).all():
            raise GamesolveError(f"{game} breaks the contract of rules: a reward is {float(reward[~np.isfinite(reward)][0])!r}")
        offers = _Offers(game, records)
        found = StochasticGame(
            states=_Names(records["state"], game.picks > 1, records["pick"]),
            actions=(_Actions(offers, 0), _Actions(offers, 1)),
            counts=arrays["counts"][:, 1:count].copy(),
            first=first,
            reward=reward,
            begin=begin - before,
            target=arrays["targets"][before:edges] - 1,
            chance=arrays["chances"][before:edges].copy(),
            discount=discount,
            start=start,
            horizon=game.steps,
        )
        return found, records["state"]


class _Names(Sequence[str]):
    """States in words, by their fields, made when they are asked for."""

    def __init__(self, records: np.ndarray, picks: bool, pick: np.ndarray) -> None:
        self._records, self._picks, self._pick = records, picks, pick

    def __len__(self) -> int:
        return len(self._records)

    @overload
    def __getitem__(self, n: int) -> str: ...
    @overload
    def __getitem__(self, n: slice) -> Sequence[str]: ...
    def __getitem__(self, n: int | slice) -> str | Sequence[str]:
        if isinstance(n, slice):
            return [self[k] for k in range(*n.indices(len(self)))]
        words = _words(self._records[n])
        return f"{words} pick={self._pick[n]}" if self._picks else words


class _Offers:
    """What agents may do in a state, worked out when it is asked for."""

    def __init__(self, game: Game, records: np.ndarray) -> None:
        self.game, self.records = game, records
        self._legal = _module(game).list_legal_of

    def of(self, n: int) -> list[list[str]]:
        """For each agent the words of its legal actions in state n."""
        masks = np.zeros((len(self.game.agents), self.game.actions), np.uint8)
        self._legal(self.game.table, self.records[n : n + 1], masks)
        return [
            [word for word, legal in zip(agent.actions, row, strict=False) if legal]
            for agent, row in zip(self.game.agents, masks, strict=True)
        ]


class _Actions(Sequence[tuple[str, ...]]):
    """Names of a role's actions in each state, those of a team's agents put together."""

    def __init__(self, offers: _Offers, role: int) -> None:
        self._offers, self._agents = offers, offers.game.agents_of(ROLES[role])

    def __len__(self) -> int:
        return len(self._offers.records)

    @overload
    def __getitem__(self, n: int) -> tuple[str, ...]: ...
    @overload
    def __getitem__(self, n: slice) -> Sequence[tuple[str, ...]]: ...
    def __getitem__(self, n: int | slice) -> tuple[str, ...] | Sequence[tuple[str, ...]]:
        if isinstance(n, slice):
            return [self[k] for k in range(*n.indices(len(self)))]
        offered = self._offers.of(range(len(self))[n])
        return tuple(" + ".join(words) for words in itertools.product(*(offered[i] for i in self._agents)))


def _words(state: Any) -> str:
    """A record by its fields, those that rules need only within a step left out."""
    return " ".join(f"{name}={_value(state[name])}" for name in lasting_fields(state.dtype))


def _value(value: Any) -> str:
    if isinstance(value, np.void):
        return f"({_words(value)})"
    return ",".join(map(_value, value)) if isinstance(value, np.ndarray) else str(value.item())


def _arrays(game: Game) -> dict[str, np.ndarray]:
    """The arrays, by name, in the order of the template's arguments."""
    room, agents = ROOM_AT_FIRST, len(game.agents)
    kind = template.state_record(game.state)
    work, moves = np.zeros(1, template.work_record(agents)), np.zeros(1, template.moves_record(agents, game.actions))
    work["picks"], work["count"] = game.picks, 1
    work["steps"] = -1 if game.steps is None else game.steps
    work["transient"], work["transient_end"] = transient_start(game.state), game.state.itemsize
    work["roles"] = game.agent_roles
    moves["order"] = np.argsort(game.agent_roles, kind="stable")
    return {
        "work": work,
        "table": game.table,
        "memory": np.zeros(1, game.memory),
        "chance": game.new_chance(),
        "moves": moves,
        **_views(np.zeros((room, kind.itemsize), np.uint8), kind),
        "lookup": np.full(2 * room, -1, np.int32),
        "counts": np.zeros((2, room), np.int32),
        "first": np.zeros(room + 1, np.int64),
        "begin": np.zeros(4 * room + 1, np.int64),
        "earned": np.zeros((4 * room, 2)),
        "targets": np.zeros(8 * room, np.int32),
        "chances": np.zeros(8 * room),
    }


def _views(raw: np.ndarray, kind: np.dtype) -> dict[str, np.ndarray]:
    """States in memory u1 [S, bytes], as records, as bytes, and as words."""
    return {"states": raw.view(kind)[:, 0], "raw": raw, "words": raw.view(np.uint64)}


def _module(game: Game) -> Any:
    rules = {name: getattr(game.rules, name) for name in ("reset", "legal", "step")}
    return specialise(template.__name__, name=game_key(game), **rules)


@functools.lru_cache(maxsize=64)
def _driver(game: Game) -> Any:
    """The template's compiled function for a game."""
    return explicit(_module(game).enumerate_states, *map(numba.typeof, _arrays(game).values()), numba.int64)


def _longer(array: np.ndarray, size: int) -> np.ndarray:
    grown = np.zeros((size, *array.shape[1:]), array.dtype)
    grown[: len(array)] = array
    return grown
