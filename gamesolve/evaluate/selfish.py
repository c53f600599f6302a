"""Opponents with their own interest at heart, in general-sum games: what a policy earns against one, and what a role would gain as one.

What a policy earns against an opponent that some search found bounds what it earns against the best of
them from neither side: a stronger opponent may bring it more as well as less. The opponent's own
return does prove something, namely what a best response earns at least.
"""

from __future__ import annotations

from typing import Any

from gamesolve.base.bound import Bound
from gamesolve.base.errors import TooLargeError
from gamesolve.base.roles import the_role
from gamesolve.evaluate.exploitability import at_least
from gamesolve.evaluate.facing import facing, searched
from gamesolve.evaluate.gains import UNKNOWN, gain
from gamesolve.evaluate.inquiry import Inquiry
from gamesolve.learners.task import own_reward
from gamesolve.policies.tabular import TabularPolicy
from gamesolve.solvers.best_response import best_response, expected_returns, float_tolerance


def earnings(role: str) -> str:
    """The question that is answered here, in words."""
    return f"what {the_role(role)} earns against an opponent of its own interest"


def against_best_response(inquiry: Inquiry, role: str) -> tuple[Bound, Any]:
    """What a policy earns against an opponent that maximises its own return, and that opponent.

    Where no tree fits, the strongest that a search found is kept in `inquiry.selfish`, and no bound is known.
    """
    index = inquiry.problem.roles.index(role)
    try:
        tree, behaviour = facing(inquiry, role)
    except TooLargeError as error:
        found = searched(inquiry, role, error, own_reward(inquiry.other(role)), earnings(role))
        inquiry.selfish[role] = found
        return UNKNOWN, found.opponent
    response = best_response(tree, 1 - index, behaviour).behaviour
    behaviours = (behaviour, response) if index == 0 else (response, behaviour)
    earned = Bound.exact(expected_returns(tree, behaviours)[index], float_tolerance(tree, index))
    return earned, TabularPolicy.from_tree(tree, 1 - index, response)


def selfish_regrets(inquiry: Inquiry, returns: dict[str, Bound]) -> dict[str, Bound]:
    """What each role would gain by its best response to the other's policy: at least what a response gains that a search found.

    Args:
        returns: what each earns now.
    """
    regrets = {}
    for index, role in enumerate(inquiry.problem.roles):
        other = inquiry.other(role)
        try:
            tree, behaviour = facing(inquiry, other)
            best = Bound.exact(best_response(tree, index, behaviour).value, float_tolerance(tree, index))
        except TooLargeError as error:
            found = inquiry.selfish.get(other)
            best = UNKNOWN if found is None else at_least(found, seed=inquiry.limits.seed)
            known = "is not known" if found is None else f"is at least what “{found.name}” gains; its upper end is not known"
            inquiry.notes.append(f"{the_role(role)}'s regret {known}: {error}")
        regrets[role] = gain(best, returns[role])
    return regrets
