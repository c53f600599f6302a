"""`gamesolve train`: learn a best response."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gamesolve.base.bound import Bound
from gamesolve.base.roles import role_name, the_role
from gamesolve.base.runs import REPORT
from gamesolve.cli import options, show, words
from gamesolve.cli.progress import progress_display
from gamesolve.cli.solve import how_to_go_on

if TYPE_CHECKING:
    from gamesolve.train.tensorboard import Board

SCHEMA = "gamesolve.train/1"
KEYS = (
    "schema",
    "game",
    "parameters",
    "role",
    "against",
    "learner",
    "decisions",
    "returns",
    "exact_return",
    "each",
    "chosen",
    "best_learnt",
    "seconds",
    "stopped",
    "notes",
    "policy",
    "run",
)
STOPPED = {
    "budget": "budget spent",
    "patience": "no growth any more",
    "done": "computed exactly",
    "time": "time limit",
    "interrupt": "interrupted",
}
POLICY = "a scripted policy's name, a run folder, or a saved policy"
Role = Annotated[str, typer.Option(help="Whose best response is wanted.", show_default=False)]
Against = Annotated[
    list[str],
    typer.Option(metavar="POLICY", help=f"The opponent: {POLICY}. May be repeated: one is drawn for every episode.", show_default=False),
]
LearnerName = Annotated[
    str, typer.Option(metavar="ppo|dqn|tabular|exact", help="Who learns; exact computes the response where the tree fits.")
]
Config = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="TOML file with settings of the learner; 'gamesolve new settings' writes one.", show_default=False),
]
Budget = Annotated[
    int, typer.Option(help="Decisions of each training, those of all agents counted; the last rollout is played to its end.")
]
Seeds = Annotated[int, typer.Option(help="Trainings from fresh weights.")]
Known = Annotated[
    list[str],
    typer.Option(metavar="POLICY", help="A policy of the role that is known already; networks are starts too.", show_default=False),
]
Patience = Annotated[int, typer.Option(help="A training ends after so many tenths of its budget without growth.")]
Validation = Annotated[int, typer.Option(help="Episodes on which candidates are tried; few confuse those that are nearly as good.")]
Episodes = Annotated[int, typer.Option(help="Fresh episodes on which the best of them is measured.")]


TensorBoard = Annotated[bool, typer.Option("--tensorboard", help="Write TensorBoard's files into the run too (extra \\[tensorboard]).")]


def command(
    game: options.GameName,
    role: Role,
    against: Against,
    learner: LearnerName = "ppo",
    config: Config = None,
    budget: Budget = 1_000_000,
    seeds: Seeds = 1,
    known: Known = [],  # noqa: B006 - typer reads the default and never changes it
    patience: Patience = 5,
    validation: Validation = 1_000,
    episodes: Episodes = 10_000,
    parameter: options.Parameter = [],  # noqa: B006
    seed: options.Seed = 0,
    device: options.Device = "cpu",
    tensorboard: TensorBoard = False,
    out: options.Out = None,
    time_limit: options.TimeLimit = None,
    memory: options.Memory = None,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Learn a best response of a role to a policy, or to several, and measure it on fresh episodes."""
    from gamesolve.base.interrupts import stop_button
    from gamesolve.base.runs import new_folder
    from gamesolve.evaluate.resolve import played_elsewhere, problem_for
    from gamesolve.report import write_report
    from gamesolve.train import train

    problem = problem_for(game, words.parameters(parameter), [*against, *known])
    for said in () if quiet else played_elsewhere(problem, [*against, *known]):
        show.complain(f"note: {said}")
    folder = out or new_folder(problem.name)
    asked: dict[str, Any] = {
        "learner": learner, "settings": words.settings(config), "budget": budget, "seeds": seeds, "known": known, "patience": patience,
        "validation": validation, "episodes": episodes, "seed": seed, "device": device, "memory": memory, "time_limit": time_limit,
    }  # fmt: skip
    with how_to_go_on(folder), _board(folder if tensorboard else None) as heard, stop_button() as stop, progress_display(quiet) as progress:
        train(problem, role, against, **asked, out=folder, progress=progress, stop=stop, heard=heard)
        write_report(folder)
    finish(folder, quiet=quiet, as_json=as_json)


@contextlib.contextmanager
def _board(folder: Path | None) -> Iterator[Board | None]:
    """TensorBoard's listener, where it is wanted."""
    if folder is None:
        yield None
        return
    from gamesolve.train.tensorboard import Board

    with contextlib.closing(Board(folder)) as board:
        yield board


def finish(folder: Path, *, quiet: bool, as_json: bool) -> None:
    """Print the answer in a run folder; exit 130 where the user interrupted it."""
    from gamesolve.base.files import read_object
    from gamesolve.base.runs import TIMINGS, read_result
    from gamesolve.views.problem import run_problem

    problem, result, seconds = run_problem(folder), read_result(folder), read_object(folder / TIMINGS)["seconds"]
    policy = folder / "policies" / result["role"]
    if as_json:
        known = {**result, "schema": SCHEMA, "seconds": seconds, "policy": str(policy), "run": str(folder)}
        show.emit({key: known[key] for key in KEYS})
    else:
        _print(problem.title, result, seconds, policy, folder)
    for note in () if quiet else result["notes"]:
        show.complain(f"note: {note}")
    if result["stopped"] in ("interrupt", "time"):
        show.complain(f"stopped by {result['stopped']}; go on with: gamesolve resume {folder}")
    if result["stopped"] == "interrupt":
        raise typer.Exit(130)


def _print(game: str, result: dict[str, Any], seconds: float, policy: Path, folder: Path) -> None:
    lines = [("game", game), (f"{role_name(result['role'])} against", " or ".join(result["against"]))]
    lines += [("best response", result["chosen"])]
    if (learnt := result["best_learnt"]) and learnt["name"] != result["chosen"]:
        lines += [("best that was learnt", f"{learnt['name']}: {learnt['mean']:.6g} ± {learnt['standard_error']:.2g} in validation")]
    lines += [(f"return of {the_role(role)}", show.measured(found)) for role, found in result["returns"].items()]
    if result["exact_return"] is not None:
        lines.append((f"exact return of {the_role(result['role'])}", str(Bound(**result["exact_return"]))))
    for words_of, returns in result["each"].items():
        lines.append((f"  against {words_of}", show.measured(returns[result["role"]])))
    lines.append(("stopped", f"{STOPPED[result['stopped']]} after {result['decisions']:,} decisions, {show.duration(seconds)}"))
    show.rows([*lines, ("policy", str(policy)), ("report", str(folder / REPORT))])
