"""`NeuralPolicy`: a network over an agent's own signals, for one agent or shared by the agents of a role."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gamesolve.base.errors import GamesolveError, quoted
from gamesolve.policies.asked import Asked
from gamesolve.policies.critic import Critic
from gamesolve.policies.features import Features
from gamesolve.policies.gru import Gru
from gamesolve.policies.product import alone
from gamesolve.policies.stack import NetworkAsk, Stack
from gamesolve.rules.game import ROLES, Game
from gamesolve.views.acting import ASKED, HISTORY, PRESENT, Acting

#: What the outputs of networks may have been learnt as.
OUTPUTS = ("logits", "values")


@dataclass(frozen=True, eq=False)
class NeuralPolicy(Asked):
    """Probabilities by a network of fully connected layers with tanh between them (f4), fed features or what it remembers of them.

    Attributes:
        game: the game it plays.
        role: `defender` or `attacker`.
        features: what it is fed.
        weights: f4 [outputs, inputs] of each layer.
        biases: f4 [outputs] of each layer; the last has A outputs.
        greedy: plays the most probable action (the first of equals) instead of drawing.
        gru: with memory `recurrent`, what is fed all steps of an episode, and whose state the layers are fed.
        outputs: what its outputs were learnt as, `logits` or action `values`; those of one kind are no start for the other.
        critic: fed the same features, where its learner was asked to keep it; plays no part in what it does.
    """

    kind = "a network"

    game: Game
    role: str
    features: Features = field(repr=False)
    weights: tuple[np.ndarray, ...] = field(repr=False)
    biases: tuple[np.ndarray, ...] = field(repr=False)
    greedy: bool = False
    gru: Gru | None = field(default=None, repr=False)
    outputs: str = "logits"
    critic: Critic | None = field(default=None, repr=False)

    @property
    def made_greedy(self) -> NeuralPolicy:
        """The same network, always playing its most probable action."""
        return replace(self, greedy=True)

    @property
    def actions(self) -> int:
        """A, what its outputs are for: the most actions that one of its agents has."""
        return max(len(self.game.agents[i].actions) for i in self.features.agents)

    @property
    def layers(self) -> list[int]:
        """Sizes of the layers, from F features to A actions; the first layer is the `gru` where there is one."""
        remembering = [] if self.gru is None else [self.gru.inward.shape[1]]
        return [*remembering, self.weights[0].shape[1], *(len(bias) for bias in self.biases)]

    @property
    def tensors(self) -> dict[str, np.ndarray]:
        """All weights by name: those of the `gru`, then `weight-0`, `bias-0`, ..., then those of the `critic`."""
        remembering = {} if self.gru is None else {f"gru-{name}": array for name, array in self.gru.tensors.items()}
        layers = enumerate(zip(self.weights, self.biases, strict=True))
        acting = {f"{kind}-{k}": array for k, pair in layers for kind, array in zip(("weight", "bias"), pair, strict=True)}
        expecting = {} if self.critic is None else {f"critic-{name}": array for name, array in self.critic.tensors.items()}
        return remembering | acting | expecting

    def logits(self, inputs: np.ndarray) -> np.ndarray:
        """f4 [n, A] for what the layers are fed, f4 [n, F] or f4 [n, H] (see `Stack.shown`)."""
        return self.stack.logits(inputs, alone(len(inputs)))

    @functools.cached_property
    def stack(self) -> Stack:
        """Of this network alone."""
        return Stack.of([self])

    def probabilities(self, inputs: np.ndarray, masks: np.ndarray) -> np.ndarray:
        """f8 [n, A'] of the first A' actions, for what the layers are fed, where masks bool [n, A'] are legal."""
        return self.stack.probabilities(inputs, alone(len(inputs)), masks)

    def acting(self, game: Game, agent: int) -> Acting:
        """How the simulator asks this policy when `agent` of `game` follows it.

        Raises:
            GamesolveError: it is for another game or the other role.
        """
        self.refuse_other(game, agent)
        looks = PRESENT if self.features.memory == "last" else HISTORY
        return Acting(ASKED, ask=NetworkAsk(self, self.features.agents.index(agent)), looks=looks)

    @property
    def made_for(self) -> tuple[object, ...]:
        """What networks share that can start from each other's weights."""
        return self.fingerprint, self.role, self.features.memory, self.features.pooled, tuple(self.layers), self.outputs

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "stack"}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, NeuralPolicy):
            return NotImplemented
        alike = (self.made_for, self.greedy) == (other.made_for, other.greedy)
        mine, theirs = self.tensors, other.tensors
        return alike and mine.keys() == theirs.keys() and all(map(np.array_equal, mine.values(), theirs.values()))

    __hash__ = None  # type: ignore[assignment]


def average(policies: Sequence[NeuralPolicy], weights: np.ndarray) -> NeuralPolicy:
    """The network whose weights are the average of some, weighted by f8 [K]; a start for learning, no mixture. It has no critic.

    Raises:
        GamesolveError: there is none, they are of different games, roles, memories or layers, or the weights are not probabilities.
    """
    given = np.asarray(weights, np.float64)
    if not policies or given.shape != (len(policies),) or not (given >= 0.0).all() or abs(given.sum() - 1.0) > 1e-9:
        raise GamesolveError(f"weights {given.tolist()} are not {len(policies)} probabilities that sum to 1")
    first = policies[0]
    for other in policies[1:]:
        if (other.made_for, other.greedy) != (first.made_for, first.greedy):
            raise GamesolveError(
                f"networks of layers {first.layers} and {other.layers}, or of different roles or memories, have no average"
            )
    named = [replace(policy, critic=None).tensors for policy in policies]
    mean = {name: np.tensordot(given, np.stack([tensors[name] for tensors in named]), 1).astype(np.float32) for name in named[0]}
    return with_tensors(replace(first, critic=None), mean)


def with_tensors(policy: NeuralPolicy, tensors: dict[str, np.ndarray]) -> NeuralPolicy:
    """A policy with other weights, named as in `tensors`."""
    remembering = {name.removeprefix("gru-"): array for name, array in tensors.items() if name.startswith("gru-")}
    expecting = {name.removeprefix("critic-"): array for name, array in tensors.items() if name.startswith("critic-")}
    (weights, biases), critic = _in_layers(tensors), Critic(*_in_layers(expecting)) if expecting else None
    return replace(policy, weights=weights, biases=biases, gru=Gru(**remembering) if remembering else None, critic=critic)


def _in_layers(tensors: dict[str, np.ndarray]) -> tuple[tuple[np.ndarray, ...], ...]:
    """The weights and the biases of layers."""
    depth = sum(name.startswith("weight-") for name in tensors)
    return tuple(tuple(tensors[f"{kind}-{k}"] for k in range(depth)) for kind in ("weight", "bias"))


def network_from(game: Game, card: dict[str, Any], tensors: dict[str, np.ndarray]) -> NeuralPolicy:
    """The policy that a card describes, for its game.

    Raises:
        GamesolveError: a key of the card is refused, or a tensor (see `read_network`).
    """
    if card["role"] not in ROLES:
        raise GamesolveError(f"key 'role' is {quoted(card['role'])}; it is one of {', '.join(ROLES)}")
    features = Features.of(game, card["role"], card["memory"], pooled=card["pooled"])
    return read_network(NeuralPolicy, game, features, card, tensors)


def read_network(
    kind: Callable[..., NeuralPolicy], game: Any, features: Any, card: dict[str, Any], tensors: dict[str, np.ndarray]
) -> NeuralPolicy:
    """A policy of the class `kind` as a card describes it.

    Raises:
        GamesolveError: the outputs are of no known kind, the layers are others, or a tensor is missing, superfluous, of another
            shape, or not finite.
    """
    if card["outputs"] not in OUTPUTS:
        raise GamesolveError(f"key 'outputs' is {quoted(card['outputs'])}; it is one of {', '.join(OUTPUTS)}")
    blank = kind(game, card["role"], features, (), (), greedy=card["greedy"], outputs=card["outputs"])
    _refuse_tensors(blank, card["layers"], card["critic"], tensors)
    return with_tensors(blank, tensors)


def refuse_unsound(policy: NeuralPolicy) -> None:
    """Raise GamesolveError where a policy's tensors do not fit together, do not fit its game, or are not finite float32."""
    _refuse_tensors(policy, policy.layers, policy.critic.layers if policy.critic else [], policy.tensors)


def _refuse_tensors(policy: NeuralPolicy, layers: list[int], critic: list[int], tensors: dict[str, np.ndarray]) -> None:
    """Raise GamesolveError where tensors are not those of a policy's layers and of its critic's, which has none where it has no critic."""
    features, remembers = policy.features, policy.features.memory == "recurrent"
    right = len(layers) >= 2 + remembers and all(type(n) is int and n > 0 for n in layers)
    if not (right and layers[0] == features.count and layers[-1] == policy.actions):
        raise GamesolveError(f"key 'layers' is {quoted(layers)}; it leads from {features.count} features to {policy.actions} actions")
    if critic and not (not remembers and all(type(n) is int and n > 0 for n in critic) and critic[:1] + critic[-1:] == [features.count, 1]):
        raise GamesolveError(f"key 'critic' is {quoted(critic)}; it leads from {features.count} features to 1 return, or is empty")
    shapes = {f"gru-{name}": shape for name, shape in Gru.shapes(layers[0], layers[1]).items()} if remembers else {}
    for prefix, sizes in (("", layers[remembers:]), ("critic-", critic)):
        for k, (before, after) in enumerate(itertools.pairwise(sizes)):
            shapes |= {f"{prefix}weight-{k}": (after, before), f"{prefix}bias-{k}": (after,)}
    for name in sorted({*shapes, *tensors}):
        found = tensors.get(name)
        if found is None or found.shape != shapes.get(name) or found.dtype != np.float32 or not np.isfinite(found).all():
            said = "is missing" if found is None else f"is {found.dtype} of shape {found.shape}, or not finite"
            raise GamesolveError(f"tensor {quoted(name)} {said}; the card has finite float32 of shape {shapes.get(name, 'none')}")
