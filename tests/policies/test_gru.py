"""The memory of networks: torch's own unit is the referee, and every step of an episode counts once."""

import numpy as np
import pytest
import torch
from random_networks import network, random_gru

from gamesolve import load_game
from gamesolve.evaluate.outside import Player
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.policies.team import TeamPolicy
from gamesolve.rules.signals import features
from gamesolve.views.acting import ASKED, RANDOMLY, Acting
from gamesolve.views.simulator import Simulator
from gamesolve.views.tree_build import build_tree


def rememberer(game, role, seed=0, pooled=False):
    return network(game, role, memory="recurrent", seed=seed, pooled=pooled)


def unit_of(gru):
    """The same unit in torch."""
    unit = torch.nn.GRU(gru.inward.shape[1], gru.units)
    named = dict(zip(("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"), gru.tensors.values(), strict=True))
    unit.load_state_dict({name: torch.from_numpy(array) for name, array in named.items()})
    return unit


def test_a_step_is_that_of_torch():
    numbers = np.random.default_rng(1)
    gru = random_gru(5, 7, numbers)
    inputs, states = numbers.normal(size=(300, 5)).astype(np.float32), numbers.uniform(-1, 1, (300, 7)).astype(np.float32)
    with torch.inference_mode():
        expected, _ = unit_of(gru)(torch.from_numpy(inputs)[None], torch.from_numpy(states)[None])
    np.testing.assert_allclose(gru.step(inputs, states), expected[0].numpy(), atol=1e-5)


def test_a_state_of_large_numbers_is_finite():
    gru = random_gru(2, 3, np.random.default_rng(1))
    found = gru.step(np.full((1, 2), 1e6, np.float32), np.zeros((1, 3), np.float32))
    assert (np.abs(found) <= 1.0).all()


def signals_and_actions(game, agent, recall, place, row):
    """The features of all steps of a row's episode so far, written out."""
    t = int(recall.steps[row])
    own = game.agents[agent]
    seen = recall.signals[row, place, : t + 1]
    acted = np.zeros((t + 1, len(own.actions)), np.float32)
    for step, action in enumerate(recall.actions[row, place, : t + 1]):
        acted[step, action] = action >= 0
    return np.column_stack([features(own.signals, seen), acted, np.arange(t + 1) / game.steps]).astype(np.float32)


# In kuhn and with tiny graphs agents often have no choice; what they see then counts too.
@pytest.mark.parametrize(("name", "chosen"), [("kuhn", {}), ("flipit", {"horizon": 5}), ("attack_graph", {"graph": "tiny", "horizon": 3})])
@pytest.mark.parametrize("agent", [0, 1])
def test_what_a_network_remembers_in_play_is_all_that_its_agent_has_seen_and_done(name, chosen, agent):
    game = load_game(name, **chosen)
    policy = rememberer(game, game.agents[agent].role)
    unit, checked = unit_of(policy.gru), []
    ask = policy.acting(game, agent).ask

    def watch(recall, place, rows, masks):
        found = ask(recall, place, rows, masks)
        for k, row in enumerate(rows):
            with torch.inference_mode():
                states, _ = unit(torch.from_numpy(signals_and_actions(game, agent, recall, place, row)))
            np.testing.assert_allclose(found[k], policy.probabilities(states[-1:].numpy(), masks[k : k + 1])[0], atol=2e-3)
            checked.append(recall.steps[row])
        return found

    acting = [RANDOMLY, RANDOMLY]
    acting[agent] = Acting(ASKED, ask=watch)
    Simulator(game, 5, seed=1, acting=acting).run(0, 60)
    assert len(checked) > 50


def test_a_mixture_of_networks_that_remember_and_others_does_not_depend_on_the_batch():
    game = load_game("flipit", horizon=5)
    members = (rememberer(game, "defender"), ScriptedPolicy.named(game, "defender", "periodic:period=2"), rememberer(game, "defender", 1))
    acting = [Mixture(members, np.array([0.4, 0.2, 0.4])).acting(game, 0), rememberer(game, "attacker").acting(game, 1)]
    assert len({Simulator(game, batch, seed=2, acting=acting).run(0, 300).tobytes() for batch in (1, 7, 256)}) == 1


@pytest.mark.parametrize("pooled", [False, True])
def test_the_agents_of_a_team_remember_each_their_own(pooled):
    game = load_game("pool", defenders=2, horizon=5)
    shared, one, two = (rememberer(game, "defender", seed, pooled=pooled) for seed in (0, 1, 2))
    for team in (shared, TeamPolicy((one, two)), TeamPolicy((one, one))):
        acting = [*(team.acting(game, i) for i in (0, 1)), RANDOMLY]
        assert len({Simulator(game, batch, seed=2, acting=acting).run(0, 100).tobytes() for batch in (1, 64)}) == 1


def test_episodes_that_begin_anew_are_remembered_from_their_beginning():
    game = load_game("flipit", horizon=6)
    simulator = Simulator(game, 4, seed=2, acting=[rememberer(game, "defender").acting(game, 0), RANDOMLY])
    first = simulator.run(0, 4)
    simulator.reset()
    simulator.advance(3)
    np.testing.assert_array_equal(simulator.run(0, 4), first)


def test_a_simulator_goes_back_to_what_it_remembered():
    game = load_game("flipit", horizon=6)
    acting = [rememberer(game, "defender").acting(game, 0), RANDOMLY]
    simulator, other = (Simulator(game, 4, seed=2, acting=acting) for _ in range(2))
    simulator.advance(3)
    state = simulator.state()
    simulator.advance(5)
    other.advance(1)
    other.restore(state)
    other.advance(5)
    assert all(np.array_equal(array, other.state()[name]) for name, array in simulator.state().items())


def test_a_player_from_outside_remembers_its_present_episode_only():
    game = load_game("flipit", horizon=6, defender_information="last_move")
    policy = rememberer(game, "defender", 3)
    player, fresh = Player(game, policy, seed=5), Player(game, policy, seed=5)
    rows = np.array([[value % signal.values for signal in game.agents[0].signals for _ in range(signal.count)] for value in range(6)])

    def plays(player, order):
        player.begin(1)
        return [player.act(rows[k]) for k in order]

    plays(player, [5, 4, 3])
    assert plays(player, range(6)) == plays(fresh, range(6))


@pytest.mark.parametrize(("name", "chosen"), [("leduc", {}), ("flipit", {"horizon": 4})])
def test_a_network_that_remembers_plays_as_its_table_does(name, chosen):
    game = load_game(name, **chosen)
    policy = rememberer(game, "defender")
    returns = [
        Simulator(game, 16, seed=3, acting=[own.acting(game, 0), RANDOMLY]).run(0, 300)
        for own in (policy, policy.behavioural(build_tree(game)))
    ]
    np.testing.assert_array_equal(*returns)
