"""A game with as many features and actions as one likes, whose rules cost next to nothing: what is timed is learning."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from gamesolve.rules import Agent, Game, Parameters, Rules, Signal, record, rule

TABLE = record(seen="i4", actions="i4")
STATE = record(last="i4", draws=("i1", 8))


class SpeedParameters(Parameters):
    """Parameters."""

    seen: int = Field(63, ge=8, le=4096, description="bits that the defender sees")
    actions: int = Field(20, ge=2, le=1024, description="actions of the defender")
    horizon: int = Field(50, ge=1, le=1000, description="epochs")


@rule
def reset(table, state, memory, chance):
    """Nothing has happened."""
    state.last = 0


@rule
def legal(table, state, agent, mask):
    """All but every fifth action for the defender; nothing to choose for the attacker."""
    if agent == 1:
        mask[0] = True
    else:
        for a in range(table.actions):
            mask[a] = a % 5 != 4


@rule
def step(table, state, actions, chance, reward):
    """Pay for the action that follows the last one."""
    reward[0] = 1.0 if actions[0] == state.last + 1 else 0.0
    reward[1] = -reward[0]
    state.last = actions[0]
    return False


@rule
def observe(table, state, memory, actions, chance, signals):
    """Show the last action in bits."""
    for k in range(table.seen):
        signals[0, k] = (state.last >> (k % 8)) & 1


def speed_game(seen: int, actions: int, horizon: int = 50) -> Game:
    """The game, with `seen` + 1 features of present signals."""
    table = np.zeros(1, TABLE)
    table["seen"], table["actions"] = seen, actions
    words = tuple(f"action {a}" for a in range(actions))
    return Game(
        name="speed",
        version=1,
        parameters=SpeedParameters(seen=seen, actions=actions, horizon=horizon),
        agents=(
            Agent("defender", "defender", words, (Signal("bit", 2, seen, ordinal=True),)),
            Agent("attacker", "attacker", ("wait",), (Signal("nothing", 2),)),
        ),
        rules=Rules(reset, legal, step, observe),
        state=STATE,
        table=table,
        horizon=horizon,
        utility_bounds=((0.0, float(horizon)), (-float(horizon), 0.0)),
    )
