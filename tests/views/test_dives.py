"""Hopelessly large trees are told by random plays of the plain rules, before anything is compiled."""

import pytest
from toy import toy

from gamesolve import load_game
from gamesolve.base.errors import TooLargeError
from gamesolve.views import dives, tree_build
from gamesolve.views.dives import guessed_pairs, surely_more_than
from gamesolve.views.tree_build import build_tree, seems_to_fit


@pytest.mark.parametrize("load", [lambda: load_game("cage2"), lambda: load_game("attack_graph", graph="random_30", horizon=3)])
def test_a_hopeless_tree_is_refused_without_a_walk(load, monkeypatch):
    monkeypatch.setattr(tree_build, "Walker", None)
    with pytest.raises(TooLargeError, match=r"far more than the 1.07e\+08 payoff pairs .* a shorter horizon, or .* 'gamesolve simulate'"):
        build_tree(load())


@pytest.mark.parametrize(("name", "parameters"), [("kuhn", {}), ("leduc", {}), ("attack_graph", {}), ("stopping", {"horizon": 60})])
def test_trees_of_ordinary_size_are_left_to_the_walk(name, parameters):
    assert not surely_more_than(load_game(name, **parameters), 1e8)


@pytest.mark.parametrize("load", [lambda: load_game("kuhn"), lambda: load_game("inspection"), lambda: load_game("flipit", horizon=3), toy])
def test_a_tree_that_fits_is_seldom_taken_for_hopeless(load, monkeypatch):
    # Markov's inequality with c = 5: a play that says so is at most one in five; 4.5 standard errors of 400 plays.
    monkeypatch.setattr(dives, "CERTAINTY", 5.0)
    monkeypatch.setattr(dives, "DIVES", 1)
    game = load()
    pairs = build_tree(game).leaves
    assert sum(surely_more_than(game, pairs, seed=seed) for seed in range(400)) <= 400 * 0.2 + 4.5 * (400 * 0.2 * 0.8) ** 0.5


def test_a_guess_is_of_the_right_order():
    assert 3.0 < guessed_pairs(load_game("kuhn")) < 300.0  # 30
    assert 5e4 < guessed_pairs(load_game("attack_graph")) < 5e8  # about 4e6
    assert seems_to_fit(load_game("attack_graph"))
    assert not seems_to_fit(load_game("attack_graph"), memory=10**6)
    assert not seems_to_fit(load_game("attack_graph", graph="random_30"))
    assert guessed_pairs(load_game("cage2", horizon=200)) == float("inf")


@pytest.mark.parametrize(("fault", "expected"), [("kept", True), ("no_action", False), ("bad_weights", False)])
def test_what_breaks_the_contract_is_left_to_the_walk(fault, expected, monkeypatch):
    monkeypatch.setattr(dives, "CERTAINTY", 2.0)
    assert surely_more_than(toy(fault=fault), 20.0) == expected
