"""A replayed episode as plain data for the page: its table is made of it, and its script draws it."""

from __future__ import annotations

from typing import Any

import numpy as np

from gamesolve.evaluate.replay import Frame, Replay
from gamesolve.report.words import number, place_names, signal_words
from gamesolve.rules.game import ROLES, Agent, Game
from gamesolve.rules.picks import PASS

#: Names of the kinds of replays, and why an episode was chosen for one.
KINDS = {
    "typical": ("Typical", "closest to the median of all episodes"),
    "worst": ("Worst", "the least of all episodes"),
    "best": ("Best", "the most of all episodes"),
}
LEVELS = ("", "user", "root")


def scene_of(game: Game, replay: Replay, *, role: str = ROLES[0]) -> dict[str, Any]:
    """An episode in words.

    Args:
        role: by whose return it was chosen.

    Returns:
        `name` and `lead`; `steps`, the first of them the start: `acts` as `_acts` says, `seen` (what each
        agent saw before it acted, for games without pictures), `rewards` and `returns` in words by role,
        `parts` (what the defender's reward is made of, in words), `total` (the defender's return so far, a
        number) and `picture`; `marks` as `_marks` says.
    """
    name, because = KINDS[replay.why]
    shown = "" if replay.whole else f" Shown are its first {len(replay.frames) - 1:,} steps."
    return {
        "name": name,
        "lead": f"Episode {replay.episode:,} earned the {role} {number(replay.returns[ROLES.index(role)], 5)}, {because}.{shown}",
        "steps": [_step(game, replay.frames, t) for t in range(len(replay.frames))],
        "marks": [mark for t in range(1, len(replay.frames)) for mark in _marks(game, replay.frames, t)],
    }


def _step(game: Game, frames: list[Frame], t: int) -> dict[str, Any]:
    frame = frames[t]
    return {
        "acts": _acts(game, frame) if t else [],
        "seen": [_seen(game, frames, t - 1, k) for k in range(len(game.agents))] if t and game.picture is None else [],
        "rewards": [number(reward) for reward in frame.rewards],
        "parts": _parts(frame) if t else "",
        "returns": [number(total, 5) for total in frame.returns],
        "total": round(frame.returns[0], 9),
        "picture": frame.picture,
    }


def _parts(frame: Frame) -> str:
    """What a step's reward is made of, in words; empty where it is nothing, or where no picture says."""
    parts = frame.picture["rewards"] if frame.picture else {}
    return ", ".join(f"{name} {number(amount)}" for name, amount in parts.items() if amount)


def _acts(game: Game, frame: Frame) -> list[dict[str, Any]]:
    """Of each agent `words`; `ok`, whether it succeeded, and a `note` on how; and what it touched on the drawing.

    On a network that is `touched`, nodes and edges. Of hosts it is a `node` or a `group`, with `tag`, what was done to
    that; where nothing drawn was touched, none of them are there.
    """
    outcomes = frame.picture["outcomes"] if frame.picture else [[None, ""]] * len(game.agents)
    acts = []
    for k, (agent, chosen, (ok, note)) in enumerate(zip(game.agents, frame.actions, outcomes, strict=True)):
        words = _action_words(agent, chosen, many=game.picks > 1)
        acts.append({"words": words, "ok": ok, "note": note, **(_touched(game, k, chosen, words) if game.picture and chosen else {})})
    return acts


def _touched(game: Game, agent: int, chosen: list[int], words: str) -> dict[str, Any]:
    drawing = game.drawing or {}
    places = [at for action in chosen if (at := drawing["actions"][agent][action]) is not None]
    if drawing["kind"] == "network":
        return {"touched": places}
    if not places:
        return {}
    at = places[0]
    name = drawing["nodes"][at["node"]]["label"] if "node" in at else drawing["groups"][at["group"]]
    return {**at, "tag": words.replace(name, "").strip()}


def _action_words(agent: Agent, chosen: list[int], *, many: bool) -> str:
    """The actions of an epoch; of several picks those that are not *pass*, if any is not."""
    told = [action for action in chosen if action != PASS] or chosen[:1] if many else chosen
    return ", ".join(agent.actions[action] for action in told) or "no choice"


def _seen(game: Game, frames: list[Frame], t: int, k: int) -> str:
    """What an agent saw at a frame, as far as it differs from the frame before."""
    row = np.array(frames[t].signals[k])
    return signal_words(game.agents[k], row, np.array(frames[t - 1].signals[k]) if t else None, place_names(game, k))


def _marks(game: Game, frames: list[Frame], t: int) -> list[dict[str, Any]]:
    """Turning points of a step: `step`, `kind` (root, lost, stopped, running) and `words`; none without pictures."""
    before, now = frames[t - 1].picture, frames[t].picture
    if before is None or now is None:
        return []
    nodes = (game.drawing or {})["nodes"]
    found = []
    for node, was, is_ in zip(nodes, before["nodes"], now["nodes"], strict=True):
        change = _level(is_) - _level(was)
        if change > 0 and _level(is_) == len(LEVELS) - 1:
            found.append(("root", f"attacker {'takes' if 'active' in is_ else 'gains root on'} {node['label']}"))
        elif change < 0:
            found.append(("lost", f"attacker loses {node['label']}"))
    for (service, ran), runs in zip(before["services"].items(), now["services"].values(), strict=True):
        if ran != runs:
            found.append(("running", f"{service} runs again") if runs else ("stopped", f"{service} stops"))
    return [{"step": t, "kind": kind, "words": words} for kind, words in found]


def _level(node: dict[str, Any]) -> int:
    """How much of a node is the attacker's: none, a user's access, all of it."""
    return (len(LEVELS) - 1) * node["active"] if "active" in node else LEVELS.index(node["access"])
