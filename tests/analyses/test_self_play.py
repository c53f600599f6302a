"""The analysis of self-play from samples: marks of runs, what is not done again, and OpenSpiel's learners at our table."""

from __future__ import annotations

import sys
from itertools import islice

import numpy as np
import pytest
import torch
from open_spiel.python.rl_agent import StepOutput

from gamesolve.analyses import self_play as module
from gamesolve.analyses.self_play import Row, known, main, played, runs
from gamesolve.analyses.self_play_peers import OwnTurns, episodes, leduc, nfsp, ppo
from gamesolve.base.errors import GamesolveError

#: Exploitability of uniform play on leduc poker (see the game's docstring).
UNIFORM = 2.373611


def test_a_run_is_measured_after_equal_parts_of_its_budget(monkeypatch):
    monkeypatch.setitem(module.METHODS, "mmd", lambda budget, seed: ((done, lambda done=done: 1 / done) for done in range(3, 99, 3)))
    rows = played("mmd", 20, 7, 2)
    assert [row[:5] for row in rows] == [("mmd", 20, 7, 12, round(1 / 12, 4)), ("mmd", 20, 7, 21, round(1 / 21, 4))]


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    """The analysis with runs that cost nothing and files of its own; the runs that it does are noted."""
    done: list[tuple[str, int, int]] = []

    def run(method, budget, seed, marks):
        done.append((method, budget, seed))
        return [Row(method, budget, seed, -(-budget * mark // marks), 0.5, 60) for mark in range(1, marks + 1)]

    monkeypatch.setattr(module, "ROWS", tmp_path / "rows.csv")
    monkeypatch.setattr(module, "REPORT", tmp_path / "report.md")
    monkeypatch.setattr(module, "cores", lambda: 1)
    monkeypatch.setattr(module, "played", run)
    return done


def test_what_is_missing_is_done_and_nothing_twice(elsewhere):
    main()
    assert sorted(elsewhere) == sorted(run[:3] for run in runs())
    rows = known()
    kept = [line for line in module.ROWS.read_text().splitlines() if not line.startswith("ppo,500000,1,")]
    module.ROWS.write_text("\n".join(kept))
    elsewhere.clear()
    main()
    assert elsewhere == [("ppo", 500_000, 1)]
    assert known() == rows


def test_the_report_shows_every_mark_and_every_method(elsewhere):
    main()
    report = module.REPORT.read_text()
    assert "Uniform play is 2.374 exploitable." in report
    assert "| 24 million | 1.0 | 0.500, 0.500, 0.500 | 0.500 |" in report
    for name in module.NAMES.values():
        assert f"| {name} | 500,000 | 1.0 | 0.500, 0.500, 0.500 | 0.500 |" in report


class Calls:
    """Calls, whatever happens, and remembers what it saw."""

    def __init__(self):
        self.seen = []

    def step(self, time_step):
        self.seen.append(time_step)
        return StepOutput(action=1, probs=None)


def evenly(player, time_step):
    """Uniform probabilities."""
    return np.full(3, 1.0 / len(time_step.observations["legal_actions"][player]))


def test_openspiels_uniform_play_is_as_exploitable_as_ours():
    agents = [Calls(), Calls()]
    decisions, measured = next(episodes(leduc(0), agents, evenly))
    assert measured() == pytest.approx(UNIFORM, abs=1e-6)
    # Both call in both rounds, and are told the end.
    assert decisions == 4
    assert [[time_step.last() for time_step in agent.seen] for agent in agents] == [[False, False, True]] * 2


def test_openspiels_ppo_begins_close_to_uniform_play():
    assert next(ppo(10_000, 0))[1]() == pytest.approx(UNIFORM, abs=0.1)


def test_openspiels_ppo_is_paid_at_the_end_of_every_episode_what_the_other_loses():
    torch.manual_seed(0)
    environment = leduc(0)
    agents = [OwnTurns(environment, player, 10_000) for player in (0, 1)]
    for _ in islice(episodes(environment, agents, evenly), 50):
        pass
    zero, one = (agent._ppo for agent in agents)
    ends = [ppo.rewards[ppo.dones.bool()] for ppo in (zero, one)]
    assert len(ends[0]) == 50
    assert torch.equal(ends[0], -ends[1])
    # Nothing is paid before.
    assert float(zero.rewards.abs().sum()) == float(ends[0].abs().sum()) > 0.0


def test_openspiels_ppo_learns_from_a_seed():
    first, again, other = (played("ppo", 3_000, seed, 1)[0].exploitability for seed in (0, 0, 1))
    assert first == again != other


def test_openspiels_nfsp_learns_from_a_seed():
    pytest.importorskip("tree", reason="OpenSpiel's NFSP needs dm-tree")
    first, again, other = (played("nfsp", 3_000, seed, 1)[0].exploitability for seed in (0, 0, 1))
    assert first == again != other


def test_nfsp_says_what_it_lacks(monkeypatch):
    monkeypatch.setitem(sys.modules, "tree", None)
    monkeypatch.delitem(sys.modules, "open_spiel.python.pytorch.dqn", raising=False)
    monkeypatch.delitem(sys.modules, "open_spiel.python.pytorch.nfsp", raising=False)
    with pytest.raises(GamesolveError, match="pip install dm-tree"):
        next(nfsp(1_000, 0))


def test_our_self_play_comes_closer_than_it_began():
    assert played("mmd", 40_000, 0, 1)[0].exploitability < UNIFORM
