"""Decisions collected in an arena: what a learner's agents saw, did and got.

Only decisions are kept: where an agent has a single legal action it is put down and nothing is
stored. A decision's reward is all that its role earns until the same agent's next decision in that
episode, discounted by the epochs between; a pick inside an epoch takes no time. A row's last
decision is open until its agent decides again or the episode ends; it bootstraps those before it
and is carried over to the next rollout.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gamesolve.base.compiled import compiled
from gamesolve.base.errors import GamesolveError
from gamesolve.learners.arena import Arena
from gamesolve.learners.openspiel_arena import OpenSpielArena
from gamesolve.learners.task import Objective

#: Puts down the actions of decisions (where in the rollout, rows i8, members i4), whose inputs and masks are in the rollout already, and
#: enters there what else is to be remembered.
Decide = Callable[[slice, np.ndarray, np.ndarray], None]
#: After so many episodes in a row in which nobody who learns had a choice, there is none to be expected.
IDLE = 10_000
#: What follows a decision: nothing, as the episode is over; or it is not known yet.
OVER, OPEN = -1, -2


@dataclass(frozen=True, eq=False)
class Rollout:
    """Room for C decisions of F features (J for a central critic) and A actions, in the order in which they were made.

    Attributes:
        inputs: f4 [C, F]; joint: f4 [C, J].
        masks: bool [C, A].
        member, row, step: i8 [C], who decided, in which row, and how many joint steps had been played before.
        action: i8 [C].
        log_probability: f4 [C], of the action; and all: f4 [C, A], of every action where asked for (else [0, A]).
        value: f4 [C], the critic's, in the game's units.
        reward: f4 [C], of the role until what follows.
        weight: f4 [C], discount to the power of the epochs until what follows.
        epochs: i4 [C], that number of epochs.
        following: i8 [C], the same agent's next decision, OVER or OPEN.
    """

    inputs: np.ndarray
    joint: np.ndarray
    masks: np.ndarray
    member: np.ndarray
    row: np.ndarray
    step: np.ndarray
    action: np.ndarray
    log_probability: np.ndarray
    all: np.ndarray
    value: np.ndarray
    reward: np.ndarray
    weight: np.ndarray
    epochs: np.ndarray
    following: np.ndarray

    @classmethod
    def empty(cls, room: int, arena: Arena | OpenSpielArena, *, keep_all: bool = False) -> Rollout:
        """Room for `room` decisions of an arena."""
        return cls(
            inputs=np.zeros((room, arena.inputs), np.float32),
            joint=np.zeros((room, arena.joint_inputs), np.float32),
            masks=np.zeros((room, arena.actions), np.bool_),
            member=np.zeros(room, np.int64),
            row=np.zeros(room, np.int64),
            step=np.zeros(room, np.int64),
            action=np.zeros(room, np.int64),
            log_probability=np.zeros(room, np.float32),
            all=np.zeros((room if keep_all else 0, arena.actions), np.float32),
            value=np.zeros(room, np.float32),
            reward=np.zeros(room, np.float32),
            weight=np.zeros(room, np.float32),
            epochs=np.zeros(room, np.int32),
            following=np.zeros(room, np.int64),
        )

    def move_to_front(self, chosen: np.ndarray) -> None:
        """Keep the decisions chosen, i8 ascending, as the first."""
        for array in filter(len, vars(self).values()):
            array[: len(chosen)] = array[chosen]


class Collector:
    """Plays rollouts, one after another, and carries what is open from each to the next.

    Attributes:
        rollout: the decisions.
        carried: how many of its first came from the rollout before.
        steps: joint steps played so far.
    """

    def __init__(
        self, arena: Arena | OpenSpielArena, batch: int, *, wanted: int, objective: Objective, discount: float, keep_all: bool = False
    ) -> None:  # fmt: skip
        """
        Args:
            batch: B.
            wanted: decisions of a rollout.
            objective: weights of the roles' rewards.
        """
        members = len(arena.agents)
        # Few decisions are closed by the end of a short rollout of many episodes; those are what is learnt from.
        self._arena, self._wanted = arena, max(wanted, 2 * batch * members)
        self._objective, self._discount = np.array(objective, np.float64), discount
        self.rollout, self.carried = Rollout.empty(self._wanted + 2 * batch * members, arena, keep_all=keep_all), 0
        self.steps, self._idle = 0, 0
        self.begin()
        self._waiting = np.full((batch, members), -1, np.int64)
        self._returns, self._scale, self._finished = np.zeros(batch), np.ones(batch), np.empty(batch)

    def collect(self, decide: Decide, *, look: Callable[[], None] | None = None) -> tuple[int, np.ndarray]:
        """Play until a rollout is full; the number of decisions in it, and the returns f8 of episodes that ended.

        Args:
            decide: see `Decide`.
            look: called at every step, before anybody decides.

        Raises:
            GamesolveError: whoever learns has nothing to decide.
        """
        self.begin()
        while not self.full:
            self.choose(decide, look)
            self._arena.play()
            self.credit()
        return self.taken()

    def begin(self) -> None:
        """Begin a rollout with what was carried over."""
        self._count, self._ended = self.carried, list[np.ndarray]()

    @property
    def full(self) -> bool:
        """Whether the rollout has as many decisions as are wanted."""
        return self._count >= self._wanted + self.carried

    def choose(self, decide: Decide, look: Callable[[], None] | None) -> None:
        """Make the decisions of a step."""
        arena, r, n = self._arena, self.rollout, self._count
        if look is not None:
            look()
        rows, members = arena.gather()
        if len(rows):
            part = slice(n, n + len(rows))
            arena.see(rows, members, r.inputs[part], r.masks[part])
            arena.see_all(rows, r.joint[part])
            r.member[part], r.row[part], r.step[part] = members, rows, self.steps
            open_decisions(rows, members, n, self._waiting, r.following, r.reward, r.weight, r.epochs)
            decide(part, rows, members)
            self._count, self._idle = n + len(rows), 0

    def credit(self) -> None:
        """Give the reward of the step that was played to the decisions that it follows; raises GamesolveError where there are none."""
        arena, r = self._arena, self.rollout
        self.steps += 1
        over = settle(
            arena.rewards, self._objective, arena.dones, arena.elapsed, arena.picks, self._discount, self._waiting,
            r.following, r.reward, r.weight, r.epochs, self._returns, self._scale, self._finished,
        )  # fmt: skip
        self._ended.append(self._finished[:over].copy())
        self._idle += over
        refuse_idleness(self._idle)

    @property
    def closed(self) -> bool:
        """Whether the rollout has decisions of which it is known what followed."""
        return bool((self.rollout.following[: self._count] != OPEN).any())

    def taken(self) -> tuple[int, np.ndarray]:
        """The number of decisions in the rollout, and the returns f8 of episodes that ended."""
        return self._count, np.concatenate(self._ended)

    def carry(self, n: int) -> None:
        """Move the open ones of the first n decisions to the front."""
        still = np.flatnonzero(self.rollout.following[:n] == OPEN)
        self.rollout.move_to_front(still)
        place = np.full(n + 1, -1, np.int64)
        place[still] = np.arange(len(still))
        self._waiting[:] = place[self._waiting]
        self.carried = len(still)

    def state(self) -> dict[str, np.ndarray]:
        """What the next rollout depends on, beside the arena; to `restore` between two rollouts."""
        kept = {f"rollout-{name}": array[: self.carried].copy() for name, array in vars(self.rollout).items()}
        rows = {"waiting": self._waiting, "returns": self._returns, "scale": self._scale, "steps": np.array(self.steps)}
        return {**kept, **{name: array.copy() for name, array in rows.items()}}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Go back to a `state`."""
        self.carried, self.steps = len(state["rollout-following"]), int(state["steps"])
        for name, array in vars(self.rollout).items():
            array[: self.carried] = state[f"rollout-{name}"]
        for name, array in (("waiting", self._waiting), ("returns", self._returns), ("scale", self._scale)):
            array[:] = state[name]


def refuse_idleness(episodes: int) -> None:
    """Raise GamesolveError where whoever learns had nothing to decide in many episodes in a row."""
    if episodes >= IDLE:
        raise GamesolveError(f"there was nothing to decide in {episodes:,} episodes in a row, and so there is nothing to learn")


@compiled
def open_decisions(rows, members, n, waiting, following, reward, weight, epochs):
    """Enter decisions n, n + 1, ... and close those of the same agents that were open."""
    for k in range(rows.size):
        b, m = rows[k], members[k]
        before = waiting[b, m]
        if before >= 0:
            following[before] = n + k
        waiting[b, m] = n + k
        following[n + k] = OPEN
        reward[n + k] = 0.0
        weight[n + k] = 1.0
        epochs[n + k] = 0


@compiled
def settle(rewards, objective, dones, elapsed, picks, discount, waiting, following, reward, weight, epochs, returns, scale, finished):
    """After a joint step: credit its reward to the open decisions, and close those of episodes that are over.

    rewards f8 [B, 2] count as `objective` f8 [2] weighs them; returns f8 [B] and scale f8 [B] hold each
    row's return so far and the present weight of a reward; finished f8 [B] takes the returns of episodes
    that are over. Their number.
    """
    over = 0
    for b in range(dones.size):
        r = objective[0] * rewards[b, 0] + objective[1] * rewards[b, 1]
        returns[b] += scale[b] * r
        closes = dones[b] or elapsed[b] % picks == 0
        if closes:
            scale[b] *= discount
        for m in range(waiting.shape[1]):
            p = waiting[b, m]
            if p < 0:
                continue
            reward[p] += weight[p] * r
            if closes:
                weight[p] *= discount
                epochs[p] += 1
            if dones[b]:
                following[p] = OVER
                waiting[b, m] = -1
        if dones[b]:
            finished[over] = returns[b]
            over += 1
            returns[b] = 0.0
            scale[b] = 1.0
    return over


@compiled
def advantages(n, reward, weight, epochs, following, value, trace, advantage):
    """Generalised advantage estimation (Schulman et al. 2016, eq. 16) over decisions 0 to n - 1, from the last to the first.

    `trace` is lambda; it applies once where epochs have passed, however many: between them nothing was decided or estimated.
    Advantages of open decisions are 0: they bootstrap.
    """
    for k in range(n - 1, -1, -1):
        after = following[k]
        if after == OPEN:
            advantage[k] = 0.0
        elif after == OVER:
            advantage[k] = reward[k] - value[k]
        else:
            kept = trace if epochs[k] > 0 else 1.0
            advantage[k] = reward[k] + weight[k] * value[after] - value[k] + weight[k] * kept * advantage[after]
