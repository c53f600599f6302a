"""A small game with a signal that is declared a summary of its agent's own past, and is one or not, as a parameter says.

A number is hidden first; then both guess it in every epoch, and hear a noise after each guess.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from gamesolve.rules import Agent, Game, Parameters, Rules, Signal, flip, integer, record, rule

Shown = Literal["own past", "other's guess", "hidden number", "hidden number later"]
OWN_PAST, OTHERS_GUESS, HIDDEN_NUMBER, LATER = range(4)
LATE = 20
STATE = record(number="i1", epoch="i2", transient={"noise": "i1"})
MEMORY = record(noises="i2")
TABLE = record(shown="i1")


class RememberingParameters(Parameters):
    """Parameters of the game."""

    shown: Shown = "own past"
    horizon: int = 3


@rule
def reset(table, state, memory, chance):
    """Hide the number."""
    state.number = integer(chance, 3)


@rule
def legal(table, state, agent, mask):
    """Guess a number."""
    mask[0] = True
    mask[1] = True


@rule
def step(table, state, actions, chance, reward):
    """A right guess pays the defender."""
    state.noise = flip(chance, 0.25)
    state.epoch += 1
    reward[0] = 1.0 if actions[0] == state.number else 0.0
    reward[1] = -reward[0]
    return False


@rule
def observe(table, state, memory, actions, chance, signals):
    """The noise for both; to the defender its last guess, and how many noises there have been, or what it should not be told."""
    memory.noises += state.noise
    signals[0, 0] = state.noise
    signals[1, 0] = state.noise
    signals[0, 1] = 1 + actions[0]
    signals[0, 2] = min(memory.noises, 3)
    if table.shown == OTHERS_GUESS:
        signals[0, 2] = 1 + actions[1]
    elif table.shown == HIDDEN_NUMBER or (table.shown == LATER and state.epoch > LATE):
        signals[0, 2] = state.number


def remembering(**parameters: object) -> Game:
    """The game."""
    chosen = RememberingParameters(**parameters)
    table = np.zeros(1, TABLE)
    table["shown"] = get_args(Shown).index(chosen.shown)
    noise = Signal("noise", 2)
    past = Signal("past", 4, count=2, ordinal=True, summary=True)
    return Game(
        name="remembering",
        version=1,
        parameters=chosen,
        agents=(Agent("defender", "defender", ("zero", "one"), (noise, past)), Agent("attacker", "attacker", ("zero", "one"), (noise,))),
        rules=Rules(reset, legal, step, observe),
        state=STATE,
        memory=MEMORY,
        table=table,
        horizon=chosen.horizon,
        utility_bounds=((0.0, chosen.horizon), (-chosen.horizon, 0.0)),
        questions=2,
        outcomes=3,
    )
