"""How long a call of somebody else's code may take: one that never returns is interrupted, named and survived.

The clock interrupts by SIGALRM, so it can in the main thread only, and where there is that signal; elsewhere a call takes as long as
it takes. Machine code that does not come back to the interpreter, and code that catches whatever is raised in it, cannot be
interrupted: a second Ctrl-C ends the former's process once it comes back.
"""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any, TypeVar

from gamesolve.base.errors import GamesolveError, UnfinishedError

Answer = TypeVar("Answer")
#: Seconds that a call may take unless told otherwise, and after which one is interrupted again that has caught the interrupt.
CALL_LIMIT, AGAIN = 60.0, 0.5


@dataclass(frozen=True)
class Patience:
    """For how long to wait.

    Attributes:
        seconds: that one call may take.
        until: when the work around it ends, by `time.monotonic`; None where it does not. Calls that begin later are not ended by it.

    Raises:
        GamesolveError: the seconds are out of range.
    """

    seconds: float = CALL_LIMIT
    until: float | None = None

    def __post_init__(self) -> None:
        if not 0.0 < self.seconds < math.inf:
            raise GamesolveError(f"the call limit is {self.seconds!r}; it is a positive and finite number of seconds")


#: As long as is usual.
USUAL = Patience()


class _Late(BaseException):
    """No Exception, so that few catch it."""


def call(what: str, patience: Patience, function: Callable[..., Answer], *arguments: Any, **named: Any) -> Answer:
    """The function's answer.

    Args:
        what: is called, for messages.

    Raises:
        GamesolveError: it has taken too long.
        UnfinishedError: it has not returned when the work around it was to end.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        return function(*arguments, **named)
    begun, listening = time.monotonic(), [True]
    left = math.inf if patience.until is None or patience.until <= begun else patience.until - begun

    def ring(number: int, frame: FrameType | None) -> None:
        if listening:
            raise _Late

    handler = signal.signal(signal.SIGALRM, ring)
    timer = signal.setitimer(signal.ITIMER_REAL, min(patience.seconds, left), AGAIN)
    try:
        try:
            return function(*arguments, **named)
        finally:
            listening.clear()
    except _Late:
        raise _too_late(what, patience, ended=left < patience.seconds) from None
    finally:
        listening.clear()
        _restore(handler, timer, time.monotonic() - begun)


def _too_late(what: str, patience: Patience, *, ended: bool) -> GamesolveError:
    if ended:
        return UnfinishedError(f"{what} had not returned when the time limit came")
    return GamesolveError(f"{what} had not returned after {patience.seconds:g} s; --call-limit (call_limit in Python) allows longer calls")


def _restore(handler: Any, timer: tuple[float, float], elapsed: float) -> None:
    """Put back what SIGALRM did before, and whoever's timer ran."""
    signal.setitimer(signal.ITIMER_REAL, 0.0)
    signal.signal(signal.SIGALRM, signal.SIG_DFL if handler is None else handler)
    if timer[0] > 0.0:
        signal.setitimer(signal.ITIMER_REAL, max(timer[0] - elapsed, 1e-6), timer[1])
