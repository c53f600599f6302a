"""PSRO with learned oracles under a watch: it goes on from where a run was left, tells of what it does, and keeps every iteration."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from gamesolve.base.bound import Bound
from gamesolve.base.errors import UnfinishedError
from gamesolve.base.executors import InProcess, cores, open_workers
from gamesolve.base.failures import survived
from gamesolve.base.runs import KEPT, Run
from gamesolve.learners.candidates import scripted_candidates
from gamesolve.learners.task import Task, roles_of
from gamesolve.learners.training import MARKS, Done, Unit
from gamesolve.psro.loop import PSROState, psro
from gamesolve.psro.oracles import SELF_PLAY, Oracle, Population, begin
from gamesolve.psro.plan import ANYTIME, Plan
from gamesolve.solve.population_folder import Keeper, Row, row_of
from gamesolve.solve.watch import ITERATIONS, Certificate, Watch
from gamesolve.train.log import Shelf
from gamesolve.train.loop import work
from gamesolve.views.tree import Tree

if TYPE_CHECKING:
    from gamesolve.rules.game import Game
    from gamesolve.views.turn_based import TurnBased

#: Decisions that an iteration makes at least where further processes pay for their start.
PAYS = 200_000


class _EndedError(UnfinishedError):
    """The watch has said stop in the middle of an iteration."""


@dataclass(frozen=True)
class Grown:
    """What a call came to.

    Attributes:
        populations: all members, by name.
        rows: one of each iteration; the last tells the answer.
        state: at the end of the last.
        stopped: why it ended.
    """

    populations: tuple[Population, Population]
    rows: list[Row]
    state: PSROState
    stopped: str


def grow(
    game: Game | TurnBased,
    plan: Plan,
    watch: Watch,
    *,
    tree: Tree | None,
    given: tuple[Population, Population],
    run: Run | None,
    workers: int | str | None,
) -> Grown:
    """Run PSRO until the watch says stop or it is at its end.

    Args:
        tree: of the game, where it has one.
        given: populations to begin with.
        run: open run folder, from whose newest checkpoint it goes on.
        workers: see `open_workers`; None for as many processes as there are cores, where an iteration is long enough.

    Raises:
        GamesolveError: see `psro`; or the run cannot be written.
        UnfinishedError: there was no time for a single iteration.
    """
    keeper = Keeper(run)
    state, rows = keeper.read()
    if rows and (stopped := watch.why_stop(certificate_of(rows[-1]))):
        assert state is not None
        return Grown(state.populations, rows, state, stopped)
    with open_workers(_chosen(workers, plan)) as pool:
        if state is None and watch.progress is not None:
            watch.announce(plan_words(game, plan, pool))
        stopped = ""
        try:
            for step in psro(
                game, plan, _Trainer(watch, keeper, pool), state=state, populations=given, tree=tree, workers=pool, pause=_pause(watch)
            ):
                state = step.state
                rows.append(row_of(step))
                keeper.keep(step, rows[-1], watch.seconds())
                certificate = certificate_of(rows[-1])
                watch.facts = facts_of(state, rows[-1])
                watch.say("psro", certificate)
                stopped = watch.why_stop(certificate) or ""
                if stopped:
                    break
        except _EndedError as ended:
            stopped = str(ended)
    if not rows or state is None:
        kept = run is not None and any((run.folder / name).is_dir() for name in KEPT)
        more = f"go on with: gamesolve resume {run.folder}" if run is not None and kept else "give it more time"
        raise UnfinishedError(f"no iteration was done when the work was stopped ({stopped}); {more}")
    return Grown(state.populations, rows, state, stopped or ITERATIONS)


def certificate_of(row: Row) -> Certificate:
    """What is known after an iteration."""
    return Certificate(row["iteration"], Bound(**row["value"]), Bound(**row["exploitability"]))


def facts_of(state: PSROState, row: Row) -> tuple[tuple[str, str], ...]:
    """What a listener is shown of the newest iteration."""
    sizes = " and ".join(f"{len(members)} of {role}" for role, members in zip(row["roles"], state.populations, strict=True))
    found = []
    for role, one in row["roles"].items():
        error = f" ± {1.96 * one['standard_error']:.2g}" if one["standard_error"] > 1e-12 * abs(one["gain"]) else ""
        found.append(f"{role} {one['gain']:.3g}{error} by {one['name']}{'' if one['counts'] else ' (within its error)'}")
    return ("populations", sizes), ("gains found", "; ".join(found))


def plan_words(game: Game | TurnBased, plan: Plan, pool: Executor) -> str:
    """What will be done, and how long an iteration takes, about."""
    learning = _learning(plan)
    if not learning:
        by = " and ".join(oracle.learner for oracle in plan.oracles)
        return f"plan: policy-space response oracles with {by} responses, until {_iterations(plan.patience)} none that gains"
    if plan.meta_solver == ANYTIME:
        learning = [replace(oracle, seeds=1, warm=False, average=False) if oracle is plan.in_training else oracle for oracle in learning]
    size = min(getattr(pool, "size", 1), sum(2 * oracle.trainings for oracle in learning))
    seconds = sum(oracle.trainings * oracle.budget / speed for oracle in learning for speed in _speeds(game, oracle)) / size
    budgets = " and ".join(f"{oracle.learner} ({oracle.trainings} x {oracle.budget:,} decisions)" for oracle in learning)
    looks = "look" if len(learning) > 1 else "looks"
    where = "in this process" if isinstance(pool, InProcess) else f"on {size} workers"
    return (
        f"plan: policy-space response oracles; in each iteration {budgets} {looks} for responses of each role, which takes about "
        f"{max(seconds, 0.1):.2g} s {where}; it ends when {_iterations(plan.patience)} none"
    )


def _learning(plan: Plan) -> list[Oracle]:
    """The oracles that learn, with the budgets that they will have about."""
    learning = [oracle for oracle in plan.oracles if oracle.learns]
    if plan.total is None or plan.iterations is None:
        return learning
    each = plan.total // max(2 * plan.iterations * sum(oracle.trainings for oracle in learning), 1)
    return [replace(oracle, budget=max(each, 1)) for oracle in learning]


def _iterations(count: int) -> str:
    return "an iteration finds" if count == 1 else f"{count} iterations in a row find"


def _speeds(game: Game | TurnBased, oracle: Oracle) -> Iterator[float]:
    """Decisions a second of an oracle against random play, for each role; what cannot be measured is left to be named when it fails."""
    roles = roles_of(game)
    for role, other in (roles, roles[::-1]):
        try:
            alone = oracle.learner != SELF_PLAY
            task = Task.against(game, role, scripted_candidates(game, other)[0].policy) if alone else Task.together(game, role)
            learner = begin(oracle, task, 0)
            learner.iterate()
            begun, before = time.perf_counter(), learner.decisions
            while time.perf_counter() - begun < 0.5 and learner.decisions < learner.budget:
                learner.iterate()
            if learner.decisions > before:
                yield (learner.decisions - before) / (time.perf_counter() - begun)
        except Exception as error:  # noqa: BLE001 - it is named when it fails in earnest
            survived(error)


def _chosen(workers: int | str | None, plan: Plan) -> int | str:
    if workers is not None:
        return workers
    decisions = sum(2 * oracle.trainings * oracle.budget for oracle in _learning(plan))
    return cores() if decisions >= PAYS else 1


def _pause(watch: Watch) -> Any:
    def pause() -> None:
        watch.say("episodes")
        if stopped := watch.over():
            raise _EndedError(stopped)

    return pause


@dataclass(frozen=True)
class _Trainer:
    """Does the trainings of an iteration, from where the run has them."""

    watch: Watch
    keeper: Keeper
    pool: Executor
    # Of each iteration, whose trainings may be done in several rounds.
    shelves: dict[int, Shelf] = field(default_factory=dict)

    def shelf(self, iteration: int) -> Shelf:
        """Of an iteration, from where its last round left it."""
        if iteration not in self.shelves:
            self.shelves.clear()
            self.shelves[iteration] = self.keeper.shelf(iteration)
        return self.shelves[iteration]

    def __call__(self, iteration: int, units: Sequence[Unit]) -> list[Done]:
        done, stopped = work(units, self.watch, patience=MARKS, shelf=self.shelf(iteration), workers=self.pool)
        if stopped:
            raise _EndedError(stopped)
        return done
