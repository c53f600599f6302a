"""`gamesolve evaluate`: brackets, and the opponent that shows them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gamesolve.base.registry import load_game
from gamesolve.policies.files import about_of, load_policy, save_policy
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.views import tree_build

KEYS = ["schema", "game", "parameters", "judged", "worst_case_return", "game_value", "exploitability", "expected_return", "regret"]
KEYS += ["return_against_best_response", "return_against_strongest_found", "search", "selfish_search"]
KEYS += ["stopped", "notes", "caveats", "run", "best_response", "selfish_response"]
BRACKET = {"lower", "upper", "kind", "confidence"}


def test_a_policy_is_judged_alone_with_the_keys_that_are_promised(gamesolve):
    said = gamesolve("evaluate", "kuhn", "random", "--role", "defender", "--json")
    assert said.code == 0
    found = json.loads(said.out)
    assert list(found) == KEYS
    assert all(set(found[key]) == BRACKET for key in ("worst_case_return", "game_value", "exploitability"))
    assert found["game_value"]["lower"] <= -1 / 18 <= found["game_value"]["upper"]
    assert load_policy(found["best_response"]).role == "attacker"
    assert (found["stopped"], found["notes"], found["caveats"]) == ("done", [], [])


def test_what_the_game_says_of_its_parameters_is_told(gamesolve):
    arguments = ("evaluate", "attack_graph", "none", "--role", "defender", "-p", "graph=tiny", "-p", "horizon=1")
    (caveat,) = json.loads(gamesolve(*arguments, "--json").out)["caveats"]
    assert "horizon" in caveat
    assert f"caveat {caveat}" in " ".join(gamesolve(*arguments).out.split())
    assert "caveat" not in gamesolve(*arguments, "--quiet").out


def test_uniform_play_in_kuhn_is_as_exploitable_as_it_is_known_to_be(gamesolve):
    """Exploitability of the uniform profile of kuhn is 11/24 (OpenSpiel's exploitability): half the sum of both roles' shortfalls."""
    worst = [
        json.loads(gamesolve("evaluate", "kuhn", "random", "--role", role, "--json").out)["exploitability"]
        for role in ("defender", "attacker")
    ]
    assert sum(w["upper"] for w in worst) / 2 == pytest.approx(11 / 24)


def test_a_run_is_judged_as_a_profile(gamesolve):
    gamesolve("solve", "kuhn", "--out", "run", "--quiet")
    found = json.loads(gamesolve("evaluate", "kuhn", "run", "--json").out)
    assert list(found) == KEYS
    assert found["judged"] == ["defender", "attacker"]
    for key in ("worst_case_return", "game_value", "best_response", "expected_return", "regret"):
        assert set(found[key]) == {"defender", "attacker"}
    assert 0.0 <= found["exploitability"]["lower"] <= found["exploitability"]["upper"] < 1e-9
    assert (Path(found["run"]) / "result.json").is_file()


def test_cards_of_exact_responses_say_what_they_show(gamesolve):
    words = "evaluate flipit random --role defender -p horizon=3 -p zero_sum=false --json"
    found = json.loads(gamesolve(*words.split()).out)
    lowest, selfish = (about_of(load_policy(path)) for path in (found["best_response"], found["selfish_response"]["attacker"]))
    assert lowest["evaluation"] == {"worst_case_return": found["worst_case_return"]}
    assert selfish["evaluation"] == {"return_against_best_response": found["return_against_best_response"]["defender"]}


def test_a_general_sum_search_leaves_all_that_it_found(gamesolve):
    words = "evaluate flipit random --role defender -p horizon=4 -p zero_sum=false --memory 100B --responders ppo --budget 2000 --seeds 1"
    found = json.loads(gamesolve(*words.split(), "--episodes", "300", "--json").out)
    strongest = found["return_against_strongest_found"]["defender"]
    assert set(strongest) == BRACKET | {"opponent"}
    assert found["return_against_best_response"]["defender"]["lower"] is None
    assert found["selfish_search"]["defender"]["opponent"] == strongest["opponent"]
    assert load_policy(found["selfish_response"]["attacker"]).role == "attacker"
    for path in (found["best_response"], found["selfish_response"]["attacker"]):
        about = about_of(load_policy(path))
        assert about["training"]["against"] == ["random"]
        assert (about["training"]["budget"], about["training"]["seeds"], about["training"]["seed"]) == (2_000, 1, 0)
        assert about["evaluation"]["episodes"] == 300
    returns = about["evaluation"]["returns"]["defender"]
    assert strongest["lower"] < returns["mean"] < strongest["upper"]
    table = (Path(found["run"]) / "tables" / "selfish_defender.csv").read_text().splitlines()
    assert len(table) == 1 + len(found["selfish_search"]["defender"]["curve"])
    page = (Path(found["run"]) / "report.html").read_text()
    for shown in ("Self-interest against budget", "the strongest opponent found that seeks its own good"):
        assert shown in page
    said = gamesolve(*words.split(), "--episodes", "300").out
    for shown in ("defender against the strongest found", "strongest attacker by self-interest"):
        assert shown in said


def test_one_role_of_a_run_and_a_saved_policy_are_judged_alike(gamesolve):
    gamesolve("solve", "kuhn", "--method", "cfr+", "--out", "run", "--quiet")
    one = json.loads(gamesolve("evaluate", "kuhn", "run", "--role", "attacker", "--json").out)
    other = json.loads(gamesolve("evaluate", "kuhn", "run/policies/attacker", "--json").out)
    assert one["worst_case_return"] == other["worst_case_return"]


def test_people_get_the_numbers_and_where_the_opponent_is(gamesolve):
    said = gamesolve("evaluate", "kuhn", "honest", "--role", "attacker")
    assert said.code == 0
    for word in ("worst case of the attacker", "exploitability", "best response of the defender"):
        assert word in said.out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("kuhn honest", "needs a role"),
        ("kuhn magic --role defender", "unknown defender policy of kuhn 'magic'"),
        ("kuhn honest --role referee", "role 'referee' is unknown"),
        ("kuhn ./nowhere --role defender", "neither a run folder"),
        ("kuhn random --role defender --responders ppo,exact", "unknown learner 'exact'; available: dqn, ppo, tabular"),
        ("kuhn random --role defender --device tpu", "device 'tpu' is unknown; it is cpu or cuda"),
        ("kuhn random --role defender --budget 0", "the budget is 0"),
        ("openspiel:kuhn_poker honest --role 0", "has no scripted policies but 'random'"),
        ("openspiel:kuhn_poker random", "needs a role: add --role 0 or --role 1"),
    ],
)
def test_what_cannot_be_judged_is_refused(gamesolve, words, sentence):
    said = gamesolve("evaluate", *words.split())
    assert said.code == 2
    assert sentence in said.err
    assert said.out == ""


def test_random_play_is_judged_in_openspiels_games_too(gamesolve):
    said = json.loads(gamesolve("evaluate", "openspiel:kuhn_poker", "random", "--role", "0", "--json").out)
    # Against bets and passes by the toss of a coin the exact answer wins half a chip.
    assert said["worst_case_return"]["lower"] == pytest.approx(-0.41666667)


def test_a_policy_for_another_game_is_refused(gamesolve):
    gamesolve("solve", "kuhn", "--out", "run", "--quiet")
    said = gamesolve("evaluate", "leduc", "run")
    assert said.code == 2
    assert "the policy is for kuhn" in said.err


def test_what_is_done_is_shown_on_the_way_unless_quiet(gamesolve):
    arguments = ("evaluate", "kuhn", "random", "--role", "defender")
    assert "building the tree" in gamesolve(*arguments).err
    assert gamesolve(*arguments, "--quiet").err == ""


def test_both_ends_of_a_worst_case_are_shown_where_no_tree_fits(gamesolve):
    words = "evaluate flipit periodic --role defender -p horizon=100 --memory 10MB --episodes 500 --responders none"
    found = json.loads(gamesolve(*words.split(), "--json").out)
    assert found["worst_case_return"]["lower"] == pytest.approx(-26.2667, abs=1e-4)
    assert -26.2667 < found["worst_case_return"]["upper"] < -24.0
    assert found["worst_case_return"]["kind"] == "estimated"
    said = gamesolve(*words.split()).out
    assert re.search(r"worst case of the defender +\[-26.2667, -2", said)
    assert "the lower end of the defender's worst case is what it earns against an opponent who sees everything" in said


def test_a_time_limit_is_no_failure_and_leaves_the_unknown_unknown(gamesolve, monkeypatch):
    monkeypatch.setattr(tree_build, "SMALL", 5)
    said = gamesolve("evaluate", "flipit", "random", "--role", "defender", "--time-limit", "0.000001", "--json")
    assert said.code == 0
    found = json.loads(said.out)
    assert (found["stopped"], found["best_response"]) == ("time", None)
    unknown = {"lower": None, "upper": None, "kind": "proved", "confidence": None}
    assert found["worst_case_return"] == found["game_value"] == found["exploitability"] == unknown
    assert found["notes"][0] == "the defender's worst case is not known: time ran out first"
    shown = gamesolve("evaluate", "flipit", "random", "--role", "defender", "--time-limit", "0.000001").out
    for word in ("none known", "time limit", "time ran out first"):
        assert word in shown


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_a_run_that_holds_what_is_known(tmp_path, number):
    # The worst case takes a moment; the value to a gap of 0 would take forever.
    arguments = ["evaluate", "flipit", "random", "--role", "defender", "-p", "horizon=10", "--gap", "0", "--out", "run", "--json"]
    code = f"import sys; from gamesolve.cli.main import main; sys.argv = ['gamesolve', *{arguments!r}]; main()"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and "iteration" not in process.stderr.readline():
        pass
    os.kill(process.pid, number)
    out, err = process.communicate()
    assert process.returncode == 130, err
    found = json.loads(out)
    assert found["stopped"] == "interrupt"
    assert found["notes"] == ["the game's value is not known better: the evaluation was interrupted first"]
    assert found["game_value"]["lower"] < found["game_value"]["upper"]
    assert found["worst_case_return"]["kind"] == "exact"
    assert load_policy(tmp_path / found["best_response"]).role == "attacker"
    assert json.loads((tmp_path / "run" / "result.json").read_text())["stopped"] == "interrupt"
    assert err.endswith("stopped by interrupt; begin again, with more time, with: gamesolve resume run\n")


@pytest.fixture
def short_flipit(gamesolve):
    """A run of a game whose parameters are not the default ones."""
    assert gamesolve("solve", "flipit", "-p", "horizon=2", "-p", "tie=attacker", "--out", "run", "--quiet").code == 0


@pytest.mark.usefixtures("short_flipit")
def test_a_policy_in_a_run_folder_brings_its_games_parameters(gamesolve):
    one = json.loads(gamesolve("evaluate", "flipit", "run", "--role", "attacker", "--out", "one", "--json").out)
    other = json.loads(gamesolve("evaluate", "flipit", "run/policies/attacker", "--json").out)
    assert (other["parameters"], other["worst_case_return"]) == (one["parameters"], one["worst_case_return"])
    assert other["parameters"]["horizon"] == 2
    response = gamesolve("evaluate", "flipit", one["best_response"], "--json")
    assert json.loads(response.out)["parameters"] == one["parameters"]


@pytest.mark.usefixtures("short_flipit")
def test_a_policy_for_other_parameters_is_refused_with_those_to_write(gamesolve):
    said = gamesolve("evaluate", "flipit", "run/policies/attacker", "-p", "horizon=2")
    assert said.code == 2
    assert said.err.endswith("; write -p tie=attacker\n")
    Path("run/policies/attacker").rename("alone")
    said = gamesolve("evaluate", "flipit", "alone")
    assert said.code == 2
    assert said.err.endswith("; write -p horizon=2 -p tie=attacker\n")
    assert gamesolve("evaluate", "flipit", "alone", "-p", "horizon=2", "-p", "tie=attacker").code == 0


def test_a_scripted_policy_that_was_saved_brings_its_games_parameters(gamesolve):
    save_policy(ScriptedPolicy.named(load_game("inspection", periods=3), "defender", "even"), "even")
    assert json.loads(gamesolve("evaluate", "inspection", "even", "--json").out)["parameters"]["periods"] == 3
