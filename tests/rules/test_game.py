"""Games: what is validated when one is made, and what identifies it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from pydantic import Field, field_validator

from gamesolve.base.errors import GamesolveError
from gamesolve.base.registry import load_game
from gamesolve.rules.game import Agent, GameType, Parameters


class Example(Parameters):
    horizon: int = Field(4, ge=1)
    cost: float = 0.5

    @field_validator("cost")
    @classmethod
    def _cost_is_small(cls, value: float) -> float:
        if value > 10:
            raise ValueError("a cost is at most 10")
        return value


EXAMPLE = GameType("example", Example, lambda parameters: parameters, "an example", "this test")
TABLE = np.ones(1, [("x", "f8")])
SEAT = Agent("a", "defender", ("wait",), ())


@pytest.fixture(scope="module")
def game():
    return load_game("kuhn")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"agents": (SEAT,)}, "at least one each"),
        ({"agents": (SEAT, Agent("b", "umpire", ("wait",), ()))}, "umpire"),
        ({"agents": (SEAT, Agent("a", "attacker", ("wait",), ()))}, "two agents of one name"),
        ({"discount": 0.0}, "discount 0.0"),
        ({"discount": 1.5}, "discount 1.5"),
        ({"discount": float("nan")}, "discount nan"),
        ({"horizon": 0}, "horizon 0"),
        ({"horizon": None}, "neither a horizon nor a discount"),
        ({"utility_bounds": ((1.0, -1.0), (-1.0, 1.0))}, r"utility bounds \(1.0, -1.0\) for the defender"),
        ({"utility_bounds": ((-1.0, 1.0), (-np.inf, 1.0))}, "for the attacker"),
        ({"table": np.zeros(2)}, r"shape \(2,\)"),
    ],
)
def test_a_game_that_cannot_be_is_refused(game, change, words):
    with pytest.raises(GamesolveError, match=words):
        replace(game, **change)


def test_a_game_without_an_end_needs_a_discount(game):
    endless = replace(game, horizon=None, discount=0.9)
    assert endless.steps is None
    assert endless.discounts[:3] == pytest.approx([1.0, 0.9, 0.81])


def test_steps_are_epochs_times_picks(game):
    assert replace(game, picks=2).steps == 2 * game.horizon


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other"},
        {"version": 99},
        {"horizon": 2},
        {"discount": 0.5},
        {"picks": 2},
        {"zero_sum": False},
        {"table": np.ones(1, [("x", "f8")])},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_fingerprint_changes_with_whatever_changes_the_game(game, change):
    assert replace(game, **change).fingerprint != game.fingerprint


def test_the_fingerprint_is_the_same_in_another_process(game):
    code = "import gamesolve; print(gamesolve.load_game('kuhn').fingerprint)"
    done = subprocess.check_output([sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": "11"}, text=True)
    assert done.strip() == game.fingerprint


def test_defaults_and_chosen_parameters_are_kept():
    assert EXAMPLE.load(horizon=6) == Example(horizon=6, cost=0.5)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"horizont": 3}, r"unknown parameter of game example 'horizont' \(did you mean 'horizon'\?\); available: cost, horizon"),
        ({"horizon": 0}, "parameter horizon = 0 is refused: it must be an integer, from 1"),
        ({"horizon": "four"}, "parameter horizon = 'four' is refused: it must be an integer, from 1"),
        ({"cost": float("inf")}, "parameter cost = inf is refused: it must be a number"),
        ({"cost": 11.0}, "parameter cost = 11.0 is refused: a cost is at most 10"),
    ],
)
def test_a_bad_parameter_is_named_quoted_and_explained(parameters, words):
    with pytest.raises(GamesolveError, match=words):
        EXAMPLE.load(**parameters)


def test_an_unknown_scripted_policy_is_answered_with_the_known_ones(game):
    with pytest.raises(GamesolveError, match=r"unknown attacker policy of kuhn 'randon' \(did you mean 'random'"):
        game.policy("randon", "attacker")


def test_every_game_has_a_random_policy_for_both_roles(game):
    assert {game.policy("random", role).role for role in ("defender", "attacker")} == {"defender", "attacker"}
