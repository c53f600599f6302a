"""Signals: widths, features and words derive from one declaration."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamesolve.base.errors import GamesolveError
from gamesolve.rules.signals import Signal, describe_row, features, width

ALERT = Signal("alert", 2, count=3)
CARD = Signal("card", 3, labels=("jack", "queen", "king"))
CLOCK = Signal("clock", 5, ordinal=True)

signals = st.builds(Signal, st.just("s"), st.integers(1, 6), count=st.integers(1, 4), ordinal=st.booleans())


def test_features_are_one_hot_or_scaled_where_ordinal():
    rows = np.array([[0, 1, 0, 2, 4], [1, 1, 1, 0, 1]], np.int16)
    made = features((ALERT, CARD, CLOCK), rows)
    assert made.dtype == np.float32
    np.testing.assert_array_equal(made[0], [1, 0, 0, 1, 1, 0, 0, 0, 1, 1.0])
    np.testing.assert_array_equal(made[1], [0, 1, 0, 1, 0, 1, 1, 0, 0, 0.25])


@given(st.lists(signals, max_size=4).map(tuple), st.integers(0, 5), st.randoms(use_true_random=False))
def test_features_have_the_declared_size_and_lie_in_the_unit_interval(declared, batch, random):
    row = [random.randrange(s.values) for _ in range(batch) for s in declared for _ in range(s.count)]
    made = features(declared, np.array(row, np.int16).reshape(batch, width(declared)))
    assert made.shape == (batch, sum(s.features for s in declared))
    assert ((made >= 0) & (made <= 1)).all()


def test_different_rows_have_different_features():
    grid = np.array([[a, b] for a in range(3) for b in range(5)], np.int16)
    made = features((CARD, CLOCK), grid)
    assert len(np.unique(made, axis=0)) == 15


def test_rows_are_described_in_the_games_words():
    assert describe_row((ALERT, CARD), np.array([0, 1, 0, 2])) == "alert=0,1,0 card=king"


@pytest.mark.parametrize(("values", "count"), [(0, 1), (40000, 1), (2, 0)])
def test_sizes_out_of_range_are_refused_by_name(values, count):
    with pytest.raises(GamesolveError, match=f"'alert' has values={values}, count={count}"):
        Signal("alert", values, count=count)


def test_labels_must_fit_the_values():
    with pytest.raises(GamesolveError, match="'card' has 2 labels for 3 values"):
        Signal("card", 3, labels=("jack", "queen"))


@pytest.mark.parametrize("labels", [("up", "up"), ("up", "down, or so")])
def test_labels_that_could_be_mistaken_for_each_other_are_refused(labels: tuple[str, str]) -> None:
    with pytest.raises(GamesolveError, match="they differ from each other and hold no comma"):
        Signal("state", 2, labels=labels)
