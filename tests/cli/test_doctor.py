"""`gamesolve doctor` tells whether an installation works."""

from __future__ import annotations

import json


def test_a_working_installation_passes(gamesolve):
    said = gamesolve("doctor", "--json")
    assert said.code == 0
    found = json.loads(said.out)
    assert found["self_test"] == "passed"
    assert {"python", "numpy", "cores", "memory_gib", "cache"} <= set(found)


def test_what_is_broken_is_told(gamesolve, monkeypatch):
    monkeypatch.setattr("gamesolve.cli.doctor.KUHN_VALUE", 1.0)
    said = gamesolve("doctor")
    assert said.code == 1
    assert "failed: the value of kuhn" in said.out
