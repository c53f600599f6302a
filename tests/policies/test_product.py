"""What a layer yields for a row is the same bytes wherever the row stands."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_networks import network, random_gru

from gamesolve import load_game
from gamesolve.policies.product import Affine, alone


def layer(numbers, inputs, outputs):
    """The same layer of three networks."""
    return Affine(*(numbers.normal(size=shape).astype(np.float32) for shape in ((3, inputs, outputs), (3, outputs))))


def alone_of(stacked, k):
    """The layer of one network."""
    return Affine(stacked.turned[k : k + 1], stacked.biases[k : k + 1])


@settings(max_examples=60, deadline=None)
@given(rows=st.integers(0, 11), inputs=st.integers(1, 40), outputs=st.integers(1, 40), seed=st.integers(0, 99), share=st.floats(0.0, 1.0))
def test_a_layer_is_for_the_rows_of_each_network_the_product_of_its_weights_and_as_it_is_alone(rows, inputs, outputs, seed, share):
    numbers = np.random.default_rng(seed)
    stacked, bounds = layer(numbers, inputs, outputs), np.array([0, *np.sort(numbers.integers(0, rows, 2, endpoint=True)), rows])
    given = (numbers.normal(size=(rows, inputs)) * (numbers.random((rows, inputs)) < share)).astype(np.float32)
    found = stacked(given, bounds)
    for k in range(3):
        own = slice(bounds[k], bounds[k + 1])
        expected = given[own].astype(np.float64) @ stacked.turned[k].astype(np.float64) + stacked.biases[k]
        np.testing.assert_allclose(found[own], expected, atol=1e-4)
        np.testing.assert_array_equal(found[own], alone_of(stacked, k)(given[own], alone(len(given[own]))))


def everywhere(one, around, compute):
    """What `compute` yields for a row at every place among 1 to 9 rows and in a batch of 130."""
    found = set()
    for n in (*range(1, 10), 130):
        for place in range(n):
            rows = around(n)
            rows[place] = one
            found.add(compute(rows)[place].tobytes())
    return found


@pytest.mark.parametrize(("inputs", "outputs"), [(3, 2), (30, 64), (64, 20), (64, 64), (130, 145)])
def test_a_row_yields_the_same_bytes_wherever_it_stands(inputs, outputs):
    # Products of BLAS do not: they differ by the place of a row, on some processors.
    numbers = np.random.default_rng(1)
    lone = alone_of(layer(numbers, inputs, outputs), 1)
    one = (numbers.normal(size=inputs) * (numbers.random(inputs) < 0.5)).astype(np.float32)

    def around(n):
        return numbers.normal(size=(n, inputs)).astype(np.float32)

    assert len(everywhere(one, around, lambda rows: lone(rows, alone(len(rows))))) == 1


def test_so_do_networks_and_what_they_remember():
    numbers, policy = np.random.default_rng(2), network(load_game("flipit", horizon=4), "defender", hidden=64)
    one = numbers.normal(size=policy.features.count).astype(np.float32)

    def around(n):
        return numbers.normal(size=(n, policy.features.count)).astype(np.float32)

    masks = np.ones((130, policy.layers[-1]), bool)
    assert len(everywhere(one, around, lambda rows: policy.probabilities(rows, masks[: len(rows)]))) == 1
    gru, state = random_gru(policy.features.count, 24, numbers), numbers.uniform(-1.0, 1.0, 24).astype(np.float32)
    assert len(everywhere(one, around, lambda rows: gru.step(rows, np.tile(state, (len(rows), 1))))) == 1
