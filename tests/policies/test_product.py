"""What a layer yields for a row is the same bytes wherever the row stands."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_networks import network, random_gru

from gamesolve import load_game
from gamesolve.policies.product import affine


def layer(numbers, inputs, outputs):
    """Turned weights and biases."""
    return numbers.normal(size=(inputs, outputs)).astype(np.float32), numbers.normal(size=outputs).astype(np.float32)


@settings(max_examples=60, deadline=None)
@given(rows=st.integers(0, 11), inputs=st.integers(1, 40), outputs=st.integers(1, 40), seed=st.integers(0, 99), share=st.floats(0.0, 1.0))
def test_a_layer_is_the_product_of_its_weights(rows, inputs, outputs, seed, share):
    numbers = np.random.default_rng(seed)
    turned, biases = layer(numbers, inputs, outputs)
    given = (numbers.normal(size=(rows, inputs)) * (numbers.random((rows, inputs)) < share)).astype(np.float32)
    expected = given.astype(np.float64) @ turned.astype(np.float64) + biases
    np.testing.assert_allclose(affine(given, turned, biases), expected, atol=1e-4)


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
    turned, biases = layer(numbers, inputs, outputs)
    one = (numbers.normal(size=inputs) * (numbers.random(inputs) < 0.5)).astype(np.float32)

    def around(n):
        return numbers.normal(size=(n, inputs)).astype(np.float32)

    assert len(everywhere(one, around, lambda rows: affine(rows, turned, biases))) == 1


def test_so_do_networks_and_what_they_remember():
    numbers, policy = np.random.default_rng(2), network(load_game("flipit", horizon=4), "defender", hidden=64)
    one = numbers.normal(size=policy.features.count).astype(np.float32)

    def around(n):
        return numbers.normal(size=(n, policy.features.count)).astype(np.float32)

    masks = np.ones((130, policy.layers[-1]), bool)
    assert len(everywhere(one, around, lambda rows: policy.probabilities(rows, masks[: len(rows)]))) == 1
    gru, state = random_gru(policy.features.count, 24, numbers), numbers.uniform(-1.0, 1.0, 24).astype(np.float32)
    assert len(everywhere(one, around, lambda rows: gru.step(rows, np.tile(state, (len(rows), 1))))) == 1
