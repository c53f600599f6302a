"""PettingZoo environments: PettingZoo's own checks are the judges, and the simulator says what happens."""

import numpy as np
import pytest
from every_game import ending, every_game
from pettingzoo.test import api_test, parallel_api_test, parallel_seed_test
from pettingzoo.utils.conversions import parallel_to_aec

from gamesolve import load_game
from gamesolve.base.errors import GamesolveError
from gamesolve.rules.signals import features
from gamesolve.views.acting import PLAYING, RANDOMLY
from gamesolve.views.pettingzoo import PettingZooEnv
from gamesolve.views.simulator import Simulator, simulate

STRICT = (
    pytest.mark.filterwarnings("error"),
    pytest.mark.filterwarnings("ignore:First-class function type feature is experimental"),
)
TEAM = {"graph": "tiny", "horizon": 2, "defenders": 2}


def strictly(test):
    """Let whatever the upstream check warns of fail the test; numba's warning of an experimental feature is not about us."""
    for mark in STRICT:
        test = mark(test)
    return test


def environment(name, parameters, acting=None):
    return PettingZooEnv(load_game(name, **parameters), acting)


def choose(env, seen, rng):
    """A legal action of each agent."""
    return {name: int(rng.choice(np.flatnonzero(seen[name]["action_mask"]))) for name in env.agents}


@strictly
def test_a_warning_would_fail_these_tests():
    env = environment("kuhn", {})
    del env.possible_agents
    with pytest.raises(UserWarning, match="possible_agents"):
        parallel_api_test(env, 2)


@pytest.mark.parametrize(("name", "parameters"), every_game())
@strictly
def test_pettingzoos_own_checks_pass_without_warnings(name, parameters):
    parallel_api_test(environment(name, parameters), 50)
    parallel_seed_test(lambda: environment(name, parameters))


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(("name", "parameters"), ending(every_game()))
def test_converted_to_turns_the_check_of_those_passes(name, parameters):
    # It warns of agents' names, of masks beside observations and of last observations of zeros, as of PettingZoo's own games.
    api_test(parallel_to_aec(environment(name, parameters)), 30)


@pytest.mark.parametrize(("name", "parameters"), every_game())
def test_an_environment_plays_the_simulators_episodes(name, parameters):
    env, rng = environment(name, parameters), np.random.default_rng(1)
    game, simulator = env.game, Simulator(env.game, 1, seed=7)
    seen, _ = env.reset(seed=7)
    for _ in range(60):
        assert env.agents == env.possible_agents == [agent.name for agent in game.agents]
        for i, agent in enumerate(game.agents):
            assert seen[agent.name] in env.observation_space(agent.name)
            expected = features(agent.signals, simulator.observations[:, i])[0]
            assert np.array_equal(seen[agent.name]["observation"], expected if len(expected) else [0.0])
            assert np.array_equal(seen[agent.name]["action_mask"], simulator.masks[0, i, : len(agent.actions)])
        actions = choose(env, seen, rng)
        seen, rewards, terminations, truncations, _ = env.step(actions)
        simulator.step(np.array([[actions[agent.name] for agent in game.agents]]))
        assert list(rewards.values()) == [simulator.rewards[0, role] for role in game.agent_roles]
        assert set(terminations.values()) == {bool(simulator.dones[0])}
        assert set(truncations.values()) == {False}
        if simulator.dones[0]:
            assert env.agents == []
            assert not any(part.any() for one in seen.values() for part in one.values())
            seen, _ = env.reset()


@pytest.mark.parametrize(("name", "parameters"), ending(every_game()))
def test_random_play_earns_what_simulate_says(name, parameters):
    env, rng, returns = environment(name, parameters), np.random.default_rng(2), np.zeros((200, 2))
    for k in range(len(returns)):
        seen, _ = env.reset(seed=2 if k == 0 else None)
        step = 0
        while env.agents:
            seen, rewards, *_ = env.step(choose(env, seen, rng))
            weight, step = env.game.discounts[step // env.game.picks], step + 1
            returns[k] += weight * np.array([rewards[env.possible_agents[0]], rewards[env.possible_agents[-1]]])
    expected = simulate(env.game, [RANDOMLY] * len(env.game.agents), episodes=2000, seed=1)
    error = np.hypot(returns.std(axis=0, ddof=1) / np.sqrt(len(returns)), expected.standard_error)
    assert (np.abs(returns.mean(axis=0) - expected.mean) <= 4 * error + 1e-9).all()


@strictly
def test_agents_that_follow_a_policy_are_not_in_the_environment():
    acting = [PLAYING, PLAYING, RANDOMLY]
    parallel_api_test(environment("attack_graph", TEAM, acting), 50)
    env = environment("attack_graph", TEAM, acting)
    seen, _ = env.reset(seed=0)
    first, second = env.possible_agents
    assert list(seen) == [first, second] == [agent.name for agent in env.game.agents[:2]]
    _, rewards, *_ = env.step(choose(env, seen, np.random.default_rng(0)))
    assert rewards[first] == rewards[second]
    with pytest.raises(GamesolveError, match="unknown playing agent of attack_graph 'attacker'"):
        env.action_space("attacker")


def test_an_agent_that_sees_nothing_observes_a_single_zero():
    env = environment("attack_graph", TEAM)
    blind = [agent.name for agent in env.game.agents if not agent.signals]
    seen, _ = env.reset(seed=0)
    assert [seen[name]["observation"].tolist() for name in blind] == [[0.0]]


def test_actions_that_are_missing_superfluous_or_illegal_are_refused_and_nothing_changes():
    env = environment("kuhn", {})
    with pytest.raises(GamesolveError, match="no episode is being played; reset begins"):
        env.step({})
    env.reset(seed=1)
    for actions in ({}, {"defender": 0}, {"defender": 0, "attacker": 0, "guard": 0}):
        with pytest.raises(GamesolveError, match=r"one each is needed for \['defender', 'attacker'\]"):
            env.step(actions)
    with pytest.raises(GamesolveError, match=r"action 1 of agent 'attacker' is not legal; legal are 0"):
        env.step({"defender": 1, "attacker": 1})
    other = environment("kuhn", {})
    other.reset(seed=1)
    actions = {"defender": 1, "attacker": 0}
    assert str(env.step(actions)) == str(other.step(actions))


def test_a_seed_starts_its_episodes_anew_and_resets_without_one_go_on():
    env = environment("kuhn", {})
    runs = [[str(env.reset(seed=seed)[0]) for seed in (s, *[None] * 20)] for s in (3, 3, 4)]
    assert runs[0] == runs[1] != runs[2]
    with pytest.raises(GamesolveError, match="seed is -1"):
        env.reset(seed=-1)


def test_somebody_has_to_play():
    with pytest.raises(GamesolveError, match=r"every agent of kuhn.* follows a policy"):
        environment("kuhn", {}, [RANDOMLY, RANDOMLY])
