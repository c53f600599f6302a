"""Blocks of a meta-game played: every policy of some defenders against every one of some attackers, side by side in one simulator.

Episode e of a block is one of its entry e mod (d k), so all entries have the same number of episodes, and the networks
of a population are evaluated together.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np

from gamesolve.base.executors import InProcess, in_order, or_raised
from gamesolve.learners.candidates import TOGETHER, play_out
from gamesolve.learners.task import roles_of
from gamesolve.psro.meta_game import Block
from gamesolve.rules.game import Game
from gamesolve.views.acting import Drawn

if TYPE_CHECKING:
    from gamesolve.views.turn_based import TurnBased


def play_block(
    game: Game | TurnBased,
    populations: tuple[Sequence[Any], Sequence[Any]],
    block: Block,
    *,
    seed: int,
    pause: Callable[[], None] | None = None,
    workers: Executor | None = None,
) -> np.ndarray:
    """Returns f8 [episodes, d, k, 2] of a block, by role.

    Args:
        populations: the policies of both roles, of which the block names some.
        seed: of the meta-game; an episode depends on it and on its own number only.
        pause: called between two parts of the work; what it raises ends it.
        workers: who play; the episodes are shared out among them.

    Raises:
        GamesolveError: a policy fails, or an episode has no end.
    """
    d, k = len(block.defenders), len(block.attackers)
    chosen = [populations[0][n] for n in block.defenders.tolist()], [populations[1][n] for n in block.attackers.tolist()]
    workers = workers or InProcess()
    here = functools.partial(_part, pause=pause) if isinstance(workers, InProcess) else _part
    share = min(-(-block.size // getattr(workers, "size", 1)), TOGETHER)
    jobs = [(game, chosen, block.first + n, min(share, block.size - n), seed) for n in range(0, block.size, share)]
    returns = np.concatenate([or_raised(part) for part in in_order(workers, here, jobs, pause)])
    entry = (block.first + np.arange(block.size)) % (d * k)
    ordered = returns[np.argsort(entry, kind="stable")].reshape(d, k, block.episodes, 2)
    return np.asarray(ordered.transpose(2, 0, 1, 3))


def _part(
    game: Game | TurnBased,
    chosen: tuple[Sequence[Any], Sequence[Any]],
    first: int,
    episodes: int,
    seed: int,
    pause: Callable[[], None] | None = None,
) -> np.ndarray:
    """Returns f8 [episodes, 2] of some of a block's episodes, between the policies that it names."""
    # Attackers take turns episode by episode, and defenders once all of them have had theirs.
    turns, roles = (len(chosen[1]), 1), roles_of(game)
    acting = []
    for i, agent in enumerate(game.agents):
        role = roles.index(agent.role)
        ways = tuple(policy.acting(game, i) for policy in chosen[role])
        acting.append(Drawn(ways, np.full(len(ways), 1.0 / len(ways)), turns=turns[role]))
    return play_out(game, acting, episodes=episodes, seed=seed, first=first, pause=pause)
