"""The analyses of CAGE 2's equilibria, one after another, with budgets that cost nothing: what each leaves, and what is said."""

from __future__ import annotations

import dataclasses
import sys

import numpy as np
import pytest

import gamesolve
from gamesolve.analyses import cage2_equilibrium, cage2_figures, cage2_helps, cage2_meaning, cage2_policies, cage2_worst_case
from gamesolve.analyses.kept import rows_in
from gamesolve.base.errors import GamesolveError, UnfinishedError
from gamesolve.policies.files import about_of, load_policy, save_policy
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.policies.trained import trained_policy

TINY = {"memory": "last", "rollout": 256, "batch": 32, "minibatch": 128, "epochs": 1}
SETTINGS = {"oracles": ("ppo", "scripted"), "budget": 600, "validation": 8, "episodes": 16, "entry": 8, "ppo": TINY}
MMD = cage2_equilibrium.Method("mmd", {**SETTINGS, "self_play": 1_000, "play": TINY}, 1)
PSRO = cage2_equilibrium.Method("psro", SETTINGS, 2, ("hand_rule", "b_line"))
MODULES = (cage2_equilibrium, cage2_worst_case, cage2_meaning, cage2_helps)


@pytest.fixture(scope="module")
def there(tmp_path_factory):
    """The folder in which all of them were run, and the scene."""
    folder = tmp_path_factory.mktemp("analyses")
    scene = cage2_equilibrium.Scene("debugged", 6, {"psro": PSRO, "mmd": MMD})
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        for module in MODULES:
            patched.setattr(module, "ROWS", folder / f"{module.__name__}.csv", raising=False)
            patched.setattr(module, "REPORT", folder / f"{module.__name__}.md")
        for module in (cage2_equilibrium, cage2_worst_case, cage2_meaning, cage2_policies, cage2_figures):
            patched.setattr(module, "SCENES", {scene.name: scene})
        patched.setattr(cage2_equilibrium, "CELLS", folder / "cells.csv")
        for module in (cage2_worst_case, cage2_figures):
            patched.setattr(module, "CURVES", folder / "curves.csv")
        patched.setattr(cage2_worst_case, "CROSS_PLAY", folder / "cross_play.csv")
        quick = {"ppo": TINY, "dqn": {"memory": "last", "batch": 32, "rollout": 128}}
        for name, value in {"BUDGET": 600, "VALIDATION": 8, "EPISODES": 16, "RESPONDERS": quick}.items():
            patched.setattr(cage2_worst_case, name, value)
        patched.setattr(cage2_worst_case, "DEFENDERS", ("hand_rule", "generalist"))
        patched.setattr(cage2_figures, "DEFENDERS", ("hand_rule", "generalist"))
        patched.setattr(cage2_meaning, "EPISODES", 32)
        patched.setattr(cage2_figures, "FOLDER", folder)
        patched.setattr(cage2_policies, "FOLDER", folder / "policies")
        patched.setattr(cage2_policies, "SHIPPED", {"equilibrium": (scene.name, "mmd"), "mixed": (scene.name, "psro")})
        for name, value in {"SCENE": scene, "SETTINGS": SETTINGS, "ITERATIONS": 2, "EPISODES": 8, "JUDGE": 600}.items():
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
        yield folder, scene


def test_a_row_is_kept_of_every_iteration_and_every_pair_that_is_mixed(there):
    folder, scene = there
    rows = rows_in(folder / f"{cage2_equilibrium.__name__}.csv")
    assert [(row["method"], row["iteration"]) for row in rows] == [("mmd", "1"), ("psro", "1"), ("psro", "2")]
    assert int(rows[0]["decisions"]) > 1_000
    for name in scene.equilibria:
        cells = [row for row in rows_in(folder / "cells.csv") if row["method"] == name]
        weights = {row["defender"]: float(row["defender_weight"]) for row in cells}
        assert sum(weights.values()) == pytest.approx(1.0, abs=0.05)


def test_every_defender_meets_all_attackers_that_were_found_for_any(there):
    folder, _ = there
    rows = rows_in(folder / "cross_play.csv")
    judged = ["hand_rule", "generalist", "psro", "mmd"]
    attackers = ["b_line", "meander", "psro", "mmd", *(f"{one} against {name}" for name in judged for one in ("ppo", "dqn"))]
    defenders = [*judged, *(f"{one} against {name}" for name in ("psro", "mmd") for one in ("ppo", "dqn"))]
    for names in (attackers, defenders):
        names.append("the run's own response against mmd")
    assert [(row["defender"], row["attacker"]) for row in rows] == [(d, a) for d in defenders for a in attackers]


def entry(defender, attacker, validation, mean, error=0.0):
    return {"defender": defender, "attacker": attacker, "validation": validation, "mean": mean, "standard_error": error}


def test_opponents_are_chosen_by_validation_and_measured_on_fresh_episodes(monkeypatch):
    monkeypatch.setattr(cage2_worst_case, "EPISODES", 16)
    rows = [entry("d", "usual", -5.0, -5.5), entry("d", "lucky", -9.0, -7.0), entry("d", "worse", -8.0, -20.0)]
    assert cage2_worst_case.best_response(rows, "defender", "d")["attacker"] == "lucky"
    bound = cage2_worst_case.worst_case([*rows, entry("d", "noisy", -10.0, -6.0, 0.5)], "defender", "d")
    assert bound.lower is None
    assert bound.upper == pytest.approx(-6.0 + 1.7531 * 0.5, abs=1e-3)  # Student's t of 15 degrees of freedom, one-sided


def test_the_exploitability_is_half_of_what_both_sides_gain_as_far_as_errors_allow(monkeypatch):
    monkeypatch.setattr(cage2_worst_case, "EPISODES", 16)
    rows = [entry("x", "x", -5, -5, 0.3), entry("x", "k", -9, -9, 0.3), entry("d", "x", -4, -4, 0.3), entry("d", "k", -20, -20, 0.3)]
    found = cage2_worst_case.exploitability(rows, "x")
    assert found.upper is None
    assert found.lower == pytest.approx((9 - 4 - 2 * 2.1314 * 0.3) / 2, abs=1e-3)
    # Nobody found anything: the strongest opponents are those of the profile itself, and that is no gain.
    assert cage2_worst_case.exploitability([entry("x", "x", -5, -5, 0.3)], "x").lower == 0.0


def test_what_was_found_for_another_policy_or_with_other_settings_is_not_gone_on_with(there):
    _, scene = there
    with pytest.MonkeyPatch.context() as inner:
        inner.setattr(cage2_worst_case, "BUDGET", 700)
        with pytest.raises(GamesolveError, match="was begun with budget 600, and 700 is wanted now; remove the folder"):
            cage2_worst_case.find_responses(scene, "defender", "hand_rule")
    with pytest.MonkeyPatch.context() as inner:
        inner.setattr(cage2_worst_case, "policy_of", lambda *_: ScriptedPolicy.named(scene.problem.game, "defender", "sleep"))
        with pytest.raises(GamesolveError, match="was begun with policy"):
            cage2_worst_case.find_responses(scene, "defender", "hand_rule")
    longer = dataclasses.replace(MMD, settings={**MMD.settings, "self_play": 2_000})
    other = cage2_equilibrium.Scene("debugged", 6, {"mmd": longer})
    with pytest.raises(GamesolveError, match="was begun with settings"):
        cage2_equilibrium.solved(other, "mmd", 1)


def test_best_responses_that_are_gone_are_looked_for_again(there):
    folder, scene = there
    assert cage2_worst_case.is_found(scene, "defender", "mmd")
    found = folder / "runs" / "cage2_worst_case" / scene.name / "defender-mmd" / "dqn"
    found.rename(folder / "away")
    assert not cage2_worst_case.is_found(scene, "defender", "mmd")
    (folder / "away").rename(found)


def test_unknown_scenes_and_policies_are_answered_with_those_there_are(there, monkeypatch):
    for words, sentence in (
        (["original-7"], "unknown scene 'original-7'; scenes are debugged-6"),
        (["--only", "hand_rule"], "unknown policy 'hand_rule'; there are defender:hand_rule, defender:generalist, defender:psro"),
    ):
        monkeypatch.setattr(sys, "argv", ["cage2_worst_case", *words])
        with pytest.raises(SystemExit, match=sentence):
            cage2_worst_case.main()


def test_nothing_is_done_twice(there):
    folder, _ = there
    before = {path: path.read_bytes() for path in folder.glob("*.csv")}
    with pytest.MonkeyPatch.context() as inner:
        inner.setattr(cage2_worst_case, "find_responses", None)
        inner.setattr(cage2_worst_case, "played", None)
        inner.setattr(cage2_helps, "run", None)
        inner.setattr(cage2_equilibrium, "solved", None)
        for module, words in ((cage2_equilibrium, []), (cage2_worst_case, []), (cage2_helps, ["--seeds", "2"])):
            inner.setattr(sys, "argv", [module.__name__, *words])
            module.main()
    assert {path: path.read_bytes() for path in folder.glob("*.csv")} == before


def test_policies_are_kept_with_what_is_known_of_them(there):
    folder, scene = there
    for role in scene.problem.roles:
        policy = load_policy(folder / "policies" / role / "equilibrium")
        assert not isinstance(policy, Mixture)
        about = about_of(policy)
        assert about["parameters"] == {"horizon": 6, "preset": "debugged"}
        assert about["exploitability of the profile"].startswith("at least ")
        assert ("earns" in about) == (role == "defender")
    about = about_of(load_policy(folder / "policies" / "defender" / "generalist"))
    assert set(about["earns"]) == {"B_line", "Meander", "the attacker of PSRO", "the attacker of self-play (MMD)"}
    assert about["worst case"].startswith("the defender's return is at most -")
    assert about["limits"].startswith("how much worse it can be is not known")


def test_members_that_are_hardly_ever_drawn_are_left_out():
    game = gamesolve.load_game("cage2", horizon=6)
    one, two, three = (ScriptedPolicy.named(game, "defender", words) for words in ("hand_rule", "vec_restore", "sleep"))
    rare = cage2_equilibrium.often_drawn(Mixture((one, two, three), np.array([0.6, 0.395, 0.005])))
    assert rare.policies == (one, two)
    assert rare.weights.tolist() == pytest.approx([0.6 / 0.995, 0.395 / 0.995])
    assert cage2_equilibrium.often_drawn(Mixture((one, two), np.array([0.995, 0.005]))) is one


def test_a_restricted_game_is_judged_by_responses_chosen_on_other_episodes():
    tried = np.array([[-1.0, -5.0, -3.0], [-2.0, 0.0, -9.0]])
    fresh = np.array([[-1.5, -4.0, -8.0], [-2.5, -1.0, -6.0]])
    worst, best_against = cage2_helps.restricted(tried, fresh, np.array([1.0, 0.0]), np.array([0.5, 0.5, 0.0]))
    assert (worst, best_against) == (-4.0, -1.75)


def test_arms_are_judged_in_the_game_of_all_that_they_found(there):
    folder, _ = there
    rows = rows_in(folder / f"{cage2_helps.__name__}.csv")
    assert len(rows) == 2 * len(cage2_helps.ARMS) * 2
    for row in rows:
        assert float(row["exploitability"]) == pytest.approx((float(row["best_against"]) - float(row["worst_case"])) / 2, abs=0.002)
    report = (folder / f"{cage2_helps.__name__}.md").read_text()
    for arm in cage2_helps.ARMS:
        assert f"| {arm} | " in report


def test_reports_and_figures_hold_all_of_them(there):
    folder, scene = there
    report = (folder / f"{cage2_worst_case.__name__}.md").read_text()
    for name in ("hand_rule", "generalist", "psro", "mmd"):
        assert f"| {name} |" in report
    assert "| lost to Restore |" in (folder / f"{cage2_meaning.__name__}.md").read_text()
    for name in ("budgets", "heat_map", "price"):
        assert "self-play (MMD)" in (folder / f"cage2_{name}.svg").read_text()
    assert scene.name in (folder / f"{cage2_equilibrium.__name__}.md").read_text()


def test_an_equilibrium_that_is_not_there_is_named_with_what_computes_it():
    scene = cage2_equilibrium.Scene("original", 7, {"mmd": MMD})
    with pytest.raises(GamesolveError, match=r"original-7-mmd is not computed; python -m gamesolve.analyses.cage2_equilibrium does it"):
        scene.equilibrium("mmd", "defender")


def test_a_sitting_that_is_cut_short_leaves_no_result_and_says_how_to_go_on(monkeypatch, tmp_path, capsys):
    def cut_short(*_):
        raise UnfinishedError("self-play was not done when the work was stopped (time)")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cage2_equilibrium, "SCENES", {"original-7": cage2_equilibrium.Scene("original", 7, {"mmd": MMD})})
    monkeypatch.setattr(cage2_equilibrium, "solved", cut_short)
    monkeypatch.setattr(cage2_equilibrium, "keep_all", None)
    monkeypatch.setattr(sys, "argv", ["cage2_equilibrium"])
    cage2_equilibrium.main()
    said = capsys.readouterr().err
    assert "original-7-mmd: self-play was not done" in said
    assert "original-7-mmd is not done yet; name it again to go on" in said


def test_an_equilibrium_that_is_missing_is_named_before_anything_is_looked_for(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cage2_worst_case, "SCENES", {"original-7": cage2_equilibrium.Scene("original", 7, {"mmd": MMD})})
    monkeypatch.setattr(cage2_worst_case, "find_responses", None)
    monkeypatch.setattr(sys, "argv", ["cage2_worst_case"])
    with pytest.raises(SystemExit, match="original-7-mmd is not computed"):
        cage2_worst_case.main()
