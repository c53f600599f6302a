"""Deep Q-learning in an arena (Mnih et al. 2015, algorithm 1), masked, double and over n steps.

The agents of one role play, now and then at random, and remember their latest decisions (`Replay`). In
every iteration a network that tells the value of each action takes steps towards

    r(1) + ... + r(n) + Q'(s, argmax over legal a of Q(s, a))

for decisions drawn from there: r are discounted rewards up to the same agent's decision n steps on, s
what it sees there, and Q' a copy of the network from some time ago (van Hasselt et al. 2016, eq. 4;
Sutton and Barto 2018, eq. 7.4 for n steps). Targets end before a decision that was made at random
(Watkins 1989), so that exploring spoils no value.

Values are in units of the running mean and deviation of returns, so that the settings mean the same in
every game; when these move, the last layer moves along, so that what was learnt stands (van Hasselt et
al. 2016, Learning values across many orders of magnitude, eq. 4).

The agents of a team share the network, told which of them they are, or have one each.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from gamesolve.learners.arena import arena_for, features_of
from gamesolve.learners.exploring import epsilon_at, mean_entropy
from gamesolve.learners.learner import LearnerStep, step_of
from gamesolve.learners.networks import (
    NEVER,
    OneEach,
    chosen_device,
    descend,
    linears,
    load_weights,
    perceptron,
    policy_of,
    restore_torch,
    seeded,
    set_rate,
    torch_state,
)
from gamesolve.learners.replay import Replay
from gamesolve.learners.rollout import Collector
from gamesolve.learners.scaling import Scaling
from gamesolve.learners.settings import DQNSettings
from gamesolve.learners.task import Task
from gamesolve.policies.neural import NeuralPolicy
from gamesolve.policies.team import TeamPolicy

#: More steps than an episode has.
TO_THE_END = 2**31


class DQN:
    """A learner at work: the network and its copy, an arena, and the decisions it remembers.

    Attributes:
        budget: decisions after which it is done; the schedules of learning rate and exploration end by then.
    """

    def __init__(
        self, task: Task, *,
        budget: int, settings: DQNSettings | None = None, seed: int = 0, device: str = "cpu",
        start: NeuralPolicy | TeamPolicy | None = None,
    ) -> None:  # fmt: skip
        """
        Args:
            start: a policy that DQN has learnt, from whose weights to start.

        Raises:
            GamesolveError: the game has no horizon, the history is too long, the device is not there, or `start` is for
                something else.
        """
        self.settings = s = settings or DQNSettings()
        self.task, self.budget = task, budget
        self.device, self.generator, self.features = chosen_device(device), seeded(seed), features_of(task, s)
        self.arena = arena_for(task, s.batch, seed=seed, features=self.features, joint=False)
        self.collector = Collector(self.arena, s.batch, wanted=s.rollout, objective=task.objective, discount=task.game.discount)
        room = len(self.collector.rollout.action)
        self.replay = Replay(max(s.replay, room), inputs=self.arena.inputs, actions=self.arena.actions)
        self._explored = np.zeros(room, np.bool_)
        each = len(self.features.agents) if s.sharing == "separate" else 1
        self.online, self.target = self._network(each), self._network(each)
        if start is not None:
            load_weights(self.online, start, self.features, task, outputs="values")
        self.target.load_state_dict(self.online.state_dict())
        self.networks = nn.ModuleList([self.online, self.target])
        self.optimiser = torch.optim.Adam(self.online.parameters(), lr=s.learning_rate, eps=1e-5, fused=True)
        self.scaling, self.updates = Scaling(), 0

    def _network(self, count: int) -> OneEach:
        sizes = self.features.count, self.settings.hidden, self.arena.actions
        return OneEach([perceptron(*sizes, last_gain=0.01, generator=self.generator) for _ in range(count)]).to(self.device)

    @property
    def decisions(self) -> int:
        """Made so far, by all agents."""
        return self.arena.decisions

    @property
    def epsilon(self) -> float:
        """How often a decision is made at random, now."""
        return epsilon_at(self.settings, self.decisions, self.budget)

    def policy(self) -> NeuralPolicy | TeamPolicy:
        """The policy now, a snapshot: always the action of the highest value."""
        return policy_of(self.task, self.features, self.online, outputs="values").made_greedy

    def iterate(self) -> LearnerStep:
        """Play for a while and learn from what is remembered.

        Raises:
            GamesolveError: a loss is not a number; the policy is then still the last good one.
        """
        before, epsilon, done = self.collector.carried, self.epsilon, min(self.decisions / self.budget, 1.0)
        n, finished = self.collector.collect(self._decide)
        self.replay.enter(self.collector.rollout, n, self._explored)
        legal = self.collector.rollout.masks[before:n].sum(axis=1)
        self.collector.carry(n)
        self._learn(n - before, done)
        return step_of(self.decisions, finished, mean_entropy(legal, epsilon))

    @torch.inference_mode()
    def _decide(self, part: slice, rows: np.ndarray, members: np.ndarray) -> None:
        """Choose the best action or, sometimes, any."""
        r, epsilon = self.collector.rollout, self.epsilon
        masks = r.masks[part]
        best = self._best(self._tensor(r.inputs[part]), self._tensor(r.member[part]), self._tensor(masks)).cpu().numpy()
        chances = masks * (epsilon / masks.sum(axis=1, keepdims=True)).astype(np.float32)
        chances[np.arange(len(rows)), best] += 1.0 - epsilon
        r.action[part] = self.arena.act(rows, members, chances, masks)
        self._explored[part] = r.action[part] != best

    def _best(self, inputs: torch.Tensor, who: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        """i8 [n]: the legal action of the highest value, the first of equals."""
        return torch.where(masks, self.online(inputs, who), NEVER).argmax(dim=1)

    def _learn(self, new: int, done: float) -> None:
        """Take steps on remembered decisions, as many as keep up with the new ones; `done` as in `set_rate`."""
        s, closed = self.settings, self.replay.closed()
        chosen = torch.randint(max(len(closed), 1), (max(round(new * s.replays / s.minibatch), 1), s.minibatch), generator=self.generator)
        if not len(closed) or not self._rescale(closed[chosen[0].numpy()]):
            return
        set_rate(self.optimiser, s, done)
        for places in closed[chosen.numpy()]:
            self._step(places)

    def _rescale(self, places: np.ndarray) -> bool:
        """See what was earned from `places` on, where that is known, and change units; whether anything is known yet."""
        earned, weight, _ = self.replay.ahead(places, steps=TO_THE_END, cut=False)
        # What is not a number is left for the loss to find.
        known, before = earned[(weight == 0.0) & np.isfinite(earned)], (self.scaling.count, self.scaling.center, self.scaling.deviation)
        if len(known):
            self.scaling.see(known)
            if before[0]:
                change_units(self.networks, before[1:], (self.scaling.center, self.scaling.deviation))
        return self.scaling.count > 0

    def _step(self, places: np.ndarray) -> None:
        """One step of the optimiser on remembered decisions."""
        r, s = self.replay, self.settings
        earned, weight, after = r.ahead(places, steps=s.steps, cut=s.cut)
        who = self._tensor(r.member[places])
        with torch.no_grad():
            seen = self._tensor(r.inputs[after])
            best = self._best(seen, who, self._tensor(r.masks[after]))
            follows = self.target(seen, who).gather(1, best[:, None])[:, 0].cpu().numpy()
        wanted = self._tensor(self.scaling.scaled(earned + weight * self.scaling.unscaled(follows)))
        values = self.online(self._tensor(r.inputs[places]), who).gather(1, self._tensor(r.action[places])[:, None])[:, 0]
        loss = nn.functional.huber_loss(values, wanted, delta=s.huber)
        descend(loss, self.online, self.optimiser, clip=s.gradient, decisions=self.decisions)
        self.updates += 1
        if self.updates % s.refresh == 0:
            self.target.load_state_dict(self.online.state_dict())

    def _tensor(self, array: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(array).to(self.device)

    def state(self) -> dict[str, np.ndarray]:
        """All that what follows depends on; most of it are the decisions remembered."""
        own = {"scaling": self.scaling.state(), "updates": np.array(self.updates)}
        torched = torch_state(self.networks, self.optimiser, self.generator)
        return {**own, **torched, **self.arena.state(), **self.collector.state(), **self.replay.state()}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Go back to a `state`."""
        restore_torch(self.networks, self.optimiser, self.generator, state)
        self.scaling.restore(state["scaling"])
        self.updates = int(state["updates"])
        self.arena.restore(state)
        self.collector.restore(state)
        self.replay.restore(state)


def change_units(networks: nn.Module, before: tuple[float, ...], now: tuple[float, ...]) -> None:
    """Make networks whose outputs were in units of a deviation about a center mean the same in others (center, deviation)."""
    with torch.no_grad():
        for network in networks.modules():
            if isinstance(network, nn.Sequential):
                last = linears(network)[-1]
                last.weight.mul_(before[1] / now[1])
                last.bias.mul_(before[1] / now[1]).add_((before[0] - now[0]) / now[1])
