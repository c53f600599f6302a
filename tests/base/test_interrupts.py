"""A stop button turns the first signal into a request, once there are steps to finish."""

from __future__ import annotations

import ctypes
import signal
import sys
import time

import pytest

from gamesolve.base import interrupts
from gamesolve.base.interrupts import insistent, stop_button

#: The C library calling back, as the compiler's library does when it has made an object.
CALLBACK = ctypes.CFUNCTYPE(None)


@pytest.fixture(autouse=True)
def _nothing_received(monkeypatch):
    monkeypatch.setattr(interrupts, "received", [])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_a_request_once_the_work_asks(number):
    with stop_button() as stop:
        assert not stop()
        signal.raise_signal(number)
        assert stop()


def test_a_second_signal_ends_the_work_at_once():
    with stop_button() as stop:
        stop()
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_a_signal_before_the_first_step_ends_the_work_at_once():
    with stop_button(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)


def test_the_handlers_that_were_there_come_back():
    before = signal.getsignal(signal.SIGTERM)
    with stop_button():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_that_a_callback_loses_is_raised_again_and_not_reported(number, capfd):
    with stop_button(), insistent():
        CALLBACK(lambda: signal.raise_signal(number))()
        with pytest.raises(KeyboardInterrupt):
            time.sleep(10)
    assert capfd.readouterr().err == ""


def test_other_errors_that_a_callback_loses_are_reported_as_before(monkeypatch):
    reported = []
    monkeypatch.setattr(sys, "unraisablehook", reported.append)
    with insistent():
        CALLBACK(lambda: 1 / 0)()
    assert [one.exc_type for one in reported] == [ZeroDivisionError]
