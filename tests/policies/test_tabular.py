"""Tables: made on a tree, found again by history or name, equal where they say the same."""

import numpy as np
import pytest

from gamesolve.base.errors import GamesolveError
from gamesolve.base.registry import load_game
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.policies.tabular import TabularPolicy
from gamesolve.solvers.best_response import expected_returns, uniform
from gamesolve.views.acting import PLAYING
from gamesolve.views.openspiel_tree import tree_from_openspiel
from gamesolve.views.tree_build import build_tree, walk_tree

KUHN = load_game("kuhn")
JACK, QUEEN, KING = range(3)
NONE, PASS, BET = range(3)


def random_behaviour(decisions, seed):
    """Positive probabilities f8 [Q] at every information set."""
    behaviour = np.ones(decisions.sequences)
    behaviour[1:] = np.random.default_rng(seed).uniform(0.1, 1.0, decisions.sequences - 1)
    for a, b in zip(decisions.first, decisions.first[1:], strict=False):
        behaviour[a:b] /= behaviour[a:b].sum()
    return behaviour


@pytest.fixture(scope="module")
def tree():
    return build_tree(KUHN)


@pytest.mark.parametrize("role", [0, 1])
def test_a_behaviour_comes_back_from_its_table(tree, role):
    behaviour = random_behaviour(tree.decisions[role], 1)
    np.testing.assert_array_equal(TabularPolicy.from_tree(tree, role, behaviour).behaviour_on(tree), behaviour)


def test_a_behaviour_comes_back_by_information_state_strings():
    tree = tree_from_openspiel("kuhn_poker")
    behaviour = random_behaviour(tree.decisions[1], 2)
    policy = TabularPolicy.from_tree(tree, 1, behaviour)
    assert (policy.role, policy.agent, policy.histories) == ("1", 1, None)
    np.testing.assert_array_equal(policy.behaviour_on(tree), behaviour)


def test_probabilities_are_asked_by_the_agents_own_history(tree):
    d = tree.decisions[1]
    behaviour = random_behaviour(d, 3)
    policy = TabularPolicy.from_tree(tree, 1, behaviour)
    # The attacker waits in epoch 0 with its only action, pass, and then sees what the defender did.
    asked = policy.probabilities([(-1, [QUEEN, NONE]), (0, [QUEEN, BET])])
    assert sorted(asked) == [0, 1]
    assert sum(asked.values()) == pytest.approx(1.0)
    assert set(asked.values()) <= set(behaviour.tolist())
    others = [policy.probabilities([(-1, [card, NONE]), (0, [card, seen])]) for card in range(3) for seen in (PASS, BET)]
    assert len({tuple(p.values()) for p in others}) == 6


def test_an_unknown_history_has_no_probabilities(tree):
    policy = TabularPolicy.from_tree(tree, 1, uniform(tree.decisions[1]))
    assert policy.probabilities([(-1, [QUEEN, NONE])]) == {}
    assert policy.probabilities([(-1, [QUEEN, BET])]) == {}


def test_a_table_of_names_cannot_be_asked_by_histories():
    tree = tree_from_openspiel("kuhn_poker")
    with pytest.raises(GamesolveError, match="information-state strings"):
        TabularPolicy.from_tree(tree, 0, uniform(tree.decisions[0])).probabilities([(-1, [QUEEN])])


def test_information_sets_that_the_table_lacks_are_uniform(tree):
    whole = TabularPolicy.from_tree(tree, 0, random_behaviour(tree.decisions[0], 4))
    first = whole.first[:2]
    part = TabularPolicy(
        **{
            **vars(whole),
            "history": whole.history[:1],
            "first": first,
            "parent": whole.parent[:1],
            "action": whole.action[: first[1]],
            "probability": whole.probability[: first[1]],
        }
    )
    found = part.behaviour_on(tree)
    np.testing.assert_array_equal(found[:3], whole.probability[:3])
    np.testing.assert_array_equal(found[3:], 0.5)


@pytest.mark.parametrize("role", [0, 1])
def test_following_a_table_is_playing_its_behaviour(tree, role):
    behaviours = [random_behaviour(d, 5 + r) for r, d in enumerate(tree.decisions)]
    policy = TabularPolicy.from_tree(tree, role, behaviours[role])
    acting = [policy.acting(KUHN, i) if i == role else PLAYING for i in range(2)]
    facing = walk_tree(KUHN, acting)
    other = TabularPolicy.from_tree(tree, 1 - role, behaviours[1 - role])
    profile = [np.ones(1), np.ones(1)]
    profile[1 - role] = other.behaviour_on(facing)
    np.testing.assert_allclose(expected_returns(facing, tuple(profile)), expected_returns(tree, tuple(behaviours)), atol=1e-12)


def test_a_table_keeps_only_the_histories_of_its_agent(tree):
    policy = TabularPolicy.from_tree(tree, 1, uniform(tree.decisions[1]))
    assert policy.agent == 1
    assert {policy.histories.agent(h) for h in range(len(policy.histories))} == {1}


def test_a_policy_for_another_game_is_refused(tree):
    policy = TabularPolicy.from_tree(tree, 0, uniform(tree.decisions[0]))
    with pytest.raises(GamesolveError, match=r"a policy for kuhn\(\) .* cannot be used on openspiel:kuhn_poker"):
        policy.behaviour_on(tree_from_openspiel("kuhn_poker"))
    with pytest.raises(GamesolveError, match="agent 0 cannot be followed by agent 1"):
        policy.acting(KUHN, 1)
    with pytest.raises(GamesolveError, match=r"cannot be used in flipit"):
        policy.acting(load_game("flipit"), 0)


def test_a_behaviour_of_the_wrong_length_is_refused(tree):
    with pytest.raises(GamesolveError, match="length 3 does not fit the 13 sequences"):
        TabularPolicy.from_tree(tree, 0, np.ones(3))


def test_policies_are_equal_where_every_part_is(tree):
    one, same = (TabularPolicy.from_tree(tree, 0, random_behaviour(tree.decisions[0], 6)) for _ in range(2))
    other = TabularPolicy.from_tree(tree, 0, random_behaviour(tree.decisions[0], 7))
    assert one == same
    assert one != other
    assert one != "a policy"


def test_an_agent_with_a_single_history_has_a_table():
    """The attacker of tiny sees and decides once in one epoch, and is the second agent: its history grows from the root -2."""
    game = load_game("attack_graph", graph="tiny", horizon=1)
    found = walk_tree(game, [ScriptedPolicy.named(game, "defender", "none").acting(game, 0), PLAYING])
    policy = TabularPolicy.from_tree(found, 1, uniform(found.decisions[1]))
    assert (policy.agent, policy.information_sets, policy.histories.parent.tolist()) == (1, 1, [-2])
