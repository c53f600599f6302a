"""OpenSpiel's games in turns: what is taken up, and what is not."""

import pyspiel
import pytest

from gamesolve.base.errors import GamesolveError
from gamesolve.views.problem import problem_of
from gamesolve.views.turn_based import TurnBased, fingerprint, title_of


def test_simultaneous_moves_are_made_one_after_the_other():
    given = pyspiel.load_game("matrix_rps")
    game = TurnBased.of(given)
    state = game.played.new_initial_state()
    assert (state.current_player(), state.legal_actions()) == (0, [0, 1, 2])
    state.apply_action(2)
    assert (state.current_player(), state.legal_actions()) == (1, [0, 1, 2])
    assert (str(game), game.fingerprint, game.actions) == ("openspiel:matrix_rps()", fingerprint(given), 3)
    assert (game.agents_of("0"), game.agents_of("1"), game.agents_of("defender")) == ((0,), (1,), ())
    assert TurnBased.of(game) is game


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("kuhn_poker(players=3)", r"kuhn_poker\(players=3\) has 3 players; games of two players can be walked and played"),
        ("negotiation", r"the chance of negotiation\(\) can only be sampled, by the game itself; its probabilities are needed"),
        ("mfg_crowd_modelling", r"players"),
    ],
)
def test_what_is_no_game_of_two_players_with_known_chances_is_refused(name, words):
    with pytest.raises(GamesolveError, match=words):
        TurnBased.of(pyspiel.load_game(name))


def test_a_game_has_one_title_however_it_was_loaded():
    plain, spelled = pyspiel.load_game("kuhn_poker"), pyspiel.load_game("kuhn_poker(players=2)")
    assert title_of(plain) == title_of(spelled) == problem_of(plain).title == "openspiel:kuhn_poker(players=2)"
