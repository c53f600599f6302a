"""Optimal-stopping intrusion response: when to spend one of a few defensive stops.

An attacker may start an intrusion at any time and abort it later; the defender has L stops, each of
which may throw the intruder out but interrupts the service. Each epoch both choose *continue* or
*stop*, at the same time. Without an intrusion the attacker's stop starts it; during one it aborts
it, and the game is over. During an intrusion that goes on, it is prevented (the game is over) with
probability 1/(2l), where l > 1 is the number of stops left before this epoch's. The defender's stop
does not move the state, except that its last one (l = 1) ends the game and that prevention has
probability 0 then. The attacker sees everything but the defender's present choice; the defender
sees a count o of alerts, 0 to n, drawn from the new state: BetaBinomial(n, .7, 3) without an
intrusion, BetaBinomial(n, 1, .7) during one. No alerts come before the first epoch.

Reward to the defender (zero-sum), by state and choices (defender, attacker):

| state | continue, continue | continue, stop | stop, continue | stop, stop |
|---|---|---|---|---|
| no intrusion | sla | sla | stop_cost / l | stop_cost / l |
| intrusion | sla + intrusion | sla | stop_reward / l | sla |

Source: K. Hammar and R. Stadler, "Intrusion prevention through optimal stopping", IEEE TNSM 2022, and
"Learning near-optimal intrusion responses against dynamic attackers", IEEE TNSM 2024.

| signal | values | meaning |
|---|---|---|
| stops left | L + 1 | public; to the defender a summary of its own past |
| alerts | n + 2 | 0: none yet; 1 + o: a count of o |
| intrusion | 2 | the attacker only, a summary of its own past |

Known values, discount .95, L = 1, n = 1: horizon 1 to 6: 1, .580773511, .358368096, .236745642,
.169131802, .131198581; n = 2: horizon 2 and 3: .808619805, .720144446 (two independent methods).
"""

from __future__ import annotations

from math import comb, exp, lgamma
from typing import Any

import numpy as np
from pydantic import Field, field_validator

from gamesolve.rules import (
    Agent,
    Game,
    GameType,
    Parameters,
    Rules,
    Scripted,
    Settings,
    Signal,
    bounded_returns,
    flip,
    pick,
    record,
    rounded_size,
    rule,
)

STATE = record(stops="i2", intrusion="i1")

CONTINUE, STOP = 0, 1
SHAPES = ((0.7, 3.0), (1.0, 0.7))  # of the beta-binomial counts of alerts, by state
SOURCE = "K. Hammar and R. Stadler, Intrusion prevention through optimal stopping, IEEE TNSM 2022"


class StoppingParameters(Parameters):
    """Parameters of the stopping game."""

    stops: int = Field(3, ge=1, le=1000, description="defensive stops that the defender has (L)")
    alerts: int = Field(2, ge=1, le=100, description="most alerts an epoch (n)")
    horizon: int = Field(4, ge=0, le=10000, description="epochs; 0 means without end, which needs a discount below 1")
    discount: float = Field(0.95, gt=0.0, le=1.0, validate_default=True, description="weight of an epoch relative to the one before")
    sla: float = Field(1.0, ge=-1e6, le=1e6, description="reward for an epoch of service")
    intrusion: float = Field(-5.0, ge=-1e6, le=1e6, description="added to it during an intrusion")
    stop_cost: float = Field(-5.0, ge=-1e6, le=1e6, description="reward for a stop without intrusion, divided by the stops left")
    stop_reward: float = Field(5.0, ge=-1e6, le=1e6, description="reward for a stop during an intrusion, divided by the stops left")

    _bounded = field_validator("discount")(bounded_returns)


def table_record(shape: tuple[int, ...]) -> np.dtype:
    """Constants; `alert` holds the probability of each count of alerts by state."""
    return record(stops="i2", alert=("f8", shape), sla="f8", intrusion="f8", stop_cost="f8", stop_reward="f8")


@rule
def reset(table, state, memory, chance):
    """No intrusion, all stops left."""
    state.stops = table.stops
    state.intrusion = 0


@rule
def legal(table, state, agent, mask):
    """Both may always continue or stop."""
    mask[CONTINUE] = True
    mask[STOP] = True


@rule
def step(table, state, actions, chance, reward):
    """Pay, move the intrusion, count the stop."""
    defence, attack = actions[0], actions[1]
    left = state.stops
    reward[0] = payment(table, state.intrusion, left, defence, attack)
    reward[1] = -reward[0]
    if defence == STOP:
        if left == 1:
            return True
        state.stops -= 1
    if state.intrusion == 0:
        state.intrusion = attack
        return False
    if attack == STOP:
        return True
    return left > 1 and flip(chance, 0.5 / left)


@rule
def payment(table, intrusion, left, defence, attack):
    """Reward to the defender with `left` stops left before its own."""
    if intrusion == 0:
        return table.stop_cost / left if defence == STOP else table.sla
    if attack == STOP:
        return table.sla
    return table.stop_reward / left if defence == STOP else table.sla + table.intrusion


@rule
def observe(table, state, memory, actions, chance, signals):
    """Draw the alerts; the state is shown to the attacker only."""
    alerts = 0 if actions[0] < 0 else 1 + pick(chance, table.alert[state.intrusion])
    for agent in range(2):
        signals[agent, 0] = state.stops
        signals[agent, 1] = alerts
    signals[1, 2] = state.intrusion


MEMORY_DEFENDER = record(threshold="f8", rate="f8", belief="f8", stops="i2")
MEMORY_ATTACKER = record(rate="f8", threshold="f8")


class AlertThreshold(Settings):
    """Settings of `alert_threshold`."""

    threshold: int = Field(2, ge=0, description="stop at this many alerts")


class BeliefThreshold(Settings):
    """Settings of `belief_threshold`."""

    threshold: float = Field(0.75, ge=0.0, le=1.0, description="stop where the belief in an intrusion is at least this")
    rate: float = Field(0.2, ge=0.0, le=1.0, description="presumed probability that the attacker starts in an epoch")


class Delay(Settings):
    """Settings of `random_delay`."""

    rate: float = Field(0.2, ge=0.0, le=1.0, description="probability of starting the intrusion in an epoch")


class Caution(Settings):
    """Settings of `cautious`."""

    rate: float = Field(0.5, ge=0.0, le=1.0, description="probability of starting the intrusion in an epoch")
    threshold: int = Field(2, ge=0, description="abort at this many alerts")


def start(game: Game, agent: int, settings: Any, memory: np.ndarray) -> None:
    """Remember the settings."""
    for name, value in settings.model_dump().items():
        memory[name] = value
    if agent == 0:
        memory["stops"] = game.table["stops"][0]


@rule
def act_alert_threshold(table, memory, signal, mask, chance, probabilities):
    """Stop where the last count of alerts is at least the threshold."""
    probabilities[STOP if signal[1] > 0 and signal[1] - 1 >= memory.threshold else CONTINUE] = 1.0


@rule
def act_belief_threshold(table, memory, signal, mask, chance, probabilities):
    """Stop where the probability of an intrusion, by Bayes' rule, is at least the threshold."""
    if signal[1] > 0:
        left = memory.stops
        going_on = memory.belief * (1.0 - 0.5 / left if left > 1 else 1.0)
        clean = (1.0 - memory.belief) * (1.0 - memory.rate) * table.alert[0, signal[1] - 1]
        intruded = ((1.0 - memory.belief) * memory.rate + going_on) * table.alert[1, signal[1] - 1]
        memory.belief = intruded / (clean + intruded)
    memory.stops = signal[0]
    probabilities[STOP if memory.belief >= memory.threshold else CONTINUE] = 1.0


@rule
def act_never(table, memory, signal, mask, chance, probabilities):
    """Always continue."""
    probabilities[CONTINUE] = 1.0


@rule
def act_immediate(table, memory, signal, mask, chance, probabilities):
    """Start at once and stay."""
    probabilities[CONTINUE if signal[2] else STOP] = 1.0


@rule
def act_random_delay(table, memory, signal, mask, chance, probabilities):
    """Start after a geometric delay and stay."""
    probabilities[STOP] = 0.0 if signal[2] else memory.rate
    probabilities[CONTINUE] = 1.0 - probabilities[STOP]


@rule
def act_cautious(table, memory, signal, mask, chance, probabilities):
    """Start after a geometric delay, abort when the alerts pile up."""
    if signal[2]:
        probabilities[STOP if signal[1] - 1 >= memory.threshold else CONTINUE] = 1.0
    else:
        probabilities[STOP] = memory.rate
        probabilities[CONTINUE] = 1.0 - memory.rate


PAPER = "Hammar and Stadler 2022"
DEFENDING: dict[str, Any] = {"memory": MEMORY_DEFENDER, "start": start}
ATTACKING: dict[str, Any] = {"memory": MEMORY_ATTACKER, "start": start}
POLICIES = (
    Scripted("never", "defender", act_never, source="no response"),
    Scripted("alert_threshold", "defender", act_alert_threshold, settings=AlertThreshold, source=f"baseline of {PAPER}", **DEFENDING),
    Scripted(
        "belief_threshold", "defender", act_belief_threshold, settings=BeliefThreshold, source=f"{PAPER}: belief thresholds", **DEFENDING
    ),
    Scripted("never", "attacker", act_never, source="no attack"),
    Scripted("immediate", "attacker", act_immediate, source=f"{PAPER}, start time 1"),
    Scripted("random_delay", "attacker", act_random_delay, settings=Delay, source=f"{PAPER}, geometric start times", **ATTACKING),
    Scripted("cautious", "attacker", act_cautious, settings=Caution, source="after the dynamic attackers of 2024", **ATTACKING),
)


def alert_probabilities(alerts: int) -> np.ndarray:
    """f8 [2, size]: beta-binomial probabilities of 0, ..., `alerts` alerts by state, zero beyond."""
    found = np.zeros((2, rounded_size(alerts + 1)))
    for state, (a, b) in enumerate(SHAPES):
        for k in range(alerts + 1):
            found[state, k] = comb(alerts, k) * exp(_log_beta(k + a, alerts - k + b) - _log_beta(a, b))
    return found / found.sum(axis=1, keepdims=True)


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def utility_bounds(p: StoppingParameters) -> tuple[float, float]:
    """Bounds of the defender's return: every epoch at its extreme, and at most one stop for each left."""
    epochs = 1.0 / (1.0 - p.discount) if p.horizon == 0 else float((p.discount ** np.arange(p.horizon)).sum())
    stops = range(min(p.stops, p.horizon or p.stops))

    def extreme(sign: float) -> float:
        going = max(0.0, sign * p.sla, sign * (p.sla + p.intrusion))
        best = max(sign * p.stop_cost, sign * p.stop_reward)
        return going * epochs + sum(p.discount**k * max(0.0, best / (p.stops - k) - going) for k in stops)

    return -extreme(-1.0), extreme(1.0)


def build(parameters: StoppingParameters) -> Game:
    """The stopping game."""
    alert = alert_probabilities(parameters.alerts)
    table = np.zeros(1, table_record(alert.shape))
    table["alert"][0] = alert
    for name in ("stops", "sla", "intrusion", "stop_cost", "stop_reward"):
        table[name] = getattr(parameters, name)
    counts = tuple(str(k) for k in range(parameters.alerts + 1))
    # The defender has counted its own stops, and the attacker has started the intrusion itself.
    counted, told = (Signal("stops left", parameters.stops + 1, ordinal=True, summary=own) for own in (True, False))
    alerts = Signal("alerts", parameters.alerts + 2, ordinal=True, labels=("none yet", *counts))
    intrusion = Signal("intrusion", 2, labels=("no", "yes"), summary=True)
    low, high = utility_bounds(parameters)
    return Game(
        name="stopping",
        version=1,
        parameters=parameters,
        agents=(
            Agent("defender", "defender", ("continue", "stop"), (counted, alerts)),
            Agent("attacker", "attacker", ("continue", "stop"), (told, alerts, intrusion)),
        ),
        rules=Rules(reset, legal, step, observe),
        state=STATE,
        table=table,
        horizon=parameters.horizon or None,
        discount=parameters.discount,
        utility_bounds=((low, high), (-high, -low)),
        questions=2,
        outcomes=alert.shape[1],
        policies=POLICIES,
        sees_state=("attacker",),
    )


GAME = GameType("stopping", StoppingParameters, build, summary=(__doc__ or "").partition("\n")[0], source=SOURCE)
