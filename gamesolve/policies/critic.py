"""`Critic`: what a policy's learner expected to earn from where it chose, kept beside the policy to shape the rewards of later learners."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field, fields

import numpy as np

from gamesolve.policies.product import Affine, alone


@dataclass(frozen=True, eq=False)
class Critic:
    """A network of fully connected layers with tanh between them (f4), from F features to a return in the game's units.

    Attributes:
        weights: f4 [outputs, inputs] of each layer; the last has one output.
        biases: f4 [outputs] of each layer.
    """

    weights: tuple[np.ndarray, ...] = field(repr=False)
    biases: tuple[np.ndarray, ...] = field(repr=False)

    @property
    def layers(self) -> list[int]:
        """Sizes of the layers, from F to 1."""
        return [self.weights[0].shape[1], *(len(bias) for bias in self.biases)]

    @property
    def tensors(self) -> dict[str, np.ndarray]:
        """The weights by name: `weight-0`, `bias-0`, ..."""
        layers = enumerate(zip(self.weights, self.biases, strict=True))
        return {f"{kind}-{k}": array for k, pair in layers for kind, array in zip(("weight", "bias"), pair, strict=True)}

    @functools.cached_property
    def _affine(self) -> tuple[Affine, ...]:
        return tuple(Affine.of([weight], [bias]) for weight, bias in zip(self.weights, self.biases, strict=True))

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        """f4 [n], the returns expected with features f4 [n, F]."""
        *before, last = self._affine
        hidden, bounds = inputs, alone(len(inputs))
        for layer in before:
            hidden = np.tanh(layer(hidden, bounds))
        return last(hidden, bounds)[:, 0]

    def __getstate__(self) -> dict[str, object]:
        return {one.name: getattr(self, one.name) for one in fields(self)}


@dataclass(frozen=True, eq=False)
class MeanOfCritics:
    """What several critics expect, weighted: a potential that shapes rewards (Ng et al. 1999; by ensembles, Palmer et al. 2025).

    Attributes:
        critics: K of them, of the same features.
        weights: f8 [K], probabilities.
    """

    critics: Sequence[Critic]
    weights: np.ndarray

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        """f4 [n] for features f4 [n, F]."""
        total = np.zeros(len(inputs), np.float64)
        for critic, weight in zip(self.critics, self.weights.tolist(), strict=True):
            total += weight * critic(inputs)
        return total.astype(np.float32)
