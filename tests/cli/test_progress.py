"""What is seen on the way: a panel on a terminal, plain lines elsewhere, nothing when quiet."""

from __future__ import annotations

import re

import numba
import pytest

from gamesolve.base.bound import Bound
from gamesolve.cli.progress import progress_display
from gamesolve.solve.watch import Certificate, Progress

STEP = Certificate(40, Bound(-0.25, 0.5), Bound.exact(0.375))


def heard(seconds: float, certificate: Certificate | None = STEP) -> Progress:
    return Progress("cfr+", certificate, 0.001, seconds, 60.0)


def test_plain_lines_come_now_and_then(capsys):
    with progress_display(quiet=False) as listen:
        for seconds in (0.0, 1.0, 4.9, 6.0):
            listen(heard(seconds))
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "cfr+  iteration 40  value [-0.25, 0.5] (proved)  exploitability 0.375 (target 0.001)  0.00 s, 60 s left".replace(
            "60 s", "1 min 0 s"
        ),
        "cfr+  iteration 40  value [-0.25, 0.5] (proved)  exploitability 0.375 (target 0.001)  6.00 s, 54 s left",
    ]


def test_before_the_first_step_only_phase_and_time_are_known(capsys):
    with progress_display(quiet=False) as listen:
        listen(Progress("tree", None, 0.001, 0.5, None))
    assert capsys.readouterr().err == "building the tree  0.50 s\n"


def test_waiting_for_the_compiler_is_told(capsys):
    with progress_display(quiet=False):
        assert capsys.readouterr().err == ""
        numba.njit(lambda x: x + 1)(1)
        expected = r"compiling tests for this machine \(once, kept for next time\)  0.\d+ s\n"
        assert re.fullmatch(expected, capsys.readouterr().err)


def test_that_the_compiler_works_once_is_said_once(capsys):
    with progress_display(quiet=False) as listen:
        for phase in ("compiling kuhn", "tree", "compiling the solver"):
            listen(Progress(phase, None, 0.0, 0.0, None))
    first, _, second = capsys.readouterr().err.splitlines()
    assert first == "compiling kuhn for this machine (once, kept for next time)  0.00 s"
    assert second == "compiling the solver  0.00 s"


def test_a_panel_goes_back_to_what_is_under_way(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    with progress_display(quiet=False, phase="evaluating"):
        numba.njit(lambda x: x + 2)(1)
    assert "evaluating" in capsys.readouterr().err


def test_quiet_has_no_listener(capsys):
    with progress_display(quiet=True) as listen:
        assert listen is None
        numba.njit(lambda x: x + 3)(1)
    assert capsys.readouterr().err == ""


def test_a_terminal_gets_a_panel(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    with progress_display(quiet=False) as listen:
        listen(heard(3.0))
    shown = capsys.readouterr()
    assert shown.out == ""
    for word in ("gamesolve", "iteration", "[-0.25, 0.5]", "57 s left"):
        assert word in shown.err


@pytest.mark.parametrize(("seconds", "text"), [(0.123, "0.12 s"), (42.4, "42 s"), (200.0, "3 min 20 s"), (7500.0, "2 h 5 min")])
def test_durations_are_written_for_people(seconds, text):
    from gamesolve.cli.show import duration

    assert duration(seconds) == text
