"""A study from its file to its answer."""

from __future__ import annotations

import csv
import json
import time

import numpy as np
import pytest
from small_study import STUDY, changed

from gamesolve import statistics
from gamesolve.base import files
from gamesolve.base.errors import GamesolveError, UnfinishedError
from gamesolve.study import engine, resume, study
from gamesolve.study import work as study_work

#: What the clock writes, and locks.
CLOCK = {"timings.json", "lock"}


def bytes_of(folder):
    """Every file's content but the clock's, by path."""
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in CLOCK
    }


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study") / "run"
    return study(STUDY, out=folder, workers=1)


def rows_of(found, name):
    with open(found.run / "tables" / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_study_says_what_every_defender_earns(done):
    assert done.stopped == "done"
    assert set(done.findings["defenders"]) == set(STUDY["defenders"])
    for own in done.findings["defenders"].values():
        scores = own["scores"]
        assert {"mean_seen", "mean_held_out", "generalisation_gap", "worst_held_out", "worst_adaptive", "cvar_0.1_held_out"} <= set(scores)
        assert scores["mean_seen"]["lower"] <= scores["mean_seen"]["value"] <= scores["mean_seen"]["upper"]
    # Whoever was trained against the seen ones does better there than at random.
    assert done.findings["comparisons"]["mean_seen"]["random"]["difference"]["value"] < 0.0
    assert done.findings["comparisons"]["mean_seen"]["random"]["p"] is None


def test_numbers_are_those_of_the_recorded_episodes(done):
    plays = [row for row in rows_of(done, "plays.csv") if (row["defender"], row["tier"], row["variant"]) == ("mmd", "seen", "")]
    means = np.zeros((2, 2))
    for row in plays:
        returns = files.read_npz(done.run / "cells" / row["cell"] / "returns.npz")["returns"]
        assert returns.shape == (2 * STUDY["budget"]["evaluation_episodes"], 2)
        assert float(row["mean"]) == pytest.approx(returns[len(returns) // 2 :, 0].mean(), abs=1e-5)
        assert float(row["mean_validation"]) == pytest.approx(returns[: len(returns) // 2, 0].mean(), abs=1e-5)
        means[int(row["run"]), int(row["attacker"] == "periodic (period=3)")] = float(row["mean"])
    expected = statistics.mean_over_runs(means)
    found = done.findings["defenders"]["mmd"]["scores"]["mean_seen"]
    assert (found["value"], found["lower"]) == pytest.approx((expected.value, expected.bound.lower))


def test_nobody_spends_more_than_the_budget(done):
    for row in rows_of(done, "trainings.csv"):
        if row["what"] != "adaptive":
            assert 0 < int(row["decisions"]) <= STUDY["budget"]["decisions"], row
            # Methods have the use of most of what they may spend.
            assert int(row["decisions"]) > STUDY["budget"]["decisions"] // 4, row


def test_a_trained_defender_is_learnt_and_no_heuristic_of_the_games(done):
    for row in rows_of(done, "trainings.csv"):
        assert row["what"] != "train" or row["who"] != "mixture" or "decisions" in row["chosen"], row


def test_populations_of_psro_hold_no_attacker_that_was_not_trained_or_random(done):
    for row in rows_of(done, "trainings.csv"):
        if row["who"] == "psro":
            members = files.read_object(done.run / "cells" / row["cell"] / "result.json")["members"]["attacker"]
            assert all(name == "random" or "of iteration" in name for name in members), members


def test_every_column_has_a_meaning(done):
    known = {(row["table"], row["column"]) for row in rows_of(done, "dictionary.csv")}
    for name in ("plays.csv", "trainings.csv", "scores.csv", "comparisons.csv"):
        assert {(name, column) for column in rows_of(done, name)[0]} == {own for own in known if own[0] == name}


def test_on_a_solved_game_the_equilibrium_defender_earns_the_value_against_everybody(done):
    found = done.findings["equilibrium"]
    assert found["holds"]
    assert found["value"]["lower"] == pytest.approx(found["value"]["upper"], abs=0.05)
    assert set(found["against"]) >= {"tracker", "slow", "learned against mmd"}


def test_a_complete_study_computes_nothing_and_a_changed_one_what_changed(done, monkeypatch):
    did = []
    monkeypatch.setattr(
        engine,
        "do_cell",
        lambda root, key, spec, stop=None: did.append(spec["kind"]) or study_work.do_cell(root, key, spec, stop),
    )
    before = bytes_of(done.run)
    assert study(STUDY, out=done.run, workers=1).findings == done.findings
    assert did == []
    assert bytes_of(done.run) == before
    study(changed("attackers.new_family", {}), out=done.run, workers=1)
    assert did == []
    again = resume(done.run, workers=1)
    assert again.findings["defenders"]["mmd"]["against"].keys() == {
        "periodic (period=2)",
        "periodic (period=3)",
        "slow",
        "learned against random",
        "learned against mixture",
        "learned against mmd",
        "learned against psro",
    }
    study(STUDY, out=done.run, workers=1)
    assert bytes_of(done.run) == before


def test_two_workers_and_interrupts_give_the_same_bytes(done, tmp_path):
    calls, limit = 0, 50

    def stop():
        nonlocal calls
        calls += 1
        return calls > limit

    found = study(STUDY, out=tmp_path / "run", workers=1, stop=stop)
    sessions = 1
    while found.stopped != "done":
        # Later ones are longer, so that every piece of work that is begun anew is done at last.
        calls, limit, sessions = 0, limit + limit // 2, sessions + 1
        found = resume(tmp_path / "run", workers=1, stop=stop)
    assert sessions > 5
    assert bytes_of(tmp_path / "run") == bytes_of(done.run)
    other = study(STUDY, out=tmp_path / "other", workers=2)
    assert bytes_of(tmp_path / "other") == bytes_of(done.run)
    assert other.findings == done.findings


def test_a_cell_that_fails_is_named_and_the_others_are_done(tmp_path, monkeypatch):
    def broken(root, folder, spec, stop):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setitem(study_work.DOES, "adaptive", broken)
    with pytest.raises(GamesolveError, match=r"a cell of the study failed: learned against mixture, run 0: .*; 7 others failed too"):
        study(STUDY, out=tmp_path / "run", workers=1)
    monkeypatch.undo()
    assert study(STUDY, out=tmp_path / "run", workers=1).stopped == "done"


def test_training_never_loads_a_held_out_attacker(tmp_path, monkeypatch):
    loaded = []
    load = study_work.load_policy
    monkeypatch.setattr(study_work, "load_policy", lambda path: loaded.append(path.name) or load(path))
    allowed = set()

    def only_training(root, folder, spec, stop):
        loaded.clear()
        found = train(root, folder, spec, stop)
        allowed.update(spec["against"])
        assert set(loaded) <= set(spec["against"])
        raise UnfinishedError if found is None else GamesolveError("enough")

    train = study_work.DOES["train"]
    monkeypatch.setitem(study_work.DOES, "train", only_training)
    with pytest.raises(GamesolveError, match="enough"):
        study(STUDY, out=tmp_path / "run", workers=1)
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert len(allowed) == 2
    assert len(list((tmp_path / "run" / "parties").iterdir())) == 5
    assert config["study"]["title"] == STUDY["title"]


def test_a_time_limit_leaves_what_is_done(tmp_path):
    begun = time.monotonic()
    found = study(STUDY, out=tmp_path / "run", workers=1, time_limit=0.5)
    assert found.stopped == "time"
    assert found.findings == {}
    assert sum(row["waiting"] for row in found.board) > 0
    assert time.monotonic() - begun < 60.0


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(GamesolveError, match="is not empty"):
        study(STUDY, out=tmp_path)
    with pytest.raises(GamesolveError, match="needs a folder for its run"):
        study(STUDY)


def test_a_defender_that_is_perfect_on_seen_attackers_and_helpless_elsewhere_is_last_by_gap_and_worst_case(tmp_path):
    # Who never flips pays nothing against an attacker who never does, and loses everything to any other.
    planted = {
        "title": "planted", "game": {"name": "flipit", "parameters": {"horizon": 4}},
        "attackers": {"seen": {"never": {"policy": "never"}}, "new_family": {"greedy": {"policy": "greedy"}}},
        "defenders": {"planted": {"policy": "never"}, "periodic": {"policy": "periodic"}, "random": {"policy": "random"}},
        "budget": {"decisions": 30_000, "seeds": 2, "evaluation_episodes": 50}, "report": {"baseline": "random"},
    }  # fmt: skip
    found = study(planted, out=tmp_path / "run", workers=1).findings["defenders"]
    value = lambda name, score: found[name]["scores"][score]["value"]  # noqa: E731
    others = ("periodic", "random")
    assert value("planted", "mean_seen") > max(value(name, "mean_seen") for name in others)
    assert value("planted", "generalisation_gap") > max(value(name, "generalisation_gap") for name in others)
    assert value("planted", "worst_held_out") < min(value(name, "worst_held_out") for name in others)
