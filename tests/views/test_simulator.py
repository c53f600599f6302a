"""The simulator: what happens in an episode depends on the seed and the episode's number alone."""

import numpy as np
import pytest
from plain_episode import play_at_random
from toy import toy

from gamesolve import load_game
from gamesolve.base.errors import GamesolveError
from gamesolve.rules.chance import seed_stream
from gamesolve.views.acting import PLAYING, RANDOMLY
from gamesolve.views.simulator import Simulator, simulate

GAMES = [("kuhn", {}), ("inspection", {}), ("flipit", {"horizon": 3}), ("stopping", {})]
BATCHES = (1, 7, 64)


def games():
    return [pytest.param(lambda name=name, p=p: load_game(name, **p), id=name) for name, p in GAMES] + [pytest.param(toy, id="toy")]


def everyone(game, acting):
    return [acting] * len(game.agents)


def drive(game, batch: int, *, seed: int, episodes: int) -> dict[int, list[tuple]]:
    """Play by `step`, each episode with random actions of its own; episode to what was seen and earned in it."""
    simulator = Simulator(game, batch, seed=seed)
    drawn = {k: np.random.default_rng([seed, k]) for k in range(episodes)}
    found: dict[int, list[tuple]] = {k: [] for k in range(episodes)}
    while (simulator.episodes < episodes).any():
        playing = simulator.episodes.copy()
        seen = [(o.tobytes(), m.tobytes()) for o, m in zip(simulator.observations, simulator.masks, strict=True)]
        actions = np.zeros(simulator.masks.shape[:2], np.int32)
        for b, episode in enumerate(playing):
            random = drawn.get(int(episode), np.random.default_rng(0))
            for i, mask in enumerate(simulator.masks[b]):
                actions[b, i] = random.choice(np.flatnonzero(mask))
        simulator.step(actions)
        for b, episode in enumerate(playing):
            if episode < episodes:
                found[int(episode)].append((*seen[b], simulator.rewards[b].tobytes(), bool(simulator.dones[b])))
    return found


@pytest.mark.parametrize("load", games())
def test_episodes_are_those_of_the_rules_played_in_plain_python(load):
    game = load()
    found = simulate(game, everyone(game, RANDOMLY), episodes=50, seed=3)
    plain = [play_at_random(game, seed=3, episode=k) for k in range(50)]
    assert np.allclose(found.returns, [returns for returns, _ in plain], rtol=0.0, atol=1e-12)
    assert found.joint_steps == sum(steps for _, steps in plain)


def test_sets_picked_one_by_one_are_played_and_discounted_as_one_epoch():
    game = load_game("attack_graph", attacker_picks=2)
    assert game.picks > 1
    found = Simulator(game, 7, seed=3, acting=everyone(game, RANDOMLY)).run(0, 30)
    assert np.allclose(found, [play_at_random(game, seed=3, episode=k)[0] for k in range(30)], rtol=0.0, atol=1e-9)


@pytest.mark.parametrize("load", games())
def test_returns_of_an_episode_do_not_depend_on_the_batch(load):
    game = load()
    found = {batch: Simulator(game, batch, seed=11, acting=everyone(game, RANDOMLY)).run(0, 100).tobytes() for batch in BATCHES}
    assert len(set(found.values())) == 1


@pytest.mark.parametrize("load", games())
def test_driven_episodes_do_not_depend_on_the_batch(load):
    one, seven, many = (drive(load(), batch, seed=5, episodes=70) for batch in BATCHES)
    assert one == seven == many
    assert all(steps[-1][-1] for steps in one.values())


def test_other_seeds_give_other_episodes_and_the_same_seed_the_same():
    game = load_game("kuhn")
    first, again, other = (simulate(game, everyone(game, RANDOMLY), episodes=200, seed=seed).returns for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_episodes_can_be_asked_for_by_number():
    game = load_game("flipit", horizon=3)
    whole = simulate(game, everyone(game, RANDOMLY), episodes=30, seed=4).returns
    later = simulate(game, everyone(game, RANDOMLY), episodes=10, seed=4, first=20).returns
    assert np.array_equal(whole[20:], later)


def test_rows_play_every_batch_th_episode():
    game = load_game("flipit", horizon=3)
    simulator = Simulator(game, 4, acting=everyone(game, RANDOMLY))
    assert simulator.episodes.tolist() == [0, 1, 2, 3]
    assert simulator.epochs.tolist() == [0] * 4
    simulator.advance(2)
    assert simulator.epochs.tolist() == [2] * 4
    assert not simulator.dones.any()
    simulator.advance(1)
    assert simulator.dones.all()
    assert simulator.episodes.tolist() == [4, 5, 6, 7]
    assert simulator.epochs.tolist() == [0] * 4


def test_reset_starts_the_same_episodes_again():
    game = load_game("kuhn")
    simulator = Simulator(game, 3, seed=9, acting=everyone(game, RANDOMLY))
    before = simulator.observations.copy()
    simulator.advance(20)
    simulator.reset()
    assert simulator.episodes.tolist() == [0, 1, 2]
    assert np.array_equal(simulator.observations, before)
    assert simulator.joint_steps == 0


def test_no_two_streams_begin_alike():
    starts = {int(seed_stream(seed, episode, who)) for seed in range(5) for episode in range(50) for who in range(4)}
    assert len(starts) == 5 * 50 * 4


@pytest.mark.parametrize("action", [-1, 2, 1, 2**40])
def test_an_illegal_action_is_refused_and_nothing_changes(action):
    # The attacker of Kuhn poker may only pass while the defender is to move.
    game = load_game("kuhn")
    simulator = Simulator(game, 2, seed=1)
    before = simulator.rows.tobytes()
    given = np.array([[0, 0], [0, action]])
    with pytest.raises(GamesolveError, match=rf"action {action} of agent 'attacker' in row 1 is not legal; legal are 0$"):
        simulator.step(given)
    assert simulator.rows.tobytes() == before
    assert simulator.joint_steps == 0
    # What follows is as if the refused step had never been asked for.
    other = Simulator(game, 2, seed=1)
    for s in (simulator, other):
        s.step(np.array([[1, 0], [0, 0]]))
    for name in ("observations", "masks", "rewards", "dones", "episodes", "epochs"):
        assert np.array_equal(getattr(simulator, name), getattr(other, name))


@pytest.mark.parametrize("actions", [np.zeros((3, 2), int), np.zeros(2, int), np.zeros((2, 2)), np.zeros((2, 2), bool), [["a", "b"]] * 2])
def test_actions_of_another_shape_or_kind_are_refused(actions):
    with pytest.raises(GamesolveError, match=r"integers of shape \(2, 2\) are needed"):
        Simulator(load_game("kuhn"), 2).step(actions)


def test_columns_of_agents_with_a_policy_are_ignored():
    game = load_game("kuhn")
    found = []
    for column in (0, 77):
        simulator = Simulator(game, 5, seed=2, acting=[PLAYING, RANDOMLY])
        for _ in range(6):
            simulator.step(np.column_stack([np.zeros(5, int), np.full(5, column)]))
        found.append([simulator.observations.tobytes(), simulator.rewards.tobytes(), simulator.episodes.tolist()])
    assert found[0] == found[1]


@pytest.mark.parametrize(("batch", "seed"), [(0, 0), (-1, 0), (1, -1), (1, 2**63)])
def test_batch_and_seed_out_of_range_are_refused(batch, seed):
    with pytest.raises(GamesolveError, match=r"at least one episode|lies in 0 to"):
        Simulator(load_game("kuhn"), batch, seed=seed)


def test_an_evaluation_needs_policies_and_episodes():
    game = load_game("kuhn")
    with pytest.raises(GamesolveError, match="a policy for every agent"):
        simulate(game, [PLAYING, RANDOMLY], episodes=1)
    with pytest.raises(GamesolveError, match="at least one is needed"):
        simulate(game, everyone(game, RANDOMLY), episodes=0)
    with pytest.raises(GamesolveError, match=r"\['defender'\] follow no policy"):
        Simulator(game, 1, acting=[PLAYING, RANDOMLY]).advance(2)


def test_epochs_are_discounted_and_picks_within_one_are_not():
    game = toy(horizon=3)
    simulator = Simulator(game, 1, seed=0)
    rewards = []
    while not (rewards and simulator.dones[0]):
        best = int(np.flatnonzero(simulator.masks[0, 0])[-1])
        simulator.step(np.array([[best, 0]]))
        rewards.append(simulator.rewards[0, 0])
        assert simulator.epochs[0] == (0 if simulator.dones[0] else len(rewards) // 2)
    assert rewards in ([2.0, 1.0] * 3, [2.0, 1.0, 2.0])
    played = Simulator(game, 1, seed=0, acting=everyone(game, RANDOMLY)).run(0, 400)
    # Each epoch's two picks are worth at most 3, epochs weigh 1, 1/2, 1/4.
    assert np.abs(played[:, 0]).max() <= 3 * 1.75
    assert np.array_equal(played[:, 0], -played[:, 1])


def test_decisions_are_choices_among_two_or_more_actions():
    # In Kuhn poker exactly one player chooses in each epoch; in FlipIt both do.
    for name, each in (("kuhn", 1), ("flipit", 2)):
        game = load_game(name)
        found = simulate(game, everyone(game, RANDOMLY), episodes=40)
        assert found.decisions == each * found.joint_steps


def test_mean_and_standard_error_are_the_textbook_ones():
    game = load_game("kuhn")
    found = simulate(game, everyone(game, RANDOMLY), episodes=100)
    assert found.mean == pytest.approx(found.returns.sum(axis=0) / 100)
    assert found.standard_error == pytest.approx(np.sqrt(((found.returns - found.mean) ** 2).sum(axis=0) / 99 / 100))
    assert np.isnan(simulate(game, everyone(game, RANDOMLY), episodes=1).standard_error).all()


@pytest.mark.parametrize(("fault", "message"), [("no_action", "no legal action"), ("bad_weights", "negative, NaN")])
def test_rules_that_break_the_contract_are_named(fault, message):
    game = toy(fault=fault)
    with pytest.raises(GamesolveError, match=rf"toy\(.*breaks the contract of rules: .*{message}"):
        simulate(game, everyone(game, RANDOMLY), episodes=3)


def test_a_game_without_horizon_can_be_simulated():
    game = load_game("flipit", horizon=0, discount=0.9)
    simulator = Simulator(game, 2, acting=everyone(game, RANDOMLY))
    simulator.advance(1500)
    assert simulator.epochs.tolist() == [1500, 1500]
    assert not simulator.dones.any()


def test_a_row_stands_still_as_its_last_episode_left_it():
    game = load_game("kuhn")
    simulator = Simulator(game, 1, seed=3, acting=everyone(game, RANDOMLY))
    returns = simulator.run(5, 1)
    simulator.reset(5, last=6)
    while not simulator.dones[0]:
        simulator.advance(1)
    assert np.array_equal(simulator.rows["returns"], returns)
    assert (simulator.rows["actions"] >= 0).all()
    before = simulator.rows.tobytes()
    simulator.advance(1)
    assert simulator.rows.tobytes() == before
