"""`Simulator`: B episodes of a game at once, in preallocated arrays."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np

from gamesolve.base.compiled import entry, specialise
from gamesolve.base.errors import GamesolveError, first_few
from gamesolve.rules.chance import FAULTS, STREAM, TAPE
from gamesolve.rules.game import Game
from gamesolve.rules.record import rounded_size, transient_start
from gamesolve.rules.signals import refuse_unseen
from gamesolve.views import simulator_loop as template
from gamesolve.views.acting import (
    ACTS,
    ASKED,
    PLAYING,
    PLAYS,
    RANDOMLY,
    SCRIPTED,
    TABULAR,
    Acting,
    Drawn,
    acts_of,
    book_of,
    game_key,
    memories_of,
    slots_of,
)
from gamesolve.views.asking import Asking

#: Episodes played at once where policies are asked in batches.
TOGETHER = 256

LOOP_FAULTS = {
    **FAULTS,
    template.BAD_PROBABILITIES: "a policy gave a negative, NaN or all-zero probability, or a positive one to an illegal action",
    template.NO_ACTION: "an agent has no legal action before the game is over",
    template.ILLEGAL: "an action that stood in `actions` was not legal",
}

#: Steps that an evaluation plays at a time: signals are heard in between. An episode without a horizon that takes more is
#: taken to have no end.
PORTION = 10**6
#: More steps or episodes than anyone plays.
FOREVER = 2**62


class Simulator:
    """B episodes at once, each with random streams of its own, with automatic reset.

    Row b plays episodes b, b + B, b + 2B, ...; what happens in an episode depends on the seed and
    the episode's number only. After a step that ends an episode `dones` is True, `rewards` are
    those of the last step, and observations and masks are already those of the next episode, if the
    row has one: after its last it stands still, as that episode left it.

    Attributes:
        observations: i2 [B, N, W], each agent's signals (zero beyond its own row's length).
        masks: bool [B, N, A], legal actions.
        rewards: f8 [B, 2], raw rewards of the last step by role, undiscounted.
        dones: bool [B].
        episodes: i8 [B], number of the episode that each row plays.
        epochs: i4 [B], epochs played in it.
        actions: i4 [B, N], the joint action played last; `advance(1)` plays those of agents who are driven as they stand.
        slots: i4 [B, N], the way in which each agent acts in the present episode, counted over all agents' ways.
        first_slots: i4 [N + 1], agent i owns slots first_slots[i] to first_slots[i + 1] - 1.
        rows: record [B], all that belongs to a row (`simulator_loop.row_record`).

    The arrays are the simulator's own and change in place.
    """

    def __init__(self, game: Game, batch: int, *, seed: int = 0, acting: Sequence[Acting | Drawn] | None = None) -> None:
        """
        Args:
            batch: B, at least 1.
            acting: how each agent acts; agents with `PLAYING` (the default) are driven by `step`. A `Drawn` is drawn
                anew in every episode, by the episode's own stream.

        Raises:
            GamesolveError: batch or seed is out of range.
        """
        if batch < 1:
            raise GamesolveError(f"batch is {batch!r}; at least one episode is needed")
        if not 0 <= seed < 2**63:
            raise GamesolveError(f"seed is {seed!r}; it lies in 0 to 2^63 - 1")
        self.game = game
        chosen = list(acting or [PLAYING] * len(game.agents))
        slots, first, chances, turns = slots_of(game, chosen)
        if len(slots) > len(game.agents):
            # Rounded, so that mixtures of like size share compiled code.
            slots += [RANDOMLY] * (rounded_size(len(slots)) - len(slots))
        self._plays = np.array([a.kind == PLAYS for a in slots])
        asked = {s: a.ask for s, a in enumerate(slots) if a.ask is not None}
        module = specialise(template.__name__, name=game_key(game), **vars(game.rules))
        arrays = (*_arrays(game, slots, first, chances, batch, seed), acts_of(game, slots))
        arrays[0]["turns"] = turns
        types = (*(numba.typeof(a) for a in arrays[:-1]), ACTS)
        self._loop, _, self.rows, raw, _, self._chance, _, _ = arrays
        self._drive = functools.partial(entry(module.drive, *types, numba.int64, numba.float64[:, ::1]), *arrays)
        # Compiled where it is asked for only: loops do without.
        decide = functools.cache(lambda: entry(module.decide, *types, numba.int64))
        self._decide = lambda agent: decide()(*arrays, agent)
        self._replay = functools.partial(module.replay, self._loop, game.table, self.rows, raw, self._chance)
        self.observations: np.ndarray = self.rows["signals"]
        self.masks: np.ndarray = self.rows["masks"].view(np.bool_)
        self.rewards: np.ndarray = self.rows["rewards"]
        self.dones: np.ndarray = self.rows["done"].view(np.bool_)
        self.episodes: np.ndarray = self.rows["episode"]
        self.actions: np.ndarray = self.rows["actions"]
        self.slots: np.ndarray = self.rows["slot"]
        self.first_slots: np.ndarray = first
        self._asking = Asking(game, self.rows, self._loop, first, asked) if asked else None
        self.reset()

    @property
    def epochs(self) -> np.ndarray:
        """i4 [B]: epochs played in the present episode of each row."""
        return self.rows["elapsed"] // self.game.picks

    @property
    def decisions(self) -> int:
        """Choices among two or more legal actions made so far, by whatever policy."""
        return int(self._loop["decisions"][0])

    @property
    def joint_steps(self) -> int:
        """Rule steps played so far, over all rows."""
        return int(self._loop["joint_steps"][0])

    def reset(self, first: int = 0, *, last: int = FOREVER) -> None:
        """Start episodes first, ..., first + B - 1; rows stand still from episode `last` on."""
        self._restart(first, last)
        self._go(0, np.zeros((0, 2)))

    def _restart(self, first: int, last: int) -> None:
        for counter in ("joint_steps", "decisions", "fault"):
            self._loop[counter] = 0
        self._loop["restart"], self._loop["first"], self._loop["last"] = True, first, last

    def step(self, actions: np.ndarray) -> None:
        """Play one joint step in every row.

        Args:
            actions: integers [B, N]; columns of agents that follow a policy are ignored.

        Raises:
            GamesolveError: the shape is wrong or an action is illegal; nothing has changed then.
        """
        shape = self.rows["actions"].shape
        given = np.asarray(actions)
        if given.shape != shape or given.dtype.kind not in "iu":
            raise GamesolveError(f"actions are {given.dtype} of shape {given.shape}; integers of shape {shape} are needed")
        inside = (given >= 0) & (given < self.game.actions)
        allowed = np.take_along_axis(self.masks, np.where(inside, given, 0)[:, :, None].astype(np.int64), axis=2)[:, :, 0] & inside
        driven = self._plays[self.slots]
        wrong = np.argwhere(~allowed & driven)
        if len(wrong):
            row, agent = wrong[0]
            legal = first_few(np.flatnonzero(self.masks[row, agent]))
            raise GamesolveError(
                f"action {given[row, agent]} of agent {self.game.agents[agent].name!r} in row {row} is not legal; legal are {legal}"
            )
        np.copyto(self.actions, given, where=driven, casting="same_kind")
        self.advance(1)

    def choose(self, agent: int, signals: np.ndarray, mask: np.ndarray) -> int:
        """What the policy of an agent does in row 0 after seeing `signals` i2 [W'] where `mask` bool [A'] is legal.

        For playing a policy from outside: the row's own play stands still. W' and A' are at most W and A.

        Raises:
            GamesolveError: the agent follows no policy, a shape or a signal is out of range, nothing is legal, the
                episode is over, or the policy chooses what is not legal.
        """
        name, slot = self.game.agents[agent].name, self.slots[0, agent]
        if self._plays[slot]:
            raise GamesolveError(f"agent {name!r} follows no policy that could choose for it")
        if self.game.steps is not None and self.rows["elapsed"][0] >= self.game.steps:
            raise GamesolveError(f"agent {name!r} has chosen in all {self.game.steps} steps of the episode; begin the next one first")
        self._show(agent, np.asarray(signals), np.asarray(mask))
        if self._asking is not None and self._loop["kinds"][0, slot] == ASKED:
            self._asking.note()
            self._asking.choose()
            action = int(self.actions[0, agent])
        else:
            action = int(self._decide(agent))
            self._check()
        if action < 0 or not self.masks[0, agent, action]:
            raise GamesolveError(f"the policy of {name!r} chose action {action}; legal are {first_few(np.flatnonzero(mask))}")
        self.actions[0, agent] = action
        self.rows["elapsed"][0] += 1
        return action

    def _show(self, agent: int, signals: np.ndarray, mask: np.ndarray) -> None:
        """Put signals and mask into row 0; raises GamesolveError where they are not such as the agent may see."""
        one = self.game.agents[agent]
        for what, given, room in (("signals", signals, self.game.width), ("mask", mask, self.game.actions)):
            if given.ndim != 1 or len(given) > room:
                raise GamesolveError(f"the {what} have the shape {given.shape}; at most ({room},) is needed")
        refuse_unseen(one.signals, signals)
        if not mask.any():
            raise GamesolveError(f"agent {one.name!r} has no legal action to choose from")
        for field, given in ((self.rows["signals"], signals), (self.rows["masks"], mask)):
            field[0, agent] = 0
            field[0, agent, : len(given)] = given

    def advance(self, count: int) -> None:
        """Play `count` joint steps in every row inside the compiled loop; every agent must follow a policy unless count is 1."""
        if count > 1 and self._plays.any():
            first = self._loop["slots"][0]
            names = [a.name for i, a in enumerate(self.game.agents) if self._plays[first[i] : first[i + 1]].any()]
            raise GamesolveError(f"agents {names} follow no policy, so {count} steps cannot be played at once; use step")
        self._go(count, np.zeros((0, 2)))

    def run(self, first: int, count: int) -> np.ndarray:
        """Discounted returns f8 [count, 2] of episodes first, ..., first + count - 1, each played to its end.

        Raises:
            GamesolveError: an agent follows no policy, or an episode has no end.
        """
        if self._plays.any():
            raise GamesolveError("an evaluation needs a policy for every agent")
        results = np.zeros((count, 2))
        self._restart(first, first + count)
        self._go(0, results)
        while (self.episodes < first + count).any():
            self._go(PORTION, results)
            self._refuse_endless()
        return results

    def _go(self, count: int, results: np.ndarray) -> None:
        """Play `count` joint steps in every row, asking where somebody is to be asked (see `simulator_loop.drive`)."""
        if self._asking is None:
            self._drive(count, results)
            self._check()
            return
        if self._loop["restart"][0]:
            self._drive(0, results)
            self._asking.begin()
        for _ in range(count):
            if (self.episodes >= self._loop["last"][0]).all():
                break
            self._asking.choose()
            self._drive(1, results)
            self._check()
            self._asking.note()

    def replay(self, tape: list[int]) -> bool:
        """Play the actions that stand in row 0 on a tape of chance's answers; whether the episode is over. For checks."""
        chance = self._chance
        chance["answers"][0, : len(tape)] = tape
        chance["position"], chance["length"], chance["mode"], chance["probability"] = 0, len(tape), TAPE, 1.0
        try:
            return bool(self._replay())
        finally:
            chance["mode"] = STREAM

    def state(self) -> dict[str, np.ndarray]:
        """A copy of all that the rows and counters hold, to compare or to `restore`."""
        found = {"rows": self.rows.view(np.uint8).copy(), "loop": self._loop.view(np.uint8).copy()}
        return found if self._asking is None else {**found, **self._asking.recall.state("asked")}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Go back to a `state` of a simulator of the same game, batch, seed and policies."""
        self.rows.view(np.uint8)[:] = state["rows"]
        self._loop.view(np.uint8)[:] = state["loop"]
        if self._asking is not None:
            self._asking.recall.restore(state, "asked")

    def _refuse_endless(self) -> None:
        endless = np.flatnonzero(~self.dones & (self.rows["elapsed"] >= PORTION))
        if self.game.horizon is None and len(endless):
            raise GamesolveError(
                f"episode {self.episodes[endless[0]]} of {self.game} is not over after {PORTION:,} steps, and the game has no horizon to "
                "end it; give it one, such as -p horizon=100"
            )

    def _check(self) -> None:
        fault = int(self._loop["fault"][0])
        if fault:
            raise GamesolveError(f"{self.game} breaks the contract of rules: {LOOP_FAULTS[fault]}")


def batch_for(acting: Sequence[Acting | Drawn], episodes: int) -> int:
    """How many episodes to play at once: one, or as many as are worth asking about together. Results do not depend on it."""
    ways = [way for a in acting for way in (a.ways if isinstance(a, Drawn) else (a,))]
    return min(episodes, TOGETHER) if any(way.kind == ASKED for way in ways) else 1


@dataclass(frozen=True)
class Simulation:
    """An evaluation of n episodes.

    Attributes:
        returns: f8 [n, 2], discounted return of each episode by role.
        decisions: choices among two or more legal actions, by all agents.
        joint_steps: rule steps played.
    """

    returns: np.ndarray
    decisions: int
    joint_steps: int

    @property
    def mean(self) -> np.ndarray:
        """f8 [2]: mean return by role."""
        return self.returns.mean(axis=0)

    @property
    def standard_error(self) -> np.ndarray:
        """f8 [2]: standard error of the mean; NaN for a single episode."""
        n = len(self.returns)
        return self.returns.std(axis=0, ddof=1) / np.sqrt(n) if n > 1 else np.full(2, np.nan)


def simulate(game: Game, acting: Sequence[Acting | Drawn], *, episodes: int, seed: int = 0, first: int = 0) -> Simulation:
    """Play episodes first, ..., first + episodes - 1, each to its end.

    Args:
        acting: how each of the N agents acts; all must follow a policy.

    Raises:
        GamesolveError: the number of episodes is not positive, or an agent follows no policy.
    """
    if episodes < 1:
        raise GamesolveError(f"episodes is {episodes!r}; at least one is needed")
    simulator = Simulator(game, batch_for(acting, episodes), seed=seed, acting=acting)
    returns = simulator.run(first, episodes)
    return Simulation(returns, simulator.decisions, simulator.joint_steps)


def _arrays(game: Game, slots: list[Acting], first: np.ndarray, chances: np.ndarray, batch: int, seed: int) -> tuple[Any, ...]:
    """What the compiled loop works on: loop, table, rows, the rows' bytes, a blank row, chance, policies' book."""
    agents, memories = len(game.agents), memories_of(slots)
    kind = template.row_record(game.state, game.memory, agents, game.width, game.actions, memories.shape[1])
    rows, blank = np.zeros(batch, kind), np.zeros(1, kind)
    blank["slot"][0] = first[:-1]
    blank["scripts"][0] = memories[first[:-1]]
    blank["known"][0] = -1 - first[:-1]
    blank["weight"] = 1.0
    blank["actions"] = -1
    blank["own"] = -1
    loop = np.zeros(1, template.loop_record(agents, len(slots), memories.shape[1]))
    loop["kinds"] = [a.kind for a in slots]
    loop["memories"] = memories
    loop["chances"][0, : len(chances)] = chances
    loop["slots"] = first
    loop["drawn"] = len(chances) > agents
    loop["roles"] = game.agent_roles
    loop["own_actions"] = [len(agent.actions) for agent in game.agents]
    loop["policies"] = any(a.kind in (SCRIPTED, TABULAR) for a in slots)
    loop["seed"], loop["discount"], loop["picks"] = seed, game.discount, game.picks
    loop["steps"] = -1 if game.steps is None else game.steps
    loop["transient"], loop["transient_end"] = transient_start(game.state), game.state.itemsize
    raw = rows.view(np.uint8).reshape(batch, -1)
    return loop, game.table, rows, raw, blank, game.new_chance(), book_of(game, slots)
