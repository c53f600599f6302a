"""Backward induction: values of small processes known by hand, and by brute force over all plans."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamesolve.base.errors import GamesolveError
from gamesolve.solvers.backward_induction import least_reward
from gamesolve.views.layers import Layer


def layer(rows, edges=()):
    """A layer from the rewards of each situation's rows, and (row, target, probability)."""
    reward = np.array([r for own in rows for r in own], np.float64)
    row, target, chance = zip(*edges, strict=True) if edges else ((), (), ())
    return Layer(
        first=np.cumsum([0, *map(len, rows)]).astype(np.int64),
        reward=reward,
        row=np.array(row, np.int32),
        target=np.array(target, np.int32),
        chance=np.array(chance, np.float64),
        transitions=len(row),
        terms=max(len(row), 1),
        largest=float(np.abs(reward).max(initial=0.0)),
    )


def test_one_step_is_worth_its_least_row():
    assert least_reward([layer([[2.0, -1.0, 0.5]])])[0] == -1.0


def test_a_chance_of_worse_is_weighed():
    # Waiting leads to 3 or -5, half and half, and stopping is worth 0.
    last = layer([[3.0], [-5.0]])
    assert least_reward([layer([[0.0, 0.0]], [(0, 0, 0.5), (0, 1, 0.5)]), last])[0] == -1.0


def test_what_is_missing_to_one_ends_the_game():
    assert least_reward([layer([[1.0]], [(0, 0, 0.25)]), layer([[8.0]])])[0] == 3.0


numbers = st.integers(-8, 8).map(float)


@st.composite
def processes(draw):
    sizes = [1, *draw(st.lists(st.integers(1, 2), min_size=1, max_size=2))]
    layers = []
    for here, there in itertools.pairwise([*sizes, 0]):
        rows = [draw(st.lists(numbers, min_size=1, max_size=2)) for _ in range(here)]
        edges = []
        for row in range(sum(map(len, rows))):
            parts = [draw(st.integers(0, 3)) for _ in range(there)]
            edges += [(row, target, part / 8.0) for target, part in enumerate(parts) if part]
        layers.append(layer(rows, edges))
    return layers


def by_plans(layers):
    """The least over all plans, of the exact total of each."""
    choices = [range(n) for one in layers for n in np.diff(one.first)]
    totals = []
    for plan in itertools.product(*choices):
        chosen, values = iter(reversed(plan)), []
        for one in reversed(layers):
            here = [int(one.first[s]) + next(chosen) for s in reversed(range(len(one.first) - 1))][::-1]
            values = [
                Fraction(one.reward[row])
                + sum(Fraction(p) * values[t] for r, t, p in zip(one.row, one.target, one.chance, strict=True) if r == row)
                for row in here
            ]
        totals.append(values[0])
    return min(totals)


@given(processes())
@settings(max_examples=60, deadline=None)
def test_no_plan_is_better(layers):
    value, tolerance = least_reward(layers)
    assert abs(Fraction(value) - by_plans(layers)) <= Fraction(tolerance)


def test_the_tolerance_covers_what_rounding_does():
    # Seven eighths, added up from tenths that are no binary numbers, over many steps.
    steps = [layer([[0.1]], [(0, 0, 0.7)]) for _ in range(200)]
    value, tolerance = least_reward([*steps, layer([[0.1]])])
    exact, chance = Fraction(0), Fraction(1)
    for _ in range(201):
        exact, chance = exact + chance / 10, chance * 7 / 10
    assert abs(Fraction(value) - exact) <= Fraction(tolerance) < Fraction(1, 10**9)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused(wrong):
    with pytest.raises(GamesolveError, match="must be finite numbers"):
        least_reward([layer([[0.0]], [(0, 0, 1.0)]), layer([[1.0, wrong]])])
