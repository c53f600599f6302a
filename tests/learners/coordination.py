"""A repeated matrix game of two defenders who are paid alike, such as climbing and penalty (Claus and Boutilier 1998).

The attacker only watches. Nobody sees what the others chose.
"""

from __future__ import annotations

import numpy as np

from gamesolve.rules import Agent, Game, Parameters, Rules, Signal, record, rule

STATE = record(played="i2")
TABLE = record(payoff=("f8", (3, 3)))
CLIMBING = ((11.0, -30.0, 0.0), (-30.0, 7.0, 6.0), (0.0, 0.0, 5.0))
#: Steps of an episode (Papoudakis et al. 2021).
STEPS = 25


def penalty(k):
    """The penalty game."""
    return ((10.0, 0.0, k), (0.0, 2.0, 0.0), (k, 0.0, 10.0))


class MatrixParameters(Parameters):
    """Parameters: the payoffs, row by row."""

    payoff: tuple[tuple[float, ...], ...] = CLIMBING


@rule
def reset(table, state, memory, chance):
    """Nothing has been played."""
    state.played = 0


@rule
def legal(table, state, agent, mask):
    """Three actions for a defender, one for the attacker."""
    mask[0] = True
    if agent < 2:
        mask[1] = True
        mask[2] = True


@rule
def step(table, state, actions, chance, reward):
    """Pay the entry."""
    state.played += 1
    reward[0] = table.payoff[actions[0], actions[1]]
    reward[1] = -reward[0]
    return False


@rule
def observe(table, state, memory, actions, chance, signals):
    """Nothing is seen."""


def matrix_game(payoff=CLIMBING, steps=STEPS):
    """The game."""
    chosen = MatrixParameters(payoff=payoff)
    table = np.zeros(1, TABLE)
    table["payoff"] = payoff
    most = float(np.abs(payoff).max()) * steps
    words, nothing = ("first", "second", "third"), (Signal("nothing", 2),)
    return Game(
        name="matrix_team",
        version=1,
        parameters=chosen,
        agents=(
            Agent("row", "defender", words, nothing),
            Agent("column", "defender", words, nothing),
            Agent("watcher", "attacker", ("watch",), nothing),
        ),
        rules=Rules(reset, legal, step, observe),
        state=STATE,
        table=table,
        horizon=steps,
        utility_bounds=((-most, most), (-most, most)),
    )
