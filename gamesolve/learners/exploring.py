"""Exploring by chance: some decisions are made at random, fewer and fewer of them."""

from __future__ import annotations

import numpy as np

from gamesolve.learners.settings import ExploringSettings


def epsilon_at(settings: ExploringSettings, decisions: int, budget: int) -> float:
    """The share of decisions that is made at random after so many of a budget."""
    passed = min(decisions / (settings.explore * budget), 1.0)
    return settings.epsilon + (settings.epsilon_end - settings.epsilon) * passed


def mean_entropy(legal: np.ndarray, epsilon: float) -> float:
    """Mean entropy, in nats, of who takes the best of `legal` [n] actions each, and with probability epsilon any of them."""
    other = epsilon / legal
    best = 1.0 - epsilon + other
    with np.errstate(divide="ignore", invalid="ignore"):
        surprise = np.where(other > 0.0, (legal - 1) * other * np.log(other), 0.0)
    return float(-(best * np.log(best) + surprise).mean()) if len(legal) else 0.0
