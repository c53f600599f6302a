"""Run folders: one process at a time, nothing overwritten, nothing lost."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys

import numpy as np
import pytest

from gamesolve.base import runs
from gamesolve.base.errors import GamesolveError
from gamesolve.base.ledger import read_journal
from gamesolve.base.runs import Run

CONFIG = {"job": "solve", "game": "kuhn", "gap": 0.001}
PROVENANCE = {"seed": 0}


def test_a_new_run_says_what_was_asked(tmp_path):
    with Run.create(tmp_path / "deep" / "run", CONFIG, PROVENANCE) as run:
        assert runs.read_config(run.folder) == CONFIG
    assert sorted(p.name for p in run.folder.iterdir()) == ["config.json", "lock", "provenance.json"]


def test_a_folder_that_holds_a_run_is_not_taken(tmp_path):
    Run.create(tmp_path, CONFIG, PROVENANCE).close()
    with pytest.raises(GamesolveError, match=r"already holds a run; go on with 'gamesolve resume"):
        Run.create(tmp_path, CONFIG, PROVENANCE)


def test_only_runs_that_can_be_resumed_are_said_to_be(tmp_path):
    Run.create(tmp_path, {**CONFIG, "job": "simulate"}, PROVENANCE).close()
    with pytest.raises(GamesolveError, match="already holds a run; leave it as it is or choose another folder"):
        Run.create(tmp_path, CONFIG, PROVENANCE)
    with pytest.raises(GamesolveError, match="no result yet; delete it, and run it again"):
        runs.read_result(tmp_path)


def test_a_folder_that_holds_something_else_is_not_taken(tmp_path):
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(GamesolveError, match=r"not empty \(it holds 'thesis.tex'\)"):
        Run.create(tmp_path, CONFIG, PROVENANCE)
    with pytest.raises(GamesolveError, match="is a file"):
        Run.create(tmp_path / "thesis.tex", CONFIG, PROVENANCE)


def test_a_place_for_a_run_is_given_back_where_the_work_fails(tmp_path):
    (tmp_path / "mine").mkdir()
    for name in ("deep", "mine"):
        with pytest.raises(ZeroDivisionError), runs.reserved(tmp_path / name):
            raise ZeroDivisionError
    assert [p.name for p in tmp_path.iterdir()] == ["mine"]


def refuse_after_writing(folder):
    """What work does that has written something before it is refused."""
    folder.mkdir()
    (folder / "card.json").write_text("{}")
    raise GamesolveError("no")


def test_a_new_run_whose_work_is_refused_leaves_nothing(tmp_path):
    (tmp_path / "mine").mkdir()
    for name in ("deep", "mine"):
        with pytest.raises(GamesolveError, match="no"), Run.create(tmp_path / name, CONFIG, PROVENANCE) as run:
            refuse_after_writing(run.folder / "parties")
    assert [p.name for p in tmp_path.rglob("*")] == ["mine"]


def test_a_run_that_can_be_gone_on_with_stays_where_its_work_fails(tmp_path):
    with Run.create(tmp_path / "run", CONFIG, PROVENANCE) as run:
        run.checkpoint(1, journal=run.journal_size(), facts={}, arrays={"x": np.zeros(1)})
        run.discard()
    with pytest.raises(GamesolveError), Run.open(tmp_path / "run"):
        raise GamesolveError("no")
    Run.create(tmp_path / "older", CONFIG, PROVENANCE).close()
    with pytest.raises(GamesolveError), Run.open(tmp_path / "older"):
        raise GamesolveError("no")
    with pytest.raises(KeyboardInterrupt), Run.create(tmp_path / "cut", CONFIG, PROVENANCE):
        raise KeyboardInterrupt
    assert all(runs.read_config(tmp_path / name) == CONFIG for name in ("run", "older", "cut"))


def test_a_run_killed_before_its_configuration_was_written_can_be_started_again(tmp_path):
    (tmp_path / "lock").write_text("123")
    (tmp_path / "provenance.json").write_text("{}")
    (tmp_path / ".config.json.partial").write_text("{")
    Run.create(tmp_path, CONFIG, PROVENANCE).close()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["config.json", "lock", "provenance.json"]


def test_a_folder_without_a_run_cannot_be_resumed(tmp_path):
    with pytest.raises(GamesolveError, match=r"holds no run: there is no config\.json"):
        Run.open(tmp_path)


def test_two_processes_cannot_work_on_one_run(tmp_path):
    code = "import sys; from pathlib import Path; from gamesolve.base.runs import Run; Run.open(Path(sys.argv[1]))"
    with Run.create(tmp_path, CONFIG, PROVENANCE):
        other = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
        assert f"in use by another process ({os.getpid()})" in other.stderr
    again = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr


def test_a_closed_run_leaves_no_trace_of_its_process(tmp_path):
    Run.create(tmp_path, CONFIG, PROVENANCE).close()
    assert (tmp_path / "lock").read_bytes() == b""


def test_the_journal_is_trimmed_to_what_the_checkpoint_knows(tmp_path):
    with Run.create(tmp_path, CONFIG, PROVENANCE) as run:
        run.append({"iteration": 1})
        size = run.journal_size()
        run.checkpoint(1, journal=size, facts={}, arrays={"plan": np.zeros(2)})
        run.append({"iteration": 2})
    with Run.open(tmp_path) as run:
        found = run.latest()
        assert found is not None
        run.trim(found.journal)
        run.append({"iteration": 3})
    assert read_journal(tmp_path) == [{"iteration": 1}, {"iteration": 3}]


def test_a_line_cut_off_by_a_kill_is_left_out(tmp_path):
    (tmp_path / "journal.jsonl").write_text('{"iteration": 1}\n{"iter')
    assert read_journal(tmp_path) == [{"iteration": 1}]


def test_a_damaged_line_is_named(tmp_path):
    (tmp_path / "journal.jsonl").write_text('{"iteration": 1}\n{"iter\n')
    with pytest.raises(GamesolveError, match=r"line 2 of .* is damaged"):
        read_journal(tmp_path)


def test_a_run_without_a_result_says_how_to_go_on(tmp_path):
    Run.create(tmp_path, CONFIG, PROVENANCE).close()
    with pytest.raises(GamesolveError, match="no result yet; go on with 'gamesolve resume"):
        runs.read_result(tmp_path)


def test_a_journal_on_a_full_disk_is_a_clear_error(tmp_path, monkeypatch):
    with Run.create(tmp_path, CONFIG, PROVENANCE) as run:
        run.append({"iteration": 1})

        def full(*_, **__):
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr("builtins.open", full)
            with pytest.raises(GamesolveError, match=r"journal\.jsonl.*No space left"):
                run.append({"iteration": 2})
    assert read_journal(tmp_path) == [{"iteration": 1}]


def test_a_file_system_that_refuses_large_files_leaves_the_earlier_checkpoint(tmp_path):
    """The system itself refuses the write here: no file of the process may grow past 4 kB."""
    run = Run.create(tmp_path, CONFIG, PROVENANCE)
    run.checkpoint(1, journal=0, facts={}, arrays={"plan": np.zeros(8)})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(GamesolveError, match="cannot write"):
            run.checkpoint(2, journal=0, facts={}, arrays={"plan": np.zeros(100_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    found = run.latest()
    run.close()
    assert found is not None
    assert found.number == 1


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_read_only_folder_is_a_clear_error(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(GamesolveError, match="Permission denied"):
        Run.create(tmp_path / "run", CONFIG, PROVENANCE)


def test_a_read_only_file_system_is_a_clear_error():
    with pytest.raises(GamesolveError, match="cannot write"):
        Run.create(runs.Path("/proc/gamesolve"), CONFIG, PROVENANCE)


def test_a_free_folder_is_found_beside_the_taken_ones(tmp_path):
    (tmp_path / "kuhn").mkdir()
    (tmp_path / "kuhn-2").mkdir()
    assert runs.free_folder(tmp_path, "kuhn").name == "kuhn-3"
