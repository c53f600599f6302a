"""The linear program under a watch: one step, which is the last."""

from __future__ import annotations

from gamesolve.base.errors import GamesolveError
from gamesolve.base.runs import Run
from gamesolve.solve.loop import Outcome, Trace, record
from gamesolve.solve.watch import GAP, ITERATIONS, TIME, Certificate, Watch
from gamesolve.solvers.cfr import Step, cfr
from gamesolve.solvers.sequence_form import LPSolution, solve_lp
from gamesolve.views.tree import Tree


def solve_program(tree: Tree, watch: Watch, run: Run | None) -> Outcome:
    """Solve a tree by its linear program; out of time, the answer is one iteration of CFR+, with its proof.

    Raises:
        GamesolveError: the library fails for another reason than time, or the run cannot be written.
    """
    watch.say("lp")
    found, done, otherwise = _answer(tree, watch)
    certificate, trace = Certificate.of(done, found.value, found.exploitability), Trace()
    record(certificate, trace, run)
    watch.say("lp", certificate)
    return Outcome(certificate, found.profile, GAP if certificate.gap <= watch.target else otherwise, trace)


def _answer(tree: Tree, watch: Watch) -> tuple[LPSolution | Step, int, str]:
    """The answer, its iterations, and why it is the last where it misses the gap."""
    try:
        found = solve_lp(tree, time_limit=watch.seconds_left())
        return found, found.iterations, ITERATIONS
    except GamesolveError:
        if watch.seconds_left() != 0.0:
            raise
    step = next(cfr(tree, "cfr+"))
    return step, step.iteration, TIME
