"""What is told of CAGE 2's episodes: losses add up to what was lost, and nothing is counted that did not happen."""

from __future__ import annotations

import numpy as np
import pytest

from gamesolve.analyses import cage2_meaning as module
from gamesolve.analyses.cage2_equilibrium import Scene
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.views.simulator import simulate


def watched(monkeypatch, defender, attacker, preset="original"):
    monkeypatch.setattr(module, "EPISODES", 64)
    scene = Scene(preset, 30)
    game = scene.problem.game
    both = [ScriptedPolicy.named(game, role, words) for role, words in (("defender", defender), ("attacker", attacker))]
    acting = [policy.acting(game, i) for i, policy in enumerate(both)]
    return module.Watched(scene, *both, seed=7), simulate(game, acting, episodes=64, seed=7).returns[:, 0]


@pytest.mark.parametrize(("defender", "attacker"), [("vec_restore", "b_line"), ("hand_rule", "meander"), ("random", "random")])
@pytest.mark.parametrize("preset", ["original", "debugged"])
def test_losses_add_up_to_what_was_lost(monkeypatch, defender, attacker, preset):
    found, returns = watched(monkeypatch, defender, attacker, preset)
    assert np.allclose(found.losses.sum(axis=1), -returns)
    assert found.kinds.sum() == 64 * 30
    assert found.kinds[4] == found.restores.sum() == round(found.losses[:, 4].sum())


def test_b_line_stops_the_service_of_who_sleeps_and_enters_by_a_user_host(monkeypatch):
    found, _ = watched(monkeypatch, "sleep", "b_line")
    told = found.told()
    assert told["share of steps: Sleep or Monitor"] == 1.0
    assert told["root on Op_Server0"] == 1.0
    assert told["lost to OT service down"] == pytest.approx(10.0 * told["Impacts"], rel=0.05)
    assert told["Impacts that stopped nothing"] == 0.0
    assert sum(value for what, value in told.items() if what.startswith("enters by User")) == 1.0
