"""Moving-target defence in a cloud: where to put the one monitor that there is, while an attacker moves from machine to machine.

A stochastic game of perfect information. In each of three states, stages of an attack, the attacker may do nothing or use an exploit, and
the defender may watch for one; both choose at the same time, and the matrices of the source say what that earns the defender and where
it leads. In state 0 the attacker has what it wanted, for good: every step there costs the defender 20.

| state | attacker | defender |
|---|---|---|
| 0, compromised | no attack | no monitor |
| 1 | no attack, exploit | no monitor, monitor |
| 2 | no attack, exploit (of the web server), exploit ftp | no monitor, monitor (the web server), monitor ftp |
| 3 | no attack, exploit | no monitor, monitor |

Zero-sum, or general-sum with rewards of the attacker's own.

Source: A. Chowdhary, S. Sengupta, D. Huang, S. Kambhampati, "Markov game modeling of moving target defense for strategic detection of
threats in cloud networks", AAAI workshop AICS 2019 (arXiv 1812.09660); the toy version.

| signal | values | meaning |
|---|---|---|
| state | 4 | public: all there is to know |

Known values without end, zero-sum (two independent methods): discount .5: -2.456516, -4.374544, -3.572815 in states 1, 2, 3; discount .8:
-8.933194, -22.026657, -31.974550. General-sum at .5, where the defender leads (strong Stackelberg): -.277936, -2.665932, -2.120844.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import Field, field_validator

from gamesolve.rules import Agent, Game, GameType, Parameters, Rules, Scripted, Settings, Signal, bounded_returns, pick, record, rule

STATES, ACTIONS = 4, 3
STATE = record(state="i1")
TABLE = record(reward=("f8", (2, STATES, ACTIONS, ACTIONS)), leads=("f8", (STATES, ACTIONS, ACTIONS, STATES)), count=("i2", STATES))
SOURCE = "A. Chowdhary, S. Sengupta, D. Huang, S. Kambhampati, Markov game modeling of moving target defense, arXiv 1812.09660"

#: By state: what the defender earns, and what the attacker does in the general-sum version; rows are the attacker's actions.
DEFENDER_EARNS = {0: [[-20]], 1: [[0, -3], [-5, 5]], 2: [[0, -2, -3], [-7, 5, -9], [-10, -10, 7]], 3: [[0, -2], [-10, 8]]}
ATTACKER_EARNS = {0: [[20]], 1: [[0, 0], [5, -5]], 2: [[0, 0, 0], [7, -6, 9], [10, 10, -8]], 3: [[0, 0], [10, -10]]}
#: Probabilities of states 0 to 3 after an exploit, by the defender's action; without an attack the state stays.
EXPLOITS = {
    1: [[(0.0, 0.5, 0.5, 0.0), (0.0, 0.9, 0.1, 0.0)]],
    2: [
        [(0.0, 0.0, 0.3, 0.7), (0.0, 0.3, 0.1, 0.6), (0.0, 0.0, 0.4, 0.6)],
        [(0.0, 0.0, 0.4, 0.6), (0.0, 0.0, 0.3, 0.7), (0.0, 0.5, 0.1, 0.4)],
    ],
    3: [[(0.8, 0.0, 0.0, 0.2), (0.4, 0.4, 0.0, 0.2)]],
}


class MarkovMTDParameters(Parameters):
    """Parameters of the moving-target defence."""

    horizon: int = Field(0, ge=0, le=10000, description="steps; 0 means without end, which needs a discount below 1")
    discount: float = Field(0.8, gt=0.0, le=1.0, validate_default=True, description="weight of a step relative to the one before")
    zero_sum: bool = Field(True, description="the attacker earns what the defender loses, not rewards of its own")

    _bounded = field_validator("discount")(bounded_returns)


@rule
def reset(table, state, memory, chance):
    """The attacker stands at the beginning, in state 1."""
    state.state = 1


@rule
def legal(table, state, agent, mask):
    """As many actions as the state has, the same number for both."""
    for action in range(table.count[state.state]):
        mask[action] = True


@rule
def step(table, state, actions, chance, reward):
    """Pay, and move."""
    now, defence, attack = state.state, actions[0], actions[1]
    for role in range(2):
        reward[role] = table.reward[role, now, attack, defence]
    state.state = pick(chance, table.leads[now, attack, defence])
    return False


@rule
def observe(table, state, memory, actions, chance, signals):
    """The state, for both."""
    for agent in range(2):
        signals[agent, 0] = state.state


MEMORY_RATE = record(rate="f8")


class Rate(Settings):
    """Settings of the policies that act by a fixed chance."""

    rate: float = Field(0.5, ge=0.0, le=1.0, description="chance of acting in a step")


def start_rate(game: Game, agent: int, settings: Any, memory: np.ndarray) -> None:
    """Remember the setting."""
    memory["rate"] = settings.rate


@rule
def act_idle(table, memory, signal, mask, chance, probabilities):
    """Do nothing."""
    probabilities[0] = 1.0


@rule
def act_first(table, memory, signal, mask, chance, probabilities):
    """The first exploit, or the monitor for it, wherever there is one."""
    probabilities[1 if mask[1] else 0] = 1.0


@rule
def act_ftp(table, memory, signal, mask, chance, probabilities):
    """As act_first, but ftp where there is a choice."""
    probabilities[2 if mask[2] else 1 if mask[1] else 0] = 1.0


@rule
def act_at_rate(table, memory, signal, mask, chance, probabilities):
    """Act by a fixed chance, evenly among what there is."""
    others = mask[1] + mask[2]
    probabilities[0] = 1.0 - memory.rate if others else 1.0
    for action in range(1, 3):
        if mask[action]:
            probabilities[action] = memory.rate / others


RATED: dict[str, Any] = {"memory": MEMORY_RATE, "settings": Rate, "start": start_rate}
POLICIES = (
    Scripted("off_guard", "defender", act_idle, source="no monitor"),
    Scripted("watch_web", "defender", act_first, source="a fixed placement"),
    Scripted("watch_ftp", "defender", act_ftp, source="a fixed placement"),
    Scripted("uniform", "defender", act_at_rate, source="uniform random strategy, the source's baseline", **RATED),
    Scripted("idle", "attacker", act_idle, source="no attack"),
    Scripted("through_web", "attacker", act_first, source="a fixed path"),
    Scripted("through_ftp", "attacker", act_ftp, source="a fixed path"),
    Scripted("patient", "attacker", act_at_rate, source="exploits by chance", **RATED),
)


def constants(zero_sum: bool) -> np.ndarray:
    """The table [1] of rewards by role and of transitions, by state, the attacker's action and the defender's."""
    table = np.zeros(1, TABLE)
    row = table[0]
    for state, earned in DEFENDER_EARNS.items():
        count = len(earned)
        row["count"][state] = count
        own = np.array(earned, np.float64)
        row["reward"][0, state, :count, :count] = own
        row["reward"][1, state, :count, :count] = -own if zero_sum else ATTACKER_EARNS[state]
        row["leads"][state, 0, :count, state] = 1.0
        for attack, leads in enumerate(EXPLOITS.get(state, []), 1):
            row["leads"][state, attack, :count] = leads
    return table


def build(parameters: MarkovMTDParameters) -> Game:
    """The moving-target defence."""
    table = constants(parameters.zero_sum)
    steps = parameters.discount ** np.arange(parameters.horizon, dtype=np.float64)
    total = float(steps.sum()) if parameters.horizon else 1.0 / (1.0 - parameters.discount)
    low, high = table["reward"][0].min(axis=(1, 2, 3)) * total, table["reward"][0].max(axis=(1, 2, 3)) * total
    state = Signal("state", STATES, labels=("compromised", "1", "2", "3"))
    return Game(
        name="markov_mtd",
        version=1,
        parameters=parameters,
        agents=(
            Agent("defender", "defender", ("no monitor", "monitor", "monitor ftp"), (state,)),
            Agent("attacker", "attacker", ("no attack", "exploit", "exploit ftp"), (state,)),
        ),
        rules=Rules(reset, legal, step, observe),
        state=STATE,
        table=table,
        horizon=parameters.horizon or None,
        discount=parameters.discount,
        zero_sum=parameters.zero_sum,
        utility_bounds=((float(low[0]), float(high[0])), (float(low[1]), float(high[1]))),
        questions=1,
        outcomes=STATES,
        policies=POLICIES,
        sees_state=("defender", "attacker"),
    )


GAME = GameType("markov_mtd", MarkovMTDParameters, build, summary=(__doc__ or "").partition("\n")[0], source=SOURCE)
