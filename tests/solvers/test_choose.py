"""Which method is chosen, and that the choice says why."""

from __future__ import annotations

import pytest
from sample_trees import KUHN, goofspiel, liars_dice, openspiel_tree, random_tree

from gamesolve.base.errors import GamesolveError
from gamesolve.solvers import choose
from gamesolve.solvers.choose import choose_method


def test_small_trees_are_solved_by_linear_program():
    method, reason = choose_method(openspiel_tree(KUHN), 1e-3)
    assert method == "lp"
    assert "30 payoff pairs" in reason


# Dice are won by discounted CFR, goofspiel by predictive CFR+, in experiments with independent implementations.
@pytest.mark.parametrize(("game", "winner"), [(liars_dice(5), "dcfr"), (goofspiel(5), "pcfr+")])
def test_larger_trees_are_raced_for(game, winner, monkeypatch):
    monkeypatch.setattr(choose, "LP_PAIRS", 0)
    monkeypatch.setattr(choose, "RACE", 256)
    method, reason = choose_method(openspiel_tree(game), 1e-3)
    assert method == winner
    assert all(name in reason for name in ("cfr+", "dcfr", "pcfr+", "256"))
    assert "\n" not in reason


def test_a_gap_out_of_reach_of_cfr_is_left_to_the_linear_program(monkeypatch):
    monkeypatch.setattr(choose, "LP_PAIRS", 0)
    assert choose_method(openspiel_tree(KUHN), 1e-9)[0] == "lp"


def test_general_sum_trees_are_refused_whatever_their_size(monkeypatch):
    tree = random_tree(1, zero_sum=False)
    with pytest.raises(GamesolveError, match="general-sum"):
        choose_method(tree, 1e-3)
    monkeypatch.setattr(choose, "LP_PAIRS", 0)
    with pytest.raises(GamesolveError, match="general-sum"):
        choose_method(tree, 1e-3)
