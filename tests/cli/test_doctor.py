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
    monkeypatch.setattr("gamesolve.cli.doctor._self_test", lambda: {"self_test": "passed"})
    monkeypatch.setenv("GAMESOLVE_CACHE", str(tmp_path / "cache"))
    said = gamesolve("doctor").out
    assert f"{tmp_path / 'cache'}\n" in said
    assert re.search(r"compiled code +3 MiB", said)
    assert re.search(r"cached trees +0 bytes", said)


def test_the_cache_is_measured_as_the_self_test_leaves_it(gamesolve, monkeypatch, tmp_path):
    monkeypatch.setenv("GAMESOLVE_CACHE", str(tmp_path))

    def compiling() -> dict[str, str]:
        (tmp_path / "compiled").mkdir()
        (tmp_path / "compiled" / "code").write_bytes(bytes(1000))
        return {"self_test": "passed"}

    monkeypatch.setattr("gamesolve.cli.doctor._self_test", compiling)
    assert json.loads(gamesolve("doctor", "--json").out)["compiled_code_bytes"] == 1000


def test_what_is_broken_is_told(gamesolve, monkeypatch):
    monkeypatch.setattr("gamesolve.cli.doctor.KUHN_VALUE", 1.0)
    said = gamesolve("doctor")
    assert said.code == 1
    assert "failed: the value of kuhn" in said.out
