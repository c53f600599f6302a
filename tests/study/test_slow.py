"""Studies killed again and again, and the complete example at a hundredth of its budget: `make verify` counts both.

Run as a program (`test_slow.py FOLDER KILLS`) it is the driver of the kills: see `tests/kill_driver.py`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from gamesolve.report import write_report
from gamesolve.study import study
from gamesolve.study.cells import plan_of_study
from gamesolve.study.file import study_of
from gamesolve.study.roster import roster_of

TESTS = Path(__file__).resolve().parent.parent
EXAMPLE = TESTS.parent / "analyses" / "studies" / "example.toml"
KILLS, SHARE = 50, 100


def hundredth() -> dict:
    """The example with a hundredth of its budgets."""
    given = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    given["budget"]["decisions"] //= SHARE
    given["budget"]["evaluation_episodes"] //= SHARE
    given["attackers"]["adaptive"]["learned"]["budget"] //= SHARE
    return given


def files_of(run: Path) -> dict[Path, bytes]:
    left_out = ("timings.json", "clock.jsonl", "lock", "report.html")
    return {path.relative_to(run): path.read_bytes() for path in run.rglob("*") if path.is_file() and path.name not in left_out}


def test_the_complete_example_can_be_planned_whole_and_at_a_hundredth_of_its_budget():
    for given in (tomllib.loads(EXAMPLE.read_text(encoding="utf-8")), hundredth()):
        plan = plan_of_study(roster_of(study_of(given), EXAMPLE.parent))
        assert {cell.kind for cell in plan.cells()} == {"train", "reference", "adaptive", "play"}
        assert len(plan.trained) == 50


@pytest.mark.slow
def test_the_complete_example_runs_at_a_hundredth_of_its_budget(tmp_path, record_property):
    found = study(hundredth(), out=tmp_path / "run")
    assert found.stopped == "done"
    allowed = hundredth()["budget"]["decisions"]
    for name, spent in found.findings["spent"]["methods"].items():
        assert max(spent) <= allowed, name
    scores = found.findings["defenders"]["uniform_mixture"]["scores"]
    assert scores["mean_seen"]["value"] > found.findings["defenders"]["random"]["scores"]["mean_seen"]["value"]
    assert found.findings["comparisons"]["mean_held_out"]["psro_nash"]["p_corrected"] is not None
    assert write_report(tmp_path / "run").stat().st_size < 3_000_000
    record_property("cells of the example study at a hundredth of its budget", sum(row["done"] for row in found.board))


@pytest.mark.slow
def test_a_study_that_is_killed_fifty_times_ends_in_the_same_bytes(tmp_path, record_property):
    paths = {"PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS / "study"), *filter(None, [os.environ.get("PYTHONPATH")])])}
    driver = [sys.executable, __file__, str(tmp_path), str(KILLS)]
    done = subprocess.run(driver, check=True, capture_output=True, text=True, env=os.environ | paths)
    kills = int(done.stdout.split()[-1])
    assert kills == KILLS
    assert files_of(tmp_path / "killed") == files_of(tmp_path / "whole")
    record_property("kills of a study", kills)


def counted(folder: Path) -> int:
    """Changes to the disk that a whole study makes."""
    made = 0

    def counting(call):
        def one(*arguments, **options):
            nonlocal made
            made += 1
            return call(*arguments, **options)

        return one

    kept = {name: getattr(os, name) for name in ("fsync", "replace", "unlink", "mkdir", "ftruncate")}
    for name, call in kept.items():
        setattr(os, name, counting(call))
    study(STUDY, out=folder, workers=1)
    for name, call in kept.items():
        setattr(os, name, call)
    return made


if __name__ == "__main__":
    import kill_driver
    from small_study import STUDY

    kill_driver.work = lambda folder, *_: study(STUDY, out=folder, workers=1)  # type: ignore[assignment]
    root, wanted = Path(sys.argv[1]), int(sys.argv[2])
    # Half of what would be as many equal parts: what a kill undoes is done again.
    often, chance = counted(root / "whole") // (2 * wanted), np.random.default_rng(0)
    survived = sum(kill_driver.child(root / "killed", int(chance.integers(0, 2 * often + 1))) for _ in range(wanted))
    if survived or not kill_driver.child(root / "killed", None):
        raise SystemExit(f"{survived} of {wanted} were not killed, or the study could not be resumed")
    print(wanted)
