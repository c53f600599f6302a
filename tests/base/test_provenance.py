"""Provenance says with what a run was computed."""

from __future__ import annotations

import numpy as np

import gamesolve
from gamesolve.base.provenance import differences, provenance


def test_versions_and_facts_stand_in_it():
    found = provenance(seed=3)
    assert found["seed"] == 3
    assert found["numpy"] == np.__version__
    assert found["gamesolve"] == gamesolve.__version__


def test_it_is_the_same_every_time():
    assert provenance(seed=3) == provenance(seed=3)
    assert differences(provenance(seed=3), provenance(seed=3)) == []


def test_differences_are_told_in_words():
    assert differences({"numpy": "1.0"}, {"numpy": "2.0"}) == ["numpy was '1.0' and is '2.0'"]
