"""`gamesolve simulate`: returns of two policies that meet."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

KEYS = ["schema", "game", "parameters", "returns", "episodes", "stopped", "defender", "attacker", "seed"]
SPEEDS = ["decisions_per_second", "steps_per_second"]


def test_json_has_the_keys_that_are_promised(gamesolve):
    said = gamesolve("simulate", "kuhn", "--defender", "honest", "--attacker", "random", "--episodes", "500", "--json")
    assert said.code == 0
    found = json.loads(said.out)
    assert list(found) == [*KEYS, *SPEEDS, "run"]
    assert (found["game"], found["episodes"], found["stopped"]) == ("kuhn", 500, "episodes")
    assert (found["defender"], found["attacker"], found["seed"]) == ("honest", "random", 0)
    written = json.loads(Path(found["run"], "result.json").read_text())
    assert written == {key: found[key] for key in KEYS}
    for role in ("defender", "attacker"):
        assert set(found["returns"][role]) == {"mean", "std", "standard_error"}
    assert found["returns"]["defender"]["mean"] == -found["returns"]["attacker"]["mean"]


def test_a_time_limit_is_no_failure_and_says_so(gamesolve):
    found = json.loads(gamesolve("simulate", "kuhn", "--episodes", "1000000000", "--time-limit", "0.01", "--json").out)
    assert found["stopped"] == "time"
    assert found["episodes"] < 10**9
    shown = gamesolve("simulate", "kuhn", "--episodes", "1000000000", "--time-limit", "0.01").out
    assert re.search(r"episodes +[\d,]+ of 1,000,000,000 asked \(time limit\)", shown)


def test_one_seed_is_one_answer(gamesolve):
    told = [json.loads(gamesolve("simulate", "flipit", "--episodes", "300", "--seed", str(s), "--json").out)["returns"] for s in (1, 1, 2)]
    assert told[0] == told[1] != told[2]


def test_a_single_episode_has_no_spread(gamesolve):
    found = json.loads(gamesolve("simulate", "kuhn", "--episodes", "1", "--json").out)
    assert found["returns"]["defender"]["std"] is None


def test_a_solved_policy_earns_the_value(gamesolve):
    """Kuhn 1950: -1/18; both sides play an equilibrium, so the mean lies within five standard errors of it."""
    gamesolve("solve", "kuhn", "--out", "run", "--quiet")
    found = json.loads(gamesolve("simulate", "kuhn", "--defender", "run", "--attacker", "run", "--episodes", "20000", "--json").out)
    told = found["returns"]["defender"]
    assert told["mean"] == pytest.approx(-1 / 18, abs=5 * told["standard_error"])


def test_people_are_told_who_played_whom_and_what_nobody_asked_for(gamesolve):
    said = gamesolve("simulate", "inspection", "--defender", "biased:probability=0.25", "--seed", "7", "--episodes", "10").out
    assert said.splitlines()[0] == (
        "inspection(periods=4, inspections=2, fine=1.0): defender biased:probability=0.25 against attacker random (default), seed 7"
    )


def test_people_get_means_and_errors(gamesolve):
    said = gamesolve("simulate", "kuhn")
    assert "return of the defender" in said.out
    assert "standard error" in said.out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("kuhn --defender magic", "unknown defender policy of kuhn 'magic'"),
        ("kuhn --episodes 0", "the number of episodes is 0"),
        ("flipit -p horizon=0 -p discount=0.9", "has no horizon to end it; give it one, such as -p horizon=100"),
        ("openspiel:kuhn_poker --attacker honest", "has no scripted policies but 'random'"),
        ("openspiel:kuhn_poker(players=3)", "has 3 players"),
    ],
)
def test_what_cannot_be_played_is_refused(gamesolve, words, sentence):
    said = gamesolve("simulate", *words.split())
    assert said.code == 2
    assert sentence in said.err


def test_openspiels_games_are_played_too(gamesolve):
    gamesolve("solve", "openspiel:kuhn_poker", "--out", "run", "--quiet")
    arguments = ("simulate", "openspiel:kuhn_poker", "--defender", "run", "--attacker", "run", "--episodes", "8000")
    found = json.loads(gamesolve(*arguments, "--json").out)
    assert (found["0"], found["1"], found["episodes"]) == ("run", "run", 8000)
    assert found["returns"]["0"]["mean"] == pytest.approx(-1 / 18, abs=5 * found["returns"]["0"]["standard_error"])
    said = gamesolve(*arguments[:4], "--episodes", "50").out
    assert said.startswith("openspiel:kuhn_poker(players=2): player 0 run against player 1 random (default), seed 0")
    page = Path(re.search(r"report +(\S+)", said)[1]).read_text()
    assert "All episodes" in page
    assert "step by step" not in page


def test_a_report_is_written_and_can_be_made_again_without_the_policies(gamesolve, tmp_path):
    gamesolve("solve", "kuhn", "--out", "run", "--quiet")
    said = gamesolve("simulate", "kuhn", "--defender", "run", "--out", "played", "--episodes", "50")
    assert "played/report.html" in said.out
    before = (tmp_path / "played" / "report.html").read_bytes()
    shutil.rmtree(tmp_path / "run")
    assert gamesolve("report", "played").code == 0
    assert (tmp_path / "played" / "report.html").read_bytes() == before
