"""Stochastic games given as tables: what is read, and what is refused."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest

from gamesolve.base.errors import GamesolveError
from gamesolve.views.stochastic_game import read_stochastic_game, stochastic_game

GAME = {
    "discount": 0.9,
    "start": {"calm": 0.75, "alarm": 0.25},
    "states": {
        "calm": {
            "actions": [["watch", "sleep"], ["probe"]],
            "rewards": [[0], [1.5]],
            "transitions": [[{"calm": 0.5, "alarm": 0.5}], [{"alarm": 1.0, "over": 0.0}]],
        },
        "alarm": {"actions": [["act"], ["hide", "flee"]], "rewards": [[[-1, 2]], [[1, -1]]], "transitions": [[{"calm": 1}, {"over": 1}]]},
        "over": {},
    },
}


def changed(path, value):
    found = copy.deepcopy(GAME)
    *folders, last = path
    table = found
    for key in folders:
        table = table[key]
    if value is None:
        del table[last]
    else:
        table[last] = value
    return found


def test_tables_become_arrays(tmp_path):
    game = stochastic_game(GAME)
    assert game.states == ("calm", "alarm", "over")
    assert game.counts.tolist() == [[2, 1, 0], [1, 2, 0]]
    assert game.first.tolist() == [0, 2, 4, 4]
    assert game.reward.tolist() == [[0.0, 1.5, -1.0, 2.0], [0.0, -1.5, 1.0, -1.0]]
    assert game.begin.tolist() == [0, 2, 3, 4, 5]
    assert game.target.tolist() == [0, 1, 1, 0, 2]
    assert game.chance.tolist() == [0.5, 0.5, 1.0, 1.0, 1.0]
    assert game.start.tolist() == [0.75, 0.25, 0.0]
    assert not game.zero_sum
    (tmp_path / "game.json").write_text(json.dumps(GAME), encoding="utf-8")
    read = read_stochastic_game(tmp_path / "game.json")
    assert np.array_equal(read.reward, game.reward)
    assert repr(read) == "<StochasticGame of 3 states, 4 joint actions, 5 transitions>"


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("discount",), 1.5, "discount is 1.5; it is above 0 and at most 1"),
        (("discount",), None, "lacks 'discount'"),
        (("discont",), 1, "unknown key of a stochastic game 'discont' .did you mean 'discount'"),
        (("start",), "clam", "unknown state of start 'clam' .did you mean 'calm'"),
        (("start",), {"calm": 0.5}, "start sums to 0.5; probabilities of a row sum to 1"),
        (("states",), {}, "states are {}; a table of 1 to"),
        (("states", "over"), {"rewards": []}, "state 'over' has rewards but no actions"),
        (("states", "calm", "actions"), [["watch"]], "two lists of names are needed"),
        (("states", "calm", "actions", 0), ["watch", "watch"], "an action of the defender is 'watch'; they are different names"),
        (("states", "calm", "rewards"), [[0]], "state 'calm': rewards of the defender are .*; 2 rows are needed"),
        (("states", "calm", "rewards", 1), [1, 2], r"state 'calm': rewards of the defender, row 2, is \[1, 2\]; 1 entries are needed"),
        (("states", "calm", "rewards", 1, 0), "x", "state 'calm': rewards of the defender, row 2 is 'x'; a finite number"),
        (
            ("states", "calm", "transitions", 0, 0),
            {"calm": 0.6, "alarm": 0.5},
            "state 'calm': transitions of 'watch' against 'probe' sums to 1.1; probabilities of a row sum to 1",
        ),
        (("states", "calm", "transitions", 0, 0), {"calm": -0.5, "alarm": 1.5}, "the probability of 'calm' is -0.5; it lies between"),
        (("states", "calm", "transitions", 0, 0), {"clam": 1}, "unknown state of .*transitions of 'watch' against 'probe' 'clam'"),
        (("states", "alarm", "transitions"), None, "state 'alarm' lacks 'transitions'"),
    ],
)  # fmt: skip
def test_what_is_no_game_is_refused_by_name(path, value, message):
    with pytest.raises(GamesolveError, match=message):
        stochastic_game(changed(path, value))


def test_a_file_that_is_no_json_is_refused(tmp_path):
    (tmp_path / "game.json").write_text("{", encoding="utf-8")
    with pytest.raises(GamesolveError, match=r"game\.json"):
        read_stochastic_game(tmp_path / "game.json")
    with pytest.raises(GamesolveError, match="a stochastic game is a table of discount, start, states"):
        stochastic_game([])
