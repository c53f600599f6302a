"""Teams: a policy for each agent of a role."""

import itertools
import json

import numpy as np
import pytest

from gamesolve import load_game
from gamesolve.base.errors import GamesolveError
from gamesolve.evaluate import evaluate
from gamesolve.policies.features import Features
from gamesolve.policies.files import load_policy, save_policy
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.neural import NeuralPolicy
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.policies.team import TeamPolicy
from gamesolve.views.simulator import Simulator, simulate


@pytest.fixture(scope="module")
def game():
    return load_game("pool", defenders=2, horizon=4)


def network(game, seed):
    numbers, fed = np.random.default_rng(seed), Features.of(game, "defender")
    sizes = [fed.count, 8, 3]
    weights = tuple(numbers.normal(size=(b, a)).astype(np.float32) for a, b in itertools.pairwise(sizes))
    return NeuralPolicy(game, "defender", fed, weights, tuple(np.zeros(b, np.float32) for b in sizes[1:]))


def scripted(game, words, role="defender"):
    return ScriptedPolicy.named(game, role, words)


def played(game, defenders, episodes=400):
    attacker = scripted(game, "periodic", "attacker")
    acting = [(attacker if agent.role == "attacker" else defenders).acting(game, i) for i, agent in enumerate(game.agents)]
    return simulate(game, acting, episodes=episodes, seed=3).returns


def test_each_agent_follows_its_own_policy(game):
    team = TeamPolicy((scripted(game, "never"), scripted(game, "periodic:period=1")))
    acting = [team.acting(game, 0), team.acting(game, 1), scripted(game, "never", "attacker").acting(game, 2)]
    simulator = Simulator(game, 3, acting=acting)
    simulator.advance(1)
    assert simulator.actions[:, 0].tolist() == [0, 0, 0]
    assert (simulator.actions[:, 1] != 0).all()


def test_a_team_of_one_policy_plays_as_the_policy_that_all_share(game):
    shared = scripted(game, "periodic:period=2")
    assert (played(game, TeamPolicy((shared, shared))) == played(game, shared)).all()


def test_a_mixture_draws_a_whole_team(game):
    still, busy = TeamPolicy((scripted(game, "never"),) * 2), TeamPolicy((scripted(game, "periodic:period=1"),) * 2)
    acting = [Mixture((still, busy), np.array([0.5, 0.5])).acting(game, i) for i in range(2)]
    simulator = Simulator(game, 200, acting=[*acting, scripted(game, "never", "attacker").acting(game, 2)])
    simulator.advance(1)
    moved = simulator.actions[:, :2] != 0
    assert (moved[:, 0] == moved[:, 1]).all()
    assert 60 < moved[:, 0].sum() < 140


def test_a_team_comes_back_equal_alone_and_in_a_mixture(game, tmp_path):
    team = TeamPolicy((network(game, 1), scripted(game, "greedy")))
    mixture = Mixture((team, scripted(game, "never")), np.array([0.25, 0.75]))
    for name, policy in (("team", team), ("mixture", mixture)):
        save_policy(policy, tmp_path / name)
        assert load_policy(tmp_path / name) == policy
    assert played(game, mixture, 50).shape == (50, 2)


def test_a_team_is_judged_by_play(game):
    found = evaluate(game, TeamPolicy((scripted(game, "never"), network(game, 2))), responders=(), episodes=200)
    assert found.worst_case_return["defender"].kind == "estimated"


def test_a_team_of_another_size_or_game_is_refused(game):
    with pytest.raises(GamesolveError, match="a team of 1 defenders of pool"):
        TeamPolicy((scripted(game, "never"),)).acting(game, 0)
    other = load_game("pool", defenders=2, horizon=5)
    with pytest.raises(GamesolveError, match="cannot be followed by"):
        TeamPolicy((scripted(game, "never"),) * 2).acting(other, 0)
    with pytest.raises(GamesolveError, match="one role of one game"):
        TeamPolicy((scripted(game, "never"), scripted(other, "never")))


def test_a_mixture_within_a_team_is_refused_by_its_key(game, tmp_path):
    from gamesolve.policies.files import _digest, _save_member

    save_policy(TeamPolicy((scripted(game, "never"),) * 2), tmp_path)
    inner = Mixture((scripted(game, "never"),), np.ones(1))
    card = json.loads((tmp_path / "card.json").read_text())
    card.pop("sha256")
    card["files"].update([_save_member(inner, tmp_path, 1)])
    card["bytes"] = {name: (tmp_path / name).stat().st_size for name in card["files"]}
    (tmp_path / "card.json").write_text(json.dumps({**card, "sha256": _digest(card)}))
    with pytest.raises(GamesolveError, match="key 'kind' is 'mixture'; a member of a team is tabular or scripted or neural"):
        load_policy(tmp_path)
