"""The page of a run of `solve` on the tables of a game: what it is worth, and what both roles do in each state."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gamesolve.base import files
from gamesolve.base.bound import Bound
from gamesolve.base.errors import GamesolveError
from gamesolve.base.ledger import read_journal
from gamesolve.base.roles import role_name, the_role
from gamesolve.base.runs import PROVENANCE, read_config, read_result
from gamesolve.report.bounds import figure_of, kind_of
from gamesolve.report.page import STOPPED
from gamesolve.report.plain import guarantee, outcome
from gamesolve.report.plot import convergence_plot
from gamesolve.report.shell import about, facts, render
from gamesolve.report.state_graph import state_graph
from gamesolve.report.words import ends, listed, number, percent
from gamesolve.rules.game import Game
from gamesolve.solve.solution import AS_ASKED, HSVI, POLICY_ITERATION, VALUE_ITERATION, StatePlan
from gamesolve.solve.tabular import read_plan
from gamesolve.views.problem import Problem, run_problem

#: States that the page shows, and that the terminal does.
SHOWN, LINES = 200, 8
#: Probabilities that count as 0.
NEGLIGIBLE = 5e-7
NAMES = {
    POLICY_ITERATION: "policy iteration over all states, by Newton's method with a safeguard",
    VALUE_ITERATION: "Shapley's value iteration over all states",
    HSVI: "heuristic search value iteration over beliefs (HSVI)",
}


@dataclass(frozen=True)
class Tabular:
    """What a run left.

    Attributes:
        config, result, provenance: the run's files of those names.
        rows: of the journal.
        plan: what both roles do in each state; None of a one-sided game.
    """

    problem: Problem
    config: dict[str, Any]
    result: dict[str, Any]
    provenance: dict[str, Any]
    rows: list[dict[str, Any]]
    plan: StatePlan | None

    @property
    def value(self) -> Bound:
        """To role 0."""
        return Bound(**self.result["value"][self.problem.roles[0]])

    @property
    def is_swept(self) -> bool:
        """Whether both roles have one mixture a state, whatever the step."""
        return self.plan is not None and not (isinstance(self.problem.game, Game) and self.problem.game.horizon is not None)

    @property
    def left(self) -> Bound:
        """The exploitability."""
        return Bound(**self.result["exploitability"])


def read_tabular_run(run: Path) -> Tabular:
    """What a run left; raises GamesolveError where there is none, its game has changed, or its files are damaged."""
    config, result, provenance = read_config(run), read_result(run), files.read_object(run / PROVENANCE)
    problem = run_problem(run)
    if provenance.get("fingerprint") != problem.fingerprint:
        raise GamesolveError(f"the game {problem.name} is not what it was when the run {str(run)!r} was made; solve it again")
    try:
        return Tabular(problem, config, result, provenance, read_journal(run), read_plan(run, problem.roles))
    except (KeyError, TypeError, ValueError) as error:
        raise GamesolveError(f"the run {str(run)!r} is damaged: {error!r}") from error


def tabular_lines(run: Tabular) -> list[str]:
    """What it is worth, and what role 0 does first, in plain words."""
    lines = _summary(run)
    if run.plan is None:
        return lines
    mixed = [s for s in range(len(run.plan.states)) if run.plan.mixtures[0][s]]
    shown = sorted(mixed, key=lambda s: -float(run.plan.start[s]))[:LINES]  # type: ignore[union-attr]
    who = role_name(run.problem.roles[0])
    lines += [f"In {run.plan.states[s]} the {who} plays {_mixture(run.plan.mixtures[0][s])}." for s in shown]
    more = len(mixed) - len(shown)
    return [*lines, f"And so on in {more:,} more states: tables/states.csv has all."] if more else lines


def tabular_page(run: Tabular) -> str:
    """The page."""
    problem, asked = run.problem, run.result["reason"] == AS_ASKED
    method = f"{NAMES[run.result['method']]}{', as asked' if asked else ', chosen because ' + str(run.result['reason'])}"
    decided = [
        ("Method", method),
        ("Wanted exploitability", number(float(run.config["gap"]), 4)),
        ("Value of the game", f"{run.value}"),
        ("Exploitability", f"{run.left}"),
    ]
    return render(
        "tabular.html", (), None,
        title=problem.title if not isinstance(problem.game, Game) else problem.name.replace("_", " ").capitalize(),
        kicker="Equilibrium, state by state",
        lead=[about(problem.game)] if isinstance(problem.game, Game) else [f"{problem.title}: a game given as tables."],
        cards=_cards(run),
        caveats=problem.caveats,
        summary=_summary(run),
        graph=state_graph(run.plan) if run.plan is not None else "",
        states=_states(run) if run.plan is not None else [],
        count=len(run.plan.states) if run.plan is not None else 0,
        roles=[role_name(role) for role in problem.roles],
        certainty=_certainty(run),
        plot=convergence_plot([(int(row["iteration"]), float(row["exploitability"])) for row in run.rows], run.config.get("gap")),
        facts=facts(problem, run.provenance, decided, run.config["seed"]),
        version=run.provenance.get("gamesolve", ""),
    )  # fmt: skip


def _summary(run: Tabular) -> list[str]:
    who = the_role(run.problem.roles[0])
    first = f"With best play on both sides, {who} {outcome(run.value)}."
    if run.plan is None:
        low, high = ends(run.value.lower or 0.0, run.value.upper or 0.0)
        told = f"Some strategy of {who} is sure of {low} whatever the opponent does, and none of more than {high}; neither is written out"
    else:
        told = guarantee(run.value, who)
    return [first, f"{told}.", *run.problem.caveats]


def _cards(run: Tabular) -> list[dict[str, str]]:
    who = the_role(run.problem.roles[0])
    cards = [
        {"name": f"Expected return of {who}", "figure": figure_of(run.value), "note": kind_of(run.value)},
        {
            "name": "Left to gain on average",
            "figure": f"at most {number(run.left.upper or 0.0, 2)}",
            "note": "exploitability, computed anew" if run.is_swept else "exploitability of the strategies behind the bounds",
        },
    ]
    if run.plan is not None:
        told = "all that play can reach" if run.is_swept else run.result.get("note") or "all that play can reach, step by step"
        cards.append({"name": "States planned for", "figure": f"{len(run.plan.states):,}", "note": told})
    return cards


def _states(run: Tabular) -> list[dict[str, Any]]:
    plan = run.plan
    assert plan is not None
    return [
        {
            "name": plan.states[s],
            "value": figure_of(Bound(float(plan.lower[s]), float(plan.upper[s]))),
            "plays": [_mixture(mixtures[s]) if mixtures[s] else "over" for mixtures in plan.mixtures],
        }
        for s in range(min(len(plan.states), SHOWN))
    ]


def _mixture(probabilities: dict[str, float]) -> str:
    """`wait with 60%, flip with 40%`, the likeliest first; a single action by its name."""
    used = sorted(((p, name) for name, p in probabilities.items() if p > NEGLIGIBLE), key=lambda one: -one[0])
    return used[0][1] if len(used) == 1 else listed([f"{name} with {percent(p)}" for p, name in used])


def _certainty(run: Tabular) -> list[str]:
    result = run.result
    if run.plan is None:
        how = (
            "Each end of the bracket is what a strategy guarantees: one end a strategy of the role that does not know the state, as was "
            "computed anew from its mixtures, the other a strategy of the role that does."
        )
    elif run.is_swept:
        how = (
            "The bracket on the value follows from how much a sweep over all states still changed. What each role could gain against the "
            "other's mixtures was computed anew, by solving its own decision process."
        )
    else:
        how = (
            "Each end of the bracket is what the mixtures of all steps guarantee, from the last step to the first. The exploitability is "
            "half the distance between the two, or less."
        )
    end = f": {result['note']}" if result.get("note") else ""
    return [
        f"It was computed by {NAMES[result['method']]} ({int(result['iterations']):,} iterations), and ended because "
        f"{STOPPED[result['stopped']]}{end}.",
        how,
        "All this holds for the model: its rules, probabilities and rewards as given. It says nothing of what is not in the model.",
    ]
