"""How compiled loops are told what agents do."""

import numpy as np
import pytest
from toy import toy

from gamesolve import load_game
from gamesolve.policies.tabular import TabularPolicy
from gamesolve.rules import Scripted, Settings, record, rule
from gamesolve.views.acting import (
    PLAYING,
    RANDOMLY,
    SCRIPTED,
    TABULAR,
    Acting,
    Table,
    book_of,
    game_key,
    memories_of,
    scripted_acting,
)
from gamesolve.views.histories import Histories, find
from gamesolve.views.simulator import simulate
from gamesolve.views.tree_build import build_tree


@rule
def act_by_memory(table, memory, signal, mask, chance, probabilities):
    """Take the action that the end of the memory names."""
    probabilities[memory.choice] = 1.0


def start_by_memory(game, agent, settings, memory):
    memory["choice"] = 1


def by_memory(size: int) -> Scripted:
    return Scripted("by_memory", "defender", act_by_memory, memory=record(before=("i1", size), choice="i4"), start=start_by_memory)


def always_last(tree, role: int) -> TabularPolicy:
    """The last action at every information set of a tree."""
    d = tree.decisions[role]
    behaviour = np.zeros(d.sequences)
    behaviour[d.first - 1] = 1.0
    return TabularPolicy.from_tree(tree, role, behaviour)


@pytest.mark.parametrize("sizes", [(0, 0), (1, 16), (17, 40)])
def test_memories_lie_side_by_side_at_multiples_of_sixteen_bytes(sizes):
    acting = [Acting(SCRIPTED, memory=np.arange(1, size + 1, dtype=np.uint8)) for size in sizes]
    rows = memories_of(acting)
    assert rows.shape[0] == 2
    assert rows.shape[1] % 16 == 0
    # At least 32, so that most policies share compiled loops.
    assert max(*sizes, 32) <= rows.shape[1] < max(*sizes, 32) + 16
    for row, a in zip(rows, acting, strict=True):
        assert np.array_equal(row[: len(a.memory)], a.memory)
        assert not row[len(a.memory) :].any()


def test_a_book_keeps_the_tables_of_two_agents_apart():
    game = load_game("kuhn")
    tree = build_tree(game)
    acting = [always_last(tree, role).acting(game, role) for role in range(2)]
    book = book_of(game, acting)
    assert len(book.parent) == sum(len(a.table.histories) for a in acting)
    for agent, table in enumerate(a.table for a in acting):
        for h in range(len(table.histories)):
            known = -1 - agent
            for action, row in table.histories.path(h):
                known = find(book.parent, book.action, book.seen, book.lookup, known, action, row)
            there = slice(table.first[h], table.first[h + 1])
            here = slice(book.first[known], book.first[known + 1])
            assert book.choice[here].tolist() == table.action[there].tolist()
            assert book.weight[here].tolist() == table.probability[there].tolist()


def test_a_book_of_no_tables_is_empty_and_searchable():
    game = load_game("kuhn")
    book = book_of(game, [PLAYING, RANDOMLY])
    assert len(book.choice) == len(book.parent) == 0
    assert find(book.parent, book.action, book.seen, book.lookup, -1, -1, np.zeros(game.width, np.int16)) == -1


def test_a_silent_table_plays_like_random_and_a_full_one_as_it_says():
    game = toy()
    silent = Histories(np.zeros(0, np.int32), np.zeros(0, np.int16), np.zeros((0, game.width), np.int16))
    nothing = Acting(TABULAR, table=Table(silent, np.zeros(1, np.int32), np.zeros(0, np.int16), np.zeros(0)))
    quiet, random = (simulate(game, [a, a], episodes=100, seed=8).returns for a in (nothing, RANDOMLY))
    assert np.array_equal(quiet, random)
    tree = build_tree(game)
    full = simulate(game, [always_last(tree, role).acting(game, role) for role in range(2)], episodes=20)
    # Both always pick the same.
    assert not full.returns.any()


def test_policies_of_one_name_may_have_memories_of_different_sizes():
    # The memory records of a game's policies may depend on its parameters.
    game = toy()
    found = []
    for size in (1, 200):
        acting = scripted_acting(game, 0, by_memory(size), Settings())
        assert len(acting.memory) == by_memory(size).memory.itemsize
        found.append(simulate(game, [acting, RANDOMLY], episodes=30).returns)
    assert np.array_equal(*found)


def test_games_of_others_have_keys_that_change_with_their_source():
    assert game_key(load_game("kuhn")) == "kuhn"
    assert game_key(load_game("flipit", horizon=3)) == game_key(load_game("flipit", horizon=5)) == "flipit"
    assert game_key(toy()).startswith("toy-")
