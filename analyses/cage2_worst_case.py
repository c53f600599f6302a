"""How low do attackers that adapt bring each defender of CAGE Challenge 2?

`python -m gamesolve.analyses.cage2_worst_case` looks for the strongest attacker of every defender by two families of responders (PPO and
DQN) at equal budgets, and for the strongest defenders against the equilibrium attackers; then plays everything that was found for one
policy against all. `--only ROLE:NAME ...` picks policies, so that two can be looked at side by side. Trainings are kept: what was stopped
goes on where it was. `analyses/cage2_worst_case.csv` has the return against the budget of each family, `analyses/cage2_crossed.csv` every
defender against every attacker, and `analyses/cage2_worst_case.md` what follows.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gamesolve.analyses.cage2_equilibrium import RESPONSE, SCENES, Scene
from gamesolve.analyses.kept import keep, rows_in
from gamesolve.base.seeds import derived_seed
from gamesolve.cli.progress import progress_display
from gamesolve.evaluate.exploitability import Search, search
from gamesolve.evaluate.resolve import resolve
from gamesolve.evaluate.sampled import half_width
from gamesolve.learners.candidates import best, played
from gamesolve.learners.task import others_loss
from gamesolve.policies.files import CARD, load_policy, save_policy
from gamesolve.solve.watch import Watch
from gamesolve.train.log import Shelf

REPORT, CURVES = Path(__file__).with_suffix(".md"), Path(__file__).with_suffix(".csv")
CROSSED = CURVES.with_name("cage2_crossed.csv")
RUNS = Path("runs") / "cage2_worst_case"
CURVE = ("scene", "role", "policy", "responder", "decisions", "opponent", "mean", "lower", "upper")
CELL = ("scene", "defender", "attacker", "validation", "mean", "standard_error")
#: Of each training of a responder; episodes on which opponents are compared, and fresh ones.
BUDGET, VALIDATION, EPISODES = 6_000_000, 1_000, 4_000
RESPONDERS: dict[str, dict[str, Any]] = {
    "ppo": RESPONSE,
    "dqn": {"memory": "last", "batch": 512, "rollout": 8_192, "minibatch": 2_048, "replays": 2.0, "replay": 500_000},
}
#: Defenders that are no equilibrium's, and the attackers of the original.
DEFENDERS = ("vec_restore", "hand_rule", "specialist_b_line", "specialist_meander", "generalist")
ATTACKERS = ("b_line", "meander")
OTHER = {"defender": "attacker", "attacker": "defender"}


def judged(scene: Scene) -> list[tuple[str, str]]:
    """Whose worst case is looked for: role and name."""
    return [*(("defender", name) for name in (*DEFENDERS, *scene.equilibria)), *(("attacker", name) for name in scene.equilibria)]


def policy_of(scene: Scene, role: str, name: str) -> Any:
    """A policy by its name in the tables: of the game's, an equilibrium's, or one that was found (`ppo against NAME`)."""
    responder, against, found = name.partition(" against ")
    if against:
        return load_policy(RUNS / scene.name / f"{OTHER[role]}-{found}" / responder)
    return scene.equilibrium(name, role) if name in scene.equilibria else resolve(scene.problem, name, role)[role]


def look(scene: Scene, role: str, name: str) -> None:
    """Look for the worst case of a policy; keep its curves, and the best that each family has found."""
    folder, other = RUNS / scene.name / f"{role}-{name}", OTHER[role]
    how = Search(tuple(RESPONDERS), BUDGET, 1, validation=VALIDATION, settings=RESPONDERS)
    seed = derived_seed(0, "cage2_worst_case", scene.name, role, name)
    with progress_display(quiet=False) as progress:
        found = search(
            scene.problem.playable, role, policy_of(scene, role, name), how, objective=others_loss(other), episodes=EPISODES, seed=seed,
            watch=Watch(0.0, progress=progress), shelf=Shelf(folder / "trainings"),
        )  # fmt: skip
    for responder in RESPONDERS:
        save_policy(best([one for one in found.tried if one.candidate.learner == responder]).policy, folder / responder)
    rows = [
        (scene.name, role, name, one.responder, one.decisions, one.opponent, f"{one.mean:.3f}", f"{one.lower:.3f}", f"{one.upper:.3f}")
        for one in found.curve
    ]
    keep(
        CURVES, CURVE, [dict(zip(CURVE, row, strict=True)) for row in rows],
        instead=lambda row: (row["scene"], row["role"], row["policy"]) == (scene.name, role, name),
        order=lambda row: (*_place(row), row["responder"], int(row["decisions"])),
    )  # fmt: skip


def _place(row: dict[str, str]) -> tuple[int, int]:
    known, one = judged(SCENES[row["scene"]]), (row["role"], row["policy"])
    return list(SCENES).index(row["scene"]), known.index(one) if one in known else len(known)


def columns(scene: Scene, role: str) -> list[str]:
    """All policies of a role that are played against all of the other: those that were there, equilibria's, and those found."""
    there = DEFENDERS if role == "defender" else ATTACKERS
    found = [
        f"{responder} against {name}"
        for one, name in judged(scene)
        for responder in RESPONDERS
        if one == OTHER[role] and (RUNS / scene.name / f"{one}-{name}" / responder / CARD).is_file()
    ]
    return [*there, *scene.equilibria, *found]


def cross(scene: Scene) -> Iterator[tuple[Any, ...]]:
    """Every defender against every attacker: the mean of validation episodes, and that of fresh ones with its standard error."""
    attackers = {name: policy_of(scene, "attacker", name) for name in columns(scene, "attacker")}
    for name in columns(scene, "defender"):
        defender = policy_of(scene, "defender", name)
        for other, attacker in attackers.items():
            tried, fresh = (
                played(
                    scene.problem.playable, {"defender": defender, "attacker": attacker}, episodes=episodes,
                    seed=derived_seed(0, "cage2_crossed", what, scene.name, other),
                )[:, 0]
                for what, episodes in (("validation", VALIDATION), ("test", EPISODES))
            )  # fmt: skip
            error = fresh.std(ddof=1) / EPISODES**0.5
            yield scene.name, name, other, f"{tried.mean():.3f}", f"{fresh.mean():.3f}", f"{error:.3f}"
        print(f"{scene.name}: {name} against {len(attackers)} attackers", file=sys.stderr, flush=True)


def worst(rows: list[dict[str, str]], defender: str) -> dict[str, str]:
    """The row of a defender's worst case: the attacker is chosen by the validation episodes."""
    return min((row for row in rows if row["defender"] == defender), key=lambda row: float(row["validation"]))


def strongest(rows: list[dict[str, str]], attacker: str) -> dict[str, str]:
    """The row of the defender that does best against an attacker, chosen alike."""
    return max((row for row in rows if row["attacker"] == attacker), key=lambda row: float(row["validation"]))


def exploitability(rows: list[dict[str, str]], name: str) -> tuple[float, float]:
    """Half of what both roles can gain against a profile at least, and its standard error: (max u(d, K) - min u(D, k)) / 2."""
    high, low = strongest(rows, name), worst(rows, name)
    error = (float(high["standard_error"]) ** 2 + float(low["standard_error"]) ** 2) ** 0.5
    return (float(high["mean"]) - float(low["mean"])) / 2.0, error / 2.0


def table(scene: Scene) -> list[str]:
    """What each defender earns against the original's attackers, against those of its own search, and against all that were found."""
    rows = [row for row in rows_in(CROSSED) if row["scene"] == scene.name]
    curves = [row for row in rows_in(CURVES) if row["scene"] == scene.name and row["role"] == "defender"]
    lines = [
        "| defender | B_line | Meander | PPO at most | DQN at most | all found, at most | by |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in [*DEFENDERS, *scene.equilibria]:
        own = {row["attacker"]: row for row in rows if row["defender"] == name}
        if not own:
            continue
        ends = [
            max((r for r in curves if (r["policy"], r["responder"]) == (name, one)), key=lambda r: int(r["decisions"]))
            for one in RESPONDERS
        ]
        low = worst(rows, name)
        at_most = float(low["mean"]) + half_width(float(low["standard_error"]), EPISODES, one_sided=True)
        shown = [f"{float(own[one]['mean']):.2f}" for one in ATTACKERS] + [f"{float(end['upper']):.2f}" for end in ends]
        lines.append(f"| {name} | {' | '.join(shown)} | **{at_most:.2f}** | {low['attacker']} |")
    return lines


def written() -> str:
    """The report."""
    lines = ["# Defenders of CAGE Challenge 2 against attackers that adapt", "", *(__doc__ or "").strip().splitlines()[2:], ""]
    for scene in SCENES.values():
        rows = [row for row in rows_in(CROSSED) if row["scene"] == scene.name]
        if not rows:
            continue
        lines += [f"## Preset {scene.preset}, {scene.horizon} steps", "", *table(scene), ""]
        for name in scene.equilibria:
            if any(row["attacker"] == name for row in rows):
                found, error = exploitability(rows, name)
                lines += [
                    f"The profile of {name} is exploitable by {found:.2f} ± {error:.2f} at least (standard error): the defender "
                    f"{strongest(rows, name)['defender']} against its attacker, {worst(rows, name)['attacker']} against its defender.",
                    "",
                ]
    lines += [
        f"Returns of the defender. Each training of a responder has {BUDGET / 1e6:.0f} million decisions of both sides; attackers are "
        f"chosen on {VALIDATION:,} episodes and measured on {EPISODES:,} fresh ones; *at most* is the end of a one-sided 95% "
        "interval, and says nothing of attackers that nobody has found.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Do what is missing, or what is named, and write the report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("scenes", nargs="*", metavar="SCENE", help=f"of {', '.join(SCENES)}; all unless given")
    parser.add_argument("--only", action="append", metavar="ROLE:NAME", help="a policy to look at; all that are missing unless given")
    given = parser.parse_args()
    if unknown := [one for one in given.scenes if one not in SCENES]:
        sys.exit(f"cage2_worst_case: unknown scene {unknown[0]!r}; scenes are {', '.join(SCENES)}")
    for scene in (SCENES[name] for name in given.scenes or SCENES):
        known = {(row["role"], row["policy"]) for row in rows_in(CURVES) if row["scene"] == scene.name}
        for role, name in judged(scene):
            if f"{role}:{name}" in given.only if given.only else (role, name) not in known:
                look(scene, role, name)
        if not given.only:
            cells = [dict(zip(CELL, one, strict=True)) for one in cross(scene)]
            place = lambda row: list(SCENES).index(row["scene"])  # noqa: E731
            keep(CROSSED, CELL, cells, instead=lambda row, name=scene.name: row["scene"] == name, order=place)
    REPORT.write_text(written(), encoding="utf-8")


if __name__ == "__main__":
    main()
