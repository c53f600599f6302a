"""The trainings that are to be done for a response: some from fresh weights, and one from each known network that fits."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from gamesolve.base.errors import GamesolveError
from gamesolve.base.seeds import derived_seed
from gamesolve.learners.learner import Learner
from gamesolve.learners.registry import make_learner
from gamesolve.learners.task import Objective, Task
from gamesolve.rules.game import Game
from gamesolve.train.ask import Ask
from gamesolve.train.folder import Parties
from gamesolve.train.loop import Unit

if TYPE_CHECKING:
    from gamesolve.views.turn_based import TurnBased


def units_of(game: Game | TurnBased, ask: Ask, parties: Parties) -> list[Unit]:
    """The trainings that answer a question."""
    fresh = trainings(game, ask.role, parties.opponent, ask=ask, learner=ask.learner, settings=ask.settings)
    return [*fresh, *_warm(game, ask, parties)]


def trainings(
    game: Game | TurnBased, role: str, opponent: Any, *,
    ask: Ask, learner: str, settings: dict[str, Any], objective: Objective | None = None,
) -> list[Unit]:  # fmt: skip
    """A training from fresh weights for each seed."""
    task = Task.against(game, role, opponent, objective=objective)
    return [
        Unit(f"{learner}, seed {k}", learner, k, functools.partial(_made, task, ask, learner, settings, k, None)) for k in range(ask.seeds)
    ]


def _warm(game: Game | TurnBased, ask: Ask, parties: Parties) -> list[Unit]:
    task, found = Task.against(game, ask.role, parties.opponent), list[Unit]()
    for words, policy in zip(ask.known, parties.known, strict=True):
        number = ask.seeds + len(found)
        make = functools.partial(_made, task, ask, ask.learner, ask.settings, number, policy)
        try:
            make()
        except GamesolveError:
            # It is no network, or one of another shape: a candidate, but no start.
            continue
        found.append(Unit(f"{ask.learner}, from {words}", ask.learner, number, make))
    return found


def _made(task: Task, ask: Ask, learner: str, settings: dict[str, Any], number: int, start: Any) -> Learner:
    seed = derived_seed(ask.seed, "train", task.role, learner, number)
    return make_learner(learner, task, budget=ask.budget, settings=settings, seed=seed, device=ask.device, start=start)
