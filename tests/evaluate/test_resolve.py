"""The user's words for a policy: which they mean, and what they may not."""

import sys

import pytest

from gamesolve import Player, load_game
from gamesolve.base.errors import GamesolveError
from gamesolve.evaluate import evaluate
from gamesolve.evaluate.outside import play_with
from gamesolve.evaluate.play import play
from gamesolve.evaluate.resolve import resolve
from gamesolve.policies.function import FunctionPolicy
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.views.problem import load_problem, problem_of

UNIFORM = """
from open_spiel.python.policy import UniformRandomPolicy
import pyspiel
def act(signals, mask):
    return mask / mask.sum(axis=1, keepdims=True)
number = 3
theirs = UniformRandomPolicy(pyspiel.load_game("kuhn_poker"))
"""


@pytest.fixture(autouse=True)
def module(tmp_path, monkeypatch):
    """A module of the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "uniform_defence.py").write_text(UNIFORM)
    yield
    sys.modules.pop("uniform_defence", None)


def test_words_with_a_colon_are_code_unless_they_begin_with_a_scripted_policy():
    flipit = load_problem("flipit", {"horizon": 3})
    found = resolve(flipit, "uniform_defence:act", "defender", allow_code=True)["defender"]
    assert isinstance(found, FunctionPolicy)
    assert found.name == "uniform_defence:act"
    assert isinstance(resolve(flipit, "periodic:period=2", "defender")["defender"], ScriptedPolicy)
    with pytest.raises(GamesolveError, match="policy 'periodic:period' cannot be read at 'period'"):
        resolve(flipit, "periodic:period", "defender", allow_code=True)


def test_code_is_not_run_unless_that_is_allowed():
    kuhn = load_game("kuhn")
    for attempt in (
        lambda: evaluate(kuhn, "uniform_defence:act", role="defender"),
        lambda: play(problem_of(kuhn), {"defender": "uniform_defence:act", "attacker": "random"}, episodes=3),
        lambda: Player(kuhn, "uniform_defence:act", role="defender"),
        lambda: play_with(kuhn, "attacker", None, opponent="uniform_defence:act", episodes=3),
    ):
        with pytest.raises(GamesolveError, match=r"'uniform_defence:act' means running the code of module .* add --allow-code"):
            attempt()
    assert "uniform_defence" not in sys.modules


def test_code_is_judged_played_and_followed_where_it_is_allowed():
    kuhn = load_game("kuhn")
    judged = evaluate(kuhn, "uniform_defence:act", role="defender", allow_code=True)
    assert judged.worst_case_return == evaluate(kuhn, "random", role="defender").worst_case_return
    both = {"defender": "uniform_defence:act", "attacker": "random"}
    assert len(play(problem_of(kuhn), both, episodes=30, allow_code=True).returns) == 30
    player = Player(kuhn, "uniform_defence:act", role="defender", allow_code=True)
    assert player.act([0, 0]) in (0, 1)
    found = play_with(
        kuhn,
        "attacker",
        lambda episode: lambda signals, mask: int(mask.argmax()),
        opponent="uniform_defence:act",
        episodes=5,
        allow_code=True,
    )
    assert len(found.returns) == 5


def test_an_openspiel_policy_may_be_named_and_played():
    theirs = load_problem("openspiel:kuhn_poker", {})
    found = evaluate(theirs, "uniform_defence:theirs", role="0", allow_code=True)
    assert found.worst_case_return["0"].kind == "exact"
    # A game of ours is known to OpenSpiel by another name, so its policies are made on our view of it.
    from open_spiel.python.policy import UniformRandomPolicy

    from gamesolve.views.openspiel import to_openspiel

    kuhn = load_game("kuhn")
    uniform = UniformRandomPolicy(to_openspiel(kuhn))
    assert len(play(problem_of(kuhn), {"defender": uniform, "attacker": "random"}, episodes=5).returns) == 5


@pytest.mark.parametrize(
    ("game", "policy", "words"),
    [
        ("kuhn", "uniform_defence:number", "uniform_defence:number is of type int, which is no policy"),
        ("kuhn", "uniform_defence:UniformRandomPolicy", "uniform_defence:UniformRandomPolicy is a class, which is no policy"),
        ("openspiel:kuhn_poker", "uniform_defence:act", "uniform_defence:act is a function of signals; openspiel:kuhn_poker has none"),
        ("kuhn", 3.5, "3.5 is of type float, which is no policy"),
    ],
)
def test_what_is_no_policy_is_refused(game, policy, words):
    role = "0" if game.startswith("openspiel") else "defender"
    with pytest.raises(GamesolveError, match=words):
        evaluate(load_problem(game, {}), policy, role=role, allow_code=True)


def test_a_function_needs_a_role():
    with pytest.raises(GamesolveError, match="a function does not say which role it plays"):
        evaluate(load_game("kuhn"), lambda signals, mask: mask)
