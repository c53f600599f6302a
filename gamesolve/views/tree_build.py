"""Trees from games, by the compiled walker."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np

from gamesolve.base.compiled import explicit, specialise
from gamesolve.base.errors import GamesolveError, TooLargeError
from gamesolve.base.memory import DEFAULT_MEMORY, memory_words
from gamesolve.rules.chance import FAULTS, TAPE
from gamesolve.rules.game import ROLES, Game
from gamesolve.rules.record import transient_start
from gamesolve.views import probe
from gamesolve.views import walk as template
from gamesolve.views.acting import ACTS, ASKED, PLAYING, PLAYS, Acting, acts_of, book_of, game_key, memories_of
from gamesolve.views.dives import guessed_pairs, surely_more_than
from gamesolve.views.histories import Histories, fill_lookup
from gamesolve.views.payoffs import payoffs_from_leaves, transpose
from gamesolve.views.tree import Decisions, Tree

#: Bytes a payoff pair takes while its tree is built.
BYTES_A_PAIR = 80
PROBES = 2_000
#: Probes come in blocks, and end early where each of them takes long.
PROBE_BLOCK = 50
PROBE_TRANSITIONS = 3_000_000
#: Transitions walked before a tree's size is estimated, and between two reports of progress: a fraction of a second's work.
SMALL = 10_000_000
PAUSE = 2_000_000
#: What to do instead, in every refusal.
ADVICE = "take a shorter horizon, or play policies against each other by 'gamesolve simulate'"

#: What the template of random descents takes from the walker's, which is bound to the game's rules.
PROBE_FROM_WALK = ("begin", "play", "arrive", "list_legal", "follow_tables", "list_policies", "take_first", "take", "settle")

WALK_FAULTS = {
    **FAULTS,
    template.MASK_DIFFERS: "an agent's legal actions differ between states that it cannot tell apart",
    template.RECALL_IMPERFECT: "an agent's history does not determine its own earlier choices (imperfect recall)",
    template.NO_ACTION: "an agent has no legal action before the game is over",
    template.BAD_PROBABILITIES: "a policy gave a negative, NaN or all-zero probability, or a positive one to an illegal action",
}


@dataclass(frozen=True)
class Size:
    """An estimate of a tree's size from random descents (Knuth 1975).

    Attributes:
        pairs: estimated sequence pairs with payoff (leaves of equal sequences at one node counted once).
        standard_error: of `pairs`.
        transitions: estimated transitions to be walked.
        bytes: estimated peak memory of building the tree.
    """

    pairs: float
    standard_error: float
    transitions: float

    @property
    def bytes(self) -> float:
        return self.pairs * BYTES_A_PAIR

    def __str__(self) -> str:
        if not np.isfinite(self.pairs):
            return "more payoff pairs than a floating-point number can count"
        return (
            f"about {self.pairs:.3g} payoff pairs (standard error {self.standard_error:.1g}), {memory_words(self.bytes)} while it is built"
        )


def build_tree(
    game: Game, *, memory: int | None = None, progress: Callable[[int], None] | None = None, weights: bool = False
) -> Tree:  # fmt: skip
    """The tree of a game with one agent a role.

    Args:
        memory: bytes that building may take; 8 GiB unless given.
        weights: whether `Tree.weights` is wanted.
        progress: called now and then, while the walk is not done, with the number of transitions
            walked; an exception that it raises ends the walk, and nothing is left of it.

    Raises:
        GamesolveError: the game has no horizon, a role is a team, the estimated or actual size
            exceeds the memory (with the numbers), or a rule breaks its contract.
    """
    for role in ROLES:
        if len(game.agents_of(role)) > 1:
            raise GamesolveError(
                f"{game} has {len(game.agents_of(role))} {role}s with private signals; a team is not one player of perfect recall, "
                "so exact tree solvers refuse it (a single agent's best response to a team can be evaluated)"
            )
    return walk_tree(game, [PLAYING] * len(game.agents), memory=memory, progress=progress, weights=weights)


def seems_to_fit(game: Game, *, memory: int = DEFAULT_MEMORY) -> bool:
    """Whether the tree of a game with a horizon looks as if it could be built: a guess, before anything is compiled."""
    return guessed_pairs(game) * BYTES_A_PAIR <= memory


def estimate_size(game: Game, acting: Sequence[Acting] | None = None, *, seed: int = 0, probes: int = PROBES) -> Size:
    """Estimate a tree's size before building it.

    Raises:
        GamesolveError: the game has no horizon or a rule breaks its contract.
    """
    walker = Walker(game, list(acting or [PLAYING] * len(game.agents)))
    walker.make(histories=2 * (_steps(game) + 2) * len(game.agents), sets=4, leaves=1)
    walker.arrays["nodes"]["draws"]["stream"][0] = seed
    results = np.zeros((probes, 2))
    done = 0
    while done < probes and walker.record["transitions"] < PROBE_TRANSITIONS:
        walker.probe(results[done : done + PROBE_BLOCK])
        done += PROBE_BLOCK
    results = results[:done]
    pairs, transitions = results.mean(axis=0)
    return Size(float(pairs), float(results[:, 0].std(ddof=1) / np.sqrt(len(results))), float(transitions))


def walk_tree(
    game: Game,
    acting: Sequence[Acting],
    *,
    memory: int | None = None,
    progress: Callable[[int], None] | None = None,
    weights: bool = False,
) -> Tree:
    """The tree in which agents with `PLAYING` choose and the others' policies are part of chance.

    A role none of whose agents plays keeps its empty sequence only.

    Args:
        acting: of each of the N agents.
        memory, progress, weights: as for `build_tree`.

    Raises:
        GamesolveError: as `build_tree`.
    """
    memory = DEFAULT_MEMORY if memory is None else memory
    for agent, a in zip(game.agents, acting, strict=True):
        if a.kind == ASKED:
            raise GamesolveError(f"the policy of {agent.name!r} is asked outside compiled code and cannot be walked; its table can")
    if all(a.kind == PLAYS for a in acting):
        _refuse_hopeless(game, memory)
    walker = Walker(game, acting, weights=weights)
    walker.make(histories=4096, sets=1024, leaves=8192)
    code, estimated = template.PAUSED, False
    while code != template.DONE:
        code = walker.call(walker.walk, PAUSE if estimated else SMALL)
        if code == template.PAUSED and not estimated:
            # What is walked by now was a small part, or this was a small tree.
            size = estimate_size(game, acting)
            _require_room(game, size, memory)
            walker.expected = int(1.05 * size.pairs)
            estimated = True
        walker.make_room(code, memory)
        if progress is not None and code != template.DONE:
            progress(int(walker.record["transitions"]))
    return _finish(game, walker)


def _refuse_hopeless(game: Game, memory: int) -> None:
    """Raise TooLargeError, before anything is compiled, where a tree is plainly beyond the memory."""
    _steps(game)
    pairs = memory / BYTES_A_PAIR
    if surely_more_than(game, pairs):
        raise TooLargeError(
            f"the tree of {game} has far more than the {pairs:.3g} payoff pairs that can be built in {memory_words(memory)}, "
            f"the memory limit; {ADVICE}"
        )


def _require_room(game: Game, size: Size, memory: int) -> None:
    """Raise TooLargeError with the numbers where a tree of this size exceeds the memory."""
    if size.bytes > memory:
        raise TooLargeError(f"the tree of {game} has {size}; the memory limit is {memory_words(memory)}; {ADVICE}")


def _steps(game: Game) -> int:
    if game.steps is None:
        raise GamesolveError(f"{game} has no horizon, so it has no tree; give it a horizon")
    return game.steps


class Walker:
    """The arrays of a walk, which grow as it goes on, and the template bound to the game's rules."""

    def __init__(self, game: Game, acting: Sequence[Acting], *, weights: bool = False) -> None:
        self.game, self.acting = game, acting
        # Returns of role 0, those of role 1 too unless they follow from them, and the leaves' weights where they are wanted.
        self.kept = 3 if weights else 1 if game.zero_sum else 2
        self.steps = _steps(game)
        self.expected = 0  # leaves to make room for, once that is known

    def make(self, *, histories: int, sets: int, leaves: int) -> None:
        """Make the arrays with room for so many."""
        self.arrays = _arrays(self.game, self.acting, self.steps, histories, sets, leaves, self.kept)
        self.acts = acts_of(self.game, self.acting)
        script = self.arrays["nodes"].dtype["before"].shape[1]
        self.module, self.walk, self._types = _driver(self.game, script)

    def probe(self, results: np.ndarray) -> None:
        """Fill `results` f8 [probes, 2] by random descents."""
        # Compiled where it is needed only: most trees are small.
        walk = {name: getattr(self.module, name) for name in PROBE_FROM_WALK}
        module = specialise(probe.__name__, name=game_key(self.game), **walk)
        self.call(explicit(module.probe, *self._types, numba.float64[:, ::1]), results)

    @property
    def record(self) -> Any:
        """The walk's own record."""
        return self.arrays["w"][0]

    def call(self, function: Any, argument: Any) -> int:
        """Call a compiled function of the template; its faults become errors."""
        code = function(*self.arrays.values(), self.acts, argument)
        fault = int(self.record["fault"])
        if fault:
            raise GamesolveError(f"{self.game} breaks the contract of rules: {WALK_FAULTS[fault]}")
        return code

    def replay(self, depth: int, tape: list[int]) -> bool:
        """Play the node at `depth` on a tape of chance's answers into the next; whether that is a leaf."""
        arrays = self.arrays
        chance = arrays["nodes"]["chance"][depth]
        chance["answers"][: len(tape)] = tape
        chance["position"], chance["length"], chance["mode"], chance["probability"] = 0, len(tape), TAPE, 1.0
        return bool(self.module.replay(*(arrays[name] for name in ("w", "table", "discounts", "nodes", "raw")), depth))

    def make_room(self, code: int, memory: int) -> None:
        """Enlarge the arrays that are full; raises when the memory limit is reached."""
        arrays = self.arrays
        if code == template.HISTORIES_FULL:
            for name in ("parent", "action", "seen", "set_of"):
                arrays[name] = _longer(arrays[name], 2 * len(arrays[name]), fill=-1 if name == "set_of" else 0)
            arrays["lookup"] = np.full(2 * len(arrays["lookup"]), -1, np.int32)
            fill_lookup(arrays["parent"], arrays["action"], arrays["seen"], self.record["histories"][0], arrays["lookup"])
        elif code == template.SETS_FULL:
            for name in ("sets", "sequence_action"):
                arrays[name] = np.concatenate([arrays[name], np.zeros_like(arrays[name])], axis=1)
        elif code == template.LEAVES_FULL:
            for name in ("rows", "columns", "values"):
                arrays[name] = _longer(arrays[name], max(int(1.3 * len(arrays[name])), self.expected))
        used = sum(a.nbytes for a in arrays.values() if isinstance(a, np.ndarray)) + BYTES_A_PAIR // 2 * int(self.record["stored"])
        if used > memory:
            raise TooLargeError(
                f"the tree of {self.game} takes {memory_words(used)}, with {int(self.record['stored']):,} payoff pairs built so far; "
                f"the memory limit is {memory_words(memory)}; {ADVICE}"
            )


def _arrays(
    game: Game, acting: Sequence[Acting], steps: int, histories: int, sets: int, leaves: int, kept: int = 1
) -> dict[str, Any]:  # fmt: skip
    """A walk's arrays, by the names and in the order of the template's arguments."""
    agents, actions = len(game.agents), game.actions
    nodes = node_rows(game, acting, steps)
    slots = 16
    while slots < 4 * histories:
        slots *= 2
    return {
        "w": walk_row(game, acting, steps),
        "table": game.table,
        "discounts": game.discounts,
        "nodes": nodes,
        "raw": nodes.view(np.uint8).reshape(len(nodes), -1),
        "parent": np.zeros(histories, np.int32),
        "action": np.zeros(histories, np.int16),
        "seen": np.zeros((histories, game.width), np.int16),
        "lookup": np.full(slots, -1, np.int32),
        "set_of": np.full(histories, -1, np.int32),
        "sets": np.ones((2, sets + 2 * agents), template.SET),
        "sequence_action": np.full((2, 2 * sets + 2 * agents * actions), -1, np.int16),
        "rows": np.zeros(leaves, np.int32),
        "columns": np.zeros(leaves, np.int32),
        "values": np.zeros((leaves, kept)),
        "book": book_of(game, acting),
    }


def node_rows(game: Game, acting: Sequence[Acting], steps: int) -> np.ndarray:
    """Records of the depths that a walk of so many steps passes; the first holds the policies' first memories."""
    scripts = memories_of(acting)
    sizes = {"agents": len(game.agents), "width": game.width, "actions": game.actions, "script": scripts.shape[1]}
    nodes = np.zeros(steps + 2, template.node_record(game.state, game.memory, game.new_chance().dtype, **sizes))
    nodes["after"][0] = scripts
    return nodes


def walk_row(game: Game, acting: Sequence[Acting], steps: int) -> np.ndarray:
    """The walk's own record [1] before it begins."""
    w = np.zeros(1, template.walk_record(len(game.agents)))
    w["picks"], w["steps"] = game.picks, steps
    w["transient"], w["transient_end"] = transient_start(game.state), game.state.itemsize
    w["sequences"] = 1
    w["roles"] = game.agent_roles
    w["policies"] = any(a.kind != PLAYS for a in acting)
    w["kinds"] = [a.kind for a in acting]
    return w


@functools.lru_cache(maxsize=64)
def _driver(game: Game, script: int) -> tuple[Any, Any, tuple[Any, ...]]:
    """The template bound to a game's rules, its compiled walk for policies of `script` bytes, and the types of its arrays.

    Kept, because asking numba for the types of records takes longer than walking a small tree.
    """
    module = specialise(template.__name__, name=game_key(game), **vars(game.rules))
    acting = [Acting(memory=np.zeros(script, np.uint8))] * len(game.agents)
    arrays = _arrays(game, acting, _steps(game), histories=16, sets=4, leaves=1)
    types = (*map(numba.typeof, arrays.values()), ACTS)
    return module, explicit(module.walk, *types, numba.int64), types


def _longer(array: np.ndarray, size: int, fill: float = 0) -> np.ndarray:
    grown = np.full((size, *array.shape[1:]), fill, array.dtype)
    grown[: len(array)] = array
    return grown


def _finish(game: Game, walker: Walker) -> Tree:
    """The tree from a walk that is done."""
    arrays, w = walker.arrays, walker.record
    count = int(w["histories"][0])
    histories = Histories(*(arrays.pop(name)[:count].copy() for name in ("parent", "action", "seen")))
    decisions = (_decisions(arrays, w, 0), _decisions(arrays, w, 1))
    stored, leaves = int(w["stored"]), int(w["leaves"])
    rows, columns, values = (arrays[name][:stored] for name in ("rows", "columns", "values"))
    arrays.clear()
    shape = (decisions[0].sequences, decisions[1].sequences)
    payoffs = payoffs_from_leaves(rows, columns, np.ascontiguousarray(values[:, 0]), *shape)
    other = None if game.zero_sum else payoffs_from_leaves(rows, columns, np.ascontiguousarray(values[:, 1]), *shape)
    weights = payoffs_from_leaves(rows, columns, np.ascontiguousarray(values[:, 2]), *shape) if values.shape[1] == 3 else None
    del rows, columns, values
    if not (np.isfinite(payoffs.value).all() and (other is None or np.isfinite(other.value).all())):
        raise GamesolveError(f"{game} pays a return that is not a finite number")
    return Tree(
        game=str(game),
        fingerprint=game.fingerprint,
        decisions=decisions,
        payoffs=payoffs,
        transposed=transpose(payoffs, shape[1]),
        other=other,
        utility_bounds=game.utility_bounds,
        histories=histories,
        leaves=leaves,
        weights=weights,
    )


def _decisions(arrays: dict[str, Any], w: Any, role: int) -> Decisions:
    sets, sequences = int(w["sets"][role]), int(w["sequences"][role])
    found = arrays["sets"][role, : sets + 1]
    return Decisions(
        role=ROLES[role],
        first=found["first"].copy() if sets else np.ones(1, np.int32),
        parent=found["parent"][:sets].copy(),
        action=arrays["sequence_action"][role, :sequences].copy(),
        history=found["history"][:sets].copy(),
    )
