"""Games as PettingZoo parallel environments.

Each playing agent observes {"observation": features f4 [F] of its present signals, "action_mask":
i1 [A]}; all agents act in every step, one without a choice by its single legal action. Rewards, ends,
seeds and the last observation are as in `gamesolve.views.gymnasium`. All agents end together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gamesolve.base.errors import GamesolveError, missing_extra, unknown_name
from gamesolve.rules.game import Game
from gamesolve.views.acting import PLAYING, Acting, Drawn
from gamesolve.views.episodes import Episodes
from gamesolve.views.spaces import LegalActions, mask_space, seen_space

try:
    from gymnasium.spaces import Dict
    from pettingzoo import ParallelEnv
except ImportError as error:
    raise missing_extra("pettingzoo", "envs") from error

Seen = dict[str, np.ndarray]


class PettingZooEnv(ParallelEnv[str, Seen, int]):
    """A game for all its agents, or for those that follow no policy.

    Attributes:
        game: the game.
        possible_agents: names of the playing agents.
        agents: the same while an episode is being played, none after it.
    """

    def __init__(self, game: Game, acting: Sequence[Acting | Drawn] | None = None) -> None:
        """
        Args:
            acting: how each of the N agents acts; all play unless given.

        Raises:
            GamesolveError: not one for each agent, or nobody plays.
        """
        self.game = game
        self.metadata = {"name": f"gamesolve_{game.name}_v{game.version}", "render_modes": []}
        self.render_mode = None
        self._episodes = Episodes(game, acting or [PLAYING] * len(game.agents))
        self._index = {game.agents[i].name: i for i in self._episodes.players}
        self.possible_agents = list(self._index)
        self.agents: list[str] = []
        described = {name: game.agents[i] for name, i in self._index.items()}
        self.observation_spaces = {n: Dict({"observation": seen_space(a), "action_mask": mask_space(a)}) for n, a in described.items()}
        self.action_spaces = {name: LegalActions(len(agent.actions)) for name, agent in described.items()}

    def observation_space(self, agent: str) -> Dict:
        """What an agent observes; raises GamesolveError where nobody of that name plays."""
        return self.observation_spaces[self._known(agent)]

    def action_space(self, agent: str) -> LegalActions:
        """What an agent can do; raises GamesolveError where nobody of that name plays."""
        return self.action_spaces[self._known(agent)]

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[dict[str, Seen], dict[str, dict[str, Any]]]:
        """Begin an episode; there are no options.

        Raises:
            GamesolveError: the seed is out of range.
        """
        self._episodes.begin(seed)
        self.agents = list(self.possible_agents)
        return self._seen(), {name: {} for name in self.agents}

    def step(
        self, actions: Mapping[str, Any]
    ) -> tuple[dict[str, Seen], dict[str, float], dict[str, bool], dict[str, bool], dict[str, dict[str, Any]]]:
        """Play a step.

        Raises:
            GamesolveError: an action is illegal, or not one was given for each agent, and then nothing has
                changed; or no episode is being played.
        """
        if self.agents and set(actions) != set(self.agents):
            raise GamesolveError(f"actions are given for {list(actions)}; one each is needed for {self.agents}")
        self._episodes.play({self._index[name]: action for name, action in actions.items()} if self.agents else {})
        over, names = self._episodes.over, self.possible_agents
        self.agents = [] if over else list(names)
        rewards = {name: self._episodes.reward(i) for name, i in self._index.items()}
        return self._seen(), rewards, dict.fromkeys(names, over), dict.fromkeys(names, False), {name: {} for name in names}

    def render(self) -> None:
        """Nothing is drawn; reports do that."""

    def _seen(self) -> dict[str, Seen]:
        found = {}
        for name, i in self._index.items():
            mask = self._episodes.mask(i)
            self.action_spaces[name].mask = mask
            found[name] = {"observation": self._episodes.seen(i), "action_mask": mask.copy()}
        return found

    def _known(self, agent: str) -> str:
        if agent not in self._index:
            raise unknown_name(f"playing agent of {self.game.name}", agent, self.possible_agents)
        return agent
