"""The registry: games by name, from the package and from third parties."""

from __future__ import annotations

import importlib.metadata
import sys
import warnings

import pytest

import gamesolve
from gamesolve.base import registry
from gamesolve.base.errors import GamesolveError

FAULTY = {
    "raises": "raise RuntimeError('no luck')",
    "exits": "import a_module_that_is_not_there",
    "is_no_game": "GAME = 3",
    "lacks_the_name": "OTHER = 3",
    "does_not_parse": "def (",
}


@pytest.fixture
def plugins(tmp_path, monkeypatch):
    """One faulty plug-in of each kind, as the registry would find them."""
    for name, text in FAULTY.items():
        (tmp_path / f"plugin_{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    entries = {n: importlib.metadata.EntryPoint(n, f"plugin_{n}:GAME", registry.GROUP) for n in FAULTY}
    monkeypatch.setattr(registry, "_plugins", lambda: entries)
    registry._load_plugin.cache_clear()
    yield
    registry._load_plugin.cache_clear()
    for name in FAULTY:
        sys.modules.pop(f"plugin_{name}", None)


@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_plugin_yields_one_warning_that_names_it(plugins, name):
    with pytest.warns(UserWarning, match=f"game plug-in '{name}'") as caught, pytest.raises(GamesolveError, match=f"'{name}'"):
        registry.load_game(name)
    assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(GamesolveError, match=f"'{name}'"):
            registry.load_game(name)


def test_faulty_plugins_break_nothing_else(plugins):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert set(FAULTY) < set(registry.game_names())
        assert registry.load_game("kuhn").name == "kuhn"
        assert all(isinstance(registry.game_summary(name), str) for name in registry.game_names())


def test_an_unknown_game_is_answered_with_the_nearest_and_all_names():
    with pytest.raises(GamesolveError, match=r"unknown game 'khun' \(did you mean 'kuhn'\?\); available: .*inspection.*leduc"):
        gamesolve.load_game("khun")


@pytest.mark.parametrize("name", gamesolve.game_names())
def test_every_game_of_the_package_has_a_one_line_summary(name):
    summary = registry.game_summary(name)
    assert summary
    assert "\n" not in summary


def test_a_plugin_cannot_replace_a_game_of_the_package(monkeypatch):
    entry = importlib.metadata.EntryPoint("kuhn", "nowhere:GAME", registry.GROUP)
    monkeypatch.setattr(registry, "_plugins", lambda: {"kuhn": entry})
    assert registry.game_names().count("kuhn") == 1
    assert registry.load_game("kuhn").name == "kuhn"


@pytest.mark.parametrize("name", ["name", "self"])
def test_a_parameter_may_be_called_as_python_calls_its_own(name):
    with pytest.raises(GamesolveError, match=f"unknown parameter of game kuhn {name!r}"):
        registry.load_game("kuhn", **{name: 1})
