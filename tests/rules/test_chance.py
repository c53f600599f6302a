"""Chance: the tape plays every outcome once, the stream is reproducible, bad questions are faults."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamesolve.base.compiled import compiled
from gamesolve.rules.chance import (
    ASK,
    NO_PROBABILITY,
    STREAM,
    TAPE,
    TOO_MANY_OUTCOMES,
    TOO_MANY_QUESTIONS,
    chance_record,
    first_tape,
    flip,
    integer,
    next_tape,
    pick,
    seed_stream,
    uniform,
)

weights_with_zeros = st.lists(st.sampled_from([0.0, 0.0, 0.25, 1.0, 3.0]), min_size=1, max_size=4).filter(any).map(np.array)
probabilities = st.sampled_from([0.0, 0.125, 0.5, 0.9, 1.0])


@compiled
def transition(chance, probability, weights, n):
    """A transition whose questions depend on earlier answers; its outcome as one number."""
    if flip(chance, probability):
        return 100 + 10 * pick(chance, weights) + integer(chance, n)
    return integer(chance, n) + (0 if flip(chance, probability) else 50)


@compiled
def play_all(chances, probability, weights, n, outcomes, likelihoods):
    """Every tape of the transition in order; returns how many there were."""
    chance = chances[0]
    first_tape(chance, TAPE)
    count = 0
    while True:
        outcomes[count] = transition(chance, probability, weights, n)
        likelihoods[count] = chance.probability
        count += 1
        if not next_tape(chance):
            return count


@compiled
def ask_flip(chances, probability):
    return flip(chances[0], probability)


@compiled
def ask_pick(chances, weights):
    return pick(chances[0], weights)


@compiled
def ask_integer(chances, n):
    return integer(chances[0], n)


@compiled
def ask_many(chances, count):
    total = 0
    for _ in range(count):
        total += integer(chances[0], 2)
    return total


@compiled
def draw(chances, values):
    for i in range(values.size):
        values[i] = uniform(chances[0])


def chance(mode=TAPE, questions=8, outcomes=8, tape=()):
    made = np.zeros(1, chance_record(questions, outcomes))
    made["mode"], made["probability"], made["length"] = mode, 1.0, len(tape)
    made["answers"][0, : len(tape)] = tape
    return made


def expected_outcomes(probability, weights, n):
    """The same transition enumerated by hand: outcome to probability."""
    table: dict[int, float] = {}
    for i, weight in enumerate(weights):
        for k in range(n):
            table[100 + 10 * i + k] = probability * weight / weights.sum() / n
    for k in range(n):
        for extra, p in ((0, probability), (50, 1 - probability)):
            table[k + extra] = table.get(k + extra, 0.0) + (1 - probability) * p / n
    return {outcome: p for outcome, p in table.items() if p > 0}


@settings(max_examples=200, deadline=None)
@given(probabilities, weights_with_zeros, st.integers(1, 4))
def test_the_tape_plays_every_outcome_once_with_its_probability(probability, weights, n):
    outcomes, likelihoods = np.zeros(200, np.int64), np.zeros(200)
    count = play_all(chance(), probability, weights, n, outcomes, likelihoods)
    expected = expected_outcomes(probability, weights, n)
    assert sorted(outcomes[:count]) == sorted(expected)
    assert likelihoods[:count].sum() == pytest.approx(1.0, abs=1e-12)
    assert dict(zip(outcomes[:count].tolist(), likelihoods[:count].tolist(), strict=True)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("ask", "argument", "answer"),
    [(ask_flip, 0.0, 0), (ask_flip, 1.0, 1), (ask_pick, np.array([0.0, 2.0, 0.0]), 1), (ask_integer, 1, 0)],
)
def test_a_certain_answer_is_no_question(ask, argument, answer):
    made = chance(ASK)
    assert ask(made, argument) == answer
    assert (made["position"][0], made["asked"][0], made["fault"][0]) == (0, 0, 0)


def test_the_first_question_past_the_tape_is_reported_with_its_probabilities():
    made = chance(ASK)
    ask_pick(made, np.array([1.0, 0.0, 3.0]))
    assert made["asked"][0] == 3
    np.testing.assert_allclose(made["probabilities"][0, :3], [0.25, 0.0, 0.75])


def test_questions_on_the_tape_are_answered_and_not_reported():
    made = chance(ASK, tape=(2, 1))
    assert ask_integer(made, 3) == 2
    assert ask_flip(made, 0.25)
    assert made["asked"][0] == 0
    assert made["probability"][0] == pytest.approx(1 / 3 * 0.25)


@pytest.mark.parametrize("probability", [-0.1, 1.1, np.nan, np.inf])
def test_a_flip_with_an_impossible_probability_is_a_fault(probability):
    made = chance()
    ask_flip(made, probability)
    assert made["fault"][0] == NO_PROBABILITY


@pytest.mark.parametrize("weights", [[-1.0, 2.0], [0.0, 0.0], [np.nan, 1.0], [np.inf, 1.0]])
def test_a_pick_with_impossible_weights_is_a_fault(weights):
    made = chance()
    ask_pick(made, np.array(weights))
    assert made["fault"][0] == NO_PROBABILITY


def test_an_integer_among_none_is_a_fault():
    made = chance()
    ask_integer(made, 0)
    assert made["fault"][0] == NO_PROBABILITY


def test_more_questions_than_declared_are_a_fault():
    made = chance(questions=3)
    ask_many(made, 3)
    assert made["fault"][0] == 0
    ask_many(made, 1)
    assert made["fault"][0] == TOO_MANY_QUESTIONS


def test_more_outcomes_than_declared_are_a_fault_where_they_must_be_listed():
    made = chance(ASK, outcomes=4)
    ask_integer(made, 5)
    assert made["fault"][0] == TOO_MANY_OUTCOMES


def test_the_stream_is_splitmix64():
    """First outputs for the state 1234567, as published at Rosetta Code ("Pseudo-random numbers/Splitmix64")."""
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821]
    made = chance(STREAM)
    made["stream"] = 1234567
    values = np.zeros(5)
    draw(made, values)
    assert values.tolist() == [(number >> 11) / 2**53 for number in published]


def test_streams_of_other_episodes_seeds_and_agents_differ():
    starts = {int(seed_stream(seed, episode, who)) for seed in range(10) for episode in range(100) for who in range(4)}
    assert len(starts) == 10 * 100 * 4


def test_first_draws_of_consecutive_episodes_are_uniform():
    made, first = chance(STREAM), np.zeros(1)
    counts = np.zeros(10)
    for episode in range(5000):
        made["stream"] = seed_stream(3, episode, 0)
        draw(made, first)
        counts[int(first[0] * 10)] += 1
    # Chi-square with 9 degrees of freedom: 27.9 is exceeded with probability 0.001.
    assert ((counts - 500) ** 2 / 500).sum() < 27.9


@pytest.mark.parametrize(
    ("ask", "argument", "mean"), [(ask_flip, 0.3, 0.3), (ask_pick, np.array([1.0, 0.0, 3.0]), 1.5), (ask_integer, 5, 2.0)]
)
def test_answers_from_a_stream_have_the_asked_distribution(ask, argument, mean):
    made = chance(STREAM)
    made["stream"] = seed_stream(1, 0, 0)
    answers = [ask(made, argument) for _ in range(4000)]
    assert np.mean(answers) == pytest.approx(mean, abs=4 * np.std(answers) / np.sqrt(4000))


def test_a_pick_from_a_stream_never_answers_with_weight_zero():
    made = chance(STREAM)
    made["stream"] = seed_stream(2, 0, 0)
    assert {ask_pick(made, np.array([0.0, 1.0, 0.0, 1.0, 0.0])) for _ in range(500)} == {1, 3}
