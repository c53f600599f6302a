"""Meta-strategies by dynamics of two populations: projected replicator and regret matching.

Both let the two roles adapt at the same time, from uniform mixtures, and return the average over time. In a
zero-sum meta-game the averages of regret matching approach an equilibrium; elsewhere the average of joint play
approaches the coarse correlated equilibria, and its margins are used.
"""

from __future__ import annotations

import numpy as np

from gamesolve.base.compiled import compiled
from gamesolve.base.errors import GamesolveError
from gamesolve.psro.meta_strategy import MetaStrategy, checked


def projected_replicator(payoffs: np.ndarray, *, steps: int = 50_000, size: float = 1e-3, least: float = 1e-6) -> MetaStrategy:
    """Projected replicator dynamics (Lanctot et al. 2017, appendix D).

    Each policy's probability grows by how much more it earns than its population does; then the mixture is
    projected onto those in which every policy has at least `least`, so that none dies out.

    Args:
        payoffs: f8 [2, D, K].
        steps: of the dynamics; size: of a step, times the payoffs.

    Raises:
        GamesolveError: no meta-game, or `least` leaves no mixture.
    """
    defender, attacker = checked(payoffs)
    if not 0.0 <= least * max(defender.shape) <= 1.0:
        raise GamesolveError(f"least is {least!r}; with {max(defender.shape)} policies it is 0 to {1.0 / max(defender.shape):g}")
    return MetaStrategy.independent(*replicate(defender, np.ascontiguousarray(attacker.T), steps, size, least))


def regret_matching(payoffs: np.ndarray, *, steps: int = 50_000) -> MetaStrategy:
    """Regret matching of both roles at once (Hart and Mas-Colell 2000).

    Args:
        payoffs: f8 [2, D, K].

    Raises:
        GamesolveError: no meta-game.
    """
    defender, attacker = checked(payoffs)
    return MetaStrategy.independent(*match_regrets(defender, np.ascontiguousarray(attacker.T), steps))


@compiled(allocates=True)
def replicate(one, two, steps, size, least):
    """Averages f8 [D] and f8 [K] of the dynamics, for payoffs one f8 [D, K] and two f8 [K, D], each of its own role by row."""
    x, y = np.full(one.shape[0], 1.0 / one.shape[0]), np.full(two.shape[0], 1.0 / two.shape[0])
    x_sum, y_sum = x.copy(), y.copy()
    for _ in range(steps):
        earned, other = one @ y, two @ x
        x, y = (
            project(x + size * x * (earned - x @ earned), least),
            project(y + size * y * (other - y @ other), least),
        )
        x_sum += x
        y_sum += y
    return x_sum / (steps + 1), y_sum / (steps + 1)


@compiled(allocates=True)
def project(point, least):
    """The nearest f8 [n] to a point whose entries are at least `least` and add to 1 (Held, Wolfe and Crowder 1974)."""
    free = 1.0 - least * point.size
    shifted = point - least
    ordered = np.sort(shifted)[::-1]
    total, cut = 0.0, 0.0
    for k in range(ordered.size):
        total += ordered[k]
        here = (total - free) / (k + 1)
        if ordered[k] > here:
            cut = here
    return least + np.maximum(shifted - cut, 0.0)


@compiled(allocates=True)
def match_regrets(one, two, steps):
    """Averages f8 [D] and f8 [K] of play, for payoffs one f8 [D, K] and two f8 [K, D], each of its own role by row."""
    x_regret, y_regret = np.zeros(one.shape[0]), np.zeros(two.shape[0])
    x_sum, y_sum = np.zeros(one.shape[0]), np.zeros(two.shape[0])
    for _ in range(steps):
        x, y = matched(x_regret), matched(y_regret)
        earned, other = one @ y, two @ x
        x_regret += earned - x @ earned
        y_regret += other - y @ other
        x_sum += x
        y_sum += y
    return x_sum / steps, y_sum / steps


@compiled(allocates=True)
def matched(regret):
    """Probabilities f8 [n] in proportion to what is regretted; uniform where nothing is."""
    positive = np.maximum(regret, 0.0)
    total = positive.sum()
    return positive / total if total > 0.0 else np.full(regret.size, 1.0 / regret.size)
