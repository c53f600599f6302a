"""Where compiled code is cached, and how a template of compiled loops is bound to one game.

numba's disk cache looks only at the file of the function itself, so a loop that calls a game's
rules would go on running after the rules have changed. The cache folder is therefore keyed by a
hash of every source file of the package, and of the third party's file where a game comes from one.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.util
import os
import re
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from gamesolve.base.errors import GamesolveError

PACKAGE = Path(__file__).resolve().parent.parent
#: Seconds after which code compiled from other sources is deleted, if nobody has used it: 30 days.
KEPT = 30 * 86400


def cache_folder() -> Path:
    """Folder for compiled code and trees: `$GAMESOLVE_CACHE`, else the user's cache folder.

    Falls back to a per-user folder under the system's temporary one where that cannot be written.
    """
    chosen = os.environ.get("GAMESOLVE_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    folder = Path(chosen) if chosen else Path(base) / "gamesolve"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        fallback = Path(tempfile.gettempdir()) / f"gamesolve-{os.getuid() if hasattr(os, 'getuid') else 'user'}"
        fallback.mkdir(parents=True, exist_ok=True)
        return fallback


@functools.cache
def sources_hash() -> str:
    """Hash of every source file of gamesolve, games included (hex, 16 characters)."""
    digest = hashlib.sha256()
    games = importlib.util.find_spec("gamesolve.games")
    folders = [PACKAGE, *(Path(p) for p in (games.submodule_search_locations or ()) if games)] if games else [PACKAGE]
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            digest.update(str(path.relative_to(folder)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@functools.cache
def foreign_hash(source: Path) -> str:
    """Hash of a third party's source file, or of its whole package; empty for the package's own files."""
    games = PACKAGE.parent / "games"
    if PACKAGE in source.parents or games in source.parents or not source.is_file():
        return ""
    packaged = (source.parent / "__init__.py").is_file()
    digest = hashlib.sha256()
    for path in sorted(source.parent.rglob("*.py")) if packaged else [source]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


@functools.cache
def code_folder(cache: Path) -> Path:
    """Folder of the code compiled from the present sources; once a process, marks it used and deletes what is `KEPT` no longer."""
    folder = cache / "compiled" / sources_hash()
    # A cache that cannot be tidied still serves.
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)
        for other in folder.parent.iterdir():
            if other != folder and other.stat().st_mtime < time.time() - KEPT:
                _delete_folder(other)
    return folder


def _delete_folder(folder: Path) -> None:
    """Delete a folder so that no other process finds half of it: it goes by another name first."""
    doomed = folder.with_name(f"{folder.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        folder.rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)


def compiled(function: Callable[..., Any] | None = None, *, inline: bool = False, allocates: bool = False) -> Any:
    """Compile `function` by numba with the project's options, cached on disk under the present sources.

    Args:
        function: left out where the decorator is used with options.
        inline: put its code into every caller's. Arrays cost much to pass, a loop's small steps more than they do.
        allocates: it may make arrays. Without that numba counts no references, which costs more than small functions do,
            and refuses to compile what would allocate.

    A bounds-checking process (`NUMBA_BOUNDSCHECK=1`) has a cache of its own; with
    `NUMBA_DISABLE_JIT=1` the function stays plain Python.
    """
    import numba

    if function is None:
        return functools.partial(compiled, inline=inline, allocates=allocates)
    warnings.filterwarnings("ignore", category=numba.core.errors.NumbaExperimentalFeatureWarning)
    config: Any = numba.config
    source = Path(function.__code__.co_filename).resolve()
    parts = [foreign_hash(source), function.__module__.partition("@")[2]]
    if config.BOUNDSCHECK:
        parts.append("boundscheck")
    before = config.CACHE_DIR
    # numba reads the folder when the dispatcher is made, and offers no other way to choose it.
    config.CACHE_DIR = str(code_folder(cache_folder()).joinpath(*filter(None, parts)))
    try:
        options: dict[str, Any] = {"error_model": "numpy", "forceinline": inline, "_nrt": allocates}
        dispatcher = numba.njit(cache=source.is_file(), **options)(function)
    finally:
        config.CACHE_DIR = before
    _keep_in_turn(dispatcher)
    return dispatcher


def _keep_in_turn(dispatcher: Any) -> None:
    """Let one process at a time write what a cache holds of a function.

    numba numbers the files of a function's signatures by an index that it reads and writes without a lock: two processes that
    compile it for different ones at once may give both the same number, and whoever comes later runs code for other types.
    """
    import fcntl

    kept = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
    if kept is None:
        return
    write = kept.save

    def write_in_turn(key: Any, data: Any) -> None:
        with open(os.path.join(kept._cache_path, "lock"), "wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            write(key, data)

    kept.save = write_in_turn


@contextlib.contextmanager
def watching_compiler(listen: Callable[[str | None], None]) -> Iterator[None]:
    """Call `listen(what)` before numba compiles what no cache holds, and `listen(None)` when it has, while the context lasts.

    What is compiled is named as users know it: a game, `the solver`, or `gamesolve` itself.
    """
    from numba.core import event

    class Ear(event.Listener):
        # One function's compilation may start another's.
        depth = 0

        def on_start(self, event: event.Event) -> None:
            self.depth += 1
            if self.depth == 1:
                listen(_compiled_part(event.data["dispatcher"].py_func.__module__))

        def on_end(self, event: event.Event) -> None:
            self.depth -= 1
            if self.depth == 0:
                listen(None)

    with event.install_listener("numba:compile", Ear()):
        yield


def _compiled_part(module: str) -> str:
    """What users call the part of the program in which a function stands, or the game to which its template is bound."""
    template, _, game = module.partition("@")
    owner = (game or template).removeprefix("gamesolve.games.")
    if owner.startswith("gamesolve.solvers"):
        return "the solver"
    return re.split(r"[.-]", owner)[0]


#: For the small functions of a hot loop.
inlined = functools.partial(compiled, inline=True)


def explicit(function: Any, *signature: Any) -> Any:
    """`function` compiled for one more signature and for no type it was not told.

    Left to itself numba types a compiled function that is passed as an argument by its identity and
    compiles the caller anew for each; told beforehand, it takes it as a first-class function.

    Raises:
        GamesolveError: a rule cannot be compiled: one that allocates is told so, and a misspelt field is
            named with its record's fields.
    """
    if hasattr(function, "compile") and signature not in function.overloads:
        from numba.core.errors import NumbaError

        function.disable_compile(False)
        try:
            function.compile(signature)
        except NumbaError as error:
            raise GamesolveError(_typing_message(function, error)) from error
        function.disable_compile()
    return function


def entry(function: Any, *signature: Any) -> Any:
    """The machine code of `function` for a signature, told as to `explicit`, to call from Python time and again.

    Called by itself a compiled function finds out the types of its arguments first, which takes longer than a step of a
    game. This does not: it takes arguments of the types told, and no others.
    """
    explicit(function, *signature)
    return function.overloads[signature].entry_point if hasattr(function, "compile") else function


def specialise(template: str, *, name: str, **functions: object) -> ModuleType:
    """A fresh copy of module `template` in which the names in `functions` mean one game's rules.

    Compiled functions refer to each other by module-level names, which is what lets numba inline
    the calls and cache the result on disk; a generic loop that takes rules as arguments can do
    only one of the two. The copy is an ordinary module named `template@name`.

    Args:
        template: dotted name of a module whose compiled functions call the names to be bound.
        name: distinguishes the copy; one name always stands for the same `functions`.
        functions: module-level names of the template and what they shall mean.
    """
    full_name = f"{template}@{name}"
    if full_name in sys.modules:
        return sys.modules[full_name]
    spec = importlib.util.find_spec(template)
    assert spec is not None
    assert spec.origin is not None
    copy = importlib.util.spec_from_file_location(full_name, spec.origin)
    assert copy is not None
    assert copy.loader is not None
    module = importlib.util.module_from_spec(copy)
    sys.modules[full_name] = module
    copy.loader.exec_module(module)
    for key, value in functions.items():
        assert hasattr(module, key), f"{template} has no name {key!r} to bind"
        setattr(module, key, value)
    return module


def _typing_message(function: Any, error: Exception) -> str:
    """One sentence from numba's report on a function that cannot be compiled."""
    text = str(error)
    allocating = re.search(r"NRT required|_allocate\(|np\.empty\(", text)
    missing = re.search(r"Field '(\w+)' was not found in record with fields \(([^)]*)\)", text)
    place = [found for found in re.findall(r'File "([^"]+)", line (\d+):', text) if f"{os.sep}numba{os.sep}" not in found[0]]
    where = f" at {place[-1][0]}:{place[-1][1]}" if place else ""
    if allocating:
        # Innermost first: this is where the allocation stands, the others are its callers.
        lowered = [found for found in re.findall(r"at (\S+\.py) \((\d+)\)", text) if f"{os.sep}numba{os.sep}" not in found[0]]
        where = f" at {lowered[0][0]}:{lowered[0][1]}" if lowered else where
        return f"a rule allocates memory{where}: a temporary array or a list; write in place, element by element"
    if missing:
        fields = ", ".join(part.strip().strip("'") for part in missing[2].split(",") if part.strip())
        return f"a rule uses the field {missing[1]!r}{where}, which its record does not have; the record's fields are {fields}"
    reason = next((line.strip() for line in text.splitlines() if line.strip() and "nopython mode" not in line), "unknown reason")
    return f"a rule called by {function.__name__!r} cannot be compiled{where}: {reason}"
