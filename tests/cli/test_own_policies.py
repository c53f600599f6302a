"""Policies of the user's own, named on the command line."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from gamesolve.evaluate import exploitability

MODULE = """
import time
print("hello")

def even(signals, mask):
    print("thinking")
    return mask / mask.sum(axis=1, keepdims=True)

def faulty(signals, mask):
    return secret[mask]

def sleeps(signals, mask):
    time.sleep(1000)

def loops(signals, mask):
    while True:
        try:
            sum(range(1000))
        except Exception:
            pass
"""


@pytest.fixture(autouse=True)
def module(gamesolve, tmp_path, monkeypatch):
    """A module `my_defence` in the current folder."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "my_defence.py").write_text(MODULE)
    yield
    sys.modules.pop("my_defence", None)


def test_a_function_is_judged_exactly(gamesolve):
    said = gamesolve("evaluate", "kuhn", "my_defence:even", "--role", "defender", "--allow-code", "--json")
    assert said.code == 0, said.err
    found = json.loads(said.out)
    random = json.loads(gamesolve("evaluate", "kuhn", "random", "--role", "defender", "--json").out)
    assert {**found, "run": 0, "best_response": 0} == {**random, "run": 0, "best_response": 0}
    assert json.loads((Path(found["run"]) / "config.json").read_text())["judged"] == {"defender": "my_defence:even"}
    assert "hello" in said.err
    assert "thinking" in said.err


def test_a_function_is_played(gamesolve):
    arguments = ("simulate", "kuhn", "--defender", "my_defence:even", "--attacker", "my_defence:even", "--episodes", "40")
    said = gamesolve(*arguments, "--allow-code", "--json")
    assert said.code == 0, said.err
    assert json.loads(said.out)["episodes"] == 40
    assert gamesolve("report", json.loads(said.out)["run"]).code == 0


@pytest.mark.parametrize("command", ["evaluate kuhn my_defence:even --role defender", "simulate kuhn --defender my_defence:even"])
def test_code_has_to_be_allowed(gamesolve, command):
    said = gamesolve(*command.split())
    assert (said.code, said.out) == (2, "")
    assert said.err.endswith("has to be allowed: add --allow-code (allow_code=True in Python); train runs no code\n")
    assert "hello" not in said.err


@pytest.mark.parametrize("command", ["evaluate kuhn my_defence:faulty --role defender", "simulate kuhn --defender my_defence:faulty"])
def test_a_function_that_fails_is_named_and_shown_where_on_request(gamesolve, command):
    said = gamesolve(*command.split(), "--allow-code", "--json")
    assert (said.code, said.out) == (2, "")
    assert said.err.endswith("error: policy 'my_defence:faulty' failed: NameError: name 'secret' is not defined\n")
    assert "return secret[mask]" not in said.err
    assert "return secret[mask]" in gamesolve(*command.split(), "--allow-code", "--debug").err
    assert not any(path.name.startswith("result") for path in Path("runs").rglob("*"))


def test_the_strongest_opponent_may_be_code_which_is_not_saved(gamesolve, monkeypatch):
    monkeypatch.setattr(exploitability, "scripted_candidates", lambda game, role: [])
    words = "evaluate kuhn honest --role defender --known my_defence:even --memory 100 --responders none --episodes 50"
    said = gamesolve(*words.split(), "--allow-code", "--json")
    assert said.code == 0, said.err
    found = json.loads(said.out)
    assert (found["search"]["defender"]["opponent"], found["best_response"]) == ("known opponent 1", None)
    assert "the strongest attacker is code, so it is not saved" in found["notes"]


@pytest.mark.parametrize("name", ["sleeps", "loops"])
@pytest.mark.parametrize(
    "command",
    ["evaluate kuhn {} --role defender", "evaluate kuhn {} --role defender --memory 100 --budget 500", "simulate kuhn --attacker {}"],
)
def test_a_function_that_never_returns_is_named(gamesolve, command, name):
    said = gamesolve(*command.format(f"my_defence:{name}").split(), "--allow-code", "--call-limit", "0.3s", "--quiet")
    assert (said.code, said.out) == (2, "")
    assert said.err.endswith(
        f"error: policy 'my_defence:{name}' had not returned after 0.3 s; --call-limit (call_limit in Python) allows longer calls\n"
    )
    assert not list(Path("runs").glob("*"))


def test_a_module_whose_import_never_ends_is_named(gamesolve):
    Path("endless_defence.py").write_text("while True: pass")
    said = gamesolve("simulate", "kuhn", "--defender", "endless_defence:act", "--allow-code", "--call-limit", "0.3s")
    assert said.code == 2
    assert "the import of module 'endless_defence' had not returned after 0.3 s" in said.err


def test_a_time_limit_comes_in_the_middle_of_a_call_too(gamesolve):
    words = "evaluate kuhn my_defence:sleeps --role defender --allow-code --time-limit 0.5s --json"
    said = gamesolve(*words.split())
    assert said.code == 0, said.err
    assert json.loads(said.out)["stopped"] == "time"
    said = gamesolve("simulate", "kuhn", "--defender", "my_defence:sleeps", "--allow-code", "--time-limit", "0.5s")
    assert said.err.endswith("policy 'my_defence:sleeps' had not returned when the time limit came\n")


def test_one_of_several_opponents_that_never_returns_or_fails_is_named_and_survived(gamesolve):
    known = ("--known", "my_defence:loops", "--known", "my_defence:faulty", "--known", "my_defence:even")
    words = "evaluate kuhn random --role defender --memory 100 --responders none --episodes 50 --allow-code --call-limit 0.3s --json"
    said = gamesolve(*words.split(), *known)
    assert said.code == 0, said.err
    notes = json.loads(said.out)["notes"]
    assert "opponent known opponent 1 could not be played: policy 'my_defence:loops' had not returned after 0.3 s" in " ".join(notes)
    assert "opponent known opponent 2 could not be played: policy 'my_defence:faulty' failed: NameError" in " ".join(notes)
    assert json.loads(said.out)["worst_case_return"]["upper"] is not None


def test_a_misspelt_scripted_policy_is_not_taken_for_code(gamesolve):
    said = gamesolve("evaluate", "flipit", "periodic:period", "--role", "defender", "--allow-code")
    assert "cannot be read at 'period'; write it as name:parameter=value" in said.err


def test_an_onnx_file_is_judged_and_played(gamesolve):
    from gamesolve.base.registry import load_game
    from gamesolve.policies.features import Features
    from gamesolve.policies.neural import NeuralPolicy
    from gamesolve.policies.onnx_export import export_onnx

    kuhn = load_game("kuhn")
    fed = Features.of(kuhn, "defender")
    nothing = NeuralPolicy(kuhn, "defender", fed, (np.zeros((2, fed.count), np.float32),), (np.zeros(2, np.float32),))
    export_onnx(nothing, "even.onnx")
    found = json.loads(gamesolve("evaluate", "kuhn", "even.onnx", "--json").out)
    random = json.loads(gamesolve("evaluate", "kuhn", "random", "--role", "defender", "--json").out)
    assert found["worst_case_return"] == random["worst_case_return"]
    assert json.loads(gamesolve("simulate", "kuhn", "--defender", "even.onnx", "--episodes", "20", "--json").out)["episodes"] == 20


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("evaluate kuhn gone.onnx --role defender", "cannot read 'gone.onnx': No such file or directory"),
        ("evaluate kuhn broken.onnx --role defender", "ONNX policy 'broken.onnx' cannot be read: "),
        ("evaluate openspiel:kuhn_poker broken.onnx --role 0", "ONNX policy 'broken.onnx' is fed signals; kuhn_poker() has none"),
        ("evaluate openspiel:kuhn_poker my_defence:even --role 0 --allow-code", "my_defence:even is a function of signals"),
    ],
)
def test_what_cannot_be_judged_is_refused_in_a_sentence(gamesolve, words, sentence):
    Path("broken.onnx").write_text("no network")
    said = gamesolve(*words.split())
    assert (said.code, said.out) == (2, "")
    assert sentence in said.err
    assert "Traceback" not in said.err
