"""The one exception that users see."""

import reprlib
from collections.abc import Iterable

#: Of what is allowed an error lists so many at most.
LISTED = 8
#: Characters that an error repeats of a text, and entries of a list or an object.
TEXT, ENTRIES = 300, 6
#: A name that is longer resembles nothing.
LONGEST_NAME = 80
#: Where there are more than MANY names, an error lists the first SOME.
MANY, SOME = 40, 12


class GamesolveError(Exception):
    """Something the user asked for cannot be done.

    The message is one sentence that says what was wrong, quotes the value, and says what is
    allowed. The command line prints it without a traceback; everything else that escapes is a
    defect of the library.
    """


class TooLargeError(GamesolveError):
    """The exact answer needs more memory or work than allowed, or no solver has it; an estimate may still be had."""


class PolicyFailedError(GamesolveError):
    """A policy that is somebody else's code or network failed, never returned, or gave what are no probabilities.

    Attributes:
        role: whose policy it is.
    """

    def __init__(self, message: str, role: str) -> None:
        super().__init__(message)
        self.role = role

    def __reduce__(self) -> tuple[object, ...]:
        return PolicyFailedError, (str(self), self.role)


class UnfinishedError(GamesolveError):
    """Work was given up on before it had an answer: time ran out, or the user asked to stop."""


def unknown_name(kind: str, name: object, allowed: "list[str] | tuple[str, ...]") -> GamesolveError:
    """The error for a name that no registry knows: quotes it, offers the nearest and lists what there is, as far as one can read it."""
    import difflib

    names = sorted(allowed)
    near = difflib.get_close_matches(name, names, n=1) if isinstance(name, str) and len(name) <= LONGEST_NAME else []
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    listed = names if len(names) <= MANY else [*names[:SOME], f"and {len(names) - SOME} more"]
    return GamesolveError(f"unknown {kind} {quoted(name)}{hint}; available: {', '.join(listed) or 'none'}")


def quoted(value: object) -> str:
    """A value as an error quotes it: whole where it is short, however large or deep it is."""
    shortened = reprlib.Repr()
    shortened.maxlevel, shortened.maxstring, shortened.maxother, shortened.maxlong = 4, TEXT, TEXT, 40
    shortened.maxlist = shortened.maxdict = shortened.maxtuple = ENTRIES
    return shortened.repr(value)


def in_one_line(words: object, most: int = TEXT) -> str:
    """Somebody else's words, such as an error of a library, as a part of our sentence."""
    said = " ".join(str(words).split())
    return said if len(said) <= most else f"{said[:most]}..."


def described(error: BaseException) -> str:
    """An error that is not ours in one line, by its kind: `ZeroDivisionError: division by zero`."""
    said = in_one_line(error)
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def first_few(allowed: Iterable[object]) -> str:
    """What is allowed, for an error: all of it, or the first few and how many there are."""
    words = [str(one) for one in allowed]
    shown = ", ".join(words[:LISTED]) or "none"
    return shown if len(words) <= LISTED else f"{shown}, ... ({len(words)} in all)"


def missing_extra(library: str, extra: str) -> GamesolveError:
    """The error for a library that only an extra of the package brings."""
    return GamesolveError(f"{library} is not installed; it comes with the extra [{extra}]: pip install 'gamesolve[{extra}]'")
