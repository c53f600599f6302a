"""The budget of a study, the same for every method: each simulated decision counts, whoever makes it and whatever for.

Learners count the decisions that they make. Episodes that are played for anything else (to choose among candidates, to fill a payoff
table) count as long as an episode can be, so that what is spent is never more than is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gamesolve.base.errors import GamesolveError
from gamesolve.learners.candidates import scripted_candidates
from gamesolve.learners.registry import learner_type
from gamesolve.learners.self_play import DEFAULTS, sized
from gamesolve.learners.settings import PPOSettings, Sizes, choose_settings
from gamesolve.learners.training import MARKS
from gamesolve.rules.game import Game

#: Shares of the budget for choosing among candidates: of a single training, and of PSRO, whose table and gains are played too.
CHOOSING, PLAYED = 0.1, 0.4
#: Episodes of one kind: the fewest, and the most that are worth their while; of gains of PSRO's responses so many times as many.
LEAST, MOST, MEASURED = 10, 1_000, 5
#: Trainings of a role in an iteration of PSRO from fresh weights; and the rollouts that each makes at least.
FRESH, ROLLOUTS = 1, 4
#: Iterations of PSRO at least.
LEAST_ITERATIONS = 2
#: The learner that starts from nothing always.
TABULAR = "tabular"


def episode(game: Game) -> int:
    """Decisions of an episode at most."""
    assert game.steps is not None  # studies are of games with a horizon
    return game.steps * len(game.agents)


def train_settings(game: Game, decisions: int, learner: str, settings: dict[str, Any], opponents: int) -> dict[str, Any]:
    """`budget`, `validation` and `episodes` of `gamesolve.train` within a budget; raises GamesolveError where that is too small."""
    per_episode, candidates = episode(game), 2 * MARKS + len(scripted_candidates(game, "defender"))
    validation = min(int(CHOOSING * decisions / (candidates * per_episode)), MOST)
    tested = 2 * (1 + opponents) * per_episode
    left = decisions - candidates * validation * per_episode - tested - _overshoot(game, decisions, learner, settings)
    if validation < LEAST or left < decisions // 2:
        raise too_small(decisions, max(LEAST * candidates * per_episode / CHOOSING, 2.0 * (decisions - left)))
    return {"budget": left, "validation": validation, "episodes": 2}


def self_play_decisions(game: Game, decisions: int, method: str, settings: dict[str, Any]) -> int:
    """The budget of a self-play; raises GamesolveError where it is too small."""
    chosen = choose_settings(PPOSettings, {**DEFAULTS[method], **settings}, method)
    left = decisions - _overshoot(game, decisions, "ppo", sized(chosen, decisions).model_dump())
    if left < decisions // 2:
        raise too_small(decisions, 2 * (decisions - left))
    return left


@dataclass(frozen=True)
class Shares:
    """What PSRO does within a budget.

    Attributes:
        iterations: as many as were wanted, or as the budget allows.
        settings: of `gamesolve.solve`.
    """

    iterations: int
    settings: dict[str, Any]


def psro_shares(game: Game, decisions: int, part: Any, begin_with: int) -> Shares:
    """How PSRO's trainings, choices and payoff table share a budget.

    Args:
        part: its table of the study file, whose iterations are the most that are made.
        begin_with: policies of the largest population at the beginning.

    Raises:
        GamesolveError: it is too small for two iterations.
    """
    needed = 0.0
    # What the last iteration finds joins after the mixture is settled: a single one would learn for nothing.
    for n in range(part.iterations, LEAST_ITERATIONS - 1, -1):
        found, needed = _shares(game, decisions, part, begin_with, n)
        if found is not None:
            return found
    raise too_small(decisions, needed)


def _shares(game: Game, decisions: int, part: Any, begin_with: int, n: int) -> tuple[Shares | None, float]:
    """Of n iterations; None where the budget is too small for them, and what would be needed."""
    per_episode, settings = episode(game), part.settings
    again = bool(settings.get("warm", True)) + bool(settings.get("average", False))
    trainings = sum(FRESH + (0 if name == TABULAR else again) for name in part.oracles)
    responses = int(settings.get("responses", 1))
    members = begin_with + n * responses
    # Once every entry of the table, every candidate of every iteration, and what the best of them gain.
    once = (members**2 + 2 * n * (2 * MARKS * trainings + members) + MEASURED * 2 * n * (1 + responses)) * per_episode
    times = min(int(PLAYED * decisions / once), MOST)
    overshoot = max(_overshoot(game, decisions // (2 * n * trainings), name, settings.get(name, {})) for name in part.oracles)
    budget = (decisions - times * once) // (2 * n * trainings) - overshoot
    needed = max(LEAST * once / PLAYED, 2 * n * trainings * (ROLLOUTS + 1) * overshoot / (1.0 - PLAYED))
    if times < LEAST or budget < ROLLOUTS * overshoot:
        return None, needed
    # Budgets are equal: it does not end where iterations find nothing.
    found = {
        "entry": times,
        "validation": times,
        "episodes": MEASURED * times,
        "budget": budget,
        "rounds": 0,
        "seeds": FRESH,
        "patience": n,
    }
    return Shares(n, {**settings, **found, "oracles": list(part.oracles), "meta_solver": part.meta_solver}), needed


def too_small(decisions: int, needed: float) -> GamesolveError:
    """The error for a budget with which a method cannot do anything sensible."""
    return GamesolveError(f"[budget] decisions = {decisions:,} is too small; about {int(needed):,} are needed")


def _overshoot(game: Game, budget: int, learner: str, settings: dict[str, Any]) -> int:
    """Decisions by which a learner overshoots its budget at most: those of its last rollout, and of what is still open then."""
    chosen: Any = choose_settings(learner_type(learner).settings, settings, learner)
    if learner == TABULAR:
        return min(int(chosen.rollout), budget) + int(chosen.batch) * len(game.agents)
    sizes = Sizes.of(chosen, budget) if learner == "ppo" else chosen
    # A rollout is as long as two steps of all its episodes at least.
    return int(max(sizes.rollout, 2 * sizes.batch * len(game.agents)) + sizes.batch) * len(game.agents)
