"""Ctrl-C and SIGTERM as a request to stop at the end of the step under way."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

#: Signals received by this process. A KeyboardInterrupt can be lost on its way through compiled code's callbacks.
received: list[int] = []


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
    """A button pressed by SIGINT and SIGTERM while the context lasts; for the main thread."""
    button = StopButton()
    before = {number: signal.signal(number, button.press) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield button
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
