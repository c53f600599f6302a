"""Games of three actions a role that are played once, such as rock, paper, scissors."""

from __future__ import annotations

import numpy as np

from gamesolve.rules import Agent, Game, Parameters, Rules, Signal, record, rule

STATE = record(unused="i1")
TABLE = record(payoff=("f8", (2, 3, 3)))
ROCK_PAPER_SCISSORS = ((0.0, -1.0, 1.0), (1.0, 0.0, -1.0), (-1.0, 1.0, 0.0))


class BimatrixParameters(Parameters):
    """Parameters: what each role earns, row by row of the defender's actions."""

    payoff: tuple[tuple[tuple[float, ...], ...], ...]


@rule
def reset(table, state, memory, chance):
    """Nothing has been played."""


@rule
def legal(table, state, agent, mask):
    """All three."""
    mask[0] = mask[1] = mask[2] = True


@rule
def step(table, state, actions, chance, reward):
    """Pay both."""
    reward[0] = table.payoff[0, actions[0], actions[1]]
    reward[1] = table.payoff[1, actions[0], actions[1]]
    return True


@rule
def observe(table, state, memory, actions, chance, signals):
    """Nothing is seen."""


def bimatrix(one, two=None):
    """The game; zero-sum without payoffs `two` for the attacker."""
    payoff = np.array([one, -np.array(one) if two is None else two])
    table = np.zeros(1, TABLE)
    table["payoff"] = payoff
    words, nothing, most = ("first", "second", "third"), (Signal("nothing", 2),), float(np.abs(payoff).max())
    return Game(
        name="bimatrix",
        version=1,
        parameters=BimatrixParameters(payoff=payoff.tolist()),
        agents=(Agent("row", "defender", words, nothing), Agent("column", "attacker", words, nothing)),
        rules=Rules(reset, legal, step, observe),
        state=STATE,
        table=table,
        horizon=1,
        utility_bounds=((-most, most), (-most, most)),
        zero_sum=two is None,
    )
