"""The user's words for a game become one, ours or OpenSpiel's."""

from __future__ import annotations

import pyspiel
import pytest

from gamesolve.base.errors import GamesolveError
from gamesolve.base.registry import load_game
from gamesolve.views.problem import load_problem, problem_of

NESTED = "openspiel:turn_based_simultaneous_game(game=goofspiel(num_cards=3,imp_info=True,points_order=descending))"


@pytest.mark.parametrize("words", ["kuhn", "openspiel:kuhn_poker", "openspiel:leduc_poker(suit_isomorphism=True)", NESTED])
def test_name_and_parameters_make_the_same_game_again(words):
    problem = load_problem(words, {})
    again = load_problem(problem.name, problem.parameters)
    assert again.fingerprint == problem.fingerprint
    assert again.parameters == problem.parameters
    assert again.tree().pairs == problem.tree().pairs


def test_parameters_are_the_same_wherever_they_are_written():
    inside = load_problem("openspiel:leduc_poker(suit_isomorphism=True)", {})
    assert load_problem("openspiel:leduc_poker", {"suit_isomorphism": True}).fingerprint == inside.fingerprint
    assert load_problem("openspiel:leduc_poker", {}).fingerprint != inside.fingerprint


def test_the_fingerprint_is_the_trees():
    for words in ("kuhn", "openspiel:kuhn_poker"):
        problem = load_problem(words, {})
        assert problem.tree().fingerprint == problem.fingerprint


def test_roles_and_ranges_are_the_games():
    assert problem_of(load_game("kuhn")).roles == ("defender", "attacker")
    problem = problem_of(pyspiel.load_game("kuhn_poker"))
    assert (problem.roles, problem.payoff_range, problem.zero_sum) == (("0", "1"), 4.0, True)
    assert not problem_of(pyspiel.load_game("matrix_pd")).zero_sum


@pytest.mark.parametrize(
    ("words", "parameters", "message"),
    [
        ("openspiel:nope", {}, "unknown OpenSpiel game 'nope'"),
        ("openspiel:", {}, "unknown OpenSpiel game ''"),
        ("openspiel:leduc_poker", {"x": 1}, "unknown parameter of openspiel:leduc_poker 'x'"),
        ("openspiel:leduc_poker", {"players": "x"}, "OpenSpiel refuses"),
        ("openspiel:leduc_poker", {"players": [1]}, "OpenSpiel refuses"),
        ("openspiel:leduc_poker(", {}, "OpenSpiel refuses"),
        ("openspiel:leduc_poker(players=3)", {}, "has 3 players"),
        ("nope", {}, "unknown game 'nope'"),
    ],
)
def test_what_names_no_game_is_refused(words, parameters, message, capfd):
    with pytest.raises(GamesolveError, match=message):
        load_problem(words, parameters)
    assert capfd.readouterr().err == ""
