"""The analysis of learned CAGE 2 defenders: what is done once, what it writes, and what it refuses."""

from __future__ import annotations

import csv
import sys

import pytest

from gamesolve.analyses import cage2_specialists as module
from gamesolve.base.registry import game_folder, load_game
from gamesolve.policies.files import about_of
from gamesolve.policies.trained import trained_names, trained_policy


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    """The analysis with stages that cost nothing and files of its own; the stages that it does are noted."""
    done: list[str] = []

    def work(stage):
        done.append(stage)
        return [dict(zip(module.HEADER, (stage, one, 2_000, "-12.5", "0.25", 8_000_000, "3.0"), strict=True)) for one in module.ATTACKERS]

    monkeypatch.setattr(module, "ROWS", tmp_path / "rows.csv")
    monkeypatch.setattr(module, "REPORT", tmp_path / "report.md")
    monkeypatch.setattr(module, "EPISODES", 50)
    monkeypatch.setattr(module, "work", work)
    return done


def run(monkeypatch, *stages):
    monkeypatch.setattr(sys, "argv", ["cage2_specialists", *stages])
    module.main()


def test_each_stage_is_done_once_and_a_row_an_attacker_is_kept(elsewhere, monkeypatch):
    run(monkeypatch, "generalist")
    run(monkeypatch)
    run(monkeypatch)
    assert elsewhere == ["generalist", "specialist_b_line", "specialist_meander"]
    with module.ROWS.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["defender"] for row in rows] == [name for name in (*module.HAND, *module.STAGES) for _ in range(2)]
    report = module.REPORT.read_text()
    assert "| generalist | -12.50 ± 0.25 | -12.50 ± 0.25 | 8 million | 3.0 |" in report
    assert report.count("| - | - |") == len(module.HAND)


def test_an_unknown_stage_is_answered_with_those_there_are(elsewhere, monkeypatch):
    with pytest.raises(SystemExit, match="unknown stage 'both'; stages are specialist_b_line"):
        run(monkeypatch, "both")
    assert elsewhere == []


@pytest.mark.skipif(not (game_folder("cage2") / "policies").is_dir(), reason="no policies have been trained yet")
@pytest.mark.parametrize("parameters", [{"horizon": 100}, {"horizon": 30, "preset": "debugged"}])
def test_what_ships_with_the_game_plays_it(parameters):
    game = load_game("cage2", **parameters)
    for role in ("defender", "attacker"):
        for name in trained_names(game, role):
            policy = trained_policy(game, role, name)
            assert about_of(policy)["against"]
            assert about_of(policy)["limits"]
            assert policy.fingerprint == game.fingerprint
