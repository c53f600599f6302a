"""Games by name: the package's own, and those that third parties register.

A third party adds games through the entry-point group `gamesolve.games`; each entry names a
`GameType`. A faulty one yields one warning that names it and breaks nothing.
"""

from __future__ import annotations

import ast
import functools
import importlib
import importlib.metadata
import importlib.util
import pkgutil
import warnings
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from gamesolve.base.errors import GamesolveError, unknown_name

GROUP = "gamesolve.games"


@runtime_checkable
class Loadable(Protocol):
    """What a game's module registers; `gamesolve.rules.GameType` is the one kind there is."""

    name: str
    summary: str
    source: str

    def load(self, /, **parameters: Any) -> Any:
        """The game with the given parameters."""


def game_names() -> tuple[str, ...]:
    """Names of all games, the package's own first. Imports none of them."""
    return (*_own(), *(name for name in _plugins() if name not in _own()))


def game_summary(name: str) -> str:
    """First line of the docstring of a game's module, read without importing it."""
    own = _own()
    if name in own:
        text = ast.get_docstring(ast.parse(own[name].read_text(encoding="utf-8"))) or ""
        return text.partition("\n")[0]
    entry = _plugins().get(name)
    return f"from {entry.dist.name} {entry.dist.version}" if entry is not None and entry.dist is not None else "third party"


def game_type(name: str) -> Loadable:
    """The game type registered under `name`; raises GamesolveError with the valid names."""
    if name in _own():
        return importlib.import_module(f"gamesolve.games.{name}").GAME
    if name in _plugins():
        found = _load_plugin(name)
        if found is not None:
            return found
        raise GamesolveError(f"game {name!r} is registered by a plug-in that cannot be loaded; the warning above says why")
    raise unknown_name("game", name, list(game_names()))


def load_game(name: str, /, **parameters: Any) -> Any:
    """The `Game` called `name` with `parameters`, the rest at their defaults.

    Raises:
        GamesolveError: the name is unknown, or a parameter is refused; the message names it.
    """
    return game_type(name).load(**parameters)


def game_folder(name: str) -> Path | None:
    """The folder of one of the package's games; None where it is a file, or somebody else's."""
    found = _own().get(name)
    return found.parent if found is not None and found.name == "__init__.py" else None


@functools.cache
def _own() -> dict[str, Path]:
    spec = importlib.util.find_spec("gamesolve.games")
    if spec is None or not spec.submodule_search_locations:
        raise GamesolveError("gamesolve.games cannot be imported: the package is not installed; run 'pip install -e .' in the repository")
    found = {}
    for folder in spec.submodule_search_locations:
        for module in pkgutil.iter_modules([folder]):
            path = Path(folder) / module.name
            found[module.name] = path / "__init__.py" if module.ispkg else path.with_suffix(".py")
    return dict(sorted(found.items()))


@functools.cache
def _plugins() -> dict[str, importlib.metadata.EntryPoint]:
    return {entry.name: entry for entry in importlib.metadata.entry_points(group=GROUP)}


@functools.cache
def _load_plugin(name: str) -> Loadable | None:
    entry = _plugins()[name]
    try:
        found = entry.load()
        if not isinstance(found, Loadable):
            raise TypeError(f"it is a {type(found).__name__}, not a GameType")
        return found
    except Exception as error:  # noqa: BLE001 - whatever a third party's module raises must not break ours
        warnings.warn(f"game plug-in {name!r} ({entry.value}) cannot be loaded: {error}", stacklevel=3)
        return None
