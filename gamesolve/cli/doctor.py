"""`gamesolve doctor`: does this installation work?"""

from __future__ import annotations

import contextlib
import os
import platform
import tempfile
from pathlib import Path
from typing import Any

import typer

from gamesolve.base.memory import memory_words
from gamesolve.cli import options, show
from gamesolve.cli.progress import progress_display

KUHN_VALUE = -1 / 18


def command(as_json: options.Json = False, debug: options.Debug = False) -> None:
    """Show versions, the cache, the machine, and solve kuhn from end to end, by both families of solvers, as a self test."""
    from gamesolve.base.provenance import versions

    with progress_display(quiet=False, phase="solving kuhn"):
        # The cache comes after the test, which fills it.
        tested = _self_test()
        found = {"python": platform.python_version(), **versions(), **_machine(), **_cache(), **tested}
    if as_json:
        show.emit({"schema": "gamesolve.doctor/1", **found})
    else:
        show.rows([(name.removesuffix("_bytes").replace("_", " "), _words(name, value)) for name, value in found.items()])
    if found["self_test"] != "passed":
        raise typer.Exit(1)


def _machine() -> dict[str, Any]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"machine": platform.platform(), "cores": cores, "memory_bytes": memory}


def _cache() -> dict[str, Any]:
    from gamesolve.base.compiled import cache_folder

    folder = cache_folder()
    compiled, trees = (_size(folder / part) for part in ("compiled", "trees"))
    return {"cache": str(folder), "compiled_code_bytes": compiled, "cached_trees_bytes": trees}


def _size(folder: Path) -> int:
    """Bytes of all files below a folder, though other processes may be writing and deleting there."""
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            total += path.stat().st_size if path.is_file() else 0
    return total


def _words(name: str, value: Any) -> str:
    return memory_words(value) if name.endswith("_bytes") else str(value)


def _self_test() -> dict[str, Any]:
    """Solve kuhn by linear programming and by regret minimisation, make a report of each, compare with the known value."""
    from gamesolve.base.registry import load_game
    from gamesolve.report import write_report
    from gamesolve.solve import solve

    for method in ("lp", "pcfr+"):
        try:
            with tempfile.TemporaryDirectory() as folder:
                value = solve(load_game("kuhn"), method, out=Path(folder) / "run").value
                write_report(Path(folder) / "run")
        except Exception as error:  # noqa: BLE001 - whatever is wrong with an installation is what doctor is to tell
            return {"self_test": f"failed: {method}: {type(error).__name__}: {error}"}
        if value.lower is None or value.upper is None or not value.lower <= KUHN_VALUE <= value.upper:
            return {"self_test": f"failed: the value of kuhn is -1/18, not within {value}, as {method} has it"}
    return {"self_test": "passed"}
