"""Four questions about defenders and attackers that they never met, asked as studies: the files in `analyses/studies/`.

`python -m gamesolve.analyses.studies [NAME ...]` computes what is missing of the studies named, or of all, in `runs/`, until a time
limit (40 minutes unless given) ends the stage; run again it goes on. Of a study that is complete it keeps, beside its file, `NAME.md` (the
answer), `NAME_scores.csv` (every score with its interval) and `NAME_returns.csv` (the mean return of every run of a defender against every
attacker). `analyses/generalisation.md` says what they mean, and what they do not show.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gamesolve
from gamesolve.analyses.kept import rows_in
from gamesolve.base import files
from gamesolve.base.interrupts import stop_button
from gamesolve.base.runs import CELLS, TIMINGS
from gamesolve.cli.progress import progress_display
from gamesolve.report import write_report
from gamesolve.report.study import SCORES, told, verdict
from gamesolve.report.words import number
from gamesolve.study.cells import SOLVED
from gamesolve.study.run import planned
from gamesolve.study.tables import COLUMNS, TABLES

FOLDER = Path(__file__).with_suffix("")
#: In the order in which they are computed; those of a group share a run, so that what they have in common is computed once.
NAMES = {
    "pool": "pool", "pool_exact": "pool_exact", "attack_graph_value_propagation": "attack_graph", "attack_graph_uniform": "attack_graph",
    "attack_graph_random_walk": "attack_graph", "teams_1": "teams_1", "teams_2": "teams_2", "teams_3": "teams_3", "cage2": "cage2",
}  # fmt: skip
STAGE = 2400.0


def run_of(name: str) -> Path:
    """Folder of the run of a study."""
    return Path("runs") / f"study-{NAMES[name]}"


def kept(name: str, found: gamesolve.Study) -> None:
    """Write what is kept of a complete study."""
    study = planned(FOLDER / f"{name}.toml").roster.study
    files.write_csv(FOLDER / f"{name}_scores.csv", tuple(COLUMNS["scores.csv"]), _scores(found.run))
    runs = range(study.budget.seeds)
    files.write_csv(
        FOLDER / f"{name}_returns.csv", ("defender", "attacker", "variant", *(f"run_{run}" for run in runs)), _returns(found.run)
    )
    files.write_text(FOLDER / f"{name}.md", answer(name, found))
    figure = found.run / "figures" / "means.svg"
    files.write_bytes(FOLDER / f"{name}.svg", files.read_bytes(figure))


def answer(name: str, found: gamesolve.Study) -> str:
    """The page of a study in Markdown."""
    plan, data = planned(FOLDER / f"{name}.toml"), found.findings
    study, baseline = plan.roster.study, plan.roster.study.report.baseline
    cells = {cell.key: found.run / CELLS / cell.key for cell in plan.cells()}
    minutes = sum(files.read_object(folder / TIMINGS)["seconds"] for folder in cells.values()) / 60.0
    shown = {key: words for key, words in SCORES.items() if any(key in own["scores"] for own in data["defenders"].values())}
    lines = [
        f"# {study.title}",
        f"`python -m gamesolve.analyses.studies {name}` wrote this page, from [{name}.toml]({name}.toml): {len(cells):,} cells, "
        f"{minutes:.0f} minutes of one process beside another on two cores{_shared(name)}. "
        f"{study.budget.seeds} training runs of each method, "
        f"{study.budget.decisions:,} decisions each; intervals are {study.report.confidence:.0%}, over runs. p is of the difference to "
        f"{baseline}, after Holm's correction.",
        "",
        *verdict(data, baseline),
        "",
        "| defender | " + " | ".join(one for one, _ in shown.values()) + " |",
        "|---" * (len(shown) + 1) + "|",
        *(f"| {own} | " + " | ".join(_cell(data, own, key) for key in shown) + " |" for own in data["defenders"]),
        "",
        *(f"- {one}: {meaning}" for one, meaning in shown.values()),
        "",
        *_variants(data),
        *_between(data),
        f"- Specialists, the 1 of the scale: {_listed(data['specialists'])}.",
        *_solved(data),
        f"- Decisions that methods made in a run: {_spent(data)}.",
        "",
        f"![means]({name}.svg)",
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Compute what is missing, stage by stage; keep what is complete."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], default=[], metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--workers", type=int, default=None, help="processes; the cores of this machine unless given")
    parser.add_argument("--time-limit", type=float, default=STAGE, metavar="SECONDS", help="of this stage (%(default)s)")
    options = parser.parse_args()
    end = time.monotonic() + options.time_limit
    with stop_button() as stop:
        for name in options.names or NAMES:
            with progress_display(False, f"study {name}") as progress:
                found = gamesolve.study(
                    FOLDER / f"{name}.toml", out=run_of(name), workers=options.workers, time_limit=max(end - time.monotonic(), 1e-9),
                    progress=progress,
                    stop=stop,
                )  # fmt: skip
            if found.stopped != "done":
                print(f"{name}: stopped by {found.stopped}; run it again to go on")
                return 0
            write_report(found.run)
            kept(name, found)
            print(f"{name}: {FOLDER / f'{name}.md'}")
    return 0


def _scores(run: Path) -> Iterator[tuple[object, ...]]:
    for row in rows_in(run / TABLES / "scores.csv"):
        yield tuple(map(_short, row.values()))


def _returns(run: Path) -> Iterator[tuple[object, ...]]:
    """Mean returns of the runs of a defender against an attacker, a row each; cross-play between runs of methods is left out."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    for row in rows_in(run / TABLES / "plays.csv"):
        if row["tier"] != "method" and row["defender"] != SOLVED:
            rows.setdefault((row["defender"], row["attacker"], row["variant"]), []).append(_short(row["mean"]))
    yield from ((*place, *means) for place, means in rows.items())


def _short(text: str) -> str:
    """A number to six digits; other text as it is."""
    try:
        return f"{float(text):.6g}"
    except ValueError:
        return text


def _cell(data: dict[str, Any], name: str, key: str) -> str:
    if key not in data["defenders"][name]["scores"]:
        return ""
    p = data["comparisons"].get(key, {}).get(name, {}).get("p_corrected")
    return told(data["defenders"][name]["scores"][key]) + ("" if p is None else f", p = {number(p, 2)}")


def _shared(name: str) -> str:
    return ", those shared with its sisters included" if list(NAMES.values()).count(NAMES[name]) > 1 else ""


def _variants(data: dict[str, Any]) -> Iterator[str]:
    for variant, rows in data["variants"].items():
        yield f"The same defenders in {variant}, which none was trained in:"
        yield ""
        groups = list(next(iter(rows.values())))
        yield "| defender | " + " | ".join(group.replace("_", " ") for group in groups) + " |"
        yield "|---" * (len(groups) + 1) + "|"
        yield from (f"| {name} | " + " | ".join(told(own[group]) for group in groups) + " |" for name, own in rows.items())
        yield ""


def _between(data: dict[str, Any]) -> Iterator[str]:
    gaps = {name: gap for name, gap in data["between"]["cross_play_gap"].items() if gap is not None}
    if gaps:
        yield f"- Cross-play gap, a run's own opponents less those of other runs: {_listed(gaps)}."
    if data["between"]["relative"]:
        yield f"- Relative population performance: {_listed(data['between']['relative'])}."
    if "nash_average" in data["ranking"]:
        ranks = {name: {**one, "value": one["rank"]} for name, one in data["ranking"]["nash_average"]["defenders"].items()}
        yield f"- Rank by Nash average: {_listed(ranks)}."


def _solved(data: dict[str, Any]) -> Iterator[str]:
    if data["equilibrium"] is not None:
        low, high = (number(data["equilibrium"]["value"][end], 4) for end in ("lower", "upper"))
        held = "earns at least that against every attacker, within error" if data["equilibrium"]["holds"] else "FAILED the check"
        yield f"- The game's value lies in {low} to {high}; its equilibrium defender {held}."


def _listed(numbers: dict[str, Any]) -> str:
    return ", ".join(f"{name} {told(one)}" for name, one in numbers.items())


def _spent(data: dict[str, Any]) -> str:
    ends: Callable[[list[int]], str] = lambda own: f"{min(own):,}" if min(own) == max(own) else f"{min(own):,} to {max(own):,}"  # noqa: E731
    return ", ".join(f"{name} {ends(own)}" for name, own in data["spent"]["methods"].items())


if __name__ == "__main__":
    sys.exit(main())
