"""Environments made from a user's words."""

import collections
import importlib

import gymnasium
import numpy as np
import pytest
from every_game import SMALL
from gymnasium.utils.env_checker import check_env

import gamesolve.environments
from gamesolve import GamesolveError, Mixture, ScriptedPolicy, Simulator, build_tree, game_names, load_game, save_policy, solve
from gamesolve.environments import make_env, make_parallel_env, make_vec_env
from gamesolve.learners.learner import steps
from gamesolve.learners.ppo import PPO
from gamesolve.learners.settings import PPOSettings
from gamesolve.learners.task import Task
from gamesolve.solvers.best_response import expected_returns, uniform
from gamesolve.views.acting import PLAYING
from gamesolve.views.gymnasium import GymnasiumEnv


def first_steps(env, seed=0):
    """What comes of some legal actions."""
    seen, info = env.reset(seed=seed)
    found, rng = [(seen.tobytes(), info["action_mask"].tobytes())], np.random.default_rng(0)
    for _ in range(30):
        seen, reward, over, _, info = env.step(rng.choice(np.flatnonzero(info["action_mask"])))
        found.append((seen.tobytes(), reward, over))
        if over:
            _, info = env.reset()
    return found


@pytest.mark.filterwarnings("ignore:First-class function type feature is experimental")
@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("role", ["defender", "attacker"])
@pytest.mark.parametrize("name", game_names())
def test_games_are_made_by_name_and_pass_gymnasiums_whole_check_without_warnings(name, role):
    words = {"role": role, "opponent": "random", "replace_illegal": True, "parameters": SMALL.get(name, {})}
    env = gymnasium.make(f"gamesolve.environments:gamesolve/{name}", **words)
    check_env(env.unwrapped)
    envs = gymnasium.make_vec(f"gamesolve/{name}", num_envs=3, **words)
    envs.reset(seed=0)
    assert envs.step(envs.action_space.sample())[1].shape == (3,)


def test_games_are_registered_once_however_often_the_module_is_imported(recwarn):
    importlib.reload(gamesolve.environments)
    assert {f"gamesolve/{name}" for name in game_names()} <= set(gymnasium.registry)
    assert not recwarn.list


def test_opponents_are_given_as_policies_or_as_words(tmp_path):
    game = load_game("flipit", horizon=3)
    words = "periodic:period=2"
    policy = ScriptedPolicy.named(game, "attacker", words)
    direct = first_steps(GymnasiumEnv(game, [PLAYING, policy.acting(game, 1)]))
    assert first_steps(make_env(game, "defender", opponent=words)) == direct
    assert first_steps(make_env(game, "defender", opponent=policy)) == direct
    assert first_steps(make_env(game, "defender", opponent="random")) != direct
    solution = solve(game)
    save_policy(solution.policies[1], tmp_path / "saved")
    saved = first_steps(make_env(game, "defender", opponent=str(tmp_path / "saved")))
    assert saved == first_steps(make_env(game, "defender", opponent=solution.policies[1]))


def learnt(game, memory):
    """A network of an attacker that has learnt a little."""
    task = Task.against(game, "attacker", ScriptedPolicy.named(game, "defender", "random"))
    learner = PPO(task, budget=4_000, settings=PPOSettings(rollout=512, memory=memory))
    collections.deque(steps(learner), maxlen=0)
    return learner.policy()


def opponents(game):
    """An attacker of every kind."""
    never, periodic = (ScriptedPolicy.named(game, "attacker", words) for words in ("never", "periodic:period=2"))
    network, remembering = (learnt(game, memory) for memory in ("history", "recurrent"))
    table = solve(game).policies[1]
    mixture = Mixture((never, network, remembering, table), np.array([0.2, 0.2, 0.2, 0.4]))
    return {"scripted": periodic, "table": table, "network": network, "remembering": remembering, "mixture": mixture}


@pytest.fixture(scope="module")
def cast():
    game = load_game("flipit", horizon=4)
    return game, opponents(game)


KINDS_OF_OPPONENT = pytest.mark.parametrize("kind", ["scripted", "table", "network", "remembering", "mixture"])


@KINDS_OF_OPPONENT
def test_every_kind_of_opponent_plays_the_same_in_every_environment(cast, kind):
    game, found = cast
    single, rows = make_env(game, "defender", opponent=found[kind]), make_vec_env(game, "defender", opponent=found[kind], num_envs=1)
    parallel = make_parallel_env(game, "defender", opponent=found[kind])
    simulator = Simulator(game, 1, seed=3, acting=[PLAYING, found[kind].acting(game, 1)])
    for env in (single, rows, parallel):
        env.reset(seed=3)
    for action in np.random.default_rng(0).integers(0, 2, size=120).tolist():
        simulator.step(np.array([[action, 0]]))
        reward, over = float(simulator.rewards[0, 0]), bool(simulator.dones[0])
        assert single.step(action)[1:3] == (reward, over)
        assert [one.tolist() for one in rows.step(np.array([action]))[1:3]] == [[reward], [over]]
        seen = parallel.step({"defender": action})
        assert [one["defender"] for one in seen[1:3]] == [reward, over]
        if over:
            single.reset()
            parallel.reset()


@KINDS_OF_OPPONENT
def test_against_every_kind_of_opponent_random_play_earns_exactly_what_the_tree_says(cast, kind):
    game, found = cast
    tree = build_tree(game)
    exact = expected_returns(tree, (uniform(tree.decisions[0]), found[kind].behaviour_on(tree)))[0]
    envs = make_vec_env(game, "defender", opponent=found[kind], num_envs=8000)
    envs.action_space.seed(0)
    envs.reset(seed=5)
    earned = sum(envs.step(envs.action_space.sample())[1] for _ in range(game.horizon))
    assert abs(earned.mean() - exact) <= 4.0 * earned.std() / np.sqrt(len(earned))


def test_a_mixture_needs_no_tree():
    game = load_game("cage2")
    members = tuple(ScriptedPolicy.named(game, "attacker", words) for words in ("b_line", "meander"))
    env = make_env(game, "defender", opponent=Mixture(members, np.array([0.5, 0.5])))
    env.reset(seed=0)
    assert not any(env.step(env.action_space.sample())[2] for _ in range(20))


def test_a_team_trains_in_a_parallel_environment():
    game = load_game("attack_graph", graph="tiny", horizon=2, defenders=2)
    with pytest.raises(GamesolveError, match="one alone can be trained here"):
        make_env(game, "defender", opponent="random")
    env = make_parallel_env(game, "defender", opponent="random")
    assert env.possible_agents == [game.agents[i].name for i in game.agents_of("defender")]
    assert make_parallel_env(game).possible_agents == [agent.name for agent in game.agents]


def test_what_cannot_be_made_is_refused():
    game = load_game("flipit", horizon=3)
    with pytest.raises(GamesolveError, match="role 'guard' is unknown"):
        make_env(game, "guard", opponent="random")
    with pytest.raises(GamesolveError, match="unknown attacker policy of flipit 'periodc'"):
        make_env(game, "defender", opponent="periodc")
    with pytest.raises(GamesolveError, match="give both, or neither"):
        make_parallel_env(game, "defender")
    with pytest.raises(GamesolveError, match="give both, or neither"):
        make_parallel_env(game, opponent="random")
