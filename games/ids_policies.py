"""Policy-based intrusion detection: which configuration to load, against an attacker who picks the attack that it misses.

In each round the defender loads one of two configurations of its intrusion-detection system and the attacker chooses one of two attacks, at
the same time; a configuration detects the attack of its own number. A system that misses attacks goes from healthy to compromised to
failure, and one that detects them recovers. Each round does damage by state, configuration and attack, which the defender minimises in
all. Perfect information; zero-sum, the defender's return is minus the damage.

| state | detected | missed | damage (configuration by attack) |
|---|---|---|---|
| healthy | stays | compromised with probability *attack* | 0 1 / .5 0 |
| compromised | healthy with probability *recover* | failure with probability *fail* | 1 2 / 1.5 1 |
| failure | compromised with probability *repair* | stays | 1 3 / 2.5 1 |

Scenario 1: attack .2, recover .8, fail .2, repair .8; scenario 2 has the complements.

Source: Q. Zhu and T. Basar, "Dynamic policy-based IDS configuration", CDC 2009; as a concurrent game, M. Kwiatkowska, G. Norman, D. Parker
and G. Santos, QEST 2018.

| signal | values | meaning |
|---|---|---|
| system | 3 | public: healthy, compromised, failure |

Known values of scenario 1, the damage of 1, 2, 3, 5, 10 and 25 rounds (two independent methods): .333333 .775439 1.277687 2.379575
5.358531 14.582179; in one round the defender plays (1/3, 2/3).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import Field, field_validator

from gamesolve.rules import Agent, Game, GameType, Parameters, Rules, Scripted, Settings, Signal, bounded_returns, flip, record, rule

HEALTHY, COMPROMISED, FAILURE = 0, 1, 2
STATE = record(system="i1")
TABLE = record(damage=("f8", (3, 2, 2)), attack="f8", recover="f8", fail="f8", repair="f8")
DAMAGE = [[[0.0, 1.0], [0.5, 0.0]], [[1.0, 2.0], [1.5, 1.0]], [[1.0, 3.0], [2.5, 1.0]]]
#: Of scenario 1.
CHANCES = {"attack": 0.2, "recover": 0.8, "fail": 0.2, "repair": 0.8}
SOURCE = "Q. Zhu and T. Basar, Dynamic policy-based IDS configuration, CDC 2009"


class IDSPoliciesParameters(Parameters):
    """Parameters of the intrusion-detection game."""

    scenario: int = Field(1, ge=1, le=2, description="1, in which attacks seldom harm and repairs mostly help, or 2, its complement")
    horizon: int = Field(5, ge=0, le=10000, description="rounds; 0 means without end, which needs a discount below 1")
    discount: float = Field(1.0, gt=0.0, le=1.0, validate_default=True, description="weight of a round relative to the one before")

    _bounded = field_validator("discount")(bounded_returns)


@rule
def reset(table, state, memory, chance):
    """The system is healthy."""
    state.system = HEALTHY


@rule
def legal(table, state, agent, mask):
    """Two configurations, two attacks."""
    mask[0] = True
    mask[1] = True


@rule
def step(table, state, actions, chance, reward):
    """Do the damage; recover where the attack is detected, fall where it is missed."""
    now, detected = state.system, actions[0] == actions[1]
    reward[0] = -table.damage[now, actions[0], actions[1]]
    reward[1] = -reward[0]
    if now == HEALTHY and not detected and flip(chance, table.attack):
        state.system = COMPROMISED
    elif now == COMPROMISED and detected and flip(chance, table.recover):
        state.system = HEALTHY
    elif now == COMPROMISED and not detected and flip(chance, table.fail):
        state.system = FAILURE
    elif now == FAILURE and detected and flip(chance, table.repair):
        state.system = COMPROMISED
    return False


@rule
def observe(table, state, memory, actions, chance, signals):
    """How the system is, for both."""
    for agent in range(2):
        signals[agent, 0] = state.system


MEMORY_CHOICE = record(first="f8")


class Choice(Settings):
    """Settings of the policies that choose by a fixed chance."""

    first: float = Field(1.0, ge=0.0, le=1.0, description="chance of the first configuration, or attack")


class Even(Settings):
    """Settings of `equalising`: those that make the attacks do the same damage in a healthy system."""

    first: float = Field(1.0 / 3.0, ge=0.0, le=1.0, description="chance of the first configuration")


def start_choice(game: Game, agent: int, settings: Any, memory: np.ndarray) -> None:
    """Remember the setting."""
    memory["first"] = settings.first


@rule
def act_choice(table, memory, signal, mask, chance, probabilities):
    """The first by a fixed chance."""
    probabilities[0] = memory.first
    probabilities[1] = 1.0 - memory.first


@rule
def act_harmful(table, memory, signal, mask, chance, probabilities):
    """The attack that does the most damage where it is missed."""
    probabilities[1 if table.damage[signal[0], 0, 1] > table.damage[signal[0], 1, 0] else 0] = 1.0


MIXED: dict[str, Any] = {"memory": MEMORY_CHOICE, "start": start_choice}
POLICIES = (
    Scripted("fixed", "defender", act_choice, settings=Choice, source="one configuration, or a coin for all rounds", **MIXED),
    Scripted("equalising", "defender", act_choice, settings=Even, source="equilibrium of one round (Zhu and Basar 2009)", **MIXED),
    Scripted("fixed", "attacker", act_choice, settings=Choice, source="one attack, or a coin for all rounds", **MIXED),
    Scripted("harmful", "attacker", act_harmful, source="greedy by the damage of a round"),
)


def build(parameters: IDSPoliciesParameters) -> Game:
    """The intrusion-detection game."""
    table = np.zeros(1, TABLE)
    table["damage"][0] = DAMAGE
    for name, chance in CHANCES.items():
        table[name] = chance if parameters.scenario == 1 else 1.0 - chance
    steps = parameters.discount ** np.arange(parameters.horizon, dtype=np.float64)
    most = float(np.max(DAMAGE)) * (float(steps.sum()) if parameters.horizon else 1.0 / (1.0 - parameters.discount))
    system = Signal("system", 3, ordinal=True, labels=("healthy", "compromised", "failure"))
    return Game(
        name="ids_policies",
        version=1,
        parameters=parameters,
        agents=(
            Agent("defender", "defender", ("configuration 1", "configuration 2"), (system,)),
            Agent("attacker", "attacker", ("attack 1", "attack 2"), (system,)),
        ),
        rules=Rules(reset, legal, step, observe),
        state=STATE,
        table=table,
        horizon=parameters.horizon or None,
        discount=parameters.discount,
        utility_bounds=((-most, 0.0), (0.0, most)),
        questions=1,
        outcomes=2,
        policies=POLICIES,
        sees_state=("defender", "attacker"),
    )


GAME = GameType("ids_policies", IDSPoliciesParameters, build, summary=(__doc__ or "").partition("\n")[0], source=SOURCE)
