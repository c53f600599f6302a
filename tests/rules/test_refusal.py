"""What is refused is quoted, and what is allowed is said in our words."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import Field

from gamesolve.base.errors import GamesolveError
from gamesolve.base.registry import game_names, game_type
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.rules.game import GameType, Parameters
from gamesolve.rules.refusal import range_words


class Example(Parameters):
    epochs: int = Field(4, ge=1, le=10_000)
    discount: float = Field(1.0, gt=0.0, le=1.0)
    threshold: float = Field(0.0, lt=2.0)
    tie: Literal["defender", "attacker"] = "defender"
    green: bool = False
    prize: Annotated[float, Field(ge=0.0)] | None = None
    word: str = Field("a", min_length=1, max_length=3)


EXAMPLE = GameType("example", Example, lambda parameters: parameters, "an example", "this test")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"epochs": 0}, "parameter epochs = 0 is refused: it must be an integer, 1 to 10,000"),
        ({"epochs": 2.5}, "parameter epochs = 2.5 is refused: it must be an integer, 1 to 10,000"),
        ({"epochs": "four"}, "parameter epochs = 'four' is refused: it must be an integer, 1 to 10,000"),
        ({"discount": 0}, "parameter discount = 0 is refused: it must be a number, above 0 and up to 1"),
        ({"discount": float("nan")}, "parameter discount = nan is refused: it must be a number, above 0 and up to 1"),
        ({"threshold": 2}, "parameter threshold = 2 is refused: it must be a number, below 2"),
        ({"tie": "nobody"}, "parameter tie = 'nobody' is refused: it must be one of 'defender', 'attacker'"),
        ({"green": "perhaps"}, "parameter green = 'perhaps' is refused: it must be true or false"),
        ({"prize": -1}, "parameter prize = -1 is refused: it must be a number, from 0 or null"),
        ({"word": "long"}, "parameter word = 'long' is refused: it must be text of 1 to 3 characters"),
    ],
)
def test_the_usual_faults_are_explained_by_what_is_allowed(given, words):
    with pytest.raises(GamesolveError) as refused:
        EXAMPLE.load(**given)
    assert str(refused.value) == f"game example: {words}"


def test_settings_of_a_policy_are_refused_in_the_same_words():
    game = game_type("flipit").load()
    with pytest.raises(GamesolveError, match="parameter period = 0 is refused: it must be an integer, 1 to 10,000"):
        ScriptedPolicy.named(game, "defender", "periodic:period=0")


@pytest.mark.parametrize("name", game_names())
def test_no_parameter_of_a_game_is_refused_in_pydantics_words(name):
    kind = game_type(name)
    for parameter in kind.parameters.model_fields:
        with pytest.raises(GamesolveError) as refused:
            kind.load(**{parameter: [None]})
        assert "Input" not in str(refused.value)


def test_a_field_without_a_range_has_no_words_for_it():
    assert range_words({"type": "number"}) == ""
