"""Random plays by the plain rules, which tell before anything is compiled that a tree is hopelessly large, or about how large.

A play in which every joint action and every answer of chance is equally likely estimates the number of
payoff pairs by the product X of the numbers of options on its way (Knuth 1975): what X expects is the
true number n, or less where the play stops on the way, since whatever lies there leads to a payoff
pair of its own. By Markov's inequality X >= c n happens with probability 1/c at most.
"""

from __future__ import annotations

import math

import numpy as np

from gamesolve.base.errors import GamesolveError
from gamesolve.rules.game import Game
from gamesolve.views.plain import PlainGame

DIVES = 4
#: Longest play, in steps: a step of plain rules takes about a millisecond.
LONGEST = 200
#: Plays of a guess, and where they end: the logarithm of what floating point cannot hold.
GUESSES, BEYOND = 16, 1000.0
#: c: so many times more pairs than fit are taken for hopeless.
CERTAINTY = 1e9


def surely_more_than(game: Game, pairs: float, *, seed: int = 0) -> bool:
    """Whether random plays show the tree in which all agents choose to have more than `pairs` payoff pairs.

    True is wrong with probability `DIVES` / `CERTAINTY` at most; False leaves the size open.
    """
    rules, stream = PlainGame(game), np.random.default_rng(seed)
    enough = math.log(max(pairs, 1.0) * CERTAINTY)
    try:
        for _ in range(DIVES):
            logarithm = _dive(rules, stream, enough)
            # A tree that fits mostly shows itself by its first play, which is then all that this costs.
            if logarithm >= enough or logarithm < math.log(max(pairs, 1.0)):
                return logarithm >= enough
    except GamesolveError:
        # What breaks the contract of rules is named by the walk.
        pass
    return False


def guessed_pairs(game: Game, *, seed: int = 0) -> float:
    """A guess at the number of payoff pairs of the tree in which all agents choose, often too low; infinite beyond floating point."""
    rules, stream = PlainGame(game), np.random.default_rng(seed)
    logarithm = np.logaddexp.reduce([_dive(rules, stream, BEYOND) for _ in range(GUESSES)]) - math.log(GUESSES)
    with np.errstate(over="ignore"):
        return float(np.exp(logarithm))


def _dive(rules: PlainGame, stream: np.random.Generator, enough: float) -> float:
    """The logarithm of X on a random play, as far as `enough`; -inf where an agent has nothing to choose from."""
    point = rules.start(stream)
    logarithm = math.log(point.branches)
    while not point.over and point.elapsed < LONGEST and logarithm < enough:
        options = [np.flatnonzero(mask) for mask in point.masks]
        if not all(len(some) for some in options):
            return -math.inf
        point = rules.step(point, np.array([stream.choice(some) for some in options], np.int32), stream)
        # Outcomes of one joint action that end the game share their sequences.
        logarithm += sum(math.log(len(some)) for some in options) + (0.0 if point.over else math.log(point.branches))
    return logarithm
