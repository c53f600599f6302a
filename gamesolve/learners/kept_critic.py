"""Critics that policies keep: a learner's own, or, where its rewards are shaped, one of unshaped returns that learns beside it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch import nn

from gamesolve.learners.networks import descend, linears, perceptron, restore_torch, seeded, set_rate, torch_state
from gamesolve.learners.scaling import Scaling
from gamesolve.learners.settings import PPOSettings
from gamesolve.policies.critic import Critic


def critic_of(network: nn.Module, scaling: Scaling) -> Critic:
    """A network as it is now, whose output is in the units of `scaling`, as a critic in the game's."""
    layers = [(one.weight.detach().cpu().numpy().copy(), one.bias.detach().cpu().numpy().copy()) for one in linears(network)]
    (weight, bias), scale = layers[-1], np.float32(scaling.deviation)
    layers[-1] = weight * scale, bias * scale + np.float32(scaling.center)
    weights, biases = zip(*layers, strict=True)
    return Critic(weights, biases)


class UnshapedCritic:
    """Learns the returns that a learner would have had without shaping, from the same rollouts.

    The learner's own critic expects what is left of them once the potential of the decision has been taken off, and would tell
    later learners nothing where the potential was right.
    """

    def __init__(self, inputs: int, settings: PPOSettings, *, minibatch: int, seed: int, device: torch.device) -> None:
        """
        Args:
            inputs: F; minibatch: decisions a gradient step.
        """
        self._settings, self._minibatch, self._device, self._generator = settings, minibatch, device, seeded(seed)
        self._network = perceptron(inputs, settings.hidden, 1, last_gain=1.0, generator=self._generator).to(device)
        self._optimiser = torch.optim.Adam(self._network.parameters(), lr=settings.learning_rate, eps=1e-5, fused=True)
        self._scaling = Scaling()

    def learn(self, inputs: np.ndarray, returns: np.ndarray, *, done: float, decisions: int) -> None:
        """Take the passes over decisions with features f4 [n, F] and returns f4 [n], after a share `done` of the budget.

        Raises:
            GamesolveError: the loss is not a number.
        """
        self._scaling.see(returns)
        set_rate(self._optimiser, self._settings, done)
        given, wanted = (torch.from_numpy(array).to(self._device) for array in (inputs, self._scaling.scaled(returns)))
        for _ in range(self._settings.epochs):
            order = torch.randperm(len(inputs), generator=self._generator).to(self._device)
            for part in order.tensor_split(max(round(len(order) / self._minibatch), 1)):
                loss = 0.5 * (self._network(given[part])[:, 0] - wanted[part]).square().mean()
                descend(loss, self._network, self._optimiser, clip=self._settings.gradient, decisions=decisions)

    def critic(self) -> Critic:
        """As it is now."""
        return critic_of(self._network, self._scaling)

    def state(self) -> dict[str, np.ndarray]:
        """All that what follows depends on."""
        found = {**torch_state(self._network, self._optimiser, self._generator), "scaling": self._scaling.state()}
        return {f"{PREFIX}{name}": array for name, array in found.items()}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Go back to a `state`."""
        own = {name.removeprefix(PREFIX): array for name, array in state.items() if name.startswith(PREFIX)}
        restore_torch(self._network, self._optimiser, self._generator, own)
        self._scaling.restore(own["scaling"])


#: Of the names of its arrays in a learner's state.
PREFIX = "unshaped-"


def kept_critics(networks: Iterable[nn.Module], scaling: Scaling, unshaped: UnshapedCritic | None) -> list[Critic]:
    """What a learner's policies keep: its critics, or the one that learnt beside them."""
    return [critic_of(network, scaling) for network in networks] if unshaped is None else [unshaped.critic() for _ in networks]
