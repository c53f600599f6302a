"""Compiled code: where it is cached, and that a template's copies are bound to one game each."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from unittest.mock import Mock

import numba
import pytest

from gamesolve.base.compiled import KEPT, cache_folder, code_folder, compiled, foreign_hash, sources_hash, specialise, watching_compiler

TEMPLATE = """
from gamesolve.base.compiled import compiled

rule = None


@compiled
def twice(x):
    return rule(x) + rule(x)
"""


@compiled
def add_one(x):
    return x + 1


@compiled
def square(x):
    return x * x


@compiled
def divide(x, y):
    return x / y


@pytest.fixture
def template(tmp_path, monkeypatch):
    (tmp_path / "some_template.py").write_text(TEMPLATE)
    monkeypatch.syspath_prepend(tmp_path)
    yield "some_template"
    for name in [n for n in sys.modules if n.startswith("some_template")]:
        del sys.modules[name]


def test_copies_of_a_template_call_the_rules_they_are_bound_to(template):
    first = specialise(template, name="add_one", rule=add_one)
    second = specialise(template, name="square", rule=square)
    assert first.twice(5) == 12
    assert second.twice(5) == 50


def test_one_name_is_one_copy(template):
    assert specialise(template, name="a", rule=add_one) is specialise(template, name="a", rule=add_one)


def test_a_name_that_the_template_lacks_cannot_be_bound(template):
    with pytest.raises(AssertionError, match="has no name 'reset'"):
        specialise(template, name="b", reset=add_one)


def test_division_by_zero_follows_ieee_754_instead_of_raising():
    assert divide(1.0, 0.0) == float("inf")


def test_the_compiler_is_heard_before_it_begins_and_once_for_what_it_needs_on_the_way():
    inner = numba.njit(lambda x: x + 1)
    outer = numba.njit(lambda x: inner(x) + 1)
    heard = []
    with watching_compiler(lambda what: heard.append((what, len(outer.overloads)))):
        assert outer(1) == 3
        assert outer(2) == 4
    outer(1.0)
    assert heard == [("tests", 0), (None, 1)]


@pytest.mark.parametrize(
    ("module", "what"),
    [
        ("gamesolve.games.flipit", "flipit"),
        ("gamesolve.games.attack_graph.rules", "attack_graph"),
        ("gamesolve.views.simulator_loop@cage2.rules", "cage2"),
        ("gamesolve.views.act@flipit.defender.periodic.01234567", "flipit"),
        ("gamesolve.views.simulator_loop@gamesolve_hide_and_seek-01234567", "gamesolve_hide_and_seek"),
        ("gamesolve.solvers.cfr", "the solver"),
        ("gamesolve.policies.mixture", "gamesolve"),
    ],
)
def test_what_is_compiled_is_named_as_users_know_it(module, what):
    function = numba.njit(lambda x: x)
    function.py_func.__module__ = module
    heard = []
    with watching_compiler(heard.append):
        function(1)
    assert heard == [what, None]


def test_the_cache_folder_can_be_chosen(tmp_path, monkeypatch):
    monkeypatch.setenv("GAMESOLVE_CACHE", str(tmp_path / "chosen"))
    assert cache_folder() == tmp_path / "chosen"
    assert (tmp_path / "chosen").is_dir()


def test_a_cache_folder_that_cannot_be_made_is_replaced(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GAMESOLVE_CACHE", str(tmp_path / "file" / "below"))
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    assert cache_folder().parent == tmp_path
    assert cache_folder().is_dir()


def folder_used(path, *, ago):
    """A folder with a file in it that was last used `ago` seconds ago."""
    path.mkdir(parents=True)
    (path / "code").write_text("")
    os.utime(path, (time.time() - ago, time.time() - ago))


def test_code_of_other_sources_goes_when_it_has_long_not_been_used(tmp_path):
    for name, ago in (("old", KEPT + 60), ("recent", KEPT - 60), (sources_hash(), 2 * KEPT)):
        folder_used(tmp_path / "compiled" / name, ago=ago)
    present = code_folder(tmp_path)
    assert {path.name for path in (tmp_path / "compiled").iterdir()} == {"recent", sources_hash()}
    assert (present / "code").is_file()
    assert present.stat().st_mtime > time.time() - 60


def test_a_cache_that_cannot_be_tidied_still_serves(tmp_path, monkeypatch):
    monkeypatch.setattr("os.utime", Mock(side_effect=PermissionError))
    assert code_folder(tmp_path).is_dir()


def test_the_hash_of_the_sources_is_the_same_in_another_process():
    code = "from gamesolve.base.compiled import sources_hash; print(sources_hash())"
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    first, second = (subprocess.check_output([sys.executable, "-c", code], env=environment, text=True) for _ in range(2))
    assert first == second
    assert len(sources_hash()) == 16


def test_a_third_partys_source_is_hashed_with_its_whole_package(tmp_path):
    package = tmp_path / "theirs"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "game.py").write_text("x = 1")
    (package / "rules.py").write_text("y = 1")
    before = foreign_hash.__wrapped__(package / "game.py")
    (package / "rules.py").write_text("y = 2")
    assert foreign_hash.__wrapped__(package / "game.py") != before


def test_the_packages_own_files_need_no_further_hash():
    import gamesolve.base.compiled as own

    assert foreign_hash(own.PACKAGE / "base" / "compiled.py") == ""
