"""What a study found: the cells' numbers as arrays, and the statistics made of them.

Returns are the defender's. A scalar is an `Estimate` over training runs, whose interval takes a run as one draw.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import ndtri

from gamesolve import statistics
from gamesolve.base import files
from gamesolve.base.runs import CELLS, RESULT
from gamesolve.study.cells import SOLVED, Cell, Plan, has_attacker
from gamesolve.study.file import ADAPTIVE, HELD_OUT, PSRO, SEEN
from gamesolve.study.work import RETURNS

#: Groups of attackers over which scores are made: by name, the tiers.
GROUPS = {SEEN: (SEEN,), "held_out": HELD_OUT}


@dataclass(frozen=True, eq=False)
class Table:
    """Returns of one defender.

    Attributes:
        attackers: K names.
        report, validation: f8 [R, K], mean returns on the episodes that are reported and on those by which attackers are chosen.
        error: f8 [R, K], standard errors of `report` over episodes.
        episodes: f4 [R, K, E], the returns that are reported.
    """

    attackers: tuple[str, ...]
    report: np.ndarray
    validation: np.ndarray
    error: np.ndarray
    episodes: np.ndarray

    def of(self, names: tuple[str, ...]) -> Table:
        """Against some of the attackers."""
        places = [self.attackers.index(name) for name in names]
        return Table(names, *(one[:, places] for one in (self.report, self.validation, self.error, self.episodes)))


class Results:
    """The results of a study's cells."""

    def __init__(self, root: Path, plan: Plan) -> None:
        self.root, self.plan, self.study = root, plan, plan.roster.study
        self.groups = {group: tuple(one.name for one in plan.roster.tier(*names)) for group, names in GROUPS.items()}
        self._known: dict[str, dict[str, Any]] = {}
        self.defenders = tuple(self.study.defenders)
        self.fixed = tuple(one.name for one in plan.roster.attackers)
        self.found = tuple(f"{own} against {name}" for name in self.defenders for own in plan.roster.adaptive)

    def facts(self, cell: Cell) -> dict[str, Any]:
        """What a cell came to."""
        if cell.key not in self._known:
            self._known[cell.key] = files.read_object(self.root / CELLS / cell.key / RESULT)
        return self._known[cell.key]

    def among(self, group: str) -> np.ndarray:
        """bool [K], which of the attackers that are there already are of a group."""
        return np.array([name in self.groups[group] for name in self.fixed])

    def table(self, defender: str, attackers: tuple[str, ...], variant: str = "", *, runs: range | None = None) -> Table:
        """The returns of a defender (or a specialist) against attackers, in the game or in a variant of it."""
        cells = [[self.plan.plays[defender, run, name, variant] for name in attackers] for run in runs or self.plan.seeds]
        facts = [[self.facts(cell) for cell in row] for row in cells]
        pick = lambda half, what: np.array([[one[half][what][0] for one in row] for row in facts])  # noqa: E731
        episodes = np.array([[self._reported(cell) for cell in row] for row in cells])
        return Table(attackers, pick("report", "mean"), pick("validation", "mean"), pick("report", "error"), episodes)

    def specialists(self) -> np.ndarray:
        """f8 [R, K], what the specialist for each attacker earns against it."""
        own = [self.table(f"specialist for {name}", (name,)).report[:, 0] for name in self.fixed]
        return np.stack(own, axis=1)

    def between(self, first: str, second: str) -> np.ndarray:
        """f8 [R, R], the defenders of all runs of a method (rows) against the attackers of all runs of another."""
        names = [f"{second}, run {run}" for run in self.plan.seeds]
        facts = [[self.facts(self.plan.plays[first, run, name, ""]) for name in names] for run in self.plan.seeds]
        return np.array([[one["report"]["mean"][0] for one in row] for row in facts])

    def _reported(self, cell: Cell) -> np.ndarray:
        returns = files.read_npz(self.root / CELLS / cell.key / RETURNS)["returns"]
        return np.asarray(returns[len(returns) // 2 :, 0])


def findings(results: Results) -> dict[str, Any]:
    """All numbers of a study as plain data; the run's tables and report are made of them."""
    study, confidence = results.study, results.study.report.confidence
    tables = {name: results.table(name, (*results.fixed, *results.found)) for name in results.defenders}
    specialists = results.specialists()
    random = _random(results)
    scores = {name: _scores(results, tables[name], specialists) | _exact_scores(results, name) for name in results.defenders}
    found = {
        "title": study.title,
        "defenders": {
            name: {
                "against": {one: _estimate(tables[name].of((one,)).report, confidence) for one in tables[name].attackers},
                "scores": {what: _estimate(values, confidence) for what, values in scores[name].items()},
                "normalised": _normalised(results, tables[name], random, specialists),
                "worst_by": _worst_by(results, tables[name]),
            }
            for name in results.defenders
        },
        "specialists": {one: _estimate(specialists[:, k], confidence) for k, one in enumerate(results.fixed)},
        "comparisons": _comparisons(results, scores),
        "between": _between(results),
        "ranking": _ranking(results, tables),
        "variants": _variants(results),
        "equilibrium": _equilibrium(results),
        "roster": [{"name": one.name, "tier": one.tier, "group": one.group, "policy": one.words} for one in results.plan.roster.attackers],
        "courses": _courses(results),
        "spent": _spent(results),
    }
    return found


def _scores(results: Results, table: Table, specialists: np.ndarray) -> dict[str, np.ndarray]:
    """Scores of each run, f8 [R] or [R, K], by what they are called."""
    fixed = table.of(results.fixed)
    regrets = statistics.regret(fixed.report, specialists)
    found: dict[str, np.ndarray] = {}
    for group, members in results.groups.items():
        if members:
            own = fixed.of(members)
            found[f"mean_{group}"] = own.report
            found[f"regret_{group}"] = regrets[:, results.among(group)]
            found[f"worst_{group}"] = statistics.worst_case(own.validation, own.report)[0]
            for share in results.study.report.cvar:
                found[f"cvar_{share:g}_{group}"] = statistics.conditional_value_at_risk(own.episodes, share)
    if results.groups["held_out"]:
        found["generalisation_gap"] = statistics.generalisation_gap(regrets, results.among(SEEN), results.among("held_out"))
    if results.found:
        own = table.of(results.found)
        found[f"worst_{ADAPTIVE}"] = statistics.worst_case(own.validation, own.report)[0]
    return found


def _exact_scores(results: Results, defender: str) -> dict[str, np.ndarray]:
    """Of a game whose tree fits, f8 [R]: what a defender earns at least whoever attacks, and how much less that is than the value.

    The value lies in a bracket; its middle is taken. Nothing where the defender draws too much for a tree.
    """
    if results.plan.equilibrium is None:
        return {}
    worst = [results.facts(results.plan.exact[defender, run])["worst_case"] for run in results.plan.seeds]
    if any(one is None for one in worst):
        return {}
    value = results.facts(results.plan.equilibrium)["value"]
    least = np.array([one["lower"] for one in worst])
    return {"worst_exact": least, "exploitability": (value["lower"] + value["upper"]) / 2.0 - least}


def _worst_by(results: Results, table: Table) -> dict[str, list[str]]:
    """Who was the strongest of a group, by run."""
    found = {}
    for group, names in {**results.groups, ADAPTIVE: results.found}.items():
        if names:
            own = table.of(names)
            found[group] = [names[k] for k in statistics.worst_case(own.validation, own.report)[1].tolist()]
    return found


def _random(results: Results) -> np.ndarray | None:
    """f8 [K], what the random defender earns, where the study has it."""
    for name, one in results.plan.roster.fixed.items():
        if one.words == "random":
            return np.asarray(results.table(name, results.fixed).report.mean(axis=0))
    return None


def _normalised(results: Results, table: Table, random: np.ndarray | None, specialists: np.ndarray) -> dict[str, Any] | None:
    """Means of normalised returns by group, and against how many attackers there is a scale."""
    if random is None:
        return None
    confidence = results.study.report.confidence
    scores = statistics.normalised(table.of(results.fixed).report, random, specialists, confidence=confidence)
    found: dict[str, Any] = {"known": [name for name, known in zip(results.fixed, scores.known.tolist(), strict=True) if known]}
    for group in results.groups:
        own = scores.mean(results.among(group), confidence=confidence)
        found[group] = None if own is None else own.as_json()
    table_of = scores.table()
    found["table"] = [[None if np.isnan(one) else float(one) for one in row] for row in table_of]
    return found


def _comparisons(results: Results, scores: dict[str, dict[str, np.ndarray]]) -> dict[str, dict[str, Any]]:
    """Every defender beside the baseline, in each score, with p corrected for the number of defenders."""
    baseline, confidence = results.study.report.baseline, results.study.report.confidence
    found: dict[str, dict[str, Any]] = {}
    for what, base in scores[baseline].items():
        others = [name for name in results.defenders if name != baseline and what in scores[name]]
        pairs = {name: statistics.compared(_by_run(scores[name][what]), _by_run(base), confidence=confidence) for name in others}
        p = [one.p for one in pairs.values()]
        known = [one for one in p if one is not None]
        corrected: list[float | None] = list(statistics.holm(known)) if len(known) == len(p) else [None] * len(p)
        found[what] = {
            name: {"difference": one.difference.as_json(), "p": one.p, "p_corrected": fair}
            for (name, one), fair in zip(pairs.items(), corrected, strict=True)
        }
    return found


def _between(results: Results) -> dict[str, Any]:
    """Methods that find both roles: cross-play gaps, and relative performance of their populations."""
    roster, confidence = results.plan.roster, results.study.report.confidence
    both = [name for name, part in roster.methods.items() if has_attacker(part)]
    payoffs = {(one, other): results.between(one, other) for one in both for other in both}
    gaps = {name: statistics.cross_play_gap(payoffs[name, name], confidence=confidence) for name in both}
    relative = {}
    for k, one in enumerate(both):
        for other in both[k + 1 :] if roster.problem.zero_sum else ():
            relative[f"{one} over {other}"] = statistics.relative_performance_over_runs(
                payoffs[one, other], payoffs[other, one], confidence=confidence
            ).as_json()
    return {"cross_play_gap": {name: None if gap is None else gap.as_json() for name, gap in gaps.items()}, "relative": relative}


def _ranking(results: Results, tables: dict[str, Table]) -> dict[str, Any]:
    """Ranks by the Nash average and by alpha-rank, with intervals over runs."""
    payoffs = np.stack([tables[name].report for name in results.defenders], axis=1)
    mean, confidence = payoffs.mean(axis=0), results.study.report.confidence
    found: dict[str, Any] = {"attackers": [*results.fixed, *results.found]}
    if results.plan.roster.problem.zero_sum:
        average = statistics.nash_average(mean)
        ranks = statistics.rank_intervals(payoffs, lambda table: statistics.nash_average(table).skill, confidence=confidence, resamples=200)
        found["nash_average"] = {
            "defenders": _rows(results.defenders, rank=ranks[:, 0], lower=ranks[:, 1], upper=ranks[:, 2], skill=average.skill),
            "weights": dict(zip(results.defenders, average.defenders.tolist(), strict=True)),
            "attackers": dict(zip(found["attackers"], average.attackers.tolist(), strict=True)),
        }
        sweep = statistics.alpha_rank_sweep(np.stack([mean, -mean]))
        place = sweep.settled if sweep.settled is not None else len(sweep.alphas) - 1
        found["alpha_rank"] = {
            "alphas": sweep.alphas.tolist(),
            "mass": {name: sweep.mass[:, d].tolist() for d, name in enumerate(results.defenders)},
            "settled": None if sweep.settled is None else float(sweep.alphas[sweep.settled]),
            "rank": dict(zip(results.defenders, statistics.ranks(sweep.mass[place], alike=1e-6).tolist(), strict=True)),
        }
    return found


def _rows(names: tuple[str, ...], **columns: np.ndarray) -> dict[str, dict[str, float | None]]:
    return {
        name: {key: None if np.isnan(column[k]) else float(column[k]) for key, column in columns.items()} for k, name in enumerate(names)
    }


def _variants(results: Results) -> dict[str, Any]:
    """In each variant of the game, what every defender earns over the attackers of a group."""
    confidence, found = results.study.report.confidence, {}
    for variant in results.plan.roster.variants:
        found[variant] = {
            name: {
                group: _estimate(results.table(name, members, variant).report, confidence)
                for group, members in results.groups.items()
                if members
            }
            for name in results.defenders
        }
    return found


def _equilibrium(results: Results) -> dict[str, Any] | None:
    """Of an exactly solved game: whether its equilibrium defender earns the value at least against everybody, as far as episodes tell."""
    cell = results.plan.equilibrium
    if cell is None:
        return None
    facts = results.facts(cell)
    floor = facts["value"]["lower"] - 2.0 * facts["exploitability"]["upper"]
    names = [name for (who, _, name, _) in results.plan.plays if who == SOLVED]
    table, against = results.table(SOLVED, tuple(names), runs=range(1)), {}
    for k, name in enumerate(names):
        mean, error = float(table.report[0, k]), float(table.error[0, k])
        # All of them together hold at the confidence of the study.
        least = mean + float(ndtri(1.0 - (1.0 - results.study.report.confidence) / len(names))) * error
        against[name] = {"mean": mean, "error": error, "holds": least >= floor}
    return {**facts, "against": against, "holds": all(one["holds"] for one in against.values())}


def _courses(results: Results) -> dict[str, Any]:
    """How searches for adaptive attackers went, and how PSRO's populations grew: of every run, by defender."""
    plan = results.plan
    adaptive = {f"{own} against {name}": [results.facts(plan.adaptive[name, run, own])["course"] for run in plan.seeds]
                for name in results.defenders for own in plan.roster.adaptive}  # fmt: skip
    grown = [name for name, part in plan.roster.methods.items() if part.method == PSRO]
    return {
        "adaptive": adaptive,
        "psro": {name: [results.facts(plan.trained[name, run])["course"] for run in plan.seeds] for name in grown},
    }


def _spent(results: Results) -> dict[str, Any]:
    """Decisions that every method made, at most over its runs, and the budget."""
    found = {
        name: [results.facts(results.plan.trained[name, run])["decisions"] for run in results.plan.seeds]
        for name in results.plan.roster.methods
    }
    return {"budget": results.study.budget.decisions, "methods": found}


def _by_run(scores: np.ndarray) -> np.ndarray:
    """f8 [R]."""
    return scores if scores.ndim == 1 else np.asarray(scores.mean(axis=1))


def _estimate(scores: np.ndarray, confidence: float) -> dict[str, object]:
    return statistics.mean_over_runs(scores, confidence=confidence).as_json()
