"""Learning curves: what a role earned while it learnt, as a figure and its table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gamesolve.base.roles import the_role
from gamesolve.evaluate.sampled import half_width
from gamesolve.learners.training import Mark
from gamesolve.report.curves import Curve, curves_plot
from gamesolve.report.words import number

HEADER = ("Training", "Decisions", "Return", "Entropy")


def learning_figure(
    title: str, role: str, trainings: Sequence[tuple[str, str, Sequence[Mark]]], *, which: str = ""
) -> list[dict[str, Any]]:
    """One figure of a page, or none where no training has two marks with a mean.

    Args:
        role: who learnt, and whose return it is.
        trainings: each its name in the figure, its name in the table, and its marks in order.
        which: a sentence on which trainings these are.
    """
    curves = [Curve(name, tuple(_points(marks))) for name, _, marks in trainings]
    plot = curves_plot(curves, across="decisions", up=f"return of {the_role(role)} while learning")
    if not plot:
        return []
    words = (
        f"What {the_role(role)} earned while it learnt, exploring: each point is the mean of the episodes since the one before, with a 95% "
        "interval. "
        "The policy that is kept explores less, or not at all."
    )
    rows = [(name, *_cells(mark)) for _, name, marks in trainings for mark in marks]
    return [{"title": title, "plot": plot, "words": f"{words} {which}".strip(), "header": HEADER, "rows": rows}]


def _points(marks: Sequence[Mark]) -> list[tuple[float, float, float, float]]:
    points = []
    for mark in marks:
        if mark.mean is not None and mark.standard_error is not None:
            half = half_width(mark.standard_error, mark.episodes)
            points.append((float(mark.decisions), mark.mean, mark.mean - half, mark.mean + half))
    return points


def _cells(mark: Mark) -> tuple[str, str, str]:
    known = mark.mean is not None and mark.standard_error is not None
    shown = f"{number(mark.mean)} ± {number(mark.standard_error, 2)}" if known else "none"  # type: ignore[arg-type]
    return f"{mark.decisions:,}", shown, number(mark.entropy, 3)
