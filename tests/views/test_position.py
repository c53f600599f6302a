"""A position moves one action or one outcome at a time, and lets nobody see what others choose in the same step."""

import copy

import numpy as np
import pytest
from toy import toy

from gamesolve import load_game
from gamesolve.base.errors import GamesolveError
from gamesolve.views.position import CHANCE, OVER, Board, Position


@pytest.fixture(scope="module")
def kuhn():
    return Board(load_game("kuhn"))


@pytest.fixture(scope="module")
def flipit():
    return Board(load_game("flipit", horizon=3, discount=0.5, attacker_information="last_move"))


def play(board: Board, *moves: int) -> Position:
    position = board.start()
    for move in moves:
        position.move(move)
    return position


def contents(position: Position) -> tuple:
    paths = [list(position.path(i)) for i in range(2)]
    return position.mover, position.point.tobytes(), paths, [position.chosen(i) for i in range(2)], list(position.moves)


def test_each_question_to_chance_is_one_node(kuhn):
    position = kuhn.start()
    assert position.mover == CHANCE
    assert position.outcomes() == [(k, pytest.approx(1 / 3)) for k in range(3)]
    position.move(2)
    assert position.outcomes() == [(0, 0.5), (1, 0.5)]
    position.move(0)
    assert position.mover == 0
    assert position.state["card"].tolist() == [[2, 0]]


def test_agents_with_one_legal_action_are_skipped(kuhn):
    movers = []
    position = play(kuhn, 0, 1)
    while position.mover != OVER:
        movers.append(position.mover)
        position.move([0, 1, 1][len(movers) - 1])
    assert movers == [0, 1, 0]
    assert position.returns == (-2.0, 2.0)


def test_nobody_sees_what_another_chooses_in_the_same_step(flipit):
    one, two = play(flipit, 0), play(flipit, 1)
    assert one.mover == two.mover == 1
    assert one.path(1) == two.path(1)
    assert one.signals(1).tolist() == two.signals(1).tolist()
    assert (one.chosen(0), two.chosen(0)) == (0, 1)
    assert one.chosen(1) == -1


def test_returns_are_discounted_by_epoch(flipit):
    position = play(flipit, 0, 0)
    assert position.returns == (1.0, -1.0)
    position = play(flipit, 0, 0, 0, 0, 0, 0)
    assert position.mover == OVER
    assert position.returns == (1.75, -1.75)


def test_the_library_ends_the_game_at_its_horizon(flipit):
    position = play(flipit, *[0] * 6)
    assert (position.mover, position.elapsed) == (OVER, 3)
    assert position.legal(0) == []
    with pytest.raises(GamesolveError, match="the game is over"):
        position.move(0)


def test_picks_of_an_epoch_share_its_discount():
    position = play(Board(toy()), 0, 2, 0, 1, 0)
    assert position.returns == (3.0, -3.0)
    position.move(1)
    position.move(0)
    assert position.returns == (3.5, -3.5)


@pytest.mark.parametrize("moves", [(), (0,), (0, 1), (0, 1, 0), (0, 1, 1, 0)])
@pytest.mark.parametrize("wrong", [-1, 3, 99, 0.5, None])
def test_an_illegal_move_is_refused_and_changes_nothing(kuhn, moves, wrong):
    position = play(kuhn, *moves)
    before = contents(position)
    with pytest.raises(GamesolveError, match=r"is not legal; legal are|the game is over"):
        position.move(wrong)
    assert contents(position) == before


def test_a_clone_goes_its_own_way(kuhn):
    position = play(kuhn, 0, 1, 0)
    before = contents(position)
    for other in (position.clone(), copy.deepcopy(position)):
        assert contents(other) == before
        other.move(1)
        assert contents(position) == before
        assert contents(other) != before


def test_a_position_can_be_made_again_from_plain_data(kuhn):
    position = play(kuhn, 0, 1, 0)
    make, given = position.__reduce__()
    assert given == ("kuhn", {}, [0, 1, 0])
    assert contents(make(*given)) == contents(position)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("no_action", "'attacker' has no legal action"),
        ("many_questions", "more questions were asked"),
        ("bad_weights", "negative, NaN, above one"),
    ],
)
def test_rules_that_break_their_contract_are_reported(fault, words):
    board = Board(toy(fault=fault))
    with pytest.raises(GamesolveError, match=rf"^toy\(.*\) breaks the contract of rules: .*{words}"):
        play(board, *[0] * 20)


def test_transient_fields_are_zeroed_before_each_step():
    board = Board(toy())
    point, _ = board.play(board.before(), np.full(2, -1, np.int32), [0])
    point["state"]["noise"] = 3
    after, question = board.play(point, np.zeros(2, np.int32), [])
    assert question is None
    assert after["state"]["noise"][0] == 0
    assert after["signals"][0, 0, 1] == 0


def test_a_game_without_horizon_goes_on(flipit):
    position = Board(load_game("flipit", horizon=0, discount=0.9)).start()
    for _ in range(200):
        position.move(position.legal(position.mover)[0])
    assert position.mover == 0
    assert position.elapsed == 100
    assert position.returns[0] == pytest.approx(10.0, abs=1e-3)
