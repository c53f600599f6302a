"""Kuhn poker: three cards, one bet, value -1/18 to the player who moves first.

Two players put one chip each into the pot and get one card each of jack, queen, king. The defender
moves first: *pass* or *bet* one chip. A bet is answered by *bet* (call) or *pass* (fold); after two
passes, or a called bet, the higher card takes the pot. Payoffs are chips won. The game is
turn-based: the agent that is not to move has the single action *pass*, which does nothing.

Source: H. W. Kuhn, "A simplified two-person poker", 1950; the same game as OpenSpiel's `kuhn_poker`
(player 0 is the defender).

| signal | values | meaning |
|---|---|---|
| card | 3 | own card: jack, queen, king |
| last move | 3 | what was done last, by whomever: nothing yet, pass, bet |

Known values: value to the defender -1/18; 6 + 6 information sets, 30 pairs of sequences with payoff.
"""

from __future__ import annotations

import numpy as np

from gamesolve.rules import Agent, Game, GameType, Parameters, Rules, Scripted, Signal, integer, record, rule

STATE = record(card=("i1", 2), moves="i1", previous="i1", transient={"seen": "i1"})
TABLE = record()

CARDS = ("jack", "queen", "king")
PASS, BET = 0, 1
SIGNALS = (Signal("card", 3, labels=CARDS), Signal("last move", 3, labels=("none", "pass", "bet")))
SOURCE = "H. W. Kuhn, A simplified two-person poker, 1950"


class KuhnParameters(Parameters):
    """Kuhn poker has no parameters."""


@rule
def reset(table, state, memory, chance):
    """Deal one card each."""
    state.card[0] = integer(chance, 3)
    second = integer(chance, 2)
    state.card[1] = second + 1 if second >= state.card[0] else second
    state.moves = 0
    state.previous = PASS


@rule
def legal(table, state, agent, mask):
    """The defender moves in epochs 0 and 2, the attacker in epoch 1."""
    mask[PASS] = True
    mask[BET] = state.moves % 2 == agent


@rule
def step(table, state, actions, chance, reward):
    """Play the mover's action; pay when the hand is over."""
    mover = state.moves % 2
    action = actions[mover]
    if state.moves > 0 and action == state.previous:
        winner = 0 if state.card[0] > state.card[1] else 1
        pay(reward, winner, 1.0 + action)
        return True
    if state.previous == BET:
        pay(reward, 1 - mover, 1.0)
        return True
    state.moves += 1
    state.previous = action
    state.seen = 1 + action
    return False


@rule
def pay(reward, winner, chips):
    """The winner gets the chips that the loser put into the pot."""
    reward[winner] = chips
    reward[1 - winner] = -chips


@rule
def observe(table, state, memory, actions, chance, signals):
    """Own card and the last move."""
    for agent in range(2):
        signals[agent, 0] = state.card[agent]
        signals[agent, 1] = state.seen


@rule
def act_passive(table, memory, signal, mask, chance, probabilities):
    """Never put a chip into the pot: pass, fold."""
    probabilities[PASS] = 1.0


@rule
def act_always_bet(table, memory, signal, mask, chance, probabilities):
    """Bet and call whatever the card."""
    probabilities[BET if mask[BET] else PASS] = 1.0


@rule
def act_honest(table, memory, signal, mask, chance, probabilities):
    """Bet and call with the king only."""
    probabilities[BET if mask[BET] and signal[0] == 2 else PASS] = 1.0


POLICIES = tuple(
    Scripted(name, role, act, source=source)
    for role in ("defender", "attacker")
    for name, act, source in (
        ("passive", act_passive, "folklore: never risks a chip"),
        ("always_bet", act_always_bet, "folklore: the maniac"),
        ("honest", act_honest, "never bluffs; Kuhn 1950 shows why that loses"),
    )
)


def build(parameters: KuhnParameters) -> Game:
    """Kuhn poker."""
    return Game(
        name="kuhn",
        version=1,
        parameters=parameters,
        agents=(Agent("defender", "defender", ("pass", "bet"), SIGNALS), Agent("attacker", "attacker", ("pass", "bet"), SIGNALS)),
        rules=Rules(reset, legal, step, observe),
        state=STATE,
        table=np.zeros(1, TABLE),
        horizon=3,
        utility_bounds=((-2.0, 2.0), (-2.0, 2.0)),
        questions=2,
        outcomes=3,
        policies=POLICIES,
    )


GAME = GameType("kuhn", KuhnParameters, build, summary=(__doc__ or "").partition("\n")[0], source=SOURCE)
