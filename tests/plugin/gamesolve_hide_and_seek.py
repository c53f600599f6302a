"""Hide and seek: the defender searches one of n rooms for an attacker who hides in one.

Both choose at once; the defender gets 1 for the right room, otherwise 0. Value to the defender: 1 / n.
"""

from __future__ import annotations

import numpy as np
from pydantic import Field

from gamesolve.rules import Agent, Game, GameType, Parameters, Rules, Signal, record, rule

STATE = record(found="i1")
TABLE = record(rooms="i4")
SIGNALS = (Signal("nothing", 1),)


class HideAndSeek(Parameters):
    """How many rooms there are."""

    rooms: int = Field(3, ge=1, le=100)


@rule
def reset(table, state, memory, chance):
    """Nobody has been found."""
    state.found = 0


@rule
def legal(table, state, agent, mask):
    """Every room."""
    for room in range(table.rooms):
        mask[room] = True


@rule
def step(table, state, actions, chance, reward):
    """One search, then the game is over."""
    state.found = actions[0] == actions[1]
    reward[0] = state.found
    reward[1] = -reward[0]
    return True


@rule
def observe(table, state, memory, actions, chance, signals):
    """There is nothing to see."""


def build(parameters: HideAndSeek) -> Game:
    """The game with its rooms."""
    rooms = tuple(f"room {i}" for i in range(parameters.rooms))
    table = np.zeros(1, TABLE)
    table["rooms"] = parameters.rooms
    return Game(
        name="hide_and_seek",
        version=1,
        parameters=parameters,
        agents=(Agent("seeker", "defender", rooms, SIGNALS), Agent("hider", "attacker", rooms, SIGNALS)),
        rules=Rules(reset, legal, step, observe),
        state=STATE,
        table=table,
        horizon=1,
        utility_bounds=((0.0, 1.0), (-1.0, 0.0)),
    )


GAME = GameType("hide_and_seek", HideAndSeek, build, summary="Search one of n rooms for an attacker.", source="folklore")
