"""Policies that were saved before a study: where they are read from, and what they are called when the study goes on."""

from __future__ import annotations

import copy

import pytest
from small_study import FIXED

import gamesolve
from gamesolve.base.errors import GamesolveError
from gamesolve.study import resume, study

LEFT_OUT = ("timings.json", "lock", "report.html")


def bytes_of(run):
    return {path.relative_to(run): path.read_bytes() for path in run.rglob("*") if path.is_file() and path.name not in LEFT_OUT}


@pytest.fixture
def given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    solution = gamesolve.solve(gamesolve.load_game("flipit", horizon=4))
    gamesolve.save_policy(solution.policies[0], tmp_path / "saved" / "eq")
    found = copy.deepcopy(FIXED)
    found["defenders"] = {"random": {"policy": "random"}, "equilibrium": {"policy": "saved/eq"}}
    # A table is bound to its game.
    del found["variants"]
    return found


def test_plain_data_names_them_from_the_working_folder_and_a_run_that_goes_on_ends_in_the_same_bytes(given, tmp_path):
    whole = study(given, out="whole", workers=1)
    assert whole.findings["defenders"]["equilibrium"]["scores"]["exploitability"]["value"] == pytest.approx(0.0, abs=0.01)
    calls = 0

    def stop():
        nonlocal calls
        calls += 1
        return calls > 40

    assert study(given, out="cut", workers=1, stop=stop).stopped == "interrupt"
    # What was saved is not needed any more: the run keeps it.
    (tmp_path / "saved").rename(tmp_path / "gone")
    assert resume("cut", workers=1).findings == whole.findings
    assert bytes_of(tmp_path / "cut") == bytes_of(tmp_path / "whole")
    with pytest.raises(GamesolveError, match="saved/eq"):
        study(given, out="other", workers=1)


def test_a_page_of_what_was_asked_before_goes(given, tmp_path):
    study(given, out="run", workers=1)
    page = tmp_path / "run" / "report.html"
    page.write_text("old", encoding="utf-8")
    study(given, out="run", workers=1)
    assert page.exists()
    study({**given, "title": "Another question"}, out="run", workers=1)
    assert not page.exists()
