"""PSRO with little learning, of which nothing is kept."""

from __future__ import annotations

from gamesolve.learners.training import MARKS
from gamesolve.psro.loop import psro
from gamesolve.psro.oracles import Oracle
from gamesolve.psro.plan import Plan
from gamesolve.solve.watch import Watch
from gamesolve.train.loop import work

QUICK = Plan(oracles=(Oracle("tabular", 20_000, warm=False), Oracle("scripted")), entry=500, validation=500, episodes=4_000)


def run(game, plan, **options):
    """PSRO that keeps nothing of its trainings."""
    watch = Watch(0.0)
    return psro(game, plan, lambda _, units: work(units, watch, patience=MARKS)[0], **options)
