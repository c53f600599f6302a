"""Games solved as tables: by sweeps over all states where both roles know the state, by search over beliefs where one does.

| the game | method | answer |
|---|---|---|
| has no end, both know the state | `policy_iteration` (with `auto`), `value_iteration` | a bracket on the value; mixtures by state |
| has no end, one knows it | `hsvi` (with `auto`) | a bracket on the value |
| has a horizon, both know the state | `value_iteration` (with `auto` where no tree fits) | the value, mixtures in each state at each step |

Nothing here is drawn, and a run that was broken off begins anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gamesolve.base import files, runs
from gamesolve.base.bound import Bound
from gamesolve.base.errors import GamesolveError, TooLargeError, UnfinishedError
from gamesolve.base.roles import the_role
from gamesolve.rules.game import Game
from gamesolve.solve import folder as folders
from gamesolve.solve.folder import Ask
from gamesolve.solve.loop import Trace, read_trace, record
from gamesolve.solve.solution import AS_ASKED, HSVI, POLICY_ITERATION, TABULAR, VALUE_ITERATION, Solution, StatePlan
from gamesolve.solve.watch import Certificate, Watch
from gamesolve.views.one_sided import OneSidedGame
from gamesolve.views.problem import Problem
from gamesolve.views.stochastic_game import StochasticGame

if TYPE_CHECKING:
    from gamesolve.solvers.value_iteration import Sweep

#: Kinds of games: without end, where both roles or one knows the state, and with a horizon, where both do.
KNOWN, ONE_SIDED, BY_STEP = "known", "one-sided", "by step"
AUTO = {
    KNOWN: (POLICY_ITERATION, "the game has no end and both roles know its state: policy iteration over all states"),
    ONE_SIDED: (HSVI, "the game has no end and {informed} alone knows its state: heuristic search value iteration over beliefs"),
    BY_STEP: (
        VALUE_ITERATION,
        "both roles know the state, and the game's tree does not fit: value iteration, step by step",
    ),
}
#: Shares of a value that rounding may leave of an exploitability, and the tolerances of linear programs of a bracket.
ROUNDING, TOLERANCE = 1e-9, 1e-6
#: For which games methods are.
FOR = {
    POLICY_ITERATION: "without end whose state both roles know",
    VALUE_ITERATION: "whose state both roles know",
    HSVI: "without end whose state one role alone knows",
}
#: States at all steps together for which mixtures are kept, of a game with a horizon.
KEPT = 100_000
#: Tables: what each role does in each state, and where that leads.
STATES, TRANSITIONS = "states.csv", "transitions.csv"
COLUMNS = ("state", "start", "lower", "upper", "role", "action", "probability")


def kind_of(problem: Problem, ask: Ask) -> str:
    """How what was asked is solved as tables; empty where it is not."""
    from gamesolve.base.memory import DEFAULT_MEMORY
    from gamesolve.views.tree_build import seems_to_fit

    game = problem.game
    if isinstance(game, Game) and game.horizon is not None and len(game.sees_state) == 2:
        learns = ask.settings or ask.known
        tree = learns or seems_to_fit(game, memory=DEFAULT_MEMORY if ask.memory is None else ask.memory)
        return BY_STEP if ask.method == VALUE_ITERATION or (ask.method == "auto" and not tree) else ""
    if isinstance(game, (StochasticGame, OneSidedGame)):
        return KNOWN if isinstance(game, StochasticGame) else ONE_SIDED
    if not isinstance(game, Game) or game.horizon is not None or not game.sees_state:
        return ""
    return KNOWN if len(game.sees_state) == 2 else ONE_SIDED


@dataclass(frozen=True, eq=False)
class Tables:
    """A game as tables, and how they are solved: one of the kinds."""

    kind: str
    game: StochasticGame | OneSidedGame


def tables_of(problem: Problem, ask: Ask, watch: Watch) -> Tables | None:
    """The tables by which what was asked is solved; None where it is not solved by any, or `auto` had better learn as they do not fit.

    Raises:
        TooLargeError: they take more memory than is allowed.
        UnfinishedError: they were not done when the work was stopped.
        GamesolveError: a rule breaks its contract, or a one-sided game is of no kind that is searched.
    """
    from gamesolve.views.markov import markov_game
    from gamesolve.views.one_sided_view import one_sided_game

    def pause(_: int = 0) -> None:
        watch.say("tree")
        if stopped := watch.over():
            raise UnfinishedError(f"not all states of {problem.title} were found when the work was stopped ({stopped}); give it more time")

    kind, game = kind_of(problem, ask), problem.game
    if not kind:
        if isinstance(game, Game) and game.horizon is None:
            raise GamesolveError(
                f"{problem.title} has no end, and neither role is declared to know its state, so it is not solved; give it a horizon"
            )
        return None
    if not isinstance(game, Game):
        return Tables(kind, game)
    if kind == ONE_SIDED:
        return Tables(kind, one_sided_game(game, memory=ask.memory, pause=pause))
    try:
        return Tables(kind, markov_game(game, memory=ask.memory, progress=pause))
    except TooLargeError:
        if kind == BY_STEP and ask.method == "auto":
            return None
        raise


def refuse_other_methods(problem: Problem, ask: Ask) -> None:
    """Raise GamesolveError where a method is not for the problem: those of games without end are for these alone."""
    kind = kind_of(problem, ask)
    if not kind:
        if ask.method in TABULAR:
            raise GamesolveError(f"method {ask.method!r} is for games {FOR[ask.method]}; {problem.title} is none")
        return
    if kind == BY_STEP:
        if ask.settings or ask.known:
            raise GamesolveError(f"method {ask.method!r} learns nothing; leave settings and known policies out")
        return
    allowed = ("auto", HSVI) if kind == ONE_SIDED else ("auto", POLICY_ITERATION, VALUE_ITERATION)
    if ask.method not in allowed:
        raise GamesolveError(f"{problem.title} has no end, so it has no tree; its methods are {', '.join(allowed)}, not {ask.method!r}")
    if ask.settings or ask.known:
        raise GamesolveError(f"{problem.title} has no end and is solved exactly; leave settings and known policies out")


def solve_tabular(problem: Problem, ask: Ask, tables: Tables, watch: Watch, run: runs.Run | None) -> Solution:
    """The answer.

    Raises:
        GamesolveError: the run cannot be written.
        UnfinishedError: there was no time for a single sweep.
    """
    method, reason = AUTO[tables.kind] if ask.method == "auto" else (ask.method, AS_ASKED)
    searched = isinstance(tables.game, OneSidedGame)
    trace, note = Trace(), ""
    if run and searched:
        # A search begins anew when it is gone on with, and what was proved of the value before still is.
        run.trim_unfinished()
        trace = read_trace(run)
    elif run:
        run.trim(0)
    if isinstance(tables.game, OneSidedGame):
        certificate, plan, stopped = _searched(problem, tables.game, watch, trace, run)
        reason = reason.format(informed=the_role(tables.game.roles[1]))
    else:
        game = tables.game
        watch.facts = (("tables", f"{len(game.states):,} states, {len(game.target):,} transitions"),)
        if tables.kind == BY_STEP:
            certificate, plan, stopped, note = _stepped(game, watch, trace, run)
        else:
            certificate, plan, stopped = _swept(game, method, watch, trace, run)
    watch.say("write", certificate)
    solution = _solution(problem, certificate, plan, (method, reason), watch, stopped, trace, run, note=note)
    if run:
        _write(run, problem, solution)
    return solution


def read_tabular(problem: Problem, watch: Watch, run: runs.Run) -> Solution:
    """The answer that a complete run holds; raises GamesolveError where it is damaged."""
    result = runs.read_result(run.folder)
    certificate = Certificate(result["iterations"], Bound(**result["value"][problem.roles[0]]), Bound(**result["exploitability"]))
    how = result["method"], result["reason"]
    plan, note = read_plan(run.folder, problem.roles), result.get("note", "")
    return _solution(problem, certificate, plan, how, watch, result["stopped"], read_trace(run), run, note=note)


def read_plan(folder: Path, roles: tuple[str, str]) -> StatePlan | None:
    """What a run says both roles do in each state; None where it says nothing of that. Raises GamesolveError where it is damaged."""
    path = folder / "tables" / STATES
    if not path.is_file():
        return None
    rows, onward = files.read_csv(path), files.read_csv(path.with_name(TRANSITIONS))
    try:
        names = list(dict.fromkeys(row["state"] for row in rows))
        facts = {row["state"]: [float(row[key]) for key in ("start", "lower", "upper")] for row in rows}
        start, lower, upper = np.array([facts[name] for name in names]).T
        found: dict[str, dict[str, dict[str, float]]] = {role: {name: {} for name in names} for role in roles}
        for row in rows:
            if row["role"]:
                found[row["role"]][row["state"]][row["action"]] = float(row["probability"])
        number = {name: s for s, name in enumerate(names)}
        leads = {(number[row["state"]], number[row["next"]]): float(row["probability"]) for row in onward}
    except (KeyError, ValueError, TypeError) as error:
        raise GamesolveError(f"the tables of states of the run {str(folder)!r} are damaged: {error!r}") from error
    zero, one = (tuple(found[role][name] for name in names) for role in roles)
    return StatePlan(tuple(names), start, lower, upper, (zero, one), leads)


def _swept(game: StochasticGame, method: str, watch: Watch, trace: Trace, run: runs.Run | None) -> tuple[Certificate, StatePlan, str]:
    """By sweeps over all states."""
    from gamesolve.solvers.value_iteration import policy_iteration, value_iteration

    def pause() -> None:
        if newest is not None and (stopped := watch.over()):
            raise UnfinishedError(stopped)

    due = 1
    newest: tuple[Certificate, Sweep] | None = None
    for sweep in policy_iteration(game) if method == POLICY_ITERATION else value_iteration(game):
        # Judging takes as long as many sweeps.
        if method == VALUE_ITERATION and sweep.number < due and not watch.over():
            continue
        due = watch.next_check(sweep.number, int(game.first[-1]))
        try:
            certificate, judged = _judged(game, sweep, watch.target, pause)
        except UnfinishedError as ended:
            # What was judged last is the answer.
            assert newest is not None
            return newest[0], _plan(game, newest[1]), str(ended)
        newest = certificate, judged
        record(certificate, trace, run)
        watch.say(method, certificate)
        if (stopped := watch.why_stop(certificate)) or (stopped := _stuck(trace, ROUNDING)):
            return certificate, _plan(game, judged), stopped
    raise AssertionError("sweeps have no end")


def _stepped(game: StochasticGame, watch: Watch, trace: Trace, run: runs.Run | None) -> tuple[Certificate, StatePlan, str, str]:
    """By as many sweeps as the game has steps, from its end; and a sentence where mixtures of its first steps alone are kept."""
    from gamesolve.solvers.value_iteration import value_iteration

    horizon, sweeps, certificate = game.horizon, list["Sweep"](), None
    assert horizon is not None
    for sweep in value_iteration(game, horizon=horizon):
        # The last sweep is of the first step.
        if len(game.states) * (horizon - sweep.number) < KEPT:
            sweeps.append(sweep)
        if sweep.number < horizon and (stopped := watch.over()):
            raise UnfinishedError(f"{sweep.number:,} of {horizon:,} sweeps were done when it was stopped ({stopped}); give it more time")
        # Each end of the bracket is what the mixtures of this and the later steps guarantee.
        value = Bound(float(game.start @ sweep.lower), float(game.start @ sweep.upper))
        certificate = Certificate(sweep.number, value, Bound(0.0, value.width / 2.0, "exact"))
        watch.say(VALUE_ITERATION, certificate)
    assert certificate is not None
    record(certificate, trace, run)
    watch.iterations = horizon
    note = "" if len(sweeps) == horizon else f"mixtures are kept of the first {len(sweeps):,} of {horizon:,} steps"
    return certificate, _plan_by_step(game, sweeps[::-1]), watch.why_stop(certificate) or "iterations", note


def _plan_by_step(game: StochasticGame, sweeps: Sequence[Sweep]) -> StatePlan:
    """The mixtures of the first steps, sweeps in the order of play, in the states that can be reached by then."""
    here, names, start, found = game.start > 0.0, list[str](), list[float](), [list[Any](), list[Any](), list[Any](), list[Any]()]
    number: dict[tuple[int, int], int] = {}
    leads: dict[tuple[int, int], float] = {}
    before: dict[tuple[int, int], float] = {}
    for t, sweep in enumerate(sweeps):
        plan, onward = _plan(game, sweep), np.zeros(len(here), bool)
        for s in np.flatnonzero(here).tolist():
            number[t, s] = len(names)
            names.append(f"step {t + 1}: {plan.states[s]}")
            start.append(float(game.start[s]) if t == 0 else 0.0)
            for column, value in zip(found, (plan.lower[s], plan.upper[s], plan.mixtures[0][s], plan.mixtures[1][s]), strict=True):
                column.append(value)
            joints = range(game.first[s], game.first[s + 1])
            if len(joints):
                onward[game.target[game.begin[joints.start] : game.begin[joints.stop]]] = True
        leads |= {(number[t - 1, s], number[t, after]): chance for (s, after), chance in before.items() if (t, after) in number}
        before = {pair: chance for pair, chance in plan.leads.items() if here[pair[0]]}
        here = onward
    lower, upper, zero, one = found
    return StatePlan(tuple(names), np.array(start), np.array(lower), np.array(upper), (tuple(zero), tuple(one)), leads)


def _judged(game: StochasticGame, sweep: Sweep, target: float, pause: Callable[[], None]) -> tuple[Certificate, Sweep]:
    """What both roles could gain at the start against a sweep's mixtures, and the sweep with all that is proved of the values by that."""
    from gamesolve.solvers.stationary import stationary_response

    zero, one = (stationary_response(game, role, sweep.policies[1 - role], gap=_share(game, target), pause=pause) for role in (0, 1))
    # What a role's mixtures leave the other at most is what they guarantee; either proof may be the better one.
    lower, upper = np.maximum(sweep.lower, -one.upper), np.minimum(sweep.upper, zero.upper)
    crossed = lower > upper
    lower[crossed], upper[crossed] = upper[crossed], lower[crossed]
    value = Bound(float(game.start @ lower), float(game.start @ upper))
    gained = max(float(game.start @ (zero.upper + one.upper)) / 2.0, 0.0)
    least = min(max(float(game.start @ (zero.lower + one.lower)) / 2.0, 0.0), gained)
    return Certificate(sweep.number, value, Bound(least, gained, "exact")), replace(sweep, lower=lower, upper=upper)


def _share(game: StochasticGame, target: float) -> float:
    """How exactly responses are computed, as a share of the largest value: a tenth of what is wanted."""
    size = float(np.abs(game.reward).max(initial=0.0)) / (1.0 - game.discount)
    return max(0.1 * target / max(size, 1.0), 1e-12)


def _stuck(trace: Trace, share: float) -> str:
    """`iterations` where what is left is such a share of the value or less, and the newest ten steps have brought nothing: rounding."""
    recent = trace[-11:]
    least, size = min((gap for _, gap, _, _ in recent[1:]), default=0.0), max(abs(end or 0.0) for end in recent[0][2:])
    return "iterations" if len(recent) == 11 and recent[0][1] <= min(least, share * size) else ""


def _searched(problem: Problem, game: OneSidedGame, watch: Watch, trace: Trace, run: runs.Run | None) -> tuple[Certificate, None, str]:
    """By search over beliefs."""
    from gamesolve.solvers.hsvi import heuristic_search

    def pause() -> None:
        if stopped := watch.over():
            raise UnfinishedError(stopped)

    first, low, high = (trace[-1][0] if trace else -1), -np.inf, np.inf
    certificate, stopped = None, ""
    if trace:
        low, high = (float(end) for end in trace[-1][2:] if end is not None)
        certificate = _bracketed(first, low, high)
    try:
        for found in heuristic_search(game, width=2.0 * watch.target, pause=pause):
            # Of the first of the game's roles.
            ends = (found.lower, found.upper) if game.roles[0] == problem.roles[0] else (-found.upper, -found.lower)
            low, high = max(low, ends[0]), min(high, ends[1])
            certificate = _bracketed(first + 1 + found.number, low, high)
            record(certificate, trace, run)
            watch.facts = (("bounds", f"{found.vectors:,} vectors, {found.points:,} points, {found.programs:,} linear programs"),)
            watch.say(HSVI, certificate)
            if stopped := watch.why_stop(certificate) or _stuck(trace, TOLERANCE):
                break
    except UnfinishedError as ended:
        stopped = str(ended)
    except GamesolveError:
        # A linear program failed: what was proved before stands.
        if certificate is None:
            raise
        stopped = "iterations"
    if certificate is None:
        raise UnfinishedError(f"nothing was found when the work was stopped ({stopped}); give it more time")
    return certificate, None, stopped


def _bracketed(number: int, low: float, high: float) -> Certificate:
    """What a search proves: each end is what a strategy guarantees."""
    value = Bound(min(low, high), max(low, high))
    return Certificate(number, value, Bound(0.0, value.width / 2.0))


def _plan(game: StochasticGame, sweep: Sweep) -> StatePlan:
    """A sweep's mixtures by state and action."""

    def mixtures(role: int) -> Iterator[dict[str, float]]:
        at = 0
        for names in game.actions[role]:
            yield dict(zip(names, sweep.policies[role][at : at + len(names)].tolist(), strict=True))
            at += len(names)

    found = (tuple(mixtures(0)), tuple(mixtures(1)))
    return StatePlan(tuple(game.states), game.start, sweep.lower, sweep.upper, found, _leads(game, sweep.policies))


def _leads(game: StochasticGame, policies: tuple[np.ndarray, np.ndarray]) -> dict[tuple[int, int], float]:
    """Pairs of a state and the next with the probability of that, where both roles keep to their mixtures."""
    from gamesolve.solvers.value_iteration import offsets

    count = len(game.states)
    owner = np.repeat(np.arange(count), np.diff(game.first))
    place = np.arange(len(owner)) - game.first[owner]
    columns = game.counts[1][owner]
    weights = policies[0][offsets(game, 0)[owner] + place // np.maximum(columns, 1)]
    weights = weights * policies[1][offsets(game, 1)[owner] + place % np.maximum(columns, 1)]
    source = np.repeat(np.arange(len(owner)), np.diff(game.begin))
    both = owner[source].astype(np.int64) * count + game.target
    pairs, at = np.unique(both, return_inverse=True)
    total = np.bincount(at, weights[source] * game.chance, minlength=len(pairs))
    return {(int(pair // count), int(pair % count)): float(one) for pair, one in zip(pairs, total, strict=True) if one > 0.0}


def _solution(
    problem: Problem, certificate: Certificate, plan: StatePlan | None, how: tuple[str, str], watch: Watch, stopped: str, trace: Trace,
    run: runs.Run | None, *, note: str = "",
) -> Solution:  # fmt: skip
    return Solution(
        game=problem.title,
        tree=None,
        profile=None,
        policies=(),
        value=certificate.value,
        exploitability=certificate.exploitability,
        method=how[0],
        reason=how[1],
        iterations=certificate.iteration,
        seconds=watch.seconds(),
        stopped=stopped,
        note=note or watch.note(how[0], stopped, certificate),
        trace=trace,
        run=run.folder if run else None,
        roles=problem.roles,
        plan=plan,
    )


def _write(run: runs.Run, problem: Problem, solution: Solution) -> None:
    """The tables, and last the result."""
    if solution.plan is not None:
        files.make_folder(run.folder / "tables")
        files.write_csv(run.folder / "tables" / STATES, COLUMNS, _rows(solution.plan, problem.roles))
        names = solution.plan.states
        rows = ((names[s], names[t], chance) for (s, t), chance in sorted(solution.plan.leads.items()))
        files.write_csv(run.folder / "tables" / TRANSITIONS, ("state", "next", "probability"), rows)
    folders.write(run, problem, solution)


def _rows(plan: StatePlan, roles: tuple[str, str]) -> Iterator[tuple[object, ...]]:
    for s, name in enumerate(plan.states):
        facts = name, float(plan.start[s]), float(plan.lower[s]), float(plan.upper[s])
        if not plan.mixtures[0][s]:
            yield (*facts, "", "", "")
        for role, mixtures in zip(roles, plan.mixtures, strict=True):
            for action, probability in mixtures[s].items():
                yield (*facts, role, action, probability)
