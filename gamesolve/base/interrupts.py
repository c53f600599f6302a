"""Ctrl-C and SIGTERM as a request to stop at the end of the step under way."""

from __future__ import annotations

import _thread
import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType

from gamesolve.base.errors import UnfinishedError

#: Signals that ended what was under way in this process. The compiler may turn the KeyboardInterrupt into an error of its own.
received: list[int] = []
#: Seconds until an interrupt that was lost is raised again.
AGAIN = 0.05


class Interrupted(Exception):  # noqa: N818 - no error: the user wanted it
    """A signal has ended a command; the message says how to go on."""


def interrupt(number: int, frame: FrameType | None) -> None:
    """Handle a signal by ending what is under way."""
    received.append(number)
    raise KeyboardInterrupt


class StopButton:
    """Becomes true when the user asks to stop.

    Until the work asks for the first time there are no steps to finish, and a signal ends it at
    once (KeyboardInterrupt); from then on the first signal is a request, and a second one ends it.
    """

    def __init__(self) -> None:
        self.pressed = False
        self._asked = False

    def __call__(self) -> bool:
        """Whether to stop at this step."""
        self._asked = True
        return self.pressed

    def press(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal."""
        again, self.pressed = self.pressed, True
        if again or not self._asked:
            interrupt(number, frame)


@contextlib.contextmanager
def stop_button() -> Iterator[StopButton]:
    """A button pressed by SIGINT and SIGTERM while the context lasts; for the main thread.

    Raises:
        Interrupted: it was pressed, and what was under way had no answer yet.
    """
    button = StopButton()
    before = {number: signal.signal(number, button.press) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield button
    except UnfinishedError as error:
        if button.pressed:
            raise Interrupted(str(error)) from error
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def insistent() -> Iterator[None]:
    """See to it that interrupts come through while the context lasts.

    One that is raised while the compiler's library calls back can only be reported there and be forgotten. It is not reported,
    and raised again a moment later.
    """
    before, again = sys.unraisablehook, list[threading.Timer]()

    def lost(unraisable: sys.UnraisableHookArgs) -> None:
        if received and issubclass(unraisable.exc_type, KeyboardInterrupt):
            again.append(threading.Timer(AGAIN, _thread.interrupt_main, [received[-1]]))
            again[-1].start()
        else:
            before(unraisable)

    sys.unraisablehook = lost
    try:
        yield
    finally:
        sys.unraisablehook = before
        for timer in again:
            timer.cancel()
