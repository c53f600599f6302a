"""Games solved as tables: by sweeps over all states where both roles know the state, by search over beliefs where one does.

| the game | method | answer |
|---|---|---|
| has no end, both know the state | `policy_iteration` (with `auto`), `value_iteration` | a bracket on the value; mixtures by state |
| has no end, one knows it | `hsvi` (with `auto`) | a bracket on the value |
| has a horizon, both know the state | `value_iteration` (with `auto` where no tree fits) | the value, mixtures in each state at each step |

Nothing here is drawn, and a run that was broken off begins anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gamesolve.base import files, runs
from gamesolve.base.bound import Bound
from gamesolve.base.errors import GamesolveError, UnfinishedError
from gamesolve.base.roles import the_role
from gamesolve.rules.game import Game
from gamesolve.solve import folder as folders
from gamesolve.solve.folder import Ask
from gamesolve.solve.loop import Trace, read_trace, record
from gamesolve.solve.solution import AS_ASKED, Solution, StatePlan
from gamesolve.solve.watch import Certificate, Watch
from gamesolve.views.one_sided import OneSidedGame
from gamesolve.views.problem import Problem
from gamesolve.views.stochastic_game import StochasticGame

POLICY_ITERATION, VALUE_ITERATION, HSVI = METHODS = ("policy_iteration", "value_iteration", "hsvi")
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
    from gamesolve.views.tree_build import seems_to_fit

    game = problem.game
    if isinstance(game, Game) and game.horizon is not None and len(game.sees_state) == 2:
        learns = ask.settings or ask.known
        return BY_STEP if ask.method == VALUE_ITERATION or (ask.method == "auto" and not learns and not seems_to_fit(game)) else ""
    if isinstance(game, (StochasticGame, OneSidedGame)):
        return KNOWN if isinstance(game, StochasticGame) else ONE_SIDED
    if not isinstance(game, Game) or game.horizon is not None or not game.sees_state:
        return ""
    return KNOWN if len(game.sees_state) == 2 else ONE_SIDED


def refuse_other_methods(problem: Problem, ask: Ask) -> None:
    """Raise GamesolveError where a method is not for the problem: those of games without end are for these alone."""
    kind = kind_of(problem, ask)
    if not kind:
        if ask.method in METHODS:
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


def solve_tabular(problem: Problem, ask: Ask, watch: Watch, run: runs.Run | None) -> Solution:
    """The answer.

    Raises:
        GamesolveError: it takes more memory than is allowed, or the run cannot be written.
        UnfinishedError: there was no time for a single sweep.
    """
    kind = kind_of(problem, ask)
    method, reason = AUTO[kind] if ask.method == "auto" else (ask.method, AS_ASKED)
    if run:
        run.trim(0)
    trace: Trace = []
    if kind == ONE_SIDED:
        certificate, plan, stopped, informed = _searched(problem, watch, trace, run)
    else:
        solve_tables = _stepped if kind == BY_STEP else _swept
        certificate, plan, stopped, informed = solve_tables(problem, ask, method, watch, trace, run)
    watch.say("write", certificate)
    solution = _solution(problem, certificate, plan, (method, reason.format(informed=informed)), watch, stopped, trace, run)
    if run:
        _write(run, problem, solution)
    return solution


def read_tabular(problem: Problem, watch: Watch, run: runs.Run) -> Solution:
    """The answer that a complete run holds; raises GamesolveError where it is damaged."""
    result = runs.read_result(run.folder)
    certificate = Certificate(result["iterations"], Bound(**result["value"][problem.roles[0]]), Bound(**result["exploitability"]))
    how = result["method"], result["reason"]
    return _solution(problem, certificate, read_plan(run.folder, problem.roles), how, watch, result["stopped"], read_trace(run), run)


def read_plan(folder: Path, roles: tuple[str, str]) -> StatePlan | None:
    """What a run says both roles do in each state; None where it says nothing of that. Raises GamesolveError where it is damaged."""
    path = folder / "tables" / STATES
    if not path.is_file():
        return None
    rows = files.read_csv(path)
    try:
        names = list(dict.fromkeys(row["state"] for row in rows))
        facts = {row["state"]: [float(row[key]) for key in ("start", "lower", "upper")] for row in rows}
        start, lower, upper = np.array([facts[name] for name in names]).T
        found: dict[str, dict[str, dict[str, float]]] = {role: {name: {} for name in names} for role in roles}
        for row in rows:
            if row["role"]:
                found[row["role"]][row["state"]][row["action"]] = float(row["probability"])
    except (KeyError, ValueError) as error:
        raise GamesolveError(f"{str(path)!r} is damaged: {error!r}") from error
    zero, one = (tuple(found[role][name] for name in names) for role in roles)
    number = {name: s for s, name in enumerate(names)}
    leads = {(number[row["state"]], number[row["next"]]): float(row["probability"]) for row in files.read_csv(path.with_name(TRANSITIONS))}
    return StatePlan(tuple(names), start, lower, upper, (zero, one), leads)


def _swept(
    problem: Problem, ask: Ask, method: str, watch: Watch, trace: Trace, run: runs.Run | None
) -> tuple[Certificate, StatePlan, str, str]:
    """By sweeps over all states."""
    from gamesolve.solvers.value_iteration import policy_iteration, value_iteration

    game, due = _tables(problem, ask, watch), 1
    for sweep in policy_iteration(game) if method == POLICY_ITERATION else value_iteration(game):
        stop = watch.over()
        # Judging takes as long as many sweeps.
        if method == VALUE_ITERATION and sweep.number < due and not stop:
            continue
        due = watch.next_check(sweep.number, int(game.first[-1]))
        certificate = _judged(game, sweep, watch.target)
        record(certificate, trace, run)
        watch.say(method, certificate)
        if (stopped := watch.why_stop(certificate)) or (stopped := _stuck(trace)):
            return certificate, _plan(game, sweep), stopped, ""
    raise AssertionError("sweeps have no end")


def _tables(problem: Problem, ask: Ask, watch: Watch) -> StochasticGame:
    """The game's states."""
    from gamesolve.views.markov import markov_game

    def tell(_: int) -> None:
        watch.say("tree")
        if stopped := watch.over():
            raise UnfinishedError(f"not all states of {problem.title} were found when the work was stopped ({stopped}); give it more time")

    game = problem.game if isinstance(problem.game, StochasticGame) else markov_game(problem.game, memory=ask.memory, progress=tell)
    watch.facts = (("tables", f"{len(game.states):,} states, {len(game.target):,} transitions"),)
    return game


def _stepped(
    problem: Problem, ask: Ask, method: str, watch: Watch, trace: Trace, run: runs.Run | None
) -> tuple[Certificate, StatePlan, str, str]:
    """By as many sweeps as the game has steps, from its end."""
    from gamesolve.solvers.value_iteration import value_iteration

    game, sweeps = _tables(problem, ask, watch), []
    horizon = game.horizon
    assert horizon is not None
    certificate = None
    for sweep in value_iteration(game, horizon=horizon):
        # The last sweep is of the first step; of long games only the first steps are told.
        if len(game.states) * (horizon - sweep.number) < KEPT:
            sweeps.append(sweep)
        if sweep.number < horizon and (stopped := watch.over()):
            raise UnfinishedError(
                f"{sweep.number:,} of {horizon:,} sweeps were done when the work was stopped ({stopped}); give it more time"
            )
        # Each end of the bracket is what the mixtures of this and the later steps guarantee.
        value = Bound(float(game.start @ sweep.lower), float(game.start @ sweep.upper))
        certificate = Certificate(sweep.number, value, Bound(0.0, value.width / 2.0, "exact"))
        watch.say(method, certificate)
    assert certificate is not None
    record(certificate, trace, run)
    watch.iterations = horizon
    return certificate, _plan_by_step(game, sweeps[::-1]), watch.why_stop(certificate) or "iterations", ""


def _plan_by_step(game: StochasticGame, sweeps: Sequence[Any]) -> StatePlan:
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


def _judged(game: StochasticGame, sweep: Any, target: float) -> Certificate:
    """What a sweep proves of the value at the start, and what both roles could gain there against its mixtures."""
    from gamesolve.solvers.stationary import stationary_response

    value = Bound(float(game.start @ sweep.lower), float(game.start @ sweep.upper))
    zero, one = (stationary_response(game, role, sweep.policies[1 - role], gap=_share(game, target)) for role in (0, 1))
    upper = max(float(game.start @ (zero.upper + one.upper)) / 2.0, 0.0)
    return Certificate(sweep.number, value, Bound(min(max(float(game.start @ (zero.lower + one.lower)) / 2.0, 0.0), upper), upper, "exact"))


def _share(game: StochasticGame, target: float) -> float:
    """How exactly responses are computed, as a share of the largest value: a tenth of what is wanted."""
    size = float(np.abs(game.reward).max(initial=0.0)) / (1.0 - game.discount)
    return max(0.1 * target / max(size, 1.0), 1e-12)


def _stuck(trace: Trace) -> str:
    """`iterations` where the newest ten steps have brought nothing: what is left is rounding."""
    recent = [gap for _, gap, _, _ in trace[-11:]]
    return "iterations" if len(recent) == 11 and min(recent[1:]) >= recent[0] and recent[0] < 1e-6 else ""


def _searched(problem: Problem, watch: Watch, trace: Trace, run: runs.Run | None) -> tuple[Certificate, None, str, str]:
    """By search over beliefs."""
    from gamesolve.solvers.hsvi import heuristic_search
    from gamesolve.views.one_sided_view import informed_role, one_sided_game

    def pause() -> None:
        if stopped := watch.over():
            raise UnfinishedError(stopped)

    game = problem.game if isinstance(problem.game, OneSidedGame) else one_sided_game(problem.game)
    informed = the_role(informed_role(problem.game) if isinstance(problem.game, Game) else game.roles[1])
    certificate, stopped = None, ""
    try:
        for found in heuristic_search(game, width=2.0 * watch.target, pause=pause):
            value = Bound(found.lower, found.upper)
            value = value if game.roles[0] == problem.roles[0] else -value
            # Each end is what a strategy guarantees.
            certificate = Certificate(found.number, value, Bound(0.0, max(found.width, 0.0) / 2.0))
            record(certificate, trace, run)
            watch.facts = (("bounds", f"{found.vectors:,} vectors, {found.points:,} points, {found.programs:,} linear programs"),)
            watch.say(HSVI, certificate)
            if stopped := watch.why_stop(certificate) or "":
                break
    except UnfinishedError as ended:
        stopped = str(ended)
    if certificate is None:
        raise UnfinishedError(f"nothing was found when the work was stopped ({stopped}); give it more time")
    return certificate, None, stopped, informed


def _plan(game: StochasticGame, sweep: Any) -> StatePlan:
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
    run: runs.Run | None,
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
        note=watch.note(how[0], stopped, certificate),
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
