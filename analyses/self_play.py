"""How near to an equilibrium of leduc poker does regularised self-play from samples come in five minutes of one core?

`python -m gamesolve.analyses.self_play` lets magnetic mirror descent with the settings of `--method mmd` play itself with three seeds and
writes `analyses/self_play.md`. The exploitability (NashConv / 2, in chips an episode) is exact: the policies are asked at every
information set of the tree. Marks are a row each of `analyses/self_play.csv`; a seed whose rows are there is not done again. Seconds are of
the process, compiling and the measurement of marks included.
"""

from __future__ import annotations

import csv
import time
from pathlib import Path
from typing import Any

import numpy as np

import gamesolve
from gamesolve.base.executors import cores, in_order, open_workers, or_raised
from gamesolve.learners.self_play import SelfPlay
from gamesolve.solvers.best_response import exploitability, uniform

REPORT, ROWS = Path(__file__).with_suffix(".md"), Path(__file__).with_suffix(".csv")
HEADER = ("seed", "decisions", "exploitability", "seconds")
BUDGET, SEEDS, MARKS = 24_000_000, 3, 6


def played(seed: int) -> list[tuple[Any, ...]]:
    """The marks of a seed."""
    begun = time.process_time()
    game = gamesolve.load_game("leduc")
    tree, play, rows = gamesolve.build_tree(game), SelfPlay(game, "mmd", budget=BUDGET, seed=seed), list[tuple[Any, ...]]()
    while play.decisions < BUDGET:
        play.iterate()
        if play.decisions * MARKS // BUDGET > len(rows):
            zero, one = (policy.behaviour_on(tree) for policy in play.policies())
            rows.append((seed, play.decisions, round(exploitability(tree, (zero, one)), 4), round(time.process_time() - begun)))
    return rows


def known() -> list[tuple[Any, ...]]:
    """The rows that are there."""
    if not ROWS.is_file():
        return []
    kinds = (int, int, float, int)
    with ROWS.open(newline="") as file:
        return [tuple(kind(row[name]) for kind, name in zip(kinds, HEADER, strict=True)) for row in csv.DictReader(file)]


def written(rows: list[tuple[Any, ...]]) -> str:
    """The report."""
    tree = gamesolve.build_tree(gamesolve.load_game("leduc"))
    random = exploitability(tree, (uniform(tree.decisions[0]), uniform(tree.decisions[1])))
    by_mark = [[row for row in rows if row[1] * MARKS // BUDGET == mark] for mark in range(1, MARKS + 1)]
    lines = [
        f"| {mark[0][1] / 1e6:.0f} million | {max(row[3] for row in mark) / 60:.1f} | {', '.join(f'{row[2]:.3f}' for row in mark)} "
        f"| {np.median([row[2] for row in mark]):.3f} |"
        for mark in by_mark
        if mark
    ]
    return "\n".join(
        [
            "# Regularised self-play from samples on leduc poker",
            "",
            *(__doc__ or "").strip().splitlines()[2:],
            "",
            f"Uniform play is {random:.3f} exploitable.",
            "",
            "| decisions | minutes of one core, the slowest seed | exploitability of each seed | median |",
            "|---|---|---|---|",
            *lines,
            "",
        ]
    )


def main() -> None:
    """Do what is missing, and write the report."""
    rows = known()
    missing = [seed for seed in range(SEEDS) if sum(row[0] == seed for row in rows) < MARKS]
    rows = [row for row in rows if row[0] not in missing]
    with open_workers(min(cores(), max(len(missing), 1)), limit=7200.0) as workers:
        for found in in_order(workers, played, [(seed,) for seed in missing]):
            rows = sorted([*rows, *or_raised(found)])
            with ROWS.open("w", newline="") as file:
                csv.writer(file).writerows([HEADER, *rows])
    REPORT.write_text(written(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
