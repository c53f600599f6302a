"""Leaders who commit first: strong Stackelberg equilibria of matrix games and, state by state, of stochastic games.

For each action of the follower a linear program looks for the leader's mixture that is best for the leader among those to which that
action is a best answer; the best of them is the equilibrium, in which ties of the follower go to the leader (Conitzer and Sandholm 2006,
multiple LPs). In a stochastic game the stage games of a sweep are solved so (strong Stackelberg value iteration; Vorobeychik and Singh 2012
show that it need not converge, and that what it converges to need not be best among stationary commitments).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from gamesolve.base.errors import GamesolveError
from gamesolve.solvers.matrix import checked_payoffs, distribution
from gamesolve.solvers.sequence_form import simplex_options
from gamesolve.solvers.value_iteration import offsets
from gamesolve.views.stochastic_game import StochasticGame


@dataclass(frozen=True, eq=False)
class Commitment:
    """A mixture to which the leader commits, and the follower's answer.

    Attributes:
        leader: f8 [m]; follower: the number of the follower's action.
        values: what leader and follower earn.
        regret: what another action would earn the follower more; 0, to rounding.
    """

    leader: np.ndarray
    follower: int
    values: tuple[float, float]
    regret: float


def strong_stackelberg(leader: np.ndarray, follower: np.ndarray) -> Commitment:
    """The strong Stackelberg equilibrium of payoffs f8 [m, n] of the leader, who chooses rows, and the follower.

    Raises:
        GamesolveError: no two matrices of finite numbers of one shape, or the library reports no optimum for any answer.
    """
    own, other = checked_payoffs(leader), checked_payoffs(follower)
    if own.shape != other.shape:
        raise GamesolveError(f"payoffs have shapes {own.shape} and {other.shape}; both players' are of one shape")
    found = [one for j in range(own.shape[1]) if (one := _committed(own, other, j)) is not None]
    if not found:
        raise GamesolveError(f"no answer of the follower is a best one in a game of {own.shape[0]} by {own.shape[1]}, says the library")
    return max(found, key=lambda one: one.values[0])


def _committed(own: np.ndarray, other: np.ndarray, j: int) -> Commitment | None:
    """The best mixture to which the follower's action j is a best answer; None where there is none."""
    scale = max(float(np.abs(own).max()), np.finfo(np.float64).tiny)
    gains = np.delete(other - other[:, [j]], j, axis=1).T
    wide = max(float(np.abs(gains).max(initial=0.0)), np.finfo(np.float64).tiny)
    m = len(own)
    found = linprog(
        -own[:, j] / scale,
        A_ub=gains / wide if len(gains) else None,
        b_ub=np.zeros(len(gains)) if len(gains) else None,
        A_eq=np.ones((1, m)),
        b_eq=np.ones(1),
        method="highs-ds",
        options=simplex_options(None),
    )
    if found.status != 0:
        return None
    mixture = distribution(found.x)
    answers = mixture @ other
    return Commitment(mixture, j, (float(mixture @ own[:, j]), float(answers[j])), float(answers.max() - answers[j]))


@dataclass(frozen=True, eq=False)
class StackelbergSweep:
    """What is known after a sweep.

    Attributes:
        number: of sweeps so far.
        values: f8 [2, S], of leader and follower.
        leader: f8 [P], the leader's mixtures, state after state (`offsets`); follower: i4 [S], its actions, -1 where the game is over.
        moved: the largest change of a value in the sweep.
    """

    number: int
    values: np.ndarray
    leader: np.ndarray
    follower: np.ndarray
    moved: float


def stackelberg_iteration(game: StochasticGame, *, leader: int = 0) -> Iterator[StackelbergSweep]:
    """Sweeps of strong Stackelberg value iteration, for as long as they are asked for; whether they converge `moved` shows.

    Args:
        leader: 0 for the defender, 1 for the attacker.

    Raises:
        GamesolveError: the discount is 1.
    """
    if game.discount >= 1.0:
        raise GamesolveError("a game without a horizon needs a discount below 1, here it is 1")
    return _sweeps(game, leader)


def _sweeps(game: StochasticGame, leader: int) -> Iterator[StackelbergSweep]:
    states, places = range(len(game.states)), offsets(game, leader)
    values, number = np.zeros((2, len(game.states))), 0
    while True:
        after, mixtures, follower = np.zeros_like(values), np.zeros(places[-1]), np.full(len(game.states), -1, np.int32)
        for s in states:
            if game.first[s] < game.first[s + 1]:
                stage = [_stage(game, role, s, values[k]) for k, role in enumerate((leader, 1 - leader))]
                best = strong_stackelberg(*(one if leader == 0 else one.T for one in stage))
                mixtures[places[s] : places[s + 1]], follower[s], after[:, s] = best.leader, best.follower, best.values
        moved, values, number = float(np.abs(after - values).max()), after, number + 1
        yield StackelbergSweep(number, values, mixtures, follower, moved)


def _stage(game: StochasticGame, role: int, s: int, values: np.ndarray) -> np.ndarray:
    """f8 [m, n], what a role earns in a state by each joint action, and from there on."""
    joint = range(game.first[s], game.first[s + 1])
    expected = [game.chance[own] @ values[game.target[own]] for j in joint for own in [slice(game.begin[j], game.begin[j + 1])]]
    return (game.reward[role, joint.start : joint.stop] + game.discount * np.array(expected)).reshape(game.counts[:, s])
