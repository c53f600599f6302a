"""The studies of `analyses/studies/`: their smallest versions run, and come to numbers that are kept of the whole ones."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from gamesolve.analyses.kept import rows_in
from gamesolve.analyses.studies import FOLDER, NAMES
from gamesolve.study import study
from gamesolve.study.cells import plan_of_study
from gamesolve.study.file import read_study
from gamesolve.study.roster import roster_of

#: Decisions of a method in the smallest version; learners make small updates then.
SMALLEST = {"pool": 120_000, "pool_exact": 80_000, "attack_graph_uniform": 120_000, "teams_2": 180_000, "cage2": 160_000}
FEW = {"ppo": {"memory": "last", "rollout": 512, "batch": 16, "minibatch": 128}, "dqn": {"memory": "last", "batch": 16, "rollout": 256}}


def smallest(name: str) -> dict[str, Any]:
    """The study with one run of each method, and as few decisions as its methods can do with."""
    given = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    given["budget"] |= {"decisions": SMALLEST[name], "seeds": 1}
    given["learners"] = FEW
    for one in given["attackers"]["adaptive"].values():
        one |= {"budget": 2_000, "validation": 20}
    for one in given["defenders"].values():
        if one.get("method") in ("ppo", "mmd"):
            one["settings"] = {**one.get("settings", {}), "rollout": 512, "batch": 16}
    return given


@pytest.mark.parametrize("name", NAMES)
def test_every_study_can_be_planned(name):
    plan = plan_of_study(roster_of(read_study(FOLDER / f"{name}.toml"), FOLDER))
    assert plan.roster.study.budget.seeds == 10
    assert len(plan.roster.adaptive) == 1


@pytest.mark.parametrize("name", SMALLEST)
def test_the_smallest_version_runs_and_comes_to_kept_numbers(name, tmp_path):
    found = study(smallest(name), out=tmp_path / "run", workers=1)
    assert found.stopped == "done"
    plan = plan_of_study(roster_of(read_study(FOLDER / f"{name}.toml"), FOLDER))
    kept = {(row["defender"], row["attacker"], row["variant"]): row for row in rows_in(FOLDER / f"{name}_returns.csv")}
    assert {defender for defender, _, _ in kept} >= set(plan.roster.study.defenders)
    # Nothing is learnt in these: they are the same episodes, with the same chance, in the whole study and in this one.
    compared = 0
    for row in rows_in(tmp_path / "run" / "tables" / "plays.csv"):
        if row["defender"] in plan.roster.fixed and row["tier"] in ("seen", "same_family", "new_family"):
            assert float(row["mean"]) == pytest.approx(float(kept[row["defender"], row["attacker"], row["variant"]]["run_0"]), rel=1e-5)
            compared += 1
    assert compared == len(plan.roster.fixed) * len(plan.roster.attackers) * (1 + len(plan.roster.variants))
