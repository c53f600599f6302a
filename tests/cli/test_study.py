"""`gamesolve study` and `gamesolve new study` at the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gamesolve.base.errors import GamesolveError
from gamesolve.base.registry import game_names
from gamesolve.cli.main import run
from gamesolve.study.cells import plan_of_study
from gamesolve.study.file import read_study
from gamesolve.study.roster import roster_of
from gamesolve.study.template import study_text

SMALL = """
title = "Small"
[game]
name = "flipit"
parameters = { horizon = 3 }
[attackers.seen]
never = { policy = "never" }
[attackers.new_family]
greedy = { policy = "greedy" }
[defenders]
random = { policy = "random" }
periodic = { policy = "periodic", period = 2 }
[budget]
decisions = 30_000
seeds = 2
evaluation_episodes = 20
[report]
baseline = "random"
"""


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("small.toml").write_text(SMALL, encoding="utf-8")
    return "small.toml"


def test_a_study_is_run_and_its_answer_printed(file, capsys):
    assert run(["study", file, "--workers", "1", "--quiet"]) == 0
    said = capsys.readouterr().out
    assert "held out" in said
    assert "periodic" in said
    assert "its equilibrium defender earns the game's value at least against everybody" in said
    assert Path("runs/study-small/tables/scores.csv").is_file()
    assert run(["study", file, "--status"]) == 0
    assert "decisions left" in capsys.readouterr().out
    assert run(["resume", "runs/study-small", "--json", "--quiet"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["schema"], found["stopped"]) == ("gamesolve.study/1", "done")
    assert all(row["done"] == row["cells"] for row in found["cells"])


def test_the_plan_is_printed_and_nothing_is_written(file, capsys):
    assert run(["study", file, "--dry-run", "--workers", "2", "--quiet"]) == 0
    said = capsys.readouterr().out
    assert "attackers, new family" in said
    assert "2 seeds are a preview, without tests; claims need ten" in said
    assert not Path("runs").exists()
    assert run(["study", file, "--dry-run", "--json", "--quiet"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {row["kind"] for row in found["rows"]} == {"reference", "equilibrium", "exact", "play"}
    assert found["seconds"] > 0.0


def test_errors_are_one_sentence(file, capsys):
    Path("wrong.toml").write_text(SMALL.replace("decisions", "decision"), encoding="utf-8")
    assert run(["study", "wrong.toml"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == (
        "error: unknown key of [budget] 'decision' (did you mean 'decisions'?); available: decisions, evaluation_episodes, seeds\n"
    )
    assert run(["study", "nowhere.toml"]) == 2
    assert "cannot read 'nowhere.toml'" in capsys.readouterr().err
    assert run(["study", file, "--dry-run", "--status"]) == 2
    assert "one of them is printed" in capsys.readouterr().err
    assert not Path("runs").exists()


@pytest.mark.parametrize("name", game_names())
def test_a_study_of_every_game_is_written_and_can_be_planned(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    try:
        study_text(name)
    except GamesolveError as error:
        assert "no study of it can be made up" in str(error)  # noqa: PT017
        assert run(["new", "study", "--game", name]) == 2
        return
    assert run(["new", "study", "--game", name, "--out", "made.toml"]) == 0
    assert "gamesolve study made.toml --dry-run" in capsys.readouterr().out
    plan = plan_of_study(roster_of(read_study(Path("made.toml")), Path()))
    assert plan.roster.problem.name == name
    assert len(plan.roster.attackers) >= 1
    assert run(["new", "study", "--game", name, "--out", "made.toml"]) == 2
    assert "exists already" in capsys.readouterr().err


def test_the_schema_is_written_for_editors(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(["new", "study", "--schema"]) == 0
    assert json.loads(Path("study.schema.json").read_text(encoding="utf-8"))["title"] == "StudyFile"


def test_plain_lines_tell_how_far_the_study_is(file, capsys):
    assert run(["study", file, "--workers", "1"]) == 0
    said = capsys.readouterr().err
    assert "cells 0 of" in said
    assert "at work on specialist for never, run 0" in said
