"""The trainings that are to be done for a response: some from fresh weights, and one from each known network that fits."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gamesolve.base.failures import survived
from gamesolve.base.seeds import derived_seed
from gamesolve.learners.learner import Learner
from gamesolve.learners.registry import make_learner
from gamesolve.learners.task import Task
from gamesolve.learners.training import Unit
from gamesolve.policies.team import is_network
from gamesolve.rules.game import Game
from gamesolve.train.ask import Ask
from gamesolve.train.folder import Parties

if TYPE_CHECKING:
    from gamesolve.views.turn_based import TurnBased


def units_of(game: Game | TurnBased, ask: Ask, parties: Parties) -> tuple[list[Unit], list[str]]:
    """The trainings that answer a question, and a sentence on each known network that is no start."""
    task = Task.against(game, ask.role, parties.opponent)
    warm, notes = from_known(task, ask, list(zip(ask.known, parties.known, strict=True)))
    return [*from_fresh(task, ask), *warm], notes


def from_fresh(task: Task, ask: Ask) -> list[Unit]:
    """A training from fresh weights for each seed."""
    return [
        Unit(f"{ask.learner}, seed {k}", ask.learner, k, ask.budget, functools.partial(_made, task, ask, k, None)) for k in range(ask.seeds)
    ]


def from_known(task: Task, ask: Ask, known: Sequence[tuple[str, Any]]) -> tuple[list[Unit], list[str]]:
    """A training from each known network that fits, and a sentence on each that does not.

    Args:
        known: policies of the task's role by their names; those that are no networks are passed over.
    """
    found, notes = list[Unit](), list[str]()
    for words, policy in known:
        if not is_network(policy):
            continue
        number = ask.seeds + len(found)
        make = functools.partial(_made, task, ask, number, policy)
        try:
            make()
        except Exception as error:  # noqa: BLE001 - it remains a candidate
            notes.append(f"{ask.learner} does not start from {words}: {survived(error)}")
            continue
        found.append(Unit(f"{ask.learner}, from {words}", ask.learner, number, ask.budget, make))
    return found, notes


def _made(task: Task, ask: Ask, number: int, start: Any) -> Learner:
    seed = derived_seed(ask.seed, "train", task.role, ask.learner, number)
    return make_learner(ask.learner, task, budget=ask.budget, settings=ask.settings, seed=seed, device=ask.device, start=start)
