"""Self-play: both roles learn in the same episodes, each against what the other is at the time.

By itself that may go round in circles; regularised it comes to rest: a bonus for entropy, and the reverse KL to the policy before
(magnetic mirror descent, Sokota et al. 2023), with weights that let it end at an equilibrium. The policies that there are in the
end are the answer, and not the average of all: only the noise of the newest updates is averaged away, over the networks' weights.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from gamesolve.base.errors import GamesolveError
from gamesolve.base.seeds import derived_seed
from gamesolve.learners.arena import Arena
from gamesolve.learners.learner import LearnerStep, Learnt
from gamesolve.learners.networks import policy_of
from gamesolve.learners.ppo import PPO
from gamesolve.learners.settings import PPOSettings, choose_settings
from gamesolve.learners.task import Task, roles_of
from gamesolve.rules.game import Game

#: What self-play chooses other than a response does. PPO keeps a bonus for entropy (Rudolph et al. 2025); for MMD advantages are as they
#: are, returns count to the end of the episode, and the weights follow a schedule of roots.
DEFAULTS: dict[str, dict[str, Any]] = {
    "ppo": {"entropy": 0.1, "entropy_end": 0.05},
    "mmd": {
        "entropy": 0.8,
        "kl": 1.0,
        "schedule": "root",
        "learning_rate": 0.01,
        "anneal": False,
        "trace": 1.0,
        "epochs": 2,
    },
}


#: Updates over which weights are averaged, about.
RECENT = 20
#: Own decisions of a rollout, where nothing is chosen: a 200th of the budget, between these; and the most of a gradient step.
LEAST, MOST, MINIBATCH = 2_048, 50_000, 2_048


def sized(settings: PPOSettings, budget: int) -> PPOSettings:
    """The settings with the sizes of rollouts that are left open: larger than for responses, as what is learnt from changes with both."""
    rollout = settings.rollout or min(max(budget // 200, LEAST), MOST)
    batch, minibatch = settings.batch or max(rollout // 8, 1), settings.minibatch or min(max(rollout // 8, 16), MINIBATCH)
    return settings.model_copy(update={"rollout": rollout, "batch": batch, "minibatch": minibatch})


class SelfPlay:
    """Two learners in one simulator.

    Attributes:
        roles: of the game; sides: who learns each.
        budget: decisions of all agents after which it is done.
    """

    def __init__(
        self, game: Any, method: str, *, budget: int, settings: dict[str, Any] | None = None, seed: int = 0, device: str = "cpu",
        start: tuple[Any, Any] | None = None, before: int = 0,
    ) -> None:  # fmt: skip
        """
        Args:
            game: with a horizon; zero-sum games are where it comes to rest.
            method: `ppo` or `mmd`.
            settings: of PPO, what shall be other than the method's.
            start: policies of both roles from whose weights to start.
            before: decisions that led to them, which schedules count too.

        Raises:
            GamesolveError: a setting is refused, the game is OpenSpiel's or has no horizon, or a role never has a choice.
        """
        if not isinstance(game, Game):
            raise GamesolveError(f"self-play learns gamesolve's own games; in {game} learn by psro")
        chosen = choose_settings(PPOSettings, {**DEFAULTS[method], **(settings or {})}, method)
        self.roles, self.budget = roles_of(game), budget
        options: dict[str, Any] = {"budget": budget, "settings": sized(chosen, budget), "device": device}
        first, second = (derived_seed(seed, "self-play", role) for role in self.roles)
        zero, one = start or (None, None)
        defender = PPO(Task.together(game, self.roles[0]), seed=first, start=zero, **options)
        self.sides = (defender, PPO(Task.together(game, self.roles[1]), seed=second, start=one, beside=defender, **options))
        for side in self.sides:
            # An update is made about when both have filled their rollouts.
            side.updates = before // (2 * side.sizes.rollout)
        self._averages = [copy.deepcopy(side.actor_critic.actors) for side in self.sides]

    @property
    def decisions(self) -> int:
        """Made so far, by all agents."""
        return self.sides[0].decisions

    def iterate(self) -> tuple[LearnerStep, ...]:
        """Play until the rollout of one side is full, and learn from those of both; a step for each role.

        Raises:
            GamesolveError: learning breaks down, or a role has nothing to decide.
        """
        done, sides = self.sides[0].done, self.sides
        for side in sides:
            side.collector.begin()
        while not any(side.collector.full for side in sides):
            for side in sides:
                side.collector.choose(side.decide, side.actor_critic.look)
            self._arena(0).simulator.advance(1)
            for k, side in enumerate(sides):
                self._arena(k).note()
                side.collector.credit()
        steps = tuple(side.learn(done) for side in sides)
        self._average()
        return steps

    @torch.no_grad()
    def _average(self) -> None:
        """Let the newest weights count for a RECENT-th part, or as much as each of those before where these are few."""
        for side, mean in zip(self.sides, self._averages, strict=True):
            share = max(1.0 / max(side.updates, 1), 1.0 / RECENT)
            for average, now in zip(mean.parameters(), side.actor_critic.actors.parameters(), strict=True):
                average.lerp_(now, share)

    def policies(self) -> tuple[Learnt, ...]:
        """Of both roles now, snapshots of the averaged networks."""
        return tuple(policy_of(side.task, side.features, mean) for side, mean in zip(self.sides, self._averages, strict=True))

    def state(self) -> dict[str, np.ndarray]:
        """All that what follows depends on."""
        found = {f"{role}/{name}": array for role, side in zip(self.roles, self.sides, strict=True) for name, array in side.state().items()}
        for role, mean in zip(self.roles, self._averages, strict=True):
            found |= {f"{role}/average-{k}": tensor.detach().cpu().numpy().copy() for k, tensor in enumerate(mean.parameters())}
        return found

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Go back to a `state`."""
        for role, side, mean in zip(self.roles, self.sides, self._averages, strict=True):
            with torch.no_grad():
                for k, tensor in enumerate(mean.parameters()):
                    tensor.copy_(torch.from_numpy(state[f"{role}/average-{k}"].copy()))
            side.restore({name.removeprefix(f"{role}/"): array for name, array in state.items() if name.startswith(f"{role}/")})

    def _arena(self, k: int) -> Arena:
        arena = self.sides[k].arena
        assert isinstance(arena, Arena)
        return arena


class Side:
    """One role of a self-play, as a learner: its policy is that of one side, both of which learn."""

    def __init__(self, task: Task, method: str, **options: Any) -> None:
        """
        Args:
            task: made by `Task.together`.
            options: of `SelfPlay`.

        Raises:
            GamesolveError: see `SelfPlay`.
        """
        self._play = SelfPlay(task.game, method, **options)
        self._index, self.budget = self._play.roles.index(task.role), self._play.budget

    @property
    def decisions(self) -> int:
        """Made so far, by all agents."""
        return self._play.decisions

    def iterate(self) -> LearnerStep:
        """Play and learn on both sides."""
        step = self._play.iterate()[self._index]
        # Who had nothing to learn from yet chose by no policy of any entropy.
        return replace(step, entropy=0.0) if np.isnan(step.entropy) else step

    def policy(self) -> Learnt:
        """Of the role now, a snapshot of the averaged networks."""
        return self._play.policies()[self._index]

    def state(self) -> dict[str, np.ndarray]:
        """Of both sides, without characters that an archive's files may not have."""
        return {name.replace("/", "|"): array for name, array in self._play.state().items()}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Go back to a `state`."""
        self._play.restore({name.replace("|", "/"): array for name, array in state.items()})
