"""The layout holds every payoff exactly once, at the places it promises."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_trees import LEDUC, dense_payoffs, liars_dice, openspiel_tree, random_tree

from gamesolve.solvers.lanes import WIDTH
from gamesolve.solvers.layout import NOWHERE, aligned, lay_out, payoff_scale


def stored(layouts, role):
    """Payoffs [P, P of the other role] that the strips of a role hold."""
    own, other = layouts[role], layouts[1 - role]
    dense = np.zeros((own.size, other.size))
    for s in range(len(own.start) - 1):
        for k in range(int(own.start[s]), int(own.start[s + 1])):
            dense[s * WIDTH : (s + 1) * WIDTH, own.column[k]] += own.value[k * WIDTH : (k + 1) * WIDTH]
    return dense


def check(tree):
    layouts = lay_out(tree)
    for role, sign in ((0, 1.0), (1, -1.0)):
        own, other, decisions = layouts[role], layouts[1 - role], tree.decisions[role]
        assert len(np.unique(own.position)) == decisions.sequences
        for first, slots, actions, base in own.groups:
            assert slots % WIDTH == 0
            assert first + slots <= len(own.parent)
            assert base + actions * slots <= own.size
        if len(own.start) > 1:
            expected = dense_payoffs(tree) if role == 0 else dense_payoffs(tree).T
            found = stored(layouts, role)
            assert (found[np.ix_(own.position, other.position)] * payoff_scale(tree) * sign == expected).all()
            assert np.count_nonzero(found) == np.count_nonzero(expected)
        taken = own.parent[own.parent != NOWHERE]
        assert np.array_equal(np.sort(taken), np.sort(own.position[decisions.parent]))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 30), st.floats(0.01, 1.0))
def test_layouts_of_random_trees_hold_every_payoff_once(seed, sets, density):
    check(random_tree(seed, sets=sets, density=density))


@pytest.mark.parametrize("game", [LEDUC, liars_dice(3)])
def test_layouts_of_games_hold_every_payoff_once(game):
    check(openspiel_tree(game))


def test_hidden_cards_fill_the_strips_of_leduc():
    tree = openspiel_tree(LEDUC)
    for own in lay_out(tree):
        assert tree.pairs / (WIDTH * len(own.column)) > 0.45


def test_arrays_begin_at_cache_lines():
    assert all(aligned(3, 8 * k).ctypes.data % 64 == 0 for k in range(1, 20))
