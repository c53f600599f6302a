"""What stationary mixtures of one role are worth in a stochastic game: the other role's decision process against them, to a proved bracket.

Against mixtures that never change the other role faces a Markov decision process, whose value is bracketed as in `value_iteration`
(MacQueen 1966). So a pair of mixtures comes with its exploitability, whoever found it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gamesolve.base.compiled import compiled
from gamesolve.base.errors import GamesolveError
from gamesolve.solvers.value_iteration import UNIT, offsets
from gamesolve.views.stochastic_game import StochasticGame

#: Passes in place between two that prove a bracket.
PASSES = 50


@dataclass(frozen=True, eq=False)
class Response:
    """The best that a role can do against the other's stationary mixtures.

    Attributes:
        lower, upper: f8 [S], brackets of what the responding role earns from each state on.
        actions: i4 [S], the action of its response in each state; -1 where the game is over.
    """

    lower: np.ndarray
    upper: np.ndarray
    actions: np.ndarray


def stationary_response(
    game: StochasticGame, role: int, policy: np.ndarray, *, gap: float = 1e-9, pause: Callable[[], None] = lambda: None
) -> Response:
    """The best response of a role in every state.

    Args:
        role: 0 for the defender, 1 for the attacker, who responds, to its own rewards.
        policy: f8 [P], the other role's mixtures, state after state (`offsets`).
        gap: width of the widest bracket, as a share of the largest value, or as much as rounding allows.
        pause: called now and then; what it raises ends the work.

    Raises:
        GamesolveError: the discount is 1, or these are no mixtures of the other role.
    """
    if game.discount >= 1.0:
        raise GamesolveError("stationary mixtures are judged where the discount is below 1, here it is 1")
    places = offsets(game, 1 - role)
    mixtures = np.asarray(policy, np.float64)
    if mixtures.shape != (places[-1],):
        raise GamesolveError(f"mixtures have shape {mixtures.shape}; ({places[-1]},) is needed, the actions of all states")
    sums = np.bincount(np.repeat(np.arange(len(game.states)), game.counts[1 - role]), mixtures, minlength=len(game.states))
    wrong = np.flatnonzero((np.abs(sums - 1.0) > 1e-9) & (game.counts[1 - role] > 0))
    if mixtures.min(initial=0.0) < 0.0 or not np.isfinite(mixtures).all() or len(wrong):
        where = f" in state {game.states[wrong[0]]!r}, where they sum to {sums[wrong[0]]:.9g}" if len(wrong) else ""
        raise GamesolveError(f"mixtures are probabilities that sum to 1 in every state, and these are not{where}")
    arrays = game.counts, game.first, game.reward[role].copy(), game.begin, game.target, game.chance, game.discount, places, mixtures, role
    return _solved(game, arrays, gap, pause)


def _solved(game: StochasticGame, arrays: tuple[object, ...], gap: float, pause: Callable[[], None]) -> Response:
    values, actions = np.zeros(len(game.states)), np.full(len(game.states), -1, np.int32)
    terms = int(np.diff(game.begin).max(initial=0)) + int(game.counts.sum(axis=0).max(initial=0))
    left, reward = 1.0 - game.discount, float(np.abs(game.reward).max(initial=0.0))
    best = np.inf
    while True:
        pause()
        for _ in range(PASSES):
            respond(*arrays, values, values, actions)
        after = np.zeros(len(values))
        respond(*arrays, values, after, actions)
        change, scale = after - values, float(np.abs(after).max(initial=0.0)) + reward
        error = 2.0 * UNIT * terms * scale
        down = (game.discount * min(float(change.min(initial=0.0)), 0.0) - error) / left
        up = (game.discount * max(float(change.max(initial=0.0)), 0.0) + error) / left
        values = after
        # Where passes no longer narrow it, rounding is all that is left.
        if up - down <= gap * max(scale, 1.0) or up - down >= best:
            return Response(after + down, after + up, actions)
        best = up - down


@compiled
def respond(counts, first, reward, begin, target, chance, discount, places, mixtures, role, values, after, actions):
    """A pass over all states: the best action of a role against the other's mixtures. Values before and after may be one array."""
    for s in range(first.size - 1):
        own, others, n = counts[role, s], counts[1 - role, s], counts[1, s]
        best, at = 0.0, -1
        for a in range(own):
            earned = 0.0
            for b in range(others):
                weight = mixtures[places[s] + b]
                if weight > 0.0:
                    joint = first[s] + (a * n + b if role == 0 else b * n + a)
                    total = 0.0
                    for e in range(begin[joint], begin[joint + 1]):
                        total += chance[e] * values[target[e]]
                    earned += weight * (reward[joint] + discount * total)
            if at < 0 or earned > best:
                best, at = earned, a
        after[s], actions[s] = best, at
