"""The tabular view of games: known values, what simulators see, and what it refuses."""

from __future__ import annotations

import math

import numpy as np
import pytest
from toy import toy
from whispers import whispers

from gamesolve import load_game, solve
from gamesolve.base.errors import GamesolveError, TooLargeError
from gamesolve.solvers.value_iteration import value_iteration
from gamesolve.views import markov
from gamesolve.views.acting import RANDOMLY
from gamesolve.views.markov import markov_game
from gamesolve.views.simulator import simulate


def value(game):
    """Of the defender at the start, with the horizon of the game or to nine digits."""
    sweeps = value_iteration(game, horizon=game.horizon)
    last = next(s for s in sweeps if s.gap < 1e-10) if game.horizon is None else list(sweeps)[-1]
    return float(game.start @ (last.lower + last.upper) / 2.0)


@pytest.mark.parametrize(("periods", "inspections"), [(2, 1), (3, 1), (3, 2), (4, 2), (5, 3), (40, 12)])
def test_inspection_has_its_closed_form(periods, inspections):
    game = markov_game(load_game("inspection", periods=periods, inspections=inspections))
    closed = math.comb(periods - 1, inspections) / sum(math.comb(periods, i) for i in range(inspections + 1))
    assert value(game) == pytest.approx(-closed, abs=1e-9)


@pytest.mark.parametrize("stops", [1, 2, 3, 5])
@pytest.mark.parametrize("discount", [0.5, 0.95])
def test_stopping_without_end_has_its_value_under_full_information(stops, discount):
    game = markov_game(load_game("stopping", stops=stops, horizon=0, discount=discount))
    assert game.horizon is None
    assert value(game) == pytest.approx(1.0 + discount, abs=1e-8)


@pytest.mark.parametrize(("name", "parameters"), [("inspection", {"periods": 4, "inspections": 2, "fine": 3.0}), ("inspection", {})])
def test_where_all_is_seen_it_is_the_game(name, parameters):
    game = load_game(name, **parameters)
    assert value(markov_game(game)) == pytest.approx(solve(game, "lp").value.lower, abs=1e-6)


@pytest.mark.parametrize(("stops", "alerts", "horizon"), [(1, 1, 4), (2, 1, 3), (3, 2, 3)])
def test_the_defender_earns_no_less_where_it_sees_all(stops, alerts, horizon):
    game = load_game("stopping", stops=stops, alerts=alerts, horizon=horizon)
    assert value(markov_game(game)) >= solve(game, "lp").value.lower - 1e-9


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("stopping", {"stops": 3, "horizon": 6}),
        ("flipit", {"horizon": 5, "discount": 0.9, "zero_sum": False}),
        ("attack_graph", {"graph": "tiny", "horizon": 3, "attacker_picks": 2, "defender_picks": 2}),
        ("attack_graph", {"graph": "tiny", "horizon": 2, "attacker_picks": 1, "defenders": 2}),
    ],
)
def test_random_play_earns_what_it_earns_in_the_simulator(name, parameters):
    """Picks and teams too: returns of both roles within 4.5 standard errors over 100,000 episodes."""
    game = load_game(name, **parameters)
    returns = simulate(game, [RANDOMLY] * len(game.agents), episodes=100_000, seed=1).returns.astype(np.float64)
    error = returns.std(axis=0, ddof=1) / len(returns) ** 0.5
    assert np.abs(returns.mean(axis=0) - of_random_play(markov_game(game))).max() <= 4.5 * error.max()


def of_random_play(game):
    """What both roles earn by choosing evenly, f8 [2], from the tables."""
    values, joint = np.zeros((2, len(game.states))), np.diff(game.first)
    owner, source = np.repeat(np.arange(len(game.states)), joint), np.repeat(np.arange(game.first[-1]), np.diff(game.begin))
    for _ in range(game.horizon):
        for role in range(2):
            onward = np.bincount(source, game.chance * values[role][game.target], minlength=game.first[-1])
            total = np.bincount(owner, game.reward[role] + game.discount * onward, minlength=len(game.states))
            values[role] = np.divide(total, joint, out=np.zeros_like(total), where=joint > 0)
    return values @ game.start


def test_states_and_actions_have_names_and_probabilities_sum_to_one():
    game = markov_game(load_game("stopping", stops=2, horizon=0))
    assert game.states[0] == "stops=2 intrusion=0"
    assert game.actions[0][0] == game.actions[1][0] == ("continue", "stop")
    assert len(set(game.states)) == len(game.states) == 4
    # Of two stops, in an intrusion: continue against continue goes on with probability 3/4.
    s = list(game.states).index("stops=2 intrusion=1")
    joint = game.first[s]
    assert game.chance[game.begin[joint] : game.begin[joint + 1]].tolist() == [0.75]
    team = markov_game(load_game("attack_graph", graph="tiny", horizon=2, defenders=2))
    assert " + " in team.actions[0][0][0]
    assert (team.counts[:, 0] == [len(team.actions[0][0]), len(team.actions[1][0])]).all()


def test_it_grows_and_pauses_to_the_same_tables(monkeypatch):
    game = load_game("attack_graph", graph="tiny", horizon=3)
    whole, heard = markov_game(game), []
    monkeypatch.setattr(markov, "ROOM_AT_FIRST", 2)
    monkeypatch.setattr(markov, "PAUSE", 3)
    again = markov_game(game, progress=heard.append)
    for name in ("counts", "first", "reward", "begin", "target", "chance", "start"):
        assert np.array_equal(getattr(whole, name), getattr(again, name)), name
    assert heard == sorted(heard)
    assert heard[-1] == len(whole.states) + 1


def test_what_takes_too_much_memory_is_refused_with_the_numbers():
    with pytest.raises(TooLargeError, match=r"take .* or more: [\d,]+ were found, of which .* the memory limit is 64 KiB"):
        markov_game(load_game("attack_graph", graph="random_30", horizon=10), memory=2**16)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("no_action", "an agent has no legal action before the game is over"),
        ("many_questions", "more questions were asked of chance"),
        ("bad_weights", "chance was asked with a probability or weight"),
        ("not_finite", "a reward is inf"),
    ],
)
def test_rules_that_break_their_contract_are_refused(fault, message):
    with pytest.raises(GamesolveError, match=message):
        markov_game(toy(fault=fault))


def test_a_start_that_is_reached_in_many_ways_has_its_whole_probability():
    game = markov_game(whispers("wasted"))
    assert game.start.sum() == pytest.approx(1.0)
    assert sorted(game.start)[-100:] == pytest.approx([0.01] * 100)


def test_states_that_differ_have_names_that_differ():
    game = markov_game(load_game("inspection", periods=1000, inspections=3))
    assert len(set(game.states)) == len(game.states)
