"""FlipIt against its closed forms and a second encoding of its rules."""

from itertools import product

import numpy as np
import pytest
from reference_play import play, play_all_pairs
from reference_walk import value, walk

from gamesolve import load_game
from gamesolve.base.errors import GamesolveError
from gamesolve.games.flipit import greedy_gap
from gamesolve.views.simulator import Simulator


@pytest.mark.parametrize("information", ["none", "last_move", "full"])
def test_information_sets_are_what_a_player_can_tell_apart(information):
    # none: its own flips; full: also the other's flips up to its own last one; last move: only the latest of those.
    game = load_game("flipit", horizon=4, defender_information="none", attacker_information=information)
    found = walk(game)
    assert len(found.payoffs) == 4**4
    assert len(found.sets[0]) == 2**4 - 1
    assert len(found.sets[1]) == sum(len(told(information, epochs)) for epochs in range(4))


def told(information: str, epochs: int) -> set:
    """What a player may know after some epochs, from the definition."""
    known = set()
    for own in product((0, 1), repeat=epochs):
        for other in product((0, 1), repeat=epochs):
            learnt = []
            for t in np.flatnonzero(own):
                flips = np.flatnonzero(other[: t + 1])
                learnt.append({"none": 0, "last_move": int(flips[-1]) if len(flips) else -1, "full": other[: t + 1]}[information])
            known.add((own, tuple(learnt)))
    return known


@pytest.mark.parametrize("tie", ["defender", "attacker", "nothing"])
def test_general_sum_rewards_differ_by_the_zero_sum_ones(tie):
    chosen = {"horizon": 3, "tie": tie, "defender_cost": 0.3, "attacker_cost": 1.2, "discount": 0.9}
    general, zero_sum = walk(load_game("flipit", zero_sum=False, **chosen)), walk(load_game("flipit", **chosen))
    for pair, (defender, attacker) in general.payoffs.items():
        assert zero_sum.payoffs[pair] == pytest.approx([defender - attacker, attacker - defender], abs=1e-12)


@pytest.mark.parametrize("tie", ["defender", "attacker", "nothing"])
@pytest.mark.parametrize("zero_sum", [True, False])
@pytest.mark.parametrize("costs", [(0.3, 0.6), (1.5, 0.2), (0.1, 2.5), (0.0, 0.0)])
def test_no_play_leaves_the_utility_bounds(tie, zero_sum, costs):
    game = load_game("flipit", horizon=3, tie=tie, zero_sum=zero_sum, defender_cost=costs[0], attacker_cost=costs[1])
    returns = np.array(walk(game).returns)
    for role, (low, high) in enumerate(game.utility_bounds):
        assert low - 1e-12 <= returns[:, role].min()
        assert returns[:, role].max() <= high + 1e-12


def test_one_epoch_is_a_matrix_game():
    # Defender's rows wait, flip; attacker's columns wait, flip: [[1, -1 + k1], [1 - k0, 1 - k0 + k1]], ties to the defender.
    for k0, k1 in [(0.4, 0.6), (1.5, 0.5), (2.5, 0.1)]:
        game = load_game("flipit", horizon=1, defender_cost=k0, attacker_cost=k1)
        a, b, c, d = 1.0, k1 - 1.0, 1.0 - k0, 1.0 - k0 + k1
        low, high = max(min(a, b), min(c, d)), min(max(a, c), max(b, d))
        expected = low if low >= high else (a * d - b * c) / (a + d - b - c)
        assert value(walk(game)) == pytest.approx(expected, abs=1e-10)


def test_symmetric_play_with_free_flips_is_decided_by_the_tie_rule():
    for tie, expected in [("defender", 3.0), ("attacker", -3.0)]:
        game = load_game("flipit", horizon=3, tie=tie, defender_cost=0.0, attacker_cost=0.0, attacker_information="none")
        assert value(walk(game)) == pytest.approx(expected, abs=1e-10)


def test_knowing_more_never_hurts_the_attacker():
    values = [value(walk(load_game("flipit", horizon=4, attacker_information=i))) for i in ("none", "last_move", "full")]
    assert values == sorted(values, reverse=True)


def test_parameters_without_end_are_refused_where_they_need_one():
    with pytest.raises(GamesolveError, match=r"flipit.*discount = 1.0.*horizon"):
        load_game("flipit", horizon=0)
    with pytest.raises(GamesolveError, match=r"flipit.*attacker_information = 'full'.*horizon"):
        load_game("flipit", horizon=0, discount=0.9, attacker_information="full")
    with pytest.raises(GamesolveError, match="tie"):
        load_game("flipit", tie="nobody")


@pytest.mark.parametrize("chosen", [{"horizon": 9}, {"horizon": 6, "attacker_information": "full", "defender_information": "full"}])
def test_scripted_policies_keep_the_contract(chosen):
    play_all_pairs(load_game("flipit", **chosen), episodes=2)


def test_scripted_policies_keep_the_contract_without_horizon():
    play_all_pairs(load_game("flipit", horizon=0, discount=0.95, defender_information="last_move"), episodes=1)


@pytest.mark.parametrize("period", [1, 2, 5])
def test_periodic_play_flips_once_a_period_at_a_random_phase(period):
    phases = set()
    for seed in range(40):
        steps = play(load_game("flipit", horizon=20), ("never", {}), ("periodic", {"period": period}), seed=seed)
        flips = np.flatnonzero([s.actions[1] for s in steps])
        phases.add(flips[0])
        assert (np.diff(flips) == period).all()
    assert phases == set(range(period))


def test_a_tracker_takes_over_right_after_each_flip_of_a_periodic_player():
    for seed in range(5):
        steps = play(load_game("flipit", horizon=30), ("periodic", {"period": 5}), ("tracker", {"period": 5}), seed=seed)
        defender, attacker = np.array([s.actions for s in steps]).T
        assert (attacker[10:] == defender[9:-1]).all()


def test_a_tracker_is_offered_to_those_who_learn_something_only():
    game = load_game("flipit")
    assert game.policy("tracker", "attacker").source
    with pytest.raises(GamesolveError, match="tracker"):
        game.policy("tracker", "defender")


def test_greedy_gap_approaches_the_closed_form_in_small_epochs():
    # Last-move attacker against an exponential defender: rate .5, cost .5, gap 1.922558; rate 1, cost .3, gap 1.097349.
    for rate, cost, gap in [(0.5, 0.5, 1.922558), (1.0, 0.3, 1.097349)]:
        dt = 1e-3
        assert greedy_gap(rate * dt, cost / dt, most=20000) * dt == pytest.approx(gap, abs=5e-3)
    assert greedy_gap(0.02, 60.0, most=20000) == 0


def benefits(choose, *, costs, tie="defender", rows=2000, epochs=1000, skip=300) -> np.ndarray:
    """Mean raw rewards f8 [2] an epoch, after the first `skip` epochs, where `choose(t, observations)` gives bool [B, 2] flips."""
    chosen = {"defender_cost": costs[0], "attacker_cost": costs[1], "tie": tie, "zero_sum": False}
    simulator = Simulator(load_game("flipit", horizon=epochs + 1, **chosen), rows, seed=1)
    total = np.zeros(2)
    for t in range(epochs):
        simulator.step(choose(t, simulator.observations).astype(np.int32))
        total += simulator.rewards.mean(axis=0) if t >= skip else 0.0
    return total / (epochs - skip)


@pytest.mark.parametrize("flips", [(0.3, 0.2), (0.05, 0.6)])
def test_share_of_control_is_the_stationary_one(flips):
    p0, p1 = flips
    random = np.random.default_rng(2)
    share = p1 * (1 - p0) / (p1 * (1 - p0) + p0 * (1 - p1) + p0 * p1)
    found = benefits(lambda t, seen: random.random((500, 2)) < flips, costs=(0.0, 0.0), rows=500, epochs=500, skip=50)
    assert found == pytest.approx([1 - share, share], abs=0.01)


@pytest.mark.parametrize(("costs", "rates", "expected"), [((1, 1.5), (0.24, 0.16), (0.36, 0.16)), ((1, 2), (2 / 9, 1 / 9), (4 / 9, 1 / 9))])
def test_exponential_play_approaches_its_benefits_in_continuous_time(costs, rates, expected):
    dt, random = 0.05, np.random.default_rng(3)
    found = benefits(lambda t, seen: random.random((2000, 2)) < np.multiply(rates, dt), costs=np.divide(costs, dt))
    assert found == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize(("costs", "rates", "expected"), [((1, 1.5), (1 / 3, 2 / 9), (1 / 3, 0)), ((1, 2), (1 / 4, 1 / 8), (1 / 2, 0))])
def test_periodic_play_approaches_its_benefits_in_continuous_time(costs, rates, expected):
    dt, random = 0.05, np.random.default_rng(4)
    periods = np.rint(1 / np.multiply(rates, dt)).astype(int)
    phases = random.integers(0, periods, (2000, 2))
    found = benefits(lambda t, seen: (t + phases) % periods == 0, costs=np.divide(costs, dt), epochs=1020, skip=300)
    assert found == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize(("rate", "cost", "expected"), [(0.5, 0.5, 0.382404), (1.0, 0.3, 0.333755)])
def test_greedy_play_against_an_exponential_defender_earns_its_closed_form(rate, cost, expected):
    dt, random = 0.02, np.random.default_rng(5)
    gap = greedy_gap(rate * dt, cost / dt, most=1000)

    def choose(t, seen):
        due = (seen[:, 1, 1] == 0) | (seen[:, 1, 1] >= gap)
        return np.stack([random.random(len(seen)) < rate * dt, due], axis=1)

    assert benefits(choose, costs=(0.0, cost / dt))[1] == pytest.approx(expected, abs=0.02)
