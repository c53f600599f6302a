"""The pool against FlipIt, a second writing of its rules as matrix games, and the stationary share of control."""

from itertools import product

import numpy as np
import pytest
from reference_play import play, play_all_pairs
from reference_walk import value, walk
from scipy.optimize import linprog

from gamesolve import check_game, load_game
from gamesolve.base.errors import GamesolveError
from gamesolve.games.flipit import greedy_gap
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.views.simulator import Simulator
from gamesolve.views.tree_build import build_tree

SLEEP, FLIP, CHECK = "sleep", "flip", "check"
COSTS = {"values": [1, 2], "defender_costs": [0.3, 0.9], "attacker_costs": [0.5, 0.7]}

TEAMS = [
    {"resources": 3, "defenders": 2, "horizon": 3},
    {"resources": 3, "defenders": 3, "horizon": 0, "discount": 0.9, "values": "1,2,3", "zero_sum": False},
    {"resources": 9, "defenders": 2, "horizon": 20, "checks": False},
]


def test_a_team_keeps_the_contract():
    check_game(load_game("pool", **TEAMS[0]), transitions=300)


@pytest.mark.slow
@pytest.mark.parametrize("chosen", TEAMS)
def test_views_of_teams_agree_on_ten_thousand_transitions(chosen, record_property):
    report = check_game(load_game("pool", **chosen), transitions=10_000)
    record_property("transitions compared in all views", report.transitions)


@pytest.mark.parametrize("costs", [(0.4, 0.6), (0.0, 0.3), (1.7, 0.2)])
@pytest.mark.parametrize("horizon", [1, 2])
def test_one_resource_without_checks_is_flipit_while_flips_show_nothing_new(costs, horizon):
    # What a flip of the first epoch shows (the defender's resource) is known, and nobody acts on a flip of the last.
    chosen = {"horizon": horizon, "discount": 0.9}
    chosen["defender_costs"], chosen["attacker_costs"] = costs
    game = load_game("pool", resources=1, checks=False, **chosen)
    flipit = load_game("flipit", horizon=horizon, discount=0.9, defender_cost=costs[0], attacker_cost=costs[1], attacker_information="none")
    found, expected = walk(game), walk(flipit)
    assert value(found) == pytest.approx(value(expected), abs=1e-10)
    assert [len(sets) for sets in found.sets] == [len(sets) for sets in expected.sets]


@pytest.mark.parametrize("costs", [(0.4, 0.6), (0.1, 0.3)])
def test_what_flips_show_is_worth_at_most_what_flipit_tells_with_full_information(costs):
    names = {"defender_costs": costs[0], "attacker_costs": costs[1]}
    found = value(walk(load_game("pool", resources=1, checks=False, horizon=4, **names)))
    names = {"horizon": 4, "defender_cost": costs[0], "attacker_cost": costs[1]}
    informed = [
        value(walk(load_game("flipit", defender_information=d, attacker_information=a, **names)))
        for d, a in (("none", "full"), ("full", "none"))
    ]
    assert informed[0] - 1e-10 <= found <= informed[1] + 1e-10


@pytest.mark.parametrize(
    "chosen",
    [
        # Here the value would be another, by more than .01, if flips showed nothing or who holds the resource after them ...
        {"resources": 1, "horizon": 3, "checks": False, "defender_costs": 0.98, "attacker_costs": 1.1},
        # ... and here, if checks showed nothing or who held it before the flips.
        {"resources": 1, "horizon": 2, "defender_costs": 0.74, "attacker_costs": 1.19, "defender_check_costs": 0.09},
        {"resources": 2, "horizon": 2, "checks": False, **COSTS},
        {"resources": 2, "horizon": 2, **COSTS, "discount": 0.8, "attacker_check_costs": [0.02, 0.3]},
    ],
)
def test_value_is_that_of_the_matrix_game_of_all_plans(chosen):
    game = load_game("pool", **chosen)
    assert value(walk(game)) == pytest.approx(matrix_value(plan_matrix(game.parameters)), abs=1e-9)


def plans(moves: list, horizon: int) -> list:
    """All plans of a player: a move, and for each owner that it may show (`None` for sleep) a plan for what is left."""
    if horizon == 0:
        return [None]
    left = plans(moves, horizon - 1)
    found = []
    for move in moves:
        shown = (None,) if move[0] == SLEEP else (0, 1)
        found += [(move, dict(zip(shown, rest, strict=True))) for rest in product(left, repeat=len(shown))]
    return found


def plan_matrix(p) -> np.ndarray:
    """The defender's zero-sum return for every pair of plans, from the text of the rules."""
    kinds = (FLIP, CHECK) if p.checks else (FLIP,)
    moves = [(SLEEP, None), *product(kinds, range(p.resources))]
    every = plans(moves, p.horizon)
    return np.array([[plan_return(p, row, column) for column in every] for row in every])


def plan_return(p, *chosen) -> float:
    owner, total = [0] * p.resources, 0.0
    values, chosen = p.values.over(p.resources), list(chosen)
    costs = [
        {FLIP: f.over(p.resources), CHECK: c.over(p.resources)}
        for f, c in ((p.defender_costs, p.defender_check_costs), (p.attacker_costs, p.attacker_check_costs))
    ]
    for t in range(p.horizon):
        moves, before = [plan[0] for plan in chosen], list(owner)
        if moves[1][0] == FLIP:
            owner[moves[1][1]] = 1
        if moves[0][0] == FLIP:
            owner[moves[0][1]] = 0
        for role, (kind, r) in enumerate(moves):
            total -= 0.0 if kind == SLEEP else (1 - 2 * role) * p.discount**t * costs[role][kind][r]
            chosen[role] = chosen[role][1][{SLEEP: None, FLIP: before[r or 0], CHECK: owner[r or 0]}[kind]]
        total += p.discount**t * sum(v * (1 - 2 * o) for v, o in zip(values, owner, strict=True))
    return total


def matrix_value(matrix: np.ndarray) -> float:
    """Value of a matrix game to the row player, by its linear program."""
    rows, columns = matrix.shape
    solved = linprog(
        [*np.zeros(rows), -1.0],
        np.hstack([-matrix.T, np.ones((columns, 1))]),
        np.zeros(columns),
        [[*np.ones(rows), 0.0]],
        [1.0],
        [*[(0, None)] * rows, (None, None)],
    )
    assert solved.status == 0
    return -float(solved.fun)


@pytest.mark.parametrize("checks", [True, False])
def test_one_epoch_with_two_resources_has_the_value_found_by_hand(checks):
    # Values 1 and 2, all flips cost .5, and a check of the only epoch just costs. Defender's rows and attacker's columns
    # sleep, flip 1, flip 2: [[3, 1.5, -.5], [2.5, 3, -1], [2.5, 1, 3]]. The flips alone, [[3, -1], [1, 3]], have the value
    # 10 / 6 at (1/3, 2/3) against (2/3, 1/3); asleep the defender would get 5/6, and the attacker leave it 2.5.
    game = load_game("pool", horizon=1, values=[1, 2], defender_costs=0.5, attacker_costs=0.5, checks=checks)
    assert value(walk(game)) == pytest.approx(5 / 3, abs=1e-10)


def test_general_sum_rewards_differ_by_the_zero_sum_ones():
    chosen = {"horizon": 2, "discount": 0.9, **COSTS}
    general, zero_sum = walk(load_game("pool", zero_sum=False, **chosen)), walk(load_game("pool", **chosen))
    for pair, (defender, attacker) in general.payoffs.items():
        assert zero_sum.payoffs[pair] == pytest.approx([defender - attacker, attacker - defender], abs=1e-12)


@pytest.mark.parametrize("zero_sum", [True, False])
@pytest.mark.parametrize("costs", [{}, COSTS, {"defender_costs": 3, "attacker_costs": 0}, {"attacker_check_costs": 2}])
def test_no_play_leaves_the_utility_bounds(zero_sum, costs):
    game = load_game("pool", horizon=2, zero_sum=zero_sum, discount=0.9, **costs)
    returns = np.array(walk(game).returns)
    for role, (low, high) in enumerate(game.utility_bounds):
        assert low <= returns[:, role].min()
        assert returns[:, role].max() <= high


def test_cheaper_checks_never_hurt_their_owner():
    values = [value(walk(load_game("pool", resources=1, horizon=4, attacker_check_costs=cost))) for cost in (0.0, 0.1, 0.3)]
    assert values == sorted(values)


def after(game, *moves) -> Simulator:
    """One row of play after the given actions, by name, of all agents."""
    simulator = Simulator(game, 1)
    for words in moves:
        simulator.step(np.array([[agent.actions.index(word) for agent, word in zip(game.agents, words, strict=True)]], np.int32))
    return simulator


def seen(game, simulator, agent: int) -> dict:
    """An agent's signals by name."""
    row, start, found = simulator.observations[0, agent], 0, {}
    for signal in game.agents[agent].signals:
        found[signal.name] = row[start : start + signal.count].tolist()
        start += signal.count
    assert not row[start:].any()
    return found


def test_a_flip_shows_who_held_and_a_check_who_holds():
    game = load_game("pool", resources=2, horizon=9)
    first = ("check 1", "flip 1")
    assert seen(game, after(game, first), 0) == {"epoch": [1], "own flip": [0, 0], "own look": [1, 0], "owner seen": [1, 0]}
    assert seen(game, after(game, first), 1) == {"epoch": [1], "own flip": [1, 0], "own look": [1, 0], "owner seen": [0, 0]}
    then = (first, ("flip 1", "check 1"), ("sleep", "sleep"))
    assert seen(game, after(game, *then), 0) == {"epoch": [3], "own flip": [2, 0], "own look": [2, 0], "owner seen": [1, 0]}
    assert seen(game, after(game, *then), 1) == {"epoch": [3], "own flip": [3, 0], "own look": [2, 0], "owner seen": [0, 0]}


def test_the_defender_keeps_what_both_flip():
    game = load_game("pool", horizon=9, zero_sum=False, values=[1, 2], defender_costs=0.25, attacker_costs=0.5)
    simulator = after(game, ("sleep", "flip 2"))
    assert simulator.rewards[0].tolist() == [1.0, 1.5]
    simulator = after(game, ("sleep", "flip 2"), ("flip 2", "flip 2"))
    assert simulator.rewards[0].tolist() == [2.75, -0.5]
    assert seen(game, simulator, 1)["owner seen"] == [0, 1]


def test_every_move_costs_its_own_price():
    prices = {"defender_costs": [1, 2], "attacker_costs": [3, 4], "defender_check_costs": [5, 6], "attacker_check_costs": [7, 8]}
    game = load_game("pool", values=0, zero_sum=False, **prices)
    for k, word in enumerate(game.agents[0].actions):
        for j, other in enumerate(game.agents[1].actions):
            assert after(game, (word, other)).rewards[0].tolist() == [-(0, 1, 2, 5, 6)[k], -(0, 3, 4, 7, 8)[j]]


def test_times_are_capped_where_there_is_no_horizon():
    game = load_game("pool", horizon=0, discount=0.99)
    simulator = after(game, ("flip 1", "sleep"), *[("sleep", "sleep")] * 1200)
    assert seen(game, simulator, 0) == {"epoch": [1000], "own flip": [1000, 0], "own look": [1000, 0], "owner seen": [0, 0]}


def test_shares_of_a_team_are_neighbours_and_as_even_as_can_be():
    game = load_game("pool", resources=5, defenders=2, checks=False)
    assert [agent.name for agent in game.agents] == ["defender 1", "defender 2", "attacker"]
    assert game.agents[0].actions == ("sleep", "flip 1", "flip 2")
    assert game.agents[1].actions == ("sleep", "flip 3", "flip 4", "flip 5")
    assert game.agents[2].actions == ("sleep", *(f"flip {r}" for r in range(1, 6)))


def test_a_defender_never_sees_the_others_resources():
    # Defender 2 guards 2 and 3. What it does, and what the attacker does there, is the same in both plays, and all else differs.
    game, random = load_game("pool", resources=3, defenders=2, horizon=12), np.random.default_rng(0)
    plays = [Simulator(game, 200), Simulator(game, 200)]
    for _ in range(11):
        own, there = random.integers(0, 5, 200), random.choice([-1, 2, 3, 5, 6], 200)
        for simulator in plays:
            elsewhere = random.choice([0, 1, 4], 200)
            simulator.step(np.stack([random.integers(0, 3, 200), own, np.where(there < 0, elsewhere, there)], axis=1))
        assert (plays[0].observations[:, 1] == plays[1].observations[:, 1]).all()
    assert (plays[0].observations[:, 0] != plays[1].observations[:, 0]).any()
    assert (plays[0].rewards != plays[1].rewards).any()


def test_exact_solvers_refuse_a_team():
    with pytest.raises(GamesolveError, match="2 defenders with private signals"):
        build_tree(load_game("pool", defenders=2, horizon=2))


def test_a_team_pays_the_costs_of_all_its_moves():
    costs = {"defender_costs": [0.25, 0.5, 1], "defender_check_costs": 0.125}
    game = load_game("pool", resources=3, defenders=2, zero_sum=False, **costs)
    assert after(game, ("flip 1", "flip 2", "sleep")).rewards[0].tolist() == [2.25, 0.0]
    assert after(game, ("check 1", "flip 3", "sleep")).rewards[0].tolist() == [1.875, 0.0]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (2, "2 each"),
        ("2", "2 each"),
        ("2 each", "2 each"),
        ("1,2,3", "1 2 3"),
        (" 1, 2.5  3 ", "1 2.5 3"),
        ([1, 2, 3], "1 2 3"),
        ("1,1,1", "1 each"),
    ],
)
def test_a_number_for_each_resource_is_written_in_one_way(given, words):
    parameters = load_game("pool", resources=3, values=given).parameters
    assert str(parameters.values) == parameters.model_dump(mode="json")["values"] == words


@pytest.mark.parametrize("given", ["", "one", "1 2 each", "1,,3", "nan", "-1", "1,2,inf", True, None, [1, None, 2], {"1": 2}, 1e7, 10**400])
def test_what_is_no_list_of_numbers_is_refused(given):
    with pytest.raises(GamesolveError, match=r"values = .* is refused: give one number"):
        load_game("pool", resources=3, values=given)


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"resources": 3, "attacker_costs": "1,2"}, "attacker_costs = '1,2' is refused: there are 2 numbers for 3 resources"),
        ({"values": []}, "there are 0 numbers for 2 resources"),
        ({"defenders": 3}, "defenders = 3 is refused: each guards a resource at least, and there are 2"),
        ({"horizon": 0}, r"discount = 1\.0.*horizon"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(chosen, words):
    with pytest.raises(GamesolveError, match=words):
        load_game("pool", **chosen)


@pytest.mark.parametrize(
    "chosen",
    [{"horizon": 9}, {"horizon": 9, "resources": 1}, {"horizon": 0, "discount": 0.95, "resources": 3, "checks": False, "values": "0,2,1"}],
)
def test_scripted_policies_keep_the_contract(chosen):
    play_all_pairs(load_game("pool", **chosen), episodes=1)


def moves(attacker, settings=None, *, defender="never", seed=0, role=1, **chosen) -> list[str]:
    """What a scripted agent does in an episode, in words."""
    game = load_game("pool", horizon=chosen.pop("horizon", 12), **chosen)
    sides = ((defender, {}), (attacker, settings or {})) if role else ((attacker, settings or {}), (defender, {}))
    return [game.agents[role].actions[step.actions[role]] for step in play(game, *sides, seed=seed)]


def test_periodic_play_flips_every_resource_once_a_period_spread_evenly_at_a_random_phase():
    phases = set()
    for seed in range(60):
        played = moves("periodic", {"period": 6}, resources=3, seed=seed)
        flips = np.array([played.index(f"flip {r}") for r in (1, 2, 3)])
        assert played[6:] == played[:6]
        assert sorted(np.diff([*np.sort(flips), flips.min() + 6])) == [2, 2, 2]
        phases.add(int(flips[0]))
    assert phases == set(range(6))


def test_a_period_shorter_than_the_number_of_resources_is_stretched():
    played = moves("periodic", {"period": 1}, resources=3)
    assert all(sorted(played[t : t + 3]) == ["flip 1", "flip 2", "flip 3"] for t in range(0, 12, 3))


def test_round_robin_takes_one_after_the_other():
    assert moves("round_robin", resources=3, horizon=4) == ["flip 1", "flip 2", "flip 3", "flip 1"]
    assert moves("round_robin", {"pause": 1}, horizon=5) == ["flip 1", "sleep", "flip 2", "sleep", "flip 1"]


def test_most_valuable_takes_the_most_valuable_that_it_does_not_hold():
    played = moves("most_valuable", {"hold": 3}, resources=3, values="1,3,2", horizon=8)
    assert played == ["flip 2", "flip 3", "flip 1", "sleep", "flip 2", "flip 3", "flip 1", "sleep"]
    assert moves("most_valuable", {"hold": 1}, resources=3, values="1,3,2", horizon=4) == ["flip 2", "flip 3"] * 2


def test_greedy_play_of_one_resource_flips_at_flipits_gap():
    gap = greedy_gap(0.3, 0.6, most=12)
    assert gap > 1
    flips = [t for t, word in enumerate(moves("greedy", {"rate": 0.3}, resources=1)) if word == "flip 1"]
    assert flips == list(range(0, 12, gap))
    flips = [t for t, word in enumerate(moves("greedy", {"rate": 0.3}, resources=1, role=0, defender_costs=0.6)) if word == "flip 1"]
    assert flips == list(range(gap, 12, gap))


def test_greedy_play_takes_what_is_worth_most_first_and_leaves_what_never_pays():
    played = moves("greedy", {"rate": 0.3}, resources=3, values="1,3,5", attacker_costs="9,1,1")
    assert played[:2] == ["flip 3", "flip 2"]
    assert "flip 1" not in played
    assert moves("greedy", {"rate": 0.3}, resources=2, values="0,1", horizon=3)[0] == "flip 2"


def test_a_patrol_checks_in_turn_and_flips_what_is_lost():
    played = moves("patrol", role=0, defender="round_robin", horizon=6)
    assert played == ["check 1", "flip 1", "check 2", "flip 2", "check 1", "flip 1"]
    assert moves("patrol", role=0, horizon=3) == ["check 1", "check 2", "check 1"]


def test_a_patrol_is_offered_where_there_are_checks_only():
    with pytest.raises(GamesolveError, match="patrol"):
        load_game("pool", checks=False).policy("patrol", "defender")


@pytest.mark.parametrize(("rates", "resources"), [((0.3, 0.2), 1), ((0.4, 0.9), 2), ((0.9, 0.6), 3)])
def test_share_of_control_in_exponential_play_is_the_stationary_one(rates, resources):
    values = np.arange(1.0, resources + 1)
    free = {"zero_sum": False, "checks": False, "defender_costs": 0, "attacker_costs": 0}
    game = load_game("pool", resources=resources, horizon=0, discount=0.99, values=values.tolist(), **free)
    acting = [
        ScriptedPolicy.named(game, role, f"exponential:rate={rate}").acting(game, i)
        for i, (role, rate) in enumerate(zip(("defender", "attacker"), rates, strict=True))
    ]
    simulator, total = Simulator(game, 2000, seed=1, acting=acting), np.zeros(2)
    simulator.advance(100)
    for _ in range(100):
        simulator.advance(1)
        total += simulator.rewards.mean(axis=0) / 100
    p0, p1 = np.divide(rates, resources)
    share = p1 * (1 - p0) / (p1 * (1 - p0) + p0 * (1 - p1) + p0 * p1)
    assert total / values.sum() == pytest.approx([1 - share, share], abs=0.01)
