"""Trees on disk, by the game's fingerprint and the package's sources; a damaged file is rebuilt, never trusted."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from gamesolve.base.compiled import cache_folder, sources_hash
from gamesolve.base.errors import GamesolveError
from gamesolve.base.files import npz_bytes, read_npz, write_bytes, write_text
from gamesolve.rules.game import ROLES, Game
from gamesolve.views.acting import game_key
from gamesolve.views.histories import Histories
from gamesolve.views.tree import Decisions, Payoffs, Tree
from gamesolve.views.tree_build import build_tree

#: Smaller trees are built faster than they are read.
SMALLEST = 50_000
#: Bytes that cached trees may take; the longest unused go first.
LARGEST = 4 * 2**30


def cached_tree(game: Game, *, memory: int | None = None, progress: Callable[[int], None] | None = None) -> Tree:
    """The tree of a game, read from the cache where it is there and whole, built and cached otherwise.

    Args, Raises: as `build_tree`.
    """
    path = cache_file(game)
    tree = _read(path, game)
    if tree is None:
        tree = build_tree(game, memory=memory, progress=progress)
        if tree.pairs >= SMALLEST:
            # A cache that cannot be written costs time, not the answer.
            with contextlib.suppress(GamesolveError, OSError):
                _write(path, tree)
    return tree


def cache_file(game: Game) -> Path:
    """Where the tree of a game is cached."""
    key = hashlib.sha256(f"{game.fingerprint} {sources_hash()} {game_key(game)}".encode()).hexdigest()[:24]
    return cache_folder() / "trees" / f"{key}.npz"


def _write(path: Path, tree: Tree) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = npz_bytes(_arrays(tree))
    files = sorted(path.parent.glob("*.npz"), key=lambda file: file.stat().st_atime)
    while files and sum(file.stat().st_size for file in files) + len(data) > LARGEST:
        for part in (files[0], files.pop(0).with_suffix(".sha256")):
            part.unlink(missing_ok=True)
    write_bytes(path, data)
    write_text(path.with_suffix(".sha256"), hashlib.sha256(data).hexdigest())


def _read(path: Path, game: Game) -> Tree | None:
    try:
        arrays = read_npz(path, path.with_suffix(".sha256").read_text(encoding="ascii"))
        return _tree(arrays, game)
    except (GamesolveError, OSError, KeyError, ValueError):
        return None


def _arrays(tree: Tree) -> dict[str, np.ndarray]:
    assert tree.histories is not None
    arrays = {f"histories.{name}": value for name, value in vars(tree.histories).items()}
    for role, decisions in enumerate(tree.decisions):
        for name in ("first", "parent", "action", "history"):
            arrays[f"decisions{role}.{name}"] = getattr(decisions, name)
    for name in ("payoffs", "transposed", "other"):
        payoffs = getattr(tree, name)
        if payoffs is not None:
            arrays.update({f"{name}.{key}": value for key, value in vars(payoffs).items()})
    arrays["leaves"] = np.array([tree.leaves])
    arrays["fingerprint"] = np.frombuffer(tree.fingerprint.encode(), np.uint8)
    return arrays


def _tree(arrays: dict[str, np.ndarray], game: Game) -> Tree:
    if arrays["fingerprint"].tobytes() != game.fingerprint.encode():
        raise ValueError("the tree of another game")

    def part(kind: Any, name: str) -> dict[str, Any]:
        return {key: arrays[f"{name}.{key}"] for key in kind.__dataclass_fields__ if f"{name}.{key}" in arrays}

    first, second = (Decisions(role=ROLES[role], **part(Decisions, f"decisions{role}")) for role in range(2))
    return Tree(
        game=str(game),
        fingerprint=game.fingerprint,
        decisions=(first, second),
        payoffs=Payoffs(**part(Payoffs, "payoffs")),
        transposed=Payoffs(**part(Payoffs, "transposed")),
        other=None if game.zero_sum else Payoffs(**part(Payoffs, "other")),
        utility_bounds=game.utility_bounds,
        histories=Histories(**part(Histories, "histories")),
        leaves=int(arrays["leaves"][0]),
    )
