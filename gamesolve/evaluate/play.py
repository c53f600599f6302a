"""Two roles' policies played against each other in the simulator."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gamesolve.base.errors import GamesolveError
from gamesolve.base.patience import CALL_LIMIT, Patience
from gamesolve.base.roles import the_role
from gamesolve.evaluate.resolve import as_played, resolve
from gamesolve.evaluate.spread import summary
from gamesolve.views.acting import Acting, Drawn
from gamesolve.views.parts import in_parts, stage_for
from gamesolve.views.problem import Problem
from gamesolve.views.simulator import Simulator

if TYPE_CHECKING:
    from gamesolve.views.openspiel_batch import OpenSpielBatch


@dataclass(frozen=True, repr=False)
class Play:
    """Episodes 0, 1, ..., n - 1, each played to its end.

    Attributes:
        returns: f8 [n, 2], discounted return of each episode by role.
        decisions: choices among two or more legal actions, by all agents.
        joint_steps: rule steps; 0 in OpenSpiel's games, where nobody counts them.
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
    call_limit: float = CALL_LIMIT,
) -> Play:
    """Play `episodes` episodes.

    Args:
        problem: a game, ours or OpenSpiel's.
        policies: role to policy, function, or words that name one (see `resolve`).
        seed: of all streams; an episode depends on it and on its own number only.
        time_limit: seconds of play after which no further episodes begin.
        stop: asked now and then; when it says True no further episodes begin.
        allow_code: whether the code of modules may be run that words name.
        call_limit: seconds that one call of a function may take.

    Raises:
        GamesolveError: a policy is unknown, damaged, for another game, or fails; code is not allowed; the problem is a tree; a
            number is out of range; or an episode has no end.
    """
    game = problem.playable
    if not 1 <= episodes <= 10**9:
        raise GamesolveError(f"the number of episodes is {episodes!r}; it lies in 1 to 1,000,000,000")
    patience = Patience(call_limit, None if time_limit is None else time.monotonic() + time_limit)
    acting = _acting(problem, policies, {"allow_code": allow_code, "patience": patience})
    stage = stage_for(game, acting, episodes=episodes, seed=seed)
    # What is compiled is compiled by then.
    stage.run(0, 1)
    return _played(stage, acting, episodes, time_limit, stop)


def _played(
    stage: Simulator | OpenSpielBatch,
    acting: tuple[Acting | Drawn, ...],
    episodes: int,
    time_limit: float | None,
    stop: Callable[[], bool] | None,
) -> Play:
    parts: list[np.ndarray] = []
    started, done, decisions, steps, stopped = time.perf_counter(), 0, 0, 0, "episodes"
    for part in in_parts(stage, episodes):
        parts.append(part)
        # Every part counts anew.
        done, decisions, steps = done + len(part), decisions + stage.decisions, steps + getattr(stage, "joint_steps", 0)
        if done < episodes and stop is not None and stop():
            stopped = "interrupt"
            break
        if done < episodes and time_limit is not None and time.perf_counter() - started >= time_limit:
            stopped = "time"
            break
    return Play(np.concatenate(parts), decisions, steps, time.perf_counter() - started, stopped, acting)


def _acting(problem: Problem, policies: dict[str, Any], code: dict[str, Any]) -> tuple[Acting | Drawn, ...]:
    chosen = {}
    for role in problem.roles:
        if role not in policies:
            raise GamesolveError(f"{the_role(role)} has no policy; a simulation needs one for each role")
        chosen[role] = as_played(problem, resolve(problem, policies[role], role, **code)[role], role)
    game = problem.playable
    return tuple(chosen[agent.role].acting(game, index) for index, agent in enumerate(game.agents))
