"""Meta-solvers by name: a function and a line each."""

from __future__ import annotations

import numpy as np

from gamesolve.base.errors import GamesolveError, unknown_name
from gamesolve.psro.alpha_rank import alpha_rank
from gamesolve.psro.dynamics import projected_replicator, regret_matching
from gamesolve.psro.meta_strategy import MetaSolver, MetaStrategy, checked, uniform
from gamesolve.solvers.correlated import coarse_correlated
from gamesolve.solvers.matrix import solve_matrix_game


def nash(payoffs: np.ndarray) -> MetaStrategy:
    """An equilibrium of a zero-sum meta-game f8 [2, D, K] by linear programming.

    Raises:
        GamesolveError: no meta-game, or payoffs do not add to 0.
    """
    defender, attacker = checked(payoffs)
    size = float(np.abs(defender).max())
    if not np.allclose(defender, -attacker, rtol=0.0, atol=1e-9 * size):
        raise GamesolveError(
            f"payoffs of the meta-game add to {float(np.abs(defender + attacker).max()):g}, not to 0; coarse_correlated is for those"
        )
    found = solve_matrix_game(defender)
    return MetaStrategy.independent(found.row, found.column)


def correlated(payoffs: np.ndarray) -> MetaStrategy:
    """A coarse correlated equilibrium of a meta-game f8 [2, D, K]: one joint draw (JPSRO, Marris et al. 2021); raises GamesolveError."""
    return MetaStrategy(coarse_correlated(*checked(payoffs)).joint)


META_SOLVERS: dict[str, MetaSolver] = {
    "nash": nash,
    "uniform": uniform,
    "projected_replicator": projected_replicator,
    "regret_matching": regret_matching,
    "alpha_rank": alpha_rank,
    "coarse_correlated": correlated,
}


def meta_solver(name: str) -> MetaSolver:
    """The meta-solver called `name`; raises GamesolveError with the valid names."""
    if name not in META_SOLVERS:
        raise unknown_name("meta-solver", name, list(META_SOLVERS))
    return META_SOLVERS[name]
