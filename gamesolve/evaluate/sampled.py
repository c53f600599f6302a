"""Estimates by simulation, for what cannot be walked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy.special import stdtrit

from gamesolve.base.bound import Bound
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.rules.game import ROLES, Game
from gamesolve.rules.scripted import RANDOM
from gamesolve.views.acting import Acting, Drawn
from gamesolve.views.parts import in_parts
from gamesolve.views.simulator import Simulator, batch_for

CONFIDENCE = 0.95


def estimated_return(
    game: Game, acting: Sequence[Acting | Drawn], *, episodes: int, seed: int, pause: Callable[[], None], first: int = 0
) -> tuple[Bound, Bound]:
    """Two-sided Student's t intervals of the mean return of each role over fresh episodes.

    All of them or none: where it depends on the clock which episodes count, their mean is no longer
    that of episodes drawn at random. What `pause` raises ends the play.
    """
    found = _returns(game, acting, episodes, seed, pause, first)
    return _interval(found[:, 0], seed), _interval(found[:, 1], seed)


def strongest_scripted(
    game: Game, role: str, policy: Any, *, episodes: int, seed: int, pause: Callable[[], None]
) -> tuple[Bound, ScriptedPolicy]:
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

    def acting(opponent: ScriptedPolicy) -> Sequence[Acting | Drawn]:
        return [(policy if agent.role == role else opponent).acting(game, i) for i, agent in enumerate(game.agents)]

    means = [_returns(game, acting(opponent), episodes, seed, pause)[:, index].mean() for opponent in opponents]
    chosen = opponents[int(np.argmin(means))]
    bound = estimated_return(game, acting(chosen), episodes=episodes, seed=seed, pause=pause, first=episodes)[index]
    return Bound(None, bound.upper, "estimated", CONFIDENCE, episodes, seed), chosen


def _returns(
    game: Game, acting: Sequence[Acting | Drawn], episodes: int, seed: int, pause: Callable[[], None], first: int = 0
) -> np.ndarray:
    """Returns f8 [episodes, 2] of episodes first, first + 1, ... by role."""
    parts: list[np.ndarray] = []
    for part in in_parts(Simulator(game, batch_for(acting, episodes), seed=seed, acting=acting), episodes, first=first):
        parts.append(part)
        if sum(map(len, parts)) < episodes:
            pause()
    return np.concatenate(parts)


def _interval(returns: np.ndarray, seed: int) -> Bound:
    episodes, mean = len(returns), float(returns.mean())
    half = float(stdtrit(episodes - 1, 0.5 + CONFIDENCE / 2) * returns.std(ddof=1) / np.sqrt(episodes))
    return Bound(mean - half, mean + half, "estimated", CONFIDENCE, episodes, seed)
