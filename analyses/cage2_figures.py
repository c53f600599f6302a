"""The three figures of `analyses/cage2.md`, from the tables of the other analyses of CAGE Challenge 2.

`python -m gamesolve.analyses.cage2_figures` draws them anew, as `analyses/cage2_*.svg`.
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from gamesolve.analyses.cage2_equilibrium import SCENES, Scene
from gamesolve.analyses.cage2_worst_case import (
    ATTACKERS,
    CURVES,
    DEFENDERS,
    RESPONDERS,
    best_response,
    entries,
    scenes_played,
    words,
    worst_case,
)
from gamesolve.analyses.kept import rows_in

FOLDER = Path(__file__).parent
#: Colours that differ in lightness too (Okabe and Ito 2008), and a dash of each.
STYLES = (
    ("#999999", ":"), ("#000000", "-."), ("#0072B2", "--"), ("#56B4E9", "--"), ("#009E73", "--"), ("#CC79A7", "-"), ("#E69F00", "-"),
    ("#D55E00", "-"),
)  # fmt: skip

#: Of defenders that are no equilibrium's, in the figure of all scenes.
MARKERS = "XovD^"


def style(scene: Scene, name: str) -> dict[str, Any]:
    """How a defender is drawn, in every figure alike."""
    names = [*DEFENDERS, *dict.fromkeys(one for any_scene in SCENES.values() for one in any_scene.equilibria)]
    colour, dash = STYLES[names.index(name) % len(STYLES)]
    return {"color": colour, "linestyle": dash, "linewidth": 2.2 if name in scene.equilibria else 1.4}


def spread(values: list[float], gap: float) -> list[float]:
    """Heights for labels that are at least a gap apart, as near to the values as a sweep from above keeps them."""
    order = np.argsort(values)[::-1]
    placed = np.array(values, float)
    for before, now in itertools.pairwise(order):
        placed[now] = min(placed[now], placed[before] - gap)
    return placed.tolist()


def budgets(scene: Scene) -> Figure:
    """Worst case of each defender against the budget of its attackers, a panel for each family."""
    figure = Figure(figsize=(9.0, 3.9), layout="constrained")
    rows = [row for row in rows_in(CURVES) if row["scene"] == scene.name and row["role"] == "defender"]
    axes = figure.subplots(1, len(RESPONDERS), sharey=True)
    for axis, responder in zip(axes, RESPONDERS, strict=True):
        ends = []
        for name in dict.fromkeys(row["policy"] for row in rows):
            own = [row for row in rows if (row["policy"], row["responder"]) == (name, responder)]
            spent = [int(row["decisions"]) / 1e6 for row in own]
            mean, error = (np.array([float(row[key]) for row in own]) for key in ("mean", "standard_error"))
            axis.plot(spent, mean, **style(scene, name))
            axis.fill_between(spent, mean - 1.96 * error, mean + 1.96 * error, color=style(scene, name)["color"], alpha=0.2, linewidth=0)
            ends.append((name, float(mean[-1]), spent[-1]))
        low, high = axis.get_ylim()
        heights = spread([end for _, end, _ in ends], 0.052 * (high - low))
        for (name, _, at), height in zip(ends, heights, strict=True):
            axis.annotate(words(name), (at, height), xytext=(5, 0), textcoords="offset points", va="center", fontsize=8,
                          color=style(scene, name)["color"], annotation_clip=False)  # fmt: skip
        axis.set_title(f"attackers that learn by {responder.upper()}", fontsize=10, loc="left")
        axis.set_xlabel("decisions of the search, millions")
        axis.margins(x=0.0)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("return of the defender")
    return figure


def heat(scene: Scene) -> Figure:
    """Every defender against every attacker."""
    rows = entries(scene)
    defenders = [*DEFENDERS, *scene.equilibria]
    attackers = list(dict.fromkeys(row["attacker"] for row in rows))
    known = {(row["defender"], row["attacker"]): float(row["mean"]) for row in rows}
    values = np.array([[known[d, a] for a in attackers] for d in defenders])
    figure = Figure(figsize=(9.0, 4.6), layout="constrained")
    axis = figure.subplots()
    image = axis.imshow(values, cmap="cividis", aspect="auto")
    middle = (values.min() + values.max()) / 2.0
    strongest = [best_response(rows, "defender", name)["attacker"] for name in defenders]
    for place, value in np.ndenumerate(values):
        weight = "bold" if attackers[place[1]] == strongest[place[0]] else "normal"
        axis.text(place[1], place[0], f"{value:.1f}", ha="center", va="center", fontsize=7,
                  weight=weight, color="black" if value > middle else "white")  # fmt: skip
    axis.set_yticks(range(len(defenders)), [words(name) for name in defenders], fontsize=8)
    axis.set_xticks(range(len(attackers)), [words(name) for name in attackers], fontsize=7, rotation=40, ha="right")
    axis.set_xlabel("attacker")
    figure.colorbar(image, ax=axis, shrink=0.8, label="return of the defender")
    return figure


def price(scenes: list[Scene]) -> Figure:
    """What defenders earn against the original's attackers, and in their worst case: a panel a scene."""
    figure = Figure(figsize=(9.0, 4.2), layout="constrained")
    axes, shown = np.atleast_1d(figure.subplots(1, len(scenes))), dict[str, Any]()
    for axis, scene in zip(axes, scenes, strict=True):
        rows = entries(scene)
        for name in [*DEFENDERS, *scene.equilibria]:
            usual = float(np.mean([float(row["mean"]) for row in rows if row["defender"] == name and row["attacker"] in ATTACKERS]))
            low, drawn = worst_case(rows, "defender", name).upper, style(scene, name)
            marker = "s" if name in scene.equilibria else MARKERS[DEFENDERS.index(name)]
            shown[name] = axis.scatter([usual], [low], s=60, color=drawn["color"], marker=marker, label=words(name))
        axis.margins(0.15)
        axis.set_title(f"{scene.preset}, {scene.horizon} steps", fontsize=10, loc="left")
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("return in the worst case found")
    axes[len(axes) // 2].set_xlabel("return against B_line and Meander, mean of both")
    figure.legend(handles=list(shown.values()), loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    return figure


def main() -> None:
    """Draw them."""
    argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0]).parse_args()
    there = scenes_played()
    with mpl.rc_context({"svg.hashsalt": "cage2", "svg.fonttype": "none", "font.family": "sans-serif"}):
        for name, figure in (("budgets", budgets(there[0])), ("heat_map", heat(there[0])), ("price", price(there))):
            FigureCanvasSVG(figure).print_svg(FOLDER / f"cage2_{name}.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
