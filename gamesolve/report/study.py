"""The page of a study: the verdict, who was there, and every defender against every attacker."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from gamesolve.base import files
from gamesolve.base.errors import GamesolveError
from gamesolve.base.runs import EPISODES, PROVENANCE, read_config, read_result
from gamesolve.report.played import agents_of, drawing_of, replay_of, replay_scripts
from gamesolve.report.scenes import scene_of
from gamesolve.report.shell import about, facts, render
from gamesolve.report.study_figures import as_pdf, as_svg, figures
from gamesolve.report.words import fixed, number
from gamesolve.views.problem import Problem, run_problem

FIGURES = "figures"
#: Share of the budget below which what a method left is told.
SPARED = 0.75
TIERS = {"seen": "seen in training", "same_family": "same family, other parameters", "new_family": "new family", "adaptive": "adaptive"}
#: Scores of the table, with their meaning.
SCORES = {
    "mean_seen": ("seen", "mean return against seen attackers"),
    "mean_held_out": ("held out", "mean return against held-out attackers"),
    "generalisation_gap": ("gap", "mean regret to the specialists against held-out attackers, less the same against seen ones"),
    "worst_seen": ("worst seen", "return against the strongest seen attacker"),
    "worst_held_out": ("worst held out", "return against the strongest held-out attacker"),
    "worst_adaptive": (
        "worst adaptive",
        "return against the strongest attacker that was found for any of the defenders: learnt, or one of the game's",
    ),
    "worst_exact": ("worst of all", "what a defender earns at least against any attacker whatever, exact: the game's tree is known"),
    "exploitability": ("exploitability", "the game's value less the exact worst case"),
}
WORDS = {
    "seen_and_held_out": ("Seen against held out", "Below the line a defender earns less against attackers that it never met."),
    "means": ("Means and worst cases", "Lines are confidence intervals over training runs."),
    "profiles": ("Performance profiles", "The higher, the better: how often a run earns more than so much of what the specialist does."),
    "budgets": ("Worst case against the attackers' budget", "Where curves still fall, a longer search would find a stronger attacker."),
    "support": (
        "What PSRO mixes",
        "Policies in the order in which they joined; the darker, the more weight after an iteration, in the mean of the runs.",
    ),
}


@dataclass(frozen=True)
class Studied:
    """What a study left.

    Attributes:
        run: its folder; problem: the game; config, found, provenance, episodes: the run's files.
    """

    run: Path
    problem: Problem
    config: dict[str, Any]
    found: dict[str, Any]
    provenance: dict[str, Any]
    episodes: dict[str, Any]


def read_studied(run: Path) -> Studied:
    """What a run of `study` left; raises GamesolveError where it has no result yet or its files are damaged."""
    config, found = read_config(run), read_result(run)
    return Studied(run, run_problem(run), config, found, *(files.read_object(run / name) for name in (PROVENANCE, EPISODES)))


def study_page(studied: Studied) -> str:
    """The page; its figures are written beside it, as SVG and PDF. Raises GamesolveError where the run's files are damaged."""
    try:
        drawn = figures(studied.found)
        page = _page(studied, {name: Markup(_element(as_svg(figure))) for name, figure in drawn.items()})
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise GamesolveError(f"the study's run {str(studied.run)!r} is damaged: {error!r}") from error
    files.make_folder(studied.run / FIGURES)
    for name, figure in drawn.items():
        files.write_text(studied.run / FIGURES / f"{name}.svg", as_svg(figure))
        files.write_bytes(studied.run / FIGURES / f"{name}.pdf", as_pdf(figure))
    return page


def verdict(found: dict[str, Any], baseline: str) -> list[str]:
    """Three sentences: who earns most against attackers held out, who loses least by their being new, and who stands up to study."""
    own = {name: one["scores"] for name, one in found["defenders"].items()}
    lines = []
    if all("mean_held_out" in one for one in own.values()):
        best = max(own, key=lambda name: own[name]["mean_held_out"]["value"])
        beside = (
            "" if best == baseline else f"; {baseline}, the baseline, earns {told(own[baseline]['mean_held_out'])}{_tested(found, best)}"
        )
        lines.append(f"Against attackers held out of training {best} earns most, {told(own[best]['mean_held_out'])}{beside}.")
        trained = [name for name in own if name in found["spent"]["methods"]]
        small, large = (pick(trained or list(own), key=lambda name: own[name]["generalisation_gap"]["value"]) for pick in (min, max))
        lines.append(
            f"The generalisation gap, which says nothing of how much is earned, is smallest for {small}, "
            f"{told(own[small]['generalisation_gap'])}, and largest for {large}, {told(own[large]['generalisation_gap'])}."
        )
    if all("worst_exact" in one for one in own.values()):
        best, worst = (pick(own, key=lambda name: own[name]["worst_exact"]["value"]) for pick in (max, min))
        lines.append(
            f"Against the worst of all attackers, which is exact here, {best} earns most, {told(own[best]['worst_exact'])}, and {worst} "
            f"least, {told(own[worst]['worst_exact'])}."
        )
    elif all("worst_adaptive" in one for one in own.values()):
        best = max(own, key=lambda name: own[name]["worst_adaptive"]["value"])
        worst = min(own, key=lambda name: own[name]["worst_adaptive"]["value"])
        lines.append(
            f"Attackers that were looked for against a frozen defender leave {best} most, {told(own[best]['worst_adaptive'])} at most, and "
            f"{worst} least, {told(own[worst]['worst_adaptive'])}; stronger ones may exist."
        )
    return lines


def told(one: dict[str, Any]) -> str:
    """An estimate with its interval in words."""
    if one["lower"] is None:
        return f"{number(one['value'], 3)} (one run)"
    return f"{number(one['value'], 3)} ({number(one['lower'], 3)} to {number(one['upper'], 3)})"


def _tested(found: dict[str, Any], name: str) -> str:
    p = found["comparisons"]["mean_held_out"][name]["p_corrected"]
    return "" if p is None else f", p = {number(p, 2)} after Holm's correction"


def _element(svg: str) -> str:
    """An SVG document as an element of a page."""
    return svg[svg.index("<svg") :]


def _page(studied: Studied, drawn: dict[str, Markup]) -> str:
    found, study = studied.found, studied.config["study"]
    baseline, runs = study["report"]["baseline"], study["budget"]["seeds"]
    notes = []
    if runs < 10:
        notes.append(
            f"A preview: {runs} training run{'s' if runs > 1 else ''} of each method. Claims need ten, and nothing is tested below."
        )
    if found["equilibrium"] is not None:
        notes.append(_solved(found["equilibrium"]))
    agents, drawing = agents_of(studied.problem.game), drawing_of(studied.problem.game)
    scenes = _scenes(studied)
    for name, own in found["spent"]["methods"].items():
        if min(own) < SPARED * found["spent"]["budget"]:
            share = min(own) / found["spent"]["budget"]
            notes.append(f"{name} made {share:.0%} of the decisions that it was allowed in one of its runs: it found no use for more.")
    return render(
        "study.html",
        replay_scripts(drawing),
        {"agents": agents, "drawing": drawing, "scenes": scenes},
        title=found["title"],
        kicker=f"Study of {studied.problem.name.replace('_', ' ')}",
        lead=[about(studied.problem.game)],
        cards=_cards(found),
        caveats=list(studied.problem.caveats),
        summary=[*verdict(found, baseline), *notes],
        roster=[(one["name"], TIERS[one["tier"]], one["policy"]) for one in found["roster"]]
        + [(name, TIERS["adaptive"], _learns(part)) for name, part in study["attackers"]["adaptive"].items()],
        heat=heat(found),
        scores=_scores(found, baseline),
        more=_more(found),
        lists=_lists(found),
        figures=[(*WORDS[name], drawn[name]) for name in WORDS if name in drawn],
        ranking=_ranking(found),
        spent=[(name, f"{min(own):,} to {max(own):,}") for name, own in found["spent"]["methods"].items()],
        budget=f"{found['spent']['budget']:,}",
        variants=_variants(found, study["variants"]),
        agents=agents,
        drawing=drawing,
        scenes=scenes,
        replay_title="The worst episode of each defender",
        cut="",
        plot="",
        zero_sum=studied.problem.zero_sum,
        facts=facts(studied.problem, studied.provenance, _asked(studied, baseline, runs), study["seed"]),
        version=studied.provenance.get("gamesolve", ""),
    )


def _scenes(studied: Studied) -> list[dict[str, Any]]:
    """The worst episode of every defender, called by its name."""
    scenes = []
    for data, of in zip(studied.episodes["replays"], studied.episodes["of"], strict=True):
        scene = scene_of(studied.problem.game, replay_of(data))
        against = f"{of['defender']}, run {of['run']}, against {of['attacker']}: "
        scenes.append({**scene, "name": of["defender"], "lead": against + scene["lead"]})
    return scenes


def _learns(part: dict[str, Any]) -> str:
    learners = part["learner"] if isinstance(part["learner"], list) else [part["learner"]]
    return f"{' and '.join(learners)}, {part['seeds']} x {part['budget']:,} decisions"


def _solved(one: dict[str, Any]) -> str:
    value = number(one["value"]["lower"], 4)
    if one["holds"]:
        held = "its equilibrium defender earns at least that against every attacker, within error"
        return f"The game is solved exactly (value {value}): {held}."
    return f"CHECK FAILED: the game's value is {value}, and its equilibrium defender earned less than that against an attacker."


def _cards(found: dict[str, Any]) -> list[dict[str, str]]:
    cards = []
    exact = all("worst_exact" in one["scores"] for one in found["defenders"].values())
    for key in ("mean_seen", "mean_held_out", "worst_exact" if exact else "worst_adaptive"):
        own = {name: one["scores"][key] for name, one in found["defenders"].items() if key in one["scores"]}
        if own:
            best = max(own, key=lambda name: own[name]["value"])
            cards.append({"name": f"Best by {SCORES[key][0]}", "figure": best, "note": told(own[best])})
    return cards


def heat(found: dict[str, Any]) -> dict[str, Any]:
    """The heat map: defenders by row, attackers by tier; a cell has its text, its title with the interval, and its depth from 0 to 1."""
    rows = found["defenders"]
    tier_of = {one["name"]: one["tier"] for one in found["roster"]}
    attackers = list(next(iter(rows.values()))["against"])
    values = [one["against"][name]["value"] for one in rows.values() for name in attackers]
    low, high = min(values), max(values)
    groups: list[tuple[str, int]] = []
    for name in attackers:
        tier = TIERS[tier_of.get(name, "adaptive")]
        groups = [*groups[:-1], (tier, groups[-1][1] + 1)] if groups and groups[-1][0] == tier else [*groups, (tier, 1)]

    # As many digits as tell a hundredth of the range.
    digits = max(0, 2 - math.floor(math.log10(high - low))) if high > low else 1

    def cell(name: str, attacker: str) -> dict[str, Any]:
        one = rows[name]["against"][attacker]
        depth = (one["value"] - low) / (high - low) if high > low else 0.5
        return {"text": fixed(one["value"], min(digits, 6)), "title": f"{name} against {attacker}: {told(one)}", "depth": depth}

    return {
        "groups": groups,
        "attackers": attackers,
        "rows": [{"name": name, "cells": [cell(name, attacker) for attacker in attackers]} for name in rows],
        "low": fixed(low, 1),
        "high": fixed(high, 1),
    }


def _scores(found: dict[str, Any], baseline: str) -> dict[str, Any]:
    """The table of scores, each with the p of its difference to the baseline where that is tested."""
    shown = {key: one for key, one in SCORES.items() if any(key in own["scores"] for own in found["defenders"].values())}
    rows = []
    for name, own in found["defenders"].items():
        cells = []
        for key in shown:
            p = found["comparisons"].get(key, {}).get(name, {}).get("p_corrected")
            value, _, interval = told(own["scores"][key]).partition(" ") if key in own["scores"] else ("", "", "")
            cells.append((value, interval, "" if p is None else f"p = {number(p, 2)}"))
        rows.append((name, cells))
    return {"header": [one[0] for one in shown.values()], "meanings": [f"{one[0]}: {one[1]}" for one in shown.values()], "rows": rows}


def _asked(studied: Studied, baseline: str, runs: int) -> list[tuple[str, str]]:
    later = studied.provenance.get("later", [])
    return [("Baseline", baseline), ("Training runs", str(runs)), *([("Later sessions", "; ".join(later))] if later else [])]


def _more(found: dict[str, Any]) -> dict[str, Any]:
    """All other scores, a row each, by defender."""
    rows = found["defenders"]
    names = list(dict.fromkeys(key for own in rows.values() for key in own["scores"] if key not in SCORES))
    table = [
        (name.replace("_", " "), [told(own["scores"][name]) if name in own["scores"] else "" for own in rows.values()]) for name in names
    ]
    for group in ("seen", "held_out"):
        cells = [(own["normalised"] or {}).get(group) for own in rows.values()]
        if any(cells):
            table.append((f"normalised mean {group.replace('_', ' ')}", [told(one) if one else "" for one in cells]))
    return {"header": list(rows), "rows": table}


def _lists(found: dict[str, Any]) -> list[tuple[str, str]]:
    """Names and numbers of what is no score of one defender."""
    known = next(iter(found["defenders"].values()))["normalised"]
    listed: Callable[[dict[str, Any]], str] = lambda own: "; ".join(f"{name} {told(one)}" for name, one in own.items() if one)  # noqa: E731
    lists = [
        ("Best response known to each attacker, learnt or one of the game's own", listed(found["specialists"])),
        ("Cross-play gap: a run's own opponents less those of other runs", listed(found["between"]["cross_play_gap"])),
        ("Relative population performance", listed(found["between"]["relative"])),
    ]
    if known is not None:
        without = [one["name"] for one in found["roster"] if one["name"] not in known["known"]]
        words = f"{len(without)} of {len(found['roster'])}" + (f": {', '.join(without)}" if without else "")
        lists.append(("Attackers without a scale, as the best response earns no more than random play beyond its interval", words))
    return [(name, words) for name, words in lists if words]


def _ranking(found: dict[str, Any]) -> list[tuple[str, ...]]:
    """By the Nash average, with interval, and by alpha-rank; nothing in general-sum games."""
    if "nash_average" not in found["ranking"]:
        return []
    average, alpha = found["ranking"]["nash_average"], found["ranking"]["alpha_rank"]
    rows = list[tuple[str, ...]]()
    for name, one in sorted(average["defenders"].items(), key=lambda item: (item[1]["rank"], -item[1]["skill"])):
        interval = "one run" if one["lower"] is None else f"{number(one['lower'], 3)} to {number(one['upper'], 3)}"
        rows.append((name, number(one["skill"], 3), number(one["rank"], 3), interval, number(alpha["rank"][name], 3)))
    return rows


def _variants(found: dict[str, Any], asked: dict[str, Any]) -> list[tuple[str, list[tuple[str, str, str]]]]:
    tables = []
    for variant, own in found["variants"].items():
        rows = [(name, *(told(one[group]) if group in one else "" for group in ("seen", "held_out"))) for name, one in own.items()]
        changed = ", ".join(f"{key} = {value}" for key, value in asked[variant]["parameters"].items())
        tables.append((f"{variant} ({changed})", rows))
    return tables  # type: ignore[return-value]
