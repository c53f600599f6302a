"""The benchmark's clockwork: turns, blocks, medians, and the worker of the other libraries."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gamesolve.analyses import contest as module
from gamesolve.analyses.contest import Peers, contest, repeated
from gamesolve.base.errors import GamesolveError


def fake(seconds, log, name):
    """A contestant that says how long it took instead of taking long."""

    def timed(count):
        log.append((name, count))
        return seconds * count

    return timed


def test_contestants_take_turns_in_blocks_that_are_long_enough():
    log: list[tuple[str, int]] = []
    medians = contest({"quick": fake(0.01, log, "quick"), "slow": fake(0.5, log, "slow")}, block=0.1, rounds=3)
    assert medians == pytest.approx({"quick": 0.01, "slow": 0.5})
    assert log[-6:] == [("quick", 16), ("slow", 1)] * 3


def test_the_median_forgives_one_disturbed_block():
    durations = iter([1.0, 1.0, 2.0, 900.0, 3.0])
    assert contest({"disturbed": lambda count: next(durations)}, block=0.5, rounds=3) == {"disturbed": 3.0}


def test_our_own_work_is_repeated_as_often_as_asked():
    calls: list[int] = []
    assert repeated(lambda: calls.append(1))(5) >= 0.0
    assert len(calls) == 5


def test_a_missing_environment_says_how_to_make_it(monkeypatch):
    monkeypatch.setattr(module, "PYTHON", Path("/nowhere/bin/python"))
    with pytest.raises(GamesolveError, match="run 'make speed'"), Peers():
        pass


@pytest.fixture
def peers(monkeypatch):
    """A worker in the test environment, which has OpenSpiel."""
    monkeypatch.setattr(module, "PYTHON", Path(sys.executable))
    with Peers() as opened:
        yield opened


def test_the_worker_times_what_it_is_asked(peers):
    assert "open_spiel" in peers.versions
    for task in ("openspiel_cfr_plus", "openspiel_solve", "openspiel_exploitability"):
        timed = peers.contestant(task, "kuhn_poker")
        assert timed(1) >= 0.0
        assert timed(20) > 0.0


def test_a_worker_that_dies_is_an_error(peers):
    with pytest.raises(GamesolveError, match="ended with code"):
        peers.contestant("no_such_task", "kuhn_poker")(1)
