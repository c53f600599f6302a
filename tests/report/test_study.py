"""The page of a study."""

from __future__ import annotations

import copy
import re

import pytest

from gamesolve.report import write_report
from gamesolve.report.study import heat, told, verdict
from gamesolve.study import study

STUDY = {
    "title": "Who stands up to whom?",
    "game": {"name": "flipit", "parameters": {"horizon": 4}},
    "attackers": {
        "seen": {"never": {"policy": "never"}},
        "new_family": {"greedy": {"policy": "greedy"}},
        "adaptive": {"learned": {"learner": ["tabular"], "budget": 2_000}},
    },
    "defenders": {"random": {"policy": "random"}, "periodic": {"policy": "periodic"}},
    "variants": {"costly": {"parameters": {"defender_cost": 0.8}}},
    "budget": {"decisions": 30_000, "seeds": 2, "evaluation_episodes": 40},
    "report": {"baseline": "random"},
}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return study(STUDY, out=tmp_path_factory.mktemp("study") / "run", workers=1)


def test_the_page_holds_the_verdict_and_every_attacker_and_loads_nothing(found):
    path = write_report(found.run)
    page = path.read_text(encoding="utf-8")
    for words in (
        "Against attackers held out of training",
        "generalisation gap",
        "A preview: 2 training runs",
        "learned against periodic",
        "costly",
    ):
        assert words in page
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", page)
    assert len(page) < 3_000_000
    assert {one.name for one in (found.run / "figures").iterdir()} >= {"means.svg", "means.pdf", "seen_and_held_out.svg"}
    before = {one: one.read_bytes() for one in (found.run / "figures").iterdir()}
    assert write_report(found.run).read_text(encoding="utf-8") == page
    assert {one: one.read_bytes() for one in (found.run / "figures").iterdir()} == before


def test_a_study_that_has_changed_has_no_answer_until_it_is_done(found):
    changed = copy.deepcopy(STUDY)
    changed["attackers"]["new_family"]["tracker"] = {"policy": "tracker"}
    assert study(changed, out=found.run, workers=1, stop=lambda: True).stopped == "interrupt"
    assert not (found.run / "result.json").exists()
    assert not (found.run / "report.html").exists()
    assert study(STUDY, out=found.run, workers=1).findings == found.findings


def test_the_verdict_names_the_best_by_the_numbers(found):
    numbers = copy.deepcopy(found.findings)
    for name, value in (("random", 1.0), ("periodic", 3.0)):
        numbers["defenders"][name]["scores"]["mean_held_out"] = {"value": value, "lower": value - 0.5, "upper": value + 0.5}
    first, *_ = verdict(numbers, "random")
    assert first == (
        "Against attackers held out of training periodic earns most, 3 (2.5 to 3.5); random, the baseline, earns 1 (0.5 to 1.5)."
    )


def test_the_heat_map_has_a_group_for_each_tier(found):
    made = heat(found.findings)
    assert made["groups"] == [("seen in training", 1), ("new family", 1), ("adaptive", 2)]
    assert {cell["depth"] for row in made["rows"] for cell in row["cells"]} >= {0.0, 1.0}


def test_one_run_has_no_interval():
    assert told({"value": 2.0, "lower": None, "upper": None}) == "2 (one run)"
