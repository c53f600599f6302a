"""Records: aligned, signed or float, transient fields last."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamesolve.base.errors import GamesolveError
from gamesolve.rules.record import record, rounded_size, transient_start


def test_a_record_is_an_aligned_dtype_with_the_fields_in_order():
    made = record(owner="i1", last_flip=("i2", 2), cost=("f8", (2, 3)))
    assert made.isalignedstruct
    assert made.names == ("owner", "last_flip", "cost")
    assert made["cost"].shape == (2, 3)


def test_records_nest():
    inner = record(alerts=("i1", 3))
    assert record(node=(inner, 4))["node"].shape == (4,)


def test_transient_fields_lie_at_the_end():
    made = record(owner="i4", transient={"exploit": "i1"})
    assert transient_start(made) == made.fields["exploit"][1] >= made.fields["owner"][1] + 4


def test_a_record_without_transient_fields_has_none_to_zero():
    made = record(owner="i1")
    assert transient_start(made) == made.itemsize


def test_an_empty_record_is_still_a_record():
    assert record().names == ("nothing",)


@pytest.mark.parametrize("kind", ["u1", "?", "O", "U4", "c16", "M8[s]", "nonsense", ("u2", 3)])
def test_unsigned_boolean_and_object_fields_are_refused_by_name(kind):
    with pytest.raises(GamesolveError, match="'owner'"):
        record(owner=kind)


@pytest.mark.parametrize("name", ["_private", "dtype", "item", "tobytes", "two words"])
def test_names_that_a_numpy_row_already_has_are_refused(name):
    with pytest.raises(GamesolveError, match=repr(name)):
        record(**{name: "i1"})


def test_a_transient_field_cannot_repeat_a_name():
    with pytest.raises(GamesolveError, match="owner"):
        record(owner="i1", transient={"owner": "i1"})


@given(st.integers(0, 10_000))
def test_rounded_sizes_are_the_least_powers_of_two_from_eight(count):
    size = rounded_size(count)
    assert size >= max(count, 8)
    assert size == 8 or size // 2 < count
    assert np.log2(size) % 1 == 0
