"""How near to an equilibrium of leduc poker does self-play from samples come, ours in five minutes of one core, and OpenSpiel's learners?

`python -m gamesolve.analyses.self_play` lets magnetic mirror descent with the settings of `--method mmd` play itself with three seeds and
writes `analyses/self_play.md`. The exploitability (NashConv / 2, in chips an episode) is exact: the policies are asked at every
information set of the tree. Marks are a row each of `analyses/self_play.csv`; a seed whose rows are there is not done again. Seconds are of
the process, compiling and the measurement of marks included.

Beside it, at equal samples, play OpenSpiel's own learners in PyTorch, with the settings of OpenSpiel's examples: NFSP (Heinrich and Silver
2016; `nfsp_leduc_pytorch.py`), whose average policies are measured, and PPO (`ppo_example.py`), which is for one agent, so that each player
has one of its own to which the other is part of the environment, and whose policies in the end are measured. MMD's are those that it
answers with: its newest weights, averaged over some 20 updates. A sample is a decision of any player. MMD's schedules depend on the budget,
so it has runs of its own here. The settings of NFSP are meant for 20 million episodes (in 500,000 decisions its target networks are renewed
once or twice), and those of PPO for one agent: the table says what the examples come to with few samples, and not what other settings
would. The games are the same; OpenSpiel's learners play `leduc_poker` through OpenSpiel's Python environment, ours plays the compiled
simulator. NFSP needs dm-tree, which OpenSpiel does not install.
"""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

import gamesolve
from gamesolve.analyses.self_play_peers import Step, nfsp, ppo
from gamesolve.base.errors import GamesolveError
from gamesolve.base.executors import cores, in_order, open_workers, or_raised
from gamesolve.learners.self_play import SelfPlay
from gamesolve.solvers.best_response import exploitability, uniform

REPORT, ROWS = Path(__file__).with_suffix(".md"), Path(__file__).with_suffix(".csv")
BUDGET, MARKS, SEEDS = 24_000_000, 6, 3
#: Decisions after which our learner and OpenSpiel's are compared.
EQUAL = 500_000


class Row(NamedTuple):
    """A mark of a run: what it came to after so many decisions, and in how many seconds of one core."""

    method: str
    budget: int
    seed: int
    decisions: int
    exploitability: float
    seconds: int


def mmd(budget: int, seed: int) -> Iterator[Step]:
    """Our self-play, update by update."""
    game = gamesolve.load_game("leduc")
    tree, play = gamesolve.build_tree(game), SelfPlay(game, "mmd", budget=budget, seed=seed)

    def measured() -> float:
        zero, one = (policy.behaviour_on(tree) for policy in play.policies())
        return exploitability(tree, (zero, one))

    while True:
        play.iterate()
        yield play.decisions, measured


METHODS: dict[str, Callable[[int, int], Iterator[Step]]] = {"mmd": mmd, "nfsp": nfsp, "ppo": ppo}
NAMES = {"mmd": "MMD, gamesolve", "nfsp": "NFSP, OpenSpiel", "ppo": "PPO, OpenSpiel"}


def played(method: str, budget: int, seed: int, marks: int) -> list[Row]:
    """A run: its marks, in equal parts of the budget."""
    begun, rows = time.process_time(), list[Row]()
    for decisions, measured in METHODS[method](budget, seed):
        if decisions * marks // budget > len(rows):
            rows.append(Row(method, budget, seed, decisions, round(measured(), 4), round(time.process_time() - begun)))
        if len(rows) == marks:
            break
    return rows


def runs() -> list[tuple[str, int, int, int]]:
    """All that there shall be: method, budget, seed, marks."""
    return [("mmd", BUDGET, seed, MARKS) for seed in range(SEEDS)] + [
        (method, EQUAL, seed, 1) for method in METHODS for seed in range(SEEDS)
    ]


def known() -> list[Row]:
    """The rows that are there."""
    if not ROWS.is_file():
        return []
    kinds = (str, int, int, int, float, int)
    with ROWS.open(newline="") as file:
        return [Row(*(kind(row[name]) for kind, name in zip(kinds, Row._fields, strict=True))) for row in csv.DictReader(file)]


def line(what: str, rows: list[Row]) -> str:
    """What several seeds came to, as a line of a table."""
    found = [row.exploitability for row in rows]
    minutes, each = max(row.seconds for row in rows) / 60, ", ".join(f"{one:.3f}" for one in found)
    return f"| {what} | {minutes:.1f} | {each} | {np.median(found):.3f} |"


def written(rows: list[Row]) -> str:
    """The report."""
    tree = gamesolve.build_tree(gamesolve.load_game("leduc"))
    random = exploitability(tree, (uniform(tree.decisions[0]), uniform(tree.decisions[1])))
    own = [row for row in rows if (row.method, row.budget) == ("mmd", BUDGET)]
    by_mark = [[row for row in own if row.decisions * MARKS // BUDGET == mark] for mark in range(1, MARKS + 1)]
    by_method = [[row for row in rows if (row.method, row.budget) == (method, EQUAL)] for method in METHODS]
    head = "minutes of one core, the slowest seed | exploitability of each seed | median |"
    return "\n".join(
        [
            "# Self-play from samples on leduc poker",
            "",
            *(__doc__ or "").strip().splitlines()[2:],
            "",
            f"Uniform play is {random:.3f} exploitable.",
            "",
            f"| decisions of MMD | {head}",
            "|---|---|---|---|",
            *(line(f"{mark[0].decisions / 1e6:.0f} million", mark) for mark in by_mark if mark),
            "",
            f"At equal samples, {EQUAL:,} decisions:",
            "",
            f"| method | decisions of the first seed | {head}",
            "|---|---|---|---|---|",
            *(line(f"{NAMES[found[0].method]} | {found[0].decisions:,}", found) for found in by_method if found),
            "",
        ]
    )


def main() -> None:
    """Do what is missing, and write the report."""
    rows = known()
    missing = [run for run in runs() if sum(row[:3] == run[:3] for row in rows) < run[3]]
    rows = [row for row in rows if row[:3] not in [run[:3] for run in missing]]
    with open_workers(min(cores(), max(len(missing), 1)), limit=7200.0) as workers:
        for found in in_order(workers, played, missing):
            rows = sorted([*rows, *or_raised(found)])
            with ROWS.open("w", newline="") as file:
                csv.writer(file).writerows([Row._fields, *rows])
    REPORT.write_text(written(rows), encoding="utf-8")


if __name__ == "__main__":
    try:
        main()
    except GamesolveError as error:
        sys.exit(f"self_play: {error}")
