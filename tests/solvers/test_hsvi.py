"""Heuristic search value iteration: known values, laws, and brackets that hold against independent methods."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from one_sided_games import WRITTEN, bayesian, tiger, written
from whispers import whispers

from gamesolve import load_game, solve
from gamesolve.base.errors import GamesolveError
from gamesolve.solvers.hsvi import heuristic_search
from gamesolve.solvers.value_iteration import value_iteration
from gamesolve.views.one_sided import full_information, read_osposg
from gamesolve.views.one_sided_view import one_sided_game


def bracket(game, width, searches=2_000):
    """The first that is narrow enough."""
    return next(one for one in heuristic_search(game, width=width) if one.width <= width or one.number >= searches)


def test_the_tiger_has_its_known_value(tmp_path):
    """Kaelbling, Littman, Cassandra 1998: listen for -1, the treasure 10, the tiger -100; discount .95. Its value is 19.3713."""
    found = bracket(read_osposg(written(tmp_path, tiger(0.95))), 0.01)
    assert found.width <= 0.01
    assert found.lower <= 19.3714
    assert found.upper >= 19.3713


@pytest.mark.parametrize("seed", range(25))
def test_a_game_of_one_step_is_a_bayesian_game(seed, tmp_path):
    text, value = bayesian(np.random.default_rng(seed))
    found = bracket(read_osposg(written(tmp_path, text)), 1e-6)
    assert found.lower - 1e-7 <= value <= found.upper + 1e-7
    assert found.width <= 1e-6


@pytest.mark.parametrize(("stops", "alerts"), [(1, 1), (1, 2), (2, 1)])
def test_without_end_it_is_worth_what_a_long_game_is(stops, alerts):
    """The rest of a game after six epochs is worth little at discount .3."""
    discount, horizon = 0.3, 5
    long = solve(load_game("stopping", stops=stops, alerts=alerts, horizon=horizon, discount=discount), "lp").value
    found = bracket(one_sided_game(load_game("stopping", stops=stops, alerts=alerts, horizon=0, discount=discount)), 1e-4)
    rest = discount**horizon * 5.0 / (1.0 - discount)
    assert long.lower - rest <= found.upper
    assert found.lower <= long.upper + rest
    assert found.width <= 1e-4


def test_the_brackets_only_narrow_and_lie_below_full_information():
    game = one_sided_game(load_game("stopping", stops=2, alerts=2, horizon=0))
    sure = next(one for one in value_iteration(full_information(game)) if one.gap < 1e-9)
    before = None
    for found in heuristic_search(game, width=1e-3):
        assert found.lower <= found.upper
        assert found.upper <= float(game.start @ sure.upper) + 1e-6
        if before is not None:
            assert found.lower >= before.lower - 1e-12
            assert found.upper <= before.upper + 1e-9
        if found.width <= 1e-3:
            break
        before = found
    assert found.width <= 1e-3


def test_where_player_1_knows_the_state_it_is_shapleys_value(tmp_path):
    """Each state of the written game is a partition of its own then."""
    lines = WRITTEN.splitlines()
    lines[0] = lines[0].replace("2 1 ", "2 2 ", 1)
    lines[2] = lines[2].replace(" 0", " 1")
    choices = next(n for n, line in enumerate(lines) if line == "0 1") + 2
    text = "\n".join([*lines[: choices + 1], "0 1", *lines[choices + 1 : -1], "0 1"])
    game = read_osposg(written(tmp_path, text))
    found = bracket(game, 1e-5)
    sweep = next(one for one in value_iteration(full_information(game)) if one.gap < 1e-9)
    assert found.lower - 1e-7 <= float(game.start @ sweep.upper)
    assert found.upper + 1e-7 >= float(game.start @ sweep.lower)
    assert found.width <= 1e-5


def test_a_width_below_zero_is_refused():
    with pytest.raises(GamesolveError, match=r"the width is -1; it is 0 or more"):
        heuristic_search(one_sided_game(load_game("stopping", horizon=0)), width=-1)


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e9])
def test_the_unit_of_rewards_does_not_matter(unit, tmp_path):
    game = read_osposg(written(tmp_path, WRITTEN))
    plain = bracket(game, 1e-3)
    found = bracket(dataclasses.replace(game, reward=game.reward * unit), 1e-3 * unit)
    assert found.width <= 1e-3 * unit
    assert found.lower / unit <= plain.upper
    assert plain.lower <= found.upper / unit


def test_a_game_whose_value_is_found_exactly_ends_with_ends_that_do_not_cross():
    """Of the coin that may be turned unseen nothing can be known for long; both ends come to one number."""
    for _, found in zip(range(30), heuristic_search(one_sided_game(whispers())), strict=False):
        assert found.lower <= found.upper
    assert found.width <= 1e-6
