"""`train` in OpenSpiel's games: the same question, run and page as in games of ours."""

import json
import re

import pyspiel
import pytest
from open_spiel.python import policy as openspiel_policy

from gamesolve import evaluate, load_policy
from gamesolve.base.errors import GamesolveError
from gamesolve.cli.main import run
from gamesolve.policies.openspiel_asked import uniform_policy
from gamesolve.report import write_report
from gamesolve.solvers.best_response import best_response, expected_returns, uniform
from gamesolve.train import resume, train
from gamesolve.views.openspiel_tree import tree_from_openspiel
from gamesolve.views.turn_based import TurnBased

SMALL = {"budget": 6_000, "settings": {"rollout": 512, "minibatch": 256, "batch": 32}, "validation": 200, "episodes": 400}


def files_of(folder):
    """All files of a run but those that may differ, by name."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in ("timings.json", "lock")
    }


def test_the_answer_is_nearly_the_best_response_and_its_policy_is_exactly_evaluated(tmp_path):
    game, tree = pyspiel.load_game("kuhn_poker"), tree_from_openspiel("kuhn_poker")
    options = {**SMALL, "budget": 30_000, "validation": 2_000, "settings": {"rollout": 2048, "minibatch": 512}}
    found = train(game, "1", "random", out=tmp_path / "run", **options)
    theirs = uniform(tree.decisions[0])
    earned = expected_returns(tree, (theirs, found.policy.behaviour_on(tree)))[1]
    assert earned >= 0.95 * best_response(tree, 1, theirs).value
    assert found.returns["1"]["mean"] == pytest.approx(earned, abs=5.0 * found.returns["1"]["standard_error"])
    assert found.tried[0].candidate.name == "random"
    saved = load_policy(tmp_path / "run" / "policies" / "1")
    assert saved == found.policy
    assert evaluate(game, saved).worst_case_return["1"].kind == "exact"
    text = write_report(tmp_path / "run").read_text()
    for words in ("1 against random", "openspiel:kuhn_poker", "Learning", "Who was tried", "All episodes"):
        assert words in text


def test_a_run_that_is_interrupted_ends_in_the_same_files(tmp_path):
    game, whole, halted = pyspiel.load_game("leduc_poker(suit_isomorphism=True)"), tmp_path / "whole", tmp_path / "halted"
    train(game, "0", "random", out=whole, **SMALL)
    asked = [0]

    def stop():
        asked[0] += 1
        return asked[0] > 4

    assert train(game, "0", "random", out=halted, stop=stop, **SMALL).stopped == "interrupt"
    resume(halted)
    assert files_of(halted) == files_of(whole)


def test_the_exact_response_to_what_was_learnt_is_never_worse():
    game = pyspiel.load_game("kuhn_poker")
    first = train(game, "0", "random", **SMALL).policy
    exact = train(game, "1", [first, first.made_greedy], learner="exact", **{**SMALL, "settings": {}})
    assert (exact.chosen, len(exact.each)) == ("exact", 2)
    assert all(one.mean <= exact.tried[0].mean + 1e-9 for one in exact.tried)


def test_openspiels_policies_are_opponents():
    game = pyspiel.load_game("goofspiel(imp_info=True,num_cards=3,points_order=descending)")
    found = train(game, "0", openspiel_policy.UniformRandomPolicy(game), **SMALL)
    assert found.stopped in ("budget", "patience")
    assert found.returns["0"]["mean"] == -found.returns["1"]["mean"]


def test_dqn_learns_too():
    game, tree = pyspiel.load_game("kuhn_poker"), tree_from_openspiel("kuhn_poker")
    found = train(game, "1", "random", learner="dqn", **{**SMALL, "budget": 30_000, "validation": 2_000, "settings": {}})
    earned = expected_returns(tree, (uniform(tree.decisions[0]), found.policy.behaviour_on(tree)))[1]
    assert earned >= 0.95 * best_response(tree, 1, uniform(tree.decisions[0])).value


@pytest.mark.parametrize(
    ("name", "role", "against", "error"),
    [
        ("kuhn_poker", "0", "honest", "has no scripted policies but 'random'"),
        ("coin_game", "0", "random", "makes no information-state tensors, so a network cannot be fed a player's whole history; learner"),
        ("kuhn_poker", "defender", "random", "role 'defender' is unknown; it is 0 or 1"),
        ("kuhn_poker(players=3)", "0", "random", "has 3 players"),
    ],
)
def test_what_cannot_be_trained_is_refused(name, role, against, error, tmp_path):
    for out in (None, tmp_path / "run"):
        with pytest.raises(GamesolveError, match=re.escape(error)):
            train(pyspiel.load_game(name), role, against, out=out, **SMALL)
    assert not list(tmp_path.iterdir())


def test_an_opponent_that_no_run_can_hold_leaves_no_run(tmp_path):
    game = pyspiel.load_game("kuhn_poker")
    with pytest.raises(GamesolveError, match="cannot be saved"):
        train(game, "0", openspiel_policy.UniformRandomPolicy(game), out=tmp_path / "run", **SMALL)
    assert not list(tmp_path.iterdir())


def test_a_game_of_perfect_information_is_learnt_from_what_it_shows_now(tmp_path):
    found = train(pyspiel.load_game("tic_tac_toe"), "0", "random", out=tmp_path / "run", **{**SMALL, "budget": 30_000})
    assert found.policy.features.memory == "last"
    # Random play of the first player wins 58 games in a hundred and loses 29 (OpenSpiel's docs and any enumeration).
    assert found.returns["0"]["mean"] > 0.6


def test_a_tree_is_no_game_to_play():
    with pytest.raises(GamesolveError, match="is a tree that someone built; what is played is a game"):
        train(tree_from_openspiel("kuhn_poker"), "0", uniform_policy(TurnBased.of(pyspiel.load_game("kuhn_poker")), "1"), **SMALL)


def test_the_command_says_what_was_found(tmp_path, capsys):
    (tmp_path / "ppo.toml").write_text("rollout = 512\nminibatch = 256\nbatch = 32\n")
    words = "--role 0 --against random --budget 2000 --validation 50 --episodes 100 --json --config"
    assert run(["train", "openspiel:kuhn_poker", *words.split(), str(tmp_path / "ppo.toml"), "--out", str(tmp_path / "run")]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["game"], answer["role"], set(answer["returns"])) == ("openspiel:kuhn_poker", "0", {"0", "1"})
    assert run(["evaluate", "openspiel:kuhn_poker", answer["policy"], "--json", "--out", str(tmp_path / "judged")]) == 0
