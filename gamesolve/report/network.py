"""The network drawing: what the page's script needs to draw it, epoch by epoch and situation by situation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gamesolve.report.course import Course
from gamesolve.report.situations import Situation, situations_of
from gamesolve.report.words import listed, number, percent
from gamesolve.rules.game import Game
from gamesolve.views.acting import Table


def network_of(game: Game, course: Course, table: Table | None) -> dict[str, Any]:
    """Plain data for the drawing; probabilities in thousandths, positions in [0, 1].

    Args:
        game: has a `drawing`; agent 0 defends it and agent 1 attacks it.
        table: the defender's policy; without one there is no plan after chosen alerts.

    Returns:
        `nodes`, `edges`; `average`: for each epoch the thousandths `protect`, `attack`, `active` of each
        node, the `loss` it brings and that `before` it; `final`: `active` after the last epoch, or None;
        `sensors`: node of each of the defender's signals (-1: not an alert); `situations` as `_situation` says.
    """
    drawing = game.drawing or {}
    aims, shows = aims_of(drawing), drawing["shows"]
    count = len(drawing["nodes"])
    found = situations_of(game, 0, table, course) if table is not None else []
    final = course.seen[1][-1]
    losses = -course.rewards[:, 0].reshape(-1, game.picks).sum(axis=1)
    average = []
    for epoch in range(game.horizon or 0):
        steps = slice(epoch * game.picks, (epoch + 1) * game.picks)
        done = course.done[steps].sum(axis=0)
        seen = course.seen[1][epoch * game.picks]
        average.append(
            {
                "protect": _thousandths(_by_node(done[0], aims[0], count)),
                "attack": _thousandths(_by_node(done[1], aims[1], count)),
                "active": _thousandths(_by_node(seen[:, 1], shows[1], count)),
                "before": round(float(losses[:epoch].sum()), 6),
                "loss": round(float(losses[epoch]), 6),
            }
        )
    return {
        **network_data(drawing),
        "average": average,
        "final": _thousandths(_by_node(final[:, 1], shows[1], count)) if final.any() else None,
        "sensors": list(shows[0]),
        "situations": [_situation(s, aims[0], shows, count) for s in found],
    }


def network_data(drawing: dict[str, Any]) -> dict[str, Any]:
    """What of a drawing its script needs: `nodes` and `edges`."""
    return {
        "nodes": [{key: node[key] for key in ("label", "type", "reward", "sensor", "x", "y")} for node in drawing["nodes"]],
        "edges": [[edge["source"], edge["target"]] for edge in drawing["edges"]],
    }


def aims_of(drawing: dict[str, Any]) -> list[list[int]]:
    """For each agent, the node that each of its actions is about (an edge stands for the node it enters); -1 for none."""

    def node_of(touched: dict[str, int] | None) -> int:
        if touched is None:
            return -1
        return int(touched["node"]) if "node" in touched else int(drawing["edges"][touched["edge"]]["target"])

    return [[node_of(touched) for touched in actions] for actions in drawing["actions"]]


def _situation(situation: Situation, aims: Sequence[int], shows: Sequence[Sequence[int]], count: int) -> dict[str, Any]:
    """`e`poch, `r`each, `c`hoices [[actions, thousandths], ...], `p`rotection and `b`elief by node, `n`ext: key to position.

    The key of what follows is `nodes|signals`, as in `3.5|0.1.0`.
    """
    choices = sorted(situation.choices.items(), key=lambda item: (-item[1], item[0]))
    protect = np.zeros(count)
    for actions, probability in choices:
        for node in _nodes(actions, aims):
            protect[node] += probability
    return {
        "e": situation.epoch,
        "r": round(situation.reach, 6),
        "c": [[_nodes(actions, aims), round(1000 * p, 1)] for actions, p in choices if p >= 1e-3],
        "p": _thousandths(protect),
        "b": _thousandths(_by_node(situation.sight, shows[1], count)) if situation.reach > 0.0 else None,
        "n": {
            f"{'.'.join(map(str, _nodes(actions, aims)))}|{'.'.join(map(str, signals[: len(shows[0])]))}": position
            for (actions, signals), position in situation.following.items()
        },
    }


def _nodes(actions: Sequence[int], aims: Sequence[int]) -> list[int]:
    return [aims[a] for a in actions if aims[a] >= 0]


def _by_node(amounts: np.ndarray, places: Sequence[int], count: int) -> np.ndarray:
    """Amounts of actions or signals, added up by the node that each is about."""
    total = np.zeros(count)
    for amount, place in zip(amounts, places, strict=False):
        if place >= 0:
            total[place] += amount
    return total


def _thousandths(probabilities: np.ndarray) -> list[float]:
    return [round(1000 * min(max(float(p), 0.0), 1.0), 1) for p in probabilities]


def node_rows(drawing: dict[str, Any] | None) -> list[dict[str, str]]:
    """The network's nodes in words, for a table: `name`, `note`, `how`, `worth`, `sensor`, `cost`."""
    if not drawing:
        return []
    return [_node_row(drawing, i, node) for i, node in enumerate(drawing["nodes"])]


def _node_row(drawing: dict[str, Any], i: int, node: dict[str, Any]) -> dict[str, str]:
    incoming = [edge for edge in drawing["edges"] if edge["target"] == i]
    sources = [drawing["nodes"][edge["source"]]["label"] for edge in incoming]
    if node["type"] == "or":
        ways = [f"{source} ({_odds(edge)})" for source, edge in zip(sources, incoming, strict=True)]
        how = f"from {listed(ways, 'or')}"
    else:
        how = f"{'needs ' + listed(sources) if sources else 'from outside'} ({_odds(node)})"
    reward, damage = node.get("reward"), node.get("damage")
    worth = "" if reward is None else f"{number(reward)} an epoch to the attacker, costs the defender {number(damage or reward)}"
    seen = f"alerts with {percent(node['p1'])} when taken, {percent(node['p0'])} when not" if node.get("p1") is not None else ""
    return {
        "name": node["label"],
        "note": node.get("note") or "",
        "how": how,
        "worth": worth,
        "sensor": seen,
        "cost": number(node["protect_cost"]),
    }


def _odds(element: dict[str, Any]) -> str:
    return f"an attack succeeds with {percent(element['probability'])} and costs {number(element['attack_cost'])}"
