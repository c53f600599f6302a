"""What an evaluation or a simulation leaves on disk: the question, with what it was computed, and the answer."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from gamesolve.base import files
from gamesolve.base.provenance import provenance
from gamesolve.base.runs import EPISODES, RESULT, TIMINGS, Run
from gamesolve.evaluate import Evaluation
from gamesolve.evaluate.play import Play
from gamesolve.evaluate.replay import replay, telling_episodes
from gamesolve.evaluate.spread import spread
from gamesolve.policies.files import save_policy
from gamesolve.views.problem import Problem


def new_run(folder: Path, job: str, problem: Problem, asked: dict[str, Any], *, seed: int) -> Run:
    """A run folder for `job`; raises GamesolveError where it cannot be made."""
    config = {"job": job, "game": problem.name, "parameters": problem.parameters, **asked, "seed": seed}
    return Run.create(folder, config, provenance(seed=seed, fingerprint=problem.fingerprint))


def save_responses(run: Run, found: Evaluation) -> dict[str, str]:
    """Save the opponents that show the worst cases; returns role to folder."""
    saved = {}
    for role, policy in found.best_response.items():
        path = run.folder / "policies" / f"best_response_{role}"
        save_policy(policy, path)
        saved[role] = str(path)
    return saved


def write_episodes(run: Run, problem: Problem, found: Play, *, seed: int) -> None:
    """Write how the defender's returns spread, and the episodes worth looking at, step by step."""
    replays = [
        replay(problem.game, found.acting, seed=seed, why=why, episode=episode, returns=found.returns[episode])
        for why, episode in telling_episodes(found.returns).items()
    ]
    files.write_json(run.folder / EPISODES, {"spread": spread(found.returns[:, 0]), "replays": [asdict(one) for one in replays]})


def write_answer(run: Run, answer: dict[str, Any], *, timings: dict[str, float]) -> None:
    """Write timings and, last, the result."""
    files.write_json(run.folder / TIMINGS, timings)
    files.write_json(run.folder / RESULT, answer)
