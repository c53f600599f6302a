"""`Ask`: what decides the answer of a training."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gamesolve.base.errors import GamesolveError, unknown_name
from gamesolve.base.seeds import checked_seed

#: The learner that learns nothing: the best response is computed, where the opponent leaves a tree that fits.
EXACT = "exact"


@dataclass(frozen=True)
class Ask:
    """What is asked, every default filled in.

    Attributes:
        role: whose response is wanted.
        against: opponents in words, each as likely as the others.
        learner: `ppo`, `dqn`, `tabular` or `exact`; settings: what of it shall be other than by default.
        budget: decisions of each training.
        seeds: trainings from fresh weights.
        known: policies of the role that are known already, in words.
        scripted: whether the game's own policies are candidates too.
        patience: marks (tenths of the budget) without growth after which a training ends.
        validation, episodes: how many episodes the candidates are tried on, and how many fresh ones the best is measured on.
        seed: of everything that is drawn.
        device: `cpu` or `cuda`.
        memory: bytes that a tree may take, for `exact`.
    """

    role: str
    against: tuple[str, ...]
    learner: str = "ppo"
    settings: dict[str, Any] = field(default_factory=dict)
    budget: int = 1_000_000
    seeds: int = 1
    known: tuple[str, ...] = ()
    patience: int = 5
    validation: int = 1_000
    episodes: int = 10_000
    seed: int = 0
    device: str = "cpu"
    memory: int | None = None
    scripted: bool = True

    def checked(self, roles: tuple[str, str]) -> Ask:
        """The same; raises GamesolveError for what is out of range, before anything is computed."""
        from gamesolve.learners.networks import chosen_device
        from gamesolve.learners.registry import LEARNERS, learner_type
        from gamesolve.learners.settings import choose_settings

        if self.role not in roles:
            raise GamesolveError(f"role {self.role!r} is unknown; it is {' or '.join(roles)}")
        for what, value, least, most in (
            ("budget", self.budget, 1, 10**12), ("number of seeds", self.seeds, 1, 1_000), ("patience", self.patience, 1, 1_000),
            ("number of validation episodes", self.validation, 2, 10**8), ("number of episodes", self.episodes, 2, 10**9),
        ):  # fmt: skip
            if not (isinstance(value, int) and least <= value <= most):
                raise GamesolveError(f"the {what} is {value!r}; it lies in {least:,} to {most:,}")
        checked_seed(self.seed)
        chosen_device(self.device)
        if self.learner not in (*LEARNERS, EXACT):
            raise unknown_name("learner", self.learner, [*LEARNERS, EXACT])
        if self.learner == EXACT and self.settings:
            raise GamesolveError(f"the exact response has no settings, and {len(self.settings)} were given; leave them out")
        if self.learner != EXACT:
            choose_settings(learner_type(self.learner).settings, self.settings, self.learner)
        return self
