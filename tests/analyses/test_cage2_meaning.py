"""What is told of CAGE 2's episodes: losses add up to what was lost, and nothing is counted that did not happen."""

from __future__ import annotations

import numpy as np
import pytest

from gamesolve.analyses import cage2_meaning as module
from gamesolve.analyses.cage2_equilibrium import Scene
from gamesolve.base.patience import USUAL
from gamesolve.policies.function import FunctionPolicy
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.views.simulator import simulate


def watched(monkeypatch, defender, attacker, preset="original"):
    monkeypatch.setattr(module, "EPISODES", 64)
    scene = Scene(preset, 30)
    game = scene.problem.game
    both = [ScriptedPolicy.named(game, role, words) for role, words in (("defender", defender), ("attacker", attacker))]
    acting = [policy.acting(game, i) for i, policy in enumerate(both)]
    return module.watched(scene, *both, seed=7), simulate(game, acting, episodes=64, seed=7).returns[:, 0]


@pytest.mark.parametrize(("defender", "attacker"), [("vec_restore", "b_line"), ("hand_rule", "meander"), ("random", "random")])
@pytest.mark.parametrize("preset", ["original", "debugged"])
def test_losses_add_up_to_what_was_lost_and_steps_to_all_of_them(monkeypatch, defender, attacker, preset):
    found, returns = watched(monkeypatch, defender, attacker, preset)
    assert np.allclose(sum(value for what, value in found.items() if what.startswith("lost to")), -returns)
    restores = sum(value for what, value in found.items() if what.startswith("Restore "))
    assert np.array_equal(restores, found["lost to Restore"])
    assert (restores + sum(value for what, value in found.items() if what.startswith("steps ")) == 30).all()


def test_b_line_stops_the_service_of_who_sleeps_and_enters_by_a_user_host(monkeypatch):
    found, _ = watched(monkeypatch, "sleep", "b_line")
    assert (found["steps asleep or monitoring"] == 30).all()
    assert (found["root on Op_Server0"] == 1).all()
    # Once stopped it stays down, and Impact goes on.
    assert np.array_equal(found["lost to OT service down"], 10.0 * found["Impacts"])
    assert found["Impacts that stopped nothing"].sum() == 0
    assert (sum(value for what, value in found.items() if what.startswith("enters by User")) == 1).all()


def test_impact_stops_nothing_where_the_server_was_restored_once_in_the_original(monkeypatch):
    monkeypatch.setattr(module, "EPISODES", 4)
    scene = Scene("original", 30)
    once = restoring_the_server_first(scene.problem.game)
    found = module.watched(scene, once, ScriptedPolicy.named(scene.problem.game, "attacker", "b_line"), seed=1)
    assert (found[module.EARLY] == 1).all()
    assert found["Impacts"].min() > 0
    assert np.array_equal(found["Impacts that stopped nothing"], found["Impacts"])
    assert found["lost to OT service down"].sum() == 0


def restoring_the_server_first(game):
    """Restore Op_Server0 (132 + 7) at the first step, and sleep."""

    def act(signals, mask):
        chosen = np.zeros(mask.shape)
        chosen[:, 139 if signals.shape[1] == 1 else 0] = 1.0
        return chosen

    return FunctionPolicy(game, "defender", "once", act, USUAL)
