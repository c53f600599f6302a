"""How agents act: each plays, follows a scripted rule, a table, acts at random, or is asked in batches.

Layer 2 knows policies only in this form; `gamesolve.policies` makes it from what users name.
"""

from __future__ import annotations

import dis
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numba
import numpy as np
from numba import types

from gamesolve.base.compiled import compiled, explicit, foreign_hash, specialise
from gamesolve.base.errors import GamesolveError
from gamesolve.rules.chance import outcome_at
from gamesolve.rules.game import ROLES, Game
from gamesolve.rules.scripted import RANDOM, Scripted, Settings
from gamesolve.views.call_act import act_types, addresses_of
from gamesolve.views.histories import Histories

if TYPE_CHECKING:
    from gamesolve.views.recall import Recall
    from gamesolve.views.turn_based import TurnBased

PLAYS, SCRIPTED, UNIFORM, TABULAR, ASKED = 0, 1, 2, 3, 4
#: What an agent's choice depends on beside its mask, the time and its policy's memory: nothing, its present signals, or all it has seen.
NOTHING, PRESENT, HISTORY = 0, 1, 2


@dataclass(frozen=True)
class Table:
    """A behaviour strategy over interned histories of one agent.

    Attributes:
        histories: the agent's own histories.
        first: i4 [H + 1]; history h owns entries first[h] to first[h + 1] - 1 (none where the table is silent).
        action: i2 [entries].
        probability: f8 [entries].
    """

    histories: Histories
    first: np.ndarray
    action: np.ndarray
    probability: np.ndarray


@dataclass(frozen=True)
class Acting:
    """How one agent acts.

    Attributes:
        kind: PLAYS (decided by whoever drives the loop), SCRIPTED, UNIFORM, TABULAR, or ASKED (outside compiled code).
        act: function compiled for the types `act_signature(game)`, where scripted.
        memory: u1 [M], its memory at the start of an episode, where scripted.
        table: where tabular.
        ask: where asked: `ask(recall, place, rows, masks)` gives the probabilities f8 [n, A] of the actions of the agent
            at `place` of a `Recall` in rows i8 [n], where masks bool [n, A] are legal. In an OpenSpiel game `ask(states, masks)`
            gives them at n states in which the player moves.
        looks: on what its choices depend (of its own, or of all who are asked, where one is told what others see): NOTHING,
            PRESENT, or HISTORY, which is never wrong.
    """

    kind: int = PLAYS
    act: Any = None
    memory: np.ndarray = field(default_factory=lambda: np.zeros(0, np.uint8))
    table: Table | None = None
    ask: Callable[..., np.ndarray] | None = None
    looks: int = HISTORY


class Alike(ABC):
    """An `ask` that can be answered in one go with others of its like."""

    @property
    @abstractmethod
    def like(self) -> Hashable:
        """What those share."""

    @abstractmethod
    def __call__(self, recall: Recall, place: int, rows: np.ndarray, masks: np.ndarray) -> np.ndarray:
        """See `Acting.ask`."""

    @classmethod
    @abstractmethod
    def joined(cls, asks: Sequence[Self]) -> Callable[[Recall, np.ndarray, np.ndarray, np.ndarray], np.ndarray]:
        """`ask(recall, rows, bounds, masks)` for K of one like, of agents of one role: the answers f8 [n, A] of all of them.

        The one numbered k is asked for rows[bounds[k]] to rows[bounds[k + 1] - 1] (i8 [n], i8 [K + 1]). To the bit, they are
        what it gives by itself; A may be more than its agent's actions.
        """


PLAYING = Acting(PLAYS)
RANDOMLY = Acting(UNIFORM, looks=NOTHING)


@dataclass(frozen=True, eq=False)
class Drawn:
    """How an agent acts whose role follows a mixture: one of K ways, drawn at the start of every episode.

    The agents of a role share the draw, so a mixture over teams draws a whole team.

    Attributes:
        ways: K of them.
        weights: f8 [K], probabilities.
        turns: episodes in a row that each way has its turn for, way after way and again from the first; 0 where they are drawn.
    """

    ways: tuple[Acting, ...]
    weights: np.ndarray
    turns: int = 0


def slots_of(game: Game | TurnBased, acting: Sequence[Acting | Drawn]) -> tuple[list[Acting], np.ndarray, np.ndarray, np.ndarray]:
    """All ways in which agents may act, agent after agent: a *slot* each.

    Returns:
        The slots; i4 [N + 1], agent i owns slots first[i] to first[i + 1] - 1; f8 [slots], the probability of each; and i8 [N],
        `Drawn.turns`.

    Raises:
        GamesolveError: there is not one entry for each agent, or agents of a role do not share their mixture's weights.
    """
    if len(acting) != len(game.agents):
        raise GamesolveError(f"{game} has {len(game.agents)} agents; how {len(acting)} act was given")
    ways = [a.ways if isinstance(a, Drawn) else (a,) for a in acting]
    weights = [a.weights if isinstance(a, Drawn) else np.ones(1) for a in acting]
    turns = np.array([a.turns if isinstance(a, Drawn) else 0 for a in acting], np.int64)
    for role in ROLES:
        shared = [[*weights[i].tolist(), *([f"turns of {turns[i]}"] if turns[i] else [])] for i in game.agents_of(role)]
        if any(own != shared[0] for own in shared):
            raise GamesolveError(f"the {role}s' mixtures have the weights {shared}; agents of a role share one draw, so they are equal")
    first = np.cumsum([0, *map(len, ways)]).astype(np.int32)
    return [way for own in ways for way in own], first, np.concatenate(weights), turns


@compiled
def drawn_way(weights, turns, episode, point):
    """Which of K ways, f8 [K] their probabilities, has its turn in an episode, or lies at a point of [0, 1) (see `Drawn`)."""
    return (episode // turns) % weights.size if turns > 0 else outcome_at(weights, point)


def act_signature(game: Game) -> tuple[Any, ...]:
    """numba types of what a scripted policy of a game is given (see `act_types`)."""
    return act_types(numba.typeof(game.table[0]), numba.typeof(game.new_chance()[0]))


#: numba type of what `acts_of` gives.
ACTS = types.Array(types.int64, 1, "C")


def acts_of(game: Game, slots: Sequence[Acting]) -> Any:
    """The slots' compiled functions, as `call_act` takes them."""
    scripted = [a.act if a.kind == SCRIPTED else None for a in slots]
    return addresses_of(scripted, act_signature(game) if any(scripted) else ())


def memories_of(slots: Sequence[Acting]) -> np.ndarray:
    """u1 [slots, M]: the policies' first memories, padded so that most policies share compiled loops."""
    size = max(32, *(-(-len(a.memory) // 16) * 16 for a in slots))
    rows = np.zeros((len(slots), size), np.uint8)
    for row, a in zip(rows, slots, strict=True):
        row[: len(a.memory)] = a.memory
    return rows


class Book(NamedTuple):
    """What compiled loops know of the agents' policies: all agents' tables joined into one.

    Attributes:
        parent, action, seen, lookup: histories (i4 [H], i2 [H], i2 [H, W], i4 [slots]) in which
            those of slot s grow from the root -1 - s.
        first: i4 [H + 1]; history h owns entries first[h] to first[h + 1] - 1.
        choice: i2 [entries], actions.
        weight: f8 [entries], their probabilities.
    """

    parent: np.ndarray
    action: np.ndarray
    seen: np.ndarray
    lookup: np.ndarray
    first: np.ndarray
    choice: np.ndarray
    weight: np.ndarray


def book_of(game: Game, slots: Sequence[Acting]) -> Book:
    """The book of the slots' policies, whatever agents their tables were saved for."""
    parents, actions, seen, first, choice, weight = [], [], [], [np.zeros(1, np.int32)], [], []
    histories, entries = 0, 0
    for slot, a in enumerate(slots):
        if a.kind != TABULAR or a.table is None:
            continue
        h = a.table.histories
        parents.append(np.where(h.parent < 0, -1 - slot, h.parent + histories))
        actions.append(h.action)
        seen.append(h.signals)
        first.append(a.table.first[1:] + entries)
        choice.append(a.table.action)
        weight.append(a.table.probability)
        histories += len(h)
        entries += len(a.table.action)
    joined = Histories(
        np.concatenate([np.zeros(0), *parents]).astype(np.int32),
        np.concatenate([np.zeros(0), *actions]).astype(np.int16),
        np.concatenate([np.zeros((0, game.width)), *seen]).astype(np.int16),
    )
    return Book(
        parent=joined.parent,
        action=joined.action,
        seen=joined.signals,
        lookup=joined.lookup(),
        first=np.concatenate(first).astype(np.int32),
        choice=np.concatenate([np.zeros(0), *choice]).astype(np.int16),
        weight=np.concatenate([np.zeros(0), *weight]).astype(np.float64),
    )


def game_key(game: Game) -> str:
    """Name under which templates are specialised to a game's rules."""
    rule = getattr(game.rules.step, "py_func", game.rules.step)
    foreign = foreign_hash(Path(rule.__code__.co_filename).resolve())
    return f"{rule.__module__}-{foreign}" if foreign else rule.__module__.removeprefix("gamesolve.games.")


def scripted_acting(game: Game, agent: int, scripted: Scripted, settings: Settings) -> Acting:
    """How compiled loops see a scripted policy with its parameters chosen, followed by `agent`."""
    if scripted in RANDOM:
        return RANDOMLY
    memory = np.zeros(1, scripted.memory)
    if scripted.start is not None:
        scripted.start(game, agent, settings, memory)
    # A memory record may depend on the game's parameters, and compiled code on the record.
    shape = hashlib.sha256(str(scripted.memory).encode()).hexdigest()[:8]
    name = f"{game_key(game)}.{scripted.role}.{scripted.name}.{shape}"
    module = specialise("gamesolve.views.act", name=name, act=scripted.act, MEMORY=scripted.memory, SIZE=scripted.memory.itemsize)
    act, looks = explicit(module.wrapped, *act_signature(game)), PRESENT if _looks(scripted.act) else NOTHING
    return Acting(SCRIPTED, act=act, memory=memory.view(np.uint8).copy(), looks=looks)


def _looks(act: Callable[..., Any]) -> bool:
    """Whether the rule of a scripted policy so much as names its signals, the third of its arguments."""
    code = getattr(act, "py_func", act).__code__
    name = code.co_varnames[2]
    # Newer interpreters load two variables by one instruction.
    return any(name == used or (isinstance(used, tuple) and name in used) for used in (x.argval for x in dis.get_instructions(code)))
