from __future__ import annotations

import pytest

from gamesolve.base.bound import Bound
from gamesolve.report import plain_words
from gamesolve.report.plain import guarantee, outcome


def test_kuhn_in_plain_words(kuhn_run):
    words = plain_words(kuhn_run)
    # The value is -1/18 (H. W. Kuhn 1950).
    assert "the defender should expect to lose between 0.05533 and 0.05618 on average" in words
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
    assert "player 0 should expect to lose between 0.05533 and 0.05618 on average" in words
    assert "In 33% of plays (" in words
    assert "Pass" in words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Bound(-2.01, -1.99), "should expect to lose 2 on average"),
        (Bound(1.99, 2.01), "should expect to gain 2 on average"),
        (Bound(-2.20056, -2.11835), "should expect to lose between 2.118 and 2.201 on average"),
        (Bound(0.01, 0.09), "should expect to gain between 0.01 and 0.09 on average"),
        (Bound(-0.1, 0.15), "should expect something between a loss of 0.1 and a gain of 0.15 on average"),
        (Bound.exact(0.0, 1e-12), "should expect to come out even"),
    ],
)
def test_the_outcome_says_who_gains(value, words):
    assert outcome(value) == words


def test_the_guarantee_tells_both_ends_of_the_bracket():
    words = guarantee(Bound(-2.20056, -2.11835), "the defender")
    assert "loses 2.201 at most" in words
    assert words.endswith("below 2.118")
    assert "at least −0.1 on average" in guarantee(Bound(-0.1, 0.15), "the defender")  # noqa: RUF001
    assert "whatever the opponent does" in guarantee(Bound.exact(1.0), "the defender")
