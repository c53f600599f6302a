"""Inspection game: when to audit, with fewer audits than occasions to cheat.

There are n periods and m inspections. In each period the inspector (defender) inspects or waits and
the inspectee (attacker) acts legally or violates, at the same time; both then see what happened. The
inspectee violates at most once: an inspected violation is caught and costs it the fine b, one that
is not inspected gains it 1, and the game ends either way. Without a violation nobody gets anything.
Zero-sum. An audit schedule of any size with an exact answer.

Source: M. Dresher 1962, M. Maschler 1966; in the notation of B. von Stengel, "Recursive inspection
games", Mathematics of Operations Research 2016 (arXiv 1412.0129).

| signal | values | meaning |
|---|---|---|
| periods left | n + 1 | public, this period included |
| inspections left | m + 1 | public; to the inspector a summary of its own past, as are the periods to both |

Known values: to the inspectee C(n-1, m) / sum over i = 0..m of C(n, i) b^(m-i) (von Stengel;
one violation): for b = 1 v(2,1) = 1/3, v(3,1) = 1/2, v(3,2) = 1/7, v(4,2) = 3/11,
v(5,3) = 2/13.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import Field

from gamesolve.rules import Agent, Game, GameType, Parameters, Rules, Scripted, Settings, Signal, record, rule

STATE = record(periods="i2", inspections="i2")  # left
TABLE = record(periods="i2", inspections="i2", fine="f8")

WAIT, INSPECT = 0, 1
LEGAL, VIOLATE = 0, 1
SOURCE = "M. Dresher 1962; B. von Stengel, Recursive inspection games, arXiv 1412.0129"


class InspectionParameters(Parameters):
    """Parameters of the inspection game."""

    periods: int = Field(4, ge=1, le=1000, description="periods n")
    inspections: int = Field(2, ge=0, le=1000, description="inspections m that the inspector has")
    fine: float = Field(1.0, ge=0.0, le=1e6, description="what being caught costs the inspectee, in units of a violation's gain (b)")


@rule
def reset(table, state, memory, chance):
    """All periods and inspections lie ahead."""
    state.periods = table.periods
    state.inspections = table.inspections


@rule
def legal(table, state, agent, mask):
    """Inspecting needs an inspection left."""
    mask[0] = True
    mask[1] = agent == 1 or state.inspections > 0


@rule
def step(table, state, actions, chance, reward):
    """A violation ends the game, caught or not."""
    if actions[1] == VIOLATE:
        gain = -table.fine if actions[0] == INSPECT else 1.0
        reward[0] = -gain
        reward[1] = gain
        return True
    state.periods -= 1
    state.inspections -= actions[0]
    return False


@rule
def observe(table, state, memory, actions, chance, signals):
    """What is left, for both."""
    for agent in range(2):
        signals[agent, 0] = state.periods
        signals[agent, 1] = state.inspections


MEMORY_BIAS = record(probability="f8")


class Probability(Settings):
    """Settings of the policies that act by a fixed chance."""

    probability: float = Field(0.5, ge=0.0, le=1.0, description="chance of acting in a period")


def start_probability(game: Game, agent: int, settings: Any, memory: np.ndarray) -> None:
    """Remember the setting."""
    memory["probability"] = settings.probability


@rule
def act_even(table, memory, signal, mask, chance, probabilities):
    """Inspect with probability inspections left / periods left: every schedule equally likely."""
    chosen = min(signal[1] / max(signal[0], 1), 1.0) if mask[INSPECT] else 0.0
    probabilities[INSPECT] = chosen
    probabilities[WAIT] = 1.0 - chosen


@rule
def act_early(table, memory, signal, mask, chance, probabilities):
    """Inspect while there are inspections left."""
    probabilities[INSPECT if mask[INSPECT] else WAIT] = 1.0


@rule
def act_late(table, memory, signal, mask, chance, probabilities):
    """Keep the inspections for the last periods."""
    probabilities[INSPECT if mask[INSPECT] and signal[1] >= signal[0] else WAIT] = 1.0


@rule
def act_biased(table, memory, signal, mask, chance, probabilities):
    """Act with a fixed probability in every period."""
    probabilities[1] = memory.probability if mask[1] else 0.0
    probabilities[0] = 1.0 - probabilities[1]


@rule
def act_opportunist(table, memory, signal, mask, chance, probabilities):
    """Violate once no inspection is left, or in the last period."""
    probabilities[VIOLATE if signal[1] == 0 or signal[0] == 1 else LEGAL] = 1.0


@rule
def act_legally(table, memory, signal, mask, chance, probabilities):
    """Never violate."""
    probabilities[LEGAL] = 1.0


@rule
def act_at_once(table, memory, signal, mask, chance, probabilities):
    """Violate in the first period."""
    probabilities[VIOLATE] = 1.0


BIASED: dict[str, Any] = {"memory": MEMORY_BIAS, "settings": Probability, "start": start_probability}
POLICIES = (
    Scripted("even", "defender", act_even, source="uniform over the schedules, the obvious audit plan"),
    Scripted("early", "defender", act_early, source="greedy schedule"),
    Scripted("late", "defender", act_late, source="greedy schedule, kept for the end"),
    Scripted("biased", "defender", act_biased, source="one coin for all periods", **BIASED),
    Scripted("opportunist", "attacker", act_opportunist, source="waits until it cannot be caught, or for the last period"),
    Scripted("at_once", "attacker", act_at_once, source="violates in the first period"),
    Scripted("honest", "attacker", act_legally, source="the inspectee that the law hopes for"),
    Scripted("biased", "attacker", act_biased, source="one coin for all periods", **BIASED),
)


def build(parameters: InspectionParameters) -> Game:
    """The inspection game; inspections beyond the periods are kept but cannot be used."""
    table = np.zeros(1, TABLE)
    for name in ("periods", "inspections", "fine"):
        table[name] = getattr(parameters, name)
    periods = Signal("periods left", parameters.periods + 1, ordinal=True, summary=True)
    # The inspector has counted its own.
    counted, told = (Signal("inspections left", parameters.inspections + 1, ordinal=True, summary=own) for own in (True, False))
    caught = parameters.fine if parameters.inspections else 0.0
    return Game(
        name="inspection",
        version=1,
        parameters=parameters,
        agents=(
            Agent("inspector", "defender", ("wait", "inspect"), (periods, counted)),
            Agent("inspectee", "attacker", ("legal", "violate"), (periods, told)),
        ),
        rules=Rules(reset, legal, step, observe),
        state=STATE,
        table=table,
        horizon=parameters.periods,
        utility_bounds=((-1.0, caught), (0.0 - caught, 1.0)),
        questions=1,
        outcomes=1,
        policies=POLICIES,
        sees_state=("defender", "attacker"),
    )


GAME = GameType("inspection", InspectionParameters, build, summary=(__doc__ or "").partition("\n")[0], source=SOURCE)
