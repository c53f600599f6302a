"""How does a team of defenders with private signals learn best: as one joint agent, independently, or with a central critic?

`python -m gamesolve.analyses.team_defence` trains each way on a pool of three resources guarded by three defenders and on an attack
graph with three defenders, ten seeds each, against a mixture of scripted attackers, and writes `analyses/team_defence.md`. Every
finished training is a row of `analyses/team_defence.csv`; what is there is not done again, so the analysis can be stopped at any time.

The joint agent is fed what all defenders see, which a team with private signals cannot be, and acts for each of them in turn; its
critic is central too. It shows what sharing eyes is worth, and that more to look at takes more decisions to learn. All ways have the
same budget and spend all of it. Equal returns of several seeds are of equal policies: what was learnt is tried greedy too.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

import gamesolve
from gamesolve.analyses.kept import keep, rows_in
from gamesolve.base.seeds import derived_seed
from gamesolve.evaluate.sampled import half_width
from gamesolve.learners.candidates import played
from gamesolve.learners.training import MARKS
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.scripted import ScriptedPolicy

REPORT, ROWS = Path(__file__).with_suffix(".md"), Path(__file__).with_suffix(".csv")
HEADER = ("game", "way", "seed", "decisions", "mean", "standard_error", "seconds")
WAYS: dict[str, dict[str, Any]] = {
    "independent (IPPO)": {},
    "central critic (MAPPO)": {"critic": "joint"},
    "joint agent": {"observes": "team", "critic": "joint"},
}
GAMES: dict[str, tuple[str, dict[str, Any], tuple[str, ...]]] = {
    "pool": (
        "pool",
        {"resources": 3, "horizon": 12, "defenders": 3, "values": "1,2,3", "defender_costs": 2.0, "defender_check_costs": 0.2},
        ("round_robin", "most_valuable", "exponential"),
    ),
    "attack_graph": ("attack_graph", {"defenders": 3, "horizon": 6}, ("uniform", "value_propagation", "random_walk")),
}
BUDGET, SEEDS, EPISODES = 300_000, 10, 4_000


def attackers(game: Any, words: tuple[str, ...]) -> Mixture:
    """One of the scripted attackers, drawn for every episode."""
    return Mixture(tuple(ScriptedPolicy.named(game, "attacker", one) for one in words), np.full(len(words), 1.0 / len(words)))


def trained(name: str, way: str, seed: int) -> dict[str, Any]:
    """One training: what the best learnt policy earns on fresh episodes."""
    kind, parameters, words = GAMES[name]
    game, started = gamesolve.load_game(kind, **parameters), time.monotonic()
    opponent = attackers(game, words)
    settings = {"memory": "last", **WAYS[way]}
    found = gamesolve.train(game, "defender", opponent, settings=settings, budget=BUDGET, patience=MARKS, seed=seed, episodes=2)
    best = max((one for one in found.tried if one.candidate.learner), key=lambda one: one.mean).candidate
    policies = {"defender": best.policy, "attacker": opponent}
    returns = played(game, policies, episodes=EPISODES, seed=derived_seed(0, "team_defence"))[:, 0]
    row = (name, way, seed, found.decisions, returns.mean(), returns.std(ddof=1) / EPISODES**0.5, round(time.monotonic() - started, 1))
    return dict(zip(HEADER, row, strict=True))


def interval(scores: np.ndarray) -> str:
    """Mean and 95% Student's t interval over seeds, f8 [n]."""
    return f"{scores.mean():.3f} ± {half_width(float(scores.std(ddof=1) / len(scores) ** 0.5), len(scores)):.3f}"


def random_play(name: str) -> float:
    """What random defenders earn, for comparison."""
    kind, parameters, words = GAMES[name]
    game = gamesolve.load_game(kind, **parameters)
    policies = {"defender": ScriptedPolicy.named(game, "defender", "random"), "attacker": attackers(game, words)}
    return float(played(game, policies, episodes=EPISODES, seed=derived_seed(0, "team_defence"))[:, 0].mean())


def table() -> str:
    """The rows as a Markdown table."""
    rows, lines = rows_in(ROWS), ["| game | way | seeds | return of the team | more than independent |", "|---|---|---|---|---|"]
    for name in GAMES:
        own = {way: {int(r["seed"]): float(r["mean"]) for r in rows if (r["game"], r["way"]) == (name, way)} for way in WAYS}
        lines.append(f"| {name} | random play | | {random_play(name):.3f} | |")
        base = own["independent (IPPO)"]
        for way, scores in own.items():
            both = sorted(set(scores) & set(base))
            paired = np.array([scores[seed] - base[seed] for seed in both])
            more = interval(paired) if way != "independent (IPPO)" and len(both) > 1 else ""
            shown = interval(np.array(list(scores.values()))) if len(scores) > 1 else ""
            lines.append(f"| {name} | {way} | {len(scores)} | {shown} | {more} |")
    return "\n".join(lines)


def main() -> None:
    """Do what is missing, and write the report."""
    parser = argparse.ArgumentParser(prog="python -m gamesolve.analyses.team_defence", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=SEEDS, help="trainings of each way")
    seeds = parser.parse_args().seeds
    known = {(row["game"], row["way"], int(row["seed"])) for row in rows_in(ROWS)}
    for seed in range(seeds):
        for name in GAMES:
            for way in WAYS:
                if (name, way, seed) not in known:
                    row = trained(name, way, seed)
                    keep(ROWS, HEADER, [row], instead=lambda _: False, order=lambda _: 0)
                    print(f"{name}, {way}, seed {seed}: {row['mean']:.3f} in {row['seconds']} s", file=sys.stderr, flush=True)
    settings = (
        f"PPO with its default settings on present signals, {BUDGET:,} decisions a training; {EPISODES:,} fresh episodes, common to all."
    )
    note = f"{settings} ± is half a 95% Student's t interval over seeds; differences are paired by seed."
    games = "\n".join(f"- {name}: {gamesolve.load_game(k, **p)} against {', '.join(words)}" for name, (k, p, words) in GAMES.items())
    text = f"# Team defence\n{(__doc__ or '').strip()}\n\n{table()}\n\n{note}\n\n{games}\n"
    REPORT.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
