"""PSRO with learned responses in full counts: how close it comes to equilibria, which failing oracles it survives, and kills.

Run as a program (`test_populations_slow.py FOLDER STRIDE`) it is the driver of the kills: see `kill_driver.py`.
"""

from __future__ import annotations

import csv
import dataclasses
import functools
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from failing_oracles import dying, failing, faults, hanging, hanging_from_the_beginning

from gamesolve.base.executors import LocalProcesses
from gamesolve.base.ledger import read_journal
from gamesolve.base.registry import load_game
from gamesolve.base.runs import CONFIG
from gamesolve.evaluate import evaluate
from gamesolve.learners import registry, segment
from gamesolve.learners.task import Task
from gamesolve.learners.training import MARKS, Unit
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.solve import resume, solve
from gamesolve.solve.watch import Watch
from gamesolve.train.loop import work

TESTS = Path(__file__).parent.parent
ROLES = ("defender", "attacker")
#: Games whose tree is known, and how responses are learnt in them. PPO takes six times as long as tables for the late stops of `stopping`;
#: and scripted policies of `attack_graph` draw so much by chance that mixtures with them are not known exactly.
QUICK = {"budget": 20_000, "warm": False}
PRECISE = {"oracles": ["tabular", "scripted"], "budget": 300_000, "validation": 5_000, "meta_solver": "projected_replicator"}
GAMES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "flipit": ({"horizon": 4}, {"oracles": ["ppo", "scripted"]}),
    "inspection": ({}, {"oracles": ["ppo", "scripted"]}),
    "stopping": ({}, PRECISE),
    "attack_graph": ({"graph": "tiny", "horizon": 3}, {**QUICK, "oracles": ["ppo"]}),
    "pool": ({"resources": 2, "horizon": 3}, QUICK),
}
#: Shares of the exploitability of uniform play: where a run ends, and what it has to come to.
REACHED, ENOUGH = 0.045, 0.05
#: As much is played and learnt as a defect needs to be seen; updates are small, so that there are several in a training.
SMALL = {
    "oracles": ["ppo", "tabular", "scripted"], "budget": 512, "warm": False, "entry": 20, "validation": 20, "episodes": 50,
    "ppo": {"rollout": 64, "epochs": 1, "hidden": [8]}, "tabular": {"rollout": 256, "batch": 16},
}  # fmt: skip
FAULTS = faults(97, seed=1)


def flipit():
    return load_game("flipit", horizon=3)


def exploitability(game, profile) -> float:
    """Of a profile, where it is known exactly."""
    found = evaluate(game, dict(zip(ROLES, profile, strict=True))).exploitability
    assert found.kind == "exact"
    assert found.upper is not None
    return found.upper


@pytest.mark.slow
@pytest.mark.parametrize("name", list(GAMES))
def test_learned_responses_come_close_to_an_equilibrium(name, record_property):
    parameters, settings = GAMES[name]
    game = load_game(name, **parameters)
    uniform = exploitability(game, ("random", "random"))
    found = solve(game, "psro", settings=settings, gap=REACHED * uniform, iterations=100, workers=2)
    assert exploitability(game, found.policies) <= ENOUGH * uniform, (found.iterations, found.stopped, found.note)
    record_property("games in which learned responses come within 5% of uniform play", 1)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(FAULTS)), ids=[f"{n}-{fault.name}" for n, fault in enumerate(FAULTS)])
def test_an_oracle_that_fails_is_named_and_leaves_the_meta_game_intact(number, tmp_path, monkeypatch, record_property):
    kind = dataclasses.replace(registry.LEARNERS["ppo"], make=failing(FAULTS[number]))
    monkeypatch.setitem(registry.LEARNERS, "ppo", kind)
    # After every update the learner is put down, and made and restored anew.
    monkeypatch.setattr(segment, "SECONDS", 0.0)
    # Nobody pulls the plug, and there are hundreds of files.
    monkeypatch.setattr(os, "fsync", lambda _: None)
    # Every other one has no tree, so that the entries of its meta-game are played.
    memory, iterations = (None, 100)[number % 2], 1 + number // 2 % 2
    found = solve(flipit(), "psro", settings=SMALL, iterations=iterations, seed=number, memory=memory, out=tmp_path / "run")
    rows = read_journal(tmp_path / "run")
    assert len(rows) == iterations
    for response in (row["roles"][role] for row in rows for role in ROLES):
        assert any("ppo" in note for note in response["notes"]), response["notes"]
    assert "survived: " in found.note
    with open(tmp_path / "run" / "tables" / "meta_game.csv", newline="") as table:
        entries = [[float(row[column]) for column in row if column.startswith(("mean", "error"))] for row in csv.DictReader(table)]
    assert np.isfinite(entries).all()
    assert len(entries) == len(found.populations[0]) * len(found.populations[1]) >= 1
    assert resume(tmp_path / "run").policies == found.policies
    record_property("oracles that fail, named and survived", 1)


@pytest.mark.slow
def test_oracles_that_hang_or_take_their_process_with_them_are_given_up_and_others_learn(record_property):
    game, budget = flipit(), 600
    task = Task.against(game, "attacker", ScriptedPolicy.named(game, "defender", "random"))
    ways = {
        "hangs": functools.partial(hanging, "iterate", task, budget),
        "is never made": functools.partial(hanging_from_the_beginning, task, budget),
        "dies": functools.partial(dying, "policy", task, budget),
        "is good": functools.partial(registry.make_learner, "tabular", task, budget=budget),
    }
    # What is compiled is kept, so that a process that has just begun is well below the limit.
    ways["is good"]().iterate()
    workers = LocalProcesses(2, limit=20.0)
    try:
        units = [Unit(name, "ppo", k, budget, make) for k, (name, make) in enumerate(ways.items())]
        done, stopped = work(units, Watch(0.0), patience=MARKS, workers=workers)
    finally:
        workers.shutdown()
    assert [one.over for one in done] == ["failed", "failed", "failed", "budget"]
    assert [one.failed for one in done[:2]] == ["it had not returned after 20 s"] * 2
    assert done[2].failed.startswith("3 processes that worked on it died, one after the other")
    assert stopped == ""
    assert done[-1].snapshots
    record_property("oracles that fail, named and survived", len(ways) - 1)


KILLED = {**SMALL, "budget": 256, "warm": True}


def learn(folder: Path, *_: object) -> None:
    """Two iterations in a run folder, or what is left of them."""
    if (folder / CONFIG).exists():
        resume(folder)
    else:
        solve(flipit(), "psro", settings=KILLED, iterations=2, out=folder)


def files_of(run):
    left_out = ("timings.json", "clock.jsonl", "lock", "report.html")
    return {path.relative_to(run): path.read_bytes() for path in run.rglob("*") if path.is_file() and path.name not in left_out}


@pytest.mark.slow
def test_a_kill_at_a_file_operation_loses_nothing_of_populations(tmp_path, record_property):
    paths = {"PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS / "learners"), *filter(None, [os.environ.get("PYTHONPATH")])])}
    driver = [sys.executable, __file__, str(tmp_path), "3"]
    done = subprocess.run(driver, check=True, capture_output=True, text=True, env=os.environ | paths)
    kills, whole = int(done.stdout), files_of(tmp_path / "whole")
    assert kills >= 100
    for number in range(kills):
        assert files_of(tmp_path / str(number)) == whole, number
    record_property("kills of populations at file operations", kills)


if __name__ == "__main__":
    import kill_driver

    kill_driver.work, segment.SECONDS = learn, 0.0  # type: ignore[assignment]
    # What a process has written outlives it without a flush; the flushes count as operations, and take no time.
    os.fsync = lambda _: None  # type: ignore[assignment]
    print(kill_driver.everywhere(Path(sys.argv[1]), int(sys.argv[2])))
