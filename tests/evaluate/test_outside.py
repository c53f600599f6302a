"""Policies across the border: what a player is told is checked, and what it says is legal, whatever the kind of policy."""

import numpy as np
import pytest

from gamesolve import Mixture, Player, ScriptedPolicy, load_game, solve
from gamesolve.base.errors import GamesolveError
from gamesolve.policies.features import Features
from gamesolve.policies.neural import NeuralPolicy
from gamesolve.rules.signals import width

GAME = load_game("pool", resources=1, horizon=3)
SILENT = np.zeros(width(GAME.agents[0].signals), np.int16)


def network(game=GAME, seed=0):
    fed, numbers = Features.of(game, "defender", "last"), np.random.default_rng(seed)
    actions = len(game.agents[0].actions)
    return NeuralPolicy(
        game, "defender", fed, (numbers.normal(size=(actions, fed.count)).astype(np.float32),), (np.zeros(actions, np.float32),)
    )


PERIODIC = ScriptedPolicy.named(GAME, "defender", "periodic")
POLICIES = {
    "scripted": lambda: PERIODIC,
    "tabular": lambda: solve(GAME).policies[0],
    "neural": network,
    "mixture": lambda: Mixture((PERIODIC, network()), np.array([0.5, 0.5])),
}
kinds = pytest.mark.parametrize("kind", POLICIES)


@kinds
def test_a_player_plays_legal_actions_in_every_episode(kind):
    player = Player(GAME, POLICIES[kind](), seed=1)
    for episode in range(8):
        player.begin(episode)
        assert all(0 <= player.act(SILENT) < len(GAME.agents[0].actions) for _ in range(3))


@pytest.mark.parametrize("weights", [(1.0, 0.0), (0.0, 1.0)])
def test_a_mixture_that_is_certain_plays_as_its_member(weights):
    members = (PERIODIC, network())
    mixed, alone = (Player(GAME, policy, seed=4) for policy in (Mixture(members, np.array(weights)), members[int(np.argmax(weights))]))
    for episode in range(6):
        mixed.begin(episode)
        alone.begin(episode)
        assert [mixed.act(SILENT) for _ in range(3)] == [alone.act(SILENT) for _ in range(3)]


@kinds
@pytest.mark.parametrize("value", [-3, 50, 30000])
def test_a_signal_out_of_range_is_refused_by_name(kind, value):
    player = Player(GAME, POLICIES[kind]())
    with pytest.raises(GamesolveError, match=rf"signal '.+' is {value} at position 0; it lies in 0 to \d+"):
        player.act(np.full(len(SILENT), value, np.int16))


@pytest.mark.parametrize("row", [SILENT[1:], SILENT.astype(float), np.zeros((1, len(SILENT)), np.int16)])
def test_a_row_of_another_form_is_refused(row):
    with pytest.raises(GamesolveError, match="the signals"):
        Player(GAME, network()).act(row)


def test_a_table_that_knows_nothing_of_a_mask_is_not_let_through():
    player = Player(GAME, solve(GAME).policies[0], seed=2)
    mask = np.array([True, *[False] * (len(GAME.agents[0].actions) - 1)])
    said = []
    for episode in range(20):
        player.begin(episode)
        try:
            said.append(player.act(SILENT, mask))
        except GamesolveError as error:
            said.append(str(error))
    assert set(said) <= {0, *(f"the policy of 'defender' chose action {a}; legal are 0" for a in range(1, len(mask)))}


@kinds
def test_an_episode_ends_at_the_horizon(kind):
    player = Player(GAME, POLICIES[kind]())
    for _ in range(3):
        player.act(SILENT)
    with pytest.raises(GamesolveError, match="has chosen in all 3 steps of the episode; begin the next one first"):
        player.act(SILENT)
