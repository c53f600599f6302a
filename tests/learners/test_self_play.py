"""Self-play: both roles learn in one simulator, resume to the same bits, and come near equilibria where it is regularised."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from gamesolve.base.errors import GamesolveError
from gamesolve.base.registry import load_game
from gamesolve.learners.self_play import SelfPlay
from gamesolve.learners.task import Task
from gamesolve.solvers.best_response import exploitability
from gamesolve.views.problem import load_problem
from gamesolve.views.tree_build import build_tree


@pytest.fixture(scope="module")
def kuhn():
    return load_game("kuhn")


def how_exploitable(game, play):
    tree = build_tree(game)
    return exploitability(tree, tuple(policy.behaviour_on(tree) for policy in play.policies()))


def until(play, decisions):
    while play.decisions < decisions:
        play.iterate()
    return play


def test_regularised_self_play_comes_near_the_equilibrium_of_kuhn_poker(kuhn):
    """Uniform play is .458 exploitable."""
    play = until(SelfPlay(kuhn, "mmd", budget=400_000), 400_000)
    assert how_exploitable(kuhn, play) < 0.12


def test_both_roles_are_of_the_same_episodes(kuhn):
    play = SelfPlay(kuhn, "mmd", budget=20_000)
    for _ in range(3):
        zero, one = play.iterate()
        assert (zero.decisions, zero.episodes) == (one.decisions, one.episodes)
        assert zero.mean == pytest.approx(-one.mean, abs=1e-9)
        assert one.standard_error == pytest.approx(zero.standard_error)


@pytest.mark.parametrize("method", ["ppo", "mmd"])
def test_it_goes_on_from_its_state_to_the_same_bits(kuhn, method):
    options = {"budget": 40_000, "settings": {"hidden": [16]}}
    whole, other = SelfPlay(kuhn, method, **options), SelfPlay(kuhn, method, **options)
    whole.iterate()
    other.restore({name: array.copy() for name, array in whole.state().items()})
    for _ in range(2):
        assert str(whole.iterate()) == str(other.iterate())
    assert whole.policies() == other.policies()
    assert all(np.array_equal(array, other.state()[name]) for name, array in whole.state().items())


def test_teams_and_networks_that_remember_play_themselves_too():
    game = load_game("pool", resources=2, horizon=3, defenders=2)
    play = SelfPlay(game, "ppo", budget=3_000, settings={"memory": "recurrent", "critic": "joint", "hidden": [16]})
    play.iterate()
    defenders, attacker = play.policies()
    assert (defenders.role, attacker.role) == ("defender", "attacker")


def test_a_task_of_self_play_can_be_sent_to_another_process(kuhn):
    task = pickle.loads(pickle.dumps(Task.together(kuhn, "attacker")))
    assert (task.role, task.game.fingerprint, task.acting) == ("attacker", kuhn.fingerprint, Task.together(kuhn, "attacker").acting)


def test_what_cannot_be_played_is_refused(kuhn):
    with pytest.raises(GamesolveError, match="self-play learns gamesolve's own games"):
        SelfPlay(load_problem("openspiel:kuhn_poker", {}).playable, "mmd", budget=100)
    with pytest.raises(GamesolveError, match="unknown setting of mmd 'clips'"):
        SelfPlay(kuhn, "mmd", budget=100, settings={"clips": 1})


def test_a_role_that_never_has_a_choice_is_told_so():
    with pytest.raises(GamesolveError, match="nothing to decide"):
        until(SelfPlay(load_game("inspection", inspections=0), "mmd", budget=400_000), 400_000)
