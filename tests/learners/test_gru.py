"""The unit that learns: torch's own is the referee, for states and gradients."""

import numpy as np
import pytest
import torch

from gamesolve.learners.gru import GruUnit
from gamesolve.policies.gru import Gru

T, N, F, H = 6, 5, 4, 3


@pytest.fixture
def unit():
    made = GruUnit(F, H, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        for bias in (made.inward_bias, made.onward_bias):
            bias.normal_(generator=torch.Generator().manual_seed(2))
    return made.double()


def torchs_own(unit):
    cell = torch.nn.GRUCell(F, H, dtype=torch.float64)
    names = {"weight_ih": unit.inward, "weight_hh": unit.onward, "bias_ih": unit.inward_bias, "bias_hh": unit.onward_bias}
    cell.load_state_dict({name: weights.detach() for name, weights in names.items()})
    return cell


def one_by_one(cell, inputs, states, begins):
    found = []
    for shown, began in zip(inputs, begins, strict=True):
        states = cell(shown, torch.where(began[:, None], 0.0, states))
        found.append(states)
    return torch.stack(found)


@pytest.mark.parametrize("chance", [0.0, 0.3, 1.0])
def test_states_and_gradients_are_torchs_wherever_episodes_begin(unit, chance):
    numbers = torch.Generator().manual_seed(3)
    inputs, states = (torch.randn(*shape, generator=numbers, dtype=torch.float64) for shape in ((T, N, F), (N, H)))
    begins, weights = torch.rand(T, N, generator=numbers) < chance, torch.randn(T, N, H, generator=numbers, dtype=torch.float64)
    cell = torchs_own(unit)
    inputs.requires_grad_()
    found, expected = unit(inputs, states, begins), one_by_one(cell, inputs, states, begins)
    torch.testing.assert_close(found, expected)
    gradients = [
        torch.autograd.grad((out * weights).sum(), [inputs, *module.parameters()]) for out, module in ((found, unit), (expected, cell))
    ]
    for mine, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(mine, theirs)


def test_the_policys_unit_is_the_same(unit):
    frozen = Gru(**{name: weights.detach().float().numpy() for name, weights in unit.named_parameters()})
    numbers = np.random.default_rng(1)
    inputs, states = numbers.normal(size=(N, F)).astype(np.float32), numbers.normal(size=(N, H)).astype(np.float32)
    with torch.no_grad():
        found = unit.float()(torch.from_numpy(inputs)[None], torch.from_numpy(states), torch.zeros(1, N, dtype=torch.bool))
    np.testing.assert_allclose(frozen.step(inputs, states), found[0].numpy(), atol=1e-6)
