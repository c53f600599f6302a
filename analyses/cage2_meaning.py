"""What do the equilibrium defender and attacker of CAGE Challenge 2 do, in the game's words?

`python -m gamesolve.analyses.cage2_meaning` plays the equilibria of every scene, against each other and against the original's attackers
and the hand rule, and writes what was lost to what, how far attackers came, and what both did: `analyses/cage2_meaning.csv` a number a row,
`analyses/cage2_meaning.md` the tables. Losses and counts are means of an episode, the rest shares of episodes or steps.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from gamesolve.analyses.cage2_equilibrium import SCENES, Scene
from gamesolve.analyses.cage2_worst_case import ATTACKERS, policy_of
from gamesolve.analyses.kept import rows_in
from gamesolve.base.files import write_csv
from gamesolve.base.seeds import derived_seed
from gamesolve.games.cage2 import rules
from gamesolve.games.cage2.tables import ENTERPRISE, HOSTS, NAMES, OP_SERVER, OPERATIONAL, OT_VALUE, RESTORE_COST, USER, USER0
from gamesolve.rules import ATTACKER, DEFENDER
from gamesolve.views.simulator import Simulator

REPORT, ROWS = Path(__file__).with_suffix(".md"), Path(__file__).with_suffix(".csv")
HEADER = ("scene", "defender", "attacker", "what", "value")
EPISODES = 2_000
#: Hosts of each subnet; User0, where the attacker always stands, is of none.
PLACES = {
    what: np.array([host.subnet == subnet and host.name != NAMES[USER0] for host in HOSTS])
    for what, subnet in (("user hosts", USER), ("Enterprise hosts", ENTERPRISE), ("Operational hosts", OPERATIONAL))
}
VALUE = np.array([host.value for host in HOSTS])
#: What a loss is for, and the defender's kinds of action.
LOSSES = (*PLACES, "OT service down", "Restore")
KINDS = ("Sleep or Monitor", "Analyse", "Remove", "Decoy", "Restore")


class Watched:
    """Episodes of a defender against an attacker, all side by side, and what happened in them.

    Attributes:
        losses: f8 [episodes, 5], by `LOSSES`.
        kinds: i8 [5], actions of the defender by `KINDS`; restores: i8 [13], by host.
        decoys: i8 [13, 8], decoys placed with success.
        entries: i8 [13], hosts that were the first which an attacker broke into, User0 apart.
        broken, rooted: bool [episodes, 13], hosts on which there was a session, and one as root.
        impacts, idle: i8 [episodes], Impacts that claimed success, and those of them that stopped nothing.
        early: bool [episodes], Op_Server0 was restored before anyone had broken into it.
    """

    def __init__(self, scene: Scene, defender: Any, attacker: Any, *, seed: int) -> None:
        game = scene.problem.game
        acting = [policy.acting(game, i) for i, policy in enumerate((defender, attacker))]
        self.simulator = Simulator(game, EPISODES, seed=seed, acting=acting)
        self.simulator.reset(last=EPISODES)
        self.losses = np.zeros((EPISODES, len(LOSSES)))
        self.kinds, self.restores, self.decoys = np.zeros(5, np.int64), np.zeros(rules.H, np.int64), np.zeros((rules.H, rules.D), np.int64)
        self.entries = np.zeros(rules.H, np.int64)
        self.broken, self.rooted = np.zeros((EPISODES, rules.H), np.bool_), np.zeros((EPISODES, rules.H), np.bool_)
        self.impacts, self.idle = np.zeros(EPISODES, np.int64), np.zeros(EPISODES, np.int64)
        self.early = np.zeros(EPISODES, np.bool_)
        for _ in range(scene.horizon):
            running = self.simulator.rows["state"]["ot_running"].copy()
            self.simulator.advance(1)
            self._note(running)

    def _note(self, running: np.ndarray) -> None:
        state, actions = self.simulator.rows["state"], self.simulator.actions
        root = state["sessions"][:, :, rules.ROOT] > 0
        session = state["sessions"].sum(axis=2) > 0
        kind, host = (actions[:, DEFENDER] - 2) // rules.H, (actions[:, DEFENDER] - 2) % rules.H
        restore = kind == rules.RESTORE
        for k, there in enumerate(PLACES.values()):
            self.losses[:, k] += (root * VALUE)[:, there].sum(axis=1) / 10.0
        self.losses[:, 3] += np.where(state["ot_running"] == 0, OT_VALUE / 10.0, 0.0)
        self.losses[:, 4] += np.where(restore, RESTORE_COST / 10.0, 0.0)
        named = np.select([actions[:, DEFENDER] <= rules.MONITOR, kind == rules.ANALYSE, kind == rules.REMOVE, restore], [0, 1, 2, 4], 3)
        self.kinds += np.bincount(named, minlength=5)
        self.restores += np.bincount(host[restore], minlength=rules.H)
        placed = (named == 3) & (state["defender_success"] == rules.SUCCESS)
        np.add.at(self.decoys, (host[placed], kind[placed] - rules.DECOY), 1)
        ot = restore & (host == OP_SERVER)
        self.early |= ot & ~self.broken[:, OP_SERVER]
        apart = np.array([host != USER0 for host in range(rules.H)])
        first = session & apart & ~self.broken[:, apart].any(axis=1, keepdims=True)
        self.entries += first.sum(axis=0)
        self.broken |= session
        self.rooted |= root
        impact = (actions[:, ATTACKER] == rules.IMPACT) & (state["attacker_success"] == rules.SUCCESS)
        self.impacts += impact
        self.idle += impact & (running == 1) & (state["ot_running"] == 1)

    def told(self) -> dict[str, float]:
        """What happened, by name."""
        n, steps = EPISODES, self.kinds.sum()
        found = {f"lost to {what}": value for what, value in zip(LOSSES, self.losses.mean(axis=0).tolist(), strict=True)}
        found |= {f"share of steps: {kind}": count / steps for kind, count in zip(KINDS, self.kinds.tolist(), strict=True)}
        for what, hosts in (("broken into", self.broken), ("root on", self.rooted)):
            found |= {f"{what} {where}": hosts[:, there].any(axis=1).mean().item() for where, there in PLACES.items()}
            found[f"{what} Op_Server0"] = hosts[:, OP_SERVER].mean().item()
        found |= {f"enters by {NAMES[h]}": self.entries[h] / n for h in np.flatnonzero(self.entries).tolist()}
        found |= {"Impacts": self.impacts.mean().item(), "Impacts that stopped nothing": self.idle.mean().item()}
        found["Op_Server0 restored before it was broken into"] = self.early.mean().item()
        found |= {f"Restore {NAMES[h]}": self.restores[h] / n for h in np.flatnonzero(self.restores).tolist()}
        for h, d in np.argwhere(self.decoys > 0.05 * n).tolist():
            found[f"{rules.DECOYS[d].name} on {NAMES[h]}"] = self.decoys[h, d] / n
        return found


def pairs(scene: Scene) -> list[tuple[str, str]]:
    """Who plays whom: an equilibrium's two sides, its defender the original's attackers, and the hand rule its attacker."""
    return [
        pair for name in scene.equilibria for pair in ((name, name), *((name, attacker) for attacker in ATTACKERS), ("hand_rule", name))
    ]


def watched(scene: Scene) -> list[tuple[str, str, str, str, str]]:
    """The rows of a scene."""
    rows = []
    for defender, attacker in pairs(scene):
        seed = derived_seed(0, "cage2_meaning", scene.name, defender, attacker)
        found = Watched(scene, policy_of(scene, "defender", defender), policy_of(scene, "attacker", attacker), seed=seed)
        rows += [(scene.name, defender, attacker, what, f"{value:.3f}") for what, value in found.told().items()]
    return rows


def table(scene: Scene) -> list[str]:
    """A column a pair, a row a number."""
    rows = [row for row in rows_in(ROWS) if row["scene"] == scene.name]
    known = {(row["defender"], row["attacker"], row["what"]): row["value"] for row in rows}
    shown = [pair for pair in pairs(scene) if any((*pair, what) in known for what in (f"lost to {LOSSES[0]}",))]
    lines = ["| | " + " | ".join(f"{d} against {a}" for d, a in shown) + " |", "|---" * (1 + len(shown)) + "|"]
    for what in dict.fromkeys(row["what"] for row in rows):
        lines.append(f"| {what} | " + " | ".join(f"{float(known.get((*pair, what), 0.0)):.2f}" for pair in shown) + " |")
    return lines


def main() -> None:
    """Play, and write the tables."""
    argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0]).parse_args()
    there = [scene for scene in SCENES.values() if all(scene.is_computed(name) for name in scene.equilibria)]
    write_csv(ROWS, HEADER, [row for scene in there for row in watched(scene)])
    lines = ["# What equilibrium play of CAGE Challenge 2 is like", "", *(__doc__ or "").strip().splitlines()[2:], ""]
    for scene in there:
        lines += [f"## Preset {scene.preset}, {scene.horizon} steps", "", *table(scene), ""]
    REPORT.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
