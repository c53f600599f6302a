"""The loop that consumes the steps of counterfactual regret minimisation: it journals, checkpoints and stops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from gamesolve.base.bound import Bound
from gamesolve.base.runs import Run, read_journal
from gamesolve.solve.watch import Certificate, Watch

if TYPE_CHECKING:
    from gamesolve.base.checkpoints import Checkpoint
    from gamesolve.solvers.best_response import Profile
    from gamesolve.solvers.cfr import CFRState
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


def iterate(tree: Tree, variant: str, watch: Watch, *, run: Run | None = None, facts: dict[str, Any]) -> Outcome:
    """Run a variant of CFR until the watch says stop, from the run's newest checkpoint where it has one.

    Args:
        tree: zero-sum.
        variant: `cfr`, `cfr+`, `dcfr` or `pcfr+`.
        run: open run folder, its journal trimmed to its newest checkpoint.
        facts: plain data to keep in checkpoints.

    Raises:
        GamesolveError: the run cannot be written, and its earlier checkpoints are intact; or its
            checkpoint belongs to another tree.
    """
    from gamesolve.solvers.cfr import cfr

    checkpoint = run.latest() if run else None
    trace: Trace = read_trace(run) if run else []
    state = None
    if checkpoint:
        certificate, state = _unpacked(checkpoint)
        stopped = watch.why_stop(certificate)
        if stopped:
            return Outcome(certificate, _profile(tree, state), stopped, trace)
    for step in cfr(tree, variant, state=state, check=lambda done: watch.next_check(done, tree.pairs)):
        certificate = Certificate.of(step.iteration, step.value, step.exploitability)
        due = _checkpoints_due(trace[-1][0] if trace else 0, tree) < _checkpoints_due(step.iteration, tree)
        record(certificate, trace, run)
        watch.say(variant, certificate)
        stopped = watch.why_stop(certificate)
        if run and (stopped or due):
            _save(run, certificate, step.state, facts)
        if stopped:
            return Outcome(certificate, step.profile, stopped, trace)
    raise AssertionError("the solver ended by itself")


def record(certificate: Certificate, trace: Trace, run: Run | None = None) -> None:
    """Add a step to the trace, and to the run's journal."""
    row = (certificate.iteration, certificate.gap, certificate.value.lower, certificate.value.upper)
    trace.append(row)
    if run:
        run.append(dict(zip(("iteration", "exploitability", "lower", "upper"), row, strict=True)))


def read_trace(run: Run) -> Trace:
    """The trace that a run's journal holds."""
    return [(row["iteration"], row["exploitability"], row["lower"], row["upper"]) for row in read_journal(run.folder)]


def _checkpoints_due(iteration: int, tree: Tree) -> int:
    return iteration * tree.pairs // CHECKPOINT_WORK


def _profile(tree: Tree, state: CFRState) -> Profile:
    from gamesolve.solvers.best_response import behaviour_of

    zero, one = (behaviour_of(decisions, total) for decisions, total in zip(tree.decisions, state.totals, strict=True))
    return zero, one


def _save(run: Run, certificate: Certificate, state: CFRState, facts: dict[str, Any]) -> None:
    value, exploitability = certificate.value, certificate.exploitability
    bounds = {"value": [value.lower, value.upper], "exploitability": [exploitability.lower, exploitability.upper]}
    run.checkpoint(certificate.iteration, journal=run.journal_size(), facts={**facts, **bounds}, arrays=state.arrays())


def _unpacked(checkpoint: Checkpoint) -> tuple[Certificate, CFRState]:
    from gamesolve.solvers.cfr import CFRState

    (low, high), (least, most) = checkpoint.facts["value"], checkpoint.facts["exploitability"]
    certificate = Certificate(checkpoint.number, Bound(low, high, "proved"), Bound(least, most, "exact"))
    return certificate, CFRState.from_arrays(checkpoint.arrays)
