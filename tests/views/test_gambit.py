"""Gambit's formats: what is written, pygambit reads, and agrees; files that are read or refused."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pygambit
import pytest

from gamesolve import load_game
from gamesolve.base.errors import GamesolveError
from gamesolve.evaluate import evaluate
from gamesolve.solve import solve
from gamesolve.views.gambit import MatrixGame, efg_text, nfg_text, payoff_rows, read_nfg

#: Mutated files, of the quick and of the whole count.
FEW, MANY = 200, 2_000


def matrix(seed, shape=(3, 4)):
    rng = np.random.default_rng(seed)
    actions = tuple(tuple(f'{who} "{k}"' for k in range(size)) for who, size in zip("ab", shape, strict=True))
    return MatrixGame("a game", ("defender", "attacker"), actions, rng.normal(size=shape), rng.normal(size=shape))


def written(folder, text, ending):
    path = folder / f"game{ending}"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("seed", range(5))
def test_what_is_written_in_matrix_form_gambit_reads_to_the_last_digit(seed, tmp_path):
    game = matrix(seed)
    theirs = pygambit.Game.read_game(str(written(tmp_path, nfg_text(game), ".nfg")))
    assert [player.label for player in theirs.players] == ["defender", "attacker"]
    for (i, j), payoff in np.ndenumerate(game.row):
        outcome = theirs[i, j]
        assert Fraction(str(outcome["defender"])) == Fraction(payoff)
        assert Fraction(str(outcome["attacker"])) == Fraction(game.column[i, j])


@pytest.mark.parametrize("seed", range(5))
def test_what_is_written_is_read_again(seed, tmp_path):
    game = matrix(seed, (2, 3))
    again = read_nfg(written(tmp_path, nfg_text(game), ".nfg"))
    assert (again.title, again.players, again.actions) == (game.title, game.players, game.actions)
    assert np.array_equal(again.row, game.row)
    assert np.array_equal(again.column, game.column)


def test_what_gambit_writes_is_read(tmp_path):
    theirs = pygambit.Game.from_arrays(np.array([[1, 2, 3], [4, 5, 6]]), np.array([[6, 5, 4], [3, 2, 1]]), title="theirs")
    found = read_nfg(written(tmp_path, theirs.write(format="native"), ".nfg"))
    assert found.row.tolist() == [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    assert found.column.tolist() == [[6.0, 5.0, 4.0], [3.0, 2.0, 1.0]]


def test_payoffs_may_be_given_as_they_are_and_actions_be_counted(tmp_path):
    found = read_nfg(written(tmp_path, 'NFG 1 D "counted" { "one" "two" } { 2 2 }\n\n1 1/3 0.5 2 -1e2 0 7 8\n', ".nfg"))
    assert found.actions == (("1", "2"), ("1", "2"))
    # The row player's action runs fastest.
    assert found.row.tolist() == [[1.0, -100.0], [0.5, 7.0]]
    assert found.column.tolist() == [[1.0 / 3.0, 0.0], [2.0, 8.0]]


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("kuhn", {}),
        ("inspection", {"periods": 3, "inspections": 1}),
        ("stopping", {"horizon": 2}),
        ("flipit", {"horizon": 2, "zero_sum": False, "discount": 0.9}),
        ("attack_defence_tree", {}),
    ],
)
def test_gambit_reads_a_tree_and_agrees_on_what_even_play_earns(name, parameters, tmp_path):
    game = load_game(name, **parameters)
    theirs = pygambit.Game.read_game(str(written(tmp_path, efg_text(game), ".efg")))
    even = theirs.mixed_behavior_profile()
    found = evaluate(game, {"defender": "random", "attacker": "random"})
    for agent in game.agents:
        assert float(even.payoff(agent.name)) == pytest.approx(found.expected_return[agent.role].middle, abs=1e-9)


@pytest.mark.parametrize(("name", "parameters"), [("kuhn", {}), ("inspection", {"periods": 3, "inspections": 1})])
def test_gambits_linear_program_finds_our_value(name, parameters, tmp_path):
    game = load_game(name, **parameters)
    theirs = pygambit.Game.read_game(str(written(tmp_path, efg_text(game), ".efg")))
    (profile,) = pygambit.nash.lp_solve(theirs, rational=False).equilibria
    assert float(profile.payoff(game.agents[0].name)) == pytest.approx(solve(game, "lp").value.middle, abs=1e-6)


def test_payoffs_are_rows_of_a_table():
    game = matrix(0, (2, 2))
    rows = list(payoff_rows(game))
    assert rows[1] == (game.actions[0][0], game.actions[1][1], game.row[0, 1], game.column[0, 1])
    assert len(rows) == 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('EFG 2 R "x" { "a" "b" }', "'EFG' stands where 'NFG' is expected"),
        ('NFG 1 R "x" { "a" "b" "c" } { 1 1 1 } 1 1 1', "it has 3 players; games of two are read"),
        ('NFG 1 R "x" { "a" "b" } { 2 2 } 1 1 1', "ends where a payoff is expected"),
        ('NFG 1 R "x" { "a" "b" } { 1 1 } 1 1 1', "'1' is more than 1 by 1 pairs of payoffs"),
        ('NFG 1 R "x" { "a" "b" } { 1 1 } 1 much', "'much' is no payoff; a finite number is needed"),
        ('NFG 1 R "x" { "a" "b" } { 1 0 } 1 1', "'0' is no number; an integer from 1 on is needed"),
        ('NFG 1 R "x" { "a" "b" } { 1 1 } 1 1/0', "'1/0' is no payoff"),
        ('NFG 1 R "x" { "a" "b" } { { "u" } { "v" } } "" { { "" 1 2 } } 2', "an entry has outcome 2; there are 1"),
        ('NFG 1 R "x { "a"', "is no name, number or brace"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(text, message, tmp_path):
    with pytest.raises(GamesolveError, match=message):
        read_nfg(written(tmp_path, text, ".nfg"))


def test_trees_of_teams_and_without_end_are_refused():
    with pytest.raises(GamesolveError, match="has no horizon, so it has no tree"):
        efg_text(load_game("markov_mtd"))
    with pytest.raises(GamesolveError, match="has 3 agents"):
        efg_text(load_game("pool", horizon=1, defenders=2))


@pytest.mark.parametrize("count", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
def test_mutated_files_are_read_or_refused(count, tmp_path, record_property):
    rng, read, messages = random.Random(0), 0, []
    text = nfg_text(MatrixGame("a", ("x", "y"), (("u", "v"), ("w",)), np.array([[1.0], [0.5]]), np.array([[2.0], [0.1]])))
    for _ in range(count):
        try:
            read_nfg(written(tmp_path, mutated(text, rng), ".nfg"))
            read += 1
        except GamesolveError as error:
            messages.append(str(error))
    record_property("mutated .nfg files read", read)
    record_property("mutated .nfg files refused", len(messages))
    assert not [message for message in messages if "\n" in message]
    assert 0 < read < count


def mutated(text, rng):
    """Something in it changed, dropped or doubled."""
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(text))
        piece = rng.choice(["", '"', "{", "}", "0", "-", "/", "1e999", "nan", " ", "x", "\\", "9" * 50, text[at : at + 5] * 2])
        text = text[:at] + piece + text[at + rng.randint(0, 3) :]
    return text
