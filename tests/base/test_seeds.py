"""Derived seeds: in range, the same every time, and different for every purpose."""

import pytest

from gamesolve.base.errors import GamesolveError
from gamesolve.base.seeds import checked_seed, derived_seed


def test_derived_seeds_are_in_range_and_differ_by_purpose():
    found = [derived_seed(seed, *purpose) for seed in (0, 1) for purpose in (("test",), ("train", "ppo", 0), ("train", "ppo", 1))]
    assert len(set(found)) == 6
    assert all(0 <= seed < 2**63 for seed in found)


def test_words_that_run_together_stay_apart():
    assert derived_seed(1, "a", "bc") != derived_seed(1, "ab", "c")


def test_a_derived_seed_never_changes():
    assert derived_seed(0, "validation") == 3555909873932079945


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_a_seed_out_of_range_is_refused(seed):
    with pytest.raises(GamesolveError, match=r"the seed is .*; it lies in 0 to 2\^63 - 1"):
        checked_seed(seed)
