"""Cells: what they depend on, and what training cannot know."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_study import STUDY, changed

from gamesolve.base.errors import GamesolveError
from gamesolve.study.cells import plan_of_study
from gamesolve.study.file import study_of
from gamesolve.study.roster import roster_of


def plan(given=STUDY):
    return plan_of_study(roster_of(study_of(given), Path()))


def keys(given, kind):
    return {cell.key for cell in plan(given).cells() if cell.kind == kind}


def test_no_training_cell_names_a_held_out_attacker():
    found = plan()
    held_out = {one.digest: one.name for one in found.roster.attackers if one.tier != "seen"}
    assert len(held_out) == 2
    for cell in found.trained.values():
        spec = json.dumps(cell.spec)
        assert not any(digest in spec for digest in held_out)
        assert not cell.needs
    # Specialists know whom they are for, and no defender is made of them.
    references = {cell.key for cell in found.references.values()}
    assert all(cell.kind == "reference" for cell in found.references.values())
    assert not any(references.intersection(cell.needs) for cell in [*found.trained.values(), *found.adaptive.values()])


def test_no_oracle_of_psro_knows_the_games_own_policies():
    # Held-out attackers are among them.
    for cell in plan().trained.values():
        assert "scripted" not in cell.spec["how"].get("settings", {}).get("oracles", ())


def test_a_method_and_the_specialist_that_is_like_it_have_seeds_of_their_own():
    one = changed("attackers.seen", {"never": {"policy": "never"}})
    one["attackers"]["same_family"] = {}
    one["defenders"]["mixture"] = {"method": "train", "learner": "ppo"}
    found = plan(one)
    # A method is what it learns; a specialist may be one of the game's own policies.
    assert found.trained["mixture", 0].spec["how"] == found.references["never", 0].spec["how"] | {"scripted": False}
    assert found.trained["mixture", 0].spec["seed"] != found.references["never", 0].spec["seed"]


def test_a_change_of_a_held_out_attacker_leaves_training_as_it_is():
    other = changed("attackers.new_family.tracker", {"policy": "geometric"})
    assert keys(other, "train") == keys(STUDY, "train")
    assert keys(other, "adaptive") == keys(STUDY, "adaptive")
    assert keys(other, "reference") != keys(STUDY, "reference")
    assert keys(STUDY, "play") - keys(other, "play")


def test_a_change_of_one_method_leaves_the_others_as_they_are():
    before, after = plan(), plan(changed("defenders.psro.iterations", 3))
    assert before.trained["mmd", 0].key == after.trained["mmd", 0].key
    assert before.trained["psro", 0].key != after.trained["psro", 0].key
    assert before.plays["mmd", 0, "tracker", ""].key == after.plays["mmd", 0, "tracker", ""].key


def test_names_and_order_change_no_cell():
    other = changed("title", "another")
    other["defenders"] = dict(reversed(other["defenders"].items()))
    assert {cell.key for cell in plan(other).cells()} == {cell.key for cell in plan().cells()}


def test_all_methods_have_one_budget():
    assert {cell.decisions for cell in plan().trained.values()} == {STUDY["budget"]["decisions"]}


def test_a_budget_that_is_too_small_is_refused_with_what_is_needed():
    with pytest.raises(GamesolveError, match=r"\[budget\] decisions = 1,000 is too small; about [\d,]+ are needed"):
        plan(changed("budget.decisions", 1_000))


def test_runs_have_seeds_of_their_own():
    found = plan()
    assert found.trained["mmd", 0].spec["seed"] != found.trained["mmd", 1].spec["seed"]
    # Defenders of one run meet an attacker in the same episodes.
    seeds = {found.plays[name, 1, "tracker", ""].spec["seed"] for name in STUDY["defenders"]}
    assert len(seeds) == 1
    assert seeds.isdisjoint({found.plays["mmd", 0, "tracker", ""].spec["seed"]})
