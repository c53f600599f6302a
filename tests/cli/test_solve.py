"""`gamesolve solve` and `gamesolve resume`: answers for people and for programs, and what signals do."""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gamesolve.base import interrupts
from gamesolve.solve import resume

KEYS = [
    "schema",
    "game",
    "parameters",
    "method",
    "value",
    "exploitability",
    "expected_return",
    "populations",
    "decisions",
    "iterations",
    "seconds",
    "stopped",
    "caveats",
    "run",
]
BRACKET = {"lower", "upper", "kind", "confidence"}


def test_json_is_one_object_with_the_keys_that_are_promised(gamesolve):
    said = gamesolve("solve", "kuhn", "--json")
    assert said.code == 0
    found = json.loads(said.out)
    assert list(found) == KEYS
    assert set(found["value"]) == {"defender", "attacker"}
    assert all(set(b) == BRACKET for b in (*found["value"].values(), found["exploitability"]))
    assert found["value"]["defender"]["lower"] <= -1 / 18 <= found["value"]["defender"]["upper"]
    assert (found["stopped"], found["caveats"]) == ("gap", [])
    assert Path(found["run"], "report.html").is_file()


def test_what_the_game_says_of_its_parameters_is_told(gamesolve):
    (caveat,) = json.loads(gamesolve("solve", "attack_graph", "-p", "graph=tiny", "-p", "horizon=1", "--json").out)["caveats"]
    assert "horizon" in caveat


def test_openspiel_games_have_roles_0_and_1(gamesolve):
    found = json.loads(gamesolve("solve", "openspiel:kuhn_poker", "--json", "--quiet").out)
    assert found["game"] == "openspiel:kuhn_poker"
    assert set(found["value"]) == {"0", "1"}
    said = gamesolve("resume", found["run"]).out
    assert "value to player 0 " in said
    assert "the 0" not in said


def test_people_get_value_bracket_plan_and_report(gamesolve):
    said = gamesolve("solve", "kuhn", "--out", "run")
    assert said.code == 0
    for word in ("value to defender", "exploitability", "report", "run/report.html"):
        assert word in said.out
    assert "writing the run" in said.err


def test_quiet_says_nothing_on_the_way(gamesolve):
    assert gamesolve("solve", "kuhn", "--quiet").err == ""


def test_runs_lie_in_folders_of_their_own_by_default(gamesolve, tmp_path):
    gamesolve("solve", "kuhn", "--quiet")
    gamesolve("solve", "kuhn", "--quiet")
    assert len(list((tmp_path / "runs").glob("kuhn-*"))) == 2


def test_a_time_limit_is_no_failure_and_says_how_to_go_on(gamesolve):
    said = gamesolve("solve", "kuhn", "--method", "cfr+", "--gap", "0", "--time-limit", "0.001", "--out", "run", "--json")
    assert said.code == 0
    assert json.loads(said.out)["stopped"] == "time"
    assert "gamesolve resume run" in said.err


def test_a_gap_beyond_double_precision_is_said_to_be_reached_to_within_rounding(gamesolve):
    said = gamesolve("solve", "kuhn", "--gap", "0", "--out", "run", "--json", "--quiet")
    found = json.loads(said.out)
    assert found["stopped"] == "gap"
    assert said.err.startswith("double precision cannot certify a gap of 0 in this game; the exploitability is zero to within rounding")
    assert "zero to within rounding" in Path("run", "report.html").read_text()


def test_iterations_that_do_not_suffice_are_not_said_to_have_reached_the_gap(gamesolve):
    said = gamesolve("solve", "kuhn", "--method", "cfr+", "--iterations", "3", "--out", "run")
    assert "gap not reached after 3 iterations" in said.out
    assert "no iterations were left, before the wanted accuracy" in Path("run", "report.html").read_text()


def test_a_run_is_resumed_to_its_end_and_then_said_to_be_complete(gamesolve):
    gamesolve("solve", "kuhn", "--method", "cfr+", "--time-limit", "0.001", "--out", "run")
    found = json.loads(gamesolve("resume", "run", "--json").out)
    assert list(found) == KEYS
    assert found["stopped"] == "gap"
    said = gamesolve("resume", "run")
    assert said.code == 0
    assert "is complete" in said.err


def test_a_run_from_before_results_had_notes_is_resumed_and_reported(gamesolve, tmp_path):
    gamesolve("solve", "kuhn", "--out", "run", "--quiet")
    path = tmp_path / "run" / "result.json"
    result = json.loads(path.read_text())
    del result["note"]
    path.write_text(json.dumps(result))
    for command in ("report", "resume"):
        assert gamesolve(command, "run").code == 0
    assert resume(tmp_path / "run").note == ""


def test_a_folder_that_is_taken_is_refused(gamesolve):
    gamesolve("solve", "kuhn", "--out", "run")
    said = gamesolve("solve", "kuhn", "--out", "run")
    assert said.code == 2
    assert "gamesolve resume run" in said.err


def test_the_page_can_be_made_again(gamesolve, tmp_path):
    gamesolve("solve", "kuhn", "--out", "run")
    page = (tmp_path / "run" / "report.html").read_bytes()
    (tmp_path / "run" / "report.html").unlink()
    assert gamesolve("report", "run").code == 0
    assert (tmp_path / "run" / "report.html").read_bytes() == page


def test_a_signal_in_the_middle_of_a_step_is_told_with_the_command_that_goes_on(gamesolve, monkeypatch):
    # The package exports functions of its modules' names.
    equilibrium = importlib.import_module("gamesolve.solve.equilibrium")
    tree = equilibrium._tree

    def interrupted(*_: object) -> None:
        interrupts.interrupt(signal.SIGINT, None)

    monkeypatch.setattr(equilibrium, "_tree", interrupted)
    said = gamesolve("solve", "kuhn", "--out", "run", "--quiet")
    assert (said.code, said.err) == (130, "interrupted before there was anything to keep; run it again\n")
    assert not Path("run").exists()
    monkeypatch.setattr(equilibrium, "_tree", tree)
    monkeypatch.setattr(equilibrium, "_chosen", interrupted)
    said = gamesolve("solve", "kuhn", "--out", "run", "--quiet")
    assert (said.code, said.err) == (130, "interrupted in the middle of a step; go on with: gamesolve resume run\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_finishes_the_step_and_prints_how_to_go_on(tmp_path, number):
    arguments = ["solve", "leduc", "--method", "cfr+", "--gap", "0", "--out", "run", "--json"]
    code = f"import sys; from gamesolve.cli.main import main; sys.argv = ['gamesolve', *{arguments!r}]; main()"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    journal = tmp_path / "run" / "journal.jsonl"
    while process.poll() is None and not (journal.exists() and journal.stat().st_size > 1000):
        time.sleep(0.05)
    os.kill(process.pid, number)
    out, err = process.communicate()
    assert process.returncode == 130, err
    assert json.loads(out)["stopped"] == "interrupt"
    assert "go on with: gamesolve resume run" in err
    assert (tmp_path / "run" / "report.html").is_file()


def test_learned_responses_are_asked_for_and_answered(gamesolve):
    words = ["solve", "flipit", "-p", "horizon=3", "--method", "psro", "--oracles", "tabular,scripted", "--budget", "2000"]
    said = gamesolve(*words, "--iterations", "1", "--out", "run", "--json", "--workers", "1")
    assert said.code == 0, said.err
    found = json.loads(said.out)
    assert found["populations"].keys() == {"defender", "attacker"}
    assert found["decisions"] >= 4_000
    assert found["exploitability"]["kind"] == "exact"
    again = gamesolve("resume", "run", "--workers", "1")
    assert "policies" in again.out
    exact = json.loads(gamesolve("solve", "flipit", "-p", "horizon=3", "--json").out)
    assert (exact["populations"], exact["decisions"], exact["expected_return"]) == (None, None, None)
