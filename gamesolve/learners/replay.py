"""`Replay`: the latest decisions of an arena, to learn from again and again, and the n-step targets that start from them."""

from __future__ import annotations

import numpy as np

from gamesolve.base.compiled import compiled
from gamesolve.learners.rollout import OPEN, OVER, Rollout


class Replay:
    """Room for the latest C decisions: a ring, in which decision k since the beginning stands at place k mod C.

    A decision holds 4 F + A bytes of features and masks, and 37 more.

    Attributes:
        made: decisions entered since the beginning.
        inputs: f4 [C, F].
        masks: bool [C, A].
        member, action: i8 [C].
        explored: bool [C], whether the action was another than the learner thought best.
        reward, weight: f4 [C], epochs: i4 [C], as in `Rollout`.
        following: i8 [C], the number of the same agent's next decision, OVER or OPEN.
    """

    def __init__(self, room: int, *, inputs: int, actions: int) -> None:
        self.made = 0
        self.inputs, self.masks = np.zeros((room, inputs), np.float32), np.zeros((room, actions), np.bool_)
        self.member, self.action, self.explored = np.zeros(room, np.int64), np.zeros(room, np.int64), np.zeros(room, np.bool_)
        self.reward, self.weight = np.zeros(room, np.float32), np.zeros(room, np.float32)
        self.epochs, self.following = np.zeros(room, np.int32), np.full(room, OPEN, np.int64)
        # Numbers of the decisions that a rollout carries over to the next.
        self._carried = np.zeros(0, np.int64)

    @property
    def filled(self) -> int:
        """Places in use, the first ones."""
        return min(self.made, len(self.action))

    def enter(self, rollout: Rollout, n: int, explored: np.ndarray) -> None:
        """Enter decisions 0 to n - 1 of a rollout, of which those carried over stand here already; at most C are new.

        Args:
            explored: bool [n].
        """
        before, room = len(self._carried), len(self.action)
        numbers = np.concatenate([self._carried, np.arange(self.made, self.made + n - before)])
        places = numbers[before:] % room
        for name in ("inputs", "masks", "member", "action"):
            getattr(self, name)[places] = getattr(rollout, name)[before:n]
        self.explored[places] = explored[before:n]
        self.made += n - before
        # What waited for so long that its place was needed is forgotten.
        here = np.flatnonzero(numbers >= self.made - room)
        after = rollout.following[:n]
        self.following[numbers[here] % room] = np.where(after >= 0, numbers[after], after)[here]
        for name in ("reward", "weight", "epochs"):
            getattr(self, name)[numbers[here] % room] = getattr(rollout, name)[here]
        self._carried = numbers[after == OPEN]

    def closed(self) -> np.ndarray:
        """i8: the places of decisions of which it is known what followed."""
        return np.flatnonzero(self.following[: self.filled] != OPEN)

    def ahead(self, places: np.ndarray, *, steps: int, cut: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What decisions at `places` i8 [n] earned over the next `steps` epochs in which their agents decided.

        Args:
            cut: stop before a decision that explored, as what followed it says little about the best play (Watkins 1989).

        Returns:
            Discounted rewards f4 [n]; the weight f4 [n] of what follows, 0 where nothing does; and the place i8 [n] of the decision
            that follows.
        """
        earned, weight, place = np.empty(len(places), np.float32), np.empty(len(places), np.float32), np.empty(len(places), np.int64)
        look_ahead(places, steps, cut, self.reward, self.weight, self.epochs, self.following, self.explored, earned, weight, place)
        return earned, weight, place

    def state(self) -> dict[str, np.ndarray]:
        """What is filled, in arrays whose names begin with `replay`."""
        kept = {f"replay-{name}": getattr(self, name)[: self.filled].copy() for name in COLUMNS}
        return {**kept, "replay-made": np.array(self.made), "replay-carried": self._carried.copy()}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Go back to a `state`."""
        self.made, self._carried = int(state["replay-made"]), state["replay-carried"].copy()
        for name in COLUMNS:
            getattr(self, name)[: self.filled] = state[f"replay-{name}"]


COLUMNS = ("inputs", "masks", "member", "action", "explored", "reward", "weight", "epochs", "following")


@compiled
def look_ahead(places, steps, cut, reward, weight, epochs, following, explored, earned, left, last):
    """See `Replay.ahead`; a pick inside an epoch takes no time, and an open decision is looked at no further."""
    room = following.size
    for k in range(places.size):
        p = places[k]
        total, scale, passed = 0.0, 1.0, 0
        while passed < steps:
            total += scale * reward[p]
            scale *= weight[p]
            passed += epochs[p] > 0
            after = following[p]
            if after == OVER:
                scale = 0.0
                break
            p = after % room
            if following[p] == OPEN or (cut and explored[p]):
                break
        earned[k] = total
        left[k] = scale
        last[k] = p
