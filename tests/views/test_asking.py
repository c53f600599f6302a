"""Policies outside compiled code: asked in batches, they play as compiled ones do."""

import numpy as np
import pytest

from gamesolve import load_game
from gamesolve.base.errors import GamesolveError
from gamesolve.rules import ROLES
from gamesolve.solvers.best_response import expected_returns
from gamesolve.views.acting import ASKED, RANDOMLY, Acting, Drawn
from gamesolve.views.simulator import Simulator, simulate
from gamesolve.views.tree_build import walk_tree


def uniform(recall, place, rows, masks):
    return masks / masks.sum(axis=1, keepdims=True)


def asked(ask):
    return Acting(ASKED, ask=ask)


@pytest.mark.parametrize(("name", "chosen"), [("kuhn", {}), ("flipit", {"horizon": 3}), ("stopping", {})])
@pytest.mark.parametrize("role", [0, 1])
def test_a_uniform_policy_that_is_asked_earns_what_the_walk_of_the_random_one_says(name, chosen, role):
    game = load_game(name, **chosen)
    exact = expected_returns(walk_tree(game, [RANDOMLY, RANDOMLY]), (np.ones(1), np.ones(1)))
    acting = [RANDOMLY, RANDOMLY]
    acting[role] = asked(uniform)
    found = simulate(game, acting, episodes=4_000, seed=3)
    assert (np.abs(found.mean - exact) <= 4.0 * found.standard_error + 1e-9).all()


def test_what_happens_does_not_depend_on_the_batch():
    game = load_game("flipit", horizon=4)

    def by_time(recall, place, rows, masks):
        flip = 0.2 * (1 + recall.steps[rows]) * masks[:, 1]
        return np.column_stack([1.0 - flip, flip])

    acting = [asked(by_time), Drawn((asked(uniform), RANDOMLY), np.array([0.5, 0.5]))]
    found = {Simulator(game, batch, seed=2, acting=acting).run(5, 60).tobytes() for batch in (1, 7, 64)}
    assert len(found) == 1


def test_a_policy_that_is_asked_remembers_its_own_signals_and_actions():
    game = load_game("kuhn")
    seen = []

    def watch(recall, place, rows, masks):
        for b in rows:
            t = recall.steps[b]
            seen.append((int(t), recall.actions[b, place, : t + 1].tolist(), recall.signals[b, place, : t + 1].tolist()))
        return masks / masks.sum(axis=1, keepdims=True)

    Simulator(game, 4, seed=1, acting=[asked(watch), RANDOMLY]).run(0, 50)
    assert {t for t, _, _ in seen} == {0, 2}
    assert all(actions[0] == -1 and len(signals) == t + 1 for t, actions, signals in seen)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (lambda masks: np.full(masks.shape, np.nan), "not negative, add to 1"),
        (lambda masks: np.zeros(masks.shape), "not negative, add to 1"),
        (lambda masks: np.ones((1, 1)), r"of shape \(1, 1\); \(3, 2\) was asked"),
    ],
)
def test_rubbish_is_refused_with_the_agents_name(given, words):
    game = load_game("flipit", horizon=2)
    simulator = Simulator(game, 3, acting=[RANDOMLY, asked(lambda recall, place, rows, masks: given(masks))])
    with pytest.raises(GamesolveError, match=words) as error:
        simulator.advance(1)
    assert ROLES[1] in str(error.value)


def test_a_game_without_a_horizon_has_no_room_for_histories():
    with pytest.raises(GamesolveError, match="has no horizon; the history"):
        Simulator(load_game("flipit", horizon=0, discount=0.9), 1, acting=[RANDOMLY, asked(uniform)])
