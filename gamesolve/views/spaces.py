"""What an agent sees and may do, as Gymnasium spaces."""

from __future__ import annotations

from typing import Any

import numpy as np

from gamesolve.base.errors import missing_extra
from gamesolve.rules.game import Agent

try:
    from gymnasium.spaces import Box, Discrete, MultiDiscrete
except ImportError as error:
    raise missing_extra("gymnasium", "envs") from error


class LegalActions(Discrete):
    """An agent's A actions, of which `sample` draws those that are legal now.

    Checkers and random players call `sample` without a mask; what it answers must be something that
    the environment takes. All A actions are in the space, legal or not.

    Attributes:
        mask: i1 [A], 1 where legal; the environment keeps it.
    """

    def __init__(self, actions: int) -> None:
        super().__init__(actions)
        self.mask = np.ones(actions, np.int8)

    def sample(self, mask: np.ndarray | None = None, probability: np.ndarray | None = None) -> np.int64:
        """An action, uniformly from `mask` or from those legal now, or by `probability` f8 [A]."""
        if probability is not None:
            return super().sample(mask, probability)
        return super().sample(self.mask if mask is None else mask)


class LegalRows(MultiDiscrete):
    """The actions of an agent in B rows, of which `sample` draws those that are legal now.

    Attributes:
        mask: i1 [B, A], 1 where legal; the environment keeps it.
    """

    def __init__(self, rows: int, actions: int) -> None:
        super().__init__(np.full(rows, actions))
        self.mask = np.ones((rows, actions), np.int8)

    def sample(self, mask: Any = None, probability: Any = None) -> np.ndarray:
        """Actions i8 [B], uniformly from those legal now; by masks or probabilities [A], one a row, where given."""
        if mask is not None or probability is not None:
            return super().sample(mask, probability)
        # The greatest of equally distributed numbers lies at each legal action equally often.
        return np.where(self.mask == 1, self.np_random.random(self.mask.shape), -1.0).argmax(axis=1)


def seen_space(agent: Agent) -> Box:
    """Features f4 [F] of what an agent sees, each in [0, 1]; F is at least 1 (`seen_features`)."""
    return Box(0.0, 1.0, (max(sum(signal.features for signal in agent.signals), 1),), np.float32)


def mask_space(agent: Agent) -> Box:
    """Masks i1 [A] of an agent's actions, 1 where legal."""
    return Box(0, 1, (len(agent.actions),), np.int8)
