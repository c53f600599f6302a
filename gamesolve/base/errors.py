"""The one exception that users see."""

from collections.abc import Iterable

#: Of what is allowed an error lists so many at most.
LISTED = 8


class GamesolveError(Exception):
    """Something the user asked for cannot be done.

    The message is one sentence that says what was wrong, quotes the value, and says what is
    allowed. The command line prints it without a traceback; everything else that escapes is a
    defect of the library.
    """


class TooLargeError(GamesolveError):
    """The exact answer needs more memory or work than allowed, or no solver has it; an estimate may still be had."""


class UnfinishedError(GamesolveError):
    """Work was given up on before it had an answer: time ran out, or the user asked to stop."""


def unknown_name(kind: str, name: object, allowed: "list[str] | tuple[str, ...]") -> GamesolveError:
    """The error for a name that no registry knows: quotes it, offers the nearest and lists the rest."""
    import difflib

    names = sorted(allowed)
    near = difflib.get_close_matches(str(name), names, n=1)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    return GamesolveError(f"unknown {kind} {name!r}{hint}; available: {', '.join(names) or 'none'}")


def first_few(allowed: Iterable[object]) -> str:
    """What is allowed, for an error: all of it, or the first few and how many there are."""
    words = [str(one) for one in allowed]
    shown = ", ".join(words[:LISTED]) or "none"
    return shown if len(words) <= LISTED else f"{shown}, ... ({len(words)} in all)"


def missing_extra(library: str, extra: str) -> GamesolveError:
    """The error for a library that only an extra of the package brings."""
    return GamesolveError(f"{library} is not installed; it comes with the extra [{extra}]: pip install 'gamesolve[{extra}]'")
