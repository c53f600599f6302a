"""`solve` and `resume`: the equilibrium of a two-role zero-sum game, to a certified gap where it has a tree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gamesolve.base import runs
from gamesolve.base.bound import Bound
from gamesolve.base.errors import GamesolveError, TooLargeError, UnfinishedError, unknown_name
from gamesolve.base.executors import refuse_unknown_workers
from gamesolve.base.seeds import checked_seed
from gamesolve.solve import folder as folders
from gamesolve.solve.folder import Ask
from gamesolve.solve.solution import AS_ASKED, TABULAR, Solution
from gamesolve.solve.watch import GAP, Progress, Watch

if TYPE_CHECKING:
    from gamesolve.psro.oracles import Population
    from gamesolve.solve.loop import Outcome
    from gamesolve.views.problem import Problem
    from gamesolve.views.tree import Tree

METHODS = ("auto", "lp", "cfr", "cfr+", "dcfr", "pcfr+", "psro", "xdo", "mmd", "ppo", *TABULAR)
#: Methods that learn where there is no tree.
LEARNS = ("auto", "psro", "mmd", "ppo")
#: Default target, in units of the payoff range.
RELATIVE_GAP = 1e-3
#: A plan is taken for unsettled where its exploitability is more than this share of the value, and of the payoff range ...
UNSETTLED, VANISHING = 0.05, 1e-6
#: ... and a gap is suggested that is this share of the value.
SETTLED = 0.01


def solve(
    game: Any,
    method: str = "auto",
    *,
    gap: float | None = None,
    iterations: int | None = None,
    time_limit: float | None = None,
    memory: int | None = None,
    seed: int = 0,
    settings: dict[str, Any] | None = None,
    known: Sequence[Any] = (),
    workers: int | str | None = 1,
    out: str | Path | None = None,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Solution:
    """The equilibrium of a zero-sum game: to a certified gap where it has a tree, and as far as learning goes where it has none.

    Of a general-sum game `psro` finds coarse correlated equilibria (JPSRO), with the meta-solver of that name.

    Where the tree fits, exact solvers are at work. Where it does not, or a role is a team, `auto` and `psro` grow populations of
    policies by learned responses (policy-space response oracles), and how exploitable their mixtures are is known from below only.

    Args:
        game: a `Game`, a `pyspiel.Game`, a `Tree`, or a `Problem`.
        method: `auto` (chosen by size and a race of a fixed number of iterations), `lp`, `cfr`,
            `cfr+`, `dcfr`, `pcfr+`, `psro` (double oracle; with learned responses where no tree fits, or where `settings` or `known`
            are given, as with `auto`), `xdo` (extensive-form double oracle), `mmd` (magnetic mirror descent, a regularised self-play:
            with exact values; from samples where no tree fits, or where `settings` or `known` are given) or `ppo` (self-play by
            proximal policy optimisation, always from samples). Self-play from samples is followed by one iteration of PSRO, which
            looks for responses to what it came to; more `iterations` add them.
        gap: exploitability to reach, in the game's units; 0.001 of the payoff range unless given. One
            that is less than double precision can certify (0, say) counts as reached once the
            exploitability is 0 to within rounding.
        iterations: stop after this many at the latest.
        time_limit: seconds; the step under way is finished, and the answer is valid. Without a tree there
            is none, so a tree that takes longer is given up on; of what is learned, the newest iteration that was done is the answer.
        memory: bytes that the tree may take while it is built; 8 GiB unless given.
        seed: of everything that is drawn; the exact solvers draw nothing.
        settings: of PSRO with learned responses, what shall be other than by default: see `gamesolve.psro.settings.PSROSettings`.
        known: policies that its populations begin with, or words that name them: a saved policy, or a run, whose members all join.
        workers: who learns and plays: a number of processes, `ray`, `ray://host:port`, or None for the cores of this machine where that
            pays. What comes out does not depend on it. Processes need a main module with the guard `if __name__ == "__main__":`.
        out: a new run folder, from which `resume` can go on after a kill; none is made unless given.
        progress: called at every step.
        stop: asked at every step; when it says True the run is written and ends as `interrupt`.

    Raises:
        GamesolveError: an argument is out of range; the game is general-sum or has no horizon; it has teams or is too large for
            `memory`, and the method needs a tree; its tree is not finished within the time limit; `out` cannot be written or is taken.
        UnfinishedError: there was no time for a single iteration of PSRO.
    """
    from gamesolve.solve import tabular
    from gamesolve.views.problem import problem_of

    problem = problem_of(game)
    chosen = Ask(method, _default_gap(problem) if gap is None else float(gap), iterations, memory, seed, dict(settings or {}))
    ask, given = _checked(problem, chosen, workers), _given(problem, method, known)
    ask = replace(ask, known={role: [name for name, _ in members] for role, members in given.items()})
    watch = Watch(ask.gap, ask.iterations, time_limit, progress, stop)
    if out is None:
        tables = tabular.tables_of(problem, ask, watch)
        if tables is not None:
            return tabular.solve_tabular(problem, ask, tables, watch, None)
        return _answered(problem, ask, watch, _tree(problem, ask, watch), None, given, workers)
    if not problem.loadable:
        raise GamesolveError("a run folder needs a game that can be loaded again by its name; a Tree or tables cannot, so leave 'out' away")
    with runs.reserved(Path(out)):
        tables = tabular.tables_of(problem, ask, watch)
        tree = _tree(problem, ask, watch) if tables is None else ""
    if tables is not None:
        with folders.create(Path(out), problem, ask, {}) as run:
            return tabular.solve_tabular(problem, ask, tables, watch, run)
    policies = {role: [policy for _, policy in members] for role, members in given.items()}
    with folders.create(Path(out), problem, ask, policies) as run:
        return _answered(problem, ask, watch, tree, run, given, workers)


def resume(
    folder: str | Path,
    *,
    time_limit: float | None = None,
    workers: int | str | None = 1,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Solution:
    """Go on with a run that was killed, interrupted or stopped by time; its files end as if it never had been.

    A complete run only has its answer read.

    Args:
        folder: of the run.
        time_limit: seconds from now.
        workers, progress, stop: as for `solve`.

    Raises:
        GamesolveError: there is no run, another process works on it, it is damaged beyond its
            checkpoints, or the game is not what it was when the run began.
    """
    from gamesolve.solve import tabular
    from gamesolve.views.problem import run_problem

    problem = run_problem(Path(folder))
    ask = _checked(problem, folders.read_ask(Path(folder)), workers)
    watch = Watch(ask.gap, ask.iterations, time_limit, progress, stop)
    with runs.Run.open(Path(folder)) as run:
        runs.check_provenance(run, game=problem.name, fingerprint=problem.fingerprint, seed=ask.seed)
        if runs.is_complete(Path(folder)) and runs.read_result(run.folder).get("method") in TABULAR:
            return tabular.read_tabular(problem, watch, run)
        tables = tabular.tables_of(problem, ask, watch)
        if tables is not None:
            return tabular.solve_tabular(problem, ask, tables, watch, run)
        tree = _tree(problem, ask, watch)
        if runs.is_complete(Path(folder)):
            return _read(problem, ask, watch, tree, run)
        policies = folders.read_known(run.folder, ask)
        given = {role: tuple(zip(names, policies[role], strict=True)) for role, names in ask.known.items()}
        return _answered(problem, ask, watch, tree, run, given, workers)


def _checked(problem: Problem, ask: Ask, workers: int | str | None) -> Ask:
    """What was asked; raises GamesolveError for what is out of range."""
    from gamesolve.solve import tabular

    if ask.method not in METHODS:
        raise unknown_name("method", ask.method, METHODS)
    if ask.memory is not None and ask.memory <= 0:
        raise GamesolveError(f"the memory is {ask.memory!r}; it must be positive")
    checked_seed(ask.seed)
    if workers is not None:
        refuse_unknown_workers(workers)
    if ask.settings:
        if ask.method not in LEARNS:
            raise GamesolveError(f"method {ask.method!r} has no settings, and these were given: {', '.join(ask.settings)}; leave them out")
        from gamesolve.psro.settings import plan_of

        plan_of(ask.settings, ask.seed, ask.iterations)
    tabular.refuse_other_methods(problem, ask)
    if not problem.zero_sum and tabular.kind_of(problem, ask):
        raise GamesolveError(
            f"{problem.title} is general-sum, and only zero-sum games are solved as tables; from Python "
            "gamesolve.solvers.stackelberg.stackelberg_iteration has commitments for it"
        )
    if not problem.zero_sum and (ask.method != "psro" or _for_zero_sum(ask.settings)):
        raise GamesolveError(
            f"{problem.name} is general-sum here, and solve finds equilibria of zero-sum games only, or coarse correlated ones by method "
            "psro with the meta-solver coarse_correlated; set zero_sum=true where the game offers it, or evaluate a profile for each "
            "role's value, best response and regret"
        )
    return ask


def _for_zero_sum(settings: dict[str, Any]) -> bool:
    """Whether PSRO with these settings mixes populations in a way that general-sum games do not have."""
    from gamesolve.psro.plan import ZERO_SUM

    return settings.get("meta_solver", "nash") in ZERO_SUM


def _given(problem: Problem, method: str, known: Sequence[Any]) -> dict[str, Population]:
    """The policies that populations begin with, by role."""
    if not known:
        return {}
    if method not in LEARNS:
        raise GamesolveError(f"method {method!r} knows no populations; leave the known policies out")
    from gamesolve.solve.learned import known_members

    return known_members(problem, known)


def _tree(problem: Problem, ask: Ask, watch: Watch) -> Tree | str:
    """The game's tree; where it has none and the method can do without, why it has none, in words."""
    from gamesolve.rules.game import Game

    teams = [role for role in problem.roles if len(problem.game.agents_of(role)) > 1] if isinstance(problem.game, Game) else []
    if ask.method in LEARNS and teams:
        are = "are teams" if len(teams) > 1 else "is a team"
        return _without(ask, f"the {' and the '.join(teams)} of this game {are} with private signals, so it has no tree")
    try:
        return _built(problem, ask, watch)
    except TooLargeError as error:
        if ask.method not in LEARNS:
            raise
        return _without(ask, str(error))


def _without(ask: Ask, reason: str) -> str:
    """Why there is no tree; raises GamesolveError where exact responses are wanted on it."""
    if "exact" in ask.settings.get("oracles", ()):
        raise GamesolveError(f"oracle 'exact' computes responses on the game's tree: {reason}; take oracles that learn")
    return reason


def _built(problem: Problem, ask: Ask, watch: Watch) -> Tree:
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


def _answered(
    problem: Problem,
    ask: Ask,
    watch: Watch,
    tree: Tree | str,
    run: runs.Run | None,
    given: dict[str, Population],
    workers: int | str | None,
) -> Solution:  # fmt: skip
    """By learned responses where there is no tree or they are asked for, else by the solvers of trees."""
    wanted = ask.method == "ppo" or bool(ask.settings or ask.known)
    if not isinstance(tree, str) and not wanted:
        return _solved(problem, ask, watch, tree, run)
    from gamesolve.solve.learned import SELF_PLAY, solve_by_learning

    if ask.method in SELF_PLAY:
        watch.iterations = ask.iterations or 1

    return solve_by_learning(problem, ask, watch, tree, run, given=given, workers=workers)


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
        roles=problem.roles,
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


def _read(problem: Problem, ask: Ask, watch: Watch, tree: Tree | str, run: runs.Run) -> Solution:
    """The solution that a complete run holds."""
    from gamesolve.solve.loop import read_trace

    result = runs.read_result(run.folder)
    if isinstance(tree, str) or "populations" in result:
        from gamesolve.solve.learned import read_learned

        return read_learned(problem, watch, None if isinstance(tree, str) else tree, run)
    zero, one = (folders.read_table(run.folder, role) for role in problem.roles)
    return Solution(
        game=tree.game,
        tree=tree,
        profile=(zero.behaviour_on(tree), one.behaviour_on(tree)),
        policies=(zero, one),
        roles=problem.roles,
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
