"""Networks with random weights for OpenSpiel's games."""

import itertools

import numpy as np
import pyspiel

from gamesolve.policies.openspiel_network import OpenSpielNetwork
from gamesolve.policies.tensors import Tensors
from gamesolve.views.turn_based import TurnBased


def network(name, role, *, memory="auto", seed=0, hidden=16):
    """A policy far from uniform."""
    numbers, game = np.random.default_rng(seed), TurnBased.of(pyspiel.load_game(name))
    fed = Tensors.of(game, role, memory)
    sizes = [fed.count, hidden, game.actions]
    weights = tuple(numbers.normal(size=(b, a)).astype(np.float32) for a, b in itertools.pairwise(sizes))
    return OpenSpielNetwork(game, role, fed, weights, tuple(numbers.normal(size=b).astype(np.float32) for b in sizes[1:]))
