"""`gamesolve resume` of an evaluation: what is kept, what is refused, and that nothing is lost."""

from __future__ import annotations

import dataclasses
import importlib
import itertools
import json
import shutil
import sys
from pathlib import Path

import pytest

import gamesolve as package
from gamesolve.base.errors import GamesolveError, UnfinishedError
from gamesolve.learners.training import Training
from gamesolve.policies.files import load_policy
from gamesolve.solve.watch import Watch
from gamesolve.views import tree_build

SEARCH = "evaluate flipit random --role defender -p horizon=4 -p zero_sum=false --memory 100B --responders ppo --budget 9000 --seeds 1"


def files_of(run):
    left_out = ("timings.json", "lock")
    return {path.relative_to(run): path.read_bytes() for path in run.rglob("*") if path.is_file() and path.name not in left_out}


@pytest.mark.parametrize("at", ["learning", "episodes"])
def test_an_evaluation_killed_while_it_learns_or_plays_ends_in_the_same_files(gamesolve, monkeypatch, at):
    Path("small.toml").write_text("[ppo]\nhidden = [16]\n")
    words = [*SEARCH.split(), "--config", "small.toml", "--episodes", "300", "--quiet", "--out"]
    assert gamesolve(*words, "whole").code == 0
    say, heard = Watch.say, []

    def killing(watch, phase, *arguments, **named):
        # In the second of the two searches that a general-sum game takes.
        if phase == at and ("episodes", "learning") in itertools.pairwise(heard):
            raise KeyboardInterrupt
        heard.append(phase)
        return say(watch, phase, *arguments, **named)

    with monkeypatch.context() as patched:
        patched.setattr(Watch, "say", killing)
        assert gamesolve(*words, "killed").code != 0
    # The run knows what it was asked.
    Path("small.toml").unlink()
    assert not (Path("killed") / "result.json").exists()
    learnt = list((Path("killed") / "trainings" / "0").iterdir())
    assert learnt
    before = {path: path.stat().st_mtime_ns for path in learnt}
    assert gamesolve("resume", "killed", "--quiet").code == 0
    assert {path: path.stat().st_mtime_ns for path in learnt} == before
    assert files_of(Path("killed")) == files_of(Path("whole"))


def test_what_was_learnt_when_time_ran_out_is_played_and_the_run_goes_on(gamesolve, monkeypatch):
    words = [*SEARCH.split(), "--episodes", "300", "--quiet", "--out"]
    assert gamesolve(*words, "whole").code == 0
    advance = Training.advance

    with monkeypatch.context() as patched:

        def slow(training):
            step = advance(training)
            patched.setattr(Watch, "seconds_left", lambda watch: 0.0)
            return step

        patched.setattr(Training, "advance", slow)
        said = gamesolve(*words, "short", "--time-limit", "1h", "--json")
    assert said.code == 0, said.err
    found = json.loads(said.out)
    assert found["stopped"] == "time"
    assert 0 < found["search"]["defender"]["decisions"] < 9_000
    assert found["worst_case_return"]["upper"] is not None
    assert gamesolve("resume", "short", "--quiet").code == 0
    assert files_of(Path("short")) == files_of(Path("whole"))


def test_a_session_that_knows_less_leaves_the_answer_that_there_is(gamesolve, monkeypatch):
    words = ["evaluate", "flipit", "random", "--role", "defender", "-p", "horizon=4", "--gap", "0", "--out", "run", "--quiet"]
    importlib.import_module("gamesolve.evaluate.judge")
    with monkeypatch.context() as patched:
        patched.setattr(sys.modules["gamesolve.evaluate.judge"], "solve", out_of_time)
        gamesolve(*words)
    before = files_of(Path("run"))
    first = json.loads((Path("run") / "result.json").read_text())
    assert (first["stopped"], first["worst_case_return"]["kind"]) == ("time", "exact")
    with monkeypatch.context() as patched:
        # Time is looked at before anything is known.
        patched.setattr(tree_build, "SMALL", 5)
        assert gamesolve("resume", "run", "--time-limit", "0.000001", "--quiet").code == 0
    after = files_of(Path("run"))
    assert {**after, Path("report.html"): 0} == {**before, Path("report.html"): 0}
    found = json.loads(gamesolve("resume", "run", "--json").out)
    assert found["stopped"] == "done"
    again = gamesolve("resume", "run")
    assert "is complete: nothing is left to do" in again.err
    with pytest.raises(GamesolveError, match="is complete"):
        package.resume("run")


def out_of_time(*_, **__):
    raise UnfinishedError("time ran out")


def test_a_run_goes_on_when_the_policies_that_it_names_are_gone(gamesolve, monkeypatch):
    gamesolve(
        "train", "flipit", "--role", "defender", "--against", "random", "-p", "horizon=4", "--budget", "3000", "--out", "d", "--quiet"
    )
    gamesolve(
        "train", "flipit", "--role", "attacker", "--against", "random", "-p", "horizon=4", "--budget", "3000", "--out", "a", "--quiet"
    )
    words = ["evaluate", "flipit", "d", "--known", "a", "--memory", "100B", "--responders", "ppo", "--budget", "5000", "--seeds", "1"]
    words += ["--episodes", "300", "--quiet", "--out"]
    assert gamesolve(*words, "whole").code == 0
    say = Watch.say

    def killing(watch, phase, *arguments, **named):
        if phase == "episodes":
            raise KeyboardInterrupt
        return say(watch, phase, *arguments, **named)

    with monkeypatch.context() as patched:
        patched.setattr(Watch, "say", killing)
        gamesolve(*words, "killed")
    for gone in ("a", "d"):
        shutil.rmtree(gone)
    assert gamesolve("resume", "killed", "--quiet").code == 0
    assert files_of(Path("killed")) == files_of(Path("whole"))


def test_wider_brackets_and_a_kill_while_writing_leave_the_answer_that_there_is(gamesolve, monkeypatch):
    words = ["evaluate", "leduc", "random", "--role", "defender", "--gap", "0", "--out", "run", "--quiet"]
    judge, solve = importlib.import_module("gamesolve.evaluate.judge"), importlib.import_module("gamesolve.solve").solve

    def stopped_after(iterations):
        def cut_short(tree, **options):
            return dataclasses.replace(solve(tree, "cfr+", gap=0.0, iterations=iterations), stopped="time")

        return cut_short

    def session(iterations, *arguments):
        with monkeypatch.context() as patched:
            patched.setattr(judge, "solve", stopped_after(iterations))
            assert gamesolve(*arguments).code == 0
        return json.loads((Path("run") / "result.json").read_text())

    first = session(200, *words)
    assert session(2, "resume", "run", "--quiet") == first
    with monkeypatch.context() as patched:
        patched.setattr(sys.modules["gamesolve.evaluate.folder"], "_write_match", kill)
        patched.setattr(judge, "solve", stopped_after(400))
        assert gamesolve("resume", "run", "--quiet").code != 0
    assert json.loads((Path("run") / "result.json").read_text()) == first
    assert load_policy(Path("run") / "policies" / "best_response_attacker").role == "attacker"
    assert session(400, "resume", "run", "--quiet") != first
    assert not (Path("run") / "new").exists()


def kill(*_, **__):
    raise KeyboardInterrupt


@pytest.mark.parametrize("decorated", ["", "@torch.no_grad()\n"])
def test_code_that_has_changed_is_not_gone_on_with(gamesolve, decorated):
    decorated = decorated and f"import torch\n\n{decorated}"
    sys.modules.pop("changing", None)
    Path("changing.py").write_text(f"{decorated}def act(history, mask):\n    return mask / mask.sum(axis=1, keepdims=True)\n")
    words = ["evaluate", "flipit", "changing:act", "--role", "defender", "-p", "horizon=9", "--gap", "0", "--allow-code", "--out", "run"]
    assert gamesolve(*words, "--time-limit", "0.000001", "--quiet").code == 0
    Path("changing.py").write_text("def act(history, mask):\n    return mask / mask.sum(axis=1, keepdims=True)  # another\n")
    said = gamesolve("resume", "run", "--allow-code")
    assert (said.code, "the code of 'changing:act' is not what it was" in said.err) == (2, True)


@pytest.mark.parametrize(
    ("key", "value"), [("judged", "x"), ("judged", {}), ("gap", "x"), ("memory", "x"), ("call_limit", []), ("known", 3)]
)
def test_a_damaged_configuration_is_refused(gamesolve, key, value):
    words = ["evaluate", "kuhn", "random", "--role", "defender", "--time-limit", "0.000001", "--out", "run", "--quiet"]
    assert gamesolve(*words).code == 0
    path = Path("run") / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))
    said = gamesolve("resume", "run")
    assert said.code == 2
    assert said.err.startswith("error: ")


def test_code_that_was_allowed_once_has_to_be_allowed_again(gamesolve):
    Path("mine.py").write_text("def act(history, mask):\n    return mask / mask.sum(axis=1, keepdims=True)\n")
    words = ["evaluate", "flipit", "mine:act", "--role", "defender", "-p", "horizon=9", "--gap", "0", "--allow-code", "--out", "run"]
    assert gamesolve(*words, "--time-limit", "0.000001", "--quiet").code == 0
    refused = gamesolve("resume", "run")
    assert (refused.code, "which has to be allowed: add --allow-code" in refused.err) == (2, True)
    assert gamesolve("resume", "run", "--allow-code", "--time-limit", "0.000001", "--quiet").code == 0
    gamesolve("solve", "kuhn", "--out", "solved", "--quiet")
    gamesolve("simulate", "kuhn", "--episodes", "10", "--out", "played", "--quiet")
    assert "runs of 'solve', 'train', 'evaluate', 'study' are resumed" in gamesolve("resume", "played").err
    assert "a run of 'solve' runs no code" in gamesolve("resume", "solved", "--allow-code").err
