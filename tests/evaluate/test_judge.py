"""Brackets of policies and profiles: what they are worth, to whom, how exactly, and what is left of them when time runs out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gamesolve import evaluate, load_game
from gamesolve.base.errors import GamesolveError
from gamesolve.evaluate.gains import UNKNOWN
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.solve import solve
from gamesolve.views import openspiel_tree, tree_build
from gamesolve.views.problem import load_problem

PROFILE = {"defender": "random", "attacker": "random"}


class After:
    """A stop button that is pressed once it has been asked `times` times."""

    def __init__(self, times: int) -> None:
        self.left = times

    def __call__(self) -> bool:
        self.left -= 1
        return self.left < 0


@pytest.fixture
def short_pauses(monkeypatch):
    """Trees small enough for a test are built in many parts."""
    monkeypatch.setattr(tree_build, "SMALL", 5)
    monkeypatch.setattr(tree_build, "PAUSE", 50)
    monkeypatch.setattr(openspiel_tree, "PAUSE", 7)


def test_each_role_of_a_general_sum_game_is_judged_to_the_precision_of_its_own_returns():
    game = load_game("flipit", horizon=3, zero_sum=False)
    (low, high), theirs = game.utility_bounds
    wide = replace(game, utility_bounds=((1e6 * low, 1e6 * high), theirs))
    narrow, found = evaluate(game, PROFILE), evaluate(wide, PROFILE)
    for question in ("worst_case_return", "expected_return", "regret"):
        before, after = getattr(narrow, question), getattr(found, question)
        assert after["attacker"].width == pytest.approx(before["attacker"].width, rel=0.01)
        assert after["defender"].width > 1e5 * before["defender"].width


def answers(found) -> list:
    """All brackets of an evaluation, in one order."""
    by_role = (found.worst_case_return, found.expected_return, found.regret, found.game_value)
    return [found.exploitability, *(bounds[role] for bounds in by_role for role in sorted(bounds))]


@pytest.mark.parametrize("parameters", [{}, {"zero_sum": False}])
def test_an_evaluation_that_is_stopped_anywhere_leaves_answers_that_are_unknown_or_right(parameters, short_pauses):
    game = load_game("flipit", horizon=3, **parameters)
    whole = evaluate(game, PROFILE, gap=1e-6)
    known = set()
    for times in range(40):
        found = evaluate(game, PROFILE, gap=1e-6, stop=After(times))
        for bound, truth in zip(answers(found), answers(whole), strict=True):
            assert bound == UNKNOWN or bound.lower <= truth.lower <= truth.upper <= bound.upper
        assert (found.stopped == "interrupt") == any("interrupted" in note for note in found.notes)
        known.add(sum(bound != UNKNOWN for bound in answers(found)))
        if found.stopped == "done":
            break
    assert found.stopped == "done"
    assert answers(found) == answers(whole)
    # Nothing, everything, and steps in between.
    assert len(known) > 3
    assert min(known) == 0


def test_what_time_has_run_out_for_is_said(short_pauses):
    found = evaluate(load_game("flipit", horizon=3), PROFILE, time_limit=1e-9)
    assert found.stopped == "time"
    assert found.best_response == {}
    assert found.notes == (
        "the defender's worst case is not known: time ran out first",
        "the attacker's worst case is not known: time ran out first",
        "the expected returns are not known: time ran out first",
        "the regrets are not known: time ran out first",
        "the game's value is not known: time ran out first",
    )


def test_a_small_game_is_judged_however_little_time_there_is():
    found = evaluate(load_game("kuhn"), "random", role="defender", time_limit=1e-9)
    assert found.worst_case_return["defender"].kind == "exact"
    assert found.game_value["defender"].lower <= -1 / 18 <= found.game_value["defender"].upper
    assert (found.stopped, found.notes) == ("time", ("the game's value is not known better: time ran out first",))


def test_estimates_are_made_of_all_their_episodes_or_not_at_all():
    game = load_game("kuhn")
    policy = ScriptedPolicy.named(game, "defender", "random")
    drawn = replace(policy, scripted=replace(policy.scripted, enumerable=False))
    whole = evaluate(game, drawn, responders=(), episodes=300)
    assert whole.worst_case_return["defender"].episodes == 300
    cut = evaluate(game, drawn, responders=(), episodes=10**8, time_limit=0.05)
    assert cut.worst_case_return["defender"] == UNKNOWN
    assert cut.notes[0] == "the defender's worst case is not known: time ran out first"


def test_a_mixture_or_a_game_whose_tree_is_not_finished_is_not_known(short_pauses):
    game = load_game("flipit", horizon=3)
    mixed = Mixture((solve(game).policies[0],), np.ones(1))
    problem = load_problem("openspiel:kuhn_poker", {})
    for asked, policy in ((game, mixed), (problem, solve(problem).policies[0])):
        found = evaluate(asked, policy, stop=lambda: True)
        assert found.stopped == "interrupt"
        assert all(bound == UNKNOWN for bound in answers(found))


def test_a_mixture_is_played_where_the_tree_does_not_fit(short_pauses):
    game = load_game("flipit", horizon=3)
    policy = solve(game).policies[0]
    mixed = Mixture((policy, policy), np.array([0.5, 0.5]))
    found, alone = (evaluate(game, one, memory=100, responders=(), episodes=200) for one in (mixed, policy))
    assert found.worst_case_return == alone.worst_case_return
    assert "a mixture is evaluated through its behavioural equivalent, which needs the game's tree" in found.notes[0]


def test_the_listener_hears_of_every_part_by_the_clock_of_the_whole():
    heard = []
    evaluate(load_game("kuhn"), "random", role="defender", progress=heard.append, time_limit=100.0)
    assert [progress.phase for progress in heard] == ["tree", "lp", "lp"]
    assert {progress.time_limit for progress in heard} == {100.0}
    assert [progress.seconds for progress in heard] == sorted(progress.seconds for progress in heard)


@pytest.mark.parametrize("asked", [{"gap": -1.0}, {"time_limit": 0.0}, {"episodes": 1}])
def test_what_is_out_of_range_is_refused_before_the_work(asked):
    with pytest.raises(GamesolveError, match=rf"{next(iter(asked)).split('_')[0]}.* is {next(iter(asked.values()))}"):
        evaluate(load_game("kuhn"), "random", role="defender", **asked)
