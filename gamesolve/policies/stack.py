"""`Stack`: networks of one shape, evaluated in one pass over the rows of them all.

A simulator with a mixture of networks asks each of them at every step, for a few rows; K calls cost more than what they
compute. What a row yields depends on its network and itself alone, so together they answer, to the bit, as each does by
itself: a network that is asked alone is a stack of one.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gamesolve.policies.gru import GruStack
from gamesolve.policies.product import Affine, alone
from gamesolve.policies.softmax import from_logits
from gamesolve.views.acting import Alike
from gamesolve.views.recall import Recall

if TYPE_CHECKING:
    from gamesolve.policies.features import Features
    from gamesolve.policies.neural import NeuralPolicy


@dataclass(frozen=True, eq=False)
class Stack:
    """K networks that agree in all but their weights; of n rows, network k is asked for bounds[k] to bounds[k + 1] - 1 (i8 [K + 1]).

    Attributes:
        features: what they are fed.
        layers: fully connected, with tanh between them.
        gru: what they remember by, if they do.
        greedy: whether they play their most probable actions.
    """

    features: Features
    layers: tuple[Affine, ...]
    gru: GruStack | None
    greedy: bool

    @classmethod
    def of(cls, networks: Sequence[NeuralPolicy]) -> Stack:
        """The stack of some networks of one `like`."""
        first, depth = networks[0], len(networks[0].weights)
        layers = tuple(Affine.of([one.weights[k] for one in networks], [one.biases[k] for one in networks]) for k in range(depth))
        units = [one.gru for one in networks if one.gru is not None]
        return cls(first.features, layers, GruStack.of(units) if units else None, first.greedy)

    def logits(self, inputs: np.ndarray, bounds: np.ndarray) -> np.ndarray:
        """f4 [n, A] for what the layers are fed, f4 [n, F] or f4 [n, H] (see `shown`)."""
        *before, last = self.layers
        hidden = inputs
        for layer in before:
            hidden = layer(hidden, bounds)
            np.tanh(hidden, out=hidden)
        return last(hidden, bounds)

    def shown(self, recall: Recall, members: np.ndarray, rows: np.ndarray, bounds: np.ndarray) -> np.ndarray:
        """What the layers are fed on behalf of the role's agents `members` i4 [n] in rows i8 [n]: f4 [n, F], or [n, H] by a `gru`."""
        if self.gru is not None:
            return self.gru.brought_up(self.features, recall, members, rows, bounds)
        inputs = np.empty((len(rows), self.features.count), np.float32)
        self.features.fill(recall, members, rows, inputs)
        return inputs

    def probabilities(self, inputs: np.ndarray, bounds: np.ndarray, masks: np.ndarray) -> np.ndarray:
        """f8 [n, A'] of the first A' actions, for what the layers are fed, where masks bool [n, A'] are legal."""
        return from_logits(self.logits(inputs, bounds), masks, greedy=self.greedy)


@dataclass(frozen=True, eq=False)
class NetworkAsk(Alike):
    """A network that is asked on behalf of one of its role's agents.

    Attributes:
        policy: the network.
        member: the agent, as it stands among the role's.
    """

    policy: NeuralPolicy
    member: int

    @property
    def like(self) -> Hashable:
        """What networks share that are stacked."""
        return self.policy.made_for, self.policy.greedy

    def __call__(self, recall: Recall, place: int, rows: np.ndarray, masks: np.ndarray) -> np.ndarray:
        """See `Acting.ask`."""
        return _answer(self.policy.stack, recall, np.full(len(rows), self.member, np.int32), rows, alone(len(rows)), masks)

    @classmethod
    def joined(cls, asks: Sequence[NetworkAsk]) -> Callable[[Recall, np.ndarray, np.ndarray, np.ndarray], np.ndarray]:  # type: ignore[override]
        """See `Alike.joined`."""
        stack, members = Stack.of([one.policy for one in asks]), np.array([one.member for one in asks], np.int32)
        return lambda recall, rows, bounds, masks: _answer(stack, recall, np.repeat(members, np.diff(bounds)), rows, bounds, masks)


def _answer(
    stack: Stack, recall: Recall, members: np.ndarray, rows: np.ndarray, bounds: np.ndarray, masks: np.ndarray
) -> np.ndarray:  # fmt: skip
    return stack.probabilities(stack.shown(recall, members, rows, bounds), bounds, masks)
