"""What an evaluation or a simulation leaves on disk: the question, with what it was computed, and the answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gamesolve.base import files
from gamesolve.base.provenance import provenance
from gamesolve.base.runs import RESULT, TIMINGS, Run
from gamesolve.evaluate import Evaluation
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


def write_answer(run: Run, answer: dict[str, Any], *, timings: dict[str, float]) -> None:
    """Write timings and, last, the result."""
    files.write_json(run.folder / TIMINGS, timings)
    files.write_json(run.folder / RESULT, answer)
