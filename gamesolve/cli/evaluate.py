"""`gamesolve evaluate`: how good a policy is against an adversary who adapts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from gamesolve.base.bound import Bound
from gamesolve.base.patience import CALL_LIMIT
from gamesolve.base.roles import role_name, the_role
from gamesolve.base.runs import REPORT, TRAININGS
from gamesolve.cli import options, show, words
from gamesolve.cli.progress import progress_display
from gamesolve.cli.solve import how_to_go_on

#: Why an answer is not whole.
STOPPED = {"time": "time limit", "interrupt": "interrupted"}
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
Config = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="TOML file with a table of settings for each responder, such as \\[ppo]; 'gamesolve new settings' writes what stands in one.",
        show_default=False,
    ),
]
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
    config: Config = None,
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
    from gamesolve.base.runs import new_folder
    from gamesolve.evaluate import evaluate
    from gamesolve.evaluate.resolve import played_elsewhere, problem_for
    from gamesolve.report import write_report

    problem = problem_for(game, words.parameters(parameter), [policy, *known])
    for said in () if quiet else played_elsewhere(problem, [policy, *known]):
        show.complain(f"note: {said}")
    folder = out or new_folder(problem.name)
    asked: dict[str, Any] = {
        "role": role, "gap": gap, "responders": words.names(responders), "budget": budget, "seeds": seeds, "known": known,
        "episodes": episodes, "seed": seed, "memory": memory, "device": device, "time_limit": time_limit, "allow_code": allow_code,
        "call_limit": call_limit or CALL_LIMIT, "settings": words.settings(config),
    }  # fmt: skip
    with how_to_go_on(folder), stop_button() as stop, progress_display(quiet, "evaluating") as progress:
        evaluate(problem, policy, **asked, out=folder, progress=progress, stop=stop)
        write_report(folder)
    finish(folder, quiet=quiet, as_json=as_json)


def finish(folder: Path, *, quiet: bool, as_json: bool) -> None:
    """Print the answer in a run folder; exit 130 where the user interrupted it."""
    from gamesolve.base.runs import read_result
    from gamesolve.evaluate.folder import saved_responses
    from gamesolve.views.problem import run_problem

    problem, result = run_problem(folder), read_result(folder)
    saved = saved_responses(folder, problem)
    if as_json:
        # Where both roles are judged, each one's opponent is shown; else the one there is.
        places = {role: saved["best_response"].get(role) for role in problem.roles}
        shown = places if len(result["judged"]) == 2 else next(iter(saved["best_response"].values()), None)
        show.emit({**result, "run": str(folder), **saved, "best_response": shown})
    else:
        _print(problem.title, result, saved, folder, quiet=quiet)
    if result["stopped"] in STOPPED:
        # Exact answers leave nothing behind to go on from.
        go_on = "go on" if (folder / TRAININGS).is_dir() else "begin again, with more time,"
        show.complain(f"stopped by {result['stopped']}; {go_on} with: gamesolve resume {folder}")
    if result["stopped"] == "interrupt":
        raise typer.Exit(130)


def _print(game: str, result: dict[str, Any], saved: dict[str, dict[str, str]], folder: Path, *, quiet: bool) -> None:
    judged, search, selfish = result["judged"], result["search"], result["selfish_search"]

    def bounds(key: str) -> list[tuple[str, str]]:
        data = result[key] if len(judged) == 2 or key not in ("worst_case_return", "game_value") else {judged[0]: result[key]}
        return [(role, str(Bound(**{name: one[name] for name in Bound.__dataclass_fields__ if name in one}))) for role, one in data.items()]

    lines = [("game", game)]
    lines += [(f"worst case of {the_role(role)}", bound) for role, bound in bounds("worst_case_return")]
    lines += [(f"game value to {the_role(role)}", bound) for role, bound in bounds("game_value")]
    for role, one in search.items():
        made = f"{one['opponent']}, of {one['tried']} opponents, {one['decisions']:,} decisions learnt"
        lines.append((f"strongest against {the_role(role)}", made))
    lines += [(f"{role_name(role)} against self-interest", bound) for role, bound in bounds("return_against_best_response")]
    for role, bound in bounds("return_against_strongest_found"):
        lines.append((f"{role_name(role)} against the strongest found", f"{bound}: {selfish[role]['opponent']}"))
    lines += [("exploitability", str(Bound(**result["exploitability"])))]
    lines += [(f"expected return of {the_role(role)}", bound) for role, bound in bounds("expected_return")]
    lines += [(f"regret of {the_role(role)}", bound) for role, bound in bounds("regret")]
    for kind, searched, words_of in (("best_response", search, ""), ("selfish_response", selfish, " by self-interest")):
        for role, path in saved[kind].items():
            own = next((one for one in judged if one != role), judged[0])
            name = f"strongest {role_name(role)}" if own in searched else f"best response of {the_role(role)}"
            lines.append((f"{name}{words_of}", path))
    for kind in () if quiet else ("note", "caveat"):
        lines += [(kind, said) for said in result[f"{kind}s"]]
    lines += [("stopped", STOPPED[result["stopped"]])] if result["stopped"] in STOPPED else []
    show.rows([*lines, ("report", str(folder / REPORT))])
