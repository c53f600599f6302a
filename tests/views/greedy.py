"""A game whose step allocates memory, as arithmetic on slices does."""

from __future__ import annotations

from dataclasses import replace

import faulty

from gamesolve.rules import Game, Rules, rule


@rule
def step(table, state, actions, chance, reward):
    state.guesses[:] = state.guesses * 0
    return False


def greedy() -> Game:
    return replace(faulty.sound(), name="greedy", rules=Rules(faulty.reset, faulty.legal, step, faulty.observe))
