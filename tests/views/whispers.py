"""A small game without end in which the attacker knows the state: a coin that the defender guesses, step by step, on noisy signs.

Its variant says who sees the signs: both (`public`), the defender alone (`private`), or both, the first before any choice (`early`).
In `wasted` the start draws what it does not keep, before one of a hundred numbers that it does.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from gamesolve.rules import Agent, Game, Parameters, Rules, Signal, flip, integer, record, rule

Variant = Literal["public", "private", "early", "wasted"]
PUBLIC, PRIVATE, EARLY, WASTED = range(4)
STATE = record(coin="i1", number="i2", guess="i1")
TABLE = record(variant="i1")


class WhispersParameters(Parameters):
    """Parameters."""

    variant: Variant = "public"


@rule
def reset(table, state, memory, chance):
    """Flip the coin; or waste a flip and draw a number."""
    state.guess = 0
    if table.variant == WASTED:
        flip(chance, 0.5)
        state.number = integer(chance, 100)
    else:
        state.coin = flip(chance, 0.5)


@rule
def legal(table, state, agent, mask):
    """Guess 0 or 1; the attacker may turn the coin."""
    mask[0] = True
    mask[1] = True


@rule
def step(table, state, actions, chance, reward):
    """A right guess earns 1; then the coin may be turned."""
    reward[0] = 1.0 if actions[0] == state.coin else 0.0
    reward[1] = -reward[0]
    state.coin = (state.coin + actions[1]) % 2
    state.guess = actions[0]
    return False


@rule
def observe(table, state, memory, actions, chance, signals):
    """A sign that is right with probability 3/4."""
    first = actions[0] < 0
    sign = 0
    if not first or table.variant == EARLY:
        sign = 1 + (state.coin if flip(chance, 0.75) else 1 - state.coin)
    signals[0, 0] = sign
    signals[1, 0] = 0 if table.variant == PRIVATE else sign
    signals[0, 1] = state.guess
    signals[1, 1] = state.guess
    signals[1, 2] = state.coin


def whispers(variant: Variant = "public") -> Game:
    """The game."""
    table = np.zeros(1, TABLE)
    table["variant"] = get_args(Variant).index(variant)
    seen = Signal("sign", 3), Signal("guess", 2)
    return Game(
        name="whispers",
        version=1,
        parameters=WhispersParameters(variant=variant),
        agents=(
            Agent("guesser", "defender", ("zero", "one"), seen),
            Agent("coiner", "attacker", ("keep", "turn"), (*seen, Signal("coin", 2))),
        ),
        rules=Rules(reset, legal, step, observe),
        state=STATE,
        table=table,
        horizon=None,
        discount=0.5,
        utility_bounds=((0.0, 2.0), (-2.0, 0.0)),
        questions=3,
        outcomes=100,
        sees_state=("attacker",),
    )
