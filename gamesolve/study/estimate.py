"""How long a study will take on this machine, from how fast learning and playing are right now."""

from __future__ import annotations

import time
from typing import Any

from gamesolve.learners.candidates import played, scripted_candidates
from gamesolve.learners.registry import make_learner
from gamesolve.learners.task import Task
from gamesolve.study.budget import episode
from gamesolve.study.cells import KINDS, PLAY, SPECIALIST, Plan
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
    both = {DEFENDER: learner.policy(), ATTACKER: scripted_candidates(game, ATTACKER)[0].policy}
    played(game, both, episodes=10, seed=0)
    begun = time.perf_counter()
    played(game, both, episodes=EPISODES, seed=0)
    return {"learning": learning, "playing": EPISODES * episode(game) / (time.perf_counter() - begun)}


def estimate(plan: Plan, workers: int) -> dict[str, Any]:
    """For each kind of cell how many there are, their decisions, and seconds of one process; and seconds in all, shared among workers."""
    known, rows = speeds(plan), list[dict[str, Any]]()
    for kind in KINDS:
        own = [cell for cell in plan.cells() if cell.kind == kind]
        decisions = sum(cell.decisions for cell in own)
        rows += [{"kind": kind, "cells": len(own), "decisions": decisions, "seconds": decisions / _speed(known, kind)}] if own else []
    return {"rows": rows, "seconds": sum(row["seconds"] for row in rows) / workers, "workers": workers, "speeds": known}


def _speed(known: dict[str, float], kind: str) -> float:
    return known["playing" if kind == PLAY else "learning"]
