"""Failures that are survived are named, and an interrupt is none."""

import logging

import pytest

from gamesolve.base import interrupts
from gamesolve.base.errors import GamesolveError
from gamesolve.base.failures import survived


def test_our_errors_are_told_as_they_are_and_others_by_kind():
    assert survived(GamesolveError("no such game")) == "no such game"
    assert survived(ZeroDivisionError("division by zero")) == "ZeroDivisionError: division by zero"
    assert survived(MemoryError()) == "MemoryError"


def test_what_a_signal_has_brought_about_is_not_survived(monkeypatch):
    monkeypatch.setattr(interrupts, "received", [2])
    with pytest.raises(RuntimeError):
        survived(RuntimeError("the compiler's own"))


def test_where_it_came_from_is_logged(caplog):
    with caplog.at_level(logging.DEBUG, "gamesolve.failures"):
        try:
            raise ValueError("lost")
        except ValueError as error:
            survived(error)
    assert "ValueError: lost" in caplog.text
    assert "test_where_it_came_from_is_logged" in caplog.text
