"""Networks of learners, and the way from and to policies."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import nn

from gamesolve.base.errors import GamesolveError
from gamesolve.policies.features import Features
from gamesolve.policies.neural import NeuralPolicy
from gamesolve.rules.game import Game


def perceptron(inputs: int, hidden: Sequence[int], outputs: int, *, last_gain: float, generator: torch.Generator) -> nn.Sequential:
    """Fully connected layers with tanh between them, initialised orthogonally (gain sqrt 2, the last layer `last_gain`)."""
    sizes = [inputs, *hidden, outputs]
    layers: list[nn.Module] = []
    for k, (before, after) in enumerate(itertools.pairwise(sizes)):
        linear = nn.Linear(before, after)
        nn.init.orthogonal_(linear.weight, last_gain if k == len(hidden) else 2.0**0.5, generator=generator)
        nn.init.zeros_(linear.bias)
        layers += [linear] if k == len(hidden) else [linear, nn.Tanh()]
    return nn.Sequential(*layers)


def linears(network: nn.Sequential) -> list[nn.Linear]:
    """Its layers with weights, in order."""
    return [layer for layer in network if isinstance(layer, nn.Linear)]


def policy_of(game: Game, role: str, features: Features, actor: nn.Sequential) -> NeuralPolicy:
    """The policy that a network is now; what the network learns later does not change it."""
    return NeuralPolicy(
        game=game,
        role=role,
        features=features,
        weights=tuple(layer.weight.detach().cpu().numpy().copy() for layer in linears(actor)),
        biases=tuple(layer.bias.detach().cpu().numpy().copy() for layer in linears(actor)),
    )


def load_weights(actor: nn.Sequential, policy: NeuralPolicy, features: Features, game: Game, role: str) -> None:
    """Start a network from a policy's weights; raises GamesolveError where that is for another game, role, memory or network."""
    wanted = [linears(actor)[0].in_features, *(layer.out_features for layer in linears(actor))]
    theirs = (policy.fingerprint, policy.role, policy.features.memory, policy.layers)
    if theirs != (game.fingerprint, role, features.memory, wanted):
        raise GamesolveError(
            f"learning cannot start from a network of the {policy.role} of {policy.game} with memory {policy.features.memory!r} and "
            f"layers {policy.layers}; the {role} of {game} has memory {features.memory!r} and layers {wanted}"
        )
    with torch.no_grad():
        for layer, weight, bias in zip(linears(actor), policy.weights, policy.biases, strict=True):
            layer.weight.copy_(torch.from_numpy(weight))
            layer.bias.copy_(torch.from_numpy(bias))
