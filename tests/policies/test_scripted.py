"""Scripted policies by name: read, refused, followed, and turned into behaviours."""

import numpy as np
import pytest

from gamesolve.base.errors import GamesolveError, TooLargeError
from gamesolve.base.registry import load_game
from gamesolve.policies.scripted import ScriptedPolicy, parse_policy
from gamesolve.solvers.best_response import expected_returns, uniform
from gamesolve.views.acting import RANDOMLY
from gamesolve.views.tree_build import build_tree, walk_tree

FLIPIT = load_game("flipit", horizon=4)
PERIOD, RATE = "period=2", "rate=0.3"


@pytest.mark.parametrize(
    ("words", "name", "parameters"),
    [
        ("random", "random", {}),
        ("periodic:period=3,phase=1", "periodic", {"period": 3, "phase": 1}),
        (" periodic : period = 3 ", "periodic", {"period": 3}),
        ("x:weights=[1,2],way=fast", "x", {"weights": [1, 2], "way": "fast"}),
        ("x:on=true,part=0.5", "x", {"on": True, "part": 0.5}),
    ],
)
def test_names_and_parameters_are_read(words, name, parameters):
    assert parse_policy(words) == (name, parameters)


@pytest.mark.parametrize("words", ["periodic:period", "periodic:=3", "periodic:period=3,period=4", "periodic:period=3,phase"])
def test_what_cannot_be_read_is_quoted(words):
    with pytest.raises(GamesolveError, match="write it as name:parameter=value"):
        parse_policy(words)


@pytest.mark.parametrize(
    ("role", "words", "reason"),
    [
        ("defender", "periodical", "did you mean 'periodic'"),
        ("defender", "tracker", "unknown defender policy of flipit 'tracker'"),
        ("defender", "periodic:perod=3", "did you mean 'period'"),
        ("defender", "periodic:period=0", "period = 0 is refused"),
        ("defender", "periodic:period=often", "period = 'often' is refused"),
        ("owner", "periodic", "role 'owner' is unknown"),
    ],
)
def test_unknown_names_and_refused_values_are_said_in_one_sentence(role, words, reason):
    with pytest.raises(GamesolveError, match=reason):
        ScriptedPolicy.named(FLIPIT, role, words)


def test_a_policy_is_named_as_a_user_would_write_it():
    policy = ScriptedPolicy.named(FLIPIT, "defender", "periodic:period=2")
    assert policy.name == "periodic:period=2"
    assert ScriptedPolicy.named(FLIPIT, "defender", policy.name) == policy
    assert policy != ScriptedPolicy.named(FLIPIT, "attacker", policy.name)
    assert ScriptedPolicy.named(FLIPIT, "defender", "periodic").name == "periodic"


def test_a_policy_starts_with_its_parameters_in_its_memory():
    policy = ScriptedPolicy.named(FLIPIT, "attacker", f"geometric:{RATE}")
    assert policy.acting(FLIPIT, 1).memory.view(policy.scripted.memory)["rate"][0] == 0.3


def test_it_cannot_be_followed_by_the_other_role_or_in_another_game():
    policy = ScriptedPolicy.named(FLIPIT, "defender", "never")
    with pytest.raises(GamesolveError, match="cannot be followed by 'attacker'"):
        policy.acting(FLIPIT, 1)
    with pytest.raises(GamesolveError, match="cannot be followed"):
        policy.acting(load_game("flipit", horizon=5), 0)


@pytest.mark.parametrize(
    ("role", "words"),
    [
        ("defender", "random"),
        ("defender", "never"),
        ("defender", f"periodic:{PERIOD}"),
        ("attacker", f"geometric:{RATE}"),
        ("attacker", f"greedy:{RATE}"),
        ("attacker", f"tracker:{PERIOD}"),
    ],
)
def test_its_behaviour_earns_what_the_policy_earns(role, words):
    tree = build_tree(FLIPIT)
    policy = ScriptedPolicy.named(FLIPIT, role, words)
    side = ("defender", "attacker").index(role)
    acting = [RANDOMLY, RANDOMLY]
    acting[side] = policy.acting(FLIPIT, side)
    profile = [uniform(d) for d in tree.decisions]
    profile[side] = policy.behaviour_on(tree)
    exact = expected_returns(walk_tree(FLIPIT, acting), (np.ones(1), np.ones(1)))
    np.testing.assert_allclose(expected_returns(tree, tuple(profile)), exact, atol=1e-12)


def test_a_random_phase_is_learnt_from_what_was_done():
    tree = build_tree(FLIPIT)
    behaviour = ScriptedPolicy.named(FLIPIT, "defender", "periodic:period=3").behaviour_on(tree)
    d = tree.decisions[0]
    flips = [behaviour[d.first[i] + 1] for i in range(d.information_sets)]
    # Unseen the flip has probability 1/3; after k epochs without one it is one of the 3 - k left.
    assert flips[0] == pytest.approx(1 / 3)
    assert sorted({round(p, 9) for p in flips}) == [0.0, round(1 / 3, 9), 0.5, 1.0]


def test_a_policy_that_draws_too_much_has_no_table():
    game = load_game("attack_graph", graph="tiny", horizon=2)
    policy = ScriptedPolicy.named(game, "attacker", "random_walk")
    assert not policy.enumerable
    tree = build_tree(game)
    with pytest.raises(TooLargeError, match="draws too much to be enumerated; it can be simulated"):
        policy.behaviour_on(tree)
