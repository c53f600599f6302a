"""What a game draws of itself for replays, checked: `Game.picture` and the `actions` of `Game.drawing`."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from gamesolve.rules.game import DEFENDER, Game
from gamesolve.views.plain import PlainPoint, breach

KEYS = {"nodes", "services", "outcomes", "rewards"}
#: What the keys of a node may hold, by the kind of drawing; None: the game's own words.
NODES: dict[str, dict[str, tuple[str | bool, ...] | None]] = {
    "hosts": {
        "access": ("", "user", "root"),
        "known": ("", "known", "scanned"),
        "alert": ("", "scan", "exploit"),
        "mark": None,
        "decoys": None,
    },
    "network": {"active": (False, True), "alert": (False, True)},
}
TOLERANCE = 1e-9


def check_drawing(game: Game) -> None:
    """Raise GamesolveError where a game that has pictures has no drawing for them, or the drawing leaves out an action."""
    if game.picture is None:
        return
    if game.drawing is None or game.drawing.get("kind") not in NODES:
        raise breach(game, f"it has a picture, but no drawing to show it on; kinds of drawings are {', '.join(NODES)}")
    for agent, touched in zip(game.agents, game.drawing["actions"], strict=True):
        if len(touched) != len(agent.actions):
            raise breach(
                game, f"its drawing says of {len(touched)} actions of {agent.name!r} what they touch; there are {len(agent.actions)}"
            )


def check_picture(game: Game, point: PlainPoint) -> None:
    """Raise GamesolveError where the picture of a point is not what reports expect, or changes the point."""
    if game.picture is None or point.over:
        return
    record = _record(game, point)
    try:
        found = game.picture(record[0])
    except Exception as error:
        raise breach(game, f"its picture raises {type(error).__name__}: {error}; it reads a point of play and changes nothing") from error
    wrong = _shape(game, found) or _sum(game, found, point)
    if wrong:
        raise breach(game, f"its picture {wrong}")


def _record(game: Game, point: PlainPoint) -> np.ndarray:
    """The point [1] as a picture gets it, not to be written to."""
    agents = len(game.agents)
    signals, actions = ("signals", "i2", (agents, game.width)), ("actions", "i4", (agents,))
    record = np.zeros(1, [("state", game.state), ("memory", game.memory), signals, actions])
    for name in record.dtype.names or ():
        record[name] = getattr(point, name)
    record.flags.writeable = False
    return record


def _shape(game: Game, found: Any) -> str:
    """What is wrong with the form of a picture; empty where nothing is."""
    if not isinstance(found, dict) or set(found) != KEYS:
        return f"is {found!r:.80}; it is an object with the keys {', '.join(sorted(KEYS))}"
    try:
        json.dumps(found, allow_nan=False)
    except (TypeError, ValueError) as error:
        return f"is not plain data: {error}"
    nodes, outcomes = found["nodes"], found["outcomes"]
    if len(nodes) != len((game.drawing or {})["nodes"]):
        return f"has {len(nodes)} nodes; the drawing has {len((game.drawing or {})['nodes'])}"
    if len(outcomes) != len(game.agents) or not all(ok in (True, False, None) and isinstance(word, str) for ok, word in outcomes):
        return f"has the outcomes {outcomes!r}; for each agent they are whether it succeeded, or None, and a word on how"
    if not all(isinstance(runs, bool) for runs in found["services"].values()):
        return f"has the services {found['services']!r}; they are name to whether it runs"
    keys = NODES[(game.drawing or {})["kind"]]
    return next(filter(None, (_node(node, keys) for node in nodes)), "")


def _node(node: dict[str, Any], keys: dict[str, tuple[str | bool, ...] | None]) -> str:
    if set(node) != set(keys):
        return f"has the node {node!r}; its keys are {', '.join(sorted(keys))}"
    for key, words in keys.items():
        if words is not None and node[key] not in words:
            return f"has a node with {key} = {node[key]!r}; it is one of {words}"
    return ""


def _sum(game: Game, found: dict[str, Any], point: PlainPoint) -> str:
    """What is wrong with the parts of the reward; those of several picks are not known at one point."""
    if game.picks > 1 or not found["rewards"]:
        return ""
    total, paid = math.fsum(found["rewards"].values()), float(point.reward[DEFENDER])
    if abs(total - paid) <= TOLERANCE:
        return ""
    return f"has the rewards {found['rewards']}, which add up to {total!r}; the defender's reward was {paid!r}"
