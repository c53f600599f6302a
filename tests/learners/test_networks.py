"""What networks are made of."""

import torch

from gamesolve.learners.networks import Tanh


def test_the_tangent_and_its_gradient_are_torch_s():
    inputs = torch.linspace(-30.0, 30.0, 601, dtype=torch.float64).requires_grad_()
    torch.testing.assert_close(Tanh()(inputs), torch.tanh(inputs), rtol=0.0, atol=1e-15)
    assert torch.autograd.gradcheck(Tanh(), torch.linspace(-3.0, 3.0, 13, dtype=torch.float64).requires_grad_())
