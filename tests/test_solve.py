"""`solve`, its run folders, and what kills, time limits and interrupts leave behind."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from sample_trees import matrix_tree

from gamesolve.base import runs
from gamesolve.base.errors import GamesolveError, UnfinishedError
from gamesolve.base.ledger import read_journal
from gamesolve.base.registry import load_game
from gamesolve.base.runs import Run, is_complete
from gamesolve.solve import METHODS, loop, program, resume, solve
from gamesolve.solve.solution import TABULAR
from gamesolve.solve.watch import Watch
from gamesolve.solvers.cfr import cfr
from gamesolve.solvers.sequence_form import LPSolution
from gamesolve.views import openspiel_tree
from gamesolve.views.problem import load_problem

DRIVER = Path(__file__).with_name("kill_driver.py")
KUHN = -1 / 18


@pytest.fixture(scope="module")
def kuhn():
    return load_game("kuhn")


@pytest.fixture
def many_checkpoints(monkeypatch):
    monkeypatch.setattr(loop, "CHECKPOINT_WORK", 30 * 20)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a run but the timings."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != runs.TIMINGS)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


class After:
    """A stop button that presses itself when asked for the n-th time."""

    def __init__(self, times: int) -> None:
        self.left = times

    def __call__(self) -> bool:
        self.left -= 1
        return self.left < 0


# Self-play by PPO learns, here too.
@pytest.mark.parametrize("method", [name for name in METHODS if name not in ("ppo", *TABULAR)])
def test_every_method_finds_the_value_of_kuhn(kuhn, method):
    """Kuhn 1950: -1/18 to the player who moves first."""
    solution = solve(kuhn, method)
    assert solution.stopped == "gap"
    assert solution.value.lower <= KUHN <= solution.value.upper
    assert 0.0 <= solution.exploitability.lower <= solution.exploitability.upper <= 1e-3 * kuhn.payoff_range
    assert solution.method in METHODS[1:]
    assert solution.trace[-1][0] == solution.iterations


def test_openspiel_games_are_solved_too():
    """OpenSpiel's kuhn_poker is the same game; its roles are called 0 and 1."""
    problem = load_problem("openspiel:kuhn_poker", {})
    solution = solve(problem.game, "cfr+")
    assert solution.value.lower <= KUHN <= solution.value.upper
    assert [d.role for d in solution.tree.decisions] == ["0", "1"]


def test_a_tree_is_solved_as_it_is_but_cannot_be_a_run(kuhn, tmp_path):
    tree = solve(kuhn).tree
    assert solve(tree).value.lower <= KUHN
    with pytest.raises(GamesolveError, match="a Tree or tables cannot"):
        solve(tree, out=tmp_path / "run")


def test_iterations_are_counted_exactly(kuhn):
    solution = solve(kuhn, "cfr+", gap=0.0, iterations=137)
    assert (solution.iterations, solution.stopped, solution.note) == (137, "iterations", "")


@pytest.mark.parametrize("method", ["lp", "cfr+"])
def test_a_gap_of_zero_is_reached_where_rounding_explains_the_rest(method):
    # Both roles have a dominant action, which CFR+ plays from its first iteration on.
    solution = solve(matrix_tree([[3.0, 1.0], [2.0, 0.0]]), method, gap=0.0, iterations=10_000)
    assert solution.stopped == "gap"
    assert 0.0 == solution.exploitability.lower < solution.exploitability.upper < 1e-13
    assert "double precision cannot certify a gap of 0" in solution.note


def test_a_linear_program_that_misses_the_gap_says_how_exact_it_is(kuhn, tmp_path, monkeypatch):
    def careless(tree, **_):
        step = next(cfr(tree, "cfr+"))
        return LPSolution(step.profile, step.value, step.exploitability, 2.0 * step.exploitability, 7)

    monkeypatch.setattr(program, "solve_lp", careless)
    solution = solve(kuhn, "lp", out=tmp_path / "run")
    assert (solution.stopped, solution.iterations) == ("iterations", 7)
    assert solution.note.startswith("the linear program is solved as exactly as its library can, and the exploitability may still be 0.")
    assert solution.note.endswith("more than the gap of 0.004")
    assert resume(tmp_path / "run").note == solution.note


def test_a_default_gap_that_is_wide_beside_the_value_is_said_to_leave_the_plan_open():
    # Nobody who plays well comes near the last row or column, but they make the payoff range wide: 8,014.
    tree = matrix_tree([[3.0, 1.0, 900.0], [1.0, 2.0, 900.0], [-1100.0, -1100.0, 0.0]])
    solution = solve(tree, "cfr")
    assert solution.exploitability.upper > 0.05 * solution.value.upper
    assert solution.note.startswith(f"the exploitability left, {solution.exploitability.upper:.3g}, is ")
    assert solution.note.endswith("a gap of 0.02 (--gap) settles more of the plan")
    # A gap that is chosen is as asked.
    assert solve(tree, "cfr", gap=8.0).note == ""
    assert solve(tree, "lp").note == ""


def test_a_time_limit_ends_with_a_valid_answer(kuhn):
    solution = solve(kuhn, "cfr+", gap=0.0, time_limit=1e-9)
    assert (solution.iterations, solution.stopped) == (1, "time")
    assert solution.value.lower <= KUHN <= solution.value.upper


def test_a_tree_that_takes_longer_than_the_time_limit_leaves_a_sentence_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setattr(openspiel_tree, "PAUSE", 7)
    with pytest.raises(UnfinishedError, match=r"the tree of kuhn_poker\(\) was not finished within the time limit of 1e-09 s \(7 "):
        solve(load_problem("openspiel:kuhn_poker", {}), time_limit=1e-9, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_time_limit_ends_a_linear_program_with_a_valid_answer():
    solution = solve(load_game("leduc"), "lp", time_limit=1e-9)
    assert solution.value.lower <= -0.0856 <= solution.value.upper
    assert solution.stopped in ("time", "gap")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"method": "magic"}, "unknown method 'magic'"),
        ({"gap": -1.0}, "the gap is -1.0"),
        ({"gap": float("inf")}, "the gap is inf"),
        ({"iterations": 0}, "the number of iterations is 0"),
        ({"time_limit": -3.0}, "the time limit is -3.0"),
        ({"memory": 0}, "the memory is 0"),
        ({"seed": -1}, "the seed is -1"),
    ],
)
def test_what_is_out_of_range_is_refused(kuhn, asked, message):
    with pytest.raises(GamesolveError, match=message):
        solve(kuhn, **asked)


def test_what_is_no_game_is_refused():
    with pytest.raises(GamesolveError, match="'int' is not a game"):
        solve(3)


def test_a_general_sum_game_is_refused_and_told_what_is_offered():
    with pytest.raises(GamesolveError, match=r"general-sum.*zero_sum=true.*evaluate"):
        solve(load_game("flipit", horizon=3, zero_sum=False))


def test_a_tree_beyond_the_memory_is_refused_with_the_numbers():
    with pytest.raises(GamesolveError, match="the memory limit is"):
        solve(load_game("leduc"), "cfr+", memory=1000)


def test_a_run_holds_what_was_asked_and_what_came_out(kuhn, tmp_path):
    solution = solve(kuhn, "cfr+", out=tmp_path / "run", seed=7)
    config = runs.read_config(tmp_path / "run")
    assert config["game"] == "kuhn"
    assert config["gap"] == pytest.approx(1e-3 * kuhn.payoff_range)
    assert json.loads((tmp_path / "run" / "provenance.json").read_text())["seed"] == 7
    result = runs.read_result(tmp_path / "run")
    assert result["value"]["defender"] == solution.value.as_json()
    assert result["value"]["attacker"] == (-solution.value).as_json()
    assert [row["iteration"] for row in read_journal(tmp_path / "run")] == [row[0] for row in solution.trace]
    assert is_complete(tmp_path / "run")


def test_the_same_question_gives_the_same_bytes(kuhn, tmp_path, many_checkpoints):
    for name in ("a", "b"):
        solve(kuhn, "cfr+", gap=1e-4, out=tmp_path / name)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


@pytest.mark.parametrize("method", ["cfr", "cfr+", "dcfr", "pcfr+", "mmd", "auto"])
def test_interrupted_and_resumed_is_as_if_it_never_had_been(kuhn, tmp_path, method, many_checkpoints):
    asked = {"gap": 0.0, "iterations": 150} if method != "auto" else {"gap": 1e-4}
    solve(kuhn, method, **asked, out=tmp_path / "whole")
    first = solve(kuhn, method, **asked, out=tmp_path / "parts", stop=After(5))
    if first.stopped == "interrupt":
        assert not is_complete(tmp_path / "parts")
        assert resume(tmp_path / "parts", stop=After(7)).stopped == "interrupt"
        resume(tmp_path / "parts")
    assert is_complete(tmp_path / "parts")
    assert contents(tmp_path / "whole") == contents(tmp_path / "parts")


@pytest.mark.parametrize("method", ["psro", "xdo"])
def test_oracles_that_are_interrupted_and_resumed_end_in_the_same_files(tmp_path, method, many_checkpoints):
    game = load_game("leduc")
    solve(game, method, out=tmp_path / "whole")
    solve(game, method, out=tmp_path / "parts", stop=After(2))
    assert resume(tmp_path / "parts", stop=After(1)).stopped == "interrupt"
    resume(tmp_path / "parts")
    assert contents(tmp_path / "whole") == contents(tmp_path / "parts")


@pytest.mark.parametrize("method", ["psro", "xdo"])
def test_a_method_that_is_at_its_end_says_so_whatever_the_gap(kuhn, tmp_path, method, monkeypatch):
    monkeypatch.setattr(Watch, "target", -1.0)
    solution = solve(kuhn, method, gap=0.0, out=tmp_path / "run")
    assert solution.stopped == "iterations"
    assert solution.note.startswith("no best response adds anything to what is mixed already")
    # A kill came before the result, and after the last checkpoint.
    (tmp_path / "run" / "result.json").unlink()
    before = contents(tmp_path / "run")
    again = resume(tmp_path / "run")
    assert (again.stopped, again.iterations) == ("iterations", solution.iterations)
    (tmp_path / "run" / "result.json").unlink()
    assert contents(tmp_path / "run") == before


def test_a_run_stopped_by_time_goes_on(kuhn, tmp_path):
    solve(kuhn, "cfr+", gap=0.0, iterations=150, out=tmp_path / "whole")
    for _ in range(3):
        solution = resume(tmp_path / "parts", time_limit=1e-9) if (tmp_path / "parts").exists() else None
        solution = solution or solve(kuhn, "cfr+", gap=0.0, iterations=150, out=tmp_path / "parts", time_limit=1e-9)
        assert solution.stopped == "time"
    resume(tmp_path / "parts")
    assert contents(tmp_path / "whole") == contents(tmp_path / "parts")


def test_a_complete_run_stays_as_it_is(kuhn, tmp_path):
    solve(kuhn, "cfr+", out=tmp_path / "run")
    before = contents(tmp_path / "run")
    assert resume(tmp_path / "run").stopped == "gap"
    assert contents(tmp_path / "run") == before


def test_a_damaged_checkpoint_gives_way_to_the_one_before(kuhn, tmp_path, many_checkpoints):
    asked = {"gap": 0.0, "iterations": 150}
    solve(kuhn, "cfr+", **asked, out=tmp_path / "whole")
    solve(kuhn, "cfr+", **asked, out=tmp_path / "parts", stop=After(40))
    newest = max((tmp_path / "parts" / "checkpoints").glob("*.npz"))
    newest.write_bytes(newest.read_bytes()[:100])
    with pytest.warns(UserWarning, match="the one before is tried"):
        resume(tmp_path / "parts")
    assert contents(tmp_path / "whole") == contents(tmp_path / "parts")


def test_a_game_that_has_changed_is_not_gone_on_with(kuhn, tmp_path):
    solve(kuhn, "cfr+", out=tmp_path / "run")
    path = tmp_path / "run" / "provenance.json"
    path.write_text(path.read_text().replace(kuhn.fingerprint, "0" * 16))
    with pytest.raises(GamesolveError, match="is not what it was when the run"):
        resume(tmp_path / "run")


def test_other_versions_are_told(kuhn, tmp_path):
    solve(kuhn, "cfr+", out=tmp_path / "run")
    path = tmp_path / "run" / "provenance.json"
    path.write_text(path.read_text().replace(np.__version__, "1.0"))
    with pytest.warns(UserWarning, match=r"numpy was '1\.0'"):
        resume(tmp_path / "run")


@pytest.mark.parametrize("text", ['{"job": "solve"}', "[]", "{", '{"job": "study", "game": "kuhn", "parameters": {}}'])
def test_a_damaged_configuration_is_refused(tmp_path, text):
    Run.create(tmp_path, {}, {}).close()
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(GamesolveError):
        resume(tmp_path)


def test_two_calls_cannot_work_on_one_run(kuhn, tmp_path):
    solve(kuhn, "cfr+", out=tmp_path / "run")
    with Run.open(tmp_path / "run"), pytest.raises(GamesolveError, match="in use by another process"):
        resume(tmp_path / "run")


def killed_run(folder: Path, seconds: float, chance: random.Random, kills: int) -> None:
    """Start the driver again and again, kill it at random instants, and let it finish at last."""
    for _ in range(kills):
        with subprocess.Popen([sys.executable, str(DRIVER), str(folder)], stderr=subprocess.PIPE) as process:
            time.sleep(chance.uniform(0.2, 1.0) * seconds)
            process.kill()
    subprocess.run([sys.executable, str(DRIVER), str(folder)], check=True, capture_output=True)


def kill(tmp_path: Path, kills: int, per_run: int, record_property) -> None:
    started = time.monotonic()
    subprocess.run([sys.executable, str(DRIVER), str(tmp_path / "whole")], check=True)
    seconds, chance = time.monotonic() - started, random.Random(1)
    for number in range(kills // per_run):
        killed_run(tmp_path / str(number), seconds, chance, per_run)
        assert contents(tmp_path / str(number)) == contents(tmp_path / "whole")
    record_property("kills at random instants", kills)


def test_a_run_killed_at_any_instant_ends_in_the_same_bytes(tmp_path, record_property):
    kill(tmp_path, 3, 3, record_property)


@pytest.mark.slow
def test_fifty_kills_lose_nothing(tmp_path, record_property):
    kill(tmp_path, 50, 2, record_property)


def kill_everywhere(tmp_path: Path, stride: int, record_property) -> None:
    done = subprocess.run([sys.executable, str(DRIVER), str(tmp_path), "every", str(stride)], check=True, capture_output=True, text=True)
    kills = int(done.stdout)
    whole = contents(tmp_path / "whole")
    assert kills > 1
    for number in range(kills):
        assert contents(tmp_path / str(number)) == whole
    record_property("kills at file operations", kills)


def test_a_kill_at_a_file_operation_loses_nothing(tmp_path, record_property):
    kill_everywhere(tmp_path, 30, record_property)


@pytest.mark.slow
def test_a_kill_at_every_file_operation_loses_nothing(tmp_path, record_property):
    kill_everywhere(tmp_path, 1, record_property)


@pytest.mark.parametrize("gap", [float("nan"), float("inf"), -1.0])
def test_a_gap_that_is_no_exploitability_is_refused(kuhn, gap):
    with pytest.raises(GamesolveError, match=r"the gap is .+; it is an exploitability: zero or more, and finite"):
        solve(kuhn, gap=gap)
