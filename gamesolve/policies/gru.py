"""`Gru`: the memory of recurrent networks, brought up to date row by row.

A gated recurrent unit (Cho et al. 2014) as torch and cuDNN have it. From features x and the state h before:

    r = sigmoid(W_r x + b_r + U_r h + c_r)
    z = sigmoid(W_z x + b_z + U_z h + c_z)
    n = tanh(W_n x + b_n + r (U_n h + c_n))
    h' = (1 - z) n + z h

An episode begins with h = 0, and every step of it is fed, those included in which the agent has no choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from gamesolve.policies.features import Features
from gamesolve.policies.product import Affine, alone
from gamesolve.views.recall import Recall


@dataclass(frozen=True, eq=False)
class Gru:
    """Weights of H units over F features; the gates r, z and n lie one after another.

    Attributes:
        inward: f4 [3 H, F], W; inward_bias: f4 [3 H], b.
        onward: f4 [3 H, H], U; onward_bias: f4 [3 H], c.
    """

    inward: np.ndarray
    onward: np.ndarray
    inward_bias: np.ndarray
    onward_bias: np.ndarray

    @property
    def units(self) -> int:
        """H."""
        return self.onward.shape[1]

    @property
    def tensors(self) -> dict[str, np.ndarray]:
        """The weights by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @staticmethod
    def shapes(features: int, units: int) -> dict[str, tuple[int, ...]]:
        """The shapes of `tensors`."""
        return {"inward": (3 * units, features), "onward": (3 * units, units), "inward_bias": (3 * units,), "onward_bias": (3 * units,)}

    def step(self, inputs: np.ndarray, states: np.ndarray) -> np.ndarray:
        """States f4 [n, H] after features f4 [n, F], from those before."""
        return GruStack.of([self]).step(inputs, states, alone(len(inputs)))


@dataclass(frozen=True)
class Fed:
    """How far networks have been fed in each of the B rows of a recall, on behalf of each of M agents.

    Attributes:
        states: f4 [B, M, H].
        steps: i4 [B, M], steps of the episode that have been fed.
        episodes: i8 [B, M], the episode; -1 for none.
    """

    states: np.ndarray
    steps: np.ndarray
    episodes: np.ndarray

    @classmethod
    def empty(cls, batch: int, members: int, units: int) -> Fed:
        """Of nothing."""
        shape = batch, members
        return cls(np.zeros((*shape, units), np.float32), np.zeros(shape, np.int32), np.full(shape, -1, np.int64))


@dataclass(frozen=True, eq=False)
class GruStack:
    """Units of one size of K networks, one of which is fed in a row throughout an episode (see `stack.py`).

    Attributes:
        inward: from features to the gates; onward: from states to the gates.
    """

    inward: Affine
    onward: Affine

    @classmethod
    def of(cls, units: Sequence[Gru]) -> GruStack:
        """The stack of some units."""
        return cls(
            Affine.of([one.inward for one in units], [one.inward_bias for one in units]),
            Affine.of([one.onward for one in units], [one.onward_bias for one in units]),
        )

    def step(self, inputs: np.ndarray, states: np.ndarray, bounds: np.ndarray) -> np.ndarray:
        """States f4 [n, H] after features f4 [n, F], from those before; the rows of unit k are bounds[k] to bounds[k + 1] - 1."""
        units = states.shape[1]
        inward, onward = self.inward(inputs, bounds), self.onward(states, bounds)
        # A sigmoid by tanh overflows nowhere.
        gates = 0.5 * np.tanh(0.5 * (inward[:, : 2 * units] + onward[:, : 2 * units])) + np.float32(0.5)
        new = np.tanh(inward[:, 2 * units :] + gates[:, :units] * onward[:, 2 * units :])
        return np.asarray(new + gates[:, units:] * (states - new), np.float32)

    def brought_up(self, features: Features, recall: Recall, members: np.ndarray, rows: np.ndarray, bounds: np.ndarray) -> np.ndarray:
        """States f4 [n, H] on behalf of agents i4 [n] in rows i8 [n], after all that they have seen; it goes on from where it was."""
        if self not in recall.derived:
            recall.derived[self] = Fed.empty(len(recall.steps), len(features.agents), self.onward.turned.shape[1])
        fed, own = recall.derived[self], np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
        new = fed.episodes[rows, members] != recall.episodes[rows]
        anew = rows[new], members[new]
        fed.states[anew], fed.steps[anew], fed.episodes[anew] = 0.0, 0, recall.episodes[anew[0]]
        behind = np.flatnonzero(fed.steps[rows, members] <= recall.steps[rows])
        while len(behind):
            at = rows[behind], members[behind]
            inputs = np.empty((len(behind), features.count), np.float32)
            features.fill(recall, at[1], at[0], inputs, steps=fed.steps[at])
            fed.states[at] = self.step(inputs, fed.states[at], np.searchsorted(own[behind], np.arange(len(bounds))))
            fed.steps[at] += 1
            behind = behind[fed.steps[at] <= recall.steps[at[0]]]
        return fed.states[rows, members]
