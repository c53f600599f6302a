"""What users type, read: parameters, settings, durations, amounts of memory."""

from __future__ import annotations

import json
import math
import re
import tomllib
from pathlib import Path
from typing import Any

from gamesolve.base.errors import GamesolveError

SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
BYTES = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "KI": 2**10, "MI": 2**20, "GI": 2**30, "TI": 2**40}


def parameters(words: list[str]) -> dict[str, Any]:
    """`["horizon=4", "tie=attacker"]` as a dictionary; values are JSON where they can be, else text."""
    found: dict[str, Any] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or not name.strip():
            raise GamesolveError(f"parameter {word!r} has no value; write -p name=value")
        if name.strip() in found:
            raise GamesolveError(f"parameter {name.strip()!r} is given twice; give it once")
        found[name.strip()] = _value(value.strip())
    return found


def settings(path: Path | None) -> dict[str, Any]:
    """What a TOML file sets; nothing without one.

    Raises:
        GamesolveError: it cannot be read, or is no TOML.
    """
    from gamesolve.base.files import read_bytes

    if path is None:
        return {}
    try:
        return tomllib.loads(read_bytes(path).decode())
    except (ValueError, RecursionError) as error:
        raise GamesolveError(f"{str(path)!r} is no TOML: {error}") from error


def names(word: str) -> list[str]:
    """The names in `ppo,dqn`; none in `none`."""
    found = [name.strip() for name in word.split(",") if name.strip()]
    return [] if found == ["none"] else found


def duration(word: str) -> float:
    """Seconds in `90`, `90s`, `10m`, `1.5h` or `2d`."""
    match = re.fullmatch(r"(\d+\.?\d*|\.\d+)\s*([a-z]?)", word.strip().lower())
    if not match or match[2] not in SECONDS or not math.isfinite(float(match[1])) or float(match[1]) == 0:
        raise GamesolveError(f"{word!r} is not a time limit; write a positive time such as 90, 90s, 10m or 2h")
    return float(match[1]) * SECONDS[match[2]]


def path(word: str) -> Path:
    """Where to write."""
    if not word.strip():
        raise GamesolveError("--out is empty; name what is to be made, or leave --out away")
    return Path(word)


def memory(word: str) -> int:
    """Bytes in `500MB`, `8GB`, `8GiB` or a plain number."""
    match = re.fullmatch(r"(\d+\.?\d*|\.\d+)\s*([KMGT]?I?)B?", word.strip().upper())
    if not match or match[2] not in BYTES or not 1 <= float(match[1]) * BYTES[match[2]] < 2**63:
        raise GamesolveError(f"{word!r} is not an amount of memory; write one such as 500MB, 8GB or 8GiB")
    return int(float(match[1]) * BYTES[match[2]])


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
