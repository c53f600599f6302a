"""Do shaping, warm starts and several responses an iteration help policy-space response oracles on CAGE Challenge 2?

`python -m gamesolve.analyses.cage2_helps` runs PSRO on the preset debugged over 30 steps without any of them, with each alone, and with
all, for several seeds. In every iteration each role has two trainings; a warm start takes the place of one from fresh weights as soon as
there is a network to start from. All arms of a seed are then judged in one game: that of all policies that any of them has found and of
responses, all of one budget, to the last mixtures of each (after Wright, Wang and Wellman 2019). What its best responses gain against an
iteration's mixtures bounds their exploitability from below; they are chosen on one half of the episodes and measured on the other.

`--seeds` says how many; what is there is not done again, and a run that was stopped goes on where it was. `analyses/cage2_helps.csv` has a
row an iteration, `analyses/cage2_helps.md` the answer. (The question is that of Palmer et al. 2025, arXiv 2501.19206.)
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np

import gamesolve
from gamesolve.analyses.cage2_equilibrium import RESPONSE, SCENES
from gamesolve.analyses.kept import keep, refuse_other, rows_in
from gamesolve.base.ledger import read_journal
from gamesolve.base.runs import CONFIG, is_complete
from gamesolve.base.seeds import derived_seed
from gamesolve.cli.progress import progress_display
from gamesolve.evaluate.exploitability import Search, search
from gamesolve.evaluate.sampled import half_width
from gamesolve.learners.candidates import best
from gamesolve.learners.task import others_loss, roles_of
from gamesolve.psro.meta_game import Block
from gamesolve.psro.payoff_table import play_block
from gamesolve.solve.population_folder import mixtures_of, read_members
from gamesolve.solve.watch import Watch
from gamesolve.train.log import Shelf

REPORT, ROWS = Path(__file__).with_suffix(".md"), Path(__file__).with_suffix(".csv")
HEADER = ("arm", "seed", "iteration", "decisions", "exploitability", "worst_case", "best_against")
RUNS = Path("runs") / "cage2_helps"
SCENE = SCENES["debugged-30"]
#: What every run begins with.
KNOWN = ("hand_rule", "b_line", "meander")
ARMS: dict[str, dict[str, Any]] = {
    "none": {"seeds": 2, "warm": False},
    "warm starts": {"seeds": 1, "warm": True},
    "shaping": {"seeds": 2, "warm": False, "shaping": True},
    "several responses": {"seeds": 2, "warm": False, "responses": 2},
    "all three": {"seeds": 1, "warm": True, "shaping": True, "responses": 2},
}
SETTINGS: dict[str, Any] = {
    "oracles": ("ppo", "scripted"), "budget": 1_000_000, "validation": 500, "episodes": 2_000, "entry": 500,
    "ppo": {**RESPONSE, "rollout": 8_192, "batch": 256},
}  # fmt: skip
ITERATIONS, SEEDS = 8, 5
#: Decisions of each response by which the last mixtures are judged.
JUDGE = 2_000_000
#: Of each pair of policies in the game of all, half to choose responses and half to measure them.
EPISODES = 200


def folder_of(arm: str, seed: int) -> Path:
    """Of a run."""
    return RUNS / f"{arm.replace(' ', '_')}-{seed}"


def run(arm: str, seed: int) -> None:
    """One run of PSRO, to its end."""
    folder = folder_of(arm, seed)
    with progress_display(quiet=False) as progress:
        refuse_other(folder / CONFIG, {"settings": {**SETTINGS, **ARMS[arm]}, "iterations": ITERATIONS, "seed": seed})
        if is_complete(folder):
            return
        if (folder / CONFIG).is_file():
            gamesolve.resume(folder, progress=progress)
            return
        gamesolve.solve(
            SCENE.problem, "psro", settings={**SETTINGS, **ARMS[arm]}, known=KNOWN, iterations=ITERATIONS, gap=0.0, seed=seed, out=folder,
            progress=progress,
        )  # fmt: skip


def responses(arm: str, seed: int) -> tuple[Any, Any]:
    """A response of each role to the last mixture of the other, by a training that all arms have alike."""
    game, folder = SCENE.problem.playable, folder_of(arm, seed)
    members = read_members(folder, roles_of(game))
    mixtures = mixtures_of((members["defender"], members["attacker"]), read_journal(folder)[-1])
    how, found = Search(("ppo",), JUDGE, 1, validation=SETTINGS["validation"], settings={"ppo": SETTINGS["ppo"]}), list[Any]()
    for role, other, opponent in zip(roles_of(game), roles_of(game)[::-1], mixtures[::-1], strict=True):
        options: dict[str, Any] = {"objective": others_loss(role), "episodes": 2, "seed": derived_seed(seed, "cage2_helps", role)}
        one = search(game, other, opponent, how, **options, watch=Watch(0.0), shelf=Shelf(folder / "judging" / role))
        found.append(best([tried for tried in one.tried if tried.candidate.learner]).policy)
    return found[0], found[1]


def judged(seed: int) -> list[tuple[Any, ...]]:
    """The rows of all arms of a seed, in the game of all that was found."""
    game = SCENE.problem.playable
    found = {arm: read_members(folder_of(arm, seed), roles_of(game)) for arm in ARMS}
    pool: list[list[Any]] = [[policy for own in found.values() for _, policy in own[role]] for role in roles_of(game)]
    for arm in ARMS:
        for members, response in zip(pool, responses(arm, seed), strict=True):
            members.append(response)
    d, k = map(len, pool)
    block = Block(np.arange(d), np.arange(k), 0, EPISODES)
    returns = play_block(game, (pool[0], pool[1]), block, seed=derived_seed(seed, "cage2_helps"))[..., 0]
    halves = returns[: EPISODES // 2].mean(axis=0), returns[EPISODES // 2 :].mean(axis=0)
    rows, first = list[tuple[Any, ...]](), [0, 0]
    for arm, own in found.items():
        for row in read_journal(folder_of(arm, seed)):
            weights = [row["roles"][role]["weights"] for role in roles_of(game)]
            zero, one = (_over(total, start, said) for total, start, said in zip((d, k), first, weights, strict=True))
            worst, best_against = restricted(*halves, zero, one)
            numbers = (f"{number:.3f}" for number in ((best_against - worst) / 2.0, worst, best_against))
            rows.append((arm, seed, row["iteration"], row["decisions"], *numbers))
        first = [start + len(own[role]) for start, role in zip(first, roles_of(game), strict=True)]
    return rows


def restricted(tried: np.ndarray, fresh: np.ndarray, zero: np.ndarray, one: np.ndarray) -> tuple[float, float]:
    """What mixtures f8 [D] and f8 [K] come to in a restricted game: the defender's worst case, and the most that is had of the attacker.

    Args:
        tried, fresh: f8 [D, K], mean returns of the defender on the episodes by which responses are chosen, and on those that measure them.
    """
    worst, best_against = int(np.argmin(zero @ tried)), int(np.argmax(tried @ one))
    return float(zero @ fresh[:, worst]), float(fresh[best_against] @ one)


def _over(total: int, start: int, weights: list[float]) -> np.ndarray:
    """An arm's weights over all policies of the game, f8 [total]."""
    found = np.zeros(total)
    found[start : start + len(weights)] = weights
    return found


def interval(scores: np.ndarray) -> str:
    """Mean and half of a 95% Student's t interval over seeds, f8 [n]."""
    if len(scores) < 2:
        return f"{scores.mean():.2f}"
    return f"{scores.mean():.2f} ± {half_width(float(scores.std(ddof=1) / len(scores) ** 0.5), len(scores)):.2f}"


def table() -> list[str]:
    """The last iteration of each arm, over seeds."""
    rows = rows_in(ROWS)
    titles = "", "exploitable by at least", "less than with none", "worst case of the defender", "decisions, millions"
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    last = {(row["arm"], row["seed"]): row for row in rows}
    seeds = sorted({row["seed"] for row in rows})
    score = lambda arm, what: np.array([float(last[arm, seed][what]) for seed in seeds])  # noqa: E731
    for arm in ARMS:
        less = "" if arm == "none" else interval(score("none", "exploitability") - score(arm, "exploitability"))
        shown = interval(score(arm, "exploitability")), less, interval(score(arm, "worst_case"))
        lines.append(f"| {arm} | {' | '.join(shown)} | {score(arm, 'decisions').mean() / 1e6:.1f} |")
    return [*lines, "", f"{len(seeds)} seeds; ± is half of a 95% Student's t interval over them, differences are paired by seed."]


def main() -> None:
    """Do what is missing, and write the report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=SEEDS, help="runs of each arm")
    parser.add_argument("--only", type=int, metavar="SEED", help="this seed alone, so that several processes share the work")
    given = parser.parse_args()
    known = {int(row["seed"]) for row in rows_in(ROWS)}
    for seed in range(given.seeds) if given.only is None else [given.only]:
        if seed in known:
            continue
        for arm in ARMS:
            run(arm, seed)
            print(f"{arm}, seed {seed}: done", file=sys.stderr, flush=True)
        rows = [dict(zip(HEADER, row, strict=True)) for row in judged(seed)]
        place = lambda row: (int(row["seed"]), list(ARMS).index(row["arm"]), int(row["iteration"]))  # noqa: E731
        keep(ROWS, HEADER, rows, instead=lambda row, now=str(seed): row["seed"] == now, order=place)
    text = ["# What helps PSRO on CAGE Challenge 2", "", *(__doc__ or "").strip().splitlines()[2:], "", *table(), ""]
    REPORT.write_text("\n".join(text), encoding="utf-8")


if __name__ == "__main__":
    main()
