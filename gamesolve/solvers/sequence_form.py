"""The linear program of a zero-sum tree in sequence form, and its certificate.

Koller, Megiddo and von Stengel 1996, program (8); von Stengel 1996, section 4: role 0 maximises v_0
over realisation plans x and values v of role 1's information sets, such that F' v <= A' x, E x = e
and x >= 0, where E x = e and F y = f say what a realisation plan is. The plan of role 1 is the dual
of the first constraint. The library's word is not taken for it: both plans are made feasible and
judged by exact best responses, and the bracket that comes back is theirs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.optimize import linprog

from gamesolve.base.bound import Bound, Kind
from gamesolve.base.errors import GamesolveError
from gamesolve.solvers.best_response import Profile, behaviour_of, float_tolerance, require_zero_sum, response_values
from gamesolve.solvers.layout import payoff_scale
from gamesolve.solvers.program import EXACT, FEASIBILITY, NO_PROGRAM
from gamesolve.views.tree import Decisions, Tree


@dataclass(frozen=True)
class LPSolution:
    """What the linear program yields, recomputed.

    Attributes:
        profile: behaviours f8 [Q] of both roles; uniform where they do not reach.
        value: bracket of role 0's game value, from best responses to both; `exact` within `EXACT`.
        exploitability: of the profile, in the game's units.
        duality_gap: twice that: what role 1's strategy concedes beyond what role 0's secures.
        iterations: of the simplex method.
    """

    profile: Profile
    value: Bound
    exploitability: float
    duality_gap: float
    iterations: int


def solve_lp(tree: Tree, time_limit: float | None = None) -> LPSolution:
    """Solve a zero-sum tree by linear programming (HiGHS, dual simplex).

    Args:
        tree: zero-sum.
        time_limit: seconds for the simplex method.

    Raises:
        GamesolveError: the tree is general-sum, payoffs are not finite, or the library does not report
            an optimum (a time limit included): then there is no strategy.
    """
    require_zero_sum(tree, "the linear program")
    plans, iterations = _optimal_plans(tree, time_limit)
    zero, one = (behaviour_of(d, np.maximum(p, 0.0)) for d, p in zip(tree.decisions, plans, strict=True))
    to_zero, to_one = response_values(tree, (zero, one))
    gap = max(to_zero + to_one, 0.0)
    tolerance = float_tolerance(tree)
    kind: Kind = "exact" if gap <= EXACT * tree.payoff_range else "proved"
    return LPSolution((zero, one), Bound(-to_one - tolerance, to_zero + tolerance, kind), 0.5 * gap, gap, iterations)


def plan_constraints(decisions: Decisions) -> sp.csr_array:
    """The matrix [I + 1, Q] of a role's realisation plans x: its product with x is (1, 0, ..., 0) (von Stengel 1996, equation 3.5)."""
    sets, sequences = decisions.information_sets, decisions.sequences
    below = np.repeat(np.arange(1, sets + 1), np.diff(decisions.first))
    row = np.concatenate([[0], below, np.arange(1, sets + 1)])
    column = np.concatenate([[0], np.arange(1, sequences), decisions.parent])
    value = np.concatenate([np.ones(sequences), -np.ones(sets)])
    return sp.csr_array((value, (row, column)), shape=(sets + 1, sequences))


@dataclass(frozen=True)
class Program:
    """The linear program of a tree: minimise objective z, over z = (plan of role 0, a free number for each constraint of role 1's plans).

    Attributes:
        objective: f8 [n].
        above: [Q1, n]; what role 1 gains by each sequence beyond those numbers, which is 0 at most.
        equal: [I0 + 1, n]; what makes the first part a plan: the product is (1, 0, ..., 0).
    """

    objective: np.ndarray
    above: sp.csr_array
    equal: sp.csr_array

    @classmethod
    def of(cls, tree: Tree) -> Program:
        """That of a zero-sum tree, its payoffs scaled to 1."""
        scale = payoff_scale(tree)
        shape = tree.decisions[0].sequences, tree.decisions[1].sequences
        payoffs = tree.transposed
        transposed = sp.csr_array((payoffs.value / -scale, payoffs.column, payoffs.start), shape=shape[::-1])
        own, other = plan_constraints(tree.decisions[0]), plan_constraints(tree.decisions[1])
        objective = np.zeros(shape[0] + other.shape[0])
        objective[shape[0]] = -1.0
        above = sp.hstack([transposed, other.T], format="csr")
        return cls(objective, above, sp.hstack([own, sp.csr_array((own.shape[0], other.shape[0]))], format="csr"))


def _optimal_plans(tree: Tree, time_limit: float | None) -> tuple[tuple[np.ndarray, np.ndarray], int]:
    program, plan = Program.of(tree), tree.decisions[0].sequences
    one = np.zeros(program.equal.shape[0])
    one[0] = 1.0
    found = linprog(
        program.objective,
        A_ub=program.above.tocsc(),
        b_ub=np.zeros(program.above.shape[0]),
        A_eq=program.equal.tocsc(),
        b_eq=one,
        bounds=np.array([(0.0, np.inf)] * plan + [(-np.inf, np.inf)] * (len(program.objective) - plan)),
        method="highs-ds",
        options=simplex_options(time_limit),
    )
    refuse_failure(found, f"the linear program of {tree.game}")
    return (found.x[:plan], -found.ineqlin.marginals), int(found.nit)


def simplex_options(time_limit: float | None) -> dict[str, float]:
    """Options of `linprog`: tight feasibility, and a time limit in seconds where there is one."""
    options = {"primal_feasibility_tolerance": FEASIBILITY, "dual_feasibility_tolerance": FEASIBILITY}
    return options if time_limit is None else {**options, "time_limit": max(time_limit, 0.0)}


def refuse_failure(found: object, what: str) -> None:
    """Raise GamesolveError unless a result of `linprog` is an optimum with finite primal and dual numbers."""
    status, message = getattr(found, "status", -1), getattr(found, "message", "")
    if status != 0:
        raise GamesolveError(f"{what} was not solved (HiGHS status {status}: {message}); {NO_PROGRAM}")
    if not (np.isfinite(found.x).all() and np.isfinite(found.ineqlin.marginals).all()):  # type: ignore[attr-defined]
        raise GamesolveError(f"{what} was reported solved with numbers that are not finite; {NO_PROGRAM}")
