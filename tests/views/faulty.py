"""A small sound game, and rules that each break one clause of the contract.

Two agents guess a hidden number at the same time. `with_rules(step=...)` puts a faulty rule in place of a sound one.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gamesolve.rules import Agent, Game, Parameters, Rules, Scripted, Signal, flip, integer, pick, record, rule

STATE = record(number="i1", guesses=("i1", 2), count="i1", transient={"noise": "i1"})
MEMORY = record(seen="i1")
TABLE = record(prize="f8", weights=("f8", 3))


class NoParameters(Parameters):
    """None."""


@rule
def reset(table, state, memory, chance):
    state.number = integer(chance, 3)


@rule
def legal(table, state, agent, mask):
    mask[0] = True
    mask[1] = state.count == 0


@rule
def step(table, state, actions, chance, reward):
    state.noise = flip(chance, 0.25)
    state.count += 1
    state.guesses[0] = actions[0]
    reward[0] = table.prize if actions[0] == state.number else 0.0
    reward[1] = -reward[0]
    return False


@rule
def observe(table, state, memory, actions, chance, signals):
    memory.seen += 1
    signals[0, 0] = state.noise
    signals[1, 0] = state.noise
    signals[1, 1] = state.number


def sound() -> Game:
    table = np.zeros(1, TABLE)
    table["prize"] = 1.0
    table["weights"] = (0.5, 0.5, 0.0)
    noise = Signal("noise", 2)
    return Game(
        name="guess",
        version=1,
        parameters=NoParameters(),
        agents=(
            Agent("guesser", "defender", ("zero", "one"), (noise,)),
            Agent("hider", "attacker", ("zero", "one", "two"), (noise, Signal("number", 3))),
        ),
        rules=Rules(reset, legal, step, observe),
        state=STATE,
        memory=MEMORY,
        table=table,
        horizon=3,
        utility_bounds=((0.0, 3.0), (-3.0, 0.0)),
        questions=2,
        outcomes=3,
    )


def with_rules(**rules: object) -> Game:
    """The sound game with some of its rules replaced."""
    game = sound()
    return replace(game, rules=replace(game.rules, **rules))


def with_policy(act: object) -> Game:
    """The sound game with one scripted policy."""
    return replace(sound(), policies=(Scripted("faulty", "defender", act),))


@rule
def reads_misspelt_field(table, state, agent, mask):
    mask[0] = state.counts == 0


@rule
def writes_misspelt_field(table, state, actions, chance, reward):
    state.noises = 1
    return False


@rule
def marks(state):
    state.count = 2


@rule
def writes_state_in_legal(table, state, agent, mask):
    mask[0] = True
    marks(state)


@rule
def reads_transient_in_legal(table, state, agent, mask):
    mask[0] = True
    mask[1] = state.noise == 0


@rule
def writes_table(table, state, actions, chance, reward):
    table.prize = 2.0
    return False


@rule
def writes_weights(table, state, actions, chance, reward):
    table.weights[1] = 2.0
    return False


@rule
def writes_actions(table, state, actions, chance, reward):
    actions[0] = 0
    return False


@rule
def writes_state_in_observe(table, state, memory, actions, chance, signals):
    state.count += 1


@rule
def reads_outside(table, state, actions, chance, reward):
    reward[0] = state.guesses[state.count + 2]
    return False


@rule
def writes_outside(table, state, memory, actions, chance, signals):
    signals[2, 0] = 1


@rule
def overflows(table, state, actions, chance, reward):
    state.count = 100 * (state.count + 1)
    return False


@rule
def overflows_in_array(table, state, actions, chance, reward):
    state.guesses[0] = 128
    return False


@rule
def asks_too_often(table, state, memory, actions, chance, signals):
    for _ in range(3):
        flip(chance, 0.5)


@rule
def asks_of_too_many(table, state, memory, actions, chance, signals):
    integer(chance, 4)


@rule
def waits_for_chance(table, state, actions, chance, reward):
    while True:
        if flip(chance, 0.5) and flip(chance, 0.0):
            return False


@rule
def flips_above_one(table, state, actions, chance, reward):
    return flip(chance, 1.5)


@rule
def picks_by_nothing(table, state, actions, chance, reward):
    return pick(chance, table.weights[2:]) == 1


@rule
def picks_from_none(table, state, actions, chance, reward):
    return integer(chance, 0) == 1


@rule
def reads_the_stream(table, state, actions, chance, reward):
    return chance.stream == 1


@rule
def shows_too_much(table, state, memory, actions, chance, signals):
    signals[1, 1] = 3


@rule
def shows_beyond_the_row(table, state, memory, actions, chance, signals):
    signals[0, 1] = 1


@rule
def allows_twice(table, state, agent, mask):
    mask[0] = 2


@rule
def allows_beyond(table, state, agent, mask):
    mask[2] = True


@rule
def allows_nothing(table, state, agent, mask):
    mask[0] = state.count == 0


@rule
def pays_infinity(table, state, actions, chance, reward):
    reward[0] = np.inf
    return False


@rule
def divides_by_zero(table, state, actions, chance, reward):
    reward[0] = 1.0 / state.guesses[0]
    return False


@rule
def plays_illegally(table, memory, signal, mask, chance, probabilities):
    probabilities[1] = 1.0


@rule
def plays_nan(table, memory, signal, mask, chance, probabilities):
    probabilities[0] = np.nan


@rule
def plays_nothing(table, memory, signal, mask, chance, probabilities):
    """Fills nothing."""


@rule
def plays_on_the_mask(table, memory, signal, mask, chance, probabilities):
    mask[1] = True
    probabilities[1] = 1.0
