"""Radio jamming: on which channel to send, while a jammer tries to be there first.

Four channels are free or taken by others, all taken at first; in each slot a free one is taken with probability .75 and a taken one becomes
free with probability .75, each by itself. At the same time the user (defender) picks one of the channels 1 to 3 and the jammer (attacker)
one of 2 to 4. A message gets through where they differ and the user's channel is free after the change. Perfect information; zero-sum:
the user wants as many messages as it can get through (`messages`), or one in at least half of the slots (`half`).

Source: Q. Zhu, H. Li, Z. Han and T. Basar, "A stochastic game model for jamming in multi-channel cognitive radio systems", ICC 2010; with
these numbers the case study of PRISM-games.

| signal | values | meaning |
|---|---|---|
| channels | 2, of each of four | public: taken or free |
| missing | half of the horizon + 1 | public: messages that are still needed, 0 with the objective `messages` |

Known values of 5 slots, published for PRISM-games: messages 2.726039886476; probability of half 0.632270470262.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from pydantic import Field, ValidationInfo, field_validator

from gamesolve.rules import (
    Agent,
    Game,
    GamesolveError,
    GameType,
    Parameters,
    Rules,
    Scripted,
    Settings,
    Signal,
    bounded_returns,
    flip,
    record,
    rule,
)

CHANNELS, CHOICES = 4, 3
#: The first channel of each role.
FIRST = (0, 1)
STATE = record(free=("i1", CHANNELS), missing="i2")
TABLE = record(change="f8", needed="i2", half="i1")
CHANGE = 0.75
SOURCE = "Q. Zhu, H. Li, Z. Han and T. Basar, A stochastic game model for jamming in multi-channel cognitive radio systems, ICC 2010"


class JammingParameters(Parameters):
    """Parameters of the jamming game."""

    horizon: int = Field(5, ge=0, le=10000, description="slots; 0 means without end, which needs a discount below 1")
    discount: float = Field(1.0, gt=0.0, le=1.0, validate_default=True, description="weight of a slot relative to the one before")
    objective: Literal["messages", "half"] = Field(
        "messages", validate_default=True, description="messages that get through, or whether one does in at least half of the slots"
    )

    _bounded = field_validator("discount")(bounded_returns)

    @field_validator("objective")
    @classmethod
    def _counted(cls, objective: str, info: ValidationInfo) -> str:
        """Half of the slots is a number only where they are counted, and each counts as much as another."""
        if objective == "half" and (info.data.get("horizon") == 0 or info.data.get("discount", 1.0) != 1.0):
            raise ValueError("the objective 'half' counts slots, so it needs a horizon and the discount 1")
        return objective


@rule
def reset(table, state, memory, chance):
    """All channels are taken, no message is through."""
    for channel in range(CHANNELS):
        state.free[channel] = 0
    state.missing = table.needed


@rule
def legal(table, state, agent, mask):
    """Three channels for each."""
    for choice in range(CHOICES):
        mask[choice] = True


@rule
def step(table, state, actions, chance, reward):
    """Change the channels; a message gets through on a free one that is not jammed."""
    for channel in range(CHANNELS):
        if flip(chance, table.change):
            state.free[channel] = 1 - state.free[channel]
    sent, jammed = actions[0] + FIRST[0], actions[1] + FIRST[1]
    if sent != jammed and state.free[sent] == 1:
        if table.half == 0:
            reward[0] = 1.0
        else:
            state.missing -= 1
            reward[0] = 1.0 if state.missing == 0 else 0.0
    reward[1] = -reward[0]
    # What is left cannot change the answer.
    return table.half == 1 and state.missing == 0


@rule
def observe(table, state, memory, actions, chance, signals):
    """Everything, for both."""
    for agent in range(2):
        for channel in range(CHANNELS):
            signals[agent, channel] = state.free[channel]
        signals[agent, CHANNELS] = state.missing


MEMORY_CHANNEL = record(channel="i2")


class Channel(Settings):
    """Settings of `fixed`."""

    channel: int = Field(2, ge=1, le=CHANNELS, description="the channel, by its number")


def start_channel(game: Game, agent: int, settings: Any, memory: np.ndarray) -> None:
    """Remember the choice; raises GamesolveError for a channel that the role does not have."""
    choice = settings.channel - 1 - FIRST[agent]
    if not 0 <= choice < CHOICES:
        have = f"{FIRST[agent] + 1} to {FIRST[agent] + CHOICES}"
        raise GamesolveError(f"channel = {settings.channel} is refused: the {game.agents[agent].name} has channels {have}")
    memory["channel"] = choice


@rule
def act_fixed(table, memory, signal, mask, chance, probabilities):
    """Always the same channel."""
    probabilities[memory.channel] = 1.0


@rule
def share_taken(signal, first, probabilities):
    """One of the role's channels that are taken now, as these will be free most likely; any where none is."""
    taken = 0
    for choice in range(CHOICES):
        taken += 1 - signal[first + choice]
    for choice in range(CHOICES):
        if taken == 0 or signal[first + choice] == 0:
            probabilities[choice] = 1.0 / (taken if taken else CHOICES)


@rule
def act_user(table, memory, signal, mask, chance, probabilities):
    """A channel of the user's that is taken now."""
    share_taken(signal, FIRST[0], probabilities)


@rule
def act_jammer(table, memory, signal, mask, chance, probabilities):
    """A channel of the jammer's that is taken now."""
    share_taken(signal, FIRST[1], probabilities)


FIXED: dict[str, Any] = {"memory": MEMORY_CHANNEL, "settings": Channel, "start": start_channel}
POLICIES = (
    Scripted("fixed", "defender", act_fixed, source="one channel for all slots", **FIXED),
    Scripted("expectant", "defender", act_user, source="where a channel will be free most likely"),
    Scripted("fixed", "attacker", act_fixed, source="one channel for all slots", **FIXED),
    Scripted("expectant", "attacker", act_jammer, source="where a channel will be free most likely"),
)


def build(parameters: JammingParameters) -> Game:
    """The jamming game."""
    half = parameters.objective == "half"
    table = np.zeros(1, TABLE)
    table["change"], table["half"] = CHANGE, half
    table["needed"] = -(-parameters.horizon // 2) if half else 0
    steps = parameters.discount ** np.arange(parameters.horizon, dtype=np.float64)
    most = 1.0 if half else float(steps.sum()) if parameters.horizon else 1.0 / (1.0 - parameters.discount)
    channels = Signal("channels", 2, count=CHANNELS, labels=("taken", "free"))
    missing = Signal("missing", int(table["needed"][0]) + 1, ordinal=True)
    return Game(
        name="jamming",
        version=1,
        parameters=parameters,
        agents=(
            Agent("user", "defender", ("channel 1", "channel 2", "channel 3"), (channels, missing)),
            Agent("jammer", "attacker", ("channel 2", "channel 3", "channel 4"), (channels, missing)),
        ),
        rules=Rules(reset, legal, step, observe),
        state=STATE,
        table=table,
        horizon=parameters.horizon or None,
        discount=parameters.discount,
        utility_bounds=((0.0, most), (-most, 0.0)),
        questions=CHANNELS,
        outcomes=2,
        policies=POLICIES,
        sees_state=("defender", "attacker"),
    )


GAME = GameType("jamming", JammingParameters, build, summary=(__doc__ or "").partition("\n")[0], source=SOURCE)
