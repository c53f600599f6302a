"""`gamesolve games` is quick because it imports nothing heavy, and shows everything about one game."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from gamesolve.base.registry import game_names


def test_listing_imports_neither_compilers_nor_solvers():
    code = (
        "import sys; from gamesolve.cli.main import run; code = run(['games']);"
        "heavy = ('numba', 'scipy', 'torch', 'pyspiel', 'matplotlib', 'networkx');"
        "print([m for m in heavy if m in sys.modules], file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "kuhn" in done.stdout


def test_every_game_is_listed_with_what_it_is(gamesolve):
    found = json.loads(gamesolve("games", "--json").out)
    assert {g["name"] for g in found["games"]} == set(game_names())
    assert all(g["summary"] for g in found["games"])


def test_a_game_is_shown_with_parameters_policies_signals_size_and_source(gamesolve):
    said = gamesolve("games", "flipit", "-p", "horizon=3")
    assert said.code == 0
    for word in ("horizon", "defender_cost", "random", "payoff pairs", "source"):
        assert word in said.out
    found = json.loads(gamesolve("games", "flipit", "-p", "horizon=3", "--json").out)
    assert {"name": "horizon", "value": 3}.items() <= next(p for p in found["parameters"] if p["name"] == "horizon").items()


@pytest.mark.parametrize("name", game_names())
def test_every_game_is_shown_as_one_json_object(gamesolve, name):
    said = gamesolve("games", name, "--json")
    assert said.code == 0
    found = json.loads(said.out, parse_constant=pytest.fail)
    assert (found["game"], {agent["role"] for agent in found["agents"]}) == (name, {"defender", "attacker"})


def test_a_policys_settings_are_shown_as_parameters_are(gamesolve, monkeypatch):
    """`games/cage2/attackers.py`: b_line waits 0 to 1,000 steps, 0 unless told otherwise."""
    found = json.loads(gamesolve("games", "cage2", "-p", "horizon=1", "--json").out)
    b_line = next(p for p in found["policies"] if p["name"] == "b_line")
    assert b_line["settings"][0] == {
        "name": "patience",
        "value": 0,
        "type": "integer, 0 to 1,000",
        "description": "steps slept before each action",
    }
    monkeypatch.setenv("COLUMNS", "200")
    said = gamesolve("games", "cage2", "-p", "horizon=1").out
    # Settings that two policies share stand in one row.
    assert said.count("patience") == 1
    for word in ("default", "attacker: b_line", "integer, 0 to", "host by which it"):
        assert word in said


def test_openspiels_games_are_shown_too(gamesolve):
    said = gamesolve("games", "openspiel:leduc_poker")
    assert said.code == 0
    assert "suit_isomorphism" in said.out


def test_kuhn_is_as_large_as_it_is_known_to_be(gamesolve):
    """30 pairs of sequences with payoff, as OpenSpiel's kuhn_poker."""
    found = json.loads(gamesolve("games", "kuhn", "--json").out)
    assert abs(found["size"]["pairs"] - 30) < 3


def test_signals_that_sum_up_the_own_past_are_told_from_the_others(gamesolve):
    """`games/flipit.py`: what an attacker learns of the other's last flip is news; the time and its own last flip are not."""
    found = json.loads(gamesolve("games", "flipit", "-p", "horizon=2", "--json").out)
    attacker = next(agent for agent in found["agents"] if agent["name"] == "attacker")
    assert {s["name"]: s["summary"] for s in attacker["signals"]} == {"epoch": True, "own flip": True, "other's flip": False}
    assert "A summary tells nothing new" in gamesolve("games", "flipit", "-p", "horizon=2").out
    assert "summary" not in gamesolve("games", "kuhn").out
