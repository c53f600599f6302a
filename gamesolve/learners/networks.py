"""Networks of learners, and the way from and to policies."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import torch
from torch import nn

from gamesolve.base.errors import GamesolveError
from gamesolve.learners.gru import GruUnit
from gamesolve.learners.task import Task
from gamesolve.policies.critic import Critic
from gamesolve.policies.features import Features
from gamesolve.policies.neural import NeuralPolicy, with_tensors
from gamesolve.policies.openspiel_network import OpenSpielNetwork
from gamesolve.policies.team import TeamPolicy
from gamesolve.policies.tensors import Tensors

#: A logit of what is not legal: its probability is exactly 0.
NEVER = -1e9


class Annealed(Protocol):
    """Settings of a learning rate."""

    @property
    def learning_rate(self) -> float:
        """At the start."""

    @property
    def anneal(self) -> bool:
        """Whether it falls linearly to 0 over the budget."""


def perceptron(inputs: int, hidden: Sequence[int], outputs: int, *, last_gain: float, generator: torch.Generator) -> nn.Sequential:
    """Fully connected layers with tanh between them, initialised orthogonally (gain sqrt 2, the last layer `last_gain`)."""
    sizes = [inputs, *hidden, outputs]
    layers: list[nn.Module] = []
    for k, (before, after) in enumerate(itertools.pairwise(sizes)):
        # Without the initialisation of its own, which would draw from the generator that all of torch shares.
        linear = nn.utils.skip_init(nn.Linear, before, after)
        nn.init.orthogonal_(linear.weight, last_gain if k == len(hidden) else 2.0**0.5, generator=generator)
        nn.init.zeros_(linear.bias)
        layers += [linear] if k == len(hidden) else [linear, Tanh()]
    return nn.Sequential(*layers)


class Tanh(nn.Module):
    """The hyperbolic tangent, to rounding."""

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Of each number."""
        # Where nothing is learnt from it, the bookkeeping for a gradient would cost as much again.
        return torch.as_tensor(TanhBySigmoid.apply(inputs)) if torch.is_grad_enabled() else tanh(inputs)


def tanh(inputs: torch.Tensor) -> torch.Tensor:
    """tanh(x) = 2 sigmoid(2 x) - 1: torch takes the sigmoid several times faster, and tanh is a third of the time of acting."""
    return (inputs * 2.0).sigmoid_().mul_(2.0).sub_(1.0)


class TanhBySigmoid(torch.autograd.Function):
    """`tanh`, with its gradient."""

    @staticmethod
    def forward(ctx: Any, inputs: torch.Tensor) -> torch.Tensor:
        outputs = tanh(inputs)
        ctx.save_for_backward(outputs)
        return outputs

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> torch.Tensor:
        return torch.as_tensor(torch.ops.aten.tanh_backward(*gradients, *ctx.saved_tensors))


class OneEach(nn.Module):
    """A network for each member of a team, or one that all share."""

    def __init__(self, networks: Sequence[nn.Module]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, inputs: torch.Tensor, members: torch.Tensor) -> torch.Tensor:
        """Outputs [n, ...] for inputs [n, F] of members i8 [n]."""
        first, *more = self.networks
        if not more:
            return torch.as_tensor(first(inputs))
        places = [(members == m).nonzero()[:, 0] for m in range(1 + len(more))]
        found = torch.cat([network(inputs[at]) for network, at in zip(self.networks, places, strict=True)])
        return found[torch.cat(places).argsort()]


def linears(network: nn.Module) -> list[nn.Linear]:
    """Its layers with weights, in order."""
    return [layer for layer in network.modules() if isinstance(layer, nn.Linear)]


def tensors_of(network: nn.Module) -> dict[str, torch.Tensor]:
    """Its weights by the names that they have in a policy; that shares them."""
    units = [module for module in network.modules() if isinstance(module, GruUnit)]
    named: dict[str, torch.Tensor] = {f"gru-{name}": weights for unit in units for name, weights in unit.named_parameters()}
    for k, layer in enumerate(linears(network)):
        named |= {f"weight-{k}": layer.weight, f"bias-{k}": layer.bias}
    return named


def policy_of(
    task: Task, features: Features | Tensors, actors: OneEach, *, outputs: str = "logits", critics: Sequence[Critic] = ()
) -> NeuralPolicy | TeamPolicy:
    """The policy that networks are now; what they learn later does not change it.

    Args:
        outputs: what those of the networks are, `logits` or action `values`.
        critics: to be kept beside them, as many as there are networks, or none.
    """
    kind: Callable[..., NeuralPolicy] = OpenSpielNetwork if isinstance(features, Tensors) else NeuralPolicy
    blank = kind(game=task.game, role=task.role, features=features, weights=(), biases=(), outputs=outputs)
    found = [with_tensors(blank, arrays_of(actor)) for actor in actors.networks]
    found = [replace(one, critic=critic) for one, critic in zip(found, critics, strict=True)] if critics else found
    return found[0] if len(found) == 1 else TeamPolicy(tuple(found))


def arrays_of(network: nn.Module) -> dict[str, np.ndarray]:
    """A copy of its weights by the names that they have in a policy."""
    return {name: tensor.detach().cpu().numpy().copy() for name, tensor in tensors_of(network).items()}


def load_weights(
    actors: OneEach, policy: NeuralPolicy | TeamPolicy, features: Features | Tensors, task: Task, *, outputs: str = "logits"
) -> None:  # fmt: skip
    """Start networks from a policy's weights.

    Raises:
        GamesolveError: that is for another game, role, memory or network, or its outputs were learnt as something else.
    """
    members = policy.policies if isinstance(policy, TeamPolicy) else (policy,)
    if len(members) != len(actors.networks):
        raise GamesolveError(
            f"learning cannot start from {len(members)} networks; the {task.role} of {task.game} has {len(actors.networks)}"
        )
    own = policy_of(task, features, actors, outputs=outputs)
    for actor, mine, theirs in zip(actors.networks, own.policies if isinstance(own, TeamPolicy) else (own,), members, strict=True):
        if not isinstance(theirs, NeuralPolicy):
            raise GamesolveError(f"learning starts from networks; {theirs} is none")
        assert isinstance(mine, NeuralPolicy)
        if mine.made_for != theirs.made_for:
            raise GamesolveError(
                f"learning cannot start from a network of the {theirs.role} of {theirs.game} with memory {theirs.features.memory!r} and "
                f"layers {theirs.layers} to {theirs.outputs}; the {task.role} of {task.game} has memory {features.memory!r} and layers "
                f"{mine.layers} to {outputs}"
            )
        with torch.no_grad():
            for name, tensor in tensors_of(actor).items():
                tensor.copy_(torch.from_numpy(theirs.tensors[name].copy()))


def probabilities(logits: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    """Probabilities [n, A]; those of illegal actions are exactly 0."""
    return torch.softmax(torch.where(masks, logits, NEVER), dim=1)


def log_probabilities(logits: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    """Log-probabilities [n, A]; those of illegal actions are so low that the probability is exactly 0."""
    return torch.log_softmax(torch.where(masks, logits, NEVER), dim=1)


def set_rate(optimiser: torch.optim.Optimizer, settings: Annealed, done: float, factor: float = 1.0) -> None:
    """Set the learning rate for when a share `done` of the budget had been spent as the decisions to be learnt from began.

    Args:
        factor: by which it is multiplied beside.
    """
    for group in optimiser.param_groups:
        group["lr"] = settings.learning_rate * factor * (1.0 - done if settings.anneal else 1.0)


def descend(loss: torch.Tensor, networks: nn.Module, optimiser: torch.optim.Optimizer, *, clip: float, decisions: int) -> None:
    """One step of the optimiser, with gradients clipped to the norm `clip`.

    Raises:
        GamesolveError: the loss or its gradient is not a number; nothing has changed then.
    """
    optimiser.zero_grad()
    loss.backward()
    norm = nn.utils.clip_grad_norm_(networks.parameters(), clip)
    if not (torch.isfinite(norm) and torch.isfinite(loss)):
        raise GamesolveError(
            f"learning broke down after {decisions:,} decisions: the loss is {loss.item()}; a lower learning_rate may help"
        )
    optimiser.step()


def seeded(seed: int) -> torch.Generator:
    """A generator of a learner's own; torch works with one thread from here on.

    More threads would gain little on networks this small, and their sums would depend on how many there are.
    """
    torch.set_num_threads(1)
    return torch.Generator().manual_seed(seed)


def chosen_device(name: str) -> torch.device:
    """The device `cpu` or `cuda`; all of torch in this process is asked for deterministic sums from here on where it is `cuda`.

    Raises:
        GamesolveError: it is unknown or not there.
    """
    if name not in ("cpu", "cuda"):
        raise GamesolveError(f"device {name!r} is unknown; it is cpu or cuda")
    if name == "cuda" and not torch.cuda.is_available():
        raise GamesolveError("device 'cuda' is not there: torch finds no GPU; say cpu")
    if name == "cuda":
        # Sums on a GPU depend on the order of its threads otherwise; cuBLAS reads the variable when it is first used.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True)
    return torch.device(name)


def torch_state(module: nn.Module, optimiser: torch.optim.Optimizer, generator: torch.Generator) -> dict[str, np.ndarray]:
    """Weights, moments of Adam and the generator, as arrays."""
    found = {f"weight-{name}": tensor.detach().cpu().numpy().copy() for name, tensor in module.state_dict().items()}
    for k, moments in optimiser.state_dict()["state"].items():
        found |= {f"adam-{k}-{name}": np.asarray(tensor.detach().cpu().numpy()).copy() for name, tensor in moments.items()}
    return {**found, "generator": generator.get_state().numpy().copy()}


def restore_torch(module: nn.Module, optimiser: torch.optim.Optimizer, generator: torch.Generator, state: dict[str, np.ndarray]) -> None:
    """Go back to a `torch_state`."""
    named = {key.removeprefix("weight-"): torch.from_numpy(value) for key, value in state.items() if key.startswith("weight-")}
    module.load_state_dict(named)
    moments: dict[int, dict[str, torch.Tensor]] = {}
    for key, value in state.items():
        if key.startswith("adam-"):
            _, k, name = key.split("-")
            moments.setdefault(int(k), {})[name] = torch.from_numpy(value.copy())
    optimiser.load_state_dict({**optimiser.state_dict(), "state": moments})
    generator.set_state(torch.from_numpy(state["generator"]))
