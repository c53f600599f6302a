"""Two roles' policies played against each other in the simulator."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gamesolve.base.errors import GamesolveError
from gamesolve.base.roles import the_role
from gamesolve.evaluate.resolve import as_played, resolve
from gamesolve.evaluate.spread import summary
from gamesolve.rules.game import Game
from gamesolve.views.acting import Acting, Drawn
from gamesolve.views.parts import in_parts
from gamesolve.views.problem import Problem
from gamesolve.views.simulator import Simulator, batch_for


@dataclass(frozen=True, repr=False)
class Play:
    """Episodes 0, 1, ..., n - 1, each played to its end.

    Attributes:
        returns: f8 [n, 2], discounted return of each episode by role.
        decisions: choices among two or more legal actions, by all agents.
        joint_steps: rule steps.
        seconds: of play, compiling excluded.
        stopped: `episodes`, or `time` or `interrupt` where fewer were played than asked.
        acting: how each of the N agents acted (`PLAYING`: as whoever called chose).
    """

    returns: np.ndarray
    decisions: int
    joint_steps: int
    seconds: float
    stopped: str
    acting: tuple[Acting | Drawn, ...]

    def __repr__(self) -> str:
        zero, one = self.returns.mean(axis=0)
        early = "" if self.stopped == "episodes" else f", stopped by {self.stopped}"
        return f"<Play of {len(self.returns):,} episodes, mean returns {zero:.6g} and {one:.6g}{early}>"

    def summary(self, roles: tuple[str, str]) -> dict[str, dict[str, float | None]]:
        """Mean, standard deviation and standard error of each role's return; None where one episode does not tell."""
        return summary(self.returns, roles)


def play(
    problem: Problem,
    policies: dict[str, Any],
    *,
    episodes: int,
    seed: int = 0,
    time_limit: float | None = None,
    stop: Callable[[], bool] | None = None,
    allow_code: bool = False,
) -> Play:
    """Play `episodes` episodes.

    Args:
        problem: a game of ours.
        policies: role to policy, function, or words that name one (see `resolve`).
        seed: of all streams; an episode depends on it and on its own number only.
        time_limit: seconds of play after which no further episodes begin.
        stop: asked now and then; when it says True no further episodes begin.
        allow_code: whether the code of modules may be run that words name.

    Raises:
        GamesolveError: a policy is unknown, damaged, for another game, or fails; code is not allowed; the game is OpenSpiel's; a
            number is out of range; or an episode has no end.
    """
    if not isinstance(problem.game, Game):
        raise GamesolveError(f"{problem.name} is OpenSpiel's; the simulator plays the games of 'gamesolve games'")
    if not 1 <= episodes <= 10**9:
        raise GamesolveError(f"the number of episodes is {episodes!r}; it lies in 1 to 1,000,000,000")
    acting = _acting(problem, policies, allow_code)
    simulator = Simulator(problem.game, batch_for(acting, episodes), seed=seed, acting=acting)
    simulator.run(0, 1)
    simulator.reset()
    returns, seconds, stopped = _played(simulator, episodes, time_limit, stop)
    return Play(returns, simulator.decisions, simulator.joint_steps, seconds, stopped, acting)


def _played(
    simulator: Simulator, episodes: int, time_limit: float | None, stop: Callable[[], bool] | None
) -> tuple[np.ndarray, float, str]:
    """Returns of the episodes, seconds, and why no more were played."""
    parts: list[np.ndarray] = []
    started, done, stopped = time.perf_counter(), 0, "episodes"
    for part in in_parts(simulator, episodes):
        parts.append(part)
        done += len(part)
        if done < episodes and stop is not None and stop():
            stopped = "interrupt"
            break
        if done < episodes and time_limit is not None and time.perf_counter() - started >= time_limit:
            stopped = "time"
            break
    return np.concatenate(parts), time.perf_counter() - started, stopped


def _acting(problem: Problem, policies: dict[str, Any], allow_code: bool) -> tuple[Acting | Drawn, ...]:
    chosen = {}
    for role in problem.roles:
        if role not in policies:
            raise GamesolveError(f"{the_role(role)} has no policy; a simulation needs one for each role")
        chosen[role] = as_played(problem, resolve(problem, policies[role], role, allow_code=allow_code)[role], role)
    return tuple(chosen[agent.role].acting(problem.game, index) for index, agent in enumerate(problem.game.agents))
