"""What do the equilibrium defender and attacker of CAGE Challenge 2 do, in the game's words?

`python -m gamesolve.analyses.cage2_meaning` plays the equilibria of every scene, against each other and against the original's attackers
and the hand rule, and writes what was lost to what, how far attackers came, and what both did: `analyses/cage2_meaning.csv` a number a row,
`analyses/cage2_meaning.md` tables of what is frequent. All are means of an episode with their standard errors; of what happens once at
most, that is the share of episodes.
"""

from __future__ import annotations

import argparse
import collections
import sys
from pathlib import Path
from typing import Any

import numpy as np

from gamesolve.analyses.cage2_equilibrium import SCENES, Scene
from gamesolve.analyses.cage2_worst_case import ATTACKERS, policy_of
from gamesolve.analyses.kept import keep, rows_in
from gamesolve.base.seeds import derived_seed
from gamesolve.games.cage2 import rules
from gamesolve.games.cage2.tables import DECOYS, ENTERPRISE, HOSTS, NAMES, OP_SERVER, OPERATIONAL, OT_VALUE, RESTORE_COST, USER, USER0
from gamesolve.rules import ATTACKER, DEFENDER
from gamesolve.views.simulator import Simulator

REPORT, ROWS = Path(__file__).with_suffix(".md"), Path(__file__).with_suffix(".csv")
HEADER = ("scene", "defender", "attacker", "what", "mean", "standard_error")
EPISODES = 2_000
#: Hosts of each subnet; User0, where the attacker always stands, is of none.
PLACES = {
    what: np.array([host.subnet == subnet and host.name != NAMES[USER0] for host in HOSTS])
    for what, subnet in (("user hosts", USER), ("Enterprise hosts", ENTERPRISE), ("Operational hosts", OPERATIONAL))
}
VALUE = np.array([host.value for host in HOSTS])
APART = np.array([host != USER0 for host in range(rules.H)])
EARLY = "Op_Server0 restored before anyone broke into it"
#: What is told however rare it is; and from how often in an episode the rest is, in any of the pairs.
ALWAYS = (
    *(f"lost to {where}" for where in PLACES),
    "lost to OT service down",
    "lost to Restore",
    "Impacts",
    "Impacts that stopped nothing",
    EARLY,
)
RARE = 0.1
#: The same of what the report shows.
SHOWN = 0.5


def watched(scene: Scene, defender: Any, attacker: Any, *, seed: int) -> dict[str, np.ndarray]:
    """What happens between a defender and an attacker: f8 [episodes] of everything, by what it is called in the tables."""
    game, found = scene.problem.game, collections.defaultdict[str, np.ndarray](lambda: np.zeros(EPISODES))
    acting = [policy.acting(game, i) for i, policy in enumerate((defender, attacker))]
    simulator = Simulator(game, EPISODES, seed=seed, acting=acting)
    simulator.reset(last=EPISODES)
    # Hosts on which there has been a session, and one as root.
    broken, rooted = np.zeros((EPISODES, rules.H), np.bool_), np.zeros((EPISODES, rules.H), np.bool_)
    for _ in range(scene.horizon):
        simulator.advance(1)
        state, actions = simulator.rows["state"], simulator.actions
        root = state["sessions"][:, :, rules.ROOT] > 0
        session = state["sessions"].sum(axis=2) > 0
        _add_losses(found, state, root)
        _add_defence(found, state, actions[:, DEFENDER], broken)
        _add_attack(found, state, actions[:, ATTACKER], session, broken)
        broken |= session
        rooted |= root
    for what, hosts in (("broken into", broken), ("root on", rooted)):
        for where, there in PLACES.items():
            found[f"{what} {where}"] += hosts[:, there].any(axis=1)
        found[f"{what} Op_Server0"] += hosts[:, OP_SERVER]
    return dict(found)


def _add_losses(found: dict[str, np.ndarray], state: np.ndarray, root: np.ndarray) -> None:
    """What a step costs but for Restore; root is bool [episodes, 13]."""
    for where, there in PLACES.items():
        found[f"lost to {where}"] += (root * VALUE)[:, there].sum(axis=1) / 10.0
    found["lost to OT service down"] += np.where(state["ot_running"] == 0, OT_VALUE / 10.0, 0.0)


def _add_defence(found: dict[str, np.ndarray], state: np.ndarray, actions: np.ndarray, broken: np.ndarray) -> None:
    """What the defender does in a step, i4 [episodes]; broken is bool [episodes, 13], as it was before."""
    kind, host = (actions - 2) // rules.H, (actions - 2) % rules.H
    restore, waits = kind == rules.RESTORE, actions <= rules.MONITOR
    decoy = ~waits & (kind >= rules.DECOY) & ~restore
    placed = decoy & (state["defender_success"] == rules.SUCCESS)
    found["lost to Restore"] += np.where(restore, RESTORE_COST / 10.0, 0.0)
    found["steps asleep or monitoring"] += waits
    found["steps of Analyse"] += ~waits & (kind == rules.ANALYSE)
    found["steps of Remove"] += ~waits & (kind == rules.REMOVE)
    found["steps of decoys"] += decoy
    early = restore & (host == OP_SERVER) & ~broken[:, OP_SERVER]
    found[EARLY] = np.maximum(found[EARLY], early)
    for h, name in enumerate(NAMES):
        found[f"Restore {name}"] += restore & (host == h)
        for d, decoy_of in enumerate(DECOYS):
            found[f"{decoy_of.name} on {name}"] += placed & (host == h) & (kind == rules.DECOY + d)


def _add_attack(found: dict[str, np.ndarray], state: np.ndarray, actions: np.ndarray, session: np.ndarray, broken: np.ndarray) -> None:
    """What the attacker does in a step, i4 [episodes]; session and broken are bool [episodes, 13], now and before."""
    first = session & APART & ~broken[:, APART].any(axis=1, keepdims=True)
    for h, name in enumerate(NAMES):
        found[f"enters by {name}"] += first[:, h]
    impact = (actions == rules.IMPACT) & (state["attacker_success"] == rules.SUCCESS)
    found["Impacts"] += impact
    found["Impacts that stopped nothing"] += impact & (state["ot_running"] == 1)


def pairs(scene: Scene) -> list[tuple[str, str]]:
    """Who plays whom: an equilibrium's two sides, its defender the original's attackers, and the hand rule its attacker."""
    return [
        pair for name in scene.equilibria for pair in ((name, name), *((name, attacker) for attacker in ATTACKERS), ("hand_rule", name))
    ]


def rows_of(scene: Scene) -> list[dict[str, Any]]:
    """The rows of a scene: means of an episode, and their standard errors; what is rare in all pairs is left out."""
    told = {}
    for defender, attacker in pairs(scene):
        seed = derived_seed(0, "cage2_meaning", scene.name, defender, attacker)
        both = policy_of(scene, "defender", defender), policy_of(scene, "attacker", attacker)
        told[defender, attacker] = watched(scene, *both, seed=seed)
    often = [what for what in next(iter(told.values())) if what in ALWAYS or any(one[what].mean() >= RARE for one in told.values())]
    return [
        dict(zip(HEADER, (scene.name, *pair, what, f"{one[what].mean():.3f}", f"{one[what].std(ddof=1) / EPISODES**0.5:.3f}"), strict=True))
        for pair, one in told.items()
        for what in often
    ]


def table(scene: Scene) -> list[str]:
    """A column a pair, a row a number."""
    known = {(row["defender"], row["attacker"], row["what"]): row for row in rows_in(ROWS) if row["scene"] == scene.name}
    shown = list(dict.fromkeys((defender, attacker) for defender, attacker, _ in known))
    lines = ["| | " + " | ".join(f"{d} against {a}" for d, a in shown) + " |", "|---" * (1 + len(shown)) + "|"]
    for what in dict.fromkeys(what for _, _, what in known):
        cells = [known[(*pair, what)] for pair in shown]
        if what not in ALWAYS and max(float(one["mean"]) for one in cells) < SHOWN:
            continue
        lines.append(f"| {what} | " + " | ".join(f"{float(one['mean']):.2f} ± {float(one['standard_error']):.2f}" for one in cells) + " |")
    return lines


def main() -> None:
    """Play, and write the tables."""
    argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0]).parse_args()
    for scene in SCENES.values():
        if all(scene.is_computed(name) for name in scene.equilibria):
            mine, place = (lambda row, now=scene.name: row["scene"] == now), lambda row: list(SCENES).index(row["scene"])
            keep(ROWS, HEADER, rows_of(scene), instead=mine, order=place)
        else:
            print(f"{scene.name} is left as it was: not all of its equilibria are computed here", file=sys.stderr)
    lines = ["# What equilibrium play of CAGE Challenge 2 is like", "", *(__doc__ or "").strip().splitlines()[2:], ""]
    for scene in SCENES.values():
        if any(row["scene"] == scene.name for row in rows_in(ROWS)):
            lines += [f"## Preset {scene.preset}, {scene.horizon} steps", "", *table(scene), ""]
    REPORT.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
