"""Policies across the border: ours played from outside, and anyone's function played in here."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from gamesolve.base.errors import GamesolveError
from gamesolve.evaluate.play import Play
from gamesolve.evaluate.resolve import as_played, resolve
from gamesolve.rules.game import Game
from gamesolve.views.acting import PLAYING
from gamesolve.views.problem import problem_of
from gamesolve.views.simulator import Simulator

#: What plays from outside: the agent's signals i2 [W] and legal actions bool [A] to an action.
Choose = Callable[[np.ndarray, np.ndarray], int]


class Player:
    """A policy of ours that is told what its agent sees and says what it does, one step at a time.

    For use inside another simulator of the same game. It draws as in an episode of ours of the same
    seed and number, so equal signals bring equal actions.
    """

    def __init__(self, game: Game, policy: Any, *, role: str | None = None, seed: int = 0, allow_code: bool = False) -> None:
        """
        Args:
            policy: a policy, or words that name one (see `resolve`).
            role: which role it plays, where it does not say so itself.
            allow_code: whether the code of a module may be run that words name.

        Raises:
            GamesolveError: the policy is unknown, damaged or for another game, or its role is not
                known or is a team.
        """
        problem = problem_of(game)
        found = resolve(problem, policy, role, allow_code=allow_code)
        if len(found) != 1:
            raise GamesolveError(f"{policy!r} holds policies of {' and '.join(found)}; say which by role=")
        ((self.role, named),) = found.items()
        chosen = as_played(problem, named, self.role)
        self.agent, *more = game.agents_of(self.role)
        if more:
            raise GamesolveError(f"{game} has {1 + len(more)} {self.role}s; a player stands for one agent")
        acting = [chosen.acting(game, i) if i == self.agent else PLAYING for i in range(len(game.agents))]
        self._simulator = Simulator(game, 1, seed=seed, acting=acting)
        self.begin()

    def begin(self, episode: int = 0) -> None:
        """Start an episode."""
        self._simulator.reset(episode)

    def act(self, signals: np.ndarray, mask: np.ndarray | None = None) -> int:
        """The action after the agent has seen `signals` i2 [W]; `mask` bool [A], or None where all its actions are legal.

        Raises:
            GamesolveError: a shape is wrong, or the policy chooses what is not legal.
        """
        own = len(self._simulator.game.agents[self.agent].actions)
        return self._simulator.choose(self.agent, signals, np.ones(own, np.bool_) if mask is None else mask)


def play_with(
    game: Game, role: str, begin: Callable[[int], Choose], *, opponent: Any, episodes: int, seed: int = 0, allow_code: bool = False
) -> Play:
    """Play a Python function against a policy of ours.

    Args:
        role: which the function plays; a single agent.
        begin: called with the number of each episode; returns the function that chooses in it.
        opponent: the other role's policy, or words that name one.
        allow_code: whether the code of a module may be run that the words name.

    Raises:
        GamesolveError: the role is unknown or a team, the game has no horizon, the opponent is not to be
            had, a number is out of range, or the function chooses what is not legal.
    """
    problem = problem_of(game)
    if role not in problem.roles or len(game.agents_of(role)) != 1 or game.horizon is None:
        raise GamesolveError(f"a function cannot play role {role!r} of {game}; it needs a horizon, and a role of one agent")
    if not 1 <= episodes <= 10**9:
        raise GamesolveError(f"the number of episodes is {episodes!r}; it lies in 1 to 1,000,000,000")
    other = problem.roles[1 - problem.roles.index(role)]
    theirs = as_played(problem, resolve(problem, opponent, other, allow_code=allow_code)[other], other)
    (agent,) = game.agents_of(role)
    acting = tuple(PLAYING if i == agent else theirs.acting(game, i) for i in range(len(game.agents)))
    simulator = Simulator(game, 1, seed=seed, acting=acting)
    returns, decisions, steps, started = np.zeros((episodes, 2)), 0, 0, time.perf_counter()
    for episode in range(episodes):
        simulator.reset(episode)
        returns[episode] = _episode(simulator, agent, begin(episode))
        decisions, steps = decisions + simulator.decisions, steps + simulator.joint_steps
    return Play(returns, decisions, steps, time.perf_counter() - started, "episodes", acting)


def _episode(simulator: Simulator, agent: int, choose: Choose) -> np.ndarray:
    """Discounted returns f8 [2] of the episode that stands at its beginning in row 0."""
    game, returns = simulator.game, np.zeros(2)
    actions = np.zeros((1, len(game.agents)), np.int64)
    while True:
        epoch = int(simulator.epochs[0])
        actions[0, agent] = choose(simulator.observations[0, agent].copy(), simulator.masks[0, agent].copy())
        simulator.step(actions)
        returns += game.discounts[epoch] * simulator.rewards[0]
        if simulator.dones[0]:
            return returns
