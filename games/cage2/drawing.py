"""What a replay draws: the hosts in their subnets, and how things stand on each after a step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gamesolve.games.cage2.observing import ACCESS, ACTIVITY, ADDRESS, MARK, NAME, SEEN_PORTS
from gamesolve.games.cage2.rules import FAILURE, RESTORE, ROOT, SUCCESS, H
from gamesolve.games.cage2.tables import DECOYS, EXPLOIT_NAMES, HOSTS, NAMES, OT_VALUE, RESTORE_COST, SUBNETS
from gamesolve.rules import ATTACKER, DEFENDER

ACCESS_WORDS = ("", "user", "root")
ACTIVITY_WORDS = ("", "scan", "exploit")
MARK_WORDS = ("", "unknown", "user", "privileged")
#: What the attacker's last result tells of its success.
SUCCEEDED = {SUCCESS: True, FAILURE: False}


def draw(actions: Sequence[Sequence[str]]) -> dict[str, Any]:
    """The drawing, of kind `hosts` (`Game.drawing` says what that is), for each agent's actions in words."""
    return {
        "kind": "hosts",
        "groups": list(SUBNETS),
        "nodes": [{"label": h.name, "group": h.subnet, "system": h.system, "value": h.value / 10} for h in HOSTS],
        "actions": [[_touched(word) for word in words] for words in actions],
    }


def _touched(action: str) -> dict[str, int] | None:
    """The host or subnet that an action is about: the last of its words, if it has more than one."""
    _, _, target = action.partition(" ")
    if not target:
        return None
    return {"group": SUBNETS.index(target)} if target in SUBNETS else {"node": NAMES.index(target)}


def picture(point: np.void) -> dict[str, Any]:
    """How things stand at a point of play, in words that are empty where there is nothing to tell (see `Game.picture`)."""
    state, signals = point["state"], point["signals"]
    return {
        "nodes": [_host(state, signals[DEFENDER], signals[ATTACKER], host) for host in range(H)],
        "services": {"OT service": bool(state["ot_running"])},
        "outcomes": [
            [SUCCEEDED.get(int(state["defender_success"])), "malware found" if state["analysed"] else ""],
            [SUCCEEDED.get(int(state["attacker_success"])), _exploit_words(state)],
        ],
        "rewards": _rewards(state, int(point["actions"][DEFENDER])),
    }


def _host(state: np.void, defender: np.ndarray, attacker: np.ndarray, host: int) -> dict[str, Any]:
    known = attacker[ADDRESS + host] or attacker[NAME + host]
    return {
        "access": ACCESS_WORDS[attacker[ACCESS + host]],
        "known": "scanned" if attacker[SEEN_PORTS + host] else "known" if known else "",
        "alert": ACTIVITY_WORDS[defender[ACTIVITY + host]],
        "mark": MARK_WORDS[defender[MARK + host]],
        "decoys": [decoy.name.removeprefix("Decoy") for d, decoy in enumerate(DECOYS) if state["decoys"][host] >> d & 1],
    }


def _rewards(state: np.void, action: int) -> dict[str, float]:
    """What the defender's reward of the step is made of."""
    lost = sum(host.value for host, sessions in zip(HOSTS, state["sessions"], strict=True) if sessions[ROOT])
    tenths = {
        "hosts": lost,
        "OT service": 0 if state["ot_running"] else OT_VALUE,
        "Restore": RESTORE_COST if (action - 2) // H == RESTORE else 0,
    }
    return {part: 0.0 - cost / 10 for part, cost in tenths.items()}


def _exploit_words(state: np.void) -> str:
    """Which concrete exploit was tried, if one was, and whether a decoy took it."""
    name = EXPLOIT_NAMES[state["exploit"]] if state["exploit"] else ""
    return f"{name}, on a decoy" if state["decoyed"] else name
