"""Gymnasium environments: Gymnasium's own checks are the judges, and the simulator says what happens."""

import subprocess
import sys

import gymnasium
import numpy as np
import pytest
from every_game import against_random, ending, every_game
from gymnasium.utils.env_checker import check_env, data_equivalence
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers.vector import DictInfoToList, RecordEpisodeStatistics

from gamesolve import load_game
from gamesolve.base.errors import GamesolveError
from gamesolve.rules.signals import features
from gamesolve.views.acting import PLAYING, RANDOMLY
from gamesolve.views.gymnasium import GymnasiumEnv, GymnasiumVectorEnv
from gamesolve.views.simulator import Simulator, simulate
from gamesolve.views.spaces import LegalActions, LegalRows

# Whatever an upstream check warns of fails the test; numba's own warning of an experimental feature is not about us.
pytestmark = [
    pytest.mark.filterwarnings("error"),
    pytest.mark.filterwarnings("ignore:First-class function type feature is experimental"),
]


def environment(name, parameters, agent=0, **options):
    game = load_game(name, **parameters)
    return GymnasiumEnv(game, against_random(game, agent), **options)


def vector(name, parameters, num_envs, agent=0, **options):
    game = load_game(name, **parameters)
    return GymnasiumVectorEnv(game, against_random(game, agent), num_envs=num_envs, **options)


def returns_at_random(env, episodes, seed):
    """Discounted returns f8 [episodes] of an agent that acts at random."""
    game, returns, rng = env.game, np.zeros(episodes), np.random.default_rng(seed)
    for k in range(episodes):
        env.reset(seed=seed if k == 0 else None)
        over, step = False, 0
        while not over:
            _, reward, over, _, _ = env.step(rng.choice(np.flatnonzero(env.action_masks())))
            returns[k] += game.discounts[step // game.picks] * reward
            step += 1
    return returns


def test_a_warning_would_fail_these_tests():
    with pytest.raises(UserWarning, match="here"):
        gymnasium.logger.warn("here")


@pytest.mark.parametrize(("name", "parameters"), every_game())
def test_gymnasiums_own_check_passes_without_warnings(name, parameters):
    for agent in range(len(load_game(name, **parameters).agents)):
        # What it says of rendering needs an environment made by name: tests/test_environments.py.
        # It plays after a reset what it drew before one, which may be illegal there.
        check_env(environment(name, parameters, agent, replace_illegal=True), skip_render_check=True)


@pytest.mark.parametrize(("name", "parameters"), every_game())
def test_an_environment_plays_the_simulators_episodes(name, parameters):
    for agent in range(len(load_game(name, **parameters).agents)):
        env, rng = environment(name, parameters, agent), np.random.default_rng(1)
        simulator = Simulator(env.game, 1, seed=7, acting=against_random(env.game, agent))
        signals, own = env.game.agents[agent].signals, env.action_space.n
        seen, info = env.reset(seed=7)
        for _ in range(60):
            expected = features(signals, simulator.observations[:, agent])[0]
            assert np.array_equal(seen, expected if len(expected) else [0.0])
            assert np.array_equal(info["action_mask"], simulator.masks[0, agent, :own])
            assert np.array_equal(env.action_masks(), simulator.masks[0, agent, :own])
            joint = np.zeros((1, len(env.game.agents)), np.int64)
            joint[0, agent] = rng.choice(np.flatnonzero(info["action_mask"]))
            seen, reward, terminated, truncated, info = env.step(joint[0, agent])
            simulator.step(joint)
            assert (reward, terminated, truncated) == (simulator.rewards[0, env.game.agent_roles[agent]], simulator.dones[0], False)
            if terminated:
                assert not seen.any()
                assert not info["action_mask"].any()
                seen, info = env.reset()


@pytest.mark.parametrize(("name", "parameters"), ending(every_game()))
def test_random_play_earns_what_simulate_says(name, parameters):
    game = load_game(name, **parameters)
    expected = simulate(game, [RANDOMLY] * len(game.agents), episodes=2000, seed=1)
    agent = len(game.agents) - 1
    found, role = returns_at_random(environment(name, parameters, agent), 300, seed=2), game.agent_roles[agent]
    error = np.hypot(found.std(ddof=1) / np.sqrt(len(found)), expected.standard_error[role])
    assert abs(found.mean() - expected.mean[role]) <= 4 * error + 1e-9


@pytest.mark.parametrize(("name", "parameters"), every_game())
def test_a_vector_of_one_row_is_gymnasiums_own_vector_of_one_environment(name, parameters):
    ours = vector(name, parameters, 1)
    theirs = SyncVectorEnv([lambda: environment(name, parameters)], autoreset_mode=AutoresetMode.SAME_STEP)
    assert (ours.observation_space, ours.single_observation_space) == (theirs.observation_space, theirs.single_observation_space)
    assert (ours.action_space, ours.single_action_space) == (theirs.action_space, theirs.single_action_space)
    assert ours.metadata["autoreset_mode"] == theirs.metadata["autoreset_mode"]
    assert data_equivalence(ours.reset(seed=3), theirs.reset(seed=3), exact=True)
    for k in range(80):
        actions = ours.action_space.sample()
        assert data_equivalence(ours.step(actions), theirs.step(actions), exact=True)
        if k == 40:
            # In the midst of an episode both go on to the next.
            assert data_equivalence(ours.reset(), theirs.reset(), exact=True)


@pytest.mark.parametrize(("name", "parameters"), every_game())
def test_rows_of_a_vector_play_every_batch_th_episode(name, parameters):
    envs, rng = vector(name, parameters, 5), np.random.default_rng(0)
    simulator = Simulator(envs.game, 5, seed=4, acting=against_random(envs.game, 0))
    seen, infos = envs.reset(seed=4)
    for _ in range(40):
        assert seen in envs.observation_space
        expected = features(envs.game.agents[0].signals, simulator.observations[:, 0])
        assert np.array_equal(seen, expected if expected.shape[1] else np.zeros((5, 1)))
        masks = simulator.masks[:, 0, : envs.single_action_space.n]
        assert np.array_equal(infos["action_mask"], masks)
        assert np.array_equal(envs.action_masks(), masks)
        actions = np.array([rng.choice(np.flatnonzero(mask)) for mask in masks])
        seen, rewards, terminations, truncations, infos = envs.step(actions)
        simulator.step(np.column_stack([actions, np.zeros((5, len(envs.game.agents) - 1), int)]))
        assert np.array_equal(rewards, simulator.rewards[:, envs.game.agent_roles[0]])
        assert np.array_equal(terminations, simulator.dones)
        assert not truncations.any()
        assert [last is not None for last in infos.get("final_obs", [None] * 5)] == terminations.tolist()


def test_upstream_wrappers_of_vectors_count_episodes_as_they_are():
    envs = RecordEpisodeStatistics(vector("kuhn", {}, 8))
    listed = DictInfoToList(vector("kuhn", {}, 8))
    envs.reset(seed=0)
    listed.reset(seed=0)
    # The base class hands spaces on to wrappers, so sampling stays legal.
    ended = []
    for _ in range(30):
        actions = envs.action_space.sample()
        _, rewards, over, _, infos = envs.step(actions)
        assert [("final_obs" in info) for info in listed.step(actions)[-1]] == over.tolist()
        if over.any():
            assert np.array_equal(infos["episode"]["r"][over] != 0.0, rewards[over] != 0.0)
            ended.extend(infos["episode"]["l"][over])
    # A hand of Kuhn poker takes two or three moves.
    assert set(ended) == {2, 3}


def test_random_play_of_a_vector_earns_what_simulate_says():
    envs = vector("flipit", {"horizon": 3}, 500)
    envs.action_space.seed(0)
    envs.reset(seed=5)
    totals = sum(envs.step(envs.action_space.sample())[1] for _ in range(3))
    expected = simulate(envs.game, [RANDOMLY, RANDOMLY], episodes=5000)
    assert abs(totals.mean() - expected.mean[0]) <= 4 * totals.std() / np.sqrt(500)


def test_rewards_of_several_picks_fall_on_the_last():
    env = environment("attack_graph", {"graph": "tiny", "horizon": 2, "attacker_picks": 2}, 1)
    env.action_space.seed(0)
    earned = np.zeros(env.game.picks)
    for _ in range(50):
        env.reset()
        for step in range(env.game.picks * env.game.horizon):
            earned[step % env.game.picks] += abs(env.step(env.action_space.sample())[1])
    assert earned[:-1].tolist() == [0.0] * (env.game.picks - 1)
    assert earned[-1] > 0.0


def first_cards(env, seeds):
    """What is seen first after `reset` with each of the seeds."""
    return [env.reset(seed=seed)[0].tobytes() for seed in seeds]


def test_a_seed_starts_its_episodes_anew_and_resets_without_one_go_on():
    env = environment("kuhn", {})
    one = first_cards(env, [3, *[None] * 30])
    assert first_cards(env, [3, *[None] * 30]) == one
    assert first_cards(env, [4, *[None] * 30]) != one
    numbers = [Simulator(env.game, 1, seed=3) for _ in range(31)]
    for number, simulator in enumerate(numbers):
        simulator.reset(number)
    signals = env.game.agents[0].signals
    assert [features(signals, s.observations[:, 0])[0].tobytes() for s in numbers] == one


@pytest.mark.parametrize("make", [lambda: environment("kuhn", {}), lambda: vector("kuhn", {}, 2)])
def test_without_any_seed_every_environment_is_another(make):
    assert first_cards(make(), [None] * 40) != first_cards(make(), [None] * 40)


def test_a_vector_reset_without_a_seed_plays_episodes_that_no_row_has_come_to():
    envs = vector("flipit", {"horizon": 3}, 4)
    envs.reset(seed=1)
    for _ in range(4):
        envs.step(envs.action_space.sample())
    envs.reset()
    assert envs._simulator.episodes.tolist() == [8, 9, 10, 11]


@pytest.mark.parametrize("action", [1, 2, -1, 2**70, 0.0, "0", None, [0], np.array([0])])
def test_an_illegal_action_is_refused_and_nothing_changes(action):
    # The attacker of Kuhn poker may only pass while the defender is to move.
    env, other = (environment("kuhn", {}, agent=1) for _ in range(2))
    for e in (env, other):
        e.reset(seed=1)
    with pytest.raises(GamesolveError, match=r"of agent 'attacker' is not legal; legal are 0"):
        env.step(action)
    assert data_equivalence(env.step(np.array(0)), other.step(0), exact=True)


def test_a_vector_refuses_illegal_actions_and_nothing_changes():
    envs, other = (vector("kuhn", {}, 3, agent=1) for _ in range(2))
    for e in (envs, other):
        e.reset(seed=1)
    with pytest.raises(GamesolveError, match=r"action 1 of agent 'attacker' in row 2 is not legal; legal are 0"):
        envs.step(np.array([0, 0, 1]))
    for actions in (np.zeros(2, int), np.zeros(3), np.zeros((3, 1), int), 0):
        with pytest.raises(GamesolveError, match=r"integers of shape \(3,\) are needed"):
            envs.step(actions)
    assert data_equivalence(envs.step([0, 0, 0]), other.step(np.zeros(3, int)), exact=True)


def test_illegal_actions_can_be_replaced_by_the_first_legal_one():
    # In Leduc poker nobody can fold before there is a bet: action 0.
    options = {"agent": 0, "replace_illegal": True}
    env, strict = environment("leduc", {}, **options), environment("leduc", {})
    envs, rows = vector("leduc", {}, 2, **options), vector("leduc", {}, 2)
    for e in (env, strict, envs, rows):
        e.reset(seed=1)
    assert strict.action_masks().tolist() == [False, True, True]
    assert data_equivalence(env.step(np.int64(0)), strict.step(1), exact=True)
    assert data_equivalence(envs.step(np.array([0, 2])), rows.step(np.array([1, 2])), exact=True)
    # What is no action of the agent at all is refused all the same.
    for action in (3, -1, 1.0):
        with pytest.raises(GamesolveError, match="is not legal"):
            env.step(action)
    with pytest.raises(GamesolveError, match="action 3 of agent 'defender' in row 0 is not legal"):
        envs.step([3, 1])


def test_nothing_is_played_before_a_reset_or_after_the_end():
    env, envs = environment("kuhn", {}), vector("kuhn", {}, 2)
    for refused in (env, envs):
        with pytest.raises(GamesolveError, match="no episode is being played; reset begins"):
            refused.step(np.zeros(getattr(refused, "num_envs", ()), int))
    env.reset(seed=0)
    while not env.step(env.action_space.sample())[2]:
        pass
    with pytest.raises(GamesolveError, match="no episode is being played"):
        env.step(0)


@pytest.mark.parametrize(
    ("acting", "reason"),
    [([PLAYING, PLAYING], "one alone can be trained here"), ([RANDOMLY, RANDOMLY], "at least one must be left"), ([PLAYING], "1 ways of")],
)
def test_exactly_one_agent_is_left_to_play(acting, reason):
    game = load_game("kuhn")
    with pytest.raises(GamesolveError, match=reason):
        GymnasiumEnv(game, acting)
    with pytest.raises(GamesolveError, match=reason):
        GymnasiumVectorEnv(game, acting, num_envs=2)


def test_what_a_vector_cannot_reset_is_refused():
    envs = vector("kuhn", {}, 2)
    with pytest.raises(GamesolveError, match="reset_mask is for environments"):
        envs.reset(options={"reset_mask": np.array([True, False])})
    with pytest.raises(GamesolveError, match=r"seed is \[1, 2\]; one integer"):
        envs.reset(seed=[1, 2])
    with pytest.raises(GamesolveError, match="batch is 0"):
        vector("kuhn", {}, 0)


def test_spaces_sample_legal_actions_uniformly_and_take_masks_as_upstream_does():
    one, rows = LegalActions(4), LegalRows(4000, 4)
    one.seed(0)
    rows.seed(0)
    one.mask = np.array([0, 1, 0, 1], np.int8)
    rows.mask = np.tile(one.mask, (4000, 1))
    assert {int(one.sample()) for _ in range(50)} == {1, 3}
    assert int(one.sample(mask=np.array([1, 0, 0, 0], np.int8))) == 0
    assert int(one.sample(probability=np.array([0.0, 0.0, 1.0, 0.0]))) == 2
    counts = np.bincount(rows.sample(), minlength=4)
    assert counts[[0, 2]].tolist() == [0, 0]
    assert abs(counts[1] - 2000) < 5 * np.sqrt(1000)
    assert set(rows.sample(mask=(np.array([1, 0, 0, 0], np.int8),) * 4000)) == {0}


@pytest.mark.parametrize("module", ["gamesolve.views.gymnasium", "gamesolve.views.pettingzoo", "gamesolve.environments"])
@pytest.mark.parametrize("library", ["gymnasium", "pettingzoo"])
def test_without_the_extra_one_sentence_says_what_to_install(module, library):
    code = f"import sys; sys.modules[{library!r}] = None\ntry: import {module}\nexcept Exception as e: print(type(e).__name__, e)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    if (module, library) == ("gamesolve.views.gymnasium", "pettingzoo"):
        assert done.stdout == ""
    else:
        assert done.stdout.startswith(f"GamesolveError {library}")
        assert "pip install 'gamesolve[envs]'" in done.stdout
