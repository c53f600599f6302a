"""`Responders`: of both roles, in training while the other role's mixture adapts to them; see `anytime`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gamesolve.base.failures import survived
from gamesolve.base.seeds import derived_seed
from gamesolve.learners.task import Task, roles_of
from gamesolve.learners.training import Done, Unit
from gamesolve.policies.mixture import Mixture, mixture_of
from gamesolve.policies.team import is_network
from gamesolve.psro.exact_table import ExactTable
from gamesolve.psro.meta_game import Block
from gamesolve.psro.oracles import Oracle, Population, begin
from gamesolve.psro.payoff_table import play_block
from gamesolve.psro.plan import Plan
from gamesolve.rules.game import Game

if TYPE_CHECKING:
    from gamesolve.views.turn_based import TurnBased

#: Numbers of the trainings of rounds begin here, above those of oracles.
ROUNDS = 1_000_000


@dataclass
class Responders:
    """Those of both roles in training, to whom the other role's mixture adapts.

    Attributes:
        done: what each round of their trainings came to, by role; notes: what went wrong, likewise.
    """

    game: Game | TurnBased
    plan: Plan
    iteration: int
    populations: tuple[Population, Population]
    train: Callable[[Sequence[Unit]], Sequence[Done]]
    exact: ExactTable | None
    workers: Executor | None
    pause: Callable[[], None]
    done: tuple[list[Done], list[Done]] = field(default_factory=lambda: ([], []))
    notes: tuple[list[str], list[str]] = field(default_factory=lambda: ([], []))
    # Sums of the exact responders' plans, f8 [Q] of each role; 0.0 where there are none.
    totals: list[Any] = field(default_factory=lambda: [0.0, 0.0])

    def respond(self, number: int, weights: tuple[np.ndarray, np.ndarray]) -> tuple[Any, Any]:
        """Each role's responder to the other's mixture, exact or after another share of its budget; None where there is none."""
        members = [[policy for _, policy in population] for population in self.populations]
        mixtures = mixture_of(members[0], weights[0]), mixture_of(members[1], weights[1])
        oracle, table = self.plan.in_training, self.exact
        if oracle is None:
            found = [None if table is None else table.response(index, mixtures[1 - index]) for index in (0, 1)]
            zero, one = (None if best is None else best[0] for best in found)
            self._remember(number, (zero, one))
            return zero, one
        share = replace(oracle, budget=-(-oracle.budget // self.plan.adaptations))
        units = [self._unit(share, index, number, mixtures[1 - index]) for index in (0, 1)]
        done = iter(self.train([unit for unit in units if unit is not None]))
        for index, unit in enumerate(units):
            if unit is not None:
                self.done[index].append(next(done))
        return self._newest(0), self._newest(1)

    def learnt(self, index: int) -> list[Done]:
        """What a role's trainings came to: of rounds before the last, whose mixtures are gone, only the end."""
        ends = [replace(one, marks=one.marks[-1:], snapshots=one.snapshots[-1:]) for one in self.done[index][:-1]]
        return [*ends, *self.done[index][-1:]]

    def average(self, index: int) -> Any:
        """The average of a role's exact responders, or None.

        Where the other role's mixture is least exploitable several responses are equally good, and only together do they show why it
        cannot be better; so it is their average that the population needs.
        """
        total = self.totals[index]
        return None if self.exact is None or not isinstance(total, np.ndarray) else self.exact.policy(index, total)

    def _remember(self, number: int, responders: tuple[Any, Any]) -> None:
        """Add exact responders to their averages, later ones counting more, as the mixtures' averages do."""
        for index, responder in enumerate(responders):
            plan = None if self.exact is None or responder is None else self.exact.plan(index, responder)
            if plan is not None:
                self.totals[index] = self.totals[index] + number * plan

    def _unit(self, oracle: Oracle, index: int, number: int, other: Mixture) -> Unit | None:
        """The next stretch of a responder's training, which starts from the weights of the last; None where it cannot be."""
        role, start = roles_of(self.game)[index], self._newest(index)
        seed = derived_seed(self.plan.seed, "responder", role, self.iteration, number)
        try:
            # Tables do not start from others.
            make = functools.partial(begin, oracle, Task.against(self.game, role, other), seed, start if is_network(start) else None)
            make()
        except Exception as error:  # noqa: BLE001 - the other role's may do
            self.notes[index].append(f"oracle {oracle.learner} cannot look for responses: {survived(error)}")
            return None
        return Unit(f"{role}: {oracle.learner}, round {number}", oracle.learner, ROUNDS + number, oracle.budget, make)

    def _newest(self, index: int) -> Any:
        """What a role's responder has come to; None where it has come to nothing."""
        snapshots = [policy for one in self.done[index] for policy in (*one.snapshots, one.last) if policy is not None]
        return snapshots[-1] if snapshots else None

    def pay(self, number: int, index: int, responder: Any) -> np.ndarray:
        """What each member of a population earns against a responder of the other role, f8 [n]: computed where that can be, else played."""
        members = [policy for _, policy in self.populations[index]]
        known = None if self.exact is None else self.exact.against(index, members, responder)
        if known is not None:
            return known
        several, single = np.arange(len(members)), np.zeros(1, np.int64)
        sides, places = ((members, [responder]), (several, single)) if index == 0 else (([responder], members), (single, several))
        seed = derived_seed(self.plan.seed, "adaptation", self.iteration, number, index)
        block = Block(*places, 0, self.plan.entry)
        returns = play_block(self.game, sides, block, seed=seed, pause=self.pause, workers=self.workers)
        return np.asarray(returns[..., index].mean(axis=0).reshape(-1))
