"""The budget of a study, the same for every method: each simulated decision counts, whoever makes it and whatever for.

Learners count the decisions that they make. Episodes that are played for anything else (to choose among candidates, to fill a payoff
table) count as long as an episode can be, so that what is spent is never more than is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gamesolve.base.errors import GamesolveError
from gamesolve.learners.accounts import episode, overshoot
from gamesolve.learners.candidates import scripted_candidates
from gamesolve.learners.self_play import DEFAULTS, sized
from gamesolve.learners.settings import PPOSettings, choose_settings
from gamesolve.learners.training import MARKS
from gamesolve.psro.settings import plan_of
from gamesolve.psro.shares import episodes_to_come
from gamesolve.rules.game import Game

#: Shares of the budget for choosing among candidates: of a single training, and of PSRO, whose table and gains are played too.
CHOOSING, PLAYED = 0.1, 0.4
#: Episodes of one kind: the fewest, and the most that are worth their while; of gains of PSRO's responses so many times as many.
LEAST, MOST, MEASURED = 10, 1_000, 5
#: Trainings of a role in an iteration of PSRO from fresh weights; of each so many newest snapshots are candidates, as few episodes cannot
#: tell more of them apart; and the rollouts that each makes at least.
FRESH, NEWEST, ROLLOUTS = 1, 1, 4
#: Iterations of PSRO at least.
LEAST_ITERATIONS = 2


def train_settings(game: Game, decisions: int, learner: str, settings: dict[str, Any], opponents: int) -> dict[str, Any]:
    """`budget`, `validation` and `episodes` of `gamesolve.train` within a budget; raises GamesolveError where that is too small."""
    per_episode, candidates = episode(game), 2 * MARKS + len(scripted_candidates(game, "defender"))
    validation = min(int(CHOOSING * decisions / (candidates * per_episode)), MOST)
    tested = 2 * (1 + opponents) * per_episode
    left = decisions - candidates * validation * per_episode - tested - overshoot(game, decisions, learner, settings)
    if validation < LEAST or left < decisions // 2:
        raise too_small(decisions, max(LEAST * candidates * per_episode / CHOOSING, 2.0 * (decisions - left)))
    return {"budget": left, "validation": validation, "episodes": 2}


def self_play_decisions(game: Game, decisions: int, method: str, settings: dict[str, Any]) -> int:
    """The budget of a self-play; raises GamesolveError where it is too small."""
    chosen = choose_settings(PPOSettings, {**DEFAULTS[method], **settings}, method)
    left = decisions - overshoot(game, decisions, "ppo", sized(chosen, decisions).model_dump())
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
        begin_with: attackers that it begins with.

    Raises:
        GamesolveError: it is too small for two iterations.
    """
    needed = 0.0
    for n in range(part.iterations, LEAST_ITERATIONS - 1, -1):
        found, needed = _shares(game, decisions, part, begin_with, n)
        if found is not None:
            return found
    raise too_small(decisions, needed)


def _shares(game: Game, decisions: int, part: Any, begin_with: int, n: int) -> tuple[Shares | None, float]:
    """Of n iterations; None where the budget is too small for them, and what would be needed."""
    given = {
        **part.settings,
        "oracles": list(part.oracles),
        "meta_solver": part.meta_solver,
        "rounds": 0,
        "seeds": FRESH,
        "snapshots": NEWEST,
    }
    # Budgets are equal: it does not end where iterations find nothing.
    given |= {"patience": n, "total": decisions}
    # Entries of the table and candidates are played once, gains measured so many times: as many times as the budget allows.
    once = plan_of({**given, **_episodes(2)}, 0, n)
    played = episodes_to_come(game, once, (0, 0), (1, begin_with), n) * episode(game) / 2.0
    times = min(int(PLAYED * decisions / played), MOST)
    trainings = 2 * n * sum(oracle.trainings for oracle in once.oracles)
    beyond = max(overshoot(game, max(decisions // trainings, 1), one.learner, one.settings) for one in once.oracles)
    least = trainings * (ROLLOUTS + 1) * beyond
    if times < LEAST or decisions - times * played < least:
        return None, max(LEAST * played / PLAYED, least / (1.0 - PLAYED))
    return Shares(n, {**given, **_episodes(times)}), 0.0


def _episodes(times: int) -> dict[str, int]:
    return {"entry": times, "validation": times, "episodes": MEASURED * times}


def too_small(decisions: int, needed: float) -> GamesolveError:
    """The error for a budget with which a method cannot do anything sensible."""
    return GamesolveError(f"[budget] decisions = {decisions:,} is too small; about {int(needed):,} are needed")
