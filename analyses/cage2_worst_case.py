"""How low do attackers that adapt bring each defender of CAGE Challenge 2?

`python -m gamesolve.analyses.cage2_worst_case` looks for the strongest attacker of every defender by two families of responders (PPO and
DQN, one training each) at equal budgets, and for the strongest defenders against the equilibrium attackers; then plays everything that was
found for one policy against all. `SCENE ...` picks presets and horizons, `--only ROLE:NAME ...` policies, so that two processes can share
the work. What was stopped goes on where it was. `analyses/cage2_worst_case.csv` has the return against the budget of each family,
`analyses/cage2_cross_play.csv` every defender against every attacker, and `analyses/cage2_worst_case.md` what follows.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from gamesolve.analyses.cage2_equilibrium import RESPONSE, SCENES, Scene
from gamesolve.analyses.kept import Row, keep, refuse_other, rows_in
from gamesolve.base.bound import Bound
from gamesolve.base.errors import GamesolveError
from gamesolve.base.files import make_folder, write_json
from gamesolve.base.seeds import derived_seed
from gamesolve.cli.progress import progress_display
from gamesolve.evaluate.exploitability import Search, search
from gamesolve.evaluate.resolve import resolve
from gamesolve.evaluate.sampled import half_width
from gamesolve.learners.candidates import best, played
from gamesolve.learners.task import others_loss
from gamesolve.policies.files import CARD, load_policy, policy_digest, save_policy
from gamesolve.solve.population_folder import MEMBERS
from gamesolve.solve.watch import Watch
from gamesolve.train.log import Shelf

REPORT, CURVES = Path(__file__).with_suffix(".md"), Path(__file__).with_suffix(".csv")
CROSS_PLAY = CURVES.with_name("cage2_cross_play.csv")
RUNS = Path("runs") / "cage2_worst_case"
#: Returns are the defender's, `mean` with its standard error; `validation` is the mean of the episodes by which opponents are chosen.
CURVE = ("scene", "role", "policy", "responder", "decisions", "opponent", "mean", "standard_error")
ENTRY = ("scene", "defender", "attacker", "validation", "mean", "standard_error")
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
#: What policies are called in figures and cards, where that is not their name.
CALLED = {
    "mmd": "self-play (MMD)", "psro": "PSRO", "b_line": "B_line", "meander": "Meander", "specialist_b_line": "specialist for B_line",
    "specialist_meander": "specialist for Meander",
}  # fmt: skip
#: Equilibria whose runs end by looking for responses to them, and what such a response is called.
SELF_PLAY, OWN = "mmd", "the run's own response"
#: What a judged policy was found with, beside what was found.
ASKED = "asked.json"


def judged(scene: Scene) -> list[tuple[str, str]]:
    """Whose worst case is looked for: role and name."""
    return [*(("defender", name) for name in (*DEFENDERS, *scene.equilibria)), *(("attacker", name) for name in scene.equilibria)]


def policy_of(scene: Scene, role: str, name: str) -> Any:
    """A policy by its name in the tables: one of the game's, an equilibrium's, or a best response that was found (`ppo against NAME`).

    Raises:
        GamesolveError: it is not computed yet.
    """
    responder, against, found = name.partition(" against ")
    if responder == OWN:
        return own_response(scene, role, found)
    if against:
        return load_policy(RUNS / scene.name / f"{OTHER[role]}-{found}" / responder)
    return scene.equilibrium(name, role) if name in scene.equilibria else resolve(scene.problem, name, role)[role]


def own_response(scene: Scene, role: str, name: str) -> Any:
    """The response that the run of an equilibrium by self-play has found itself, from the weights of the role's own policy or fresh ones.

    Raises:
        GamesolveError: the equilibrium is not computed.
    """
    scene.equilibrium(name, role)
    newest = max((scene.folder(name) / MEMBERS).glob(f"{role}-*"), key=lambda path: int(path.name.rpartition("-")[2]))
    return load_policy(newest)


def words(name: str) -> str:
    """What a policy is called in figures and cards."""
    responder, against, policy = name.rpartition(" against ")
    said = "own run's response" if responder == OWN else responder.upper()
    return f"{said}{against}{CALLED.get(policy, policy.replace('_', ' '))}"


def is_found(scene: Scene, role: str, name: str) -> bool:
    """Whether the best responses to a policy are there, and their rows."""
    rows = any((row["scene"], row["role"], row["policy"]) == (scene.name, role, name) for row in rows_in(CURVES))
    return rows and all((RUNS / scene.name / f"{role}-{name}" / responder / CARD).is_file() for responder in RESPONDERS)


def find_responses(scene: Scene, role: str, name: str) -> None:
    """Look for best responses to a policy; keep their curves, and the best that each family has found.

    Raises:
        GamesolveError: what is kept of this search was found against another policy, or with other settings.
    """
    policy, folder, other = policy_of(scene, role, name), RUNS / scene.name / f"{role}-{name}", OTHER[role]
    asked = {"policy": policy_digest(policy), "budget": BUDGET, "responders": RESPONDERS}
    refuse_other(folder / ASKED, asked)
    make_folder(folder)
    write_json(folder / ASKED, asked)
    how = Search(tuple(RESPONDERS), BUDGET, 1, validation=VALIDATION, settings=RESPONDERS)
    seed = derived_seed(0, "cage2_worst_case", scene.name, role, name)
    with progress_display(quiet=False) as progress:
        found = search(
            scene.problem.playable, role, policy, how, objective=others_loss(other), episodes=EPISODES, seed=seed,
            watch=Watch(0.0, progress=progress), shelf=Shelf(folder / "trainings"),
        )  # fmt: skip
    for responder in RESPONDERS:
        save_policy(best([one for one in found.tried if one.candidate.learner == responder]).policy, folder / responder)
    rows = []
    for one in found.curve:
        error = (one.upper - one.lower) / 2.0 / half_width(1.0, EPISODES)
        mean = one.mean if role == "defender" else -one.mean
        rows.append((scene.name, role, name, one.responder, one.decisions, one.opponent, f"{mean:.3f}", f"{error:.3f}"))
    mine = lambda row: (row["scene"], row["role"], row["policy"]) == (scene.name, role, name)  # noqa: E731
    order = lambda row: (*_place(row), row["responder"], int(row["decisions"]))  # noqa: E731
    keep(CURVES, CURVE, [dict(zip(CURVE, row, strict=True)) for row in rows], instead=mine, order=order)
    # What was played by those that were there before is of others.
    words = {name, *(f"{responder} against {name}" for responder in RESPONDERS)}
    stale = lambda row: row["scene"] == scene.name and not words.isdisjoint((row["defender"], row["attacker"]))  # noqa: E731
    keep(CROSS_PLAY, ENTRY, [], instead=stale, order=_entry)


def _place(row: Row) -> tuple[int, int]:
    known, one = judged(SCENES[row["scene"]]), (row["role"], row["policy"])
    return list(SCENES).index(row["scene"]), known.index(one) if one in known else len(known)


def _entry(row: Row) -> tuple[int, int, int]:
    scene = SCENES[row["scene"]]
    names = [policies(scene, role) for role in OTHER]
    places = [own.index(row[role]) if row[role] in own else len(own) for own, role in zip(names, OTHER, strict=True)]
    return list(SCENES).index(row["scene"]), places[0], places[1]


def policies(scene: Scene, role: str) -> list[str]:
    """All policies of a role in cross-play: those that were there, equilibria's, best responses found, and those that runs have found."""
    there = DEFENDERS if role == "defender" else ATTACKERS
    found = [f"{responder} against {name}" for one, name in judged(scene) for responder in RESPONDERS if one == OTHER[role]]
    own = [f"{OWN} against {name}" for name, how in scene.equilibria.items() if how.method == SELF_PLAY]
    return [*there, *scene.equilibria, *found, *own]


def cross_play(scene: Scene) -> None:
    """Play every defender against every attacker, and keep the rows of each defender when they are whole.

    Every pair has episodes of its own, so that means of different pairs are independent.
    """
    attackers = {name: policy_of(scene, "attacker", name) for name in policies(scene, "attacker")}
    for name in policies(scene, "defender"):
        mine = lambda row, name=name: (row["scene"], row["defender"]) == (scene.name, name)  # noqa: E731
        known = {row["attacker"]: row for row in rows_in(CROSS_PLAY) if mine(row)}
        if list(known) == list(attackers):
            continue
        rows, defender = list[dict[str, Any]](), policy_of(scene, "defender", name)
        for other, attacker in attackers.items():
            if other in known:
                rows.append(dict(known[other]))
                continue
            seed, both = derived_seed(0, "cage2_cross_play", scene.name, name, other), {"defender": defender, "attacker": attacker}
            returns = played(scene.problem.playable, both, episodes=VALIDATION + EPISODES, seed=seed)[:, 0]
            tried, fresh = returns[:VALIDATION], returns[VALIDATION:]
            numbers = tried.mean(), fresh.mean(), fresh.std(ddof=1) / EPISODES**0.5
            rows.append(dict(zip(ENTRY, (scene.name, name, other, *(f"{number:.3f}" for number in numbers)), strict=True)))
        keep(CROSS_PLAY, ENTRY, rows, instead=mine, order=_entry)
        print(f"{scene.name}: {name} against {len(attackers)} attackers", file=sys.stderr, flush=True)


def scenes_played() -> list[Scene]:
    """The scenes of which there is cross-play; raises GamesolveError where there is none at all."""
    known = {row["scene"] for row in rows_in(CROSS_PLAY)}
    if not known:
        raise GamesolveError("nothing was played yet; python -m gamesolve.analyses.cage2_worst_case does it")
    return [scene for scene in SCENES.values() if scene.name in known]


def entries(scene: Scene) -> list[Row]:
    """The rows of a scene's cross-play; raises GamesolveError where there are none."""
    found = [row for row in rows_in(CROSS_PLAY) if row["scene"] == scene.name]
    if not found:
        raise GamesolveError(f"nothing was played in {scene.name}; python -m gamesolve.analyses.cage2_worst_case {scene.name} does it")
    return found


def best_response(rows: list[Row], role: str, name: str) -> Row:
    """The entry of the strongest opponent of a policy, who is chosen by the validation episodes."""
    own = [row for row in rows if row[role] == name]
    sign = 1.0 if role == "defender" else -1.0
    return min(own, key=lambda row: sign * float(row["validation"]))


def worst_case(rows: list[Row], role: str, name: str) -> Bound:
    """What the strongest opponent found proves of a policy, as the defender's return, by a one-sided 95% interval.

    Of a defender the worst case is at most this; of an attacker it is at least this.
    """
    low, high = _ends(best_response(rows, role, name), one_sided=True)
    lower, upper = (None, high) if role == "defender" else (low, None)
    return Bound(lower, upper, "estimated", 0.95, EPISODES, 0)


def exploitability(rows: list[Row], name: str) -> Bound:
    """Half of what both roles gain against a profile, max u(d, K) - min u(D, k), at least: each by 97.5%, so both hold together by 95%."""
    # Each end of a two-sided 95% interval holds by itself by 97.5%.
    least = _ends(best_response(rows, "attacker", name), one_sided=False)[0]
    most = _ends(best_response(rows, "defender", name), one_sided=False)[1]
    return Bound(max((least - most) / 2.0, 0.0), None, "estimated", 0.95, EPISODES, 0)


def _ends(row: Row, *, one_sided: bool) -> tuple[float, float]:
    """The 95% interval of the mean of an entry; with `one_sided` each end holds by itself."""
    half = half_width(float(row["standard_error"]), EPISODES, one_sided=one_sided)
    return float(row["mean"]) - half, float(row["mean"]) + half


def table(scene: Scene) -> list[str]:
    """What each defender earns against the attackers of the original, of each family of responders, and in the worst case of all."""
    rows, curves = entries(scene), [row for row in rows_in(CURVES) if (row["scene"], row["role"]) == (scene.name, "defender")]
    lines = [
        f"| defender | B_line | Meander | {' | '.join(f'{one.upper()}, at most' for one in RESPONDERS)} | all found, at most | by |",
        "|---" * (5 + len(RESPONDERS)) + "|",
    ]
    for name in [*DEFENDERS, *scene.equilibria]:
        own = {row["attacker"]: row for row in rows if row["defender"] == name}
        last = [[row for row in curves if (row["policy"], row["responder"]) == (name, one)][-1] for one in RESPONDERS]
        shown = [f"{float(own[one]['mean']):.2f}" for one in ATTACKERS] + [f"{_ends(row, one_sided=True)[1]:.2f}" for row in last]
        bound = worst_case(rows, "defender", name)
        lines.append(f"| {name} | {' | '.join(shown)} | **{bound.upper:.2f}** | {best_response(rows, 'defender', name)['attacker']} |")
    return lines


def written() -> str:
    """The report."""
    lines = ["# Defenders of CAGE Challenge 2 against attackers that adapt", "", *(__doc__ or "").strip().splitlines()[2:], ""]
    for scene in scenes_played():
        rows = entries(scene)
        lines += [f"## Preset {scene.preset}, {scene.horizon} steps", "", *table(scene), ""]
        for name in scene.equilibria:
            strong = [best_response(rows, role, name)[OTHER[role]] for role in OTHER]
            lines += [
                f"Against the profile of {name} the defender's return is at least {worst_case(rows, 'attacker', name).lower:.2f} with the "
                f"strongest defender found ({strong[1]}) and at most {worst_case(rows, 'defender', name).upper:.2f} with the strongest "
                f"attacker ({strong[0]}): it is exploitable by {exploitability(rows, name).lower:.2f} at least.",
                "",
            ]
    lines += [
        f"Returns of the defender. Each responder has one training of {BUDGET / 1e6:.0f} million decisions of both sides for each policy. "
        "Runs of self-play have looked for responses to their own profiles too (by PPO, also from the profile's networks), which are tried "
        f"on all; scripted attackers count as found by either family. Opponents are chosen on "
        f"{VALIDATION:,} episodes and measured on {EPISODES:,} fresh ones. "
        "*At most* and *at least* are ends of one-sided 95% intervals; of opponents that nobody has found they say nothing.",
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
    scenes = [SCENES[name] for name in given.scenes or SCENES]
    choices = [f"{role}:{name}" for scene in scenes for role, name in judged(scene)]
    if unknown := [one for one in given.only or () if one not in choices]:
        sys.exit(f"cage2_worst_case: unknown policy {unknown[0]!r}; there are {', '.join(dict.fromkeys(choices))}")
    try:
        for scene in scenes if not given.only else ():
            # It is said before hours of work that one is missing.
            for name in scene.equilibria:
                scene.equilibrium(name, "defender")
        for scene in scenes:
            for role, name in judged(scene):
                if f"{role}:{name}" in (given.only or choices) and not is_found(scene, role, name):
                    find_responses(scene, role, name)
            if not given.only:
                cross_play(scene)
        if rows_in(CROSS_PLAY):
            REPORT.write_text(written(), encoding="utf-8")
    except GamesolveError as error:
        sys.exit(f"cage2_worst_case: {error}")


if __name__ == "__main__":
    main()
