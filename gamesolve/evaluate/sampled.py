"""Estimates by simulation, for what cannot be walked."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import stdtrit

from gamesolve.base.bound import Bound
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.rules.game import ROLES, Game
from gamesolve.rules.scripted import RANDOM
from gamesolve.views.acting import Acting
from gamesolve.views.simulator import Simulation, simulate

CONFIDENCE = 0.95


def estimated_return(game: Game, acting: list[Acting], *, episodes: int, seed: int, first: int = 0) -> tuple[Bound, Bound]:
    """Two-sided Student's t intervals of the mean return of each role over fresh episodes."""
    found = simulate(game, acting, episodes=episodes, seed=seed, first=first)
    return _interval(found, 0, episodes, seed), _interval(found, 1, episodes, seed)


def strongest_scripted(game: Game, role: str, policy: Any, *, episodes: int, seed: int) -> tuple[Bound, ScriptedPolicy]:
    """What the strongest of the game's scripted opponents leaves a policy.

    The opponent is chosen on episodes 0 to n - 1 and measured on the next n, so that the choice does
    not bias the estimate.

    Returns:
        A bound whose upper end alone is known (an opponent proves that the worst case is at most
        what it left), and the opponent.
    """
    index = ROLES.index(role)
    other = ROLES[1 - index]
    opponents = [ScriptedPolicy.named(game, other, p.name) for p in (*RANDOM, *game.policies) if p.role == other]

    def acting(opponent: ScriptedPolicy) -> list[Acting]:
        return [(policy if agent.role == role else opponent).acting(game, i) for i, agent in enumerate(game.agents)]

    means = [simulate(game, acting(opponent), episodes=episodes, seed=seed).mean[index] for opponent in opponents]
    chosen = opponents[int(np.argmin(means))]
    bound = estimated_return(game, acting(chosen), episodes=episodes, seed=seed, first=episodes)[index]
    return Bound(None, bound.upper, "estimated", CONFIDENCE, episodes, seed), chosen


def _interval(found: Simulation, role: int, episodes: int, seed: int) -> Bound:
    mean = float(found.mean[role])
    half = float(stdtrit(episodes - 1, 0.5 + CONFIDENCE / 2) * found.standard_error[role])
    return Bound(mean - half, mean + half, "estimated", CONFIDENCE, episodes, seed)
