"""`NeuralPolicy`: a network over an agent's own signals, for one agent or shared by the agents of a role."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gamesolve.base.errors import GamesolveError
from gamesolve.policies.asked import Asked
from gamesolve.policies.features import Features
from gamesolve.rules.game import ROLES, Game
from gamesolve.views.acting import ASKED, Acting
from gamesolve.views.recall import Recall

#: Rows of one evaluation. What a row yields may depend on how many are multiplied together, so there are always as many.
CHUNK = 128
#: A logit of what is not legal: its probability is exactly 0.
NEVER = np.float32(-1e9)


@dataclass(frozen=True, eq=False)
class NeuralPolicy(Asked):
    """Probabilities by a network of fully connected layers with tanh between them (f4).

    Attributes:
        game: the game it plays.
        role: `defender` or `attacker`.
        features: what it is fed.
        weights: f4 [outputs, inputs] of each layer.
        biases: f4 [outputs] of each layer; the last has A outputs.
        greedy: plays the most probable action (the first of equals) instead of drawing.
    """

    kind = "a network"

    game: Game
    role: str
    features: Features
    weights: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...]
    greedy: bool = False

    @property
    def made_greedy(self) -> NeuralPolicy:
        """The same network, always playing its most probable action."""
        return replace(self, greedy=True)

    @property
    def layers(self) -> list[int]:
        """Sizes of the layers, from F features to A actions."""
        return [self.weights[0].shape[1], *(len(bias) for bias in self.biases)]

    def logits(self, inputs: np.ndarray) -> np.ndarray:
        """f4 [n, A] for features f4 [n, F]."""
        found = np.empty((len(inputs), len(self.biases[-1])), np.float32)
        chunk = np.zeros((CHUNK, inputs.shape[1]), np.float32)
        for start in range(0, len(inputs), CHUNK):
            part = inputs[start : start + CHUNK]
            chunk[: len(part)] = part
            hidden = chunk
            for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
                hidden = np.tanh(hidden @ weight.T + bias)
            found[start : start + CHUNK] = (hidden @ self.weights[-1].T + self.biases[-1])[: len(part)]
        return found

    def probabilities(self, inputs: np.ndarray, masks: np.ndarray) -> np.ndarray:
        """f8 [n, A'] of the first A' actions, for features f4 [n, F] where masks bool [n, A'] are legal."""
        logits = np.where(masks, self.logits(inputs)[:, : masks.shape[1]], NEVER).astype(np.float64)
        if self.greedy:
            return np.eye(masks.shape[1])[logits.argmax(axis=1)]
        weights = np.exp(logits - logits.max(axis=1, keepdims=True))
        weights[~masks] = 0.0
        return weights / weights.sum(axis=1, keepdims=True)

    def acting(self, game: Game, agent: int) -> Acting:
        """How the simulator asks this policy when `agent` of `game` follows it.

        Raises:
            GamesolveError: it is for another game or the other role.
        """
        self.refuse_other(game, agent)
        member = self.features.agents.index(agent)

        def ask(recall: Recall, place: int, rows: np.ndarray, masks: np.ndarray) -> np.ndarray:
            inputs = np.empty((len(rows), self.features.count), np.float32)
            self.features.fill(recall, np.full(len(rows), member, np.int32), rows, inputs)
            return self.probabilities(inputs, masks)

        return Acting(ASKED, ask=ask)

    @property
    def _kind(self) -> tuple[object, ...]:
        return self.fingerprint, self.role, self.features.memory, self.features.pooled, self.greedy, len(self.weights)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, NeuralPolicy):
            return NotImplemented
        return self._kind == other._kind and all(map(np.array_equal, (*self.weights, *self.biases), (*other.weights, *other.biases)))

    __hash__ = None  # type: ignore[assignment]


def average(policies: Sequence[NeuralPolicy], weights: np.ndarray) -> NeuralPolicy:
    """The network whose weights are the average of some, weighted by f8 [K]; a start for learning, no mixture.

    Raises:
        GamesolveError: there is none, they are of different games, roles, memories or layers, or the weights are not probabilities.
    """
    given = np.asarray(weights, np.float64)
    if not policies or given.shape != (len(policies),) or not (given >= 0.0).all() or abs(given.sum() - 1.0) > 1e-9:
        raise GamesolveError(f"weights {given.tolist()} are not {len(policies)} probabilities that sum to 1")
    first = policies[0]
    for other in policies[1:]:
        if (other._kind, other.layers) != (first._kind, first.layers):
            raise GamesolveError(
                f"networks of layers {first.layers} and {other.layers}, or of different roles or memories, have no average"
            )

    def mean(arrays: Iterable[tuple[np.ndarray, ...]]) -> tuple[np.ndarray, ...]:
        return tuple(np.tensordot(given, np.stack(same), 1).astype(np.float32) for same in zip(*arrays, strict=True))

    return replace(first, weights=mean(p.weights for p in policies), biases=mean(p.biases for p in policies))


def tensors_of(policy: NeuralPolicy) -> dict[str, np.ndarray]:
    """The arrays that are saved: `weight-0`, `bias-0`, ..."""
    named = {}
    for k, (weight, bias) in enumerate(zip(policy.weights, policy.biases, strict=True)):
        named[f"weight-{k}"], named[f"bias-{k}"] = weight, bias
    return named


def network_from(game: Game, card: dict[str, Any], tensors: dict[str, np.ndarray]) -> NeuralPolicy:
    """The policy that a card describes, for its game.

    Raises:
        GamesolveError: a key of the card is refused, or a tensor (see `read_network`).
    """
    if card["role"] not in ROLES:
        raise GamesolveError(f"key 'role' is {card['role']!r}; it is one of {', '.join(ROLES)}")
    features = Features.of(game, card["role"], card["memory"], pooled=card["pooled"])
    most = max(len(game.agents[i].actions) for i in features.agents)
    return read_network(NeuralPolicy, game, features, most, card, tensors)


def read_network(
    kind: Callable[..., NeuralPolicy], game: Any, features: Any, most: int, card: dict[str, Any], tensors: dict[str, np.ndarray]
) -> NeuralPolicy:
    """A policy of the class `kind`, that leads from features to at most `most` actions, as a card describes it.

    Raises:
        GamesolveError: the layers are others, or a tensor is missing, superfluous, of another shape, or not finite.
    """
    layers = card["layers"]
    if not (len(layers) >= 2 and all(type(n) is int and n > 0 for n in layers) and layers[0] == features.count and layers[-1] == most):
        raise GamesolveError(f"key 'layers' is {layers!r}; it leads from {features.count} features to {most} actions")
    shapes: dict[str, tuple[int, ...]] = {}
    for k, (before, after) in enumerate(itertools.pairwise(layers)):
        shapes[f"weight-{k}"], shapes[f"bias-{k}"] = (after, before), (after,)
    for name in sorted({*shapes, *tensors}):
        found = tensors.get(name)
        if found is None or found.shape != shapes.get(name) or found.dtype != np.float32 or not np.isfinite(found).all():
            said = "is missing" if found is None else f"is {found.dtype} of shape {found.shape}, or not finite"
            raise GamesolveError(f"tensor {name!r} {said}; the card has finite float32 of shape {shapes.get(name, 'none')}")
    depth = range(len(layers) - 1)
    weights, biases = (tuple(tensors[f"{kind}-{k}"] for k in depth) for kind in ("weight", "bias"))
    return kind(game, card["role"], features, weights, biases, card["greedy"])
