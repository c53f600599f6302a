"""Seeds derived from seeds: streams of different purposes never meet."""

from __future__ import annotations

import hashlib

from gamesolve.base.errors import GamesolveError


def derived_seed(seed: int, *purpose: object) -> int:
    """A seed in 0 to 2^63 - 1 for a purpose, such as `derived_seed(0, "validation")`; the first 63 bits of a SHA-256."""
    words = "\0".join(map(str, (seed, *purpose)))
    return int.from_bytes(hashlib.sha256(words.encode()).digest()[:8], "big") >> 1


def checked_seed(seed: int) -> int:
    """The seed; raises GamesolveError where it is out of range."""
    if not 0 <= seed < 2**63:
        raise GamesolveError(f"the seed is {seed!r}; it lies in 0 to 2^63 - 1")
    return seed
