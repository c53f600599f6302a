"""Kuhn poker against Kuhn's answer and OpenSpiel's counts."""

import pytest
from reference_play import play, play_all_pairs
from reference_walk import value, walk

from gamesolve import load_game


def test_value_and_size_are_those_of_openspiel():
    found = walk(load_game("kuhn"))
    assert [len(sets) for sets in found.sets] == [6, 6]
    assert len(found.payoffs) == 30
    assert value(found) == pytest.approx(-1 / 18, abs=1e-12)


def test_scripted_policies_keep_the_contract():
    play_all_pairs(load_game("kuhn"))


def test_two_bold_players_show_their_cards_for_two_chips():
    for seed in range(10):
        steps = play(load_game("kuhn"), ("always_bet", {}), ("always_bet", {}), seed=seed)
        cards = steps[0].signals[:, 0]
        assert len(steps) == 2
        assert steps[-1].reward[0] == (2.0 if cards[0] > cards[1] else -2.0)


def test_a_passive_player_folds_to_a_bet_for_one_chip():
    steps = play(load_game("kuhn"), ("passive", {}), ("always_bet", {}))
    assert [s.actions.tolist() for s in steps] == [[0, 0], [0, 1], [0, 0]]
    assert steps[-1].reward.tolist() == [-1.0, 1.0]
