"""Provenance: with what a run was computed. Equal provenance and equal configuration give equal bytes."""

from __future__ import annotations

import importlib.metadata
import platform
from typing import Any

from gamesolve.base.compiled import sources_hash

LIBRARIES = ("gamesolve", "numpy", "scipy", "highspy", "numba", "torch", "open_spiel")


def provenance(**facts: Any) -> dict[str, Any]:
    """Versions, a hash of gamesolve's sources, the machine type, and `facts` (seed, fingerprint) as plain data."""
    return {**facts, "python": platform.python_version(), "machine": f"{platform.system()} {platform.machine()}", **versions()}


def versions() -> dict[str, str]:
    """Version of each library that computes, and the hash of gamesolve's own sources."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return {**found, "sources": sources_hash()}


def differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """In words, what is no longer as it was."""
    return [f"{key} was {before.get(key)!r} and is {now[key]!r}" for key in now if before.get(key) != now[key]]
