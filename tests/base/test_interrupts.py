"""A stop button turns the first signal into a request, once there are steps to finish."""

from __future__ import annotations

import signal

import pytest

from gamesolve.base.interrupts import stop_button


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
