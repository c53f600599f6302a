"""Calls of somebody else's code: one that takes too long is interrupted, and what the clock did before it does again."""

import signal
import threading
import time

import pytest

from gamesolve.base.errors import GamesolveError, UnfinishedError
from gamesolve.base.patience import Patience, call

SHORT = Patience(0.05)


def forever():
    while True:
        pass


def test_an_answer_in_time_comes_through():
    assert call("it", SHORT, divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        call("it", SHORT, divmod, 7, 0)


@pytest.mark.parametrize("work", [forever, lambda: time.sleep(1000)])
def test_a_call_that_does_not_end_is_ended(work):
    with pytest.raises(GamesolveError, match=r"^it had not returned after 0\.05 s; --call-limit \(call_limit in Python\) allows"):
        call("it", SHORT, work)


def test_who_catches_the_interrupt_once_is_interrupted_again():
    def stubborn():
        try:
            forever()
        except BaseException:  # noqa: BLE001 - as somebody's code may
            forever()

    with pytest.raises(GamesolveError, match="had not returned"):
        call("it", SHORT, stubborn)


def test_the_end_of_the_work_around_it_ends_a_call_that_began_before():
    with pytest.raises(UnfinishedError, match="it had not returned when the time limit came"):
        call("it", Patience(60.0, time.monotonic() + 0.05), forever)
    with pytest.raises(GamesolveError, match=r"after 0\.05 s"):
        call("it", Patience(0.05, time.monotonic() - 1.0), forever)


def test_the_signal_and_a_timer_of_others_go_on_as_before():
    heard = []
    before = signal.signal(signal.SIGALRM, lambda number, frame: heard.append(number))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(GamesolveError):
            call("it", SHORT, forever)
        assert not heard
        assert 0.0 < signal.getitimer(signal.ITIMER_REAL)[0] <= 0.2
        while not heard:
            time.sleep(0.01)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
    assert heard == [signal.SIGALRM]


def test_calls_within_calls_have_their_own_time():
    with pytest.raises(GamesolveError, match="inner had not returned"):
        call("outer", Patience(60.0), call, "inner", SHORT, forever)
    with pytest.raises(GamesolveError, match="outer had not returned"):
        call("outer", SHORT, lambda: call("inner", Patience(60.0), int) or forever())


def test_other_threads_are_not_interrupted():
    found = []
    worker = threading.Thread(target=lambda: found.append(call("it", SHORT, lambda: time.sleep(0.2) or 7)))
    worker.start()
    worker.join()
    assert found == [7]


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("inf"), float("nan")])
def test_a_limit_that_is_no_time_is_refused(seconds):
    with pytest.raises(GamesolveError, match=f"the call limit is {seconds!r}; it is a positive and finite number of seconds"):
        Patience(seconds)
