"""The page of a run of `solve` that grew populations: what is mixed, how exploitable that is, and how it came about.

It is the one page on which seconds stand: those of the run's clock. Equal run folders still give equal bytes.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gamesolve.base import files
from gamesolve.base.bound import Bound
from gamesolve.base.errors import GamesolveError
from gamesolve.base.ledger import read_journal
from gamesolve.base.roles import the_role
from gamesolve.base.runs import EPISODES, PROVENANCE, read_config, read_result
from gamesolve.psro.settings import PSROSettings
from gamesolve.report.bounds import figure_of, kind_of
from gamesolve.report.exploitability_course import course_of
from gamesolve.report.exploitability_plot import Known, exploitability_plot
from gamesolve.report.habit_rows import NOTE, PARTS, habit_rows
from gamesolve.report.heat_map import Payoffs, heat_map, payoffs_of
from gamesolve.report.histogram import histogram, middle_of
from gamesolve.report.members import Member, members_of
from gamesolve.report.places import names_only, without_places
from gamesolve.report.played import agents_of, drawing_of, replay_of, replay_scripts
from gamesolve.report.population_words import summary_lines
from gamesolve.report.response_graph import HEADER, response_graph, response_rows
from gamesolve.report.scenes import scene_of
from gamesolve.report.shell import about, facts, render
from gamesolve.report.training_choice import learning_figures
from gamesolve.report.words import ends, measured, number, percent
from gamesolve.rules.game import Game
from gamesolve.solve.learned import answer_of
from gamesolve.solve.population_folder import read_clock
from gamesolve.solve.self_play import FOLDER as SELF_PLAY
from gamesolve.views.problem import Problem, run_problem

#: What reading and showing the files of a damaged run may raise.
METHODS = {
    "psro": "Policy-space response oracles, with learned responses (PSRO)",
    "mmd": "Regularised self-play, by magnetic mirror descent (MMD) from samples, and learned responses to what it came to",
    "ppo": "Self-play, by proximal policy optimisation (PPO), and learned responses to what it came to",
}
#: When iterations end where no number was asked for: of self-play, and of PSRO.
ENDS = ("one, after self-play", "until two bring no response")
DAMAGE = (KeyError, TypeError, ValueError, IndexError, AttributeError, ArithmeticError, csv.Error)


@dataclass(frozen=True)
class Populations:
    """What a run that grew populations left; no string in it names a place of this machine.

    Attributes:
        problem: the game, ours or OpenSpiel's.
        config, result, provenance, episodes: the run's files of those names.
        rows: of the journal, one for each iteration from 1 to the last that the result knows.
        seconds: of work by the end of an iteration, where the clock says so.
        answer: the row whose mixtures are the answer.
        members: the populations of both roles.
        payoffs: between them.
        self_play: with methods that begin with self-play on a tree, its decisions by then and how exploitable it was, at every mark.
    """

    problem: Problem
    config: dict[str, Any]
    result: dict[str, Any]
    provenance: dict[str, Any]
    episodes: dict[str, Any]
    rows: list[dict[str, Any]]
    seconds: dict[int, float]
    answer: dict[str, Any]
    members: tuple[tuple[Member, ...], tuple[Member, ...]]
    payoffs: Payoffs
    self_play: list[tuple[float, float]]

    @property
    def roles(self) -> tuple[str, str]:
        """Of the game, the one whose payoffs are shown first."""
        zero, one = self.problem.roles
        return zero, one


def read_populations(run: Path) -> Populations:
    """What a run of `solve` that grew populations left.

    Raises:
        GamesolveError: there is no run, it has no result yet, its game has changed, or its files are damaged.
    """
    config, result, provenance = read_config(run), read_result(run), files.read_object(run / PROVENANCE)
    problem = run_problem(run)
    if provenance.get("fingerprint") != problem.fingerprint:
        raise GamesolveError(
            f"the game {problem.name} is not what it was when the run {str(run)!r} was made (its fingerprint was "
            f"{provenance.get('fingerprint')!r} and is {problem.fingerprint!r}); solve it again"
        )
    try:
        return _found(run, problem, config, result, provenance)
    except DAMAGE as error:
        raise GamesolveError(f"the run {str(run)!r} is damaged: {error!r}") from error


def _found(run: Path, problem: Problem, config: dict[str, Any], result: dict[str, Any], provenance: dict[str, Any]) -> Populations:
    short = names_only(config["known"])
    # A run that goes on after its time was up has rows that its result does not know yet.
    rows = without_places([row for row in read_journal(run) if row["iteration"] <= result["iterations"]], short)
    if [row["iteration"] for row in rows] != list(range(1, int(result["iterations"]) + 1)):
        raise ValueError(f"the journal has not one row for each of {result['iterations']} iterations")
    answer, named = answer_of(rows), without_places(files.read_csv(run / "tables" / "populations.csv"), short)
    zero, one = (members_of(role, rows, _names(named, role), answer) for role in problem.roles)
    payoffs = payoffs_of(files.read_csv(run / "tables" / "meta_game.csv"), problem.roles, (len(zero), len(one)))
    config, result, episodes = (without_places(data, short) for data in (config, result, files.read_object(run / EPISODES)))
    marks = [row for row in read_journal(run / SELF_PLAY) if "exploitability" in row] if (run / SELF_PLAY).is_dir() else []
    played = [(float(mark["decisions"]), float(mark["exploitability"])) for mark in marks]
    return Populations(problem, config, result, provenance, episodes, rows, read_clock(run), answer, (zero, one), payoffs, played)


def _names(named: list[dict[str, str]], role: str) -> list[str]:
    """Of a role's policies, in the order in which they joined."""
    own = [member for member in named if member["role"] == role]
    if [int(member["number"]) for member in own] != list(range(len(own))):
        raise ValueError(f"the policies of {the_role(role)} are not numbered from 0")
    return [member["name"] for member in own]


def populations_page(found: Populations) -> str:
    """The page; raises GamesolveError where the run's files are damaged."""
    try:
        return _page(found)
    except DAMAGE as error:
        raise GamesolveError(f"the run of {found.problem.name} is damaged: {error!r}") from error


def _page(found: Populations) -> str:
    problem, roles = found.problem, found.roles
    data, shown = _played(found)
    scripts = replay_scripts(shown["drawing"])
    return render(
        "populations.html",
        scripts,
        data,
        title=_title(found),
        kicker=f"{METHODS[found.result['method']].partition(',')[0]} in {problem.name.replace('_', ' ')}",
        lead=[about(problem.game)] if isinstance(problem.game, Game) else [problem.title],
        cards=_cards(found),
        caveats=problem.caveats,
        summary=summary_lines(found.result, found.answer, roles, cut=_cut(found), zero_sum=problem.zero_sum),
        course=course_of(found.rows, found.seconds, found.answer, gap=float(found.config["gap"])),
        self_play=_self_play(found),
        heat=heat_map(found.payoffs, roles, found.members),
        members=_member_lists(found),
        graph=response_graph(found.rows, roles, found.members, found.answer["iteration"]),
        responses={"header": HEADER, "rows": response_rows(found.rows, roles, found.members)},
        habits_note=NOTE,
        figures=learning_figures(found.rows, roles, found.members),
        facts=_facts(found),
        version=found.provenance.get("gamesolve", ""),
        **shown,
    )


def _cut(found: Populations) -> int | None:
    """Iterations that were asked for at most; one after self-play, where nothing was said."""
    asked: int | None = found.config["iterations"]
    return 1 if asked is None and found.result["method"] != "psro" else asked


def _self_play(found: Populations) -> str:
    """How exploitable self-play was by its decisions; empty where that is not known."""
    points = [Known(decisions, level, True, False) for decisions, level in found.self_play]
    return exploitability_plot(points, across="decisions", gap=float(found.config["gap"])) if points else ""


def _title(found: Populations) -> str:
    sides = " and ".join(_mixed_words(found, side) for side in (0, 1))
    single = all(sum(member.weight > 0.0 for member in members) == 1 for members in found.members)
    return f"{sides[0].upper()}{sides[1:]}" if single else f"Mixtures of {sides}"


def _mixed_words(found: Populations, side: int) -> str:
    """`3 policies of the defender`."""
    count = sum(member.weight > 0.0 for member in found.members[side])
    return f"{count:,} {'policy' if count == 1 else 'policies'} of {the_role(found.roles[side])}"


def _cards(found: Populations) -> list[dict[str, str]]:
    bound = Bound(**found.result["exploitability"])
    means = "; at 0 neither side could gain" if bound.upper is not None else ", by responses found; no upper end is known"
    sizes, mixed = zip(*((len(members), sum(member.weight > 0.0 for member in members)) for members in found.members), strict=True)
    role, other = found.roles
    return [
        # In a zero-sum game the one says what the other earns.
        *(_return_card(found, one) for one in ((role,) if found.problem.zero_sum else (role, other))),
        {"name": "Exploitability", "figure": figure_of(bound), "note": f"{kind_of(bound)}{means}"},
        {
            "name": "Policies found",
            "figure": f"{sizes[0]:,} and {sizes[1]:,}",
            "note": f"of {the_role(role)} and of {the_role(other)}; {mixed[0]:,} and {mixed[1]:,} of them are mixed",
        },
    ]


def _return_card(found: Populations, role: str) -> dict[str, str]:
    """What a role's mixture earned."""
    own, interval = found.answer["roles"][role], Bound(**found.result["expected_return"][role])
    mean, error = measured(own["mean"], own["mean_error"])
    between = f"{' to '.join(ends(interval.lower or 0.0, interval.upper or 0.0))} with {interval.confidence:.0%} confidence, in"
    note = f"{between if error else 'the same in all'} {own['episodes']:,} fresh episodes"
    return {"name": f"Return of {the_role(role)}", "figure": mean, "note": note}


def _member_lists(found: Populations) -> list[dict[str, Any]]:
    """The names of all policies, by role."""
    lists = []
    for role, members, colour in zip(found.roles, found.members, ("defends", "attacks"), strict=True):
        rows = [{"number": one.number, "name": one.name, "weight": one.weight} for one in members]
        lists.append({"title": f"Policies of {the_role(role)}", "colour": colour, "rows": rows})
    return lists


def _played(found: Populations) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the page's script reads, and what the template shows, of the episodes between the mixtures."""
    game, told = found.problem.game, found.episodes
    role, spread = told["role"], [(float(low), float(high), int(count)) for low, high, count in told["spread"]]
    total, mean = middle_of(spread)
    ours, alone = isinstance(game, Game), ", each side drawing by itself," if "joint" in found.answer else ""
    agents = agents_of(game) if ours else []
    drawing, scenes = drawing_of(game) if ours else None, [scene_of(game, replay_of(data), role=role) for data in told["replays"]]
    shown = {
        "agents": agents,
        "drawing": drawing,
        "scenes": scenes,
        "plot": histogram(spread, mean, role=role),
        "spread": f"How many of {total:,} episodes between the two mixtures{alone} ended with which return of {the_role(role)}.",
        "support": [_support(game, one) for one in told.get("support", [])] if ours else [],
        "parts": PARTS,
        "cut": "",
        "zero_sum": found.problem.zero_sum,
    }
    return {"agents": agents, "drawing": drawing, "scenes": scenes} if scenes else {}, shown


def _support(game: Game, one: dict[str, Any]) -> dict[str, Any]:
    """What a policy of a mixture does."""
    title = f"Policy {one['number']} of {the_role(one['role'])}, {percent(one['weight'])}"
    return {"role": one["role"], "title": title, "name": one["name"], "agents": habit_rows(game, one["habits"])}


def _facts(found: Populations) -> list[tuple[str, str]]:
    config, given = found.config, dict(found.config["settings"])
    settings = PSROSettings(**given)
    method = found.result["method"]
    asked = [("Method", METHODS[method])]
    reason = str(found.result["reason"]).rpartition("learned responses: ")[2]
    asked += [("Chosen", reason), ("Wanted exploitability", number(float(config["gap"]), 4))]
    asked += [("Iterations", f"{config['iterations']:,} at most" if config["iterations"] is not None else ENDS[method == "psro"])]
    asked += [("Oracles", ", ".join(settings.oracles)), ("Budget", f"{settings.budget:,} decisions a training")]
    asked += [(key.replace("_", " "), _setting(value)) for key, value in given.items() if key not in ("oracles", "budget")]
    asked += [(f"Known policies of {the_role(role)}", "; ".join(names)) for role, names in config["known"].items() if names]
    return facts(found.problem, found.provenance, asked, config["seed"])


def _setting(value: Any) -> str:
    """A setting in words, one of an oracle with all that it says."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {_setting(one)}" for key, one in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)
