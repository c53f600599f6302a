"""A game in which one role follows policies, as a Markov decision process of the other, layer by layer.

A *situation* holds all that the future depends on: the game's state and memory, and what the policies
remember and act from. Whoever is told it before every choice knows at least what any player of the
game can know, so what is best for him bounds what any opponent can do to the policies. That is exact
dynamic programming, and cheap where many histories lead to few situations, however large the tree is.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numba
import numpy as np

from gamesolve.base.compiled import explicit, specialise
from gamesolve.base.errors import GamesolveError, TooLargeError
from gamesolve.base.memory import memory_words
from gamesolve.rules.game import Game
from gamesolve.views import expand as template
from gamesolve.views import walk
from gamesolve.views.acting import ACTS, ASKED, HISTORY, NOTHING, PLAYS, TABULAR, Acting, acts_of, book_of, game_key
from gamesolve.views.histories import fill_lookup
from gamesolve.views.interned import fill_slots
from gamesolve.views.situations import ask_all
from gamesolve.views.tree_build import WALK_FAULTS, node_rows, walk_row

#: Transitions that may be played, some seconds of work or half a minute where a rule's step takes long, and bytes that they may take.
LIMIT, ROOM = 20_000_000, 2 * 2**30
#: So many times more than are left to the limit must be foreseen before the work is given up early.
DOUBT = 2.0
#: Transitions between two pauses, and those for which a policy's answer counts that is asked, for every step that it looks back:
#: the limit is one of work.
PAUSE, ANSWER = 1_000_000, 10
#: Situations for which there is room at first.
ROOM_AT_FIRST = 1024

EXPAND_FROM_WALK = ("begin", "play", "list_policies", "take_first", "advance")


@dataclass(frozen=True)
class Layer:
    """One rule step: S situations, R rows, E edges.

    Attributes:
        first: i8 [S + 1]; situation s owns rows first[s] to first[s + 1] - 1, one for each joint action of those who play.
        reward: f8 [R], expected discounted reward of the role that follows policies.
        row: i4 [E], from which an edge leads ...
        target: i4 [E], ... to a situation of the next layer ...
        chance: f8 [E], ... with this probability; what is missing to 1 ends the game.
        transitions: that were played.
        terms: most of them in one situation.
        largest: greatest absolute value of a discounted reward.
    """

    first: np.ndarray
    reward: np.ndarray
    row: np.ndarray
    target: np.ndarray
    chance: np.ndarray
    transitions: int
    terms: int
    largest: float

    @property
    def bytes(self) -> int:
        """What its arrays take."""
        return sum(array.nbytes for array in (self.first, self.reward, self.row, self.target, self.chance))


def decision_layers(
    game: Game,
    acting: Sequence[Acting],
    *,
    memory: int | None = None,
    limit: int = LIMIT,
    pause: Callable[[], None] | None = None,
) -> list[Layer]:
    """The layers of a game in which the agents of one role follow policies and the others, who play, are told everything.

    Layer 0 stands before the game, layer t + 1 has t rule steps behind it. Situations are told apart by
    their bytes. Those who play choose without knowing the policies' draws and chance's of the same step.

    Args:
        acting: how each of the N agents acts: `PLAYING` for all agents of one role and none of the other.
        memory: bytes that the layers may take; 2 GiB unless given.
        limit: transitions that may be played.
        pause: called before the work and now and then; an exception that it raises ends it.

    Raises:
        TooLargeError: memory or limit are exceeded, or far more is foreseen (with the numbers).
        GamesolveError: the game has no horizon, the roles do not act as said, or a rule or policy breaks its contract.
    """
    if pause is not None:
        pause()
    return list(Expander(game, acting, ROOM if memory is None else memory, limit, pause).layers())


class Expander:
    """The arrays of layers under way, which grow, and the template bound to the game's rules."""

    def __init__(self, game: Game, acting: Sequence[Acting], memory: int, limit: int, pause: Callable[[], None] | None) -> None:
        self._game, self._acting, self._memory, self._limit = game, list(acting), memory, limit
        self._pause = pause or (lambda: None)
        role = _followers(game, self._acting)
        self._arrays = _arrays(game, self._acting, role)
        self._acts = acts_of(game, self._acting)
        self._module, self._expand = _driver(game, self._arrays["nodes"].dtype["before"].shape[1], role)
        self._w, self._layer = self._arrays["w"][0], self._arrays["layer"][0]
        self._tables = self._arrays["book"]
        self._kept, self._situations = 0, 0

    def layers(self) -> Iterator[Layer]:
        """One layer after the other, until the game is over everywhere."""
        while self._layer["count"]:
            self._require(0.0)
            self._refuse_hopeless()
            before = int(self._w["transitions"])
            if self._layer["depth"]:
                self._ask()
            while (code := self._go_on()) != template.DONE:
                self._make_room(code)
                self._pause()
            found = self._finished(before)
            self._kept += found.bytes
            yield found
            self._descend()

    def _refuse_hopeless(self) -> None:
        """Raise TooLargeError where the limit would be far exceeded if all steps to come were as this one seems to be."""
        depth, count, played = int(self._layer["depth"]), int(self._layer["count"]), int(self._w["transitions"])
        if depth > 1:
            each, steps = count * played / self._situations, int(self._w["steps"]) + 1 - depth
            if each * steps > DOUBT * (self._limit - played):
                raise TooLargeError(
                    f"whoever sees everything has far more than {self._limit:,} transitions to think of, the limit: "
                    f"about {each:.3g} in each of {steps:,} further steps"
                )
        self._situations += count

    def _ask(self) -> None:
        """Ask the policies that are asked about every situation of the layer, and put what they say behind the tables."""
        asked = [i for i, a in enumerate(self._acting) if a.kind == ASKED]
        if asked:
            self._require(16.0 * self._arrays["here"]["known"].size * self._game.actions)
            list_masks, tables = self._module.list_masks, self._tables
            self._arrays["book"], answers = ask_all(self._game, self._acting, self._arrays, tables, list_masks, self._pause, asked=asked)
            self._layer["answered"] = len(tables.first) - 1
            steps = self._layer["depth"] if HISTORY in self._layer["looks"] else 1
            self._w["transitions"] += ANSWER * answers * steps

    def _go_on(self) -> int:
        left = self._limit - int(self._w["transitions"])
        if left <= 0:
            raise self._beyond()
        code = int(self._expand(*self._arrays.values(), self._acts, min(left, PAUSE)))
        if self._w["fault"]:
            raise GamesolveError(f"{self._game} breaks the contract of rules: {WALK_FAULTS[int(self._w['fault'])]}")
        return code

    def _beyond(self) -> TooLargeError:
        return TooLargeError(f"whoever sees everything has more than {self._limit:,} transitions to think of, which is the limit")

    def _make_room(self, code: int) -> None:
        """Enlarge the arrays that are full; raises TooLargeError when the memory limit is reached."""
        arrays, layer = self._arrays, self._layer
        if code == template.HISTORIES_FULL:
            for name in ("parent", "action", "seen"):
                arrays[name] = _longer(arrays[name], 2 * len(arrays[name]))
            arrays["history_lookup"] = np.full(2 * len(arrays["history_lookup"]), -1, np.int32)
            fill_lookup(arrays["parent"], arrays["action"], arrays["seen"], self._w["histories"][0], arrays["history_lookup"])
        elif code == template.SITUATIONS_FULL:
            arrays.update(_views(_longer(arrays["raw_there"], 2 * len(arrays["there"])), arrays["there"].dtype))
            arrays["lookup"] = np.full(2 * len(arrays["lookup"]), -1, np.int32)
            fill_slots(arrays["words"], arrays["lookup"], layer["compared"], 0, layer["arrived"])
        elif code == template.ROWS_FULL:
            if layer["wanted"] > self._limit:
                raise self._beyond()
            self._require(8.0 * float(layer["wanted"]))
            arrays["reward"] = _longer(arrays["reward"], max(2 * len(arrays["reward"]), int(layer["wanted"])))
        elif code == template.EDGES_FULL:
            for name in ("rows", "targets", "chances"):
                arrays[name] = _longer(arrays[name], 2 * len(arrays[name]))
        self._require(0.0)

    def _require(self, more: float) -> None:
        """Raise TooLargeError where what is there takes more memory, with so many bytes more, than is allowed."""
        same = ("raw", "raw_there", "words", "book")
        used = self._kept + more + sum(array.nbytes for name, array in self._arrays.items() if name not in same)
        if used > self._memory:
            raise TooLargeError(
                f"whoever sees everything has situations to think of that take {memory_words(used)} or more; "
                f"the memory limit is {memory_words(self._memory)}"
            )

    def _finished(self, before: int) -> Layer:
        """The layer that is done, after so many transitions."""
        arrays, edges = self._arrays, int(self._layer["edges"])
        return Layer(
            first=arrays["first"],
            reward=arrays["reward"][: arrays["first"][-1]].copy(),
            row=arrays["rows"][:edges].copy(),
            target=arrays["targets"][:edges].copy(),
            chance=arrays["chances"][:edges].copy(),
            transitions=int(self._w["transitions"]) - before,
            terms=int(self._layer["most"]),
            largest=float(self._layer["largest"]),
        )

    def _descend(self) -> None:
        """Go on to the next layer."""
        arrays, layer, count = self._arrays, self._layer, int(self._layer["arrived"])
        # By bytes: a copy of records leaves what lies between their fields to accident, and situations are told apart by all of it.
        arrays["here"] = arrays["raw_there"][:count].copy().view(arrays["there"].dtype)[:, 0]
        arrays["first"] = np.zeros(count + 1, np.int64)
        arrays["lookup"][:] = -1
        layer["depth"] += 1
        layer["count"] = count
        for name in ("at", "open", "arrived", "edges", "most", "largest"):
            layer[name] = 0


def _followers(game: Game, acting: Sequence[Acting]) -> int:
    """The role whose agents follow policies; raises GamesolveError unless it is one of the two."""
    if game.steps is None:
        raise GamesolveError(f"{game} has no horizon, so it has no last step; give it a horizon")
    following, playing = ({int(r) for r, a in zip(game.agent_roles, acting, strict=True) if (a.kind == PLAYS) == plays} for plays in (0, 1))
    if len(following) != 1 or following & playing:
        raise GamesolveError(f"the agents of one role play and those of the other follow policies; these act by {[a.kind for a in acting]}")
    return following.pop()


def _arrays(game: Game, acting: Sequence[Acting], role: int) -> dict[str, Any]:
    """The arrays, by the names and in the order of the template's arguments."""
    assert game.steps is not None
    followers = [i for i, a in enumerate(acting) if a.kind != PLAYS]
    # The walker finds in the book what was answered, as it finds what a table says.
    shown = [replace(a, kind=TABULAR) if a.kind == ASKED else a for a in acting]
    nodes, room = node_rows(game, acting, game.steps), ROOM_AT_FIRST
    script = nodes.dtype["before"].shape[1]
    kind = template.situation_record(game.state, game.memory, followers=len(followers), width=game.width, script=script)
    return {
        "w": walk_row(game, shown, game.steps),
        "layer": _layer_row(game, acting, followers, role, kind),
        "table": game.table,
        "discounts": game.discounts,
        "nodes": nodes,
        "raw": nodes.view(np.uint8).reshape(len(nodes), -1),
        "parent": np.zeros(room, np.int32),
        "action": np.zeros(room, np.int16),
        "seen": np.zeros((room, game.width), np.int16),
        "history_lookup": np.full(2 * room, -1, np.int32),
        "here": np.zeros(1, kind),
        **_views(np.zeros((room, kind.itemsize), np.uint8), kind),
        "lookup": np.full(2 * room, -1, np.int32),
        "first": np.zeros(2, np.int64),
        "reward": np.zeros(4 * room),
        "rows": np.zeros(8 * room, np.int32),
        "targets": np.zeros(8 * room, np.int32),
        "chances": np.zeros(8 * room),
        "book": book_of(game, acting),
    }


def _layer_row(game: Game, acting: Sequence[Acting], followers: list[int], role: int, kind: np.dtype) -> np.ndarray:
    """The record of the layer before the game."""
    layer = np.zeros(1, template.layer_record(len(acting)))
    layer["count"], layer["role"] = 1, role
    layer["kinds"] = [a.kind for a in acting]
    # An answer may depend on what teammates see who are asked as well.
    together = max((acting[i].looks for i in followers if acting[i].kind == ASKED), default=NOTHING)
    looks = [together if a.kind == ASKED else a.looks for a in acting]
    layer["looks"] = [look if i in followers else NOTHING for i, look in enumerate(looks)]
    layer["places"] = [followers.index(i) if i in followers else 0 for i in range(len(acting))]
    fields: Any = kind.fields
    layer["compared"] = (fields["memory"][1] if (layer["looks"] == NOTHING).all() else kind.itemsize) // 8
    return layer


def _views(raw: np.ndarray, kind: np.dtype) -> dict[str, np.ndarray]:
    """The next layer's situations in memory u1 [S, bytes], as records, as bytes, and as words."""
    return {"there": raw.view(kind)[:, 0], "raw_there": raw, "words": raw.view(np.uint64)}


@functools.lru_cache(maxsize=64)
def _driver(game: Game, script: int, role: int) -> tuple[Any, Any]:
    """The template bound to a game's rules, and its compiled function for policies of `script` bytes that `role` follows."""
    name = game_key(game)
    walker = specialise(walk.__name__, name=name, **vars(game.rules))
    module = specialise(template.__name__, name=name, legal=game.rules.legal, **{one: getattr(walker, one) for one in EXPAND_FROM_WALK})
    acting = [Acting(TABULAR if r == role else PLAYS, memory=np.zeros(script, np.uint8)) for r in game.agent_roles]
    types = (*map(numba.typeof, _arrays(game, acting, role).values()), ACTS)
    return module, explicit(module.expand, *types, numba.int64)


def _longer(array: np.ndarray, size: int) -> np.ndarray:
    grown = np.zeros((size, *array.shape[1:]), array.dtype)
    grown[: len(array)] = array
    return grown
