"""Trained policies that come with a game: found by name, and carried over to other parameters where they are fed the same."""

from __future__ import annotations

import numpy as np
import pytest

from gamesolve.base.errors import GamesolveError
from gamesolve.base.registry import game_folder, load_game
from gamesolve.evaluate.resolve import played_elsewhere, problem_for, resolve
from gamesolve.learners.candidates import played
from gamesolve.learners.ppo import PPO
from gamesolve.learners.settings import PPOSettings
from gamesolve.learners.task import Task
from gamesolve.policies import trained
from gamesolve.policies.files import about_of, save_policy
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.policies.tabular import TabularPolicy
from gamesolve.policies.trained import carried_over, trained_names, trained_policy
from gamesolve.solvers.best_response import uniform
from gamesolve.views.problem import problem_of
from gamesolve.views.tree_build import build_tree

HORIZON = 4


def network(memory, horizon=HORIZON):
    game = load_game("stopping", horizon=horizon)
    task = Task.against(game, "defender", ScriptedPolicy.named(game, "attacker", "random"))
    return PPO(task, budget=1_000, settings=PPOSettings(memory=memory, hidden=(8,))).policy()


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """A network and a mixture that come with the stopping game."""
    monkeypatch.setattr(trained, "game_folder", lambda name: tmp_path)
    one = network("last")
    save_policy(one, tmp_path / "policies" / "defender" / "learnt", about={"against": "random"})
    save_policy(Mixture((one, one), np.array([0.25, 0.75])), tmp_path / "policies" / "defender" / "mixed")
    return one


def test_they_are_found_by_name_and_their_cards_say_what_they_are(shipped):
    game = load_game("stopping", horizon=HORIZON)
    assert trained_names(game, "defender") == ("learnt", "mixed")
    assert trained_names(game, "attacker") == ()
    found = trained_policy(game, "defender", "learnt")
    assert found == shipped
    assert about_of(found) == {"against": "random"}
    assert resolve(problem_of(game), "learnt", "defender") == {"defender": shipped}


def test_they_play_with_other_parameters_where_they_are_fed_the_same(shipped):
    longer = load_game("stopping", horizon=9)
    for name in ("learnt", "mixed"):
        found = resolve(problem_of(longer), name, "defender")["defender"]
        assert found.fingerprint == longer.fingerprint
        both = {"defender": found, "attacker": ScriptedPolicy.named(longer, "attacker", "random")}
        assert played(longer, both, episodes=20, seed=0).shape == (20, 2)


def test_scripted_members_of_a_mixture_are_carried_over_with_their_settings(tmp_path, monkeypatch):
    monkeypatch.setattr(trained, "game_folder", lambda name: tmp_path)
    short, longer = load_game("flipit", horizon=5), load_game("flipit", horizon=9)
    words = ("periodic:period=4", "never")
    mixed = Mixture(tuple(ScriptedPolicy.named(short, "attacker", one) for one in words), np.array([0.25, 0.75]))
    save_policy(mixed, tmp_path / "policies" / "attacker" / "mixed")
    found = resolve(problem_of(longer), "mixed", "attacker")["attacker"]
    assert [one.name for one in found.policies] == list(words)
    assert {one.fingerprint for one in found.policies} == {longer.fingerprint}


def test_a_name_that_both_roles_have_means_a_profile(shipped, tmp_path):
    game = load_game("stopping", horizon=HORIZON)
    attacker = ScriptedPolicy.named(game, "attacker", "random")
    assert resolve(problem_of(game), "mixed", None).keys() == {"defender"}
    save_policy(Mixture((attacker,), np.ones(1)), tmp_path / "policies" / "attacker" / "mixed")
    assert resolve(problem_of(game), "mixed", None).keys() == {"defender", "attacker"}
    assert resolve(problem_of(game), "mixed", "attacker").keys() == {"attacker"}
    with pytest.raises(GamesolveError, match="a scripted policy needs a role"):
        resolve(problem_of(game), "random", None)
    for words, role, said in (
        ("mixe", "defender", r"unknown defender policy of stopping 'mixe' \(did you mean 'mixed'\?\); available: .*learnt, mixed"),
        ("learnt", "attacker", "'learnt' is a policy of the defender, not of the attacker"),
        ("mixed:rate=1", "defender", "'mixed' is a trained policy, which has no settings"),
        ("nobody", None, "unknown defender or attacker policy of stopping 'nobody'"),
    ):
        with pytest.raises(GamesolveError, match=said):
            resolve(problem_of(game), words, role)


def test_without_parameters_the_game_is_the_one_for_which_a_trained_policy_was_made(shipped, tmp_path):
    save_policy(network("last", horizon=7), tmp_path / "policies" / "defender" / "longer")
    assert problem_for("stopping", {}, ["longer"]).game.horizon == 7
    assert problem_for("stopping", {"horizon": 6}, ["longer"]).game.horizon == 6
    # What is given changes what is named and leaves the rest as the policy has it.
    assert problem_for("stopping", {"stops": 2}, ["longer"]).game.horizon == 7
    assert played_elsewhere(problem_for("stopping", {}, ["longer"]), ["longer", "random"]) == []
    (said,) = played_elsewhere(problem_for("stopping", {"horizon": 6}, ["longer"]), ["longer", "random"])
    assert said.startswith("longer was made for horizon=7 and plays here with horizon=6")
    assert problem_for("stopping", {}, ["best", "*", ""]).game.horizon == load_game("stopping").horizon


def test_what_is_fed_something_else_there_is_refused():
    with pytest.raises(GamesolveError, match=r"made for stopping\(.*horizon=4.* is fed something else in stopping\(.*horizon=9"):
        carried_over(network("history"), load_game("stopping", horizon=9))
    tree = build_tree(load_game("stopping", horizon=2))
    table = TabularPolicy.from_tree(tree, 0, uniform(tree.decisions[0]))
    with pytest.raises(GamesolveError, match="a TabularPolicy is bound to the game"):
        carried_over(table, load_game("stopping", horizon=9))


def test_an_unknown_name_is_answered_with_those_there_are(shipped):
    with pytest.raises(GamesolveError, match="no trained defender called 'best'; it has learnt, mixed"):
        trained_policy(load_game("stopping", horizon=HORIZON), "defender", "best")


def test_games_of_one_file_bring_none():
    assert game_folder("stopping") is None
    assert trained_names(load_game("stopping"), "defender") == ()
