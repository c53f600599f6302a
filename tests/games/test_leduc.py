"""Leduc poker against OpenSpiel's value and counts."""

import pytest
from reference_play import play, play_all_pairs
from reference_walk import value, walk

from gamesolve import load_game

VALUE = -0.085606424078  # sequence-form LP of OpenSpiel


@pytest.mark.parametrize(("isomorphism", "sets", "pairs"), [(False, 468, 5520), (True, 144, 1116)])
def test_value_and_size_are_those_of_openspiel(isomorphism, sets, pairs):
    found = walk(load_game("leduc", suit_isomorphism=isomorphism))
    assert [len(s) for s in found.sets] == [sets, sets]
    assert len(found.payoffs) == pairs
    assert value(found) == pytest.approx(VALUE, abs=1e-11)


def test_both_ends_of_the_utility_bounds_are_reached():
    returns = [r[0] for r in walk(load_game("leduc", suit_isomorphism=True)).returns]
    assert (min(returns), max(returns)) == (-13.0, 13.0)


@pytest.mark.parametrize("isomorphism", [False, True])
def test_scripted_policies_keep_the_contract(isomorphism):
    play_all_pairs(load_game("leduc", suit_isomorphism=isomorphism))


def test_two_raisers_reach_the_largest_pot_in_six_moves():
    steps = play(load_game("leduc"), ("always_raise", {}), ("always_raise", {}), seed=1)
    assert len(steps) == 6
    assert abs(steps[-1].reward[0]) in (0.0, 13.0)
