"""Learners by name: a file and a line each."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gamesolve.base.errors import unknown_name
from gamesolve.learners.dqn import DQN
from gamesolve.learners.learner import Learner
from gamesolve.learners.ppo import PPO, Potential
from gamesolve.learners.settings import DQNSettings, PPOSettings, TabularSettings, choose_settings
from gamesolve.learners.tabular import TabularQ
from gamesolve.learners.task import Task
from gamesolve.rules.refusal import range_words
from gamesolve.rules.scripted import Settings


@dataclass(frozen=True)
class LearnerType:
    """A kind of learner.

    Attributes:
        settings: model of what users may choose about it.
        make: `make(task, budget=, settings=, seed=, device=, start=)`.
        summary: in a few words.
    """

    settings: type[Settings]
    make: Callable[..., Learner]
    summary: str


LEARNERS = {
    "ppo": LearnerType(PPOSettings, PPO, "proximal policy optimisation"),
    "dqn": LearnerType(DQNSettings, DQN, "deep Q-learning, double and over n steps"),
    "tabular": LearnerType(TabularSettings, TabularQ, "tabular Q-learning over whole histories, independent or joint"),
}


def learner_type(name: str) -> LearnerType:
    """The learner called `name`; raises GamesolveError with the valid names."""
    if name not in LEARNERS:
        raise unknown_name("learner", name, list(LEARNERS))
    return LEARNERS[name]


def make_learner(
    name: str,
    task: Task,
    *,
    budget: int,
    settings: dict[str, Any] | None = None,
    seed: int = 0,
    device: str = "cpu",
    start: Any = None,
    potential: Potential | None = None,
) -> Learner:
    """A learner at its beginning.

    Args:
        budget: decisions of all agents after which it is done.
        settings: what shall be other than by default.
        start: a policy from whose weights it starts.
        potential: that shapes its rewards; for `ppo` alone.

    Raises:
        GamesolveError: the name or a setting is unknown or refused, or the learner cannot take up the task.
    """
    kind = learner_type(name)
    shaped = {} if potential is None else {"potential": potential}
    chosen = choose_settings(kind.settings, settings or {}, name)
    return kind.make(task, budget=budget, settings=chosen, seed=seed, device=device, start=start, **shaped)


def settings_text(name: str) -> str:
    """All settings of a learner as TOML; raises GamesolveError for an unknown one."""
    kind = learner_type(name)
    return toml_of(kind.settings, f"{name}: {kind.summary}")


def toml_of(settings: type[Settings], of_what: str) -> str:
    """All settings of a model as TOML, each with its meaning, its range and its default; one without (None) stands as a comment."""
    lines = [f"# Settings of {of_what}. What is left out is as written here."]
    schema = settings.model_json_schema()["properties"]
    for key, field in settings.model_fields.items():
        choices = schema[key].get("enum")
        allowed = f" ({', '.join(choices)})" if choices else range_words(schema[key])
        lines += ["", f"# {field.description}{allowed}", _toml(key, field.get_default(call_default_factory=True))]
    return "\n".join(lines) + "\n"


def _toml(key: str, value: Any) -> str:
    if value is None:
        return f"# {key} ="
    return f"{key} = {json.dumps(list(value) if isinstance(value, tuple) else value)}"
