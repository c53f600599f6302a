"""`gamesolve solve`: compute an equilibrium."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from gamesolve.base import interrupts
from gamesolve.base.bound import Bound
from gamesolve.base.roles import role_name, the_role
from gamesolve.base.runs import REPORT
from gamesolve.cli import options, show, words
from gamesolve.cli.progress import progress_display
from gamesolve.solve import AS_ASKED, METHODS

SCHEMA = "gamesolve.solve/1"
KEYS = (
    "schema",
    "game",
    "parameters",
    "method",
    "value",
    "exploitability",
    "expected_return",
    "populations",
    "decisions",
    "iterations",
    "seconds",
    "stopped",
    "caveats",
    "run",
)
#: What only learning finds out.
LEARNT = ("expected_return", "populations", "decisions")
STOPPED = {"gap": "gap reached", "iterations": "gap not reached", "time": "time limit", "interrupt": "interrupted"}
Method = Annotated[
    str,
    typer.Option(
        metavar="|".join(METHODS),
        help="Solver; auto chooses by size and a short race, and says why. psro is the double oracle algorithm, with learned responses "
        "where no tree fits (or with --oracles, --budget, --meta-solver, --config, --known), xdo its extensive form; mmd and ppo are "
        "self-play, from samples where no tree fits (or with --self-play). policy_iteration, value_iteration and hsvi take games "
        "whose state a role knows as tables.",
    ),
]
Gap = Annotated[
    float | None,
    typer.Option(help="Exploitability to reach; 0 is as little as double precision can certify.", show_default="0.001 of the payoff range"),
]
Oracles = Annotated[
    str | None,
    typer.Option(
        metavar="NAME,...", help="Who looks for responses: of ppo, dqn, tabular, scripted, exact, self_play.", show_default="ppo,scripted"
    ),
]
Budget = Annotated[int | None, typer.Option(help="Decisions of each training of a response.", show_default="100000")]
MetaSolver = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="How psro mixes the populations that it learns; 'gamesolve new settings --learner psro' names all. coarse_correlated is for "
        "general-sum games too.",
        show_default="nash",
    ),
]
SelfPlay = Annotated[int | None, typer.Option("--self-play", help="Decisions of the self-play of mmd and ppo.", show_default="2000000")]
Config = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="TOML file with settings of psro; 'gamesolve new settings --learner psro' writes one.", show_default=False
    ),
]
Known = Annotated[
    list[str],
    typer.Option(
        metavar="POLICY",
        help="A policy that its population begins with: a saved one, or a run, all of whose members join.",
        show_default=False,
    ),
]
Iterations = Annotated[int | None, typer.Option(help="Stop after this many at the latest.", show_default=False)]


def command(
    game: options.GameName,
    method: Method = "auto",
    gap: Gap = None,
    iterations: Iterations = None,
    oracles: Oracles = None,
    budget: Budget = None,
    meta_solver: MetaSolver = None,
    self_play: SelfPlay = None,
    config: Config = None,
    known: Known = [],  # noqa: B006 - typer reads the default and never changes it
    workers: options.Workers = None,
    parameter: options.Parameter = [],  # noqa: B006 - typer reads the default and never changes it
    seed: options.Seed = 0,
    out: options.Out = None,
    time_limit: options.TimeLimit = None,
    memory: options.Memory = None,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Compute an equilibrium of a zero-sum game, with the value and how exploitable it still is.

    GAME may be a file too: tables of a game without end (.json, or .osposg where one role alone knows the state).

    Where the game's tree does not fit, or a role is a team, auto and psro learn: the answer is a mixture of policies, and how
    exploitable it is becomes known from below only.
    """
    from gamesolve.base.interrupts import stop_button
    from gamesolve.base.runs import new_folder
    from gamesolve.report import write_report
    from gamesolve.solve import solve
    from gamesolve.views.problem import load_problem

    problem = load_problem(game, words.parameters(parameter), tables=True)
    folder = out or new_folder(Path(problem.name).stem if problem.is_tables else problem.name)
    given = {
        "oracles": None if oracles is None else words.names(oracles), "budget": budget, "meta_solver": meta_solver, "self_play": self_play,
    }  # fmt: skip
    settings = {**words.settings(config), **{key: value for key, value in given.items() if value is not None}}
    targets: dict[str, Any] = {
        "gap": gap, "iterations": iterations, "time_limit": time_limit, "memory": memory, "seed": seed,
        "settings": settings, "known": known, "workers": workers,
    }  # fmt: skip
    with how_to_go_on(folder), stop_button() as stop, progress_display(quiet) as progress:
        solve(problem, method, **targets, out=folder, progress=progress, stop=stop)
        write_report(folder)
    finish(folder, quiet=quiet, as_json=as_json)


@contextlib.contextmanager
def how_to_go_on(folder: Path) -> Iterator[None]:
    """Where a signal ends work on a run at once, raise Interrupted that says how to go on, if there is a run already."""
    from gamesolve.base.runs import CONFIG

    try:
        yield
    except BaseException as error:
        # Not only KeyboardInterrupt: the compiler makes errors of its own of it.
        if interrupts.received and (folder / CONFIG).is_file():
            raise interrupts.Interrupted(f"interrupted in the middle of a step; go on with: gamesolve resume {folder}") from error
        raise


def finish(folder: Path, *, quiet: bool, as_json: bool) -> None:
    """Print the answer in a run folder; exit 130 where the user interrupted it."""
    from gamesolve.base.files import read_object
    from gamesolve.base.runs import TIMINGS, read_result
    from gamesolve.views.problem import run_problem

    problem, result, seconds = run_problem(folder), read_result(folder), read_object(folder / TIMINGS)["seconds"]
    if as_json:
        known = {
            **dict.fromkeys(LEARNT),
            **result,
            "schema": SCHEMA,
            "seconds": seconds,
            "caveats": list(problem.caveats),
            "run": str(folder),
        }
        show.emit({key: known[key] for key in KEYS})
    else:
        _print(folder, problem.title, result, seconds, quiet=quiet)
    # The first runs that were made have no note.
    if result.get("note"):
        show.complain(result["note"])
    if result["stopped"] in ("interrupt", "time"):
        show.complain(f"stopped by {result['stopped']}; go on with: gamesolve resume {folder}")
    if result["stopped"] == "interrupt":
        raise typer.Exit(130)


def _print(folder: Path, game: str, result: dict[str, Any], seconds: float, *, quiet: bool) -> None:
    from gamesolve.report import plain_words

    show.rows(
        [
            ("game", game),
            ("method", result["reason"] if result["reason"] != AS_ASKED else f"{result['method']}, {AS_ASKED}"),
            *((f"value to {role_name(role)}", str(Bound(**value))) for role, value in result["value"].items()),
            ("exploitability", str(Bound(**result["exploitability"]))),
            *_learnt(result),
            ("stopped", f"{STOPPED[result['stopped']]} after {_iterations(result['iterations'])}, {show.duration(seconds)}"),
        ]
    )
    if not quiet and "populations" not in result:
        print(f"\n{plain_words(folder)}\n")
    show.rows([("report", str(folder / REPORT))])


def _iterations(count: int) -> str:
    return "1 iteration" if count == 1 else f"{count:,} iterations"


def _learnt(result: dict[str, Any]) -> list[tuple[str, str]]:
    """Lines on what was learnt, where anything was."""
    if "populations" not in result:
        return []
    sizes = ", ".join(f"{count} of {the_role(role)}" for role, count in result["populations"].items())
    earned = [(f"return of {the_role(role)}", f"{Bound(**found)} in fresh episodes") for role, found in result["expected_return"].items()]
    return [*earned, ("policies", f"{sizes}, found in {result['decisions']:,} decisions")]
