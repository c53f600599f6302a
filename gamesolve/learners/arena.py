"""`Arena`: where the agents of a role play, B episodes at once, as learners see it.

Decisions are found, shown as features, and acted on; the others move by themselves. A learner knows
an arena and nothing of what is behind it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gamesolve.base.compiled import compiled
from gamesolve.base.errors import GamesolveError
from gamesolve.learners.openspiel_arena import OpenSpielArena
from gamesolve.learners.task import Task
from gamesolve.policies.features import WHOLE, Features
from gamesolve.policies.tensors import Tensors
from gamesolve.rules.game import ROLES, Game
from gamesolve.views.acting import Drawn
from gamesolve.views.asking import draw_actions, free, only
from gamesolve.views.recall import Recall
from gamesolve.views.simulator import Simulator


class Arena:
    """The batch simulator of a task.

    Attributes:
        features: what the n agents of the role are fed.
        agents: i4 [n], their indices; a *member* is a place among them.
        inputs, joint_inputs, actions: F, J and A.
        rewards: f8 [B, 2], of the last step by role.
        dones: bool [B], whether it ended the episode.
        elapsed: i4 [B], steps of the present episode.
        picks: steps of an epoch.
    """

    def __init__(
        self, task: Task, batch: int, *, seed: int, features: Features, joint: bool, simulator: Simulator | None = None
    ) -> None:  # fmt: skip
        """
        Args:
            batch: B.
            joint: whether a central critic is to be shown what all agents see.
            simulator: of another arena in which the other role learns, in the same episodes.
        """
        game = task.game
        assert isinstance(game, Game)
        self.task, self.features = task, features
        self.simulator = simulator or Simulator(game, batch, seed=seed, acting=task.acting)
        self.agents = np.array(features.agents, np.int32)
        self._sizes = np.array([len(game.agents[i].actions) for i in self.agents], np.int32)
        self._joint = JointFeatures(task, features, self.simulator) if joint else None
        self.inputs, self.actions = features.count, int(self._sizes.max())
        self.joint_inputs = self._joint.count if self._joint else 0
        everyone = range(len(game.agents)) if joint else self.agents.tolist()
        self._recall = Recall.empty(game, batch, everyone)
        self._rows, self._members = np.empty(batch * len(self.agents), np.int64), np.empty(batch * len(self.agents), np.int32)
        rows = self.simulator.rows
        self.rewards, self.dones, self.elapsed, self.picks = self.simulator.rewards, self.simulator.dones, rows["elapsed"], game.picks
        self._recall.note(rows)

    @property
    def decisions(self) -> int:
        """Made so far, by all agents."""
        return self.simulator.decisions

    def gather(self) -> tuple[np.ndarray, np.ndarray]:
        """The decisions of this step: rows i8 [n] and members i4 [n]; what is forced is put down."""
        rows = self.simulator.rows
        found = gather(rows["masks"], rows["actions"], self.agents, self._sizes, self._rows, self._members)
        return self._rows[:found], self._members[:found]

    def see(self, rows: np.ndarray, members: np.ndarray, inputs: np.ndarray, masks: np.ndarray) -> None:
        """Show n decisions: features f4 [n, F] and legal actions bool [n, A] are filled."""
        self.features.fill(self._recall, members, rows, inputs)
        masks[:] = self.simulator.masks[rows, self.agents[members], : self.actions]

    def see_all(self, rows: np.ndarray, out: np.ndarray) -> None:
        """Show a central critic n rows: f4 [n, J]."""
        if self._joint is not None:
            self._joint.fill(self._recall, self.simulator.slots, rows, out)

    def act(self, rows: np.ndarray, members: np.ndarray, probabilities: np.ndarray, masks: np.ndarray) -> np.ndarray:
        """Draw the actions i8 [n] of n decisions from f4 [n, A], by one uniform number of their row's and agent's own stream each."""
        agents = self.agents[members]
        draw_actions(self.simulator.game, self.simulator.rows, rows, agents, probabilities, masks)
        return np.asarray(self.simulator.actions[rows, agents], np.int64)

    def play(self) -> None:
        """Play a step in every row, with the actions put down."""
        self.simulator.advance(1)
        self.note()

    def note(self) -> None:
        """Take notice of the step that was played."""
        self._recall.note(self.simulator.rows)

    def state(self) -> dict[str, np.ndarray]:
        """All that the next step depends on, to `restore`."""
        return {**self.simulator.state(), **self._recall.state("recall")}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Go back to a `state` of an equal arena."""
        self.simulator.restore(state)
        self._recall.restore(state, "recall")


class JointFeatures:
    """What a central critic sees: the features of all agents, and which opponent was drawn.

    A state alone would not do where actors remember (Baisero and Amato 2022): the critic sees as much of the past as they do.

    Attributes:
        count: J.
    """

    def __init__(self, task: Task, features: Features, simulator: Simulator) -> None:
        game, other = simulator.game, ROLES[1 - ROLES.index(task.role)]
        own = Features.of(game, task.role, features.memory, pooled=True)
        # A critic that remembers is shown everybody's steps one by one.
        theirs = Features.of(game, other, "recurrent", pooled=True) if own.memory == "recurrent" else _as_much_as_fits(game, other)
        self._parts = [own, theirs]
        self._opponent, *_ = game.agents_of(other)
        way = task.acting[self._opponent]
        self._draws = len(way.ways) if isinstance(way, Drawn) else 0
        self._first = int(simulator.first_slots[self._opponent])
        self.count = sum(part.count for part in self._parts) + self._draws

    def fill(self, recall: Recall, slots: np.ndarray, rows: np.ndarray, out: np.ndarray) -> None:
        """Write f4 [n, J] for rows i8 [n], where agents act by slots i4 [B, N]."""
        start, anyone = 0, np.zeros(len(rows), np.int32)
        for part in self._parts:
            seen = np.empty((len(rows), part.count), np.float32)
            part.fill(recall, anyone, rows, seen)
            out[:, start : start + part.count] = seen
            start += part.count
        if self._draws:
            out[:, start:] = np.arange(self._draws) == (slots[rows, self._opponent] - self._first)[:, None]


def _as_much_as_fits(game: Game, role: str) -> Features:
    """The pooled histories of a role, or what it sees at present where they are long."""
    whole = Features.of(game, role, "history", pooled=True)
    return whole if whole.count <= WHOLE else Features.of(game, role, "last", pooled=True)


def arena_for(
    task: Task, batch: int, *, seed: int, features: Features | Tensors, joint: bool, simulator: Simulator | None = None
) -> Arena | OpenSpielArena:
    """The arena of a task; see `Arena`."""
    if isinstance(features, Tensors):
        return OpenSpielArena(task, batch, seed=seed, features=features, joint=joint)
    return Arena(task, batch, seed=seed, features=features, joint=joint, simulator=simulator)


def features_of(task: Task, settings: Any, *, remembers: bool = False) -> Features | Tensors:
    """What a learner's settings feed the agents of the role.

    Args:
        remembers: whether its networks do. Those that do not act from the present signals, summaries among them, where the
            own history is long and `memory` is `auto`.

    Raises:
        GamesolveError: they do not, and `memory` is `recurrent`.
    """
    if not isinstance(task.game, Game):
        return Tensors.of(task.game, task.role, settings.memory)
    features = Features.of(task.game, task.role, settings.memory, pooled=settings.observes == "team")
    if features.memory == "recurrent" and not remembers:
        if settings.memory != "auto":
            raise GamesolveError(f"memory is {settings.memory!r}, but this learner's networks do not remember; it is auto, last or history")
        return Features.of(task.game, task.role, "last", pooled=settings.observes == "team")
    return features


@compiled
def gather(masks, actions, agents, sizes, rows, members):
    """Find the decisions of this step: rows i8 and members i4 [B n] are filled, and forced actions put down; their number.

    masks u1 [B, N, A], actions i4 [B, N], agents i4 [n] of the learner, sizes i4 [n] their numbers of actions.
    """
    found = 0
    for b in range(masks.shape[0]):
        for m in range(agents.size):
            i = agents[m]
            if free(masks[b, i], sizes[m]):
                rows[found] = b
                members[found] = m
                found += 1
            else:
                actions[b, i] = only(masks[b, i], sizes[m])
    return found
