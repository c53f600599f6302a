"""Amounts of memory: what a tree may take unless the user says otherwise, and how bytes are worded."""

from __future__ import annotations

#: Bytes that a tree may take while it is built.
DEFAULT_MEMORY = 8 * 2**30
#: Beyond this a number of bytes means nothing but "too many".
UNTHINKABLE = 2.0**80
UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


def memory_words(size: float) -> str:
    """A number of bytes with three or four significant digits, in the unit that suits it: `977 KiB`, `8 GiB`."""
    if not size < UNTHINKABLE:
        return "more than any machine's memory"
    unit = 0
    while size >= 1023.5 and unit < len(UNITS) - 1:
        size /= 1024
        unit += 1
    digits = 4 if 999.5 <= size < 1023.5 else 3
    return f"{size:.{digits}g} {UNITS[unit]}"
