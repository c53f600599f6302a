"""Trees of OpenSpiel's games: sizes and values as published, everything else refused with a reason."""

import numpy as np
import pyspiel
import pytest
from open_spiel.python import policy as openspiel_policy
from open_spiel.python.algorithms import expected_game_score

from gamesolve.base.errors import GamesolveError, TooLargeError, UnfinishedError
from gamesolve.solvers.best_response import expected_returns, exploitability, uniform
from gamesolve.views import openspiel_tree
from gamesolve.views.openspiel_tree import tree_from_openspiel
from gamesolve.views.turn_based import fingerprint

GOOFSPIEL_4 = "goofspiel(imp_info=True,num_cards=4,points_order=descending)"
GOOFSPIEL_5 = "goofspiel(imp_info=True,num_cards=5,points_order=descending)"

#: Sequence pairs with payoff and information sets of each player, as counted by two independent programs.
SIZES = {
    "kuhn_poker": (30, 6, 6),
    "leduc_poker": (5520, 468, 468),
    "leduc_poker(suit_isomorphism=True)": (1116, 144, 144),
    "liars_dice(numdice=1,dice_sides=3)": (567, 96, 96),
    "liars_dice(numdice=1,dice_sides=4)": (4080, 512, 512),
    GOOFSPIEL_4: (576, 81, 81),
    GOOFSPIEL_5: (14400, 1062, 1062),
}


@pytest.mark.parametrize("name", SIZES)
def test_trees_have_the_known_sizes(name):
    tree = tree_from_openspiel(name)
    assert (tree.pairs, *(d.information_sets for d in tree.decisions)) == SIZES[name]
    assert tree.zero_sum


@pytest.mark.slow
@pytest.mark.parametrize(("name", "pairs", "sets"), [("liars_dice(numdice=1,dice_sides=5)", 25575, 2560), ("liars_dice", 147420, 12288)])
def test_large_trees_have_the_known_sizes(name, pairs, sets):
    tree = tree_from_openspiel(name)
    assert (tree.pairs, *(d.information_sets for d in tree.decisions)) == (pairs, sets, sets)


@pytest.mark.parametrize(("name", "known"), [("kuhn_poker", 11 / 24), ("leduc_poker", 2.373611111)])
def test_uniform_play_is_as_exploitable_as_openspiel_says(name, known):
    tree = tree_from_openspiel(name)
    profile = (uniform(tree.decisions[0]), uniform(tree.decisions[1]))
    assert exploitability(tree, profile) == pytest.approx(known, abs=1e-9)


@pytest.mark.parametrize("name", ["kuhn_poker", "sheriff", "tiny_hanabi", "first_sealed_auction", "python_kuhn_poker"])
def test_expected_returns_of_uniform_play_are_those_of_openspiel(name):
    import open_spiel.python.games  # noqa: F401 - registers games that are written in Python

    game = pyspiel.load_game(name)
    tree = tree_from_openspiel(game)
    playable = pyspiel.convert_to_turn_based(game) if game.get_type().dynamics == pyspiel.GameType.Dynamics.SIMULTANEOUS else game
    wanted = expected_game_score.policy_value(playable.new_initial_state(), [openspiel_policy.UniformRandomPolicy(playable)] * 2)
    found = expected_returns(tree, (uniform(tree.decisions[0]), uniform(tree.decisions[1])))
    np.testing.assert_allclose(found, wanted, atol=1e-12)


def test_a_general_sum_game_has_both_players_payoffs():
    tree = tree_from_openspiel("matrix_pd")
    assert not tree.zero_sum
    # OpenSpiel's prisoner's dilemma: mutual cooperation pays 5, defection against it 10 to 0, mutual defection 1.
    np.testing.assert_array_equal(tree.payoffs.value, [5.0, 0.0, 10.0, 1.0])
    np.testing.assert_array_equal(tree.other.value, [5.0, 10.0, 0.0, 1.0])
    np.testing.assert_array_equal(tree.payoffs.column, tree.other.column)


def test_simultaneous_moves_are_those_of_the_turn_based_game():
    simultaneous = tree_from_openspiel(GOOFSPIEL_4)
    turn_based = tree_from_openspiel(pyspiel.convert_to_turn_based(pyspiel.load_game(GOOFSPIEL_4)))
    assert simultaneous.decisions[1].names == turn_based.decisions[1].names
    np.testing.assert_array_equal(simultaneous.payoffs.value, turn_based.payoffs.value)


@pytest.mark.parametrize("name", ["leduc_poker(suit_isomorphism=True)", "sheriff", GOOFSPIEL_4])
def test_information_sets_come_after_the_sequence_that_leads_to_them(name):
    for d in tree_from_openspiel(name).decisions:
        assert d.first[0] == 1
        assert (d.parent < d.first[:-1]).all()
        assert (np.diff(d.first) > 0).all()
        assert len(set(d.names)) == d.information_sets == len(d.parent)


def test_actions_are_those_that_openspiel_lists():
    tree = tree_from_openspiel("kuhn_poker")
    d = tree.decisions[0]
    assert set(d.names) == {"0", "1", "2", "0pb", "1pb", "2pb"}
    np.testing.assert_array_equal(d.action, [-1, *([0, 1] * 6)])


def test_defaults_spelled_out_are_the_same_game():
    plain, spelled = pyspiel.load_game("leduc_poker"), pyspiel.load_game("leduc_poker(players=2,suit_isomorphism=False)")
    other = pyspiel.load_game("leduc_poker(suit_isomorphism=True)")
    assert fingerprint(plain) == fingerprint(spelled) != fingerprint(other)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("kuhn_poker(players=3)", "3 players"),
        ("negotiation", "can only be sampled"),
        ("pig", "information-state strings"),
        ("liars_dice_ir", "not of perfect recall"),
    ],
)
def test_games_without_a_tree_are_refused(name, reason):
    with pytest.raises(GamesolveError, match=reason):
        tree_from_openspiel(name)


def test_a_tree_beyond_the_memory_is_refused_before_it_is_built():
    with pytest.raises(TooLargeError, match=r"chess\(chess960=False\) has more than .* leaves, at 100 bytes each .* limit is 1 GiB"):
        tree_from_openspiel("chess", memory=2**30)


def test_a_listener_hears_of_the_leaves_and_may_end_the_walk(monkeypatch):
    monkeypatch.setattr(openspiel_tree, "PAUSE", 7)
    heard: list[int] = []
    tree = tree_from_openspiel("kuhn_poker", progress=heard.append)
    assert (heard, tree.leaves) == ([7, 14, 21, 28], 30)

    def listen(leaves: int) -> None:
        raise UnfinishedError(f"{leaves} are enough")

    with pytest.raises(UnfinishedError, match="7 are enough"):
        tree_from_openspiel("kuhn_poker", progress=listen)


def test_an_underestimated_tree_stops_at_the_limit():
    # 30 leaves: one too many, whatever the estimate says.
    with pytest.raises(TooLargeError, match=r"kuhn_poker\(players=2\) has .* leaves"):
        tree_from_openspiel("kuhn_poker", memory=29 * 100)
    assert tree_from_openspiel("kuhn_poker", memory=40 * 100).pairs == 30


class Declares:
    """A game of OpenSpiel's with utility bounds of its own making."""

    def __init__(self, game: pyspiel.Game, low: float, high: float) -> None:
        self._game, self._bounds = game, (low, high)

    def __getattr__(self, name: str) -> object:
        return getattr(self._game, name)

    def __str__(self) -> str:
        return str(self._game)

    def min_utility(self) -> float:
        return self._bounds[0]

    def max_utility(self) -> float:
        return self._bounds[1]


@pytest.mark.parametrize("bounds", [(-1.0, 2.0), (-2.0, 1.5), (-2.0, np.inf), (np.nan, 2.0)])
def test_returns_outside_the_declared_bounds_are_refused(bounds):
    low, high = bounds
    with pytest.raises(GamesolveError, match=rf"kuhn_poker\(\) pays returns from -2.0 to 2.0, .* lie in {low} to {high}; its min_utility"):
        tree_from_openspiel(Declares(pyspiel.load_game("kuhn_poker"), low, high))


def test_bounds_that_enclose_every_return_are_taken_as_declared():
    assert tree_from_openspiel(Declares(pyspiel.load_game("kuhn_poker"), -3.0, 2.0)).utility_bounds == ((-3.0, 2.0), (-3.0, 2.0))
