"""Rock, paper, scissors, once, played for the stake of 1."""

from __future__ import annotations

import numpy as np

from gamesolve.rules import Agent, Game, Parameters, Rules, Signal, record, rule

STATE = record(played="i1")
TABLE = record(unused="i1")


@rule
def reset(table, state, memory, chance):
    """Nothing has been played."""


@rule
def legal(table, state, agent, mask):
    """All three."""
    mask[0] = mask[1] = mask[2] = True


@rule
def step(table, state, actions, chance, reward):
    """Paper beats rock, scissors beat paper, rock beats scissors."""
    ahead = (actions[0] - actions[1]) % 3
    reward[0] = 0.0 if ahead == 0 else (1.0 if ahead == 1 else -1.0)
    reward[1] = -reward[0]
    return True


@rule
def observe(table, state, memory, actions, chance, signals):
    """Nothing is seen."""


def rock_paper_scissors():
    """The game."""
    words, nothing = ("rock", "paper", "scissors"), (Signal("nothing", 2),)
    return Game(
        name="rock_paper_scissors",
        version=1,
        parameters=Parameters(),
        agents=(Agent("row", "defender", words, nothing), Agent("column", "attacker", words, nothing)),
        rules=Rules(reset, legal, step, observe),
        state=STATE,
        table=np.zeros(1, TABLE),
        horizon=1,
        utility_bounds=((-1.0, 1.0), (-1.0, 1.0)),
    )
