"""What a run keeps of the episodes that were played: how returns spread, and those worth looking at, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from gamesolve.base import files
from gamesolve.base.provenance import provenance
from gamesolve.base.runs import EPISODES, RESULT, TIMINGS, Run
from gamesolve.evaluate.habits import habits
from gamesolve.evaluate.replay import replay, telling_episodes
from gamesolve.evaluate.spread import spread
from gamesolve.rules.game import Game
from gamesolve.views.acting import Acting, Drawn
from gamesolve.views.problem import Problem


def write_episodes(
    run: Run,
    problem: Problem,
    acting: Sequence[Acting | Drawn],
    returns: np.ndarray,
    *,
    seed: int,
    role: str | None = None,
    shows: str | None = None,
    support: Sequence[dict[str, Any]] = (),
) -> None:
    """Write how a role's returns spread, and, of a game of ours, the episodes worth looking at, step by step.

    Args:
        returns: f8 [n, 2], of episodes 0 to n - 1 by role.
        role: the game's first unless given.
        shows: the role whose habits are kept too, or None.
        support: what is to be kept of the policies of a mixture.
    """
    role = problem.roles[0] if role is None else role
    index = problem.roles.index(role)
    if not isinstance(problem.game, Game):
        files.write_json(run.folder / EPISODES, {"role": role, "spread": spread(returns[:, index]), "replays": []})
        return
    replays = [
        replay(problem.game, acting, seed=seed, why=why, episode=episode, returns=returns[episode])
        for why, episode in telling_episodes(returns[:, index]).items()
    ]
    answer = {"role": role, "spread": spread(returns[:, index]), "replays": [asdict(one) for one in replays]}
    answer |= {} if shows is None else {"habits": habits(problem.game, acting, shows, seed=seed)}
    answer |= {"support": list(support)} if support else {}
    files.write_json(run.folder / EPISODES, answer)


def new_simulation(folder: Path, problem: Problem, asked: dict[str, Any], *, seed: int) -> Run:
    """A run folder for a simulation; raises GamesolveError where it cannot be made."""
    config = {"job": "simulate", "game": problem.name, "parameters": problem.parameters, **asked, "seed": seed}
    return Run.create(folder, config, provenance(seed=seed, fingerprint=problem.fingerprint))


def write_simulation(run: Run, answer: dict[str, Any], *, timings: dict[str, float]) -> None:
    """Write timings and, last, the result."""
    files.write_json(run.folder / TIMINGS, timings)
    files.write_json(run.folder / RESULT, answer)
