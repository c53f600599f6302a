"""Networks of random weights, far from uniform play."""

import itertools

import numpy as np

from gamesolve.policies.features import Features
from gamesolve.policies.gru import Gru
from gamesolve.policies.neural import NeuralPolicy


def random_gru(features, units, numbers):
    return Gru(**{name: numbers.normal(size=shape).astype(np.float32) for name, shape in Gru.shapes(features, units).items()})


def network(game, role, *, memory="auto", seed=0, hidden=16, units=8, pooled=False):
    numbers, fed = np.random.default_rng(seed), Features.of(game, role, memory, pooled=pooled)
    gru = random_gru(fed.count, units, numbers) if fed.memory == "recurrent" else None
    sizes = [units if gru else fed.count, hidden, max(len(game.agents[i].actions) for i in fed.agents)]
    weights = tuple(numbers.normal(size=(b, a)).astype(np.float32) for a, b in itertools.pairwise(sizes))
    return NeuralPolicy(game, role, fed, weights, tuple(numbers.normal(size=b).astype(np.float32) for b in sizes[1:]), gru=gru)
