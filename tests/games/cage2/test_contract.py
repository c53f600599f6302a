"""The shipped contract check on CAGE Challenge 2, as it was and with everything switched."""

import pytest

from gamesolve import check_game, load_game

SWITCHED = {"preset": "debugged", "green": True, "own_past": False, "forced_exploits": True, "zero_sum": False}


def test_the_game_keeps_the_contract():
    check_game(load_game("cage2", horizon=20, green=True), transitions=100)


@pytest.mark.slow
@pytest.mark.parametrize("parameters", [{}, SWITCHED], ids=["original", "switched"])
def test_views_agree_on_a_thousand_transitions(parameters, record_property):
    report = check_game(load_game("cage2", **parameters), transitions=1000)
    record_property("transitions compared in all views", report.transitions)
