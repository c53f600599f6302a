"""The page of a run of `evaluate`: brackets, who shows the worst case, and what more search brought."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gamesolve.base import files
from gamesolve.base.bound import Bound
from gamesolve.base.errors import GamesolveError
from gamesolve.base.roles import role_name, the_role
from gamesolve.base.runs import EPISODES, PROVENANCE, read_config, read_result
from gamesolve.report.bounds import figure_of, kind_of
from gamesolve.report.curves import Curve, curves_plot
from gamesolve.report.habit_rows import NOTE, PARTS, habit_rows
from gamesolve.report.histogram import histogram, middle_of
from gamesolve.report.played import agents_of, drawing_of, replay_of, replay_scripts
from gamesolve.report.scenes import scene_of
from gamesolve.report.shell import about, facts, render
from gamesolve.report.words import number
from gamesolve.rules.game import Game
from gamesolve.views.problem import Problem, run_problem

FRESH = "on fresh episodes with a 95% interval"
MORE = "more search would find a stronger one. At 0 decisions the opponents are the game's own and those known before."
STOPPED = {"time": "the time limit came", "interrupt": "it was interrupted"}


@dataclass(frozen=True)
class Judged:
    """What an evaluation left.

    Attributes:
        problem: the game, ours or OpenSpiel's.
        config, result, provenance: the run's files of those names.
        episodes: how the judged policy fares against the opponent found; empty where they were not played.
    """

    problem: Problem
    config: dict[str, Any]
    result: dict[str, Any]
    provenance: dict[str, Any]
    episodes: dict[str, Any]


def read_judged(run: Path) -> Judged:
    """What a run of `evaluate` left.

    Raises:
        GamesolveError: there is no run, it has no result yet, its game has changed, or its files are damaged.
    """
    config, result, provenance = read_config(run), read_result(run), files.read_object(run / PROVENANCE)
    problem = run_problem(run)
    if provenance.get("fingerprint") != problem.fingerprint:
        raise GamesolveError(
            f"the game {problem.name} is not what it was when the run {str(run)!r} was made (its fingerprint was "
            f"{provenance.get('fingerprint')!r} and is {problem.fingerprint!r}); evaluate again"
        )
    path = run / EPISODES
    return Judged(problem, config, result, provenance, files.read_object(path) if path.is_file() else {})


def judged_page(judged: Judged) -> str:
    """The page; raises GamesolveError where the run's files are damaged."""
    try:
        return _page(judged)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise GamesolveError(f"the run of {judged.problem.name} is damaged: {error!r}") from error


def _page(judged: Judged) -> str:
    game, result = judged.problem.game, judged.result
    ours = isinstance(game, Game)
    name = Path(str(judged.config["policy"])).name
    data, shown = (
        _played(judged) if judged.episodes else ({}, {"scenes": [], "plot": "", "spread": "", "habits": [], "agents": [], "drawing": None})
    )
    scripts = replay_scripts(shown["drawing"])
    return render(
        "learnt.html",
        scripts,
        data,
        title=f"How good is {name}?",
        kicker=f"Evaluation in {judged.problem.name.replace('_', ' ')}",
        lead=[about(game)] if ours else [judged.problem.title],
        cards=_cards(judged),
        caveats=[*judged.problem.caveats],
        summary=[*_summary(judged), *(f"{note[0].upper()}{note[1:]}." for note in result["notes"])],
        figures=_figures(judged),
        opponents=[],
        roles=judged.problem.roles,
        habits_note=f"The opponent that shows the worst case. {NOTE}",
        parts=PARTS,
        tried=[],
        tried_note="",
        tried_head="",
        cut="",
        zero_sum=judged.problem.zero_sum,
        facts=_facts(judged),
        version=judged.provenance.get("gamesolve", ""),
        **shown,
    )


def _played(judged: Judged) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the page's script reads, and what the template shows, of the episodes against the opponent found."""
    game, told = judged.problem.game, judged.episodes
    ours = isinstance(game, Game)
    agents = agents_of(game) if ours else []
    drawing, scenes = drawing_of(game) if ours else None, [scene_of(game, replay_of(data), role=told["role"]) for data in told["replays"]]
    spread = [(float(low), float(high), int(count)) for low, high, count in told["spread"]]
    total, mean = middle_of(spread)
    shown = {
        "agents": agents,
        "drawing": drawing,
        "scenes": scenes,
        "plot": histogram(spread, mean, role=told["role"]),
        "spread": f"How many of {total:,} episodes against the opponent found ended with which return of {the_role(told['role'])}.",
        "habits": habit_rows(game, told["habits"]) if ours else [],
    }
    return {"agents": agents, "drawing": drawing, "scenes": scenes} if ours else {}, shown


def _by_role(judged: Judged, key: str) -> dict[str, Bound]:
    """A bound for each judged role; a run of one policy has it without the role."""
    found = judged.result[key]
    if set(found) <= set(judged.problem.roles):
        return {role: Bound(**bound) for role, bound in found.items()}
    return {_judged_role(judged): Bound(**found)}


def _judged_role(judged: Judged) -> str:
    return str(judged.result["judged"][0])


def _cards(judged: Judged) -> list[dict[str, str]]:
    cards = []
    for role, bound in _by_role(judged, "worst_case_return").items():
        cards.append({"name": f"Worst case of {the_role(role)}", "figure": figure_of(bound), "note": kind_of(bound)})
    bound = Bound(**judged.result["exploitability"])
    return [*cards, {"name": "Exploitability", "figure": figure_of(bound), "note": kind_of(bound)}]


def _summary(judged: Judged) -> list[str]:
    result, lines = judged.result, []
    for role, bound in _by_role(judged, "worst_case_return").items():
        if role in result["search"]:
            one = result["search"][role]
            lines.append(
                f"{the_role(role).capitalize()}'s worst-case return is {figure_of(bound)} ({kind_of(bound)}): “{one['opponent']}” brings "
                f"it there. A stronger opponent may exist; {one['decisions']:,} decisions were spent on learning one."
            )
        elif bound.upper is not None:
            lines.append(f"Against the best possible opponent {the_role(role)} earns {figure_of(bound)}: no opponent can do more harm.")
    values = {role: bound for role, bound in _by_role(judged, "game_value").items() if bound.lower is not None}
    lines += [f"The game is worth {figure_of(bound)} to {the_role(role)} in equilibrium." for role, bound in values.items()]
    lines += [] if values else ["The game is of unknown value."]
    lines += _selfish_lines(judged)
    lines.append(f"Exploitability: {figure_of(Bound(**result['exploitability']))}.")
    if result["stopped"] in STOPPED:
        lines.append(f"The evaluation is not complete: {STOPPED[result['stopped']]} first.")
    return lines


def _selfish_lines(judged: Judged) -> list[str]:
    """What is known of opponents that seek their own good, in a general-sum game."""
    result, lines = judged.result, []
    for role, data in result["return_against_best_response"].items():
        strongest = result["return_against_strongest_found"].get(role)
        if strongest is None:
            lines.append(f"Against an opponent that seeks its own good {the_role(role)} earns {figure_of(Bound(**data))}.")
            continue
        name = strongest.pop("opponent")
        lines.append(
            f"Against “{name}”, the strongest opponent found that seeks its own good, {the_role(role)} earns "
            f"{figure_of(Bound(**strongest))} ({kind_of(Bound(**strongest))}). A stronger one may bring it more or less."
        )
    for role, data in result["regret"].items() if not judged.problem.zero_sum else ():
        lines.append(f"By its best response {the_role(role)} would gain {figure_of(Bound(**data))}.")
    return lines


def _figures(judged: Judged) -> list[dict[str, Any]]:
    """What more search brought: worst cases, and what opponents earn who seek their own good."""
    result, roles = judged.result, judged.problem.roles
    figures = []
    for role, one in result["search"].items():
        words = f"The return of {the_role(role)} against the strongest opponent found by then, {FRESH}: where the curves still fall, {MORE}"
        figures += [_figure("Worst case against budget", words, role, one)] if one["curve"] else []
    for role, one in result["selfish_search"].items():
        other = roles[1 - roles.index(role)]
        words = f"What the strongest {role_name(other)} found by then earns itself, {FRESH}: where the curves still rise, {MORE}"
        figures += [_figure("Self-interest against budget", words, other, one)] if one["curve"] else []
    return figures


def _figure(title: str, words: str, role: str, one: dict[str, Any]) -> dict[str, Any]:
    """Returns of a role against budget."""
    curves, rows = [], []
    for name in dict.fromkeys(point["responder"] for point in one["curve"]):
        points = [point for point in one["curve"] if point["responder"] == name]
        curves.append(Curve(name, tuple((float(p["decisions"]), p["mean"], p["lower"], p["upper"]) for p in points)))
        for p in points:
            rows.append((name, f"{p['decisions']:,}", f"{number(p['mean'])} ({number(p['lower'])} to {number(p['upper'])})", p["opponent"]))
    plot = curves_plot(curves, across="decisions spent by the responder", up=f"return of {the_role(role)}")
    header = ("Responder", "Decisions", f"Return of {the_role(role)}", "Strongest opponent")
    return {"title": title, "plot": plot, "words": words, "header": header, "rows": rows}


def _settings(own: dict[str, Any]) -> str:
    """What a responder was given."""
    return ", ".join(f"{key} {value}" for key, value in own.items()) or "as usual"


def _facts(judged: Judged) -> list[tuple[str, str]]:
    config = judged.config
    asked = [("Policy", Path(str(config["policy"])).name), ("Role", config["role"] or "as it says")]
    asked += [("Responders", ", ".join(config["responders"]) or "none"), ("Budget", f"{config['budget']:,} decisions a training")]
    asked += [(f"Settings of {name}", _settings(own)) for name, own in config.get("settings", {}).items()]
    asked += [("Trainings", f"{config['seeds']:,} of each responder"), ("Episodes of estimates", f"{config['episodes']:,}")]
    return facts(judged.problem, judged.provenance, asked, config["seed"])
