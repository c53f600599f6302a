"""Proximal policy optimisation in an arena.

In each iteration the agents of one role play a rollout, and the actor and the critic take a few
passes over it (Schulman et al. 2017, algorithm 1):

- the actor maximises min(r A, clip(r) A) + entropy, less `kl` times the reverse KL to the policy that
  played (magnetic mirror descent's step, Sokota et al. 2023, eq. 11), r being the ratio of its
  probability of the action to that of the policy that played;
- the critic learns returns by the square of their error. It predicts them in units of their running
  mean and deviation (Yu et al. 2022, value normalisation), and advantages are in units of that
  deviation, so that the settings mean the same in every game.

The agents of a role share their networks, told which of them they are, or have one each; the reward is
the role's. Each agent's critic sees what the agent sees (IPPO, de Witt et al. 2020), or a central one
sees what all do, the opponents too, and which opponent was drawn (MAPPO, Yu et al. 2022). Networks are fed
whole histories, or remember by themselves (`recurrent.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from gamesolve.base.errors import GamesolveError
from gamesolve.learners.actor_critic import ActorCritic, Feedforward
from gamesolve.learners.arena import Arena, arena_for, features_of
from gamesolve.learners.kept_critic import UnshapedCritic, kept_critics
from gamesolve.learners.learner import LearnerStep, step_of
from gamesolve.learners.networks import (
    chosen_device,
    descend,
    load_weights,
    log_probabilities,
    policy_of,
    probabilities,
    restore_torch,
    seeded,
    set_rate,
    torch_state,
)
from gamesolve.learners.openspiel_arena import OpenSpielArena
from gamesolve.learners.recurrent import Recurrent
from gamesolve.learners.rollout import OPEN, Collector, advantages
from gamesolve.learners.scaling import Scaling
from gamesolve.learners.settings import PPOSettings, Sizes
from gamesolve.learners.task import Task
from gamesolve.policies.neural import NeuralPolicy
from gamesolve.policies.team import TeamPolicy

#: Potential of decisions, f4 [n, F] to f4 [n]: shaping adds weight * potential(next) - potential(now), 0 at the end (Ng et al. 1999).
Potential = Callable[[np.ndarray], np.ndarray]


class PPO:
    """A learner at work: networks, an arena, and the rollout between them.

    Attributes:
        budget: decisions after which it is done; the schedules of learning rate and entropy end there.
        sizes: of its rollouts and minibatches.
    """

    def __init__(
        self, task: Task, *,
        budget: int, settings: PPOSettings | None = None, seed: int = 0, device: str = "cpu",
        start: NeuralPolicy | TeamPolicy | None = None, potential: Potential | None = None, beside: PPO | None = None,
    ) -> None:  # fmt: skip
        """
        Args:
            start: a policy from whose weights to start.
            potential: for shaping; what is learnt stays the same.
            beside: who learns the other role in the same episodes: see `gamesolve.learners.self_play`.

        Raises:
            GamesolveError: the game has no horizon, the device is not there, or `start` is for something else.
        """
        self.settings = s = settings or PPOSettings()
        self.sizes = sizes = Sizes.of(s, budget)
        self.task, self.budget, self.potential = task, budget, potential
        self.device, self.generator, self.features = chosen_device(device), seeded(seed), features_of(task, s, remembers=True)
        if s.keep_critic and (s.critic == "joint" or self.features.memory == "recurrent"):
            raise GamesolveError(
                f"keep_critic is true, and the critic is {s.critic!r} with memory {self.features.memory!r}; one that is kept sees what its "
                "policy is fed: critic own, and memory last or history"
            )
        shared = beside.arena.simulator if beside is not None and isinstance(beside.arena, Arena) else None
        self.arena: Arena | OpenSpielArena = arena_for(
            task, sizes.batch, seed=seed, features=self.features, joint=s.critic == "joint", simulator=shared
        )
        self.collector = Collector(
            self.arena, sizes.batch, wanted=sizes.rollout, objective=task.objective, discount=task.game.discount, keep_all=s.kl > 0
        )
        kind: Callable[..., ActorCritic] = Recurrent if self.features.memory == "recurrent" else Feedforward
        self.actor_critic = kind(self.arena, self.collector, s, generator=self.generator, device=self.device)
        self.networks = nn.ModuleList([self.actor_critic.actors, self.actor_critic.critics])
        self.optimiser = torch.optim.Adam(self.networks.parameters(), lr=s.learning_rate, eps=1e-5, fused=True)
        self.scaling, self.updates = Scaling(), 0
        own: dict[str, Any] = {"minibatch": sizes.minibatch, "seed": seed, "device": self.device}
        self.unshaped = UnshapedCritic(self.arena.inputs, s, **own) if s.keep_critic and potential is not None else None
        if start is not None:
            load_weights(self.actor_critic.actors, start, self.features, task)

    @property
    def decisions(self) -> int:
        """Made so far, by all agents."""
        return self.arena.decisions

    def policy(self) -> NeuralPolicy | TeamPolicy:
        """The policy now, a snapshot."""
        networks = self.actor_critic
        critics = kept_critics(networks.critics.networks, self.scaling, self.unshaped) if self.settings.keep_critic else []
        return policy_of(self.task, self.features, networks.actors, critics=critics)

    def iterate(self) -> LearnerStep:
        """Play a rollout and learn from it.

        Raises:
            GamesolveError: a loss is not a number; the policy is then still the last good one.
        """
        done = self.done
        self.collector.collect(self.decide, look=self.actor_critic.look)
        return self.learn(done)

    @property
    def done(self) -> float:
        """The share of the budget that is spent."""
        return min(self.decisions / self.budget, 1.0)

    def learn(self, done: float) -> LearnerStep:
        """Learn from the rollout that was collected, which began when a share `done` of the budget was spent."""
        n, finished = self.collector.taken()
        # In self-play the other role may fill its rollout before this one has a decision to learn from.
        entropy = self._learn(n, done) if self.collector.closed else np.nan
        self.collector.carry(n)
        self.actor_critic.carry()
        return step_of(self.decisions, finished, entropy)

    @torch.inference_mode()
    def decide(self, part: slice, rows: np.ndarray, members: np.ndarray) -> None:
        """Choose, and remember how likely the choice was and what the critic expected."""
        r = self.collector.rollout
        logits, values = self.actor_critic.decide(part, rows, members)
        masks = self._tensor(r.masks[part])
        p = probabilities(logits, masks).cpu().numpy()
        r.value[part] = self.scaling.unscaled(values.cpu().numpy())
        r.action[part] = self.arena.act(rows, members, p, r.masks[part])
        r.log_probability[part] = np.log(p[np.arange(len(rows)), r.action[part]])
        if len(r.all):
            r.all[part] = log_probabilities(logits, masks).cpu().numpy()

    def _learn(self, n: int, done: float) -> float:
        """Take the passes over decisions 0 to n - 1, which began when a share `done` of the budget was spent; the mean entropy."""
        r, s = self.collector.rollout, self.settings
        self.updates += 1
        set_rate(self.optimiser, s, done, self.updates**-0.5 if s.schedule == "root" else 1.0)
        bonus, pull = s.weights(done, self.updates)
        advantage = np.empty(n, np.float32)
        advantages(n, self._shaped(n), r.weight, r.epochs, r.following, r.value, s.trace, advantage)
        used = np.flatnonzero(r.following[:n] != OPEN)
        target = advantage[used] + r.value[used]
        self.scaling.see(target)
        if self.unshaped is not None and self.potential is not None:
            # Differences of potential add up to that of the decision, with the other sign.
            unshaped = target + np.asarray(self.potential(r.inputs[used]), np.float32)
            self.unshaped.learn(r.inputs[used], unshaped, done=done, decisions=self.decisions)
        columns = {
            "masks": r.masks[used],
            "action": r.action[used],
            "log_probability": r.log_probability[used],
            "advantage": advantage[used] / self.scaling.deviation,
            "target": self.scaling.scaled(target),
        }
        columns |= {"all": r.all[used]} if len(r.all) else {}
        data = {name: self._tensor(column) for name, column in columns.items()}
        self.actor_critic.study(used)
        entropies = []
        for _ in range(s.epochs):
            for part in self.actor_critic.parts(self.sizes.minibatch):
                entropies.append(self._step(part, {name: column[part] for name, column in data.items()}, bonus, pull))
        return float(torch.stack(entropies).mean())

    def _shaped(self, n: int) -> np.ndarray:
        """The rewards of decisions 0 to n - 1, f4, with the potential's differences where there is one."""
        r = self.collector.rollout
        if self.potential is None:
            return r.reward
        now = np.asarray(self.potential(r.inputs[:n]), np.float32)
        after = np.where(r.following[:n] >= 0, now[r.following[:n]], np.float32(0.0))
        return np.asarray(r.reward[:n] + r.weight[:n] * after - now, np.float32)

    def _step(self, part: torch.Tensor, data: dict[str, torch.Tensor], bonus: float, pull: float) -> torch.Tensor:
        """One step of the optimiser on a minibatch, given what it is of and what is known of it; its entropy.

        Args:
            bonus, pull: weights of the entropy, and of the reverse KL to the policy that played.
        """
        clip, advantage = self.settings.clip, data["advantage"]
        logits, value = self.actor_critic.evaluate(part)
        log_p = log_probabilities(logits, data["masks"])
        ratio = (log_p.gather(1, data["action"][:, None])[:, 0] - data["log_probability"]).exp()
        if self.settings.normalises:
            advantage = (advantage - advantage.mean()) / (advantage.std(correction=0) + 1e-8)
        gain = torch.minimum(ratio * advantage, ratio.clamp(1.0 - clip, 1.0 + clip) * advantage).mean()
        p = log_p.exp()
        entropy = -(p * log_p).sum(dim=1).mean()
        loss = 0.5 * (value - data["target"]).square().mean() - gain - bonus * entropy
        if "all" in data:
            loss = loss + pull * (p * (log_p - data["all"])).sum(dim=1).mean()
        descend(loss, self.networks, self.optimiser, clip=self.settings.gradient, decisions=self.decisions)
        return entropy.detach()

    def _tensor(self, array: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(array).to(self.device)

    def state(self) -> dict[str, np.ndarray]:
        """All that what follows depends on."""
        own = {
            "scaling": self.scaling.state(),
            "updates": np.array(self.updates),
            **torch_state(self.networks, self.optimiser, self.generator),
        }
        beside = self.unshaped.state() if self.unshaped is not None else {}
        return {**own, **beside, **self.arena.state(), **self.collector.state(), **self.actor_critic.state()}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Go back to a `state`."""
        restore_torch(self.networks, self.optimiser, self.generator, state)
        self.scaling.restore(state["scaling"])
        self.updates = int(state["updates"])
        if self.unshaped is not None:
            self.unshaped.restore(state)
        self.arena.restore(state)
        self.collector.restore(state)
        self.actor_critic.restore(state)
