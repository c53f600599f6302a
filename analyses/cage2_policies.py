"""Let the equilibria of CAGE Challenge 2 that were computed ship with the game, and cards say how good policies are.

`python -m gamesolve.analyses.cage2_policies` saves both roles' policies under `games/cage2/policies/`, with cards that say how they were
found, what they earn and what is not known, and says the same in the cards of the specialists and the generalist; numbers are those of
`analyses/cage2_cross_play.csv`.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from typing import Any

from gamesolve import games
from gamesolve.analyses.cage2_equilibrium import SCENES, Scene
from gamesolve.analyses.cage2_specialists import STAGES
from gamesolve.analyses.cage2_worst_case import (
    ATTACKERS,
    BUDGET,
    EPISODES,
    OTHER,
    best_response,
    entries,
    exploitability,
    scenes_played,
    words,
    worst_case,
)
from gamesolve.base.errors import GamesolveError
from gamesolve.base.files import read_object
from gamesolve.base.ledger import read_journal
from gamesolve.base.runs import RESULT
from gamesolve.policies.files import about_of, load_policy, save_policy

#: By the name under which they ship: which equilibrium of which scene.
SHIPPED = {"equilibrium": ("original-30", "mmd"), "equilibrium_debugged": ("debugged-30", "mmd")}
FOLDER = Path(games.__path__[0]) / "cage2" / "policies"


def bounds(scene: Scene, name: str, role: str) -> dict[str, Any]:
    """What a card says of a policy's worth, and of what is not known; returns are the defender's, 95% intervals one-sided.

    Raises:
        GamesolveError: nothing was played in the scene.
    """
    rows = entries(scene)
    there = (*ATTACKERS, *scene.equilibria)
    called = {one: f"the attacker of {words(one)}" if one in scene.equilibria else words(one) for one in there}
    earns = {called[one["attacker"]]: told(one) for one in rows if one["defender"] == name and one["attacker"] in there}
    found, bound = best_response(rows, role, name), worst_case(rows, role, name)
    end = f"at most {bound.upper:.2f}" if role == "defender" else f"at least {bound.lower:.2f}"
    profile = {"exploitability of the profile": f"at least {exploitability(rows, name).lower:.2f}"} if name in scene.equilibria else {}
    return {
        **({"earns": earns} if role == "defender" else {}),
        "worst case": f"the defender's return is {end} (95%, {EPISODES:,} episodes), against the {OTHER[role]} "
        f"{words(found[OTHER[role]])!r}; PPO and DQN looked for the strongest {OTHER[role]}, one training of {BUDGET / 1e6:.0f} million "
        "decisions each, and what they found for other policies was tried too",
        **profile,
        "limits": "how much worse it can be is not known: a longer search may find more; found for these parameters, it plays with others "
        "untested",
    }


def told(row: dict[str, str]) -> str:
    """The mean of an entry and its standard error."""
    return f"{float(row['mean']):.2f} ± {float(row['standard_error']):.2f} (standard error, {EPISODES:,} episodes)"


def ship(name: str) -> None:
    """Save both roles' policies of an equilibrium in the place of those that were there."""
    where, method = SHIPPED[name]
    scene = SCENES[where]
    for role in OTHER:
        policy, about = scene.equilibrium(method, role), bounds(scene, method, role)
        shutil.rmtree(FOLDER / role / name, ignore_errors=True)
        made = {
            "trained": f"{scene.equilibria[method].method}, by python -m gamesolve.analyses.cage2_equilibrium {where}-{method}",
            "against": [f"the {OTHER[role]} of the same computation"],
            "parameters": {"horizon": scene.horizon, "preset": scene.preset},
            "decisions": spent(scene.folder(method)),
        }
        save_policy(policy, FOLDER / role / name, about={**made, **about})


def spent(run: Path) -> int:
    """The decisions behind a run's answer: all but those of its last iteration, whose responses are not in it."""
    rows = [0, *(row["decisions"] for row in read_journal(run))]
    return int(read_object(run / RESULT)["decisions"] - (rows[-1] - rows[-2]))


def judge(name: str) -> None:
    """Say in the card of a specialist or the generalist what its worst case is, where that was looked for with its parameters."""
    policy = load_policy(FOLDER / "defender" / name)
    about = about_of(policy)
    assert about is not None  # cage2_specialists wrote it
    scene = SCENES.get("{preset}-{horizon}".format(**about["parameters"]))
    if scene in scenes_played():
        save_policy(policy, FOLDER / "defender" / name, about={**about, **bounds(scene, name, "defender")})


def main() -> None:
    """Save them."""
    argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0]).parse_args()
    try:
        for name in SHIPPED:
            ship(name)
            print(f"defender and attacker {name}")
        for name in STAGES:
            if (FOLDER / "defender" / name).is_dir():
                judge(name)
                print(f"card of the defender {name}")
    except GamesolveError as error:
        sys.exit(f"cage2_policies: {error}")


if __name__ == "__main__":
    main()
