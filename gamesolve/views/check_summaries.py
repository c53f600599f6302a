"""Signals that are declared summaries of the agent's own history, held to that.

A summary tells its agent nothing new: wherever the other signals and the own actions have been the same,
it is the same. On a small tree that is proved, in every point of it. Elsewhere it is tried: episodes are
played side by side in which an agent does and sees the same but for its summaries, and the others do what they like.
"""

from __future__ import annotations

import numpy as np

from gamesolve.base.errors import GamesolveError, TooLargeError
from gamesolve.rules.game import Game
from gamesolve.rules.scripted import Scripted
from gamesolve.rules.signals import summary_columns, width
from gamesolve.views.acting import PLAYING, RANDOMLY, Acting, scripted_acting
from gamesolve.views.plain import breach
from gamesolve.views.simulator import Simulator
from gamesolve.views.tree_build import walk_tree

#: Trees of about this many leaves or less are gone through whole, if they take no more than this many bytes.
LEAVES, MEMORY = 100_000, 2 * 10**8
#: Episodes played side by side elsewhere, steps played by all of them together, and the longest play of a game without horizon.
TOGETHER, STEPS, LONGEST = 64, 100_000, 200


class Pasts:
    """The own histories of an agent without its summaries, numbered, each with the row of signals that it showed first."""

    def __init__(self, game: Game, agent: int) -> None:
        self.game, self.agent = game, game.agents[agent]
        self._told = np.zeros(game.width, bool)
        self._told[: width(self.agent.signals)] = ~summary_columns(self.agent.signals)
        self._known: dict[tuple[int, int, bytes], tuple[int, np.ndarray]] = {}

    def follow(self, past: int, action: int, row: np.ndarray) -> int:
        """The past after another one (-1 at the start), an own action (-1 at the start) and the signals i2 [W] that follow.

        Raises:
            GamesolveError: the same past has shown another summary before.
        """
        key = (past, action, row[self._told].tobytes())
        if key not in self._known:
            self._known[key] = len(self._known), row.copy()
        number, first = self._known[key]
        if not np.array_equal(first, row):
            raise self._differs(first, row)
        return number

    def _differs(self, one: np.ndarray, two: np.ndarray) -> GamesolveError:
        """The error for two rows of signals that have the same past and differ in a summary."""
        position = int(np.flatnonzero(one != two)[0])
        start = 0
        for signal in self.agent.signals:
            if position < start + signal.count:
                break
            start += signal.count
        values = " and ".join(repr(signal.labels[row[position]]) if signal.labels else str(row[position]) for row in (one, two))
        place = f" at position {position - start}" if signal.count > 1 else ""
        return breach(
            self.game,
            f"signal {signal.name!r} of {self.agent.name!r} is declared a summary of its own history, but is {values}{place} "
            "where its other signals and its own actions have been the same",
        )


def check_summaries(game: Game, *, leaves: float, stream: np.random.Generator) -> tuple[int, int]:
    """Hold the signals declared as summaries to their declaration.

    Args:
        leaves: about how many the game's tree has; infinite without a horizon.
        stream: of the random plays, where the tree is too large to be gone through.

    Returns:
        How many summaries are declared, over all agents, and how many of them are proved.

    Raises:
        GamesolveError: at the first that is none, with its agent and the two values.
    """
    declared = proved = 0
    for agent, one in enumerate(game.agents):
        own = sum(signal.summary for signal in one.signals)
        if own:
            whole = leaves <= LEAVES and _prove(game, agent)
            if not whole:
                _try(game, agent, stream)
            declared, proved = declared + own, proved + own * whole
    return declared, proved


def _prove(game: Game, agent: int) -> bool:
    """Go through all own histories of an agent; False where the tree is too large after all."""
    acting = [PLAYING if i == agent else RANDOMLY for i in range(len(game.agents))]
    try:
        histories = walk_tree(game, acting, memory=MEMORY).histories
    except TooLargeError:
        return False
    assert histories is not None
    pasts, numbers = Pasts(game, agent), np.full(len(histories), -1)
    for h, (parent, action, row) in enumerate(zip(histories.parent.tolist(), histories.action.tolist(), histories.signals, strict=True)):
        numbers[h] = pasts.follow(int(numbers[parent]) if parent >= 0 else -1, action, row)
    return True


def _try(game: Game, agent: int, stream: np.random.Generator) -> None:
    """Play episodes side by side in which an agent has the same past, against opponents at random and of every scripted kind."""
    others = [None, *(policy for policy in game.policies if policy.role != game.agents[agent].role)]
    pasts = Pasts(game, agent)
    for policy in others:
        acting = [PLAYING if i == agent else _other(game, i, policy) for i in range(len(game.agents))]
        _play(Simulator(game, TOGETHER, seed=int(stream.integers(2**62)), acting=acting), pasts, agent, STEPS // len(others), stream)


def _other(game: Game, i: int, policy: Scripted | None) -> Acting:
    """How another agent acts: by a scripted policy of its role, else at random."""
    return scripted_acting(game, i, policy, policy.settings()) if policy and policy.role == game.agents[i].role else RANDOMLY


def _play(simulator: Simulator, pasts: Pasts, agent: int, steps: int, stream: np.random.Generator) -> None:
    """Play about so many steps, over all episodes; those played side by side share the agent's past."""
    game, actions = simulator.game, np.zeros(simulator.actions.shape, np.int32)
    episode = played = 0
    while played < steps:
        simulator.reset(episode)
        episode += TOGETHER
        going, past, action = np.arange(TOGETHER), -1, -1
        for _ in range(game.steps or LONGEST):
            numbers = np.array([pasts.follow(past, action, row) for row in simulator.observations[going, agent]])
            past = int(stream.choice(numbers))
            _go_on_from(simulator, stream.choice(going[numbers == past], TOGETHER))
            action = int(stream.choice(np.flatnonzero(simulator.masks[0, agent])))
            actions[:, agent] = action
            simulator.step(actions)
            going = np.flatnonzero(~simulator.dones)
            played += TOGETHER
            if not len(going):
                break


def _go_on_from(simulator: Simulator, chosen: np.ndarray) -> None:
    """Let every row stand where the row i8 [B] chosen for it stands, but go on by the random streams of its own."""
    streams = simulator.rows["streams"].copy()
    simulator.rows[:] = simulator.rows[chosen]
    simulator.rows["streams"] = streams
