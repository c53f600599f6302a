"""Many episodes of an OpenSpiel game at once: they are played by the game's own rules and chances, each by its own stream."""

import numpy as np
import pyspiel
import pytest

from gamesolve.base.errors import GamesolveError
from gamesolve.solvers.best_response import expected_returns, uniform
from gamesolve.views.acting import ASKED, PLAYING, RANDOMLY, TABULAR, Acting, Drawn
from gamesolve.views.openspiel_batch import OpenSpielBatch
from gamesolve.views.openspiel_tree import tree_from_openspiel
from gamesolve.views.turn_based import TurnBased

GOOFSPIEL = "goofspiel(imp_info=True,num_cards=3,points_order=random)"


def load(name):
    return TurnBased.of(pyspiel.load_game(name))


def batch(name, size, acting, seed=0):
    return OpenSpielBatch(load(name), size, seed=seed, acting=acting)


def first_action(states, masks):
    """Always the legal action that comes first."""
    return np.eye(masks.shape[1])[masks.argmax(axis=1)]


def evenly(states, masks):
    """As `RANDOMLY`, asked."""
    return masks / masks.sum(axis=1, keepdims=True)


ASKING = Acting(ASKED, ask=evenly)


@pytest.mark.parametrize("name", ["kuhn_poker", "leduc_poker(suit_isomorphism=True)", GOOFSPIEL, "matrix_pd"])
@pytest.mark.parametrize("way", [RANDOMLY, ASKING])
def test_random_play_earns_what_the_tree_says(name, way):
    tree = tree_from_openspiel(name)
    exact = expected_returns(tree, (uniform(tree.decisions[0]), uniform(tree.decisions[1])))
    found = batch(name, 64, [way, way], seed=1).run(0, 4_000)
    error = found.std(axis=0, ddof=1) / len(found) ** 0.5
    assert (np.abs(found.mean(axis=0) - exact) <= 4.0 * error + 1e-9).all()


def test_chance_has_the_probabilities_that_the_game_gives():
    # The first die of liar's dice: every face as often as every other.
    game = batch("liars_dice(numdice=1,dice_sides=4)", 8_000, [PLAYING, RANDOMLY], seed=3)
    game.advance()
    counts = np.bincount([state.history()[0] for state in game.states], minlength=4)
    assert np.abs(counts - 2_000).max() < 4.0 * (8_000 * 0.25 * 0.75) ** 0.5


def test_what_happens_in_an_episode_does_not_depend_on_the_batch():
    mixed = Drawn((ASKING, RANDOMLY, Acting(ASKED, ask=first_action)), np.array([0.3, 0.3, 0.4]))
    found = {batch("leduc_poker", size, [ASKING, mixed], seed=2).run(5, 300).tobytes() for size in (1, 7, 256)}
    assert len(found) == 1
    assert batch("leduc_poker", 7, [ASKING, mixed], seed=3).run(5, 300).tobytes() not in found


def test_a_member_of_a_mixture_plays_for_the_whole_episode():
    # Of "always the first action" and "always the last" no episode mixes the two.
    ways = tuple(Acting(ASKED, ask=lambda states, masks, n=n: np.tile(np.eye(2)[n], (len(masks), 1))) for n in (0, 1))
    game = batch("matrix_pd", 500, [Drawn(ways, np.array([0.25, 0.75])), PLAYING])
    game.advance()
    chosen = np.array([state.history()[0] for state in game.states])
    np.testing.assert_array_equal(chosen, game.drawn(0))
    assert abs(chosen.mean() - 0.75) < 4.0 * (0.25 * 0.75 / 500) ** 0.5


def test_choices_among_two_or_more_actions_are_counted_and_asked_for_and_no_others():
    seen = []

    def counted(states, masks):
        assert (masks.sum(axis=1) > 1).all()
        for state, mask in zip(states, masks, strict=True):
            assert state.legal_actions() == np.flatnonzero(mask).tolist()
        seen.append(len(states))
        return evenly(states, masks)

    # In the third round of goofspiel with three cards a single card is left.
    game = batch(GOOFSPIEL, 16, [Acting(ASKED, ask=counted)] * 2)
    game.run(0, 100)
    assert game.decisions == sum(seen) == 100 * 2 * 2
    again = batch(GOOFSPIEL, 16, [RANDOMLY] * 2)
    again.run(0, 100)
    assert again.decisions == 400


def drive(game, player, steps, returns):
    """Play the last legal action; the sums of rewards of finished episodes are appended, in the order of their ends."""
    owed = np.zeros((len(game.states), 2))
    for _ in range(steps):
        for b in np.flatnonzero(game.waits):
            game.rows["actions"][b, player] = game.legal[b][-1]
        game.advance()
        owed += game.rewards
        for b in np.flatnonzero(game.dones):
            returns.append(owed[b].tolist())
            owed[b] = 0.0


@pytest.mark.parametrize("player", [0, 1])
def test_a_player_who_is_driven_is_waited_for(player):
    game = batch("leduc_poker", 9, [PLAYING if i == player else RANDOMLY for i in range(2)])
    for _ in range(50):
        game.advance()
        for b, state in enumerate(game.states):
            # A row stands before a choice of the player's, or at the beginning of an episode.
            assert state.current_player() == player if game.waits[b] else state.is_initial_state()
            assert not (game.waits[b] and game.dones[b])
            if game.waits[b]:
                game.rows["actions"][b, player] = game.legal[b][0]


def test_rewards_on_the_way_add_up_to_the_returns():
    # Both always defect or always cooperate: three rounds of the same payoffs.
    name = "repeated_game(stage_game=matrix_pd(),num_repetitions=3)"
    returns: list[list[float]] = []
    game = batch(name, 2, [Acting(ASKED, ask=first_action), PLAYING])
    drive(game, 1, 8, returns)
    rows, columns = pyspiel.load_matrix_game("matrix_pd").row_utilities(), pyspiel.load_matrix_game("matrix_pd").col_utilities()
    assert returns == [[3 * rows[0][1], 3 * columns[0][1]]] * 4


def test_a_batch_that_is_put_down_goes_on_to_the_same_play():
    mixed = Drawn((ASKING, RANDOMLY), np.array([0.5, 0.5]))
    games = [batch("leduc_poker", 7, [mixed, PLAYING], seed=4) for _ in range(2)]
    whole: list[list[float]] = []
    drive(games[0], 1, 25, whole)
    games[1].restore({name: array.copy() for name, array in games[0].state().items()})
    assert all(np.array_equal(one, games[1].state()[name]) for name, one in games[0].state().items())
    first, second = [], []
    drive(games[0], 1, 25, first)
    drive(games[1], 1, 25, second)
    assert first == second
    assert first
    assert games[0].decisions == games[1].decisions


def test_rewards_paid_before_a_batch_is_put_down_are_not_paid_again():
    name = "repeated_game(stage_game=matrix_pd(),num_repetitions=3)"
    games = [batch(name, 1, [Acting(ASKED, ask=first_action), PLAYING]) for _ in range(2)]
    drive(games[0], 1, 2, [])
    games[1].restore(games[0].state())
    for game in games:
        game.rows["actions"][0, 1] = 1
        game.advance()
    assert games[1].rewards.tolist() == games[0].rewards.tolist() != [[0.0, 0.0]]


def test_only_policies_can_be_run():
    with pytest.raises(GamesolveError, match="an evaluation needs a policy for every player"):
        batch("kuhn_poker", 1, [PLAYING, RANDOMLY]).run(0, 1)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda states, masks: masks * 1.0, r"the policy of 'player 0' gave \[1.0, 1.0\] for its legal actions"),
        (lambda states, masks: np.ones(3), r"the policy of 'player 0' gave probabilities of shape \(3,\)"),
    ],
)
def test_an_answer_that_is_no_probabilities_is_refused(answer, words):
    with pytest.raises(GamesolveError, match=words):
        batch("kuhn_poker", 4, [Acting(ASKED, ask=answer), RANDOMLY]).run(0, 4)


def test_what_is_out_of_range_is_refused():
    with pytest.raises(GamesolveError, match="batch is 0"):
        batch("kuhn_poker", 0, [RANDOMLY] * 2)
    with pytest.raises(GamesolveError, match="the seed is -1"):
        batch("kuhn_poker", 1, [RANDOMLY] * 2, seed=-1)
    with pytest.raises(GamesolveError, match="a policy for games of ours cannot be followed"):
        batch("kuhn_poker", 1, [Acting(TABULAR), RANDOMLY])
