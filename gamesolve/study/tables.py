"""The tables of a study: tidy CSV, one row a cell or a number, and a dictionary of their columns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gamesolve.base import files
from gamesolve.study.cells import PLAY, Cell
from gamesolve.study.findings import Results

TABLES = "tables"
#: Every column with its meaning, by table.
COLUMNS = {
    "plays.csv": {
        "defender": "name in the study file, or 'specialist for ATTACKER'",
        "run": "training run of the defender, 0, 1, ...",
        "attacker": "name; of a family with its parameters; 'NAME against DEFENDER' was found for that one; 'METHOD, run R' is a method's",
        "tier": "seen, same_family, new_family; adaptive; method",
        "variant": "of the game; empty: the game itself",
        "episodes": "that are reported, and as many by which attackers are chosen",
        "mean": "return of the defender in the episodes that are reported",
        "error": "standard error of the mean, over episodes",
        "mean_validation": "return of the defender in the episodes by which attackers are chosen",
        "mean_attacker": "return of the attacker in the episodes that are reported",
        "cell": "key of the cell, its folder in cells/",
    },
    "trainings.csv": {
        "what": "train, reference (a specialist that serves to normalise) or adaptive (attackers found for a frozen defender)",
        "who": "method; attacker of the specialist; 'NAME against DEFENDER'",
        "run": "training run",
        "decisions": "simulated, at most: those of learning, and other episodes as long as they can be; of adaptive ones only learning",
        "budget": "of the cell, in decisions; of adaptive attackers of their learning, whose last rollouts are played to their end",
        "chosen": "which candidate it came to, where there were several",
        "cell": "key of the cell",
    },
    "scores.csv": {
        "defender": "name",
        "score": "what: mean, worst, regret (to specialists), cvar_SHARE and normalised (0 random, 1 specialist) over seen or held_out "
        "attackers, also 'in VARIANT'; worst_adaptive; worst_exact, exploitability; generalisation_gap (regret held out less regret seen); "
        "cross_play_gap; 'against ATTACKER' is the mean return",
        "value": "of the runs that there are",
        "lower": "end of the confidence interval over runs; empty of one run",
        "upper": "the other end",
        "confidence": "of the interval",
        "runs": "how many",
        "method": "of the interval",
    },
    "comparisons.csv": {
        "defender": "name",
        "score": "what",
        "difference": "to the baseline, paired by run",
        "lower": "end of its confidence interval",
        "upper": "the other end",
        "p": "two-sided, exact sign flips; empty below ten runs",
        "p_corrected": "by Holm, for all defenders in this score",
    },
}  # fmt: skip


def write_tables(root: Path, results: Results, found: dict[str, Any]) -> None:
    """Write all of them, and `dictionary.csv`."""
    folder = root / TABLES
    files.make_folder(folder)
    rows = {
        "plays.csv": _plays(results), "trainings.csv": _trainings(results), "scores.csv": _scores(found),
        "comparisons.csv": _comparisons(found),
    }  # fmt: skip
    for name, columns in COLUMNS.items():
        files.write_csv(folder / name, tuple(columns), rows[name])
    meanings = [(name, column, meaning) for name, columns in COLUMNS.items() for column, meaning in columns.items()]
    files.write_csv(folder / "dictionary.csv", ("table", "column", "meaning"), meanings)


def _plays(results: Results) -> Iterator[tuple[object, ...]]:
    tier_of = {one.name: one.tier for one in results.plan.roster.attackers} | dict.fromkeys(results.found, "adaptive")
    for (defender, run, attacker, variant), cell in results.plan.plays.items():
        facts = results.facts(cell)
        report = facts["report"]
        numbers = report["mean"][0], report["error"][0], facts["validation"]["mean"][0], report["mean"][1]
        yield defender, run, attacker, tier_of.get(attacker, "method"), variant, cell.spec["episodes"], *numbers, cell.key


def _trainings(results: Results) -> Iterator[tuple[object, ...]]:
    plan = results.plan
    named: list[tuple[str, int, Cell]] = [
        *((who, run, cell) for (who, run), cell in (*plan.trained.items(), *plan.references.items())),
        *((f"{own} against {who}", run, cell) for (who, run, own), cell in plan.adaptive.items()),
    ]
    for who, run, cell in named:
        assert cell.kind != PLAY
        facts = results.facts(cell)
        yield cell.kind, who, run, facts["decisions"], cell.decisions, facts.get("chosen", ""), cell.key


def _scores(found: dict[str, Any]) -> Iterator[tuple[object, ...]]:
    for name, own in found["defenders"].items():
        numbers = {**{f"against {one}": value for one, value in own["against"].items()}, **own["scores"]}
        normalised = own["normalised"] or {}
        numbers |= {f"normalised_{group}": normalised[group] for group in ("seen", "held_out") if normalised.get(group)}
        for variant, own_there in found["variants"].items():
            numbers |= {f"mean_{group} in {variant}": value for group, value in own_there[name].items()}
        gap = found["between"]["cross_play_gap"].get(name)
        numbers |= {"cross_play_gap": gap} if gap else {}
        for what, one in numbers.items():
            yield name, what, *(one[key] for key in ("value", "lower", "upper", "confidence", "runs", "method"))


def _comparisons(found: dict[str, Any]) -> Iterator[tuple[object, ...]]:
    for what, pairs in found["comparisons"].items():
        for name, one in pairs.items():
            yield name, what, *(one["difference"][key] for key in ("value", "lower", "upper")), one["p"], one["p_corrected"]
