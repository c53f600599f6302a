"""`gamesolve evaluate`: how good a policy is against an adversary who adapts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gamesolve.cli import options, show, words
from gamesolve.cli.progress import progress_display
from gamesolve.cli.solve import STOPPED

if TYPE_CHECKING:
    from gamesolve.evaluate import Evaluation
    from gamesolve.views.problem import Problem

SCHEMA = "gamesolve.evaluate/1"
PolicyWords = Annotated[
    str,
    typer.Argument(
        metavar="POLICY",
        help="A run folder or a policy saved in one, whose parameters are the game's unless some are given; or a scripted policy's name.",
        show_default=False,
    ),
]
Role = Annotated[
    str | None, typer.Option(help="Which role it plays, where it does not say so; of a run, which policy is judged.", show_default="both")
]
Gap = Annotated[
    float | None,
    typer.Option(help="Exploitability to which the game is solved for its value.", show_default="0.001 of the payoff range"),
]
Episodes = Annotated[int, typer.Option(help="Episodes of an estimate, where nothing exact is possible.")]


def command(
    game: options.GameName,
    policy: PolicyWords,
    role: Role = None,
    gap: Gap = None,
    episodes: Episodes = 2000,
    parameter: options.Parameter = [],  # noqa: B006 - typer reads the default and never changes it
    seed: options.Seed = 0,
    out: options.Out = None,
    time_limit: options.TimeLimit = None,
    memory: options.Memory = None,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Bracket the worst-case return and the exploitability of a policy or a run, and save the opponent that shows them."""
    from gamesolve.base.interrupts import stop_button
    from gamesolve.base.runs import new_folder, reserved
    from gamesolve.evaluate import evaluate
    from gamesolve.evaluate.folder import new_run, save_responses, write_answer
    from gamesolve.evaluate.resolve import problem_for

    problem = problem_for(game, words.parameters(parameter), [policy])
    folder, started = out or new_folder(problem.name), time.monotonic()
    asked: dict[str, Any] = {"role": role, "gap": gap, "episodes": episodes, "memory": memory}
    with stop_button() as stop:
        with reserved(folder), progress_display(quiet, "evaluating") as progress:
            found = evaluate(problem, policy, **asked, seed=seed, time_limit=time_limit, progress=progress, stop=stop)
        with new_run(folder, "evaluate", problem, {"policy": policy, **asked}, seed=seed) as run:
            saved = save_responses(run, found)
            answer = _as_json(problem, found)
            write_answer(run, answer | _profile(found), timings={"seconds": time.monotonic() - started})
    if as_json:
        show.emit({**answer, "run": str(run.folder), "best_response": _shown(problem, found, saved)})
    else:
        said = [] if quiet else [("note", note) for note in found.notes] + [("caveat", caveat) for caveat in problem.caveats]
        _print(found, saved, str(run.folder), said)
    if found.stopped == "interrupt":
        raise typer.Exit(130)


def _as_json(problem: Problem, found: Evaluation) -> dict[str, Any]:
    worst = {role: bound.as_json() for role, bound in found.worst_case_return.items()}
    value = {role: bound.as_json() for role, bound in found.game_value.items()}
    profile = len(found.judged) == 2
    return {
        "schema": SCHEMA,
        "game": problem.name,
        "parameters": problem.parameters,
        "worst_case_return": worst if profile else worst[found.judged[0]],
        "game_value": value if profile else value[found.judged[0]],
        "exploitability": found.exploitability.as_json(),
        "stopped": found.stopped,
        "notes": list(found.notes),
        "caveats": list(problem.caveats),
    }


def _shown(problem: Problem, found: Evaluation, saved: dict[str, str]) -> dict[str, str | None] | str | None:
    """Where the opponents are that show the worst cases; None for one that is not known."""
    shown = {role: saved.get(role) for role in problem.roles}
    return shown if len(found.judged) == 2 else next((path for path in shown.values() if path), None)


def _profile(found: Evaluation) -> dict[str, Any]:
    """What else is known of a profile, for the run's result."""
    return {
        "expected_return": {role: bound.as_json() for role, bound in found.expected_return.items()},
        "regret": {role: bound.as_json() for role, bound in found.regret.items()},
    }


def _print(found: Evaluation, saved: dict[str, str], folder: str, said: list[tuple[str, str]]) -> None:
    lines = [("game", found.game)]
    lines += [(f"worst case of the {role}", str(bound)) for role, bound in found.worst_case_return.items()]
    lines += [(f"game value to the {role}", str(bound)) for role, bound in found.game_value.items()]
    lines += [("exploitability", str(found.exploitability))]
    lines += [(f"expected return of the {role}", str(bound)) for role, bound in found.expected_return.items()]
    lines += [(f"regret of the {role}", str(bound)) for role, bound in found.regret.items()]
    lines += [(f"best response of the {role}", path) for role, path in saved.items()]
    lines += said
    lines += [("stopped", STOPPED[found.stopped])] if found.stopped != "done" else []
    show.rows([*lines, ("run", folder)])
