"""`gamesolve solve`: compute an equilibrium."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gamesolve.cli import options, show, words
from gamesolve.cli.progress import progress_display
from gamesolve.solve import METHODS

if TYPE_CHECKING:
    from pathlib import Path

    from gamesolve.solve import Solution
    from gamesolve.views.problem import Problem

SCHEMA = "gamesolve.solve/1"
Method = Annotated[str, typer.Option(metavar="|".join(METHODS), help="Solver; auto chooses by size and a short race, and says why.")]
Gap = Annotated[float | None, typer.Option(help="Exploitability to reach.", show_default="0.001 of the payoff range")]
Iterations = Annotated[int | None, typer.Option(help="Stop after this many at the latest.", show_default=False)]


def command(
    game: options.GameName,
    method: Method = "auto",
    gap: Gap = None,
    iterations: Iterations = None,
    parameter: options.Parameter = [],  # noqa: B006 - typer reads the default and never changes it
    seed: options.Seed = 0,
    out: options.Out = None,
    time_limit: options.TimeLimit = None,
    memory: options.Memory = None,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Compute an equilibrium of a zero-sum game, with the value and how exploitable it still is."""
    from gamesolve.base.interrupts import stop_button
    from gamesolve.report import write_report
    from gamesolve.solve import new_folder, solve
    from gamesolve.views.problem import load_problem

    problem = load_problem(game, words.parameters(parameter))
    folder = out or new_folder(problem.name)
    with stop_button() as stop:
        with progress_display(quiet) as progress:
            solution = solve(
                problem,
                method,
                gap=gap,
                iterations=iterations,
                time_limit=time_limit,
                memory=memory,
                seed=seed,
                out=folder,
                progress=progress,
                stop=stop,
            )
        page = write_report(folder)
    finish(problem, solution, page, quiet=quiet, as_json=as_json)


def finish(problem: Problem, solution: Solution, page: Path, *, quiet: bool, as_json: bool) -> None:
    """Print a solution; exit 130 where the user interrupted it."""
    if as_json:
        show.emit(_as_json(problem, solution))
    else:
        _print(problem, solution, page, quiet=quiet)
    if solution.stopped in ("interrupt", "time"):
        show.complain(f"stopped by {solution.stopped}; go on with: gamesolve resume {solution.run}")
    if solution.stopped == "interrupt":
        raise typer.Exit(130)


def _as_json(problem: Problem, solution: Solution) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "game": problem.name,
        "parameters": problem.parameters,
        "method": solution.method,
        "value": {role: value.as_json() for role, value in solution.values.items()},
        "exploitability": solution.exploitability.as_json(),
        "iterations": solution.iterations,
        "seconds": solution.seconds,
        "stopped": solution.stopped,
        "run": str(solution.run),
    }


def _print(problem: Problem, solution: Solution, page: Path, *, quiet: bool) -> None:
    from gamesolve.report import plain_words

    gap = f"stopped by {solution.stopped} after {solution.iterations:,} iterations, {show.duration(solution.seconds)}"
    show.rows(
        [
            ("game", solution.game),
            ("method", f"{solution.method}: {solution.reason}; {gap}"),
            *((f"value to {role}", show.bracket(value)) for role, value in solution.values.items()),
            ("exploitability", show.bracket(solution.exploitability)),
        ]
    )
    if not quiet and solution.run:
        print()
        print(plain_words(solution.run))
        print()
    show.rows([("report", str(page))])
