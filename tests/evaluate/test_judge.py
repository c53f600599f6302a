"""Brackets of policies and profiles: what they are worth, to whom, and how exactly."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gamesolve import evaluate, load_game


def test_each_role_of_a_general_sum_game_is_judged_to_the_precision_of_its_own_returns():
    game = load_game("flipit", horizon=3, zero_sum=False)
    (low, high), theirs = game.utility_bounds
    wide = replace(game, utility_bounds=((1e6 * low, 1e6 * high), theirs))
    profile = {"defender": "random", "attacker": "random"}
    narrow, found = evaluate(game, profile), evaluate(wide, profile)
    for question in ("worst_case_return", "expected_return", "regret"):
        before, after = getattr(narrow, question), getattr(found, question)
        assert after["attacker"].width == pytest.approx(before["attacker"].width, rel=0.01)
        assert after["defender"].width > 1e5 * before["defender"].width
