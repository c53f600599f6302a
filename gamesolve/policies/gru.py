"""`Gru`: the memory of recurrent networks, brought up to date row by row.

A gated recurrent unit (Cho et al. 2014) as torch and cuDNN have it. From features x and the state h before:

    r = sigmoid(W_r x + b_r + U_r h + c_r)
    z = sigmoid(W_z x + b_z + U_z h + c_z)
    n = tanh(W_n x + b_n + r (U_n h + c_n))
    h' = (1 - z) n + z h

An episode begins with h = 0, and every step of it is fed, those included in which the agent has no choice.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, fields

import numpy as np

from gamesolve.policies.features import Features
from gamesolve.policies.product import affine
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
        units = self.units
        inward, onward = affine(inputs, self._turned[0], self.inward_bias), affine(states, self._turned[1], self.onward_bias)
        # A sigmoid by tanh overflows nowhere.
        gates = 0.5 * np.tanh(0.5 * (inward[:, : 2 * units] + onward[:, : 2 * units])) + np.float32(0.5)
        new = np.tanh(inward[:, 2 * units :] + gates[:, :units] * onward[:, 2 * units :])
        return np.asarray(new + gates[:, units:] * (states - new), np.float32)

    @functools.cached_property
    def _turned(self) -> tuple[np.ndarray, np.ndarray]:
        return np.ascontiguousarray(self.inward.T), np.ascontiguousarray(self.onward.T)


@dataclass(frozen=True)
class Fed:
    """How far a network has been fed in each of the B rows of a recall, on behalf of one agent.

    Attributes:
        states: f4 [B, H].
        steps: i4 [B], steps of the episode that have been fed.
        episodes: i8 [B], the episode; -1 for none.
    """

    states: np.ndarray
    steps: np.ndarray
    episodes: np.ndarray

    @classmethod
    def empty(cls, batch: int, units: int) -> Fed:
        """Of nothing."""
        return cls(np.zeros((batch, units), np.float32), np.zeros(batch, np.int32), np.full(batch, -1, np.int64))


def brought_up(gru: Gru, features: Features, recall: Recall, member: int, rows: np.ndarray) -> np.ndarray:
    """States f4 [n, H] of one agent's network in rows i8 [n], after all that the agent has seen; it goes on from where it was."""
    if (gru, member) not in recall.derived:
        recall.derived[gru, member] = Fed.empty(len(recall.steps), gru.units)
    fed = recall.derived[gru, member]
    anew = rows[fed.episodes[rows] != recall.episodes[rows]]
    fed.states[anew], fed.steps[anew], fed.episodes[anew] = 0.0, 0, recall.episodes[anew]
    behind = rows[fed.steps[rows] <= recall.steps[rows]]
    while len(behind):
        inputs = np.empty((len(behind), features.count), np.float32)
        features.fill(recall, np.full(len(behind), member, np.int32), behind, inputs, steps=fed.steps[behind])
        fed.states[behind] = gru.step(inputs, fed.states[behind])
        fed.steps[behind] += 1
        behind = behind[fed.steps[behind] <= recall.steps[behind]]
    return fed.states[rows]
