"""A run of a game that came from a file needs the file no more, and tells when it has changed."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest

TINY = files("gamesolve.games.attack_graph") / "tiny.json"


@pytest.fixture
def run(gamesolve, tmp_path):
    """A run on a network of the user's own, stopped early; its folder and its file."""
    network = tmp_path / "net.json"
    network.write_text(TINY.read_text())
    words = ("-p", "graph=net.json", "-p", "horizon=2", "--method", "cfr+", "--iterations", "5", "--gap", "0", "--quiet")
    assert gamesolve("solve", "attack_graph", *words, "--out", "run").code == 0
    return tmp_path / "run", network


def test_a_run_is_read_resumed_and_judged_without_its_file(gamesolve, run):
    folder, network = run
    page = (folder / "report.html").read_bytes()
    network.unlink()
    assert gamesolve("report", "run").code == 0
    assert (folder / "report.html").read_bytes() == page
    assert "graph=net.json" in gamesolve("resume", "run").out
    found = json.loads(gamesolve("evaluate", "attack_graph", "run", "--json").out)
    assert found["parameters"]["horizon"] == 2
    assert gamesolve("simulate", "attack_graph", "--defender", "run", "--attacker", "run", "--episodes", "10").code == 0


def test_a_policy_is_recognised_when_the_file_has_moved(gamesolve, run):
    _, network = run
    network.rename(network.with_name("office.json"))
    assert gamesolve("evaluate", "attack_graph", "run", "-p", "graph=office.json", "-p", "horizon=2").code == 0


def test_a_policy_for_a_file_that_has_changed_is_refused(gamesolve, run):
    _, network = run
    changed = json.loads(network.read_text())
    changed["nodes"][0]["protect_cost"] = 0.125
    network.write_text(json.dumps(changed))
    said = gamesolve("evaluate", "attack_graph", "run", "-p", "graph=net.json", "-p", "horizon=2")
    assert said.code == 2
    assert "the policy is for attack_graph(graph=net.json" in said.err
    assert "files as they were then" in said.err
