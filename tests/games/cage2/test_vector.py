"""Across the border: our defenders on the original's vectors, and functions of that vector in our game."""

import numpy as np
import pytest
from pairs import acting
from recordings import SAMPLE

from gamesolve import Player, load_game, play_with
from gamesolve.base.errors import GamesolveError
from gamesolve.games.cage2.vector import VectorReader, to_bits
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.policies.trained import trained_names, trained_policy
from gamesolve.views.simulator import Simulator, simulate


@pytest.mark.parametrize("own_past", [True, False])
@pytest.mark.parametrize("attacker", ["B_line", "Meander"])
def test_vec_restore_acts_on_recorded_vectors_as_it_did_when_they_were_recorded(attacker, own_past):
    recorded = np.load(SAMPLE / f"cage2_vec_restore_{attacker}.npz")
    vectors, actions = np.unpackbits(recorded["obs_bits"], axis=-1)[..., :52], recorded["blue_action"]
    game = load_game("cage2", own_past=own_past)
    player, reader = Player(game, "vec_restore", role="defender"), VectorReader(game)
    for k in range(len(actions)):
        reader.begin()
        player.begin(k)
        last = None
        for t in range(actions.shape[1]):
            last = player.act(reader.signals(vectors[k, t], last))
            assert last == actions[k, t]


@pytest.mark.parametrize("name", trained_names(load_game("cage2"), "defender"))
def test_a_trained_defender_acts_on_the_originals_vectors_as_it_does_in_our_game(name):
    game = load_game("cage2", horizon=100)
    policy = trained_policy(game, "defender", name)
    one = (policy.policies[0] if isinstance(policy, Mixture) else policy).made_greedy
    simulator = Simulator(game, 1, seed=3, acting=[one.acting(game, 0), ScriptedPolicy.named(game, "attacker", "b_line").acting(game, 1)])
    player, reader, last = Player(game, one, role="defender"), VectorReader(game), None
    player.begin(0)
    for _ in range(99):
        bits = to_bits(simulator.observations[0, 0])
        simulator.advance(1)
        last = player.act(reader.signals(bits, last))
        assert last == simulator.actions[0, 0]
    # As it is, whatever it draws, by its name.
    assert 0 <= Player(game, name, role="defender").act(VectorReader(game).signals(np.zeros(52, np.int64), None)) < 145


def test_a_reader_rebuilds_the_signals_of_our_own_game():
    game = load_game("cage2", horizon=100)
    simulator = Simulator(game, 1, seed=3)
    reader, rng, last = VectorReader(game), np.random.default_rng(1), None
    for _ in range(99):
        own = simulator.observations[0, 0]
        assert np.array_equal(reader.signals(to_bits(own), last), own)
        legal = [np.flatnonzero(mask) for mask in simulator.masks[0]]
        last = int(rng.choice(legal[0]))
        simulator.step(np.array([[last, rng.choice(legal[1])]]))


def test_a_function_of_the_vector_plays_as_the_scripted_defender_does():
    game = load_game("cage2", horizon=30, own_past=False)

    def choose(signals, mask):
        marked = to_bits(signals).reshape(13, 4)[:, 2:].any(axis=1)
        hosts = [h for h in np.flatnonzero(marked) if h != 8]
        return 132 + int(hosts[0]) if hosts else 1

    found = play_with(game, "defender", lambda episode: choose, opponent="b_line", episodes=20, seed=5)
    assert found.returns == pytest.approx(simulate(game, acting(game, "vec_restore", "b_line"), episodes=20, seed=5).returns)


@pytest.mark.parametrize(("bits", "action"), [([0] * 51, None), ([0, 1] + [0] * 50, None), ([2] + [0] * 51, None), ([0] * 52, 145)])
def test_what_is_no_vector_or_action_of_the_original_is_refused(bits, action):
    with pytest.raises(GamesolveError):
        VectorReader(load_game("cage2")).signals(np.array(bits), action)
