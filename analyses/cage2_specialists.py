"""How good are learned defenders of CAGE Challenge 2 against the attackers that they were trained against?

`python -m gamesolve.analyses.cage2_specialists` trains a defender against B_line, one against Meander and a generalist against both,
without being told which, in stages of less than 40 minutes of one core (`STAGE ...` picks some, so that two can run side by side). A stage
that was stopped goes on where it was. What is learnt ships with the game as a trained policy of the stage's name, and earns, on 2,000 fresh
episodes each, what `analyses/cage2_specialists.csv` says; `analyses/cage2_specialists.md` is the table. Episodes are of 100 steps, the
defects of the original kept. Decisions are those of both sides; minutes are of one core.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import gamesolve
from gamesolve import games
from gamesolve.analyses.kept import keep, rows_in
from gamesolve.base.runs import CONFIG
from gamesolve.base.seeds import derived_seed
from gamesolve.evaluate.resolve import resolve
from gamesolve.learners.candidates import Tried, played
from gamesolve.learners.training import MARKS
from gamesolve.policies.files import save_policy
from gamesolve.train import Trained, resume
from gamesolve.views.problem import problem_of

REPORT, ROWS = Path(__file__).with_suffix(".md"), Path(__file__).with_suffix(".csv")
RUNS = Path("runs") / "cage2_specialists"
HEADER = ("defender", "attacker", "episodes", "mean", "standard_error", "decisions", "minutes")
ATTACKERS = ("b_line", "meander")
#: What each is trained against, and the decisions that it takes.
STAGES: dict[str, tuple[tuple[str, ...], int]] = {
    "specialist_b_line": (("b_line",), 60_000_000),
    "specialist_meander": (("meander",), 60_000_000),
    "generalist": (ATTACKERS, 90_000_000),
}
#: Of PPO: large rollouts of many episodes, whose gradients are less noisy, and a small bonus for entropy, as rewards come at every step.
SETTINGS = {
    "memory": "last", "rollout": 32_768, "batch": 512, "minibatch": 2_048, "epochs": 2, "learning_rate": 0.003, "entropy": 0.02,
}  # fmt: skip
HORIZON, EPISODES, VALIDATION = 100, 2_000, 2_000
#: By hand, for comparison.
HAND = ("hand_rule", "vec_restore")


def game() -> Any:
    """The original challenge, 100 steps."""
    return gamesolve.load_game("cage2", horizon=HORIZON)


def trained(stage: str) -> Trained:
    """The training of a stage, from where it was."""
    against, budget = STAGES[stage]
    folder = RUNS / stage
    if (folder / CONFIG).is_file():
        return resume(folder)
    options: dict[str, Any] = {"settings": SETTINGS, "budget": budget, "patience": MARKS, "validation": VALIDATION, "episodes": EPISODES}
    return gamesolve.train(game(), "defender", list(against), out=folder, **options)


def measured(policy: Any, attacker: str) -> tuple[float, float]:
    """Mean total of the defender, and its standard error, on fresh episodes."""
    cage2 = problem_of(game())
    opponent = resolve(cage2, attacker, "attacker")["attacker"]
    seed = derived_seed(0, "cage2_specialists", attacker)
    returns = played(cage2.playable, {"defender": policy, "attacker": opponent}, episodes=EPISODES, seed=seed)[:, 0]
    return float(returns.mean()), float(returns.std(ddof=1) / EPISODES**0.5)


def rows_of(defender: str, policy: Any, decisions: int, minutes: float) -> list[dict[str, Any]]:
    """What a defender earns against each attacker."""
    found = [(attacker, *measured(policy, attacker)) for attacker in ATTACKERS]
    return [
        dict(zip(HEADER, (defender, attacker, EPISODES, f"{mean:.3f}", f"{error:.3f}", decisions, f"{minutes:.1f}"), strict=True))
        for attacker, mean, error in found
    ]


def work(stage: str) -> list[dict[str, Any]]:
    """Train, let the policy ship with the game, and measure it."""
    found = trained(stage)
    best: Tried = max((one for one in found.tried if one.candidate.learner and not one.failed), key=lambda one: one.mean)
    rows = rows_of(stage, best.candidate.policy, found.decisions, found.seconds / 60.0)
    about = {
        "trained": "PPO, by python -m gamesolve.analyses.cage2_specialists",
        "against": list(STAGES[stage][0]),
        "parameters": {"horizon": HORIZON, "preset": "original"},
        "decisions": found.decisions,
        "earns": {row["attacker"]: f"{row['mean']} ± {row['standard_error']} (standard error, {EPISODES:,} episodes)" for row in rows},
        "limits": "nothing is known of how it fares against attackers that adapt to it; 'gamesolve evaluate cage2' looks for them",
    }
    save_policy(best.candidate.policy, Path(games.__path__[0]) / "cage2" / "policies" / "defender" / stage, about=about)
    return rows


def keep_rows(defender: str, rows: list[dict[str, Any]]) -> None:
    """Put a defender's rows in the place of those that it had."""
    names = [*HAND, *STAGES]
    place = lambda row: (names.index(row["defender"]), row["attacker"])  # noqa: E731
    keep(ROWS, HEADER, rows, instead=lambda row: row["defender"] == defender, order=place)
    REPORT.write_text(written(rows_in(ROWS)), encoding="utf-8")


def written(rows: list[dict[str, Any]]) -> str:
    """The report."""
    lines = []
    for defender in dict.fromkeys(row["defender"] for row in rows):
        own = {row["attacker"]: row for row in rows if row["defender"] == defender}
        cells = [f"{float(own[one]['mean']):.2f} ± {float(own[one]['standard_error']):.2f}" for one in ATTACKERS]
        first = own[ATTACKERS[0]]
        cost = f"{int(first['decisions']) / 1e6:.0f} million | {first['minutes']}" if int(first["decisions"]) else "- | -"
        lines.append(f"| {defender} | {' | '.join(cells)} | {cost} |")
    return "\n".join(
        [
            "# Learned defenders of CAGE Challenge 2 against the attackers of their training",
            "",
            *(__doc__ or "").strip().splitlines()[2:],
            "",
            "| defender | B_line | Meander | decisions | minutes |",
            "|---|---|---|---|---|",
            *lines,
            "",
            f"Mean totals ± one standard error over {EPISODES:,} episodes. A specialist that is good against one attacker says nothing of "
            "what it is worth against another, or against one that adapts to it.",
            "",
        ]
    )


def main() -> None:
    """Do what is missing, or the stages that are named, and write the report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("stages", nargs="*", metavar="STAGE", help=f"of {', '.join(STAGES)}; all that are missing unless given")
    stages = parser.parse_args().stages
    if unknown := [stage for stage in stages if stage not in STAGES]:
        sys.exit(f"cage2_specialists: unknown stage {unknown[0]!r}; stages are {', '.join(STAGES)}")
    known = {row["defender"] for row in rows_in(ROWS)}
    for defender in (name for name in HAND if name not in known):
        policy = resolve(problem_of(game()), defender, "defender")["defender"]
        keep_rows(defender, rows_of(defender, policy, 0, 0.0))
    for stage in stages or [name for name in STAGES if name not in known]:
        keep_rows(stage, work(stage))
        for row in rows_in(ROWS):
            if row["defender"] == stage:
                print(f"{stage} against {row['attacker']}: {row['mean']} ± {row['standard_error']}")


if __name__ == "__main__":
    main()
