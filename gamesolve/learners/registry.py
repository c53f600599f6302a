"""Learners by name: a file and a line each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gamesolve.base.errors import unknown_name
from gamesolve.learners.dqn import DQN
from gamesolve.learners.learner import Learner
from gamesolve.learners.ppo import PPO
from gamesolve.learners.settings import DQNSettings, PPOSettings, choose_settings
from gamesolve.learners.task import Task
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
}


def learner_type(name: str) -> LearnerType:
    """The learner called `name`; raises GamesolveError with the valid names."""
    if name not in LEARNERS:
        raise unknown_name("learner", name, list(LEARNERS))
    return LEARNERS[name]


def make_learner(
    name: str, task: Task, *, budget: int, settings: dict[str, Any] | None = None, seed: int = 0, device: str = "cpu", start: Any = None
) -> Learner:
    """A learner at its beginning.

    Args:
        budget: decisions of all agents after which it is done.
        settings: what shall be other than by default.
        start: a policy from whose weights it starts.

    Raises:
        GamesolveError: the name or a setting is unknown or refused, or the learner cannot take up the task.
    """
    kind = learner_type(name)
    return kind.make(
        task, budget=budget, settings=choose_settings(kind.settings, settings or {}, name), seed=seed, device=device, start=start
    )
