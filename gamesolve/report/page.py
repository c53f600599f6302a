"""The page of a run of `solve`."""

from __future__ import annotations

from typing import Any

from gamesolve.base.bound import Bound
from gamesolve.report import plain
from gamesolve.report.findings import Findings
from gamesolve.report.network import network_of, node_rows
from gamesolve.report.plot import convergence_plot
from gamesolve.report.shell import about, facts, render
from gamesolve.report.strategy import choices_of
from gamesolve.report.words import certain, ends, number, percent

#: Information sets that the page shows for each role.
SHOWN = 12
METHODS = {
    "lp": "linear programming in sequence form",
    "cfr": "counterfactual regret minimisation (CFR)",
    "cfr+": "CFR+",
    "dcfr": "discounted CFR",
    "pcfr+": "predictive CFR+",
    "psro": "policy-space response oracles with exact best responses (double oracle)",
    "xdo": "the extensive-form double oracle algorithm (XDO)",
    "mmd": "magnetic mirror descent, a regularised self-play with exact values",
}
STOPPED = {
    "gap": "the wanted accuracy was reached",
    "iterations": "no iterations were left, before the wanted accuracy",
    "time": "the time limit came before the wanted accuracy",
    "interrupt": "it was interrupted before the wanted accuracy",
}


def page_of(findings: Findings) -> str:
    """The page."""
    network = _network(findings)
    return render("page.html", ("network_drawing.js", "network.js"), network, **_contents(findings, network))


def _contents(findings: Findings, network: dict[str, Any] | None) -> dict[str, Any]:
    roles = [_role(findings, role) for role in range(2)]
    return {
        "title": _title(findings),
        "kicker": "Equilibrium defence" if findings.game is not None else "Equilibrium",
        "lead": [*([] if findings.game is None else [about(findings.game)]), _question(findings)],
        "cards": _cards(findings),
        "caveats": findings.problem.caveats,
        "summary": plain.summary_lines(findings),
        "network": network,
        "roles": roles,
        "strategy_note": _strategy_note(findings, roles),
        "certainty": _certainty(findings),
        "plot": convergence_plot(findings.trace, findings.config.get("gap")),
        "facts": _facts(findings),
        "nodes": node_rows(findings.game.drawing) if network and findings.game else [],
        "version": findings.provenance.get("gamesolve", ""),
    }


def _network(findings: Findings) -> dict[str, Any] | None:
    game = findings.game
    if game is None or findings.course is None or findings.tables is None or not (game.drawing or {}).get("shows"):
        return None
    return network_of(game, findings.course, findings.tables[0])


def _title(findings: Findings) -> str:
    name = findings.problem.name.removeprefix("openspiel:").replace("_", " ")
    drawing = (findings.game.drawing if findings.game is not None else None) or {}
    network = f": {drawing['name']}" if drawing.get("name") else ""
    return f"{name[:1].upper()}{name[1:]}{network}"


def _question(findings: Findings) -> str:
    if findings.game is not None:
        horizon = findings.game.horizon
        epochs = f" over {horizon} epochs" if horizon and horizon > 1 else ""
        return (
            f"How should the defender act{epochs}, so that even an attacker who knows the plan, though not how its dice will fall, "
            "does the least harm?"
        )
    return "How should both players act, so that neither can gain by acting otherwise?"


def _cards(findings: Findings) -> list[dict[str, str]]:
    value, who = findings.value, findings.problem.roles[0]
    losing = (value.upper or 0.0) < 0.0 and findings.game is not None
    shown = -value if losing else value
    figure, bracket = _figure(shown)
    # A plan is exploitable by the game's value less its worst case: at most by the whole bracket, where
    # NashConv / 2, the profile's exploitability, is the average over both sides.
    stake, left = findings.problem.payoff_range or 1.0, value.width
    none_left = left < 1e-9 * stake
    return [
        {
            "name": "Expected loss with best play" if losing else f"Expected return of {'the ' if findings.game else 'player '}{who}",
            "figure": figure,
            "note": f"{value.kind}{bracket}",
        },
        {
            "name": "Left to gain against this plan",
            "figure": "0" if none_left else ends(0.0, left)[1],
            "note": "exploitability, to the accuracy of floating point"
            if none_left
            else f"at most, proved; {share_of(left, stake)} of all that is at stake",
        },
        {
            "name": "Situations planned for",
            "figure": f"{len(findings.policies[0].parent):,}",
            "note": f"of {'the ' if findings.game else 'player '}{who}; {len(findings.policies[1].parent):,} of the opponent",
        },
    ]


def _figure(value: Bound) -> tuple[str, str]:
    """The value as a number all of whose digits are certain, or as a bracket; and what is to be added to its kind."""
    bracket = ends(value.lower or 0.0, value.upper or 0.0)
    figure = certain(value.lower or 0.0, value.upper or 0.0, most=5)
    if figure is None:
        return "{} to {}".format(*bracket), " on both sides"
    return figure, ", to all digits shown" if plain.is_settled(value) else ": between {} and {}".format(*bracket)


def share_of(part: float, whole: float) -> str:
    """A small share in words: `0.05%`, `less than 0.001%`."""
    share = 100.0 * part / whole
    return "less than 0.001%" if share < 0.001 else f"{number(share, 2)}%"


def _role(findings: Findings, role: int) -> dict[str, Any]:
    choices = choices_of(findings, role, most=SHOWN)
    name = findings.problem.roles[role]
    return {
        "title": f"The {name}" if findings.game is not None else f"Player {name}",
        "choices": choices,
        "count": len(findings.policies[role].parent),
        "epochs": any(choice.epoch is not None for choice in choices),
        "often": "How often" if all(choice.joint for choice in choices) else "By own play",
        "colour": ("defends", "attacks")[role],
    }


def _strategy_note(findings: Findings, roles: list[dict[str, Any]]) -> str:
    note = "Each row is a situation in which a choice has to be made. The chances in the last column are meant: draw the action by them."
    if any(role["often"] != "How often" for role in roles):
        return f"{note} Rows are ordered by how likely a player's own choices lead to them, whatever the others and chance do."
    left_out = findings.course.left_out if findings.course is not None else 0.0
    precise = f" Plays of a total probability of {percent(left_out)} were left out of these counts." if left_out > 0.0 else ""
    return f"{note} Rows are ordered by how often they come up when both sides follow these strategies.{precise}"


def _certainty(findings: Findings) -> list[str]:
    result, count = findings.result, int(findings.result["iterations"])
    done = f" ({count:,} iterations)" if result["method"] != "lp" else ""
    because, end = _because(findings), f": {result['note']}" if result.get("note") else ""
    _, gap = ends(0.0, findings.exploitability.upper or 0.0)
    return [
        f"The plan was computed with {_method(findings)}{done}{because}. It stopped because {STOPPED[result['stopped']]}{end}.",
        "No number here rests on the solver's word. Once the strategies were found, the best possible answer to each of them was computed "
        "exactly, over the whole game. What the defender's plan earns against that best answer is what it guarantees; what the opponent's "
        f"strategy concedes to its best answer is what no plan can exceed. The value of the game lies between the two, and {gap} is half "
        "the distance from one to the other, or less: the exploitability.",
        "All this holds for the model: its rules, probabilities, costs and rewards as given. It says nothing of what is not in the model.",
    ]


def _method(findings: Findings) -> str:
    return METHODS.get(findings.result["method"], findings.result["method"])


def _because(findings: Findings) -> str:
    """Why this method, as the continuation of a sentence."""
    reason = str(findings.result["reason"]).removeprefix(f"{findings.result['method']}: ")
    return f", {reason}" if reason == "as asked" else f", chosen because: {reason}"


def _facts(findings: Findings) -> list[tuple[str, str]]:
    asked = [
        ("Method", f"{_method(findings)}{_because(findings)}"),
        ("Wanted exploitability", number(float(findings.config["gap"]), 4)),
        ("Value of the game", f"{findings.value}"),
        ("Exploitability", f"{findings.exploitability}"),
    ]
    return facts(findings.problem, findings.provenance, asked, findings.config["seed"])
