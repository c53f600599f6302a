"""The page of a study."""

from __future__ import annotations

import copy
import json
import re

import pytest
from small_study import FIXED

from gamesolve.report import write_report
from gamesolve.report.study import heat, told, verdict
from gamesolve.report.study_figures import mean_weights
from gamesolve.study import study


def test_the_page_holds_the_verdict_and_every_attacker_and_loads_nothing(studied):
    path = write_report(studied.run)
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
    assert {one.name for one in (studied.run / "figures").iterdir()} >= {"means.svg", "means.pdf", "seen_and_held_out.svg"}
    before = {one: one.read_bytes() for one in (studied.run / "figures").iterdir()}
    assert write_report(studied.run).read_text(encoding="utf-8") == page
    assert {one: one.read_bytes() for one in (studied.run / "figures").iterdir()} == before


def test_a_study_that_has_changed_has_no_answer_until_it_is_done(studied):
    changed = copy.deepcopy(FIXED)
    changed["attackers"]["new_family"]["tracker"] = {"policy": "tracker"}
    assert study(changed, out=studied.run, workers=1, stop=lambda: True).stopped == "interrupt"
    assert not (studied.run / "result.json").exists()
    assert not (studied.run / "report.html").exists()
    assert study(FIXED, out=studied.run, workers=1).findings == studied.findings


def test_the_verdict_names_the_best_by_the_numbers(studied):
    numbers = copy.deepcopy(studied.findings)
    for name, value in (("random", 1.0), ("periodic", 3.0)):
        numbers["defenders"][name]["scores"]["mean_held_out"] = {"value": value, "lower": value - 0.5, "upper": value + 0.5}
    first, *_ = verdict(numbers, "random")
    assert first == (
        "Against attackers held out of training periodic earns most, 3 (2.5 to 3.5); random, the baseline, earns 1 (0.5 to 1.5)."
    )


def test_the_heat_map_has_a_group_for_each_tier(studied):
    made = heat(studied.findings)
    assert made["groups"] == [("seen in training", 1), ("new family", 1), ("adaptive", 2)]
    assert {cell["depth"] for row in made["rows"] for cell in row["cells"]} >= {0.0, 1.0}


def test_one_run_has_no_interval():
    assert told({"value": 2.0, "lower": None, "upper": None}) == "2 (one run)"


def test_the_worst_episode_of_every_defender_is_played_again_to_the_return_that_it_had(studied):
    episodes = json.loads((studied.run / "episodes.json").read_text(encoding="utf-8"))
    assert [one["defender"] for one in episodes["of"]] == list(FIXED["defenders"])
    for replay, of in zip(episodes["replays"], episodes["of"], strict=True):
        assert replay["frames"][-1]["returns"] == pytest.approx(replay["returns"], abs=1e-6)
        assert len(replay["frames"]) == 1 + FIXED["game"]["parameters"]["horizon"]
        means = [one["value"] for one in studied.findings["defenders"][of["defender"]]["against"].values()]
        assert replay["returns"][0] < min(means)


def test_weights_of_runs_of_different_length_are_averaged_over_those_that_made_the_iteration():
    rows = [[1.0], [0.25, 0.75]], [[1.0]]
    runs = [[{"weights": {"defender": weights}} for weights in course] for course in rows]
    assert mean_weights(runs, "defender").tolist() == [[1.0, 0.0], [0.25, 0.75]]
