"""gamesolve: equilibrium defences, and proof of how good a defence is against an adversary who adapts."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from gamesolve.base.bound import Bound
from gamesolve.base.errors import GamesolveError
from gamesolve.base.registry import game_names, load_game

# `solve`, `evaluate`, `train` and `study` are functions and modules alike; importing the functions here lets them win.
from gamesolve.evaluate import Evaluation, evaluate
from gamesolve.solve import Solution, solve
from gamesolve.study import Study, study
from gamesolve.train import Trained, train

__version__ = "0.1.0"

# Imported on first use: numba and scipy take a third of a second each, and listing games needs neither.
_LAZY = {
    "CrossPlay": "gamesolve.evaluate.cross_play",
    "Game": "gamesolve.rules.game",
    "Mixture": "gamesolve.policies.mixture",
    "Player": "gamesolve.evaluate.outside",
    "Recording": "gamesolve.views.check_replay",
    "ScriptedPolicy": "gamesolve.policies.scripted",
    "Simulator": "gamesolve.views.simulator",
    "TabularPolicy": "gamesolve.policies.tabular",
    "TeamPolicy": "gamesolve.policies.team",
    "Tree": "gamesolve.views.tree",
    "build_tree": "gamesolve.views.tree_build",
    "check_game": "gamesolve.views.check",
    "check_replay": "gamesolve.views.check_replay",
    "cross_play": "gamesolve.evaluate.cross_play",
    "load_policy": "gamesolve.policies.files",
    "play_with": "gamesolve.evaluate.outside",
    "save_policy": "gamesolve.policies.files",
    "simulate": "gamesolve.views.simulator",
}

__all__ = [
    "Bound",
    "CrossPlay",
    "Evaluation",
    "Game",
    "GamesolveError",
    "Mixture",
    "Player",
    "Recording",
    "ScriptedPolicy",
    "Simulator",
    "Solution",
    "Study",
    "TabularPolicy",
    "TeamPolicy",
    "Trained",
    "Tree",
    "build_tree",
    "check_game",
    "check_replay",
    "cross_play",
    "evaluate",
    "game_names",
    "load_game",
    "load_policy",
    "play_with",
    "resume",
    "save_policy",
    "simulate",
    "solve",
    "statistics",
    "study",
    "train",
]


def resume(folder: str | Path, **options: Any) -> Solution | Trained | Evaluation | Study:
    """Go on with a run; see the `resume` of `gamesolve.solve`, `gamesolve.train`, `gamesolve.evaluate` and `gamesolve.study`, whose
    options it takes.

    Raises:
        GamesolveError: there is no run, or it is of a job that is not resumed; or it is of `evaluate`, and complete.
    """
    from gamesolve.base.runs import job_to_resume

    go_on = importlib.import_module(f"gamesolve.{job_to_resume(Path(folder))}").resume
    found: Solution | Trained | Evaluation | Study = go_on(folder, **options)
    return found


def __getattr__(name: str) -> Any:
    if name == "statistics":
        return importlib.import_module("gamesolve.statistics")
    if name not in _LAZY:
        raise AttributeError(f"module 'gamesolve' has no attribute {name!r}")
    return getattr(importlib.import_module(_LAZY[name]), name)
