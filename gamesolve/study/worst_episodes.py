"""The worst episode of every defender, played again step by step, for people to see how it was beaten."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from gamesolve.base import files
from gamesolve.base.runs import CELLS
from gamesolve.evaluate.replay import replay
from gamesolve.study.findings import Results
from gamesolve.study.roster import DEFENDER
from gamesolve.study.work import RETURNS, both_of


def worst_episodes(results: Results) -> dict[str, Any]:
    """Of each defender the reported episode that earned it least, over its runs and all attackers.

    Returns:
        `role`; `replays`, as a run's `episodes.json` has them; `of`, for each of them `defender`, `run` and `attacker`.
    """
    found: dict[str, Any] = {"role": DEFENDER, "replays": [], "of": []}
    for name in results.defenders:
        attackers = (*results.fixed, *results.found)
        episodes = results.table(name, attackers).episodes
        run, k, episode = (int(one) for one in np.unravel_index(episodes.argmin(), episodes.shape))
        cell = results.plan.plays[name, run, attackers[k], ""]
        problem, both = both_of(results.root, cell.spec)
        acting = [both[agent.role].acting(problem.game, i) for i, agent in enumerate(problem.game.agents)]
        # The first half of a play is for choosing attackers.
        number = cell.spec["episodes"] + episode
        returns = files.read_npz(results.root / CELLS / cell.key / RETURNS)["returns"][number]
        again = replay(problem.game, acting, seed=cell.spec["seed"], why="worst", episode=number, returns=returns)
        found["replays"].append(asdict(again))
        found["of"].append({"defender": name, "run": run, "attacker": attackers[k]})
    return found
