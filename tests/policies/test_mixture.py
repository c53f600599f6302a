"""Mixtures: one draw an episode, and the behaviour that plays the same (Kuhn 1953)."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamesolve.base.errors import GamesolveError
from gamesolve.base.registry import load_game
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.policies.tabular import TabularPolicy
from gamesolve.solvers.best_response import expected_returns, uniform
from gamesolve.views.openspiel_tree import tree_from_openspiel

TREE = tree_from_openspiel("leduc_poker(suit_isomorphism=True)")
KUHN = tree_from_openspiel("kuhn_poker")


def random_behaviour(decisions, seed, zeros=0.0):
    """Probabilities f8 [Q], a share of them zero."""
    rng = np.random.default_rng(seed)
    behaviour = np.ones(decisions.sequences)
    for a, b in zip(decisions.first, decisions.first[1:], strict=False):
        p = rng.uniform(0.1, 1.0, b - a) * (rng.uniform(size=b - a) >= zeros)
        behaviour[a:b] = p / p.sum() if p.sum() > 0.0 else 1.0 / (b - a)
    return behaviour


def always(tree, role, action):
    """The policy that takes an action wherever it can, of two."""
    d = tree.decisions[role]
    behaviour = (d.action == action).astype(float)
    behaviour[0] = 1.0
    return TabularPolicy.from_tree(tree, role, behaviour)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 1), st.lists(st.floats(0.0, 1.0), min_size=1, max_size=4).filter(lambda w: sum(w) > 0.01))
def test_its_behaviour_earns_what_the_mixture_earns_against_anyone(seed, role, weights):
    w = np.array(weights) / sum(weights)
    members = [random_behaviour(TREE.decisions[role], seed + k, zeros=0.4) for k in range(len(w))]
    other = random_behaviour(TREE.decisions[1 - role], seed + 99)
    mixture = Mixture(tuple(TabularPolicy.from_tree(TREE, role, b) for b in members), w)

    def earns(behaviour):
        return expected_returns(TREE, (behaviour, other) if role == 0 else (other, behaviour))[role]

    assert earns(mixture.behaviour_on(TREE)) == pytest.approx(sum(p * earns(b) for p, b in zip(w, members, strict=True)), abs=1e-10)


def test_what_was_done_before_tells_which_member_was_drawn():
    passes, bets = always(KUHN, 0, 0), always(KUHN, 0, 1)
    table = Mixture((passes, bets), np.array([0.25, 0.75])).behavioural(KUHN)
    said = {name: table.probability[table.first[i] : table.first[i + 1]].tolist() for i, name in enumerate(table.names)}
    assert said["0"] == [0.25, 0.75]
    # Who has passed first was drawn to pass always.
    assert said["0pb"] == [1.0, 0.0]


def test_where_no_member_comes_it_is_uniform():
    bets = always(KUHN, 0, 1)
    table = Mixture((bets, bets), np.array([0.5, 0.5])).behavioural(KUHN)
    assert table.probability[table.first[table.names.index("0pb")]] == 0.5


def test_scripted_policies_mix_with_tables():
    game = load_game("kuhn")
    from gamesolve.views.tree_build import build_tree

    tree = build_tree(game)
    table = TabularPolicy.from_tree(tree, 0, uniform(tree.decisions[0]))
    mixture = Mixture((ScriptedPolicy.named(game, "defender", "always_bet"), table), np.array([0.5, 0.5]))
    first = mixture.behavioural(tree).probabilities([(-1, [0, 0])])
    assert first == pytest.approx({0: 0.25, 1: 0.75})


@pytest.mark.parametrize("weights", [[0.5, 0.6], [1.5, -0.5], [np.nan, 1.0], [1.0], [[0.5, 0.5]]])
def test_weights_that_are_no_probabilities_are_refused(weights):
    with pytest.raises(GamesolveError, match="are not 2 probabilities that sum to 1"):
        Mixture((always(KUHN, 0, 0), always(KUHN, 0, 1)), np.array(weights))


def test_members_are_for_one_role_of_one_game():
    with pytest.raises(GamesolveError, match="one role of one game"):
        Mixture((always(KUHN, 0, 0), always(KUHN, 1, 0)), np.array([0.5, 0.5]))
    with pytest.raises(GamesolveError, match="at least one policy"):
        Mixture((), np.array([]))
