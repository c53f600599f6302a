"""`gamesolve study`: how defenders fare against attackers that they never met."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gamesolve.base.runs import REPORT
from gamesolve.cli import options, show, words
from gamesolve.cli.progress import progress_display

if TYPE_CHECKING:
    from gamesolve.study import Study

PLAN_SCHEMA = "gamesolve.study-plan/1"
#: Columns of the printed answer: what they are called, and the score.
SCORES = {
    "seen": "mean_seen",
    "held out": "mean_held_out",
    "gap": "generalisation_gap",
    "worst held out": "worst_held_out",
    "worst adaptive": "worst_adaptive",
}
File = Annotated[Path, typer.Argument(parser=words.path, metavar="STUDY.toml", help="'gamesolve new study' writes one to begin with.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what would be computed and how long that takes here; compute nothing.")]
Status = Annotated[bool, typer.Option("--status", help="Print what is done, running and waiting; compute nothing.")]


def command(
    file: File,
    dry_run: DryRun = False,
    status: Status = False,
    out: Annotated[
        Path | None,
        typer.Option(parser=words.path, metavar="DIR", help="Folder of the run, new or to go on with.", show_default="runs/study-NAME"),
    ] = None,
    workers: options.Workers = None,
    time_limit: options.TimeLimit = None,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Run a study, or what is missing of it: defenders against attackers seen, held out, and trained against each of them."""
    from gamesolve.base.errors import GamesolveError
    from gamesolve.base.interrupts import stop_button
    from gamesolve.study import study
    from gamesolve.study.run import board_of

    if dry_run and status:
        raise GamesolveError("--dry-run and --status were given; one of them is printed")
    if dry_run:
        _print_plan(file, out, workers, quiet=quiet, as_json=as_json)
        return
    if status:
        _print_board(board_of(file, out), as_json=as_json)
        return
    with stop_button() as stop, progress_display(quiet, "planning") as progress:
        found = study(file, out=out, workers=workers, time_limit=time_limit, progress=progress, stop=stop)
    finish(found, as_json=as_json)


def finish(found: Study, *, as_json: bool) -> None:
    """Write the page of a study and print its answer, or how far it is; exit 130 where the user interrupted it."""
    if found.findings:
        from gamesolve.report import write_report

        write_report(found.run)
    if as_json:
        from gamesolve.study.run import SCHEMA

        show.emit({"schema": SCHEMA, "title": found.title, "stopped": found.stopped, "cells": found.board, "run": str(found.run),
                   **found.findings})  # fmt: skip
    elif found.findings:
        _print(found)
    else:
        _print_board(found.board, as_json=False)
    for line in found.failed:
        show.complain(f"failed: {line}")
    if found.stopped != "done":
        show.complain(f"stopped by {found.stopped}; go on with: gamesolve resume {found.run}")
    if found.stopped == "interrupt":
        raise typer.Exit(130)


def _print_plan(file: Path, out: Path | None, workers: str | None, *, quiet: bool, as_json: bool) -> None:
    from gamesolve.base.executors import cores, refuse_unknown_workers
    from gamesolve.statistics import CLAIMS
    from gamesolve.study.engine import Board
    from gamesolve.study.estimate import estimate
    from gamesolve.study.file import HELD_OUT, SEEN
    from gamesolve.study.run import folder_of, planned

    refuse_unknown_workers(workers or cores())
    with progress_display(quiet, "measuring speeds"):
        plan = planned(file)
        size = int(workers) if workers and workers.isdecimal() else cores()
        done = Board.of(folder_of(file, out), plan.cells()).done
        found = estimate(plan, size, done)
    roster = plan.roster
    if as_json:
        tiers = {tier: [one.name for one in roster.tier(tier)] for tier in (SEEN, *HELD_OUT)}
        show.emit(
            {"schema": PLAN_SCHEMA, "title": roster.study.title, "attackers": tiers, "defenders": list(roster.study.defenders), **found}
        )
        return
    lines = [("study", roster.study.title), ("game", roster.problem.title)]
    lines += [
        (f"attackers, {tier.replace('_', ' ')}", ", ".join(one.name for one in roster.tier(tier)) or "none") for tier in (SEEN, *HELD_OUT)
    ]
    lines += [("attackers, adaptive", ", ".join(roster.adaptive) or "none"), ("defenders", ", ".join(roster.study.defenders))]
    lines += [("variants", ", ".join(roster.variants))] if roster.variants else []
    show.rows(lines)
    print()
    took = [row["seconds"] for row in found["rows"]]
    times = ["not estimated" if seconds is None else show.duration(seconds) for seconds in took]
    rows = [(row["kind"], f"{row['cells']:,}", f"{row['decisions']:,}", time) for row, time in zip(found["rows"], times, strict=True)]
    show.table(("cells", "how many", "decisions at most", "time of one process"), rows)
    print(f"about {show.duration(found['seconds'])} on {size} process{'es' if size > 1 else ''} at the speed of this moment")
    print("reference: specialists for each attacker, from whom regret is counted; adaptive: searches against each frozen defender")
    if done:
        print(f"{len(done):,} cells are done already and left out")
    if roster.study.budget.seeds < CLAIMS:
        print(f"{roster.study.budget.seeds} seeds are a preview, without tests; claims need ten")


def _print_board(board: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        from gamesolve.study.run import SCHEMA

        show.emit({"schema": SCHEMA, "cells": board})
        return
    columns = ("cells", "done", "running", "waiting", "failed")
    rows = [(row["kind"], *(f"{row[column]:,}" for column in columns), f"{row['decisions_left']:,}") for row in board]
    show.table(("kind", *columns, "decisions left"), rows)


def _print(found: Study) -> None:
    data = found.findings
    columns = {title: score for title, score in SCORES.items() if score in next(iter(data["defenders"].values()))["scores"]}
    rows = [(name, *(_estimate(own["scores"][score]) for score in columns.values())) for name, own in data["defenders"].items()]
    print(f"{data['title']}\n")
    show.table(("defender", *columns), rows)
    runs = next(iter(data["specialists"].values()))["runs"]
    print(f"returns of the defender over {runs} run{'s' if runs > 1 else ''}; ± is half of the confidence interval over runs")
    if data["equilibrium"] is not None:
        held = "earns the game's value at least against everybody" if data["equilibrium"]["holds"] else "EARNS LESS THAN THE GAME'S VALUE"
        print(f"the game is solved exactly: its equilibrium defender {held}")
    show.rows([("tables", str(found.run / "tables")), ("report", str(found.run / REPORT))])


def _estimate(one: dict[str, Any]) -> str:
    if one["lower"] is None:
        return f"{one['value']:.4g}"
    return f"{one['value']:.4g} ± {(one['upper'] - one['lower']) / 2.0:.2g}"
