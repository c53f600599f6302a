"""Proximal policy optimisation on the batch simulator.

In each iteration the agents of one role play a rollout against whoever the simulator plays, and the
actor and the critic take a few passes over it (Schulman et al. 2017, algorithm 1):

- the actor maximises min(r A, clip(r) A) + entropy, less `kl` times the reverse KL to the policy that
  played (magnetic mirror descent's step, Sokota et al. 2023, eq. 11), r being the ratio of its
  probability of the action to that of the policy that played;
- the critic learns returns by the square of their error. It predicts them in units of their running
  mean and deviation (Yu et al. 2022, value normalisation), and advantages are in units of that
  deviation, so that the settings mean the same in every game.

Several agents of a role share the networks, told which of them they are, and the reward is the
role's (IPPO, de Witt et al. 2020).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from gamesolve.base.errors import GamesolveError
from gamesolve.learners.networks import load_weights, perceptron, policy_of
from gamesolve.learners.rollout import OPEN, Rollout, advantages, gather, open_decisions, settle
from gamesolve.learners.settings import PPOSettings
from gamesolve.policies.features import Features
from gamesolve.policies.neural import NEVER, NeuralPolicy
from gamesolve.rules.game import ROLES, Game
from gamesolve.views.acting import PLAYS, Acting, Drawn
from gamesolve.views.asking import draw_actions
from gamesolve.views.recall import Recall
from gamesolve.views.simulator import Simulator

#: Potential of decisions, f4 [n, F] to f4 [n]: shaping adds weight * potential(next) - potential(now), 0 at the end (Ng et al. 1999).
Potential = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class LearnerStep:
    """One iteration.

    Attributes:
        decisions: of all agents so far, whatever policy made them.
        mean, standard_error: of the role's returns in the episodes that ended in this iteration (NaN for none).
        entropy: mean entropy of the actor where it chose, in nats.
        policy: the policy now, a snapshot.
    """

    decisions: int
    mean: float
    standard_error: float
    entropy: float
    policy: NeuralPolicy


def ppo(
    game: Game,
    role: str,
    acting: Sequence[Acting | Drawn],
    *,
    budget: int,
    settings: PPOSettings | None = None,
    seed: int = 0,
    device: str = "cpu",
    start: NeuralPolicy | None = None,
    potential: Potential | None = None,
) -> Iterator[LearnerStep]:
    """Learn to play `role`, iteration by iteration, until `budget` decisions have been made.

    Args:
        acting: how each of the N agents acts; those of `role` are `PLAYING`.
        budget: decisions of all agents; the last iteration may go past it.
        start: a policy from whose weights to start.
        potential: for shaping; what is learnt stays the same.

    Raises:
        GamesolveError: the game has no horizon, the history is too long, somebody else than the agents of `role` is to be
            driven, or `start` is for something else; or a loss is not a number: the last policy yielded is then the last good one.
    """
    for i, (agent, way) in enumerate(zip(game.agents, acting, strict=True)):
        if (agent.role == role) != (isinstance(way, Acting) and way.kind == PLAYS):
            raise GamesolveError(f"agents of the {role} are PLAYING and no others; agent {i} ({agent.name!r}) is {way}")
    learner = PPO(game, role, acting, budget=budget, settings=settings or PPOSettings(), seed=seed, device=device, potential=potential)
    if start is not None:
        load_weights(learner.actor, start, learner.features, game, role)
    while learner.decisions < budget:
        yield learner.iterate()


class PPO:
    """A learner at work: networks, simulator, and the rollout between them."""

    def __init__(
        self, game: Game, role: str, acting: Sequence[Acting | Drawn], *,
        budget: int, settings: PPOSettings, seed: int, device: str, potential: Potential | None,
    ) -> None:  # fmt: skip
        """Arguments as of `ppo`."""
        # More threads would gain little on networks this small, and their sums would depend on how many there are.
        torch.set_num_threads(1)
        self.game, self.role, self.settings, self.budget, self.potential = game, role, settings, budget, potential
        self.features = Features.of(game, role, settings.memory)
        self.agents = np.array(self.features.agents, np.int32)
        self.sizes = np.array([len(game.agents[i].actions) for i in self.agents], np.int32)
        self.simulator = Simulator(game, settings.batch, seed=seed, acting=acting)
        self.recall = Recall.empty(game, settings.batch, self.agents.tolist())
        self.generator = torch.Generator().manual_seed(seed)
        self.device, most = torch.device(device), int(self.sizes.max())
        self.actor = perceptron(self.features.count, settings.hidden, most, last_gain=0.01, generator=self.generator).to(device)
        self.critic = perceptron(self.features.count, settings.hidden, 1, last_gain=1.0, generator=self.generator).to(device)
        self.optimiser = torch.optim.Adam([*self.actor.parameters(), *self.critic.parameters()], lr=settings.learning_rate, eps=1e-5)
        open_at_most = settings.batch * len(self.agents)
        self.rollout = Rollout.empty(settings.rollout + 4 * open_at_most, self.features.count, most, keep_all=settings.kl > 0)
        self.waiting = np.full((settings.batch, len(self.agents)), -1, np.int64)
        self.returns, self.scale = np.zeros(settings.batch), np.ones(settings.batch)
        self.carried = 0
        self.scaling = Scaling()
        self.recall.note(self.simulator.rows)

    @property
    def decisions(self) -> int:
        """Made so far, by all agents."""
        return self.simulator.decisions

    def iterate(self) -> LearnerStep:
        """Play a rollout and learn from it."""
        n, finished = self._play()
        entropy = self._learn(n)
        self.carried = self.rollout.carry(n, self.waiting)
        mean = float(finished.mean()) if len(finished) else np.nan
        error = float(finished.std(ddof=1) / len(finished) ** 0.5) if len(finished) > 1 else np.nan
        return LearnerStep(self.decisions, mean, error, entropy, policy_of(self.game, self.role, self.features, self.actor))

    @torch.inference_mode()
    def _play(self) -> tuple[int, np.ndarray]:
        """Fill the rollout; the number of decisions in it, and the returns of episodes that ended, f8."""
        s, r, n = self.simulator, self.rollout, self.carried
        rows, members = np.empty(self.waiting.size, np.int64), np.empty(self.waiting.size, np.int32)
        finished, ended = np.empty(self.settings.batch), []
        role, discount = ROLES.index(self.role), self.game.discount
        # Few decisions are closed by the end of a short rollout of many episodes; those are what is learnt from.
        while n < self.settings.rollout + self.carried or n < 2 * self.waiting.size + self.carried:
            found = gather(s.rows["masks"], s.actions, self.agents, self.sizes, rows, members)
            if found:
                self._decide(n, rows[:found], members[:found])
                n += found
            s.advance(1)
            over = settle(
                s.rewards, role, s.dones, s.rows["elapsed"], self.game.picks, discount, self.waiting,
                r.following, r.reward, r.weight, r.epochs, self.returns, self.scale, finished,
            )  # fmt: skip
            ended.append(finished[:over].copy())
            self.recall.note(s.rows)
        return n, np.concatenate(ended)

    def _decide(self, n: int, rows: np.ndarray, members: np.ndarray) -> None:
        """Make decisions n, n + 1, ...: enter what is seen, choose and put down."""
        s, r, end, agents = self.simulator, self.rollout, n + len(rows), self.agents[members]
        self.features.fill(self.recall, members, members, rows, r.inputs[n:end])
        open_decisions(
            s.rows["masks"], self.agents, rows, members, n, r.masks, self.waiting, r.following, r.reward, r.weight, r.epochs
        )  # fmt: skip
        inputs = self._tensor(r.inputs[n:end])
        log_p = log_probabilities(self.actor(inputs), self._tensor(r.masks[n:end]))
        r.value[n:end] = self.scaling.unscaled(self.critic(inputs)[:, 0].cpu().numpy())
        draw_actions(self.game, s.rows, rows, agents, log_p.exp().cpu().numpy(), r.masks[n:end])
        r.action[n:end] = s.actions[rows, agents]
        known = log_p.cpu().numpy()
        r.log_probability[n:end] = known[np.arange(len(rows)), r.action[n:end]]
        if len(r.all):
            r.all[n:end] = known

    def _learn(self, n: int) -> float:
        """Take the passes over decisions 0 to n - 1; the mean entropy."""
        r, s = self.rollout, self.settings
        done = min(self.decisions / self.budget, 1.0)
        for group in self.optimiser.param_groups:
            group["lr"] = s.learning_rate * (1.0 - done if s.anneal else 1.0)
        bonus = s.entropy + (s.entropy_end - s.entropy) * done
        advantage = np.empty(n, np.float32)
        advantages(n, self._shaped(n), r.weight, r.epochs, r.following, r.value, s.trace, advantage)
        used = np.flatnonzero(r.following[:n] != OPEN)
        target = advantage[used] + r.value[used]
        self.scaling.see(target)
        data = [self._tensor(x) for x in (r.inputs[used], r.masks[used], r.action[used], r.log_probability[used])]
        data += [self._tensor(advantage[used] / self.scaling.deviation), self._tensor(self.scaling.scaled(target))]
        before = self._tensor(r.all[used]) if len(r.all) else None
        entropies = []
        for _ in range(s.epochs):
            order = torch.randperm(len(used), generator=self.generator).to(self.device)
            # Parts of like size: the last of a plain split may be too small to have a deviation.
            for part in order.tensor_split(max(round(len(used) / s.minibatch), 1)):
                entropies.append(self._step([x[part] for x in data], None if before is None else before[part], bonus))
        return float(torch.stack(entropies).mean())

    def _shaped(self, n: int) -> np.ndarray:
        """The rewards of decisions 0 to n - 1, f4, with the potential's differences where there is one."""
        r = self.rollout
        if self.potential is None:
            return r.reward
        now = np.asarray(self.potential(r.inputs[:n]), np.float32)
        after = np.where(r.following[:n] >= 0, now[r.following[:n]], np.float32(0.0))
        return np.asarray(r.reward[:n] + r.weight[:n] * after - now, np.float32)

    def _step(self, part: list[torch.Tensor], before: torch.Tensor | None, bonus: float) -> torch.Tensor:
        """One step of the optimiser on a minibatch; its entropy."""
        inputs, masks, action, log_before, advantage, target = part
        log_p = log_probabilities(self.actor(inputs), masks)
        ratio = (log_p.gather(1, action[:, None])[:, 0] - log_before).exp()
        if self.settings.normalise:
            advantage = (advantage - advantage.mean()) / (advantage.std(correction=0) + 1e-8)
        clip = self.settings.clip
        gain = torch.minimum(ratio * advantage, ratio.clamp(1.0 - clip, 1.0 + clip) * advantage).mean()
        p = log_p.exp()
        entropy = -(p * log_p).sum(dim=1).mean()
        loss = 0.5 * (self.critic(inputs)[:, 0] - target).square().mean() - gain - bonus * entropy
        if before is not None:
            loss = loss + self.settings.kl * (p * (log_p - before)).sum(dim=1).mean()
        self._descend(loss)
        return entropy.detach()

    def _descend(self, loss: torch.Tensor) -> None:
        self.optimiser.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_([*self.actor.parameters(), *self.critic.parameters()], self.settings.gradient)
        if not (torch.isfinite(norm) and torch.isfinite(loss)):
            raise GamesolveError(
                f"learning broke down after {self.decisions:,} decisions: the loss is {loss.item()}; a lower learning_rate may help"
            )
        self.optimiser.step()

    def _tensor(self, array: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(array).to(self.device)


class Scaling:
    """Running mean and deviation of returns."""

    def __init__(self) -> None:
        self.count, self.mean, self.square = 0.0, 0.0, 0.0

    def see(self, returns: np.ndarray) -> None:
        """Take returns f4 [n] into account; what was seen before counts half as much each time, as policies change."""
        self.count, self.mean, self.square = 0.5 * self.count, 0.5 * self.mean, 0.5 * self.square
        self.count += len(returns)
        self.mean += float(returns.sum(dtype=np.float64))
        self.square += float(np.square(returns, dtype=np.float64).sum())

    @property
    def center(self) -> float:
        """The mean."""
        return self.mean / self.count if self.count else 0.0

    @property
    def deviation(self) -> float:
        """The standard deviation, never below 1e-4."""
        return max((self.square / self.count - self.center**2), 1e-8) ** 0.5 if self.count else 1.0

    def scaled(self, returns: np.ndarray) -> np.ndarray:
        """Returns in units of the deviation, about the mean, f4."""
        return np.asarray((returns - self.center) / self.deviation, np.float32)

    def unscaled(self, values: np.ndarray) -> np.ndarray:
        """What a critic's output means, in the game's units, f4."""
        return np.asarray(values * self.deviation + self.center, np.float32)


def log_probabilities(logits: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    """Log-probabilities [n, A]; those of illegal actions are so low that the probability is exactly 0."""
    return torch.log_softmax(torch.where(masks, logits, float(NEVER)), dim=1)
