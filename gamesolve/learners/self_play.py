"""Self-play: both roles learn in the same episodes, each against what the other is at the time.

By itself that may go round in circles; regularised it comes to rest: a bonus for entropy, and the reverse KL to the policy before
(magnetic mirror descent, Sokota et al. 2023), with weights that let it end at an equilibrium. The policies that there are in the
end are the answer, not their average.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gamesolve.base.errors import GamesolveError
from gamesolve.base.seeds import derived_seed
from gamesolve.learners.arena import Arena
from gamesolve.learners.learner import LearnerStep, Learnt
from gamesolve.learners.ppo import PPO
from gamesolve.learners.settings import PPOSettings, choose_settings
from gamesolve.learners.task import Task, roles_of
from gamesolve.rules.game import Game

#: What self-play chooses other than a response does. PPO keeps a bonus for entropy (Rudolph et al. 2025); for MMD advantages are as they
#: are, returns count to the end of the episode, and the weights follow a schedule of roots.
DEFAULTS: dict[str, dict[str, Any]] = {
    "ppo": {"entropy": 0.1, "entropy_end": 0.05},
    "mmd": {"entropy": 0.3, "kl": 0.3, "schedule": "root", "trace": 1.0},
}


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
        self, game: Game, method: str, *, budget: int, settings: dict[str, Any] | None = None, seed: int = 0, device: str = "cpu"
    ) -> None:  # fmt: skip
        """
        Args:
            game: with a horizon; zero-sum games are where it comes to rest.
            method: `ppo` or `mmd`.
            settings: of PPO, what shall be other than the method's.

        Raises:
            GamesolveError: a setting is refused, the game is OpenSpiel's or has no horizon, or a role never has a choice.
        """
        if not isinstance(game, Game):
            raise GamesolveError(f"self-play learns gamesolve's own games; in {game} learn by psro")
        chosen = choose_settings(PPOSettings, {**DEFAULTS[method], **(settings or {})}, method)
        self.roles, self.budget = roles_of(game), budget
        options: dict[str, Any] = {"budget": budget, "settings": sized(chosen, budget), "device": device}
        first, second = (derived_seed(seed, "self-play", role) for role in self.roles)
        defender = PPO(Task.together(game, self.roles[0]), seed=first, **options)
        self.sides = (defender, PPO(Task.together(game, self.roles[1]), seed=second, beside=defender, **options))

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
        return tuple(side.learn(done) for side in sides)

    def policies(self) -> tuple[Learnt, ...]:
        """Of both roles now, snapshots."""
        return tuple(side.policy() for side in self.sides)

    def state(self) -> dict[str, np.ndarray]:
        """All that what follows depends on."""
        return {f"{role}/{name}": array for role, side in zip(self.roles, self.sides, strict=True) for name, array in side.state().items()}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Go back to a `state`."""
        for role, side in zip(self.roles, self.sides, strict=True):
            side.restore({name.removeprefix(f"{role}/"): array for name, array in state.items() if name.startswith(f"{role}/")})

    def _arena(self, k: int) -> Arena:
        arena = self.sides[k].arena
        assert isinstance(arena, Arena)
        return arena
