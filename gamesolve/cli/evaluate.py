"""`gamesolve evaluate`: how good a policy is against an adversary who adapts."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gamesolve.base.patience import CALL_LIMIT
from gamesolve.base.roles import role_name, the_role
from gamesolve.cli import options, show, words
from gamesolve.cli.progress import progress_display
from gamesolve.cli.solve import STOPPED

if TYPE_CHECKING:
    from gamesolve.evaluate import Evaluation
    from gamesolve.evaluate.exploitability import Found
    from gamesolve.views.problem import Problem

SCHEMA = "gamesolve.evaluate/1"
#: Episodes of the judged policy against the opponent found, of which the report shows some.
MATCH = 1_000
PolicyWords = Annotated[
    str,
    typer.Argument(
        metavar="POLICY",
        help="A run folder or a policy saved in one, whose parameters are the game's unless some are given; a scripted policy's name; "
        "an ONNX file (FILE.onnx); or MODULE:FUNCTION with --allow-code.",
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
Responders = Annotated[
    str, typer.Option(metavar="NAMES", help="Where nothing exact is possible: learners that look for the worst case, or none.")
]
Budget = Annotated[int, typer.Option(help="Decisions of each of their trainings.")]
Seeds = Annotated[int, typer.Option(help="Trainings of each responder.")]
Known = Annotated[
    list[str],
    typer.Option(
        metavar="POLICY",
        help="An opponent to try beside, such as one found for another policy; networks are starts too.",
        show_default=False,
    ),
]
Episodes = Annotated[int, typer.Option(help="Episodes of an estimate, where nothing exact is possible.")]


def command(
    game: options.GameName,
    policy: PolicyWords,
    role: Role = None,
    gap: Gap = None,
    responders: Responders = "ppo,dqn",
    budget: Budget = 300_000,
    seeds: Seeds = 2,
    known: Known = [],  # noqa: B006 - typer reads the default and never changes it
    episodes: Episodes = 10_000,
    parameter: options.Parameter = [],  # noqa: B006
    seed: options.Seed = 0,
    device: options.Device = "cpu",
    out: options.Out = None,
    time_limit: options.TimeLimit = None,
    memory: options.Memory = None,
    allow_code: options.AllowCode = False,
    call_limit: options.CallLimit = None,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Bracket the worst-case return and the exploitability of a policy or a run, and save the opponent that shows them."""
    from gamesolve.base.interrupts import stop_button
    from gamesolve.base.runs import new_folder, reserved
    from gamesolve.evaluate import evaluate
    from gamesolve.evaluate.folder import new_run, save_responses, unsaved, write_answer, write_curves, write_match
    from gamesolve.evaluate.resolve import problem_for
    from gamesolve.report import write_report

    problem = problem_for(game, words.parameters(parameter), [policy, *known])
    folder, started = out or new_folder(problem.name), time.monotonic()
    asked: dict[str, Any] = {
        "role": role, "gap": gap, "responders": words.names(responders), "budget": budget, "seeds": seeds, "known": known,
        "episodes": episodes, "memory": memory, "device": device, "allow_code": allow_code, "call_limit": call_limit or CALL_LIMIT,
    }  # fmt: skip
    with stop_button() as stop:
        with reserved(folder), progress_display(quiet, "evaluating") as progress:
            found = evaluate(problem, policy, **asked, seed=seed, time_limit=time_limit, progress=progress, stop=stop)
        with new_run(folder, "evaluate", problem, {"policy": policy, **asked}, seed=seed) as run:
            saved = save_responses(run, found, {"policy": policy, **asked, "seed": seed})
            write_curves(run, found)
            found = replace(found, notes=(*found.notes, *unsaved(found), *write_match(run, problem, found, episodes=MATCH, seed=seed)))
            answer = _as_json(problem, found)
            write_answer(run, answer, timings={"seconds": time.monotonic() - started})
            page = write_report(run.folder)
    if as_json:
        show.emit({**answer, "run": str(run.folder), **saved, "best_response": _shown(problem, found, saved["best_response"])})
    else:
        said = [] if quiet else [("note", note) for note in found.notes] + [("caveat", caveat) for caveat in problem.caveats]
        _print(found, saved, str(page), said)
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
        "judged": list(found.judged),
        "worst_case_return": worst if profile else worst[found.judged[0]],
        "game_value": value if profile else value[found.judged[0]],
        "exploitability": found.exploitability.as_json(),
        "expected_return": {role: bound.as_json() for role, bound in found.expected_return.items()},
        "regret": {role: bound.as_json() for role, bound in found.regret.items()},
        "return_against_best_response": {role: bound.as_json() for role, bound in found.return_against_best_response.items()},
        "return_against_strongest_found": {
            role: {**bound.as_json(), "opponent": found.searched_selfish[role].name}
            for role, bound in found.return_against_strongest_found.items()
        },
        "search": {role: _searched(one) for role, one in found.searched.items()},
        "selfish_search": {role: _searched(one) for role, one in found.searched_selfish.items()},
        "stopped": found.stopped,
        "notes": list(found.notes),
        "caveats": list(problem.caveats),
    }


def _searched(one: Found) -> dict[str, Any]:
    """Who was found by a search, and what it came to for shares of the budget: see `CurvePoint`."""
    return {"opponent": one.name, "decisions": one.decisions, "curve": [asdict(point) for point in one.curve]}


def _shown(problem: Problem, found: Evaluation, saved: dict[str, str]) -> dict[str, str | None] | str | None:
    """Where the opponents are that show the worst cases; None for one that is not known."""
    shown = {role: saved.get(role) for role in problem.roles}
    return shown if len(found.judged) == 2 else next((path for path in shown.values() if path), None)


def _print(found: Evaluation, saved: dict[str, dict[str, str]], page: str, said: list[tuple[str, str]]) -> None:
    lines = [("game", found.game)]
    lines += [(f"worst case of {the_role(role)}", str(bound)) for role, bound in found.worst_case_return.items()]
    lines += [(f"game value to {the_role(role)}", str(bound)) for role, bound in found.game_value.items()]
    for role, one in found.searched.items():
        lines.append(
            (f"strongest against {the_role(role)}", f"{one.name}, of {len(one.tried)} opponents, {one.decisions:,} decisions learnt")
        )
    for role, bound in found.return_against_best_response.items():
        lines.append((f"{role_name(role)} against self-interest", str(bound)))
    for role, bound in found.return_against_strongest_found.items():
        lines.append((f"{role_name(role)} against the strongest found", f"{bound}: {found.searched_selfish[role].name}"))
    lines += [("exploitability", str(found.exploitability))]
    lines += [(f"expected return of {the_role(role)}", str(bound)) for role, bound in found.expected_return.items()]
    lines += [(f"regret of {the_role(role)}", str(bound)) for role, bound in found.regret.items()]
    for kind, searched, words_of in (
        ("best_response", found.searched, ""),
        ("selfish_response", found.searched_selfish, " by self-interest"),
    ):
        for role, path in saved[kind].items():
            judged = next(one for one in found.judged if one != role) if len(found.judged) == 2 else found.judged[0]
            name = f"strongest {role_name(role)}" if judged in searched else f"best response of {the_role(role)}"
            lines.append((f"{name}{words_of}", path))
    lines += said
    lines += [("stopped", STOPPED[found.stopped])] if found.stopped != "done" else []
    show.rows([*lines, ("report", page)])
