"""The page of a run of `simulate`: what was played, how the returns spread, and some episodes step by step."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gamesolve.base import files
from gamesolve.base.errors import GamesolveError
from gamesolve.base.roles import role_name, the_role
from gamesolve.base.runs import EPISODES, PROVENANCE, read_config, read_result
from gamesolve.evaluate.replay import Frame, Replay
from gamesolve.report.histogram import histogram
from gamesolve.report.network import network_data
from gamesolve.report.scenes import scene_of
from gamesolve.report.shell import about, facts, render
from gamesolve.report.words import measured, number
from gamesolve.rules.game import Game
from gamesolve.views.problem import Problem, run_problem

STOPPED = {"time": "the time limit came", "interrupt": "it was interrupted"}


@dataclass(frozen=True)
class Played:
    """What a simulation left.

    Attributes:
        problem: the game, ours or OpenSpiel's.
        policies: by role, in the user's words; of a folder its name.
        asked, episodes: how many episodes were asked for, and how many were played.
        stopped: why no more were.
        seed: of all streams.
        returns: by role `mean` and `standard_error`; the latter None of a single episode.
        spread: bars (from, to, episodes) of the first role's returns.
        scenes: episodes step by step (`scene_of`), the first of them shown first; none in OpenSpiel's games.
        provenance: the run's file of that name.
    """

    problem: Problem
    policies: dict[str, str]
    asked: int
    episodes: int
    stopped: str
    seed: int
    returns: dict[str, dict[str, float | None]]
    spread: list[tuple[float, float, int]]
    scenes: list[dict[str, Any]]
    provenance: dict[str, Any]


def read_played(run: Path) -> Played:
    """What a run of `simulate` left.

    Raises:
        GamesolveError: there is no run, it has no result yet, its game has changed, or its files are damaged.
    """
    config, result, provenance = read_config(run), read_result(run), files.read_object(run / PROVENANCE)
    problem, episodes = run_problem(run), files.read_object(run / EPISODES)
    if provenance.get("fingerprint") != problem.fingerprint:
        raise GamesolveError(
            f"the game {problem.name} is not what it was when the run {str(run)!r} was made (its fingerprint was "
            f"{provenance.get('fingerprint')!r} and is {problem.fingerprint!r}); simulate it again"
        )
    try:
        return Played(
            problem=problem,
            policies={role: Path(config[role]).name for role in problem.roles},
            asked=int(config["episodes"]),
            episodes=int(result["episodes"]),
            stopped=str(result["stopped"]),
            seed=int(config["seed"]),
            returns={role: {key: result["returns"][role][key] for key in ("mean", "standard_error")} for role in problem.roles},
            spread=[(float(low), float(high), int(count)) for low, high, count in episodes["spread"]],
            scenes=[scene_of(problem.game, replay_of(data)) for data in episodes["replays"]],
            provenance=provenance,
        )
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise GamesolveError(f"the run {str(run)!r} is damaged: {error!r}") from error


def replay_of(data: dict[str, Any]) -> Replay:
    """The replay that a run's file holds."""
    return Replay(**{**data, "frames": [Frame(**frame) for frame in data["frames"]]})


def played_page(played: Played) -> str:
    """The page."""
    game = played.problem.game
    ours, role = isinstance(game, Game), played.problem.roles[0]
    agents = agents_of(game) if ours else []
    drawing = drawing_of(game) if ours else None
    data = {"agents": agents, "drawing": drawing, "scenes": played.scenes}
    return render(
        "played.html",
        replay_scripts(drawing),
        data if played.scenes else {},
        title=" against ".join(played.policies.values()),
        kicker=f"Simulation of {played.problem.name.replace('_', ' ')}",
        lead=[about(game) if ours else played.problem.title],
        cards=_cards(played),
        cut=_cut(played),
        spread=_spread_words(played),
        plot=histogram(played.spread, played.returns[role]["mean"] or 0.0, role=role),
        agents=agents,
        drawing=drawing,
        scenes=played.scenes,
        zero_sum=played.problem.zero_sum,
        facts=_facts(played),
        version=played.provenance.get("gamesolve", ""),
    )


def agents_of(game: Game) -> list[dict[str, str]]:
    """What replays call the agents."""
    return [{"name": agent.name.replace("_", " ").capitalize(), "role": agent.role} for agent in game.agents]


def replay_scripts(drawing: dict[str, Any] | None) -> tuple[str, ...]:
    """The scripts of a page with replays on such a drawing."""
    return ("network_drawing.js", "replay.js") if drawing and drawing["kind"] == "network" else ("replay.js",)


def drawing_of(game: Game) -> dict[str, Any] | None:
    """What the script needs to draw a replay on; None where the game has no pictures."""
    if game.drawing is None or game.picture is None:
        return None
    kind = game.drawing["kind"]
    shown = network_data(game.drawing) if kind == "network" else {key: game.drawing[key] for key in ("groups", "nodes")}
    return {"kind": kind, **shown}


def _cards(played: Played) -> list[dict[str, str]]:
    horizon = getattr(played.problem.game, "horizon", None)
    length = f"horizon {horizon:,}, " if horizon else ""
    cards = []
    for role, found in played.returns.items():
        mean, error = measured(found["mean"] or 0.0, found["standard_error"])
        note = f"± {error}, the standard error" if error else "the same in every episode" if played.episodes > 1 else "of one episode"
        cards.append({"name": f"Mean return of {the_role(role)}", "figure": mean, "note": note})
    return [*cards, {"name": "Episodes", "figure": f"{played.episodes:,}", "note": f"{length}seed {played.seed}"}]


def _spread_words(played: Played) -> str:
    least, most = number(played.spread[0][0]), number(played.spread[-1][1])
    return f"How many of the {played.episodes:,} episodes ended with which return. The least is {least}, the most {most}."


def _cut(played: Played) -> str:
    """Why fewer episodes were played than asked, if fewer were."""
    if played.stopped not in STOPPED:
        return ""
    return f"These are the first {played.episodes:,} of {played.asked:,} episodes: {STOPPED[played.stopped]} before the others."


def _facts(played: Played) -> list[tuple[str, str]]:
    asked = [(role_name(role).capitalize(), words) for role, words in played.policies.items()]
    return facts(played.problem, played.provenance, [*asked, ("Episodes", f"{played.asked:,}")], played.seed)
