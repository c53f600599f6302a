"""Games as Gymnasium environments, for one agent whose opponents follow policies.

What is observed are the features of the agent's present signals, f4 [F]: one-hot, ordinal ones
scaled to [0, 1]. Which actions are legal stands in `info["action_mask"]` (i1 [A], for
`action_space.sample`) and in `action_masks()` (bool [A], for sb3-contrib's MaskablePPO). An illegal
one raises GamesolveError, since whoever chooses it has misread the mask. For learners that know no
masks, and for Gymnasium's `check_env`, which plays after a reset what it drew before, `replace_illegal`
plays the legal action of the lowest number instead.

Rewards are the role's own, undiscounted. A learner's return is the game's where its discount is
`game.discount` for each epoch; a game with several picks an epoch takes `game.picks` steps for one, and
pays on the last of them. A horizon is part of the game, and nothing is earned after it: reaching it is a
termination, and nothing is ever truncated. Nobody observes the end of an episode: the last observation
and mask are zeros.

`reset(seed=...)` starts episode 0 of that seed, the same as the simulator's; `reset()` goes on to the
next number. Without any seed one is drawn afresh.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gamesolve.base.errors import GamesolveError, missing_extra
from gamesolve.rules.game import Game
from gamesolve.views.acting import Acting, Drawn
from gamesolve.views.episodes import Episodes, fresh_seed, only_player, seen_features
from gamesolve.views.simulator import Simulator
from gamesolve.views.spaces import LegalActions, LegalRows, seen_space

try:
    import gymnasium
    from gymnasium.vector import AutoresetMode, VectorEnv
    from gymnasium.vector.utils import batch_space
except ImportError as error:
    raise missing_extra("gymnasium 1.1 or newer", "envs") from error


class GymnasiumEnv(gymnasium.Env[np.ndarray, np.int64]):
    """One agent's game against policies.

    Attributes:
        game: the game.
        agent: the agent that is chosen for.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 - declared so by Gymnasium

    def __init__(self, game: Game, acting: Sequence[Acting | Drawn], *, replace_illegal: bool = False) -> None:
        """
        Args:
            acting: how each of the N agents acts; one of them with `PLAYING`.
            replace_illegal: play the first legal action instead of an illegal one, which is refused otherwise.

        Raises:
            GamesolveError: not one for each agent, or another number of agents plays.
        """
        self.game, self.agent = game, only_player(game, acting)
        self.observation_space = seen_space(game.agents[self.agent])
        self.action_space: LegalActions = LegalActions(len(game.agents[self.agent].actions))
        self._episodes, self._replaces = Episodes(game, acting), replace_illegal

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin an episode; there are no options.

        Raises:
            GamesolveError: the seed is out of range.
        """
        super().reset(seed=seed)
        self._episodes.begin(seed)
        return self._seen()

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Play a step.

        Raises:
            GamesolveError: the action is illegal, and then nothing has changed; or no episode is being played.
        """
        if self._replaces and self.action_space.contains(action) and not self.action_space.mask[action]:
            action = int(self.action_space.mask.argmax())
        self._episodes.play({self.agent: action})
        seen, info = self._seen()
        return seen, self._episodes.reward(self.agent), self._episodes.over, False, info

    def action_masks(self) -> np.ndarray:
        """bool [A]: which actions are legal."""
        return self._episodes.mask(self.agent).astype(np.bool_)

    def _seen(self) -> tuple[np.ndarray, dict[str, Any]]:
        mask = self._episodes.mask(self.agent)
        self.action_space.mask = mask
        return self._episodes.seen(self.agent), {"action_mask": mask.copy()}


class GymnasiumVectorEnv(VectorEnv[np.ndarray, np.ndarray, np.ndarray]):
    """One agent's game against policies in B rows of one simulator; `num_envs` is B.

    Row b plays episodes b, b + B, b + 2B, ... of the seed. A row whose episode ends begins its next
    one in the same step (Gymnasium's SAME_STEP), as the simulator does. Actions, rewards and ends are
    [B], observations f4 [B, F], `info["action_mask"]` i1 [B, A], in the form of Gymnasium's own vector
    environments.

    Attributes:
        game: the game.
        agent: the agent that is chosen for.
    """

    metadata: dict[str, Any] = {"render_modes": [], "autoreset_mode": AutoresetMode.SAME_STEP}  # noqa: RUF012 - declared so by Gymnasium

    def __init__(self, game: Game, acting: Sequence[Acting | Drawn], *, num_envs: int, replace_illegal: bool = False) -> None:
        """
        Args:
            acting: how each of the N agents acts; one of them with `PLAYING`.
            num_envs: B, at least 1.
            replace_illegal: play the first legal action instead of an illegal one, which is refused otherwise.

        Raises:
            GamesolveError: not one for each agent, another number of agents plays, or B is out of range.
        """
        self.game, self.agent, self.num_envs = game, only_player(game, acting), num_envs
        self._acting, self._replaces, self._begun = acting, replace_illegal, False
        self._simulator = Simulator(game, num_envs, acting=acting)
        self._joint = np.zeros((num_envs, len(game.agents)), np.int64)
        agent = game.agents[self.agent]
        self.single_observation_space, self.single_action_space = seen_space(agent), LegalActions(len(agent.actions))
        self._features, self._actions = self.single_observation_space.shape[0], len(agent.actions)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space: LegalRows = LegalRows(num_envs, self._actions)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin an episode in every row: 0 to B - 1 of a seed, or without one numbers that no row has come to.

        Raises:
            GamesolveError: the seed is out of range or a list, or `options` ask for some rows only.
        """
        if options and "reset_mask" in options:
            raise GamesolveError("rows begin their next episode by themselves; reset_mask is for environments where they do not")
        if seed is not None and not isinstance(seed, (int, np.integer)):
            raise GamesolveError(f"seed is {seed!r}; one integer is needed, of which the streams of all rows are made")
        super().reset(seed=seed)
        if seed is None and not self._begun:
            seed = fresh_seed()
        if seed is None:
            self._simulator.reset(int(self._simulator.episodes.max()) + 1)
        else:
            self._simulator = Simulator(self.game, self.num_envs, seed=int(seed), acting=self._acting)
        self._begun = True
        return self._seen()

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Play a step in every row, with actions [B].

        Raises:
            GamesolveError: the shape is wrong or an action is illegal, and then nothing has changed; or nothing has been reset yet.
        """
        if not self._begun:
            raise GamesolveError("no episode is being played; reset begins them")
        given = np.asarray(actions)
        if given.shape != (self.num_envs,) or given.dtype.kind not in "iu":
            raise GamesolveError(f"actions are {given.dtype} of shape {given.shape}; integers of shape {(self.num_envs,)} are needed")
        self._joint[:, self.agent] = self._replaced(given) if self._replaces else given
        self._simulator.step(self._joint)
        seen, infos = self._seen()
        rewards = self._simulator.rewards[:, self.game.agent_roles[self.agent]].copy()
        ended = self._simulator.dones.copy()
        if ended.any():
            infos.update(self._ends(ended))
        return seen, rewards, ended, np.zeros(self.num_envs, np.bool_), infos

    def action_masks(self) -> np.ndarray:
        """bool [B, A]: which actions are legal."""
        return self._simulator.masks[:, self.agent, : self._actions].copy()

    def _replaced(self, actions: np.ndarray) -> np.ndarray:
        """Actions [B], the first legal one where one of the agent's actions is not legal."""
        inside = (actions >= 0) & (actions < self._actions)
        masks = self.action_masks()
        legal = masks[np.arange(self.num_envs), np.where(inside, actions, 0)]
        return np.where(inside & ~legal, masks.argmax(axis=1), actions)

    def _seen(self) -> tuple[np.ndarray, dict[str, Any]]:
        mask = self.action_masks().astype(np.int8)
        self.action_space.mask = mask
        seen = seen_features(self.game.agents[self.agent], self._simulator.observations[:, self.agent])
        return seen, {"action_mask": mask.copy(), "_action_mask": np.ones(self.num_envs, np.bool_)}

    def _ends(self, ended: np.ndarray) -> dict[str, Any]:
        """Last observations and infos of the rows that have `ended` (bool [B])."""
        rows = np.flatnonzero(ended)
        last = np.full(self.num_envs, None, dtype=object)
        for row, nothing in zip(rows, np.zeros((len(rows), self._features), np.float32), strict=True):
            last[row] = nothing
        masks = np.zeros((self.num_envs, self._actions), np.int8)
        infos = {"action_mask": masks, "_action_mask": ended.copy()}
        return {"final_obs": last, "_final_obs": ended.copy(), "final_info": infos, "_final_info": ended.copy()}
