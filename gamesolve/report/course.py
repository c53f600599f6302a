"""The course of play: exact probabilities of what is seen and done when two policies meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np

from gamesolve.base.compiled import explicit, specialise
from gamesolve.base.errors import GamesolveError
from gamesolve.report import forward as template
from gamesolve.rules.game import Game
from gamesolve.views import walk
from gamesolve.views.acting import ACTS, TABULAR, Acting, game_key
from gamesolve.views.tree_build import Walker

#: Plays less likely than these are left out, one after the other, until a pass fits the budget.
CUTOFFS = (0.0, 1e-9, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3)
BUDGET = 8_000_000


@dataclass(frozen=True)
class Course:
    """What happens when the two agents of a game follow their policies: S steps, A actions, W signals.

    All numbers are exact but for plays of total probability `left_out`, which were not followed to
    their ends.

    Attributes:
        seen: for each agent f8 [S + 1, W, V], probability that signal k has value v on arrival at step s; the
            last row is what would be seen after the last step, and zero where that was not asked for.
        done: f8 [S, 2, A], probability of each action at step s where its agent has a choice.
        rewards: f8 [S, 2], expected discounted reward of each role at step s.
        alive: f8 [S], probability that step s is played.
        reach: for each agent f8 [H], probability of each history of its table (empty without a table).
        sight: for each agent f8 [H, W], expected signals of the *other* agent given that history.
        left_out: probability of the plays left out.
    """

    seen: tuple[np.ndarray, np.ndarray]
    done: np.ndarray
    rewards: np.ndarray
    alive: np.ndarray
    reach: tuple[np.ndarray, np.ndarray]
    sight: tuple[np.ndarray, np.ndarray]
    left_out: float


def course_of(game: Game, acting: Sequence[Acting], *, longer: Game | None = None, budget: int = BUDGET) -> Course:
    """The course of play of a game with one agent a role.

    Args:
        acting: how each of the two agents acts; both follow a policy.
        longer: the same game with at least one epoch more, where what would be seen after the last epoch is wanted.
        budget: transitions that a pass may walk; where the game has more, the least likely plays are left out.

    Raises:
        GamesolveError: the game has no horizon or more than two agents, or even the likely plays exceed the budget.
    """
    if len(game.agents) != 2:
        raise GamesolveError(f"{game} has {len(game.agents)} agents; the course of play is worked out for one agent a role")
    for cutoff in CUTOFFS:
        walker = Walker(longer or game, list(acting))
        walker.make(histories=8, sets=8, leaves=1)
        totals = _totals(game, len(walker.arrays["book"].parent), longer is not None, cutoff=cutoff, budget=budget)
        if walker.call(_compiled(game, walker, totals), totals) == walk.DONE:
            return _course(game, acting, totals)
    raise GamesolveError(f"{game} has more than {budget:,} plays of probability {CUTOFFS[-1]} and more; its course is not worked out")


#: What the template takes from the walker's, which is bound to the game's rules.
FROM_WALKER = ("begin", "play", "arrive", "go_on", "turn_back")


def _compiled(game: Game, walker: Walker, totals: template.Totals) -> Any:
    """The forward pass bound to a game."""
    module = specialise(template.__name__, name=game_key(game), **{name: getattr(walker.module, name) for name in FROM_WALKER})
    types = [numba.typeof(array) for array in walker.arrays.values()]
    return explicit(module.forward, *types, ACTS, numba.typeof(totals))


def _columns(game: Game) -> np.ndarray:
    """i8 [2, W]: where the counts of each signal's values begin; -1 beyond an agent's own row."""
    column, free = np.full((2, game.width), -1, np.int64), 0
    for row, agent in zip(column, game.agents, strict=True):
        values = [signal.values for signal in agent.signals for _ in range(signal.count)]
        row[: len(values)] = free + np.cumsum([0, *values[:-1]])
        free += sum(values)
    return column


def _totals(game: Game, histories: int, longer: bool, *, cutoff: float, budget: int) -> template.Totals:
    values = sum(signal.values * signal.count for agent in game.agents for signal in agent.signals)
    steps = game.steps or 0
    return template.Totals(
        cutoff=cutoff,
        budget=budget,
        last=steps if longer else -1,
        column=_columns(game),
        seen=np.zeros((steps + 1, values)),
        done=np.zeros((steps, 2, game.actions)),
        rewards=np.zeros((steps, 2)),
        alive=np.zeros(steps),
        reach=np.zeros(histories),
        sight=np.zeros((histories, game.width)),
        left_out=np.zeros(1),
    )


def _course(game: Game, acting: Sequence[Acting], totals: Any) -> Course:
    sizes = [len(a.table.histories) if a.kind == TABULAR and a.table is not None else 0 for a in acting]
    # A history never reached has seen nothing: its sight is zero.
    sight = totals.sight / np.where(totals.reach > 0.0, totals.reach, 1.0)[:, None]
    weights = np.repeat(game.discounts, game.picks)[: len(totals.alive)]
    return Course(
        seen=(_by_signal(game, totals, 0), _by_signal(game, totals, 1)),
        done=totals.done,
        rewards=totals.rewards * weights[:, None],
        alive=totals.alive,
        reach=(totals.reach[: sizes[0]], totals.reach[sizes[0] :]),
        sight=(sight[: sizes[0]], sight[sizes[0] :]),
        left_out=float(totals.left_out[0]),
    )


def _by_signal(game: Game, totals: Any, agent: int) -> np.ndarray:
    values = [signal.values for signal in game.agents[agent].signals for _ in range(signal.count)]
    seen = np.zeros((len(totals.seen), len(values), max(values, default=1)))
    for k, count in enumerate(values):
        start = totals.column[agent, k]
        seen[:, k, :count] = totals.seen[:, start : start + count]
    return seen
