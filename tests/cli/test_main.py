"""Errors are one sentence on standard error, and exit codes mean what the help says."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from gamesolve.base import interrupts
from gamesolve.base.errors import GamesolveError


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("solvee kuhn", "No such command 'solvee'"),
        ("solve", "Missing argument 'GAME'"),
        ("solve kuhn --frob", "No such option: --frob"),
        ("solve kuhn --gap x", "Invalid value for '--gap'"),
        ("solve khun", "unknown game 'khun' (did you mean 'kuhn'?)"),
        ("solve openspiel:leduk_poker", "did you mean 'leduc_poker'?"),
        ("solve openspiel:leduc_poker -p cards=3", "unknown parameter of openspiel:leduc_poker 'cards'"),
        ("solve openspiel:leduc_poker -p players=x", "OpenSpiel refuses 'leduc_poker'"),
        ("solve openspiel:leduc_poker -p players=3", "has 3 players"),
        ("solve flipit -p horizn=3", "did you mean 'horizon'?"),
        ("solve flipit -p horizon=four", "parameter horizon = 'four' is refused"),
        ("solve kuhn -p x", "write -p name=value"),
        ("solve kuhn --method magic", "unknown method 'magic'"),
        ("solve kuhn --time-limit soon", "'soon' is not a time limit"),
        ("solve kuhn --memory lots", "'lots' is not an amount of memory"),
        ("solve kuhn --gap -1", "the gap is -1.0"),
        ("solve leduc --method cfr+ --memory 1KB", "the memory limit is"),
        ("solve flipit -p horizon=2 -p zero_sum=false", "is general-sum here"),
        ("solve kuhn --out /proc/none", "cannot write '/proc/none'"),
        ("solve kuhn --out=", "--out is empty; name what is to be made, or leave --out away"),
        ("new attack_graph --out=", "--out is empty"),
        ("new attack_graph --out absent/net.json", "cannot write 'absent/net.json': there is no folder 'absent'; make it first"),
        ("resume nowhere", "'nowhere' holds no run"),
        ("report nowhere", "'nowhere' holds no run"),
        ("new attack_graph --nodes 0", "nodes"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_exit_code_2(gamesolve, words, sentence):
    for extra in ([], ["--json"]):
        said = gamesolve(*words.split(), *extra)
        assert said.code == 2
        assert said.out == ""
        *progress, error = said.err.splitlines()
        assert error.startswith("error: ")
        assert sentence in error
        assert all(line.startswith(("building the tree", "compiling")) for line in progress)


def test_debug_shows_the_traceback(gamesolve):
    said = gamesolve("solve", "khun", "--debug")
    assert said.code == 2
    assert "Traceback" in said.err
    assert said.err.splitlines()[-1].startswith("error: unknown game")


def test_a_defect_is_told_apart_from_a_refusal(gamesolve, monkeypatch):
    monkeypatch.setattr("gamesolve.views.problem.load_problem", lambda *_, **__: 1 / 0)
    said = gamesolve("solve", "kuhn")
    assert said.code == 1
    assert "a defect of gamesolve, please report it: ZeroDivisionError" in said.err
    assert said.err.count("\n") == 1


def test_the_help_documents_the_exit_codes_and_names_every_command(gamesolve):
    said = gamesolve("--help")
    assert said.code == 0
    assert "Errors are text on standard error, with --json too" in " ".join(said.out.split())
    for word in ("Exit codes", "130", "games", "solve", "evaluate", "simulate", "new", "report", "resume", "doctor"):
        assert word in said.out


def test_without_words_the_help_is_shown(gamesolve):
    said = gamesolve()
    assert said.code == 0
    assert "Usage" in said.out


@pytest.mark.parametrize("command", ["games", "solve", "evaluate", "simulate", "new", "report", "resume", "doctor"])
def test_every_command_explains_itself(gamesolve, command):
    said = gamesolve(command, "--help")
    assert said.code == 0
    assert "Usage" in said.out


def test_a_reader_that_goes_away_is_no_error():
    code = "import sys; from gamesolve.cli.main import main; sys.argv = ['gamesolve', 'games']; main()"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.close()
    said = process.stderr.read()
    assert said == ""
    process.wait()


def test_an_interrupt_of_which_the_compiler_made_an_error_is_still_an_interrupt(gamesolve, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        interrupts.received.append(signal.SIGINT)
        raise GamesolveError("a rule cannot be compiled")

    monkeypatch.setattr("gamesolve.views.problem.load_problem", broken)
    said = gamesolve("solve", "kuhn")
    assert (said.code, said.err) == (130, "interrupted before there was anything to keep; run it again\n")
