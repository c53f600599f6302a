"""What networks are fed in OpenSpiel's games."""

import numpy as np
import pyspiel
import pytest

from gamesolve.base.errors import GamesolveError
from gamesolve.policies.tensors import Tensors
from gamesolve.views.turn_based import TurnBased


def load(name):
    return TurnBased.of(pyspiel.load_game(name))


@pytest.mark.parametrize(("memory", "kind"), [("auto", "history"), ("history", "history"), ("last", "last")])
def test_a_player_is_fed_its_own_tensor(memory, kind):
    game = load("leduc_poker")
    fed = Tensors.of(game, "1", memory)
    state = game.played.new_initial_state()
    for action in (4, 2, 1):
        state.apply_action(action)
    expected = state.information_state_tensor(1) if kind == "history" else state.observation_tensor(1)
    assert (fed.memory, fed.agents, fed.count) == (kind, (1,), len(expected))
    np.testing.assert_array_equal(fed.shown([state, state]), np.array([expected, expected], np.float32))


def test_a_game_without_the_tensor_is_refused_and_what_may_forget_has_to_be_asked_for():
    game = load("hanabi(players=2)")
    with pytest.raises(GamesolveError, match=r"makes no information-state tensors, .* history; set memory to 'last' \(in the file for"):
        Tensors.of(game, "0")
    assert Tensors.of(game, "0", "last").memory == "last"
    with pytest.raises(GamesolveError, match=r"a player's whole history; learner 'exact' needs none$"):
        Tensors.of(load("coin_game"), "0")
    with pytest.raises(GamesolveError, match=r"coin_game\(.* makes no observation tensors"):
        Tensors.of(load("coin_game"), "0", "last")


def test_who_sees_all_is_fed_what_the_game_shows_now():
    fed = Tensors.of(load("tic_tac_toe"), "0")
    assert (fed.memory, fed.count) == ("last", 27)
    with pytest.raises(GamesolveError, match=r"tic_tac_toe\(\) makes no information-state tensors"):
        Tensors.of(load("tic_tac_toe"), "0", "history")


def test_an_unknown_role_or_memory_is_refused():
    with pytest.raises(GamesolveError, match=r"role 'defender' is unknown; openspiel:kuhn_poker\(players=2\) has 0 and 1"):
        Tensors.of(load("kuhn_poker"), "defender")
    with pytest.raises(GamesolveError, match="memory is 'recurrent'; in an OpenSpiel game it is auto, history or last"):
        Tensors.of(load("kuhn_poker"), "0", "recurrent")
