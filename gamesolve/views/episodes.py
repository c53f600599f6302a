"""`Episodes`: a game played one episode after another, by whoever chooses for its playing agents."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gamesolve.base.errors import GamesolveError, first_few
from gamesolve.rules.game import Agent, Game
from gamesolve.rules.signals import features
from gamesolve.views.acting import PLAYS, Acting, Drawn
from gamesolve.views.simulator import Simulator


class Episodes:
    """Episodes 0, 1, 2, ... of a seed, one at a time: those of a `Simulator` of the same seed.

    Attributes:
        game: the game.
        players: agents that are chosen for from outside.
        over: whether the present episode has ended, or none has begun.
    """

    def __init__(self, game: Game, acting: Sequence[Acting | Drawn]) -> None:
        """
        Args:
            acting: how each of the N agents acts.

        Raises:
            GamesolveError: not one for each agent, or nobody plays.
        """
        self.game, self.players, self.over = game, players(game, acting), True
        self._acting, self._number = acting, -1
        # What there is to compile is compiled here, so that no episode waits for it.
        self._simulator = Simulator(game, 1, acting=acting)

    def begin(self, seed: int | None) -> None:
        """Start episode 0 of a seed, or without one the next episode; raises GamesolveError where the seed is out of range."""
        if seed is None and self._number < 0:
            seed = fresh_seed()
        if seed is not None:
            self._simulator, self._number = Simulator(self.game, 1, seed=seed, acting=self._acting), -1
        self._number += 1
        self._simulator.reset(self._number, last=self._number + 1)
        self.over = False

    def play(self, actions: Mapping[int, Any]) -> None:
        """Play a step, with an action for each player.

        Raises:
            GamesolveError: the episode is over or an action is illegal; nothing has changed then.
        """
        if self.over:
            raise GamesolveError("no episode is being played; reset begins one")
        joint = np.zeros((1, len(self.game.agents)), np.int64)
        for agent, action in actions.items():
            joint[0, agent] = self._legal(agent, action)
        self._simulator.step(joint)
        self.over = bool(self._simulator.dones[0])

    def seen(self, agent: int) -> np.ndarray:
        """Features f4 [F] of what an agent sees; zeros once the episode is over, since nobody observes its end."""
        found = seen_features(self.game.agents[agent], self._simulator.observations[:, agent])[0]
        return np.zeros_like(found) if self.over else found

    def mask(self, agent: int) -> np.ndarray:
        """i1 [A]: 1 where an action of the agent is legal; zeros once the episode is over."""
        own = self._simulator.masks[0, agent, : len(self.game.agents[agent].actions)]
        return np.zeros(len(own), np.int8) if self.over else own.astype(np.int8)

    def reward(self, agent: int) -> float:
        """Of the last step, of the agent's role, undiscounted."""
        return float(self._simulator.rewards[0, self.game.agent_roles[agent]])

    def _legal(self, agent: int, action: Any) -> int:
        legal = np.flatnonzero(self.mask(agent)).tolist()
        try:
            index = operator.index(action)
        except TypeError:
            index = -1
        if index not in legal:
            raise GamesolveError(f"action {action!r} of agent {self.game.agents[agent].name!r} is not legal; legal are {first_few(legal)}")
        return index


def players(game: Game, acting: Sequence[Acting | Drawn]) -> tuple[int, ...]:
    """The agents that are chosen for from outside; raises GamesolveError where there is none, or not one way of acting an agent."""
    if len(acting) != len(game.agents):
        raise GamesolveError(f"{game} has {len(game.agents)} agents; {len(acting)} ways of acting were given")
    found = tuple(i for i, a in enumerate(acting) if isinstance(a, Acting) and a.kind == PLAYS)
    if not found:
        raise GamesolveError(f"every agent of {game} follows a policy; at least one must be left to play")
    return found


def only_player(game: Game, acting: Sequence[Acting | Drawn]) -> int:
    """The one agent that is chosen for from outside; raises GamesolveError where there is another number of them."""
    first, *more = players(game, acting)
    if more:
        names = [game.agents[i].name for i in (first, *more)]
        raise GamesolveError(f"agents {names} of {game} follow no policy; one alone can be trained here (a PettingZoo environment has all)")
    return first


def seen_features(agent: Agent, rows: np.ndarray) -> np.ndarray:
    """Features f4 [B, F] for an agent's rows of signals i2 [B, W]; a single zero for one who sees nothing, since networks need an input."""
    found = features(agent.signals, rows)
    return found if found.shape[1] else np.zeros((len(rows), 1), np.float32)


def fresh_seed() -> int:
    """A seed from the operating system: who gives an environment no seed asks for one that differs every time."""
    return int(np.random.default_rng().integers(2**63))
