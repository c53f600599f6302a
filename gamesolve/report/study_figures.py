"""The figures of a study, for its page and for papers: drawn once, readable without colour, each with the table that it shows.

A defender has a colour, a dash and a marker of its own, in every figure alike.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from gamesolve.statistics import mean_over_runs, performance_profile

#: Colours that differ in lightness too (Okabe and Ito 2008), dashes and markers.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999")
DASHES, MARKERS = ("-", "--", "-.", ":"), "os^DvP*X"
SIZE = (7.2, 3.8)
#: Points at which performance profiles are drawn.
POINTS = 101
Findings = dict[str, Any]


def figures(found: Findings) -> dict[str, Figure]:
    """By name, those for which a study has the numbers."""
    makers: dict[str, Callable[[Findings], Figure | None]] = {
        "seen_and_held_out": seen_and_held_out, "means": means, "profiles": profiles, "budgets": budgets, "support": support,
    }  # fmt: skip
    made = {name: make(found) for name, make in makers.items()}
    return {name: figure for name, figure in made.items() if figure is not None}


def as_svg(figure: Figure) -> str:
    """The figure as an SVG element; equal figures give equal text."""
    text = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "gamesolve", "svg.fonttype": "none", "font.family": "sans-serif"}):
        FigureCanvasSVG(figure).print_svg(text, metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return text.getvalue()


def as_pdf(figure: Figure) -> bytes:
    """The figure as a PDF; equal figures give equal bytes."""
    data = io.BytesIO()
    FigureCanvasPdf(figure).print_pdf(data, metadata={"CreationDate": None, "ModDate": None, "Creator": None, "Producer": None})
    return data.getvalue()


def style(found: Findings, name: str) -> dict[str, Any]:
    """How a defender is drawn."""
    k = list(found["defenders"]).index(name)
    return {"color": COLOURS[k % len(COLOURS)], "linestyle": DASHES[k % len(DASHES)], "marker": MARKERS[k % len(MARKERS)]}


def seen_and_held_out(found: Findings) -> Figure | None:
    """Mean return against seen attackers beside that against held-out ones, with the diagonal."""
    if not all("mean_held_out" in own["scores"] for own in found["defenders"].values()):
        return None
    figure, axis = _axes("mean return against seen attackers", "mean return against held-out attackers")
    ends = []
    for name, own in found["defenders"].items():
        x, y = own["scores"]["mean_seen"], own["scores"]["mean_held_out"]
        look = style(found, name) | {"linestyle": "none"}
        axis.errorbar(x["value"], y["value"], xerr=_ends(x), yerr=_ends(y), capsize=3, markersize=7, label=name, **look)
        ends += [x["value"], y["value"]]
    axis.axline((min(ends), min(ends)), slope=1.0, color="#888888", linewidth=0.8, zorder=0)
    return _with_legend(figure)


def means(found: Findings) -> Figure:
    """Means over each group of attackers and worst cases, with their intervals."""
    scores = {"mean_seen": "seen", "mean_held_out": "held out", "worst_held_out": "worst held out", "worst_adaptive": "worst adaptive"}
    shown = {key: words for key, words in scores.items() if all(key in own["scores"] for own in found["defenders"].values())}
    figure, axis = _axes("", "return of the defender")
    names = list(found["defenders"])
    width = 0.8 / len(names)
    for k, name in enumerate(names):
        own = [found["defenders"][name]["scores"][key] for key in shown]
        places, look = np.arange(len(shown)) + (k - (len(names) - 1) / 2.0) * width, style(found, name)
        axis.bar(places, [one["value"] for one in own], width * 0.9, color=look["color"], label=name,
                 hatch=("", "//", "..", "xx")[k % 4], edgecolor="white", linewidth=0.5)  # fmt: skip
        axis.errorbar(places, [one["value"] for one in own], yerr=_ends(*own), fmt="none", ecolor="#222222", capsize=2, linewidth=1)
    axis.set_xticks(range(len(shown)), list(shown.values()))
    axis.axhline(0.0, color="#888888", linewidth=0.8)
    return _with_legend(figure)


def profiles(found: Findings) -> Figure | None:
    """The share of runs and held-out attackers above each normalised return (Agarwal et al. 2021)."""
    held_out = [k for k, one in enumerate(found["roster"]) if one["tier"] != "seen"]
    tables = {}
    for name, own in found["defenders"].items():
        table = [[row[k] for k in held_out if row[k] is not None] for row in (own["normalised"] or {"table": []})["table"]]
        if any(table):
            tables[name] = np.array(table)
    if not tables:
        return None
    low, high = min(float(one.min()) for one in tables.values()), max(float(one.max()) for one in tables.values())
    figure, axis = _axes("normalised return against held-out attackers (0 random, 1 specialist)", "share of runs and attackers above")
    thresholds = np.linspace(min(low, 0.0), max(high, 1.0), POINTS)
    for name, scores in tables.items():
        look = style(found, name) | {"marker": None}
        axis.plot(thresholds, performance_profile(scores, thresholds), label=name, linewidth=1.8, **look)
    return _with_legend(figure)


def budgets(found: Findings) -> Figure | None:
    """The worst case found of each defender against the decisions of the search, means over runs with their intervals."""
    curves = {words: worst_by_budget(runs) for words, runs in found["courses"]["adaptive"].items()}
    curves = {words: curve for words, curve in curves.items() if len(curve) > 1}
    if not curves:
        return None
    entries = {words.partition(" against ")[0] for words in curves}
    figure, axis = _axes("decisions of each family of attackers that learn", "return against the strongest found")
    for words, points in curves.items():
        own, _, name = words.partition(" against ")
        decisions, means, low, high = (np.array(column) for column in zip(*points, strict=True))
        look = style(found, name)
        axis.plot(decisions, means, label=name if len(entries) == 1 else f"{name} ({own})", markersize=3, linewidth=1.5, **look)
        axis.fill_between(decisions, low, high, color=look["color"], alpha=0.15, linewidth=0)
    return _with_legend(figure)


def worst_by_budget(runs: list[list[dict[str, Any]]]) -> list[tuple[float, float, float, float]]:
    """Decisions of a family, and the mean over runs of the return against the strongest that any family found by then, with its interval.

    Args:
        runs: of each run the points of all families, each family's in order; points of equal number belong together.
    """
    strongest, spent = list[list[float]](), list[list[float]]()
    for course in runs:
        families = [
            [point for point in course if point["responder"] == one] for one in dict.fromkeys(point["responder"] for point in course)
        ]
        together = list(zip(*families, strict=False))
        strongest.append([min(point["mean"] for point in points) for points in together])
        spent.append([float(np.mean([point["decisions"] for point in points])) for points in together])
    found = []
    for n in range(min(map(len, strongest), default=0)):
        own = mean_over_runs(np.array([course[n] for course in strongest]))
        low, high = (own.value if end is None else end for end in (own.bound.lower, own.bound.upper))
        found.append((float(np.mean([course[n] for course in spent])), own.value, low, high))
    return found


def support(found: Findings) -> Figure | None:
    """How PSRO's meta-strategies weigh the policies of each role, in the order of joining, after each iteration; means over runs."""
    grown = {name: runs for name, runs in found["courses"]["psro"].items() if any(runs)}
    if not grown:
        return None
    roles = ("defender", "attacker")
    figure = Figure(figsize=(max(SIZE[0], 2.4 * len(grown)), 4.6), layout="constrained")
    axes = figure.subplots(len(roles), len(grown), squeeze=False, sharex="col")
    for column, (name, runs) in enumerate(grown.items()):
        for row, role in enumerate(roles):
            axis, weights = axes[row][column], mean_weights(runs, role)
            drawn = axis.pcolormesh(weights.T, cmap="Greys", vmin=0.0, vmax=1.0, edgecolors="#dddddd", linewidth=0.3)
            axis.set_xticks(np.arange(len(weights)) + 0.5, [str(n + 1) for n in range(len(weights))], fontsize=8)
            axis.set_yticks(np.arange(0, weights.shape[1], 2) + 0.5, [str(n) for n in range(0, weights.shape[1], 2)], fontsize=8)
            axis.set_title(name if row == 0 else "", fontsize=9)
            axis.set_ylabel(f"{role}'s policy" if column == 0 else "")
        axes[-1][column].set_xlabel("iteration")
    figure.colorbar(drawn, ax=axes, shrink=0.6, label="weight")
    return figure


def mean_weights(runs: list[list[dict[str, Any]]], role: str) -> np.ndarray:
    """f8 [iterations, policies], weights after each iteration; means over the runs that made it, of 0 where a run has no such policy."""
    iterations = max(len(course) for course in runs)
    members = max(len(row["weights"][role]) for course in runs for row in course)
    total, count = np.zeros((iterations, members)), np.zeros((iterations, 1))
    for course in runs:
        for n, row in enumerate(course):
            weights = row["weights"][role]
            total[n, : len(weights)] += weights
            count[n] += 1
    return np.asarray(total / count)


def _axes(across: str, up: str) -> tuple[Figure, Any]:
    figure = Figure(figsize=SIZE, layout="constrained")
    axis = figure.subplots()
    axis.set_xlabel(across)
    axis.set_ylabel(up)
    axis.spines[["top", "right"]].set_visible(False)
    return figure, axis


def _with_legend(figure: Figure) -> Figure:
    figure.legend(loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    return figure


def _ends(*estimates: dict[str, Any]) -> np.ndarray:
    """f8 [2, n], how far the intervals of estimates reach below and above them; 0 where there are none."""
    low = [0.0 if one["lower"] is None else one["value"] - one["lower"] for one in estimates]
    return np.array([low, [0.0 if one["upper"] is None else one["upper"] - one["value"] for one in estimates]])
