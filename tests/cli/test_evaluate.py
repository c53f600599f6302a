"""`gamesolve evaluate`: brackets, and the opponent that shows them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gamesolve.policies.files import load_policy

KEYS = ["schema", "game", "parameters", "worst_case_return", "game_value", "exploitability", "run", "best_response"]
BRACKET = {"lower", "upper", "kind", "confidence"}


def test_a_policy_is_judged_alone_with_the_keys_that_are_promised(gamesolve):
    said = gamesolve("evaluate", "kuhn", "random", "--role", "defender", "--json")
    assert said.code == 0
    found = json.loads(said.out)
    assert list(found) == KEYS
    assert all(set(found[key]) == BRACKET for key in ("worst_case_return", "game_value", "exploitability"))
    assert found["game_value"]["lower"] <= -1 / 18 <= found["game_value"]["upper"]
    assert load_policy(found["best_response"]).role == "attacker"


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
    for key in ("worst_case_return", "game_value", "best_response"):
        assert set(found[key]) == {"defender", "attacker"}
    assert 0.0 <= found["exploitability"]["lower"] <= found["exploitability"]["upper"] < 1e-9
    assert (Path(found["run"]) / "result.json").is_file()


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
        ("openspiel:kuhn_poker honest --role 0", "has no scripted policies"),
    ],
)
def test_what_cannot_be_judged_is_refused(gamesolve, words, sentence):
    said = gamesolve("evaluate", *words.split())
    assert said.code == 2
    assert sentence in said.err
    assert said.out == ""


def test_a_policy_for_another_game_is_refused(gamesolve):
    gamesolve("solve", "kuhn", "--out", "run", "--quiet")
    said = gamesolve("evaluate", "leduc", "run")
    assert said.code == 2
    assert "the policy is for kuhn" in said.err
