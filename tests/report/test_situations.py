from __future__ import annotations

import pytest

from gamesolve.report.course import course_of
from gamesolve.report.situations import situations_of
from gamesolve.solve import solve
from gamesolve.views.problem import load_problem


def test_choices_of_every_situation_add_up_to_one(office):
    situations = office.situations(0)
    assert len(situations) > 10
    for situation in situations:
        assert sum(situation.choices.values()) == pytest.approx(1.0, abs=1e-9)


def test_situations_of_each_epoch_cover_all_plays(office):
    situations = office.situations(0)
    for epoch in range(3):
        assert sum(s.reach for s in situations if s.epoch == epoch) == pytest.approx(1.0, abs=0.01)


def test_what_follows_a_situation_is_of_the_next_epoch_and_no_likelier(office):
    situations = office.situations(0)
    followed = [(s, situations[k]) for s in situations for k in s.following.values()]
    assert followed
    assert all(after.epoch == before.epoch + 1 and after.reach <= before.reach + 1e-12 for before, after in followed)


def test_the_cap_keeps_the_likeliest_situations(office):
    assert office.course is not None
    capped = situations_of(office.game, 0, office.tables[0], office.course, most=5)
    assert len(capped) == 5
    assert capped[0].epoch == 0


def test_several_picks_an_epoch_make_one_choice():
    problem = load_problem("attack_graph", {"graph": "tiny", "horizon": 2, "defender_picks": 2, "attacker_picks": 2})
    solution = solve(problem, "cfr+", gap=1e-9, iterations=50)
    acting = [policy.acting(problem.game, policy.agent) for policy in solution.policies]
    course = course_of(problem.game, acting)
    situations = situations_of(problem.game, 0, acting[0].table, course)
    for situation in situations:
        assert all(len(actions) == 2 for actions in situation.choices)
        assert sum(situation.choices.values()) == pytest.approx(1.0, abs=1e-9)
    assert sum(s.reach for s in situations if s.epoch == 1) == pytest.approx(1.0, abs=0.01)
