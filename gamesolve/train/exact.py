"""The exact best response, where the opponent leaves a tree that fits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gamesolve.base.bound import Bound
from gamesolve.evaluate.exploitability import Search
from gamesolve.evaluate.facing import facing
from gamesolve.evaluate.inquiry import Inquiry, Limits
from gamesolve.policies.tabular import TabularPolicy
from gamesolve.solvers.best_response import best_response, float_tolerance

if TYPE_CHECKING:
    from gamesolve.solve.watch import Watch
    from gamesolve.train.ask import Ask
    from gamesolve.views.problem import Problem


def exact_response(problem: Problem, ask: Ask, opponent: Any, watch: Watch) -> tuple[TabularPolicy, Bound]:
    """The table of a best response of `ask.role` to a policy, and what it earns.

    Raises:
        GamesolveError: the tree does not fit, the opponent cannot be walked, or the role is a team.
        UnfinishedError: the time limit or the user came first.
    """
    index = problem.roles.index(ask.role)
    other = problem.roles[1 - index]
    inquiry = Inquiry(problem, {other: opponent}, Limits(ask.memory, None, ask.episodes, ask.seed, Search()), watch)
    tree, behaviour = facing(inquiry, other)
    found = best_response(tree, index, behaviour)
    return TabularPolicy.from_tree(tree, index, found.behaviour), Bound.exact(found.value, float_tolerance(tree, index))
