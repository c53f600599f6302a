from __future__ import annotations

import pytest

from gamesolve.base.bound import Bound
from gamesolve.report import plain_words
from gamesolve.report.plain import certain_digits, guarantee, outcome


def test_kuhn_in_plain_words(kuhn_run):
    words = plain_words(kuhn_run)
    # The value is -1/18 (H. W. Kuhn 1950).
    assert "the defender should expect to lose 0.056 on average" in words
    assert "card queen, last move none): pass." in words
    assert len(words.split("\n")) <= 12


def test_a_network_in_plain_words(network_run):
    words = plain_words(network_run)
    assert "What the attacker tries most: attack " in words
    assert "How likely the attacker holds each target in the end: Data stolen (" in words
    assert "\nEpoch 1: " in words
    assert len(words.split("\n")) <= 12


def test_an_openspiel_game_in_plain_words(openspiel_run):
    words = plain_words(openspiel_run)
    assert "player 0 should expect to lose 0.05" in words
    assert "In 33% of plays (" in words
    assert "Pass" in words


def test_only_certain_digits_are_told():
    assert certain_digits(Bound(1.2, 1.4)) == 2
    assert certain_digits(Bound(1.23451, 1.23456)) == 5
    assert certain_digits(Bound.exact(1.0)) == 6


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Bound(-2.01, -1.99), "should expect to lose 2 on average"),
        (Bound(1.99, 2.01), "should expect to gain 2 on average"),
        (Bound(-0.1, 0.1), "should expect to come out even"),
    ],
)
def test_the_outcome_says_who_gains(value, words):
    assert outcome(value) == words


def test_the_guarantee_tells_both_ends_of_the_bracket():
    words = guarantee(Bound(-2.5, -2.0), "the defender")
    assert "loses 2.5 at most" in words
    assert "below 2" in words
    assert "whatever the opponent does" in guarantee(Bound.exact(1.0), "the defender")
