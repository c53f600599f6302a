"""`gamesolve new` writes an instance that can be solved."""

from __future__ import annotations

import json


def test_a_random_attack_graph_is_written_and_can_be_loaded(gamesolve, tmp_path):
    said = gamesolve("new", "attack_graph", "--nodes", "8", "--edges", "12", "--targets", "2", "--sensors", "3", "--out", "net.json")
    assert said.code == 0
    assert "gamesolve solve attack_graph -p graph=net.json" in said.out
    assert len(json.loads((tmp_path / "net.json").read_text())["nodes"]) == 8
    assert gamesolve("games", "attack_graph", "-p", "graph=net.json", "-p", "horizon=1").code == 0


def test_what_is_too_large_to_be_solved_is_not_said_to_be_solved(gamesolve):
    # 30 nodes with a sensor each: 2^30 outcomes of alerts an epoch.
    said = gamesolve("new", "attack_graph", "--out", "net.json").out
    assert "gamesolve solve" not in said
    assert "too large to be solved exactly over 3 epochs" in said
    for command in ("gamesolve train attack_graph -p graph=net.json", "gamesolve evaluate attack_graph min_cut"):
        assert command in said


def test_one_seed_is_one_graph(gamesolve, tmp_path):
    for name in ("a.json", "b.json"):
        gamesolve("new", "attack_graph", "--seed", "5", "--out", name)
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_a_file_that_exists_is_not_overwritten(gamesolve, tmp_path):
    (tmp_path / "net.json").write_text("mine")
    said = gamesolve("new", "attack_graph", "--out", "net.json")
    assert said.code == 2
    assert "exists already" in said.err
    assert (tmp_path / "net.json").read_text() == "mine"
