"""`ActorCritic`: what PPO has of its networks, whether they remember or not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import torch

from gamesolve.learners.arena import Arena
from gamesolve.learners.networks import OneEach, perceptron
from gamesolve.learners.openspiel_arena import OpenSpielArena
from gamesolve.learners.rollout import Collector
from gamesolve.learners.settings import PPOSettings


class ActorCritic(Protocol):
    """The actors and critics of a role's agents at work on rollouts.

    Attributes:
        actors, critics: the networks, one that all agents share or one each.
    """

    actors: OneEach
    critics: OneEach

    def look(self) -> None:
        """Take notice of what the arena shows now; called at every step, before anybody decides."""

    def decide(self, part: slice, rows: np.ndarray, members: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits [n, A] and values [n] at decisions `part` of the rollout, made in rows i8 [n] by members i4 [n]."""

    def study(self, used: np.ndarray) -> None:
        """Take up what is to be learnt from: decisions i8 [n] of the rollout."""

    def parts(self, size: int) -> Iterator[torch.Tensor]:
        """Minibatches of about `size`, in an order drawn anew: i8 [m], places among those that are studied."""

    def evaluate(self, part: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits [m, A] and values [m] of a minibatch."""

    def carry(self) -> None:
        """Drop what no decision is open from any more, after the rollout has dropped it."""

    def state(self) -> dict[str, np.ndarray]:
        """All beside the weights that what follows depends on."""

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Go back to a `state`."""


class Feedforward:
    """Networks that act from what they are fed, as `features` and the rollout have it; see `ActorCritic`."""

    def __init__(
        self,
        arena: Arena | OpenSpielArena,
        collector: Collector,
        settings: PPOSettings,
        *,
        generator: torch.Generator,
        device: torch.device,
    ) -> None:
        self._rollout, self._generator, self._device = collector.rollout, generator, device
        each = len(arena.agents) if settings.sharing == "separate" else 1
        self._central = arena.joint_inputs > 0

        def networks(count: int, inputs: int, outputs: int, last_gain: float) -> OneEach:
            made = [perceptron(inputs, settings.hidden, outputs, last_gain=last_gain, generator=generator) for _ in range(count)]
            return OneEach(made).to(device)

        self.actors = networks(each, arena.inputs, arena.actions, 0.01)
        self.critics = networks(1, arena.joint_inputs, 1, 1.0) if self._central else networks(each, arena.inputs, 1, 1.0)
        self._inputs = self._seen = self._member = torch.zeros(0)

    def look(self) -> None:
        """Nothing: what they are fed when they decide is all they know."""

    def decide(self, part: slice, rows: np.ndarray, members: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits and values."""
        self._take(part)
        return self.actors(self._inputs, self._member), self.critics(self._seen, self._member)[:, 0]

    def study(self, used: np.ndarray) -> None:
        """Take up decisions."""
        self._take(used)

    def parts(self, size: int) -> Iterator[torch.Tensor]:
        """Minibatches of like size: the last of a plain split may be too small to have a deviation."""
        order = torch.randperm(len(self._member), generator=self._generator).to(self._device)
        yield from order.tensor_split(max(round(len(order) / size), 1))

    def evaluate(self, part: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits and values."""
        who = self._member[part]
        inputs = self._inputs[part]
        seen = self._seen[part] if self._central else inputs
        return self.actors(inputs, who), self.critics(seen, who)[:, 0]

    def carry(self) -> None:
        """Nothing: the rollout has all."""

    def state(self) -> dict[str, np.ndarray]:
        """Nothing."""
        return {}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Nothing."""

    def _take(self, which: slice | np.ndarray) -> None:
        r = self._rollout
        self._inputs, self._member = (torch.from_numpy(array[which]).to(self._device) for array in (r.inputs, r.member))
        self._seen = torch.from_numpy(r.joint[which]).to(self._device) if self._central else self._inputs
