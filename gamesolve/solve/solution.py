"""`Solution`: what `solve` found."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gamesolve.base.bound import Bound

if TYPE_CHECKING:
    import numpy as np

    from gamesolve.psro.oracles import Population
    from gamesolve.solve.loop import Trace
    from gamesolve.solvers.best_response import Profile
    from gamesolve.views.tree import Tree

#: The reason of a method that the user chose.
AS_ASKED = "as asked"
#: Methods that solve games as tables; see `solve.tabular`.
TABULAR = POLICY_ITERATION, VALUE_ITERATION, HSVI = ("policy_iteration", "value_iteration", "hsvi")


@dataclass(frozen=True, eq=False)
class StatePlan:
    """What both roles do in the S states of a game that was solved as tables; of one with a horizon, states at a step.

    Attributes:
        states: names.
        start: f8 [S], with which probability the game begins there.
        lower, upper: f8 [S], brackets of the value to role 0 from there on.
        mixtures: of role 0 and role 1, for each state the probabilities of actions by name.
        leads: by a state and the next, numbered, the probability of that; what is missing to 1 ends the game.
    """

    states: tuple[str, ...]
    start: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    mixtures: tuple[tuple[dict[str, float], ...], tuple[dict[str, float], ...]]
    leads: dict[tuple[int, int], float]


@dataclass(frozen=True)
class Solution:
    """What `solve` found.

    Attributes:
        game: name and parameters.
        tree: the game's extensive form; None where it has none.
        profile: behaviours f8 [Q] of role 0 and role 1 on the tree; None without one.
        policies: of role 0 and role 1, to save, evaluate or convert to OpenSpiel's: tables, or mixtures of the policies that were learnt;
            none of a game that was solved as tables.
        value: bracket of the game's value, expected return of role 0; no end of it is known without a tree.
        exploitability: of the profile: NashConv / 2, half of what both roles could gain; without a tree only from below, by the
            responses that were found. Where both roles share their draws (meta-solver `coarse_correlated`) it is that of the shared draw.
        method, reason: which solver ran, and why in one line.
        iterations: done in all, earlier sessions of a resumed run included.
        seconds: wall time of this call.
        stopped: `gap` where that is reached; otherwise `iterations` (none are left: those asked for
            are done, or a linear program is at its end or no response gains any more), `time` or `interrupt`.
        note: one sentence where the gap was reached to within rounding only, a linear program missed it, or
            the default gap leaves much of the plan open; otherwise empty.
        trace: (iteration, exploitability, value.lower, value.upper) of every checked step.
        run: the run folder, or None.
        expected_return: by role, what the profile earns in fresh episodes; empty where a tree was solved.
        populations: the named policies of both roles that were found by learning; empty likewise.
        decisions: made while learning.
        roles: of the game; plan: of a game that was solved as tables, what each does in each state, in place of policies.
    """

    game: str
    tree: Tree | None
    profile: Profile | None
    policies: tuple[Any, ...]
    value: Bound
    exploitability: Bound
    method: str
    reason: str
    iterations: int
    seconds: float
    stopped: str
    note: str
    trace: Trace
    run: Path | None
    expected_return: dict[str, Bound] = field(default_factory=dict)
    populations: tuple[Population, Population] = ((), ())
    decisions: int = 0
    roles: tuple[str, str] = ("defender", "attacker")
    plan: StatePlan | None = None

    @property
    def values(self) -> dict[str, Bound]:
        """Role to bracket of its expected return at equilibrium."""
        return {self.roles[0]: self.value, self.roles[1]: -self.value}
