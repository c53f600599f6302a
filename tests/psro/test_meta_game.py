"""The meta-game: its sums, what is in doubt, and blocks that are played."""

from __future__ import annotations

import numpy as np
import pytest

from gamesolve.base.errors import GamesolveError
from gamesolve.base.registry import load_game
from gamesolve.evaluate import evaluate
from gamesolve.learners.candidates import scripted_candidates
from gamesolve.psro.meta_game import Doubt, MetaGame
from gamesolve.psro.meta_solvers import nash
from gamesolve.psro.meta_strategy import MetaStrategy
from gamesolve.psro.payoff_table import play_block
from gamesolve.views.problem import load_problem


def sampled(means, deviation, episodes, seed=0):
    """A meta-game of normal returns about means f8 [D, K] to the defender, zero-sum."""
    rng, (d, k) = np.random.default_rng(seed), np.shape(means)
    game, block = MetaGame.empty().grown(d, k).block(np.arange(d), np.arange(k), episodes)
    returns = np.array(means) + deviation * rng.normal(size=(episodes, d, k))
    return game.joined(block, np.stack([returns, -returns], axis=-1))


def test_blocks_join_to_the_mean_and_error_of_all_their_episodes():
    rng = np.random.default_rng(1)
    parts = [rng.normal(size=(n, 2, 3, 2)) for n in (5, 1, 40)]
    game = MetaGame.empty().grown(2, 3)
    for returns in parts:
        game, block = game.block(np.arange(2), np.arange(3), len(returns))
        game = game.joined(block, returns)
    whole = np.concatenate(parts)
    assert (game.count == 46).all()
    assert game.asked == 46 * 6
    np.testing.assert_allclose(game.payoffs, whole.mean(axis=0).transpose(2, 0, 1), atol=1e-12)
    np.testing.assert_allclose(game.standard_errors, (whole.std(axis=0, ddof=1) / 46**0.5).transpose(2, 0, 1), atol=1e-12)


def test_a_block_of_some_policies_leaves_the_others_as_they_are():
    before = sampled(np.zeros((3, 3)), 1.0, 10)
    game, block = before.block(np.array([0, 2]), np.array([1]), 4)
    after = game.joined(block, np.ones((4, 2, 1, 2)))
    assert after.count.tolist() == [[10, 14, 10], [10, 10, 10], [10, 14, 10]]
    kept = np.ones((3, 3), bool)
    kept[[0, 2], 1] = False
    assert (after.mean[:, kept] == before.mean[:, kept]).all()
    assert before.count.max() == 10


def test_exact_entries_stay_what_they_are():
    game = MetaGame.empty().grown(1, 2).with_exact(0, 0, (2.0, -2.0))
    with pytest.raises(GamesolveError, match=r"1 entries of the meta-game are unknown, the first of them \[0, 1\]"):
        _ = game.payoffs
    game, block = game.block(np.array([0]), np.array([0, 1]), 3)
    game = game.joined(block, np.full((3, 1, 2, 2), 9.0))
    assert game.payoffs[0].tolist() == [[2.0, 9.0]]
    assert game.standard_errors[0, 0, 0] == 0.0
    assert game.count.tolist() == [[0, 3]]


def test_a_meta_game_grows_and_never_shrinks():
    game = sampled([[1.0]], 0.5, 20).grown(2, 3)
    assert game.count.tolist() == [[20, 0, 0], [0, 0, 0]]
    with pytest.raises(GamesolveError, match="2 by 3 policies cannot shrink to 1 by 3"):
        game.grown(1, 3)


@pytest.mark.parametrize("rubbish", [np.nan, np.inf, -np.inf])
def test_returns_that_are_no_numbers_are_refused_with_the_pair(rubbish):
    game, block = MetaGame.empty().grown(3, 3).block(np.array([1, 2]), np.array([0]), 5)
    returns = np.zeros((5, 2, 1, 2))
    returns[3, 1, 0, 1] = rubbish
    with pytest.raises(GamesolveError, match=r"between policies \(2, 0\) returned"):
        game.joined(block, returns)
    assert game.count.max() == 0


def test_a_policy_that_is_clearly_worse_is_not_in_doubt():
    # Matching pennies, and a row that is far worse.
    game = sampled([[1.0, -1.0], [-1.0, 1.0], [-9.0, -9.0]], 0.5, 200)
    doubt = Doubt.of(game, nash(game.payoffs))
    assert doubt.defenders.tolist() == [0, 1]
    assert doubt.attackers.tolist() == [0, 1]
    assert doubt.open


def test_a_policy_within_its_error_of_the_best_is_in_doubt_until_it_is_known_better():
    means = [[1.0, -1.0], [-1.0, 1.0], [-0.05, -0.05]]
    few, many = (sampled(means, 1.0, n) for n in (100, 40_000))
    assert 2 in Doubt.of(few, nash(few.payoffs)).defenders
    assert 2 not in Doubt.of(many, nash(many.payoffs)).defenders


def test_nothing_is_in_doubt_where_each_role_has_one_policy_that_could_do():
    game = sampled([[0.0, 5.0], [-5.0, 0.0]], 0.1, 100)
    doubt = Doubt.of(game, nash(game.payoffs))
    assert not doubt.open


def test_what_is_known_exactly_is_not_in_doubt_and_nothing_is_asked_for_twice():
    pennies = MetaGame.empty().grown(2, 2)
    for d, k in np.ndindex(2, 2):
        pennies = pennies.with_exact(d, k, (1.0, -1.0) if d == k else (-1.0, 1.0))
    assert not Doubt.of(pennies, nash(pennies.payoffs)).open
    game = sampled([[1.0, -1.0], [-1.0, 1.0]], 0.5, 200)
    doubt = Doubt.of(game, nash(game.payoffs))
    assert doubt.open
    _, blocks = doubt.blocks(game, 10)
    assert [block.size for block in blocks] == [40]


def test_the_error_of_the_value_is_that_of_its_parts():
    rng, means, values, errors = np.random.default_rng(0), [[1.0, -1.0], [-1.0, 1.0]], [], []
    strategy = MetaStrategy.independent(np.full(2, 0.5), np.full(2, 0.5))
    for _ in range(400):
        game = sampled(means, 1.0, 50, seed=int(rng.integers(2**31)))
        values.append(float((game.payoffs[0] * strategy.joint).sum()))
        errors.append(Doubt.of(game, strategy).standard_errors[0])
    assert np.std(values) == pytest.approx(np.mean(errors), rel=0.1)


def test_a_block_is_what_its_pairs_earn():
    """Against exact expected returns of every pair of scripted policies of flipit."""
    game = load_game("flipit", horizon=5)
    defenders, attackers = ([one.policy for one in scripted_candidates(game, role)] for role in ("defender", "attacker"))
    table = MetaGame.empty().grown(len(defenders), len(attackers))
    table, block = table.block(np.arange(len(defenders)), np.arange(len(attackers)), 2_000)
    table = table.joined(block, play_block(game, (defenders, attackers), block, seed=3))
    for d, one in enumerate(defenders):
        for k, two in enumerate(attackers):
            exact = evaluate(game, {"defender": one, "attacker": two}, seeds=1).expected_return["defender"]
            error = table.standard_errors[0, d, k]
            assert exact.lower - 4.5 * error - 1e-9 <= table.payoffs[0, d, k] <= exact.upper + 4.5 * error + 1e-9


def test_episodes_of_blocks_are_what_they_are_whatever_the_blocks():
    """Parts of a block, played by themselves, are those of the whole: an episode depends on the seed and its number only."""
    game = load_game("flipit", horizon=5)
    populations = tuple([one.policy for one in scripted_candidates(game, role)] for role in ("defender", "attacker"))
    _, block = MetaGame.empty().grown(2, 2).block(np.array([0, 1]), np.array([1, 0]), 50)
    whole = play_block(game, populations, block, seed=3)
    assert whole.shape == (50, 2, 2, 2)
    later = play_block(game, populations, type(block)(block.defenders, block.attackers, block.first + 80, 30), seed=3)
    assert (later == whole[20:]).all()


def test_openspiel_games_have_payoff_tables_too():
    game = load_problem("openspiel:kuhn_poker", {}).playable
    populations = tuple([one.policy for one in scripted_candidates(game, role)] for role in ("0", "1"))
    table, block = MetaGame.empty().grown(1, 1).block(np.arange(1), np.arange(1), 4_000)
    table = table.joined(block, play_block(game, populations, block, seed=1))
    # Uniform play in kuhn earns 1/8 (OpenSpiel's expected_game_score).
    assert table.payoffs[0, 0, 0] == pytest.approx(0.125, abs=4.5 * table.standard_errors[0, 0, 0])
