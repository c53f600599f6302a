from __future__ import annotations

import json

import pytest

from gamesolve.report.network import aims_of, network_of, node_rows


@pytest.fixture(scope="module")
def network(office):
    return network_of(office.game, office.course, office.tables[0])


def test_an_attack_on_an_edge_counts_for_the_node_it_enters(office):
    defender, attacker = aims_of(office.game.drawing)
    labels = [node["label"] for node in office.game.drawing["nodes"]]
    for actions, aims in ((office.game.agents[0].actions, defender), (office.game.agents[1].actions, attacker)):
        assert aims[0] == -1
        assert all(labels[aim] in word for word, aim in zip(actions[1:], aims[1:], strict=True))


def test_one_pick_an_epoch_protects_at_most_one_node(network):
    assert all(sum(row["protect"]) <= 1001 for row in network["average"])


def test_losses_add_up_to_the_value(network, office):
    assert sum(row["loss"] for row in network["average"]) == pytest.approx(-office.value.middle, abs=0.01)


def test_every_next_situation_can_be_found_by_what_was_done_and_seen(network):
    keys = [key for s in network["situations"] for key in s["n"]]
    assert keys
    sensors = len(network["sensors"])
    for key in keys:
        nodes, signals = key.split("|")
        assert all(0 <= int(i) < len(network["nodes"]) for i in nodes.split(".") if i)
        assert len(signals.split(".")) == sensors


def test_situations_average_to_the_average(network):
    for epoch, row in enumerate(network["average"]):
        for i, protect in enumerate(row["protect"]):
            mean = sum(s["r"] * s["p"][i] for s in network["situations"] if s["e"] == epoch)
            assert mean == pytest.approx(protect, abs=10.0)


def test_the_data_is_plain_and_finite(network):
    json.dumps(network, allow_nan=False)


def test_the_model_is_told_back_in_words(office):
    rows = {row["name"]: row for row in node_rows(office.game.drawing)}
    assert rows["Mail opened"]["how"] == "from outside (an attack succeeds with 80% and costs 0.1)"
    assert rows["Host infected"]["how"].startswith("needs Mail opened")
    assert rows["VPN entered"]["sensor"] == "alerts with 90% when taken, 10% when not"
    assert " or Host infected (" in rows["Data stolen"]["how"]
    assert rows["Data stolen"]["worth"] == "10 an epoch to the attacker, costs the defender 15"
