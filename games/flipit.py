"""FlipIt: two players take one resource from each other, and neither sees when.

One resource, owned by the defender at first. Each epoch both choose *wait* or *flip*, at the same
time. A flip costs its player k and makes it the owner; the tie rule decides when both flip
(defender, attacker, or nothing changes). Owning the resource after an epoch's moves is worth 1, so
a role's reward is control minus flips times cost: general-sum. The zero-sum variant, the default,
pays each role its own reward minus the other's.

Nobody sees the other's flips. What a player learns depends on its information: `none`: nothing ever;
`last_move`: on its own flip, how long ago the other last flipped; `full`: on its own flip, all
flips of the other so far. A flip of the same epoch is included.

Source: M. van Dijk, A. Juels, A. Oprea, R. Rivest, "FlipIt: the game of stealthy takeover", Journal of
Cryptology 26 (2013), in discrete time.

| signal | values | meaning |
|---|---|---|
| epoch | T + 1 | epochs played (capped at 1,000 without horizon, as are all) |
| own flip | T + 1 | 0: never; k: own last flip was k epochs ago (1: just now) |
| other's flip | T + 1 | with information: 0: none known; k: its last known flip was k epochs ago |
| flips of the other | 3, T of them | with full information, by epoch: not known, wait, flip |

Epoch and own flip are summaries of the own past, and so is the other's flip with full information.

Known values: with independent flip probabilities p0 and p1 and ties to the defender the attacker
owns the resource a share p1 (1 - p0) / (p1 (1 - p0) + p0) of the time. Epochs of length dt, costs k / dt
and flip probabilities l dt approach continuous time as dt goes to 0: there, exponential play at
rates l0 = k1 / (k0 + k1)^2 and l1 = k0 / (k0 + k1)^2 gives benefits (k1^2, k0^2) / (k0 + k1)^2, and the best answer to
an exponential defender of rate l flips with the gap d that solves exp(-l d) (1 + l d) = 1 - l k1.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from pydantic import Field, ValidationInfo, field_validator

from gamesolve.rules import (
    ROLES,
    Agent,
    Game,
    GameType,
    Parameters,
    Rules,
    Scripted,
    Settings,
    Signal,
    bounded_returns,
    integer,
    record,
    rounded_size,
    rule,
)

STATE = record(owner="i1")
TABLE = record(cost=("f8", 2), information=("i1", 2), owner_after=("i1", (2, 2, 2)), zero_sum="i1", most="i2")

WAIT, FLIP = 0, 1
NONE, LAST_MOVE, FULL = 0, 1, 2
INFORMATION = ("none", "last_move", "full")
MOST = 1000  # greatest number of epochs that signals show where the game has no horizon
SOURCE = "M. van Dijk, A. Juels, A. Oprea, R. Rivest, FlipIt: the game of stealthy takeover, J. Cryptology 2013"

Information = Literal["none", "last_move", "full"]


class FlipItParameters(Parameters):
    """Parameters of FlipIt."""

    horizon: int = Field(4, ge=0, le=10000, description="epochs; 0 means without end, which needs a discount below 1")
    defender_cost: float = Field(0.4, ge=0.0, le=1e6, description="cost of a flip, in epochs of control")
    attacker_cost: float = Field(0.6, ge=0.0, le=1e6, description="cost of a flip, in epochs of control")
    tie: Literal["defender", "attacker", "nothing"] = Field("defender", description="who owns the resource when both flip")
    defender_information: Information = Field("none", description="what its own flips tell the defender")
    attacker_information: Information = Field("last_move", description="what its own flips tell the attacker")
    zero_sum: bool = Field(True, description="each role gets its own benefit minus the other's")
    discount: float = Field(1.0, gt=0.0, le=1.0, validate_default=True, description="weight of an epoch relative to the one before")

    @field_validator("defender_information", "attacker_information")
    @classmethod
    def _finite(cls, information: str, info: ValidationInfo) -> str:
        if information == "full" and info.data.get("horizon") == 0:
            raise ValueError("a full history needs a horizon above 0; choose none or last_move")
        return information

    _bounded = field_validator("discount")(bounded_returns)


def memory_record(history: int) -> np.dtype:
    """What observations read: flips by epoch are kept for `history` epochs. Epochs count from 1, 0 is never."""
    return record(epoch="i4", last=("i4", 2), learnt=("i4", 2), told=("i4", 2), flips=("i1", (2, history)))


@rule
def reset(table, state, memory, chance):
    """The defender owns the resource."""
    state.owner = 0


@rule
def legal(table, state, agent, mask):
    """Both may always wait or flip."""
    mask[WAIT] = True
    mask[FLIP] = True


@rule
def step(table, state, actions, chance, reward):
    """Move the resource, then pay control and flips."""
    state.owner = table.owner_after[state.owner, actions[0], actions[1]]
    defender = 1.0 - state.owner - table.cost[0] * actions[0]
    attacker = state.owner - table.cost[1] * actions[1]
    reward[0] = defender - attacker if table.zero_sum else defender
    reward[1] = attacker - defender if table.zero_sum else attacker
    return False


@rule
def observe(table, state, memory, actions, chance, signals):
    """Tell each player the time, its own last flip, and what its flips have told it."""
    if actions[0] >= 0:
        remember(table, memory, actions)
    for agent in range(2):
        signals[agent, 0] = min(memory.epoch, table.most)
        signals[agent, 1] = ago(table, memory.epoch, memory.last[agent])
        if table.information[agent] != NONE:
            memory.learnt[agent] = where(actions[agent], memory.last[1 - agent], memory.learnt[agent])
            memory.told[agent] = where(actions[agent], memory.epoch, memory.told[agent])
            signals[agent, 2] = ago(table, memory.epoch, memory.learnt[agent])
        if table.information[agent] == FULL:
            for epoch in range(memory.told[agent]):
                signals[agent, 3 + epoch] = 1 + memory.flips[1 - agent, epoch]


@rule
def remember(table, memory, actions):
    """Write down the epoch's flips."""
    for agent in range(2):
        memory.last[agent] = where(actions[agent], memory.epoch + 1, memory.last[agent])
        if table.information[1 - agent] == FULL:
            memory.flips[agent, memory.epoch] = actions[agent]
    memory.epoch += 1


@rule
def ago(table, epoch, last):
    """How many epochs ago, capped; 0 for never."""
    return where(last > 0, min(epoch - last + 1, table.most), 0)


@rule
def where(flipped, one, other):
    """One number where somebody flipped, the other where not (0 or less): no branch, as flips are what a processor cannot predict."""
    return other + (one - other) * (1 if flipped > 0 else 0)


MEMORY_POLICY = record(rate="f8", gap="i4", wait="i4", started="i4")


class Period(Settings):
    """Settings of `periodic`."""

    period: int = Field(3, ge=1, le=10000, description="epochs from flip to flip; the first is at a random phase")


class Rate(Settings):
    """Settings of `geometric`."""

    rate: float = Field(0.3, ge=0.0, le=1.0, description="probability of a flip in an epoch")


class Presumed(Settings):
    """Settings of `greedy`."""

    rate: float = Field(0.3, ge=0.0, le=1.0, description="presumed flip probability of the other in an epoch")


class Tracked(Settings):
    """Settings of `tracker`."""

    period: int = Field(3, ge=1, le=10000, description="presumed period of the other")


def start_rate(game: Game, agent: int, settings: Any, memory: np.ndarray) -> None:
    """Remember the rate."""
    memory["rate"] = settings.rate


def start_period(game: Game, agent: int, settings: Any, memory: np.ndarray) -> None:
    """Remember the period."""
    memory["gap"] = settings.period


def start_greedy(game: Game, agent: int, settings: Any, memory: np.ndarray) -> None:
    """Work out the gap between flips; 0 where flipping never pays."""
    memory["gap"] = greedy_gap(settings.rate, float(game.table["cost"][0, agent]), most=game.horizon or MOST)


def greedy_gap(rate: float, cost: float, *, most: int) -> int:
    """Epochs between flips that earn most per epoch against an opponent who flips with probability `rate`.

    A gap of d epochs is worth ((1 - rate) + ... + (1 - rate)^d - cost) / d, the discrete form of the
    equation in the module's docstring; 0 (never) where no gap up to `most` is worth anything.
    """
    gaps = np.arange(1, most + 1)
    worth = (np.cumsum((1.0 - rate) ** gaps) - cost) / gaps
    return int(gaps[worth.argmax()]) if worth.max() > 0.0 else 0


@rule
def act_never(table, memory, signal, mask, chance, probabilities):
    """Always wait."""
    probabilities[WAIT] = 1.0


@rule
def act_periodic(table, memory, signal, mask, chance, probabilities):
    """Flip every `gap` epochs, the first time at a random phase."""
    if memory.started == 0:
        memory.started = 1
        memory.wait = integer(chance, memory.gap)
    probabilities[FLIP if memory.wait == 0 else WAIT] = 1.0
    memory.wait = memory.gap - 1 if memory.wait == 0 else memory.wait - 1


@rule
def act_geometric(table, memory, signal, mask, chance, probabilities):
    """Flip with the same probability in every epoch."""
    probabilities[FLIP] = memory.rate
    probabilities[WAIT] = 1.0 - memory.rate


@rule
def act_greedy(table, memory, signal, mask, chance, probabilities):
    """Flip `gap` epochs after the own last flip, the first time at once."""
    due = memory.gap > 0 and (signal[1] == 0 or signal[1] >= memory.gap)
    probabilities[FLIP if due else WAIT] = 1.0


@rule
def act_tracker(table, memory, signal, mask, chance, probabilities):
    """Flip right after each flip of a periodic opponent; flip every epoch until one is known. Needs information."""
    known = signal[1] > 0 and signal[2] > 0
    probabilities[FLIP if not known or (signal[2] - 1) % memory.gap == 0 else WAIT] = 1.0


PAPER = "van Dijk et al. 2013"
POLICIES = tuple(
    Scripted(name, role, act, source=source, memory=MEMORY_POLICY, settings=settings, start=start)
    for role in ("defender", "attacker")
    for name, act, settings, start, source in (
        ("never", act_never, Settings, None, "no play"),
        ("periodic", act_periodic, Period, start_period, f"{PAPER}: periodic with random phase"),
        ("geometric", act_geometric, Rate, start_rate, f"{PAPER}: exponential play in discrete time"),
        ("greedy", act_greedy, Presumed, start_greedy, f"{PAPER}: greedy against exponential play"),
        ("tracker", act_tracker, Tracked, start_period, f"{PAPER}: last-move play against a periodic player"),
    )
)


def owners_after(tie: str) -> np.ndarray:
    """i1 [2, 2, 2]: who owns the resource next, by owner, the defender's action and the attacker's."""
    after = np.zeros((2, 2, 2), np.int8)
    for owner in range(2):
        both = owner if tie == "nothing" else ROLES.index(tie)
        after[owner] = [[owner, 1], [0, both]]
    return after


def utility_bounds(p: FlipItParameters) -> tuple[tuple[float, float], tuple[float, float]]:
    """Sums of the least and greatest reward an epoch, by role."""
    epochs = 1.0 / (1.0 - p.discount) if p.horizon == 0 else float((p.discount ** np.arange(p.horizon)).sum())
    costs = (p.defender_cost, p.attacker_cost)
    may_lose = (p.tie != "defender", p.tie != "attacker")

    def most(role: int) -> float:
        if not p.zero_sum:
            return 1.0
        own, other = costs[role], costs[1 - role]
        return max(1.0, other - 1.0, 1.0 - own + other if may_lose[1 - role] else 0.0)

    def least(role: int) -> float:
        if p.zero_sum:
            return -most(1 - role)
        return -costs[role] if may_lose[role] else min(0.0, 1.0 - costs[role])

    return (epochs * least(0), epochs * most(0)), (epochs * least(1), epochs * most(1))


def agent_signals(information: str, most: int) -> tuple[Signal, ...]:
    """What a player with the given information sees."""
    signals = [Signal("epoch", most + 1, ordinal=True, summary=True), Signal("own flip", most + 1, ordinal=True, summary=True)]
    if information != "none":
        # All flips of the other so far say when the last one was.
        signals.append(Signal("other's flip", most + 1, ordinal=True, summary=information == "full"))
    if information == "full":
        signals.append(Signal("flips of the other", 3, count=most, labels=("not known", "wait", "flip")))
    return tuple(signals)


def build(parameters: FlipItParameters) -> Game:
    """FlipIt in discrete time."""
    most = parameters.horizon or MOST
    information = (parameters.defender_information, parameters.attacker_information)
    table = np.zeros(1, TABLE)
    table["cost"] = (parameters.defender_cost, parameters.attacker_cost)
    table["information"] = [INFORMATION.index(name) for name in information]
    table["owner_after"] = owners_after(parameters.tie)
    table["zero_sum"] = parameters.zero_sum
    table["most"] = most
    return Game(
        name="flipit",
        version=1,
        parameters=parameters,
        agents=tuple(
            Agent(role, role, ("wait", "flip"), agent_signals(known, most))
            for role, known in zip(("defender", "attacker"), information, strict=True)
        ),
        rules=Rules(reset, legal, step, observe),
        state=STATE,
        memory=memory_record(rounded_size(most) if "full" in information else 1),
        table=table,
        horizon=parameters.horizon or None,
        rounded="full" in information,
        discount=parameters.discount,
        utility_bounds=utility_bounds(parameters),
        zero_sum=parameters.zero_sum,
        questions=1,
        outcomes=1,
        policies=tuple(p for p in POLICIES if p.name != "tracker" or information[ROLES.index(p.role)] != "none"),
    )


GAME = GameType("flipit", FlipItParameters, build, summary=(__doc__ or "").partition("\n")[0], source=SOURCE)
