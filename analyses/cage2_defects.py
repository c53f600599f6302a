"""What does each repairable defect of CAGE Challenge 2 change in the score of a fixed pair?

`python -m gamesolve.analyses.cage2_defects` plays the random defender against B_line and Meander over 100 steps, with none
repaired, each alone, and all five, and writes `analyses/cage2_defects.md`. Differences are to the original, with their
standard errors.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import gamesolve
from gamesolve.games.cage2.tables import Repairs
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.views.simulator import Simulation, simulate

REPORT = Path(__file__).with_suffix(".md")
ATTACKERS = ("b_line", "meander")


def total(attacker: str, episodes: int, **repairs: bool | str) -> Simulation:
    """The random defender's returns over 100 steps."""
    game = gamesolve.load_game("cage2", horizon=100, **repairs)
    names = {"defender": "random", "attacker": attacker}
    acting = [ScriptedPolicy.named(game, agent.role, names[agent.role]).acting(game, i) for i, agent in enumerate(game.agents)]
    return simulate(game, acting, episodes=episodes)


def effect(found: Simulation, original: Simulation) -> str:
    """A mean and its difference to the original's, with standard errors."""
    difference = found.mean[0] - original.mean[0]
    error = float(np.hypot(found.standard_error[0], original.standard_error[0]))
    return f"{found.mean[0]:.1f} ± {found.standard_error[0]:.1f} | {difference:+.1f} ± {error:.1f}"


def table(episodes: int) -> str:
    """The rows as a Markdown table."""
    original = {attacker: total(attacker, episodes) for attacker in ATTACKERS}
    cells = " | ".join(f"{found.mean[0]:.1f} ± {found.standard_error[0]:.1f} | " for found in original.values())
    lines = ["| repaired | against B_line | difference | against Meander | difference |", "|---|---|---|---|---|", f"| none | {cells} |"]
    for name in Repairs.__annotations__:
        lines.append(f"| `{name}` | " + " | ".join(effect(total(a, episodes, **{name: True}), original[a]) for a in ATTACKERS) + " |")
    lines.append("| all five | " + " | ".join(effect(total(a, episodes, preset="debugged"), original[a]) for a in ATTACKERS) + " |")
    return "\n".join(lines)


def main() -> None:
    """Print the table and write the report."""
    parser = argparse.ArgumentParser(prog="python -m gamesolve.analyses.cage2_defects", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--episodes", type=int, default=100_000, help="episodes of each pair")
    episodes = parser.parse_args().episodes
    made = f"{episodes:,} episodes each, seed 0; ± is one standard error."
    text = f"# CAGE 2: defects\n{(__doc__ or '').strip()}\n\n{table(episodes)}\n\n{made}\n"
    REPORT.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
