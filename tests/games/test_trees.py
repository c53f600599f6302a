"""The compiled tree of every small game is that of the plain recursion, entry by entry."""

import numpy as np
import pytest
from reference_walk import EMPTY, walk

from gamesolve import load_game
from gamesolve.views.tree import Tree
from gamesolve.views.tree_build import build_tree

GAMES = [
    ("kuhn", {}),
    ("leduc", {"suit_isomorphism": True}),
    ("leduc", {}),
    ("inspection", {"periods": 5, "inspections": 2, "fine": 2.5}),
    ("stopping", {"stops": 2, "alerts": 2, "horizon": 3}),
    ("stopping", {"stops": 1, "alerts": 1, "horizon": 6}),
    ("flipit", {"horizon": 4, "defender_information": "last_move"}),
    ("flipit", {"horizon": 4, "attacker_information": "full", "tie": "nothing", "zero_sum": False, "discount": 0.9}),
    ("pool", {"horizon": 2, "values": [1, 2], "zero_sum": False, "discount": 0.9}),
]


def named_sequences(tree: Tree, role: int) -> list:
    """The plain recursion's name of each sequence of a role."""
    d = tree.decisions[role]
    names = [EMPTY]
    for i in range(d.information_sets):
        history = tuple((action, tuple(map(int, row))) for action, row in tree.histories.path(int(d.history[i])))
        names += [(history, int(a)) for a in d.action[d.first[i] : d.first[i + 1]]]
    return names


@pytest.mark.parametrize(("name", "chosen"), GAMES)
def test_tree_is_that_of_the_plain_recursion(name, chosen):
    game = load_game(name, **chosen)
    tree, found = build_tree(game), walk(game)
    names = [named_sequences(tree, role) for role in range(2)]
    for role, d in enumerate(tree.decisions):
        parents = {names[role][d.first[i]][0]: names[role][d.parent[i]] for i in range(d.information_sets)}
        assert parents == {history: parent for history, (_, parent) in found.sets[role].items()}
    rows = np.repeat(np.arange(len(names[0])), np.diff(tree.payoffs.start))
    assert tree.pairs == len(found.payoffs)
    assert tree.leaves == len(found.returns)
    for entry, (row, column) in enumerate(zip(rows, tree.payoffs.column, strict=True)):
        expected = found.payoffs[names[0][row], names[1][column]]
        assert tree.payoffs.value[entry] == pytest.approx(expected[0], abs=1e-12)
        if tree.other is not None:
            assert tree.other.value[entry] == pytest.approx(expected[1], abs=1e-12)
