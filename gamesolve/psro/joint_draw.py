"""`JointDraw`: how both roles play by one draw that they share, as a correlated meta-strategy has it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gamesolve.base.seeds import derived_seed
from gamesolve.learners.candidates import played_together
from gamesolve.learners.task import roles_of
from gamesolve.rules.game import Game

if TYPE_CHECKING:
    from gamesolve.views.turn_based import TurnBased


@dataclass(frozen=True, eq=False)
class JointDraw:
    """Pairs of policies, one of which is drawn at the start of every episode.

    Attributes:
        pairs: a policy of each role; n of them.
        weights: f8 [n], probabilities.
    """

    pairs: tuple[tuple[Any, Any], ...]
    weights: np.ndarray

    @classmethod
    def of(cls, policies: tuple[Sequence[Any], Sequence[Any]], joint: np.ndarray) -> JointDraw:
        """The pairs that have a weight in f8 [D, K]."""
        used = np.argwhere(joint > 0.0)
        weights = joint[used[:, 0], used[:, 1]]
        return cls(tuple((policies[0][d], policies[1][k]) for d, k in used.tolist()), weights / weights.sum())

    def played(
        self, game: Game | TurnBased, *, episodes: int, seed: int,
        pause: Callable[[], None] | None = None, workers: Executor | None = None,
    ) -> np.ndarray:  # fmt: skip
        """Returns f8 [episodes, 2] by role, those of a pair together; raises GamesolveError where a policy fails."""
        shares = np.random.default_rng(derived_seed(seed, "pairs")).multinomial(episodes, self.weights)
        roles, found = roles_of(game), []
        for number, (pair, share) in enumerate(zip(self.pairs, shares.tolist(), strict=True)):
            if share:
                own, both = derived_seed(seed, "pair", number), dict(zip(roles, pair, strict=True))
                found.append(played_together(game, both, episodes=share, seed=own, pause=pause, workers=workers))
        return np.concatenate(found)
