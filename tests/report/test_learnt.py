"""The pages of runs of `train` and `evaluate`."""

import json
import shutil

import pytest

from gamesolve.base.errors import GamesolveError
from gamesolve.cli.main import run
from gamesolve.report import write_report
from gamesolve.report.curves import Curve, curves_plot, thousands

QUICK = "rollout = 512\nminibatch = 256\nbatch = 32\n"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    (folder / "ppo.toml").write_text(QUICK)
    words = ["--budget", "8000", "--seeds", "2", "--validation", "100", "--episodes", "300", "--config", str(folder / "ppo.toml")]
    against = ["--against", "never", "--against", "periodic:period=2"]
    made = ["train", "flipit", "-p", "horizon=4", "--role", "attacker", *against, *words, "--out", str(folder / "run"), "--quiet"]
    assert run(made) == 0
    return folder / "run"


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    folder = tmp_path_factory.mktemp("judged")
    words = ["--responders", "ppo", "--budget", "20000", "--seeds", "1", "--episodes", "300", "--memory", "100"]
    made = ["evaluate", "flipit", "periodic", "--role", "defender", "-p", "horizon=4", *words, "--out", str(folder / "run"), "--quiet"]
    assert run(made) == 0
    return folder / "run"


def test_a_training_s_page_tells_question_curve_opponents_habits_and_episodes(trained):
    text = (trained / "report.html").read_text()
    for words in ("Attacker against never or periodic:period=2", "Against each opponent", "What it does", "Who was tried", "Learning"):
        assert words in text
    assert text.count('class="curve c') >= 4
    assert "flip" in text
    assert '"scenes":[{' in text
    assert "<script src" not in text


def test_an_evaluation_s_page_tells_what_is_proved_and_what_search_brought(judged):
    text = (judged / "report.html").read_text()
    for words in ("How good is periodic?", "Worst case of the defender", "at most", "Worst case against budget", "none known"):
        assert words in text
    assert "A stronger opponent may exist" in text
    table = (judged / "tables" / "worst_case_defender.csv").read_text().splitlines()
    assert table[0] == "responder,decisions,opponent,mean,lower,upper"
    assert len(table) == 12


def test_an_exact_evaluation_s_page_has_no_curve(tmp_path):
    assert run(["evaluate", "kuhn", "random", "--role", "defender", "--out", str(tmp_path / "run"), "--quiet"]) == 0
    text = (tmp_path / "run" / "report.html").read_text()
    assert "no opponent can do more harm" in text
    assert "Worst case against budget" not in text


def test_equal_runs_make_equal_pages(trained, tmp_path):
    shutil.copytree(trained, tmp_path / "copy")
    (tmp_path / "copy" / "report.html").unlink()
    write_report(tmp_path / "copy")
    assert (tmp_path / "copy" / "report.html").read_bytes() == (trained / "report.html").read_bytes()


@pytest.mark.parametrize("key", ["returns", "role", "against"])
def test_a_damaged_result_is_refused(trained, tmp_path, key):
    shutil.copytree(trained, tmp_path / "copy")
    path = tmp_path / "copy" / "result.json"
    result = json.loads(path.read_text())
    result.pop(key)
    path.write_text(json.dumps(result))
    with pytest.raises(GamesolveError, match="is damaged"):
        write_report(tmp_path / "copy")


def test_names_cannot_break_out_of_a_figure():
    curve = Curve('<b>"&', ((0.0, 1.0, 0.5, 1.5), (10.0, 2.0, 1.5, 2.5)))
    text = str(curves_plot([curve], across="<i>", up="&"))
    assert "<b>" not in text
    assert "<i>" not in text


def test_a_curve_of_one_point_is_no_figure():
    assert not curves_plot([Curve("one", ((0.0, 1.0, 1.0, 1.0),))], across="", up="")
    assert not curves_plot([Curve("broken off at once", ((0.0, 1.0, 1.0, 1.0), (0.0, 1.0, 1.0, 1.0)))], across="", up="")
    assert "<svg" in curves_plot([Curve("flat", ((0.0, 1.0, 1.0, 1.0), (5.0, 1.0, 1.0, 1.0)))], across="", up="")


@pytest.mark.parametrize(("x", "words"), [(0.0, "0"), (950.0, "950"), (50_000.0, "50 k"), (1.5e6, "1.5 M"), (2e9, "2 G")])
def test_decisions_are_said_in_thousands(x, words):
    assert thousands(x) == words
