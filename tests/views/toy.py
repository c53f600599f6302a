"""A small game that keeps or breaks one clause of the rules' contract, as its parameter says.

A hidden coin is flipped first. Each epoch has two picks; a pick pays the defender its action minus
the attacker's. The attacker sees the coin, the defender only the number of picks played.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from gamesolve.rules import Agent, Game, Parameters, Rules, Signal, flip, pick, record, rule

KEPT, MASK_DIFFERS, NO_ACTION, MANY_QUESTIONS, BAD_WEIGHTS, NOT_FINITE = range(6)
Fault = Literal["kept", "mask_differs", "no_action", "many_questions", "bad_weights", "not_finite"]
STATE = record(coin="i1", played="i2", transient={"noise": "i1"})
TABLE = record(fault="i1", weights=("f8", 2))


class ToyParameters(Parameters):
    """Parameters of the toy."""

    fault: Fault = "kept"
    horizon: int | None = 2
    defenders: int = 1


@rule
def reset(table, state, memory, chance):
    """Flip the hidden coin."""
    state.coin = flip(chance, 0.25)
    state.played = 0


@rule
def legal(table, state, agent, mask):
    """Three actions, of which the last is for the first pick of an epoch."""
    if table.fault == NO_ACTION and state.played == 1 and agent == 1:
        return
    mask[0] = True
    mask[1] = True
    mask[2] = state.played % 2 == 0 and not (table.fault == MASK_DIFFERS and state.coin == 1)


@rule
def step(table, state, actions, chance, reward):
    """Pay the difference; three times the same pick by the attacker after a coin of 1 ends the game."""
    state.played += 1
    reward[0] = actions[0] - actions[actions.size - 1]
    reward[1] = -reward[0]
    if table.fault == MANY_QUESTIONS:
        for _ in range(9):
            state.noise += flip(chance, 0.5)
    if table.fault == BAD_WEIGHTS:
        state.noise = pick(chance, table.weights)
    if table.fault == NOT_FINITE:
        reward[0] = np.inf
    return state.coin == 1 and state.played == 3


@rule
def observe(table, state, memory, actions, chance, signals):
    """The time for all, the coin for the attacker; `noise` is what this step alone has left."""
    for agent in range(signals.shape[0]):
        signals[agent, 0] = state.played
        signals[agent, 1] = state.noise
    signals[signals.shape[0] - 1, 2] = state.coin


def toy(**parameters: object) -> Game:
    """The game."""
    chosen = ToyParameters(**parameters)
    table = np.zeros(1, TABLE)
    table["fault"] = get_args(Fault).index(chosen.fault)
    table["weights"] = -1.0
    public = (Signal("played", 1001), Signal("noise", 4))
    words = ("low", "middle", "high")
    return Game(
        name="toy",
        version=1,
        parameters=chosen,
        agents=(
            *(Agent(f"defender {i}", "defender", words, public) for i in range(chosen.defenders)),
            Agent("attacker", "attacker", words, (*public, Signal("coin", 2))),
        ),
        rules=Rules(reset, legal, step, observe),
        state=STATE,
        table=table,
        horizon=chosen.horizon,
        utility_bounds=((-6.0, 6.0), (-6.0, 6.0)),
        discount=0.5,
        picks=2,
        questions=2,  # the library makes room for eight
        outcomes=2,
    )
