"""What a replay draws of CAGE Challenge 2, against the state of the simulator."""

from __future__ import annotations

import numpy as np
import pytest

from gamesolve import load_game
from gamesolve.games.cage2.rules import OTHER, REMOVABLE, ROOT
from gamesolve.games.cage2.tables import DECOYS, HOSTS, NAMES, SUBNETS
from gamesolve.games.cage2.vector import to_bits
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.views.simulator import Simulator


@pytest.fixture(scope="module")
def game():
    return load_game("cage2", horizon=60)


def rows(game, defender: str, attacker: str):
    """Row 0 of the simulator after each step of an episode."""
    policies = [ScriptedPolicy.named(game, role, name) for role, name in (("defender", defender), ("attacker", attacker))]
    simulator = Simulator(game, 1, seed=2, acting=[policy.acting(game, k) for k, policy in enumerate(policies)])
    for _ in range(game.horizon - 1):
        simulator.advance(1)
        yield simulator.rows[0]


@pytest.mark.parametrize("defender", ["random", "vec_restore"])
def test_parts_of_a_reward_add_up_to_it(game, defender):
    for row in rows(game, defender, "b_line"):
        parts = game.picture(row)["rewards"]
        assert sum(parts.values()) == pytest.approx(row["rewards"][0])
        assert list(parts) == ["hosts", "OT service", "Restore"]


@pytest.mark.parametrize("defender", ["random", "vec_restore", "hand_rule", "sleep"])
@pytest.mark.parametrize("attacker", ["b_line", "meander"])
def test_pictures_tell_the_state(game, defender, attacker):
    for row in rows(game, defender, attacker):
        picture, state = game.picture(row), row["state"]
        for host, told in enumerate(picture["nodes"]):
            sessions = state["sessions"][host]
            assert told["access"] == ("root" if sessions[ROOT] else "user" if sessions[REMOVABLE] + sessions[OTHER] else "")
            assert [f"Decoy{name}" for name in told["decoys"]] == [d.name for k, d in enumerate(DECOYS) if state["decoys"][host] >> k & 1]
            assert (told["known"] == "scanned") == (state["stored"][host] >= 0)
            assert (told["known"] == "") == (not state["address_known"][host] and not state["name_known"][host])
        assert picture["services"] == {"OT service": state["ot_running"] == 1}


def test_alerts_and_guesses_are_the_bits_of_the_original(game):
    words = {"": (0, 0), "scan": (1, 0), "exploit": (1, 1)}
    guesses = {"": (0, 0), "unknown": (1, 0), "user": (0, 1), "privileged": (1, 1)}
    for row in rows(game, "vec_restore", "meander"):
        bits = to_bits(row["signals"][0]).reshape(len(HOSTS), 4)
        told = [(*words[node["alert"]], *guesses[node["mark"]]) for node in game.picture(row)["nodes"]]
        assert np.array_equal(bits, told)


def test_an_exploit_is_named_and_a_decoy_that_took_it_too(game):
    notes = {game.picture(row)["outcomes"][1][1] for row in rows(game, "hand_rule", "meander")}
    assert any(note.endswith(", on a decoy") for note in notes)
    assert "" in notes


def test_every_action_touches_the_host_or_subnet_that_it_names(game):
    for agent, touched in zip(game.agents, game.drawing["actions"], strict=True):
        assert len(touched) == len(agent.actions)
        for action, at in zip(agent.actions, touched, strict=True):
            named = None if at is None else NAMES[at["node"]] if "node" in at else SUBNETS[at["group"]]
            assert action.endswith(named) if named else " " not in action


def test_hosts_stand_in_their_subnets_with_what_they_cost(game):
    nodes = {node["label"]: node for node in game.drawing["nodes"]}
    assert len(nodes) == 13
    assert nodes["Op_Server0"] == {"label": "Op_Server0", "group": 2, "system": "Linux", "value": 1.0}
    assert nodes["User0"]["value"] == 0.0
