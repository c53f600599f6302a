"""Episodes played again, step by step, for people to look at."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gamesolve.rules.game import Game
from gamesolve.rules.signals import width
from gamesolve.views.acting import Acting, Drawn
from gamesolve.views.simulator import Simulator

#: Epochs of an episode that are kept at most.
LONGEST = 500


@dataclass(frozen=True)
class Frame:
    """A point of play: an episode's start, or how an epoch left it.

    Attributes:
        actions: for each agent those that it chose in the epoch; none where it had no choice.
        rewards: of the epoch, by role.
        returns: so far, discounted, by role.
        signals: each agent's row; none where the game draws a picture instead, or nobody looked any more.
        picture: what `Game.picture` says, or None.
    """

    actions: list[list[int]]
    rewards: list[float]
    returns: list[float]
    signals: list[list[int]]
    picture: dict[str, Any] | None


@dataclass(frozen=True)
class Replay:
    """An episode again.

    Attributes:
        why: `typical`, `worst` or `best`, by the return of the role that is looked at.
        episode: its number.
        returns: of the whole episode, by role.
        frames: its start and its epochs, the first `LONGEST` of them.
        whole: no epoch is left out.
    """

    why: str
    episode: int
    returns: list[float]
    frames: list[Frame]
    whole: bool


def telling_episodes(returns: np.ndarray) -> dict[str, int]:
    """Which of the episodes to look at, by a role's return f8 [n].

    `typical` is closest to the median; `worst` and `best` are left out where they earned no other
    return than one before. Of equal episodes the first is taken.
    """
    column = returns.round(9)
    found: dict[str, int] = {}
    for why, distance in (("typical", np.abs(column - np.median(column))), ("worst", column), ("best", -column)):
        episode = int(distance.argmin())
        if column[episode] not in column[list(found.values())]:
            found[why] = episode
    return found


def replay(game: Game, acting: Sequence[Acting | Drawn], *, seed: int, why: str, episode: int, returns: np.ndarray) -> Replay:
    """Play an episode again and keep every epoch of it.

    Args:
        acting: how each agent acts, as when the episode was first played.
        returns: f8 [2], what the episode earned.
    """
    # A picture shows what the last epoch let be seen too, which is drawn only where the game goes on.
    longer = dataclasses.replace(game, horizon=game.horizon + 1) if game.picture and game.horizon else game
    simulator = Simulator(longer, 1, seed=seed, acting=acting)
    simulator.reset(episode, last=episode + 1)
    frames = [_frame(simulator, [[] for _ in game.agents], np.zeros(2))]
    while not simulator.dones[0] and len(frames) <= min(game.horizon or LONGEST, LONGEST):
        frames.append(_next_frame(simulator))
    whole = bool(simulator.dones[0]) or len(frames) - 1 == game.horizon
    return Replay(why, episode, [float(r) for r in returns], frames, whole)


def _next_frame(simulator: Simulator) -> Frame:
    """Play an epoch, all its picks, in row 0."""
    chosen: list[list[int]] = [[] for _ in simulator.game.agents]
    rewards = np.zeros(2)
    for _ in range(simulator.game.picks):
        choice = simulator.masks[0].sum(axis=1) > 1
        simulator.advance(1)
        rewards += simulator.rewards[0]
        for agent in np.flatnonzero(choice):
            chosen[agent].append(int(simulator.rows["actions"][0, agent]))
        if simulator.dones[0]:
            break
    return _frame(simulator, chosen, rewards)


def _frame(simulator: Simulator, actions: list[list[int]], rewards: np.ndarray) -> Frame:
    game, row = simulator.game, simulator.rows[0]
    looked = game.picture is None and not row["done"]
    return Frame(
        actions,
        rewards.tolist(),
        row["returns"].tolist(),
        [row["signals"][k, : width(agent.signals)].tolist() for k, agent in enumerate(game.agents)] if looked else [],
        None if game.picture is None else game.picture(row),
    )
