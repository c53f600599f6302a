"""The stopping game against values from its source's parameters, computed by two independent methods."""

import numpy as np
import pytest
from reference_play import play, play_all_pairs
from reference_walk import value, walk
from scipy.stats import betabinom

from gamesolve import load_game
from gamesolve.base.errors import GamesolveError
from gamesolve.games.stopping import alert_probabilities

GOLDEN = {
    (1, 1): 1.0,
    (1, 2): 0.580773511,
    (1, 3): 0.358368096,
    (1, 4): 0.236745642,
    (1, 5): 0.169131802,
    (1, 6): 0.131198581,
    (2, 2): 0.808619805,
    (2, 3): 0.720144446,
}


@pytest.mark.parametrize(("alerts", "horizon"), GOLDEN)
def test_values_with_one_stop(alerts, horizon):
    found = walk(load_game("stopping", stops=1, alerts=alerts, horizon=horizon))
    assert value(found) == pytest.approx(GOLDEN[alerts, horizon], abs=2e-9)


def full_information_value(gamma: float, stops: int, epochs: int) -> float:
    """Value to the defender where it sees the state: iteration over 2x2 matrix games, from the rules' text."""
    v = np.zeros((2, stops + 1))
    for _ in range(epochs):
        new = np.zeros_like(v)
        for left in range(1, stops + 1):
            stay = 1.0 - 1.0 / (2 * left) if left > 1 else 1.0
            # A last stop ends the game: v[:, 0] is 0.
            calm = np.array([[1 + gamma * v[0, left], 1 + gamma * v[1, left]], [-5 / left + gamma * v[s, left - 1] for s in (0, 1)]])
            hot = np.array([[-4 + gamma * stay * v[1, left], 1.0], [5 / left + gamma * stay * v[1, left - 1], 1.0]])
            new[0, left], new[1, left] = matrix_value(calm), matrix_value(hot)
        v = new
    return v[0, stops]


def matrix_value(m: np.ndarray) -> float:
    """Value of a 2x2 game to the row player."""
    low, high = m.min(axis=1).max(), m.max(axis=0).min()
    if low >= high:
        return float(low)
    return float((m[0, 0] * m[1, 1] - m[0, 1] * m[1, 0]) / (m[0, 0] + m[1, 1] - m[0, 1] - m[1, 0]))


@pytest.mark.parametrize("stops", [1, 2, 3, 4, 5])
def test_full_information_value_is_one_plus_gamma(stops):
    # The reference sheet's claim for the infinite horizon with L <= 5; it checks the recursion used below.
    assert full_information_value(0.95, stops, 600) == pytest.approx(1.95, abs=1e-9)


@pytest.mark.parametrize(("stops", "alerts", "horizon"), [(1, 2, 4), (2, 1, 4), (3, 1, 4)])
def test_seeing_less_never_helps_the_defender(stops, alerts, horizon):
    found = walk(load_game("stopping", stops=stops, alerts=alerts, horizon=horizon))
    assert value(found) <= full_information_value(0.95, stops, horizon) + 1e-9


def test_more_alerts_help_the_defender():
    values = [value(walk(load_game("stopping", stops=1, alerts=n, horizon=4))) for n in (1, 2, 3)]
    assert values == sorted(values)


@pytest.mark.parametrize("alerts", [1, 2, 7, 9, 30])
def test_alert_probabilities_are_beta_binomial(alerts):
    found = alert_probabilities(alerts)
    for state, (a, b) in enumerate([(0.7, 3.0), (1.0, 0.7)]):
        assert found[state, : alerts + 1] == pytest.approx(betabinom.pmf(np.arange(alerts + 1), alerts, a, b), abs=1e-12)
        assert not found[state, alerts + 1 :].any()


def test_alert_probabilities_of_nine_are_those_of_the_reference():
    found = alert_probabilities(9)
    calm = [0.369424, 0.211579, 0.143874, 0.100712, 0.069869, 0.046912, 0.029711, 0.017063, 0.008211, 0.002646]
    intruded = [0.072165, 0.074653, 0.077562, 0.081035, 0.0853, 0.090745, 0.098102, 0.109002, 0.128238, 0.183197]
    assert found[0, :10] == pytest.approx(calm, abs=1e-6)
    assert found[1, :10] == pytest.approx(intruded, abs=1e-6)


@pytest.mark.parametrize("overrides", [{}, {"sla": -2.0, "intrusion": 7.0}, {"stop_cost": 4.0, "stop_reward": -9.0, "stops": 1}])
def test_no_play_leaves_the_utility_bounds(overrides):
    game = load_game("stopping", horizon=4, alerts=1, **overrides)
    returns = np.array(walk(game).returns)
    for role, (low, high) in enumerate(game.utility_bounds):
        assert low - 1e-12 <= returns[:, role].min()
        assert returns[:, role].max() <= high + 1e-12


def test_no_discount_without_horizon_is_refused():
    with pytest.raises(GamesolveError, match=r"stopping.*discount = 1.0.*horizon"):
        load_game("stopping", horizon=0, discount=1.0)
    assert load_game("stopping", horizon=0, discount=0.99).horizon is None


def test_scripted_policies_keep_the_contract():
    play_all_pairs(load_game("stopping", horizon=8))
    play_all_pairs(load_game("stopping", horizon=0, stops=1, alerts=9))


def test_belief_follows_bayes_rule():
    game = load_game("stopping", stops=3, alerts=9, horizon=12)
    steps = play(game, ("belief_threshold", {"threshold": 0.7, "rate": 0.1}), ("immediate", {}), seed=3)
    belief, left = 0.0, 3
    for step in steps:
        stops, alerts = step.signals[0, :2]
        if alerts > 0:
            stay = 1 - 1 / (2 * left) if left > 1 else 1.0
            after = np.array([(1 - belief) * 0.9, (1 - belief) * 0.1 + belief * stay])
            after *= [betabinom.pmf(alerts - 1, 9, 0.7, 3.0), betabinom.pmf(alerts - 1, 9, 1.0, 0.7)]
            belief = after[1] / after.sum()
        left = stops
        assert step.actions[0] == (belief >= 0.7)
