"""A gated recurrent unit that learns from whole sequences, in which episodes may begin anywhere.

The equations are those of `policies/gru.py`. torch's own unit cannot forget in the middle of a sequence, which
would have to be cut and padded for it; and a gradient that is written out needs no graph of small operations.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


class GruUnit(nn.Module):
    """Weights of H units over F features, as in `policies.gru.Gru`, at first orthogonal gate by gate."""

    def __init__(self, features: int, units: int, *, generator: torch.Generator) -> None:
        super().__init__()
        self.units = units
        self.inward = nn.Parameter(torch.empty(3 * units, features))
        self.onward = nn.Parameter(torch.empty(3 * units, units))
        self.inward_bias = nn.Parameter(torch.zeros(3 * units))
        self.onward_bias = nn.Parameter(torch.zeros(3 * units))
        for weights in (self.inward, self.onward):
            for gate in weights.data.split(units):
                nn.init.orthogonal_(gate, generator=generator)

    def forward(self, inputs: torch.Tensor, states: torch.Tensor, begins: torch.Tensor) -> torch.Tensor:
        """States [T, n, H] after each step of n sequences.

        Args:
            inputs: features [T, n, F].
            states: [n, H], before the first step.
            begins: bool [T, n], where an episode begins; what was before is forgotten there.
        """
        inward = nn.functional.linear(inputs, self.inward, self.inward_bias)
        return torch.as_tensor(Sequence.apply(inward, self.onward, self.onward_bias, states, begins))


class Sequence(torch.autograd.Function):
    """The states [T, n, H] that follow one another, made from what the features bring to the gates, [T, n, 3 H]."""

    @staticmethod
    def forward(
        ctx: Any, inward: torch.Tensor, weights: torch.Tensor, bias: torch.Tensor, states: torch.Tensor, begins: torch.Tensor
    ) -> torch.Tensor:  # fmt: skip
        units, forgets, first = weights.shape[1], begins.any(dim=1).tolist(), states
        keep = (~begins).to(inward.dtype)[:, :, None]
        # Gates r and z are made from sums; n weighs by r what the state before brings, so that stands by itself.
        gates, new = inward + bias, inward[:, :, 2 * units :].clone()
        gates[:, :, 2 * units :] = bias[2 * units :]
        after, turned = torch.empty_like(new), weights.t()
        # Steps taken apart at once: to pick each out of its tensor costs as much as the sums of a small one.
        for t, (gate, one, made) in enumerate(zip(gates.unbind(), new.unbind(), after.unbind(), strict=True)):
            before = states * keep[t] if forgets[t] else states
            gate.addmm_(before, turned)
            gate[:, : 2 * units].sigmoid_()
            r, z, brought = gate.split(units, dim=1)
            states = torch.lerp(one.addcmul_(r, brought).tanh_(), before, z, out=made)
        ctx.save_for_backward(weights, first, after, gates, new, keep)
        ctx.forgets = forgets
        return after

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> Any:
        weights, first, after, gates, new, keep = ctx.saved_tensors
        units, (gradient,) = weights.shape[1], gradients
        before = torch.cat([first[None], after[:-1]])
        if any(ctx.forgets):
            before *= keep
        r, z, brought = gates.split(units, dim=2)
        # How much z and n answer to the state that they make, and r to n: all but what comes from later steps.
        of_z = (before - new).mul_(z).mul_(1.0 - z)
        of_n = (1.0 - z).mul_(1.0 - new.square())
        of_r = (1.0 - r).mul_(r).mul_(brought)
        # Side by side, the gradients of what the state before brings to n, of r, of z, and of n.
        found = torch.empty((*new.shape[:2], 4 * units), dtype=new.dtype, device=new.device)
        turned, later = torch.cat([weights[2 * units :], weights[: 2 * units]]), torch.zeros_like(new[0])
        wholes = (gradient, of_z, of_n, of_r, r, z, *found.split(units, dim=2), found[:, :, : 3 * units])
        steps = list(zip(*(whole.unbind() for whole in wholes), strict=True))
        for t in reversed(range(len(steps))):
            now, z_made, n_made, n_reset, reset, kept, to_brought, to_r, to_z, to_n, to_sums = steps[t]
            later += now
            torch.mul(later, z_made, out=to_z)
            torch.mul(later, n_made, out=to_n)
            torch.mul(to_n, n_reset, out=to_r)
            torch.mul(to_n, reset, out=to_brought)
            later.mul_(kept).addmm_(to_sums, turned)
            if ctx.forgets[t]:
                later *= keep[t]
        inward, onward = found[:, :, units:], found[:, :, : 3 * units].flatten(0, 1)
        to_weights, to_bias = onward.t() @ before.flatten(0, 1), onward.sum(dim=0)
        return inward, to_weights.roll(-units, dims=0), to_bias.roll(-units), None, None
