"""`gamesolve doctor` tells whether an installation works."""

from __future__ import annotations

import json
import re


def test_a_working_installation_passes(gamesolve):
    said = gamesolve("doctor", "--json")
    assert said.code == 0
    found = json.loads(said.out)
    assert found["self_test"] == "passed"
    assert {"python", "numpy", "cores", "memory_bytes", "cache", "compiled_code_bytes", "cached_trees_bytes"} <= set(found)


def test_people_read_where_the_cache_is_and_how_large(gamesolve, monkeypatch, tmp_path):
    (tmp_path / "cache" / "compiled").mkdir(parents=True)
    (tmp_path / "cache" / "compiled" / "code").write_bytes(bytes(3 * 2**20))
    monkeypatch.setenv("GAMESOLVE_CACHE", str(tmp_path / "cache"))
    said = gamesolve("doctor").out
    assert f"{tmp_path / 'cache'}\n" in said
    assert re.search(r"compiled code +3 MiB", said)
    assert re.search(r"cached trees +0 bytes", said)


def test_what_is_broken_is_told(gamesolve, monkeypatch):
    monkeypatch.setattr("gamesolve.cli.doctor.KUHN_VALUE", 1.0)
    said = gamesolve("doctor")
    assert said.code == 1
    assert "failed: the value of kuhn" in said.out
