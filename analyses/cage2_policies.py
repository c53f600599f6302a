"""Let the equilibria of CAGE Challenge 2 that were computed ship with the game.

`python -m gamesolve.analyses.cage2_policies` saves both roles' policies under `games/cage2/policies/`, with cards that say how they were
found, what they earn and what is not known; numbers are those of `analyses/cage2_crossed.csv`. Members of a mixture that are drawn less
than once in a hundred episodes are left out.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from gamesolve import games
from gamesolve.analyses.cage2_equilibrium import SCENES, Scene
from gamesolve.analyses.cage2_worst_case import ATTACKERS, BUDGET, CROSSED, EPISODES, OTHER, exploitability, strongest, worst
from gamesolve.analyses.kept import Row, rows_in
from gamesolve.base.files import read_object
from gamesolve.base.runs import RESULT
from gamesolve.policies.files import save_policy
from gamesolve.policies.mixture import Mixture

#: By the name under which they ship: which equilibrium of which scene.
SHIPPED = {"equilibrium": ("original-100", "mmd"), "equilibrium_debugged": ("debugged-30", "mmd")}
LEAST = 0.01
FOLDER = Path(games.__path__[0]) / "cage2" / "policies"


def kept(policy: Any) -> Any:
    """Without the members of a mixture that are hardly ever drawn; a single one by itself."""
    if not isinstance(policy, Mixture):
        return policy
    often = np.flatnonzero(policy.weights >= LEAST)
    weights = policy.weights[often]
    members = tuple(policy.policies[n] for n in often.tolist())
    return members[0] if len(members) == 1 else Mixture(members, weights / weights.sum())


def about(scene: Scene, name: str, role: str, rows: list[Row]) -> dict[str, Any]:
    """What a card says beside."""
    run = read_object(scene.folder(name) / RESULT)
    found, error = exploitability(rows, name)
    low = worst(rows, name) if role == "defender" else strongest(rows, name)
    told = lambda row: f"{float(row['mean']):.2f} ± {float(row['standard_error']):.2f}"  # noqa: E731
    earns = {row["attacker"]: told(row) for row in rows if row["defender"] == name and row["attacker"] in (*ATTACKERS, name)}
    return {
        "trained": f"{scene.equilibria[name].method}, by python -m gamesolve.analyses.cage2_equilibrium {scene.name}-{name}",
        "parameters": {"horizon": scene.horizon, "preset": scene.preset},
        "decisions": run["decisions"],
        **(
            {"earns": {one: f"{words} (standard error, {EPISODES:,} episodes)" for one, words in earns.items()}}
            if role == "defender"
            else {}
        ),
        "worst case": f"{told(low)} of the defender against {low[OTHER[role]]}, the strongest {OTHER[role]} found by two families of "
        f"learners, {BUDGET / 1e6:.0f} million decisions each, for any of the policies compared",
        "exploitability of the profile": f"at least {found:.2f} ± {error:.2f}",
        "limits": "no upper end is known: a longer search may find worse; found for these parameters, it plays with others untested",
    }


def main() -> None:
    """Save them."""
    argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0]).parse_args()
    for words, (where, name) in SHIPPED.items():
        scene = SCENES[where]
        rows = [row for row in rows_in(CROSSED) if row["scene"] == where]
        for role in OTHER:
            save_policy(kept(scene.equilibrium(name, role)), FOLDER / role / words, about=about(scene, name, role, rows))
            print(f"{role} {words}: {FOLDER / role / words}")


if __name__ == "__main__":
    main()
