"""How long a study will take on this machine, from how fast learning and playing are right now."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Any

from gamesolve.learners.accounts import episode
from gamesolve.learners.candidates import played
from gamesolve.learners.registry import make_learner
from gamesolve.learners.task import Task
from gamesolve.learners.training import MARKS
from gamesolve.study.cells import ADAPTING, EQUILIBRIUM, EXACT, KINDS, PLAY, SPECIALIST, Cell, Plan
from gamesolve.study.roster import ATTACKER, DEFENDER

#: Seconds of learning, and episodes of play, by which speeds are measured; decisions of the learner's budget.
SECONDS, EPISODES, BUDGET = 1.0, 500, 1_000_000


def speeds(plan: Plan) -> dict[str, float]:
    """Decisions a second of one process, `learning` as specialists do and `playing`, against the first attacker."""
    game, opponent = plan.roster.game, plan.roster.attackers[0].policy
    settings = plan.roster.study.learners.get(SPECIALIST, {})
    learner = make_learner(SPECIALIST, Task.against(game, DEFENDER, opponent), budget=BUDGET, settings=settings)
    # What is compiled, and the first rollout, are not what the rest is like.
    learner.iterate()
    begun, before = time.perf_counter(), learner.decisions
    while time.perf_counter() - begun < SECONDS:
        learner.iterate()
    learning = (learner.decisions - before) / (time.perf_counter() - begun)
    both = {DEFENDER: learner.policy(), ATTACKER: opponent}
    played(game, both, episodes=10, seed=0)
    begun = time.perf_counter()
    played(game, both, episodes=EPISODES, seed=0)
    return {"learning": learning, "playing": EPISODES * episode(game) / (time.perf_counter() - begun)}


def estimate(plan: Plan, workers: int, done: Collection[str] = ()) -> dict[str, Any]:
    """For each kind of cell how many there are, their decisions, and seconds of one process; and seconds in all, shared among workers.

    Seconds are None of what solvers do, and are not among those in all. Cells whose keys are in `done` are left out.
    """
    known, rows = speeds(plan), list[dict[str, Any]]()
    for kind in KINDS:
        own = [cell for cell in plan.cells() if cell.kind == kind and cell.key not in done]
        learnt, played = sum(_learnt(cell) for cell in own), sum(_played(cell, episode(plan.roster.game)) for cell in own)
        # How long solvers take depends on more than decisions.
        exact = kind in (EQUILIBRIUM, EXACT)
        seconds = None if exact else learnt / known["learning"] + played / known["playing"]
        rows += [{"kind": kind, "cells": len(own), "decisions": learnt + played, "seconds": seconds}] if own else []
    return {"rows": rows, "seconds": sum(row["seconds"] or 0.0 for row in rows) / workers, "workers": workers, "speeds": known}


def _learnt(cell: Cell) -> int:
    """Decisions that a cell makes at most while it learns, and while it plays within its budget."""
    return 0 if cell.kind == PLAY else cell.decisions


def _played(cell: Cell, per_episode: int) -> int:
    """Other decisions: of a play all of them, of a search for adaptive attackers those by which candidates and its course are judged."""
    if cell.kind != ADAPTING:
        return cell.decisions if cell.kind == PLAY else 0
    how = cell.spec["how"]
    marks = MARKS * len(how["learners"])
    return int((2 * how["seeds"] + 1) * marks * how["validation"] * per_episode)
