"""`MetaStrategy`: how the policies of two populations are mixed, and what solves meta-games for it.

A meta-game is an array of payoffs f8 [2, D, K]: what the defender and the attacker earn when the defender
plays policy d of D and the attacker policy k of K.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gamesolve.base.errors import GamesolveError


@dataclass(frozen=True, eq=False)
class MetaStrategy:
    """Probabilities of the profiles of a meta-game.

    Attributes:
        joint: f8 [D, K], adding to 1; the outer product of its margins unless the two draw together.
    """

    joint: np.ndarray

    @classmethod
    def independent(cls, defender: np.ndarray, attacker: np.ndarray) -> MetaStrategy:
        """Both draw by themselves, by f8 [D] and f8 [K]."""
        return cls(np.outer(defender, attacker))

    @property
    def defender(self) -> np.ndarray:
        """f8 [D]."""
        return np.asarray(self.joint.sum(axis=1))

    @property
    def attacker(self) -> np.ndarray:
        """f8 [K]."""
        return np.asarray(self.joint.sum(axis=0))

    def gains(self, payoffs: np.ndarray) -> tuple[float, float]:
        """What each role could still gain by one policy of its population that it plays whatever was drawn for it."""
        defender, attacker = payoffs
        return (
            float((defender @ self.attacker).max() - (defender * self.joint).sum()),
            float((self.defender @ attacker).max() - (attacker * self.joint).sum()),
        )


#: From payoffs f8 [2, D, K] to how the populations are mixed.
MetaSolver = Callable[[np.ndarray], MetaStrategy]


def checked(payoffs: np.ndarray) -> np.ndarray:
    """A meta-game as f8 [2, D, K]; raises GamesolveError where it is none, or not finite."""
    found = np.array(payoffs, np.float64)
    if found.ndim != 3 or len(found) != 2 or not found.size:
        raise GamesolveError(f"a meta-game has shape {found.shape}; (2, D, K) with at least one policy for each role is needed")
    wrong = np.argwhere(~np.isfinite(found))
    if len(wrong):
        role, d, k = wrong[0].tolist()
        raise GamesolveError(f"payoff [{role}, {d}, {k}] of a meta-game is {float(found[role, d, k])!r}; payoffs are finite numbers")
    return found


def uniform(payoffs: np.ndarray) -> MetaStrategy:
    """Every policy alike: responses to it are those of fictitious play (Brown 1951)."""
    _, d, k = checked(payoffs).shape
    return MetaStrategy(np.full((d, k), 1.0 / (d * k)))
