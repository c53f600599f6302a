"""What are equilibrium play of CAGE Challenge 2 and its price, as far as learning finds them?

`python -m gamesolve.analyses.cage2_equilibrium` computes both roles' mixtures by policy-space response oracles (`psro`) and by regularised
self-play (`mmd`), in each scene: a preset and a horizon. `SCENE-METHOD ...` picks some. A computation works for at most 40 minutes at a
time, and goes on where it was when it is named again.

Exploitability is known from below only, by the responses of the run itself: that compares the iterations of a run. Runs are compared by
`gamesolve.analyses.cage2_worst_case`, with equal budgets for all.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

import gamesolve
from gamesolve.analyses.cage2_specialists import SETTINGS
from gamesolve.analyses.kept import Row, keep, refuse_other, rows_in
from gamesolve.base.errors import GamesolveError, UnfinishedError
from gamesolve.base.files import read_object
from gamesolve.base.ledger import read_journal
from gamesolve.base.runs import CONFIG, RESULT, is_complete
from gamesolve.cli.progress import progress_display
from gamesolve.policies.files import load_policy
from gamesolve.policies.mixture import Mixture
from gamesolve.views.problem import Problem, problem_of

REPORT, ROWS = Path(__file__).with_suffix(".md"), Path(__file__).with_suffix(".csv")
CELLS = ROWS.with_name("cage2_meta_game.csv")
COURSE = (
    "scene", "method", "iteration", "decisions", "exploitability", "gain_defender", "error_defender", "gain_attacker", "error_attacker",
)  # fmt: skip
META = ("scene", "method", "defender", "defender_weight", "attacker", "attacker_weight", "mean", "standard_error", "episodes")
RUNS = Path("runs") / "cage2_equilibrium"
#: Weight from which a policy counts as mixed; others are left out of what is judged and ships.
LEAST = 0.01
#: Seconds that a computation works at a time.
SITTING = 2_400.0
#: Policies with which the populations of `psro` begin.
KNOWN = ("hand_rule", "specialist_b_line", "specialist_meander", "generalist", "b_line", "meander")
#: Of PPO, for responses: smaller rollouts than those of the specialists, as these have fewer decisions.
RESPONSE = {**SETTINGS, "rollout": 16_384}
#: Of self-play: much entropy for long. With less both roles settle on one way of attack, and others (B_line's too) are wide open then.
PLAY = {"memory": "last", "rollout": 16_384, "batch": 512, "minibatch": 2_048, "entropy": 0.2, "kl": 0.1}
PSRO: dict[str, Any] = {"oracles": ("ppo", "scripted"), "budget": 4_000_000, "validation": 1_000, "episodes": 4_000, "ppo": RESPONSE}


@dataclass(frozen=True)
class Method:
    """How an equilibrium is computed.

    Attributes:
        method: of `gamesolve.solve`, with its settings and iterations.
        known: policies with which populations begin.
    """

    method: str
    settings: dict[str, Any]
    iterations: int
    known: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scene:
    """A preset and a horizon.

    Attributes:
        equilibria: by name, how each is computed.
    """

    preset: str
    horizon: int
    equilibria: dict[str, Method] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """As in the tables."""
        return f"{self.preset}-{self.horizon}"

    @cached_property
    def problem(self) -> Problem:
        """What is solved."""
        return problem_of(gamesolve.load_game("cage2", preset=self.preset, horizon=self.horizon))

    def folder(self, name: str) -> Path:
        """Of the run of one of its equilibria."""
        return RUNS / f"{self.name}-{name}"

    def is_computed(self, name: str) -> bool:
        """Whether one of its equilibria is there."""
        return is_complete(self.folder(name))

    def equilibrium(self, name: str, role: str) -> Any:
        """A role's policy in one of its equilibria, a mixture of those that are mixed; raises GamesolveError where it is not computed."""
        if not self.is_computed(name):
            raise GamesolveError(f"{self.name}-{name} is not computed; python -m gamesolve.analyses.cage2_equilibrium does it")
        return often_drawn(load_policy(self.folder(name) / "policies" / role))


def often_drawn(policy: Any) -> Any:
    """A mixture without members that are hardly ever drawn; one that is left alone by itself."""
    assert isinstance(policy, Mixture)  # as runs of PSRO keep them
    often = np.flatnonzero(policy.weights >= LEAST)
    members = tuple(policy.policies[n] for n in often.tolist())
    return members[0] if len(members) == 1 else Mixture(members, policy.weights[often] / policy.weights[often].sum())


def mmd(decisions: int) -> Method:
    """Self-play of so many decisions, and an iteration of responses to what it came to."""
    return Method("mmd", {**PSRO, "self_play": decisions, "play": PLAY}, 1)


SCENES = {
    scene.name: scene
    for scene in (
        Scene(
            "debugged",
            30,
            {
                "psro": Method("psro", PSRO, 12, KNOWN),
                "mmd": mmd(120_000_000),
            },
        ),
        Scene("original", 30, {"mmd": mmd(120_000_000)}),
        # As many episodes of more than three times the length.
        Scene("original", 100, {"mmd": mmd(400_000_000)}),
    )
}


def solved(scene: Scene, name: str, workers: int | None) -> Any:
    """The solution, from where it was.

    Raises:
        GamesolveError: what there is of it was begun with other settings.
        UnfinishedError: not even an iteration was done in this sitting, which is kept all the same.
    """
    how, folder = scene.equilibria[name], scene.folder(name)
    options: dict[str, Any] = {"time_limit": SITTING, "workers": workers}
    with progress_display(quiet=False) as progress:
        if (folder / CONFIG).is_file():
            refuse_other(folder / CONFIG, {"method": how.method, "settings": how.settings, "iterations": how.iterations, "seed": 0})
            return gamesolve.resume(folder, progress=progress, **options)
        return gamesolve.solve(
            scene.problem, how.method, settings=how.settings, known=how.known, iterations=how.iterations, gap=0.0, out=folder,
            progress=progress, **options,
        )  # fmt: skip


def iterations(scene: Scene, name: str) -> list[dict[str, Any]]:
    """A row for each iteration: what responses gained against the mixtures so far, and their exploitability at least."""
    folder = scene.folder(name)
    before = read_object(folder / RESULT)["decisions"] - read_journal(folder)[-1]["decisions"]
    rows = []
    for row in read_journal(folder):
        found = [row["roles"][role] for role in scene.problem.roles]
        gains = [f"{one[what]:.3f}" for one in found for what in ("gain", "standard_error")]
        facts = row["iteration"], before + row["decisions"], f"{row['exploitability']['lower']:.3f}", *gains
        rows.append(dict(zip(COURSE, (scene.name, name, *facts), strict=True)))
    return rows


def meta_game(scene: Scene, name: str) -> list[dict[str, Any]]:
    """A row for each pair of policies that are mixed: weights, mean return of the defender, and its standard error."""
    tables = scene.folder(name) / "tables"
    mixed = {(row["role"], row["number"]): row for row in rows_in(tables / "populations.csv") if float(row["weight"]) >= LEAST}
    rows = []
    for cell in rows_in(tables / "meta_game.csv"):
        pair = [mixed.get((role, cell[role])) for role in scene.problem.roles]
        if all(pair):
            said = [value for one in pair if one for value in (one["name"], f"{float(one['weight']):.3f}")]
            numbers = f"{float(cell['mean_defender']):.3f}", f"{float(cell['error_defender']):.3f}", cell["episodes"]
            rows.append(dict(zip(META, (scene.name, name, *said, *numbers), strict=True)))
    return rows


def keep_all(scene: Scene, name: str) -> None:
    """Keep what an equilibrium came to, in the tables and in the report."""
    mine = lambda row: (row["scene"], row["method"]) == (scene.name, name)  # noqa: E731
    place = lambda row: (row["scene"], row["method"])  # noqa: E731
    keep(ROWS, COURSE, iterations(scene, name), instead=mine, order=lambda row: (*place(row), int(row["iteration"])))
    keep(CELLS, META, meta_game(scene, name), instead=mine, order=place)
    REPORT.write_text(written(), encoding="utf-8")


def written() -> str:
    """The report."""
    lines = ["# Equilibria of CAGE Challenge 2", "", *(__doc__ or "").strip().splitlines()[2:], ""]
    course, cells = rows_in(ROWS), rows_in(CELLS)
    for where, name in dict.fromkeys((row["scene"], row["method"]) for row in course):
        own = [row for row in course if (row["scene"], row["method"]) == (where, name)]
        mixed = [row for row in cells if (row["scene"], row["method"]) == (where, name)]
        known = SCENES[where].equilibria[name].known
        begun = f"Populations begin with {', '.join(known)}, whose own decisions are not counted." if known else "It begins from nothing."
        lines += [f"## {where}, {name}", "", begun, "", *_course(own), "", *_matrix(mixed), ""]
    return "\n".join([*lines, "± is one standard error.", ""])


def _course(rows: list[Row]) -> list[str]:
    lines = ["| iteration | decisions, millions | exploitable by at least | gain of defender | gain of attacker |", "|---" * 5 + "|"]
    for row in rows:
        gains = " | ".join(f"{float(row[f'gain_{role}']):.2f} ± {float(row[f'error_{role}']):.2f}" for role in ("defender", "attacker"))
        lines.append(f"| {row['iteration']} | {int(row['decisions']) / 1e6:.0f} | {float(row['exploitability']):.2f} | {gains} |")
    return lines


def _matrix(rows: list[Row]) -> list[str]:
    attackers = dict.fromkeys((row["attacker"], row["attacker_weight"]) for row in rows)
    known = {(row["defender"], row["attacker"]): f"{float(row['mean']):.1f} ± {float(row['standard_error']):.1f}" for row in rows}
    lines = [
        "| mixed, with weight | " + " | ".join(f"{who} ({weight})" for who, weight in attackers) + " |",
        "|---" * (1 + len(attackers)) + "|",
    ]
    for who, weight in dict.fromkeys((row["defender"], row["defender_weight"]) for row in rows):
        lines.append(f"| {who} ({weight}) | " + " | ".join(known[who, one] for one, _ in attackers) + " |")
    return lines


def main() -> None:
    """Do what is missing, or what is named."""
    choices = {f"{scene.name}-{name}": (scene, name) for scene in SCENES.values() for name in scene.equilibria}
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("which", nargs="*", metavar="SCENE-METHOD", help=f"of {', '.join(choices)}; all that are missing unless given")
    parser.add_argument("--workers", type=int, default=None, help="processes; the cores unless given")
    given = parser.parse_args()
    if unknown := [one for one in given.which if one not in choices]:
        sys.exit(f"cage2_equilibrium: unknown {unknown[0]!r}; there are {', '.join(choices)}")
    for one in given.which or choices:
        scene, name = choices[one]
        try:
            if not scene.is_computed(name):
                solved(scene, name, given.workers)
        except UnfinishedError as error:
            print(f"{one}: {error}", file=sys.stderr)
        except GamesolveError as error:
            sys.exit(f"cage2_equilibrium: {error}")
        # What is not whole is no result.
        if scene.is_computed(name):
            keep_all(scene, name)
        else:
            print(f"{one} is not done yet; name it again to go on", file=sys.stderr)


if __name__ == "__main__":
    main()
