"""Leduc poker: six cards, two rounds of betting, one public card.

A deck of two suits of jack, queen, king. Two players put one chip each into the pot and get one
private card each. In each of two rounds they move in turn, the defender first: *fold*, *call*
(check) or *raise*, by 2 chips in the first round and 4 in the second, at most two raises a round;
folding is allowed only against a raise. Between the rounds a public card is turned. At the end
a pair with the public card wins, else the higher rank; equal ranks share. Payoffs are chips won.
The game is turn-based: the agent that is not to move has the single action *call*, which does nothing.

Source: F. Southey et al., "Bayes' bluff: opponent modelling in poker", UAI 2005; the same game as
OpenSpiel's `leduc_poker` (player 0 is the defender). With `suit_isomorphism` cards show their
ranks only.

| signal | values | meaning |
|---|---|---|
| private card | 6 (3 with isomorphism) | own card, rank by rank |
| public card | 7 (4) | none yet, or the public card |
| last move | 3 | what was done last, by whomever: nothing yet, call, raise |

Known values: value to the defender -0.085606424078 (OpenSpiel's sequence-form LP); 468 + 468
information sets and 5,520 pairs of sequences with payoff, 144 + 144 and 1,116 with isomorphism;
exploitability of uniform play 2.373611111.
"""

from __future__ import annotations

import numpy as np
from pydantic import Field

from gamesolve.rules import Agent, Game, GameType, Parameters, Rules, Scripted, Signal, pick, record, rule

STATE = record(
    deck=("f8", 6),  # copies left of each card
    private=("i1", 2),
    public="i1",  # -1 in the first round
    paid=("i1", 2),  # chips in the pot
    turn="i1",
    moves="i1",  # in this round
    raises="i1",  # in this round
    transient={"seen": "i1"},
)
TABLE = record(suits="i1")  # cards that share a rank

FOLD, CALL, RAISE = 0, 1, 2
RANKS = ("jack", "queen", "king")
SOURCE = "F. Southey et al., Bayes' bluff: opponent modelling in poker, UAI 2005"


class LeducParameters(Parameters):
    """Parameters of Leduc poker."""

    suit_isomorphism: bool = Field(False, description="cards show their ranks only: the same value, a third of the information sets")


@rule
def reset(table, state, memory, chance):
    """Shuffle, and deal one private card each."""
    cards = 3 * table.suits
    for card in range(6):
        state.deck[card] = 6 // cards if card < cards else 0
    state.private[0] = draw(state, chance)
    state.private[1] = draw(state, chance)
    state.public = -1
    state.paid[0] = 1
    state.paid[1] = 1
    state.turn = 0
    state.moves = 0
    state.raises = 0


@rule
def draw(state, chance):
    """Take a card off the deck."""
    card = pick(chance, state.deck)
    state.deck[card] -= 1.0
    return card


@rule
def legal(table, state, agent, mask):
    """Fold against a raise, call, raise at most twice a round; the other waits."""
    mask[CALL] = True
    if agent == state.turn:
        mask[FOLD] = state.paid[agent] < state.paid[1 - agent]
        mask[RAISE] = state.raises < 2


@rule
def step(table, state, actions, chance, reward):
    """Play the mover's action, turn the public card after the first round, pay at the end."""
    mover, other = state.turn, 1 - state.turn
    action = actions[mover]
    if action == FOLD:
        pay(reward, other, state.paid[mover])
        return True
    state.paid[mover] = state.paid[other]
    state.seen = action
    if action == RAISE:
        state.paid[mover] += 2 if state.public < 0 else 4
        state.raises += 1
    elif state.moves > 0:
        return end_round(table, state, chance, reward)
    state.moves += 1
    state.turn = other
    return False


@rule
def end_round(table, state, chance, reward):
    """Turn the public card, or compare hands; True when the hand is over."""
    if state.public < 0:
        state.public = draw(state, chance)
        state.turn = 0
        state.moves = 0
        state.raises = 0
        return False
    mine, yours = strength(table, state, 0), strength(table, state, 1)
    if mine != yours:
        pay(reward, 0 if mine > yours else 1, state.paid[0])
    return True


@rule
def strength(table, state, player):
    """Rank of the hand: 3 for a pair with the public card, else the private card's rank."""
    rank = state.private[player] // table.suits
    return 3 if rank == state.public // table.suits else rank


@rule
def pay(reward, winner, chips):
    """The winner gets the chips that the loser put into the pot."""
    reward[winner] = chips
    reward[1 - winner] = -chips


@rule
def observe(table, state, memory, actions, chance, signals):
    """Own card, the public card, the last move."""
    for agent in range(2):
        signals[agent, 0] = state.private[agent]
        signals[agent, 1] = 1 + state.public
        signals[agent, 2] = state.seen


@rule
def act_always_call(table, memory, signal, mask, chance, probabilities):
    """Check and call to the end."""
    probabilities[CALL] = 1.0


@rule
def act_always_raise(table, memory, signal, mask, chance, probabilities):
    """Raise whenever allowed, else call."""
    probabilities[RAISE if mask[RAISE] else CALL] = 1.0


@rule
def act_honest(table, memory, signal, mask, chance, probabilities):
    """Raise with a king or a pair, fold a jack against a raise, else call."""
    rank = signal[0] // table.suits
    pair = signal[1] > 0 and (signal[1] - 1) // table.suits == rank
    if (pair or rank == 2) and mask[RAISE]:
        probabilities[RAISE] = 1.0
    elif not pair and rank == 0 and mask[FOLD]:
        probabilities[FOLD] = 1.0
    else:
        probabilities[CALL] = 1.0


POLICIES = tuple(
    Scripted(name, role, act, source=source)
    for role in ("defender", "attacker")
    for name, act, source in (
        ("always_call", act_always_call, "folklore: the calling station"),
        ("always_raise", act_always_raise, "folklore: the maniac"),
        ("honest", act_honest, "folklore: plays the strength of its cards and never bluffs"),
    )
)


def build(parameters: LeducParameters) -> Game:
    """Leduc poker."""
    suits = 1 if parameters.suit_isomorphism else 2
    table = np.zeros(1, TABLE)
    table["suits"] = suits
    cards = RANKS if suits == 1 else tuple(f"{rank} of {suit}" for rank in RANKS for suit in ("hearts", "spades"))
    signals = (
        Signal("private card", len(cards), labels=cards),
        Signal("public card", 1 + len(cards), labels=("none", *cards)),
        Signal("last move", 3, labels=("none", "call", "raise")),
    )
    return Game(
        name="leduc",
        version=1,
        parameters=parameters,
        agents=tuple(Agent(role, role, ("fold", "call", "raise"), signals) for role in ("defender", "attacker")),
        rules=Rules(reset, legal, step, observe),
        state=STATE,
        table=table,
        horizon=8,
        utility_bounds=((-13.0, 13.0), (-13.0, 13.0)),
        questions=2,
        outcomes=6,
        policies=POLICIES,
    )


GAME = GameType("leduc", LeducParameters, build, summary=(__doc__ or "").partition("\n")[0], source=SOURCE)
