"""The share of an iteration in a budget of decisions in all: what earlier iterations left over, the later ones have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamesolve.base.errors import GamesolveError
from gamesolve.learners.accounts import episode, overshoot
from gamesolve.learners.candidates import scripted_candidates
from gamesolve.learners.task import roles_of
from gamesolve.psro.oracles import SCRIPTED, SELF_PLAY
from gamesolve.psro.plan import Plan
from gamesolve.rules.game import Game

if TYPE_CHECKING:
    from gamesolve.psro.loop import PSROState


def episodes_to_come(game: Game, plan: Plan, played: tuple[int, int], members: tuple[int, int], iterations: int) -> int:
    """Episodes that iterations play at most: of the meta-game, to choose among candidates, and to measure what the best gains.

    Args:
        played: policies of each role between which the meta-game is known; members: how many there are.
        iterations: that are to come.
    """
    joining = plan.responses + sum(oracle.learner == SELF_PLAY for oracle in plan.oracles)
    zero, one = (size + iterations * joining for size in members)
    entries = zero * one - played[0] * played[1] + iterations * plan.rounds * zero * one
    scripted = sum(len(scripted_candidates(game, role)) for role in roles_of(game)) if _has(plan, SCRIPTED) else 0
    # Snapshots are tried as they draw, and as they never do.
    learnt = 2 * 2 * plan.snapshots * sum(oracle.trainings for oracle in plan.oracles)
    tried = iterations * (learnt + scripted + zero + one)
    return entries * plan.entry + tried * plan.validation + 2 * iterations * (1 + plan.responses) * plan.episodes


def training_budget(game: Game, plan: Plan, state: PSROState, trainings: int) -> int:
    """Decisions of each of the trainings of the next iteration, of a plan with a budget in all.

    Raises:
        GamesolveError: nothing is left for them.
    """
    assert plan.total is not None
    assert plan.iterations is not None
    left, per_episode = max(plan.iterations - state.iteration, 1), episode(game)
    sizes = len(state.populations[0]), len(state.populations[1])
    spent = state.decisions + state.episodes * per_episode
    to_play = episodes_to_come(game, plan, sizes, sizes, left) * per_episode
    share = (plan.total - spent - to_play) // (left * max(trainings, 1))
    beyond = max((overshoot(game, max(share, 1), one.learner, one.settings) for one in plan.oracles if one.learns), default=0)
    if share - beyond < 1:
        needed = spent + to_play + left * trainings * (beyond + 1)
        raise GamesolveError(f"total = {plan.total:,} is too small for {plan.iterations} iterations; at least {needed:,} are needed")
    return share - beyond


def _has(plan: Plan, name: str) -> bool:
    return any(oracle.learner == name for oracle in plan.oracles)
