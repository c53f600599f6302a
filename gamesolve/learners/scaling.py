"""`Scaling`: the units in which learners think of returns, so that their settings mean the same in every game."""

from __future__ import annotations

import numpy as np


class Scaling:
    """Running mean and deviation of returns."""

    def __init__(self) -> None:
        self.count, self.mean, self.square = 0.0, 0.0, 0.0

    def see(self, returns: np.ndarray) -> None:
        """Take returns f4 [n] into account; what was seen before counts half as much each time, as policies change."""
        self.count, self.mean, self.square = 0.5 * self.count, 0.5 * self.mean, 0.5 * self.square
        self.count += len(returns)
        self.mean += float(returns.sum(dtype=np.float64))
        self.square += float(np.square(returns, dtype=np.float64).sum())

    @property
    def center(self) -> float:
        """The mean."""
        return self.mean / self.count if self.count else 0.0

    @property
    def deviation(self) -> float:
        """The standard deviation, never below 1e-4."""
        return max((self.square / self.count - self.center**2), 1e-8) ** 0.5 if self.count else 1.0

    def scaled(self, returns: np.ndarray) -> np.ndarray:
        """Returns in units of the deviation, about the mean, f4."""
        return np.asarray((returns - self.center) / self.deviation, np.float32)

    def unscaled(self, values: np.ndarray) -> np.ndarray:
        """What a critic's output means, in the game's units, f4."""
        return np.asarray(values * self.deviation + self.center, np.float32)

    def state(self) -> np.ndarray:
        """f8 [3]: what it knows."""
        return np.array([self.count, self.mean, self.square])

    def restore(self, state: np.ndarray) -> None:
        """Go back to a `state`."""
        self.count, self.mean, self.square = map(float, state)
