"""Bounds in words."""

from __future__ import annotations

import pytest

from gamesolve.base.bound import Bound
from gamesolve.report.bounds import figure_of, kind_of


@pytest.mark.parametrize(
    ("bound", "words"),
    [
        (Bound.exact(0.25, 1e-13), "0.25"),
        (Bound(0.2999, 0.3301), "0.299 to 0.331"),
        (Bound(2.83568, None), "at least 2.835"),
        (Bound(None, 2.83561), "at most 2.836"),
        (Bound(None, None), "none known"),
        (Bound(0.0, None), "at least 0"),
    ],
)
def test_a_figure_says_what_is_known_and_no_more(bound, words):
    assert figure_of(bound) == words


def test_a_kind_has_its_confidence_and_its_episodes():
    assert [kind_of(Bound.exact(1.0)), kind_of(Bound(0.0, 1.0))] == ["exact", "proved"]
    assert kind_of(Bound(0.0, None, "estimated", 0.95)) == "95% confidence"
    assert kind_of(Bound(0.0, None, "estimated", 0.95, 1_000)) == "95% confidence, 1,000 episodes"
