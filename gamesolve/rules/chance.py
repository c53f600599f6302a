"""Chance: rules ask it, views answer it.

A rule asks `flip`, `pick` or `integer`. How the question is answered depends on the mode in which a
view has put the chance record:

- `STREAM`: from a random stream (the simulator);
- `TAPE`: from a tape of answers. Past the tape's end the first possible answer is taken and written
  down, together with the next possible one, so `next_tape` steps through every outcome of a
  transition in order, and `probability` holds the product along the tape (tree, exact evaluation);
- `ASK`: from the tape too, but the first question past its end is also reported with all its
  probabilities: one chance node a question (OpenSpiel).

Answers of probability zero make no branch and certain answers make no question. Answers past the
tape's end are constant, so no rule may loop until a draw comes out.
"""

from __future__ import annotations

import numpy as np

from gamesolve.rules.rule import rule

STREAM, TAPE, ASK = 0, 1, 2
TOO_MANY_QUESTIONS, TOO_MANY_OUTCOMES, NO_PROBABILITY = 1, 2, 3
FAULTS = {
    TOO_MANY_QUESTIONS: "more questions were asked of chance in one transition than the game declares ('questions')",
    TOO_MANY_OUTCOMES: "a question to chance has more outcomes than the game declares ('outcomes')",
    NO_PROBABILITY: "chance was asked with a probability or weight that is negative, NaN, above one, or all zero",
}


def chance_record(questions: int, outcomes: int) -> np.dtype:
    """The record behind `chance` for at most `questions` questions a transition of `outcomes` outcomes each."""
    return np.dtype(
        [
            ("stream", "u8"),
            ("probability", "f8"),
            ("mode", "i4"),
            ("fault", "i4"),
            ("position", "i4"),
            ("length", "i4"),
            ("asked", "i4"),
            ("answers", "i2", (questions,)),
            ("following", "i2", (questions,)),
            ("probabilities", "f8", (outcomes,)),
        ],
        align=True,
    )


@rule
def seed_stream(seed, episode, who):
    """Start of the stream of `who` (0: the game's chance; 1 + agent: a policy's) in an episode (u8)."""
    state = np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15)
    state = mix(state + np.uint64(episode) * np.uint64(0xD1B54A32D192ED03) + np.uint64(1))
    return mix(state + np.uint64(who) * np.uint64(0x8CB92BA72F3D8DD7) + np.uint64(1))


@rule
def mix(z):
    """Finaliser of SplitMix64 (Steele, Lea, Flood 2014)."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@rule
def advance(stream):
    """The next state of a stream (u8): SplitMix64."""
    return np.uint64(stream) + np.uint64(0x9E3779B97F4A7C15)


@rule
def fraction(stream):
    """The number that a state of a stream stands for, uniform on [0, 1), 53 bits."""
    return np.float64(mix(np.uint64(stream)) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@rule
def uniform(chance):
    """The next number of the stream, uniform on [0, 1)."""
    chance.stream = advance(chance.stream)
    return fraction(chance.stream)


@rule
def flip(chance, probability):
    """Ask for True with the given probability; False is outcome 0, True outcome 1."""
    if chance.mode == STREAM:
        return uniform(chance) < probability
    if not 0.0 <= probability <= 1.0:
        chance.fault = NO_PROBABILITY
        return False
    if probability == 0.0 or probability == 1.0:
        return probability == 1.0
    position = chance.position
    if position >= chance.answers.size:
        chance.fault = TOO_MANY_QUESTIONS
        return False
    if position >= chance.length:
        chance.answers[position] = 0
        if chance.mode == ASK and position == chance.length:
            if chance.probabilities.size < 2:
                chance.fault = TOO_MANY_OUTCOMES
                return False
            chance.asked = 2
            chance.probabilities[0] = 1.0 - probability
            chance.probabilities[1] = probability
    answer = chance.answers[position]
    chance.following[position] = 1 if answer == 0 else -1
    chance.position = position + 1
    chance.probability *= probability if answer == 1 else 1.0 - probability
    return answer == 1


@rule
def pick(chance, weights):
    """Ask for an index of `weights` (f8 array), each with probability proportional to its weight."""
    # Sums first, as they need no branches: most draws of a policy have one possible outcome, whose place is then the sum of places.
    positive, wrong, places = 0, 0, 0
    for i in range(weights.size):
        positive += 1 if weights[i] > 0.0 else 0
        wrong += 0 if 0.0 <= weights[i] < np.inf else 1
        places += i if weights[i] > 0.0 else 0
    if wrong > 0 or positive == 0:
        chance.fault = NO_PROBABILITY
        return 0
    if positive == 1:
        return places
    total = 0.0
    for i in range(weights.size):
        total += weights[i]
    if not total < np.inf:
        chance.fault = NO_PROBABILITY
        return 0
    if chance.mode == STREAM:
        return outcome_at(weights, uniform(chance) * total)
    return _answer(chance, weights, weights.size, total)


@rule
def outcome_at(weights, point):
    """The outcome at a point from 0 to the weights' sum: the inverse distribution function. Never one of weight 0."""
    drawn = 0
    for i in range(weights.size):
        if weights[i] > 0.0:
            drawn = i
            point -= weights[i]
            if point < 0.0:
                break
    return drawn


@rule
def integer(chance, n):
    """Ask for one of 0, ..., n - 1, equally likely."""
    if n < 1:
        chance.fault = NO_PROBABILITY
        return 0
    if chance.mode == STREAM:
        return min(int(uniform(chance) * n), n - 1)
    if n == 1:
        return 0
    return _answer(chance, chance.probabilities[:0], n, float(n))


@rule
def _weight(weights, i):
    return weights[i] if weights.size else 1.0


@rule
def _answer(chance, weights, n, total):
    """The tape's answer among n outcomes; no `weights` means equal ones. Probabilities are weight / total."""
    position = chance.position
    if position >= chance.answers.size:
        chance.fault = TOO_MANY_QUESTIONS
        return 0
    if position >= chance.length:
        first = 0
        while _weight(weights, first) == 0.0:
            first += 1
        chance.answers[position] = first
        if chance.mode == ASK and position == chance.length:
            if n > chance.probabilities.size:
                chance.fault = TOO_MANY_OUTCOMES
                return first
            chance.asked = n
            for i in range(n):
                chance.probabilities[i] = _weight(weights, i) / total
    answer = chance.answers[position]
    following = answer + 1
    while following < n and _weight(weights, following) == 0.0:
        following += 1
    chance.following[position] = following if following < n else -1
    chance.position = position + 1
    chance.probability *= _weight(weights, answer) / total
    return answer


@rule
def first_tape(chance, mode):
    """Put chance into `TAPE` or `ASK` mode with an empty tape, for the first outcome of a transition."""
    chance.mode = mode
    chance.length = 0
    rewind(chance)


@rule
def rewind(chance):
    """Make chance ready to replay its tape."""
    chance.position = 0
    chance.asked = 0
    chance.probability = 1.0


@rule
def next_tape(chance):
    """Turn the tape just played into the next one in order; False when all outcomes have been played."""
    last = chance.position - 1
    while last >= 0 and chance.following[last] < 0:
        last -= 1
    if last < 0:
        return False
    chance.answers[last] = chance.following[last]
    chance.length = last + 1
    rewind(chance)
    return True
