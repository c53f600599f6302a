"""`solve` and `resume`: the equilibrium of a two-role zero-sum game, to a certified gap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gamesolve.base import runs
from gamesolve.base.bound import Bound
from gamesolve.base.errors import GamesolveError, UnfinishedError, unknown_name
from gamesolve.solve import folder as folders
from gamesolve.solve.folder import Ask
from gamesolve.solve.watch import GAP, Progress, Watch

if TYPE_CHECKING:
    from gamesolve.policies.tabular import TabularPolicy
    from gamesolve.solve.loop import Outcome, Trace
    from gamesolve.solvers.best_response import Profile
    from gamesolve.views.problem import Problem
    from gamesolve.views.tree import Tree

METHODS = ("auto", "lp", "cfr", "cfr+", "dcfr", "pcfr+", "psro", "xdo", "mmd")
#: The reason of a method that the user chose.
AS_ASKED = "as asked"
#: Default target, in units of the payoff range.
RELATIVE_GAP = 1e-3
#: A plan is taken for unsettled where its exploitability is more than this share of the value, and of the payoff range ...
UNSETTLED, VANISHING = 0.05, 1e-6
#: ... and a gap is suggested that is this share of the value.
SETTLED = 0.01


@dataclass(frozen=True)
class Solution:
    """What `solve` found.

    Attributes:
        game: name and parameters.
        tree: the game's extensive form.
        profile: behaviours f8 [Q] of role 0 and role 1.
        policies: the same, to save, evaluate or convert to OpenSpiel's.
        value: bracket of the game's value, expected return of role 0.
        exploitability: of the profile: NashConv / 2.
        method, reason: which solver ran, and why in one line.
        iterations: done in all, earlier sessions of a resumed run included.
        seconds: wall time of this call.
        stopped: `gap` where that is reached; otherwise `iterations` (none are left: those asked for
            are done, or a linear program is at its end or no response gains any more), `time` or `interrupt`.
        note: one sentence where the gap was reached to within rounding only, a linear program missed it, or
            the default gap leaves much of the plan open; otherwise empty.
        trace: (iteration, exploitability, value.lower, value.upper) of every checked step.
        run: the run folder, or None.
    """

    game: str
    tree: Tree
    profile: Profile
    policies: tuple[TabularPolicy, TabularPolicy]
    value: Bound
    exploitability: Bound
    method: str
    reason: str
    iterations: int
    seconds: float
    stopped: str
    note: str
    trace: Trace
    run: Path | None

    @property
    def values(self) -> dict[str, Bound]:
        """Role to bracket of its expected return at equilibrium."""
        zero, one = self.tree.decisions
        return {zero.role: self.value, one.role: -self.value}


def solve(
    game: Any,
    method: str = "auto",
    *,
    gap: float | None = None,
    iterations: int | None = None,
    time_limit: float | None = None,
    memory: int | None = None,
    seed: int = 0,
    out: str | Path | None = None,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Solution:
    """The equilibrium of a zero-sum game between two single agents, to a certified gap.

    Args:
        game: a `Game`, a `pyspiel.Game`, a `Tree`, or a `Problem`.
        method: `auto` (chosen by size and a race of a fixed number of iterations), `lp`, `cfr`,
            `cfr+`, `dcfr`, `pcfr+`, `psro` (double oracle), `xdo` (extensive-form double oracle)
            or `mmd` (magnetic mirror descent, regularised self-play with exact values).
        gap: exploitability to reach, in the game's units; 0.001 of the payoff range unless given. One
            that is less than double precision can certify (0, say) counts as reached once the
            exploitability is 0 to within rounding.
        iterations: stop after this many at the latest.
        time_limit: seconds; the step under way is finished, and the answer is valid. Without a tree there
            is none, so a tree that takes longer is given up on.
        memory: bytes that the tree may take while it is built; 8 GiB unless given.
        seed: recorded with the run; the exact solvers draw nothing.
        out: a new run folder, from which `resume` can go on after a kill; none is made unless given.
        progress: called at every step.
        stop: asked at every step; when it says True the run is written and ends as `interrupt`.

    Raises:
        GamesolveError: an argument is out of range; the game is general-sum, has no horizon, has
            teams, or is too large for `memory`; its tree is not finished within the time limit; `out`
            cannot be written or is taken.
    """
    from gamesolve.views.problem import problem_of

    problem = problem_of(game)
    ask = _checked(problem, Ask(method, _default_gap(problem) if gap is None else float(gap), iterations, memory, seed))
    watch = Watch(ask.gap, ask.iterations, time_limit, progress, stop)
    if out is None:
        return _solved(problem, ask, watch, _tree(problem, ask, watch), None)
    if not problem.loadable:
        raise GamesolveError("a run folder needs a game that can be loaded again by its name; a Tree cannot, so leave 'out' away")
    with runs.reserved(Path(out)):
        tree = _tree(problem, ask, watch)
    with folders.create(Path(out), problem, ask) as run:
        return _solved(problem, ask, watch, tree, run)


def resume(
    folder: str | Path,
    *,
    time_limit: float | None = None,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Solution:
    """Go on with a run that was killed, interrupted or stopped by time; its files end as if it never had been.

    A complete run only has its answer read.

    Args:
        folder: of the run.
        time_limit: seconds from now.
        progress, stop: as for `solve`.

    Raises:
        GamesolveError: there is no run, another process works on it, it is damaged beyond its
            checkpoints, or the game is not what it was when the run began.
    """
    from gamesolve.views.problem import run_problem

    problem = run_problem(Path(folder))
    ask = _checked(problem, folders.read_ask(Path(folder)))
    watch = Watch(ask.gap, ask.iterations, time_limit, progress, stop)
    with runs.Run.open(Path(folder)) as run:
        runs.check_provenance(run, game=problem.name, fingerprint=problem.fingerprint, seed=ask.seed)
        if runs.is_complete(Path(folder)):
            return _read(problem, ask, watch, run)
        return _solved(problem, ask, watch, _tree(problem, ask, watch), run)


def _checked(problem: Problem, ask: Ask) -> Ask:
    """What was asked; raises GamesolveError for what is out of range."""
    if ask.method not in METHODS:
        raise unknown_name("method", ask.method, METHODS)
    if ask.memory is not None and ask.memory <= 0:
        raise GamesolveError(f"the memory is {ask.memory!r}; it must be positive")
    if not 0 <= ask.seed < 2**63:
        raise GamesolveError(f"the seed is {ask.seed!r}; it lies in 0 to 2^63 - 1")
    if not problem.zero_sum:
        raise GamesolveError(
            f"{problem.name} is general-sum here, and solve finds equilibria of zero-sum games only; set zero_sum=true where "
            "the game offers it, or evaluate a profile for each role's value, best response and regret"
        )
    return ask


def _tree(problem: Problem, ask: Ask, watch: Watch) -> Tree:
    def report(done: int) -> None:
        watch.say("tree")
        # Signals end a call at once as long as it has no steps to finish, so time is all there is to look at.
        if watch.seconds_left() == 0.0:
            raise UnfinishedError(
                f"the tree of {problem.game} was not finished within the time limit of {watch.time_limit:g} s ({done:,} steps of it were "
                "done); give it more time, or a smaller game"
            )

    watch.say("tree")
    return problem.tree(memory=ask.memory, progress=report, weights=ask.method == "mmd")


def _solved(problem: Problem, ask: Ask, watch: Watch, tree: Tree, run: runs.Run | None) -> Solution:
    from gamesolve.policies.tabular import TabularPolicy
    from gamesolve.solve.loop import iterate
    from gamesolve.solve.program import solve_program
    from gamesolve.solvers.best_response import float_tolerance

    checkpoint = run.latest() if run else None
    if run:
        run.trim(checkpoint.journal if checkpoint else 0)
    method, reason = (checkpoint.facts["method"], checkpoint.facts["reason"]) if checkpoint else _chosen(tree, ask, watch)
    # Rounding alone widens a certificate by its tolerance; as much again is computed exploitability that may be rounding too.
    watch.resolution = 2.0 * float_tolerance(tree)
    facts = {"method": method, "reason": reason}
    outcome = solve_program(tree, watch, run) if method == "lp" else iterate(tree, method, watch, run=run, facts=facts)
    watch.say("write", outcome.certificate)
    zero, one = (TabularPolicy.from_tree(tree, role, outcome.profile[role]) for role in (0, 1))
    solution = Solution(
        game=tree.game,
        tree=tree,
        profile=outcome.profile,
        policies=(zero, one),
        value=outcome.certificate.value,
        exploitability=outcome.certificate.exploitability,
        method=method,
        reason=reason,
        iterations=outcome.certificate.iteration,
        seconds=watch.seconds(),
        stopped=outcome.stopped,
        note=watch.note(method, outcome.stopped, outcome.certificate) or _unsettled(problem, ask, outcome) or _passed(outcome),
        trace=outcome.trace,
        run=run.folder if run else None,
    )
    if run:
        folders.write(run, problem, solution)
    return solution


def _default_gap(problem: Problem) -> float:
    # A game whose returns are all alike has a range of zero; floating point still needs a little.
    return RELATIVE_GAP * problem.payoff_range or 1e-12


def _unsettled(problem: Problem, ask: Ask, outcome: Outcome) -> str:
    """One sentence where the default gap is reached and wide beside the value, or an empty one: a gap that was chosen is as asked."""
    left, value = outcome.certificate.gap, outcome.certificate.value
    worth = max(abs(value.lower or 0.0), abs(value.upper or 0.0))
    if outcome.stopped != GAP or ask.gap != _default_gap(problem) or left <= max(UNSETTLED * worth, VANISHING * problem.payoff_range):
        return ""
    return (
        f"the exploitability left, {left:.3g}, is {left / worth:.0%} of the value: the default gap is {RELATIVE_GAP:g} of the "
        f"payoff range, which is far wider here; a gap of {SETTLED * worth:.1g} (--gap) settles more of the plan"
    )


def _passed(outcome: Outcome) -> str:
    """One sentence where an earlier iteration was much less exploitable, or an empty one: oracles may get worse before they get better."""
    iteration, least, _, _ = min(outcome.trace, key=lambda row: row[1])
    if least >= 0.5 * outcome.certificate.gap or iteration == outcome.certificate.iteration:
        return ""
    return f"iteration {iteration:,} was less exploitable ({least:.3g}); --iterations {iteration} ends there"


def _read(problem: Problem, ask: Ask, watch: Watch, run: runs.Run) -> Solution:
    """The solution that a complete run holds."""
    from gamesolve.solve.loop import read_trace

    result, tree = runs.read_result(run.folder), _tree(problem, ask, watch)
    zero, one = (folders.read_table(run.folder, role) for role in problem.roles)
    return Solution(
        game=tree.game,
        tree=tree,
        profile=(zero.behaviour_on(tree), one.behaviour_on(tree)),
        policies=(zero, one),
        value=Bound(**result["value"][problem.roles[0]]),
        exploitability=Bound(**result["exploitability"]),
        method=result["method"],
        reason=result["reason"],
        iterations=result["iterations"],
        seconds=watch.seconds(),
        stopped=result["stopped"],
        note=result.get("note", ""),
        trace=read_trace(run),
        run=run.folder,
    )


def _chosen(tree: Tree, ask: Ask, watch: Watch) -> tuple[str, str]:
    """The method and, in one line, why."""
    from gamesolve.solvers.choose import choose_method

    if ask.method != "auto":
        return ask.method, AS_ASKED
    return choose_method(tree, ask.gap, pause=lambda: watch.say("method"))
