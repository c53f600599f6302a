"""The loop that consumes the steps of iterative methods: it journals, checkpoints and stops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from gamesolve.base.bound import Bound
from gamesolve.base.ledger import read_journal
from gamesolve.base.runs import Run
from gamesolve.solve.methods import Method, State, iterative
from gamesolve.solve.watch import ITERATIONS, Certificate, Watch

if TYPE_CHECKING:
    from gamesolve.base.checkpoints import Checkpoint
    from gamesolve.solvers.best_response import Profile
    from gamesolve.views.tree import Tree

#: Payoff pairs visited between two checkpoints: a second or two.
CHECKPOINT_WORK = 2 * 10**9
Trace = list[tuple[int, float, float | None, float | None]]


class Outcome(NamedTuple):
    """Where a call ended: what is proved, of which profile, why it ended, and how it came there."""

    certificate: Certificate
    profile: Profile
    stopped: str
    trace: Trace


def iterate(tree: Tree, name: str, watch: Watch, *, run: Run | None = None, facts: dict[str, Any]) -> Outcome:
    """Run an iterative method until the watch says stop or it is at its end, from the run's newest checkpoint where it has one.

    Args:
        tree: zero-sum.
        name: of the method; see `iterative`.
        run: open run folder, its journal trimmed to its newest checkpoint.
        facts: plain data to keep in checkpoints.

    Raises:
        GamesolveError: the run cannot be written, and its earlier checkpoints are intact; or its
            checkpoint belongs to another tree.
    """
    method, checkpoint = iterative(name), run.latest() if run else None
    trace: Trace = read_trace(run) if run else []
    certificate, state = _unpacked(checkpoint, method) if checkpoint else (None, None)
    if certificate is not None:
        stopped = watch.why_stop(certificate)
        if stopped:
            return Outcome(certificate, method.profile(tree, state), stopped, trace)
    saved = None
    for step in method.steps(tree, state, lambda done: watch.next_check(done, tree.pairs)):
        certificate = Certificate.of(step.iteration, step.value, step.exploitability)
        saved = step.work if saved is None else saved
        record(certificate, trace, run)
        watch.say(name, certificate)
        stopped = watch.why_stop(certificate) or (ITERATIONS if step.final else None)
        if run and (stopped or step.work - saved >= CHECKPOINT_WORK):
            _save(run, certificate, step.state, facts)
            saved = step.work
        if stopped:
            return Outcome(certificate, step.profile, stopped, trace)
    # It was at its end already, when the run was killed.
    assert certificate is not None
    return Outcome(certificate, method.profile(tree, state), ITERATIONS, trace)


def record(certificate: Certificate, trace: Trace, run: Run | None = None) -> None:
    """Add a step to the trace, and to the run's journal."""
    row = (certificate.iteration, certificate.gap, certificate.value.lower, certificate.value.upper)
    trace.append(row)
    if run:
        run.append(dict(zip(("iteration", "exploitability", "lower", "upper"), row, strict=True)))


def read_trace(run: Run) -> Trace:
    """The trace that a run's journal holds."""
    return [(row["iteration"], row["exploitability"], row["lower"], row["upper"]) for row in read_journal(run.folder)]


def _save(run: Run, certificate: Certificate, state: State, facts: dict[str, Any]) -> None:
    value, exploitability = certificate.value, certificate.exploitability
    bounds = {"value": [value.lower, value.upper], "exploitability": [exploitability.lower, exploitability.upper]}
    run.checkpoint(certificate.iteration, journal=run.journal_size(), facts={**facts, **bounds}, arrays=state.arrays())


def _unpacked(checkpoint: Checkpoint, method: Method) -> tuple[Certificate, Any]:
    (low, high), (least, most) = checkpoint.facts["value"], checkpoint.facts["exploitability"]
    certificate = Certificate(checkpoint.number, Bound(low, high, "proved"), Bound(least, most, "exact"))
    return certificate, method.read(checkpoint.arrays)
