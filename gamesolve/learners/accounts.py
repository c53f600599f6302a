"""Accounts of decisions: what learning and playing come to at most, where a budget counts every simulated decision."""

from __future__ import annotations

from typing import Any

from gamesolve.learners.registry import learner_type
from gamesolve.learners.settings import PPOSettings, Sizes, choose_settings
from gamesolve.rules.game import Game

#: The learner that starts from nothing always.
TABULAR = "tabular"


def episode(game: Game) -> int:
    """Decisions of an episode at most, of all agents; the game has a horizon."""
    assert game.steps is not None
    return game.steps * len(game.agents)


def overshoot(game: Game, budget: int, learner: str, settings: dict[str, Any]) -> int:
    """Decisions by which a learner overshoots its budget at most: those of its last rollout, and of what is still open then.

    Args:
        learner: its name in `registry`, or of a self-play that is sized like PPO.

    Raises:
        GamesolveError: the learner or a setting is unknown.
    """
    type_of = PPOSettings if learner == "self_play" else learner_type(learner).settings
    chosen: Any = choose_settings(type_of, settings, learner)
    if learner == TABULAR:
        return min(int(chosen.rollout), budget) + int(chosen.batch) * len(game.agents)
    sizes = Sizes.of(chosen, budget) if isinstance(chosen, PPOSettings) else chosen
    # A rollout is as long as two steps of all its episodes at least.
    return int(max(sizes.rollout, 2 * sizes.batch * len(game.agents)) + sizes.batch) * len(game.agents)
