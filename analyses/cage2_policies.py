"""Let the equilibria of CAGE Challenge 2 that were computed ship with the game, and cards say how good policies are.

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
from gamesolve.analyses.cage2_specialists import STAGES
from gamesolve.analyses.cage2_worst_case import ATTACKERS, BUDGET, CROSSED, EPISODES, OTHER, exploitability, strongest, worst
from gamesolve.analyses.kept import Row, rows_in
from gamesolve.base.files import read_object
from gamesolve.base.runs import RESULT
from gamesolve.policies.files import about_of, load_policy, save_policy
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


def told(row: Row) -> str:
    """The mean of an entry and its standard error."""
    return f"{float(row['mean']):.2f} ± {float(row['standard_error']):.2f} (standard error, {EPISODES:,} episodes)"


def bounds(scene: Scene, name: str, role: str) -> dict[str, Any]:
    """What a card says of a policy's worth, and of what is not known; nothing where its scene has not been looked at."""
    rows = [row for row in rows_in(CROSSED) if row["scene"] == scene.name]
    if not rows:
        return {}
    low = worst(rows, name) if role == "defender" else strongest(rows, name)
    earns = {row["attacker"]: told(row) for row in rows if row["defender"] == name and row["attacker"] in (*ATTACKERS, *scene.equilibria)}
    own = exploitability(rows, name) if name in scene.equilibria else None
    return {
        **({"earns": earns} if role == "defender" else {}),
        "worst case found": f"the defender's return is {told(low)} against {low[OTHER[role]]}; PPO and DQN looked for the strongest "
        f"{OTHER[role]} with {BUDGET / 1e6:.0f} million decisions each, and what they found for other policies was tried too",
        **({"exploitability of the profile": f"at least {own[0]:.2f} ± {own[1]:.2f}"} if own else {}),
        "limits": "no upper end is known: a longer search may find worse; found for these parameters, it plays with others untested",
    }


def equilibrium(words: str) -> None:
    """Save both roles' policies of an equilibrium."""
    where, name = SHIPPED[words]
    scene = SCENES[where]
    for role in OTHER:
        about = {
            "trained": f"{scene.equilibria[name].method}, by python -m gamesolve.analyses.cage2_equilibrium {scene.name}-{name}",
            "against": [f"the {OTHER[role]} of the same computation"],
            "parameters": {"horizon": scene.horizon, "preset": scene.preset},
            "decisions": read_object(scene.folder(name) / RESULT)["decisions"],
            **bounds(scene, name, role),
        }
        save_policy(kept(scene.equilibrium(name, role)), FOLDER / role / words, about=about)


def trained_against_attackers(name: str) -> None:
    """Say in the card of a specialist or the generalist what its worst case is, where that was looked for with its parameters."""
    policy = load_policy(FOLDER / "defender" / name)
    about = about_of(policy)
    assert about is not None  # cage2_specialists wrote it
    scene = SCENES.get("{preset}-{horizon}".format(**about["parameters"]))
    if scene is not None:
        save_policy(policy, FOLDER / "defender" / name, about={**about, **bounds(scene, name, "defender")})


def main() -> None:
    """Save them."""
    argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0]).parse_args()
    for words in SHIPPED:
        equilibrium(words)
        print(f"defender and attacker {words}")
    for name in STAGES:
        if (FOLDER / "defender" / name).is_dir():
            trained_against_attackers(name)
            print(f"card of the defender {name}")


if __name__ == "__main__":
    main()
