"""The page of a run of `train`: what was learnt against whom, how it came about, and what it does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gamesolve.base import files
from gamesolve.base.bound import Bound
from gamesolve.base.errors import GamesolveError
from gamesolve.base.roles import the_role
from gamesolve.base.runs import EPISODES, PROVENANCE, read_config, read_result
from gamesolve.learners.training import Mark
from gamesolve.report.habit_rows import NOTE, PARTS, habit_rows
from gamesolve.report.histogram import histogram
from gamesolve.report.learning import learning_figure
from gamesolve.report.played import agents_of, drawing_of, replay_of, replay_scripts
from gamesolve.report.scenes import scene_of
from gamesolve.report.shell import about, facts, render
from gamesolve.report.words import listed, measured
from gamesolve.rules.game import Game
from gamesolve.views.problem import Problem, run_problem

STOPPED = {"time": "the time limit came before the budget was spent", "interrupt": "it was interrupted before the budget was spent"}


@dataclass(frozen=True)
class Learnt:
    """What a training left.

    Attributes:
        problem: the game, ours or OpenSpiel's.
        config, result, provenance, episodes: the run's files of those names.
        marks: rows of the learning curve; tried: candidates with mean and standard error, both None where one failed.
    """

    problem: Problem
    config: dict[str, Any]
    result: dict[str, Any]
    provenance: dict[str, Any]
    episodes: dict[str, Any]
    marks: list[dict[str, str]]
    tried: list[dict[str, str]]


def read_learnt(run: Path) -> Learnt:
    """What a run of `train` left.

    Raises:
        GamesolveError: there is no run, it has no result yet, its game has changed, or its files are damaged.
    """
    config, result, provenance = read_config(run), read_result(run), files.read_object(run / PROVENANCE)
    problem = run_problem(run)
    if provenance.get("fingerprint") != problem.fingerprint:
        raise GamesolveError(
            f"the game {problem.name} is not what it was when the run {str(run)!r} was made (its fingerprint was "
            f"{provenance.get('fingerprint')!r} and is {problem.fingerprint!r}); train again"
        )
    tables = run / "tables"
    return Learnt(
        problem, config, result, provenance, files.read_object(run / EPISODES), files.read_csv(tables / "learning_curve.csv"),
        files.read_csv(tables / "candidates.csv"),
    )  # fmt: skip


def learnt_page(learnt: Learnt) -> str:
    """The page; raises GamesolveError where the run's files are damaged."""
    try:
        return _page(learnt)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise GamesolveError(f"the run of {learnt.problem.name} is damaged: {error!r}") from error


def _page(learnt: Learnt) -> str:
    result, role, problem = learnt.result, learnt.result["role"], learnt.problem
    agents, drawing, scenes, habits = _shown(problem.game, learnt.episodes, role) if isinstance(problem.game, Game) else ([], None, [], [])
    spread = [(float(low), float(high), int(count)) for low, high, count in learnt.episodes["spread"]]
    mean = result["returns"][role]["mean"]
    return render(
        "learnt.html",
        replay_scripts(drawing),
        {"agents": agents, "drawing": drawing, "scenes": scenes},
        title=f"{role.capitalize()} against {listed([Path(words).name for words in result['against']], 'or')}",
        kicker=f"Best response in {learnt.problem.name.replace('_', ' ')}",
        lead=[about(problem.game)] if isinstance(problem.game, Game) else [problem.title],
        cards=_cards(learnt),
        caveats=[*learnt.problem.caveats, *result["notes"]],
        summary=_summary(learnt),
        figures=_figures(learnt),
        opponents=_opponents(learnt),
        roles=learnt.problem.roles,
        habits=habits,
        habits_note=NOTE,
        parts=PARTS,
        tried=_tried(learnt),
        tried_note=(
            f"All were played on the same {learnt.config['validation']:,} validation episodes. The best of them was then measured on "
            "fresh ones, so that luck in being chosen does not count."
        ),
        tried_head=f"Return of {the_role(role)} in validation",
        cut="",
        agents=agents,
        drawing=drawing,
        scenes=scenes,
        zero_sum=problem.zero_sum,
        plot=histogram(spread, mean, role=role),
        spread=f"How many of the {learnt.config['episodes']:,} fresh episodes ended with which return of {the_role(role)}.",
        facts=_facts(learnt),
        version=learnt.provenance.get("gamesolve", ""),
    )


def _shown(game: Game, episodes: dict[str, Any], role: str) -> tuple[Any, ...]:
    """Agents, drawing, replays and habits of a game of ours."""
    scenes = [scene_of(game, replay_of(data), role=role) for data in episodes["replays"]]
    return agents_of(game), drawing_of(game), scenes, habit_rows(game, episodes["habits"])


def _cards(learnt: Learnt) -> list[dict[str, str]]:
    result, cards = learnt.result, []
    roles = [result["role"], *(role for role in learnt.problem.roles if role != result["role"])]
    for role in roles:
        mean, error = measured(result["returns"][role]["mean"], result["returns"][role]["standard_error"])
        cards.append(
            {"name": f"Mean return of {the_role(role)}", "figure": mean, "note": f"± {error}, the standard error" if error else "always"}
        )
    note = "computed exactly" if result["learner"] == "exact" else f"by {result['learner']}"
    return [*cards, {"name": "Decisions learnt from", "figure": f"{result['decisions']:,}", "note": note}]


def _summary(learnt: Learnt) -> list[str]:
    result, role = learnt.result, learnt.result["role"]
    found = [one for one in learnt.tried if one["mean"]]
    lines = [f"The best response found for {the_role(role)} is “{result['chosen']}”, the best of {len(found)} candidates."]
    mean, error = measured(result["returns"][role]["mean"], result["returns"][role]["standard_error"])
    lines.append(f"On {learnt.config['episodes']:,} fresh episodes it earns {the_role(role)} {mean}" + (f" ± {error}." if error else "."))
    if result["learner"] == "exact":
        exact = Bound(**result["exact_return"])
        lines.append(f"No policy earns more against this opponent: the expected return of this response is {exact}.")
    else:
        lines.append("A learnt response is a lower bound on what a best response earns; more decisions may find a better one.")
    if result["stopped"] in STOPPED:
        lines.append(f"The training is not complete: {STOPPED[result['stopped']]}.")
    return lines


def _figures(learnt: Learnt) -> list[dict[str, Any]]:
    """The learning curves, where there are any."""
    trainings: dict[str, list[Mark]] = {}
    for row in learnt.marks:
        mean, error = (float(row["mean"]), float(row["standard_error"])) if row["mean"] else (None, None)
        mark = Mark(int(row["decisions"]), int(row["episodes"]), mean, error, float(row["entropy"]))
        trainings.setdefault(row["training"], []).append(mark)
    return learning_figure("Learning", learnt.result["role"], [(name, name, marks) for name, marks in trainings.items()])


def _opponents(learnt: Learnt) -> list[dict[str, Any]]:
    found = []
    for words, returns in learnt.result["each"].items():
        told = [measured(returns[role]["mean"], returns[role]["standard_error"]) for role in learnt.problem.roles]
        found.append({"name": words, "returns": [f"{mean} ± {error}" if error else mean for mean, error in told]})
    return found


def _tried(learnt: Learnt) -> list[tuple[str, str]]:
    played = sorted((one for one in learnt.tried if one["mean"]), key=lambda one: -float(one["mean"]))
    rows = []
    for one in played:
        mean, error = measured(float(one["mean"]), float(one["standard_error"]))
        rows.append((one["candidate"], f"{mean} ± {error}" if error else mean))
    return [*rows, *((one["candidate"], "could not be played") for one in learnt.tried if not one["mean"])]


def _facts(learnt: Learnt) -> list[tuple[str, str]]:
    config = learnt.config
    asked = [("Role", config["role"]), ("Against", ", ".join(config["against"])), ("Learner", config["learner"])]
    if config["learner"] != "exact":
        asked += [("Budget", f"{config['budget']:,} decisions"), ("Trainings", f"{config['seeds']:,}")]
        asked += [(name, str(value)) for name, value in config["settings"].items()]
    asked += [("Known", ", ".join(config["known"]))] if config["known"] else []
    asked += [("Validation", f"{config['validation']:,} episodes"), ("Episodes", f"{config['episodes']:,}")]
    return facts(learnt.problem, learnt.provenance, asked, config["seed"])
