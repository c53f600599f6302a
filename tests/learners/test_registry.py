"""Learners by name, and their settings as a file."""

import tomllib

import pytest

from gamesolve import load_game
from gamesolve.base.errors import GamesolveError
from gamesolve.learners.registry import LEARNERS, learner_type, make_learner, settings_text
from gamesolve.learners.settings import choose_settings
from gamesolve.learners.task import Task
from gamesolve.policies.scripted import ScriptedPolicy


@pytest.mark.parametrize("name", list(LEARNERS))
def test_the_settings_written_are_the_defaults_and_every_one_is_explained(name):
    text = settings_text(name)
    model = learner_type(name).settings
    assert choose_settings(model, tomllib.loads(text), name) == model()
    for key, field in model.model_fields.items():
        assert field.description, key
        assert field.description in text


def test_what_may_be_left_out_is_written_with_its_range_as_a_comment():
    lines = settings_text("ppo").splitlines()
    place = lines.index("# rollout =")
    assert lines[place - 1] == "# own decisions between two updates (a 100th of the budget, 2,048 to 8,192, if left out), 64 to 4,194,304"


@pytest.mark.parametrize("name", list(LEARNERS))
def test_every_learner_is_made_by_name(name):
    game = load_game("kuhn")
    task = Task.against(game, "attacker", ScriptedPolicy.named(game, "defender", "random"))
    assert make_learner(name, task, budget=10).decisions == 0


def test_an_unknown_learner_is_refused_with_the_nearest():
    with pytest.raises(GamesolveError, match=r"unknown learner 'ppoo' \(did you mean 'ppo'\?\)"):
        learner_type("ppoo")
