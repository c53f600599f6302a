"""`gamesolve.cross_play`: every policy of one role against every policy of the other."""

from __future__ import annotations

import numpy as np
import pytest

import gamesolve
from gamesolve.base.errors import GamesolveError, UnfinishedError
from gamesolve.solve import solve

GAME = gamesolve.load_game("flipit", horizon=4)
DEFENDERS, ATTACKERS = ["never", "periodic:period=2"], {"greedy": "greedy", "idle": "never", "random": "random"}


def test_means_are_those_of_every_pair_by_itself():
    found = gamesolve.cross_play(GAME, DEFENDERS, ATTACKERS, episodes=200, seed=3)
    assert found.names == (("never", "periodic:period=2"), ("greedy", "idle", "random"))
    assert found.mean.shape == found.error.shape == (2, 2, 3)
    assert found.returns.shape == (2, 2, 3, 200)
    for d, defender in enumerate(DEFENDERS):
        for k, attacker in enumerate(ATTACKERS.values()):
            alone = gamesolve.cross_play(GAME, [defender], [attacker], episodes=200, seed=3)
            np.testing.assert_array_equal(alone.returns[:, 0, 0], found.returns[:, d, k])
    np.testing.assert_allclose(found.mean, found.returns.mean(axis=-1))
    # Who never flips and is never attacked keeps the resource for every epoch.
    assert found.mean[0, 0, 1] == pytest.approx(4.0)
    assert found.error[0, 0, 1] == 0.0


def test_equilibrium_against_equilibrium_earns_the_value():
    solution = solve(GAME)
    found = gamesolve.cross_play(GAME, [solution.policies[0]], [solution.policies[1]], episodes=20_000)
    assert found.mean[0, 0, 0] == pytest.approx(solution.value.lower, abs=5.0 * found.error[0, 0, 0] + 0.01)


def test_workers_do_not_change_the_answer():
    one, two = (gamesolve.cross_play(GAME, DEFENDERS, ATTACKERS, episodes=50, workers=n) for n in (1, 2))
    np.testing.assert_array_equal(one.returns, two.returns)


def test_policies_of_the_same_name_are_numbered_and_pairs_told():
    told = []
    found = gamesolve.cross_play(GAME, ["never", "never"], ["greedy"], episodes=10, progress=lambda one: told.append(one.facts))
    assert found.names[0] == ("1: never", "2: never")
    assert (("pairs", "1 of 2"),) in told


def test_games_of_openspiel_are_played_too():
    found = gamesolve.cross_play(gamesolve.views.problem.load_problem("openspiel:kuhn_poker", {}), ["random"], ["random"], episodes=500)
    assert abs(found.mean[0, 0, 0]) < 0.5


@pytest.mark.parametrize(
    ("defenders", "attackers", "options", "message"),
    [
        ("never", ["greedy"], {}, "policies of the defender are 'never'; a list of them or a mapping"),
        ([], ["greedy"], {}, "there is no policy of the defender"),
        (["never"], ["greedly"], {}, "did you mean 'greedy'"),
        (["never"], ["greedy"], {"episodes": 1}, "the number of episodes is 1; it lies in 2 to"),
        (["never"], ["greedy"], {"workers": "many"}, "many"),
        (["never"], ["greedy"], {"episodes": 10**9}, "returns of 1,000,000,000 episodes of each pair take 14.9 GiB; the limit is 8 GiB"),
    ],
)
def test_what_cannot_be_played_is_refused(defenders, attackers, options, message):
    with pytest.raises(GamesolveError, match=message):
        gamesolve.cross_play(GAME, defenders, attackers, **options)


def test_it_can_be_interrupted():
    with pytest.raises(UnfinishedError):
        gamesolve.cross_play(GAME, DEFENDERS, ATTACKERS, stop=lambda: True)
