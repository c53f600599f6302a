"""The analyses of CAGE 2's equilibria, one after another, with budgets that cost nothing: what each leaves, and what is said."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from gamesolve.analyses import cage2_equilibrium, cage2_figures, cage2_helps, cage2_meaning, cage2_policies, cage2_worst_case
from gamesolve.analyses.kept import rows_in
from gamesolve.base.errors import GamesolveError
from gamesolve.policies.files import about_of, load_policy, save_policy
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.trained import trained_policy

TINY = {"memory": "last", "rollout": 256, "batch": 32, "minibatch": 128, "epochs": 1}
SETTINGS = {"oracles": ("ppo", "scripted"), "budget": 600, "validation": 8, "episodes": 16, "entry": 8, "ppo": TINY}
MMD = cage2_equilibrium.Method("mmd", {**SETTINGS, "self_play": 1_000, "play": TINY}, 1)
PSRO = cage2_equilibrium.Method("psro", SETTINGS, 2, ("hand_rule", "b_line"))
MODULES = (cage2_equilibrium, cage2_worst_case, cage2_meaning, cage2_helps)


@pytest.fixture(scope="module")
def there(tmp_path_factory):
    """A folder in which all of them were run, and the scene."""
    folder = tmp_path_factory.mktemp("analyses")
    scene = cage2_equilibrium.Scene("debugged", 6, {"psro": PSRO, "mmd": MMD})
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        for module in MODULES:
            patched.setattr(module, "ROWS", folder / f"{module.__name__}.csv", raising=False)
            patched.setattr(module, "REPORT", folder / f"{module.__name__}.md")
        for module in (cage2_equilibrium, cage2_worst_case, cage2_meaning, cage2_figures, cage2_policies):
            patched.setattr(module, "SCENES", {scene.name: scene})
        patched.setattr(cage2_equilibrium, "CELLS", folder / "cells.csv")
        for module in (cage2_worst_case, cage2_figures):
            patched.setattr(module, "CURVES", folder / "curves.csv")
        for module in (cage2_worst_case, cage2_figures, cage2_policies):
            patched.setattr(module, "CROSSED", folder / "crossed.csv")
        quick = {"ppo": TINY, "dqn": {"memory": "last", "batch": 32, "rollout": 128}}
        for name, value in {"BUDGET": 600, "VALIDATION": 8, "EPISODES": 16, "RESPONDERS": quick}.items():
            patched.setattr(cage2_worst_case, name, value)
        patched.setattr(cage2_worst_case, "DEFENDERS", ("hand_rule", "generalist"))
        patched.setattr(cage2_figures, "DEFENDERS", ("hand_rule", "generalist"))
        patched.setattr(cage2_meaning, "EPISODES", 32)
        patched.setattr(cage2_figures, "FOLDER", folder)
        patched.setattr(cage2_policies, "FOLDER", folder / "policies")
        patched.setattr(cage2_policies, "SHIPPED", {"equilibrium": (scene.name, "mmd"), "mixed": (scene.name, "psro")})
        for name, value in {"SCENE": scene, "SETTINGS": SETTINGS, "ITERATIONS": 2, "EPISODES": 8}.items():
            patched.setattr(cage2_helps, name, value)
        about = {"parameters": {"horizon": 6, "preset": "debugged"}, "earns": "once", "limits": "nothing is known"}
        save_policy(
            trained_policy(scene.problem.game, "defender", "generalist"), folder / "policies" / "defender" / "generalist", about=about
        )
        for module, words in (
            (cage2_equilibrium, ["--workers", "1"]),
            (cage2_worst_case, []),
            (cage2_meaning, []),
            (cage2_policies, []),
            (cage2_figures, []),
            (cage2_helps, ["--seeds", "2"]),
        ):
            patched.setattr(sys, "argv", [module.__name__, *words])
            module.main()
        yield folder, scene, patched


def test_a_row_is_kept_of_every_iteration_and_every_pair_that_is_mixed(there):
    folder, scene, _ = there
    rows = rows_in(folder / f"{cage2_equilibrium.__name__}.csv")
    assert [(row["method"], row["iteration"]) for row in rows] == [("mmd", "1"), ("psro", "1"), ("psro", "2")]
    assert int(rows[0]["decisions"]) > 1_000
    for name in scene.equilibria:
        cells = [row for row in rows_in(folder / "cells.csv") if row["method"] == name]
        weights = {row["defender"]: float(row["defender_weight"]) for row in cells}
        assert sum(weights.values()) == pytest.approx(1.0, abs=0.05)


def test_every_defender_meets_all_attackers_that_were_found_for_any(there):
    folder, _, _ = there
    rows = rows_in(folder / "crossed.csv")
    judged = ["hand_rule", "generalist", "psro", "mmd"]
    attackers = ["b_line", "meander", "psro", "mmd", *(f"{one} against {name}" for name in judged for one in ("ppo", "dqn"))]
    defenders = [*judged, *(f"{one} against {name}" for name in ("psro", "mmd") for one in ("ppo", "dqn"))]
    assert [(row["defender"], row["attacker"]) for row in rows] == [(d, a) for d in defenders for a in attackers]
    low = cage2_worst_case.worst(rows, "hand_rule")
    assert float(low["validation"]) == min(float(row["validation"]) for row in rows if row["defender"] == "hand_rule")


def test_the_exploitability_is_half_of_what_both_sides_gain():
    rows = [
        {"defender": d, "attacker": a, "validation": mean, "mean": mean, "standard_error": "0.3"}
        for d, a, mean in (("x", "x", "-5"), ("x", "worse", "-9"), ("better", "x", "-4"), ("better", "worse", "-20"))
    ]
    found, error = cage2_worst_case.exploitability(rows, "x")
    assert found == (9 - 4) / 2
    assert error == pytest.approx(0.3 * 2**0.5 / 2)


def test_nothing_is_done_twice(there):
    folder, _, patched = there
    before = {path: path.read_bytes() for path in folder.glob("*.csv")}
    patched.setattr(cage2_worst_case, "look", None)
    patched.setattr(cage2_helps, "run", None)
    patched.setattr(cage2_equilibrium, "solved", None)
    for module, words in ((cage2_equilibrium, []), (cage2_worst_case, []), (cage2_helps, ["--seeds", "2"])):
        patched.setattr(sys, "argv", [module.__name__, *words])
        module.main()
    assert {path: path.read_bytes() for path in folder.glob("*.csv")} == before


def test_policies_are_kept_with_what_is_known_of_them(there):
    folder, scene, _ = there
    for role in scene.problem.roles:
        policy = load_policy(folder / "policies" / role / "equilibrium")
        assert not isinstance(policy, Mixture)
        about = about_of(policy)
        assert about["parameters"] == {"horizon": 6, "preset": "debugged"}
        assert about["exploitability of the profile"].startswith("at least ")
        assert ("earns" in about) == (role == "defender")
    about = about_of(load_policy(folder / "policies" / "defender" / "generalist"))
    assert set(about["earns"]) == {"b_line", "meander", "psro", "mmd"}
    assert about["worst case found"].startswith("the defender's return is -")
    assert about["limits"].startswith("no upper end is known")


def test_members_that_are_hardly_ever_drawn_are_left_out(there):
    _, scene, _ = there
    policy = scene.equilibrium("psro", "defender").policies[0]
    rare = cage2_policies.kept(Mixture((policy, policy, policy), np.array([0.6, 0.395, 0.005])))
    assert rare.weights.tolist() == pytest.approx([0.6 / 0.995, 0.395 / 0.995])
    assert cage2_policies.kept(Mixture((policy, policy), np.array([0.995, 0.005]))) is policy


def test_arms_are_judged_in_the_game_of_all_that_they_found(there):
    folder, _, _ = there
    rows = rows_in(folder / f"{cage2_helps.__name__}.csv")
    assert len(rows) == 2 * len(cage2_helps.ARMS) * 2
    for row in rows:
        assert float(row["exploitability"]) == pytest.approx((float(row["best_against"]) - float(row["worst_case"])) / 2, abs=0.002)
    report = (folder / f"{cage2_helps.__name__}.md").read_text()
    assert report.count("±") >= 3 * len(cage2_helps.ARMS) - 1


def test_reports_and_figures_hold_all_of_them(there):
    folder, scene, _ = there
    report = (folder / f"{cage2_worst_case.__name__}.md").read_text()
    for name in ("hand_rule", "generalist", "psro", "mmd"):
        assert f"| {name} |" in report
    assert "| lost to Restore |" in (folder / f"{cage2_meaning.__name__}.md").read_text()
    for name in ("budgets", "heat_map", "price"):
        assert "equilibrium (mmd)" in (folder / f"cage2_{name}.svg").read_text()
    assert scene.name in (folder / f"{cage2_equilibrium.__name__}.md").read_text()


def test_an_equilibrium_that_is_not_there_is_named_with_what_computes_it():
    scene = cage2_equilibrium.Scene("original", 7, {"mmd": MMD})
    with pytest.raises(GamesolveError, match=r"original-7-mmd is not computed; python -m gamesolve.analyses.cage2_equilibrium does it"):
        scene.equilibrium("mmd", "defender")
