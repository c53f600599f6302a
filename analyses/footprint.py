"""What a tree costs in memory, measured in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import gamesolve
from gamesolve.views.tree import Payoffs, Tree
from gamesolve.views.tree_build import build_tree, estimate_size


@dataclass(frozen=True)
class Footprint:
    """Pairs with payoff, bytes of the tree's arrays, and bytes by which the process's peak rose while it was built."""

    pairs: int
    resident: int
    peak: int


def footprint(game: str, parameters: dict[str, Any]) -> Footprint:
    """Build the game's tree in a fresh process and look at its memory."""
    command = [sys.executable, "-m", __name__, game, json.dumps(parameters)]
    return Footprint(**json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))


def array_bytes(tree: Tree) -> int:
    """Bytes of all arrays of a tree."""
    parts: list[Any] = [*tree.decisions, tree.payoffs, tree.transposed, tree.histories]
    parts += [tree.other] if isinstance(tree.other, Payoffs) else []
    return sum(a.nbytes for part in parts if part is not None for a in vars(part).values() if isinstance(a, np.ndarray))


def status(key: str) -> int:
    """A figure of /proc/self/status in bytes (VmRSS: now; VmHWM: the peak since it was last reset)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{key}:"))


def main(game: str, parameters: str) -> None:
    """Build once on the smallest horizon to compile, then measure."""
    chosen = json.loads(parameters)
    smallest = gamesolve.load_game(game, **{**chosen, "horizon": 1})
    build_tree(smallest)
    estimate_size(smallest)
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = status("VmRSS")
    tree = build_tree(gamesolve.load_game(game, **chosen))
    print(json.dumps({"pairs": tree.pairs, "resident": array_bytes(tree), "peak": status("VmHWM") - before}))


if __name__ == "__main__":
    main(*sys.argv[1:])
