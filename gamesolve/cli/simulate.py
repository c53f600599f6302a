"""`gamesolve simulate`: play two policies against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gamesolve.base.patience import CALL_LIMIT
from gamesolve.base.roles import role_name, the_role
from gamesolve.cli import options, show, words
from gamesolve.cli.progress import progress_display
from gamesolve.cli.solve import STOPPED

if TYPE_CHECKING:
    from gamesolve.evaluate.play import Play
    from gamesolve.views.problem import Problem

SCHEMA = "gamesolve.simulate/1"
POLICY = (
    "A scripted policy's name; a run folder or a policy saved in one, whose parameters are the game's unless some are given; an ONNX "
    "file (FILE.onnx); or MODULE:FUNCTION with --allow-code."
)
#: How a role acts whose policy was not given.
DEFAULT = "random"
Defender = Annotated[str | None, typer.Option(help=f"{POLICY} In OpenSpiel's games player 0.", show_default=DEFAULT)]
Attacker = Annotated[str | None, typer.Option(help=f"{POLICY} In OpenSpiel's games player 1.", show_default=DEFAULT)]
Episodes = Annotated[int, typer.Option(help="Episodes to play, each to its end.")]


def command(
    game: options.GameName,
    defender: Defender = None,
    attacker: Attacker = None,
    episodes: Episodes = 1000,
    parameter: options.Parameter = [],  # noqa: B006 - typer reads the default and never changes it
    seed: options.Seed = 0,
    out: options.Out = None,
    time_limit: options.TimeLimit = None,
    memory: options.Memory = None,
    allow_code: options.AllowCode = False,
    call_limit: options.CallLimit = None,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Play episodes of a defender against an attacker (in OpenSpiel's games of player 0 against player 1) and show their returns."""
    from gamesolve.base.interrupts import stop_button
    from gamesolve.base.runs import new_folder, reserved
    from gamesolve.evaluate.episodes import new_simulation, write_episodes, write_simulation
    from gamesolve.evaluate.play import play
    from gamesolve.evaluate.resolve import played_elsewhere, problem_for
    from gamesolve.report import write_report

    named = (defender or DEFAULT, attacker or DEFAULT)
    problem = problem_for(game, words.parameters(parameter), named)
    for said in () if quiet else played_elsewhere(problem, named):
        show.complain(f"note: {said}")
    given = dict(zip(problem.roles, (defender, attacker), strict=True))
    policies = dict(zip(problem.roles, named, strict=True))
    folder = out or new_folder(problem.name)
    with reserved(folder), stop_button() as stop, progress_display(quiet, "playing"):
        code: dict[str, Any] = {"allow_code": allow_code, "call_limit": call_limit or CALL_LIMIT}
        found = play(problem, policies, episodes=episodes, seed=seed, time_limit=time_limit, stop=stop, **code)
    answer = {**_as_json(problem, found), **policies, "seed": seed}
    speeds = {"decisions_per_second": found.decisions / found.seconds}
    speeds |= {"steps_per_second": found.joint_steps / found.seconds} if found.joint_steps else {}
    asked = {**policies, "episodes": episodes, **code}
    with new_simulation(folder, problem, asked, seed=seed) as run, progress_display(quiet):
        write_episodes(run, problem, found.acting, found.returns, seed=seed)
        write_simulation(run, answer, timings={"seconds": found.seconds, **speeds})
        page = write_report(run.folder)
    if as_json:
        show.emit({**answer, **speeds, "run": str(run.folder)})
    else:
        print(_pairing(problem, given, seed))
        _print({**answer, "report": str(page)}, {} if quiet else speeds, asked=episodes)
    if found.stopped == "interrupt":
        raise typer.Exit(130)


def _as_json(problem: Problem, found: Play) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "game": problem.name,
        "parameters": problem.parameters,
        "returns": found.summary(problem.roles),
        "episodes": len(found.returns),
        "stopped": found.stopped,
    }


def _pairing(problem: Problem, given: dict[str, str | None], seed: int) -> str:
    """What was played, in a line; a policy that nobody asked for is said to be the default."""
    sides = [f"{role_name(role)} {DEFAULT + ' (default)' if words is None else words}" for role, words in given.items()]
    return f"{problem.title}: {' against '.join(sides)}, seed {seed}"


def _print(answer: dict[str, Any], speeds: dict[str, float], *, asked: int) -> None:
    lines = []
    for role, found in answer["returns"].items():
        lines.append((f"return of {the_role(role)}", show.measured(found)))
    early = f" of {asked:,} asked ({STOPPED[answer['stopped']]})" if answer["stopped"] in STOPPED else ""
    lines.append(("episodes", f"{answer['episodes']:,}{early}"))
    lines += [(name.replace("_", " "), f"{speed:,.0f}") for name, speed in speeds.items()]
    show.rows([*lines, ("report", answer["report"])])
