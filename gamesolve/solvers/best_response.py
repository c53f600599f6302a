"""Best responses, expected returns and exploitability of profiles on a tree.

With realisation plans x and y (von Stengel 1996, section 3) the expected return is bilinear, x' A y.
So the gradient of a role's return is one sparse product, and its best response one backward pass
over information sets, children before parents (Zinkevich et al. 2007, section 3.4, count the same
maxima as counterfactual values). A *behaviour* f8 [Q] holds the probability of each sequence's
action at its information set, a *plan* f8 [Q] the product of those along the path; entry 0 is 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gamesolve.base.compiled import compiled
from gamesolve.base.errors import GamesolveError
from gamesolve.views.tree import Decisions, Payoffs, Tree

#: How far the probabilities at an information set may miss 1, and how far below 0 they may lie; within
#: it (single precision, say) they are clipped and normalised, so that what is evaluated is a behaviour.
PROBABILITY_TOLERANCE = 1e-6

Profile = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class BestResponse:
    """A best response of one role.

    Attributes:
        value: what it earns, in returns of that role.
        behaviour: f8 [Q], deterministic; ties go to the first action.
    """

    value: float
    behaviour: np.ndarray


def plan_of(decisions: Decisions, behaviour: np.ndarray) -> np.ndarray:
    """Realisation plan f8 [Q] of a behaviour f8 [Q].

    Raises:
        GamesolveError: wrong shape, or probabilities that are negative or do not add to 1.
    """
    behaviour = _vector(decisions, behaviour, "a behaviour")
    plan = np.empty(decisions.sequences)
    wrong = fill_plan(decisions.first, decisions.parent, behaviour, plan)
    if wrong >= 0:
        _refuse_probabilities(decisions, behaviour, wrong)
    return plan


def behaviour_of(decisions: Decisions, plan: np.ndarray) -> np.ndarray:
    """Behaviour f8 [Q] of a plan f8 [Q], or of any positive multiple; uniform where it does not reach."""
    plan = _vector(decisions, plan, "a plan")
    if not np.isfinite(plan).all():
        raise GamesolveError(f"a plan of role {decisions.role!r} holds {plan[~np.isfinite(plan)][0]!r}; its entries must be finite")
    behaviour = np.empty(decisions.sequences)
    fill_behaviour(decisions.first, plan, behaviour)
    return behaviour


def uniform(decisions: Decisions) -> np.ndarray:
    """The behaviour f8 [Q] that gives all actions of an information set the same probability."""
    return behaviour_of(decisions, np.zeros(decisions.sequences))


def gradient(tree: Tree, role: int, other_plan: np.ndarray) -> np.ndarray:
    """What each sequence of `role` earns directly against a plan of the other role: f8 [Q], returns of `role`."""
    other_plan = _vector(tree.decisions[1 - role], other_plan, "a plan")
    out = np.zeros(tree.decisions[role].sequences)
    if role == 0:
        multiply_rows(*_arrays(tree.payoffs), other_plan, 1.0, out)
    elif tree.other is None:
        multiply_rows(*_arrays(tree.transposed), other_plan, -1.0, out)
    else:
        multiply_columns(*_arrays(tree.other), other_plan, 1.0, out)
    return out


def best_response(tree: Tree, role: int, behaviour_of_other: np.ndarray) -> BestResponse:
    """Exact best response of `role` (0 or 1) to the other role's behaviour f8 [Q]; general-sum trees too.

    Raises:
        GamesolveError: the behaviour is no behaviour, or payoffs are not finite.
    """
    decisions = tree.decisions[role]
    values = gradient(tree, role, plan_of(tree.decisions[1 - role], behaviour_of_other))
    behaviour = np.empty(decisions.sequences)
    value = respond(decisions.first, decisions.parent, values, behaviour)
    return BestResponse(_finite(tree, value), behaviour)


def even_response(tree: Tree, role: int, plan_of_other: np.ndarray) -> tuple[float, np.ndarray]:
    """What a best response of `role` to the other role's plan f8 [Q] earns, and a plan f8 [Q] of one.

    Actions that are equally good, to rounding, are played alike: where the other role does not come nothing tells them apart.
    """
    decisions, values = tree.decisions[role], gradient(tree, role, plan_of_other)
    behaviour, plan = np.empty(decisions.sequences), np.empty(decisions.sequences)
    value = respond_evenly(decisions.first, decisions.parent, values, float_tolerance(tree, role), behaviour)
    fill_plan(decisions.first, decisions.parent, behaviour, plan)
    return _finite(tree, value), plan


def expected_returns(tree: Tree, profile: Profile) -> tuple[float, float]:
    """Expected return of each role under a profile of behaviours."""
    plans = plan_of(tree.decisions[0], profile[0]), plan_of(tree.decisions[1], profile[1])
    first = _finite(tree, bilinear(*_arrays(tree.payoffs), *plans))
    second = -first if tree.other is None else _finite(tree, bilinear(*_arrays(tree.other), *plans))
    return first, second


def gains(tree: Tree, profile: Profile) -> tuple[float, float]:
    """What each role would gain by its best response; their sum is NashConv. General-sum trees too.

    Raises:
        GamesolveError: the profile is none, or a gain is negative beyond floating-point tolerance.
    """
    returns = expected_returns(tree, profile)
    found = [best_response(tree, role, profile[1 - role]).value - returns[role] for role in (0, 1)]
    return _not_negative(tree, 0, found[0]), _not_negative(tree, 1, found[1])


def exploitability(tree: Tree, profile: Profile) -> float:
    """Exploitability of a profile of behaviours in a zero-sum tree: NashConv / 2, in the game's units.

    Raises:
        GamesolveError: the tree is general-sum, the profile is none, or the result is negative beyond
            floating-point tolerance.
    """
    require_zero_sum(tree, "exploitability")
    return _not_negative(tree, 0, 0.5 * sum(response_values(tree, profile)))


def response_values(tree: Tree, profile: Profile) -> tuple[float, float]:
    """What each role's best response earns against the other's behaviour, zero-sum: (to role 0, to role 1)."""
    zero, one = tree.decisions
    behaviours = _vector(zero, profile[0], "a behaviour"), _vector(one, profile[1], "a behaviour")
    first, second, wrong_zero, wrong_one = _responses(
        zero.first, zero.parent, one.first, one.parent, *_arrays(tree.payoffs), *_arrays(tree.transposed), *behaviours
    )
    if wrong_zero >= 0:
        _refuse_probabilities(zero, behaviours[0], wrong_zero)
    if wrong_one >= 0:
        _refuse_probabilities(one, behaviours[1], wrong_one)
    return _finite(tree, first), _finite(tree, second)


def float_tolerance(tree: Tree, role: int = 0) -> float:
    """How far rounding can move a return of `role` computed here: unit roundoff times the longest chain of sums.

    A return is a nest of sums of products (Higham 2002, equation 3.5): its error is at most n u times
    the greatest magnitude, for n roundings on the longest chain. A pair's payoff is itself a sum, of
    at most all the leaves that were merged.
    """
    length = 8.0 + max(tree.leaves - tree.pairs, 0)
    for decisions, payoffs in zip(tree.decisions, (tree.payoffs, tree.transposed), strict=True):
        length += 4.0 * _longest_chain(decisions.first, decisions.parent) + float(np.diff(payoffs.start).max(initial=0))
    return float(np.finfo(np.float64).eps * length * max(map(abs, tree.utility_bounds[role])))


def require_zero_sum(tree: Tree, what: str) -> None:
    """Raise GamesolveError where `what` is asked of a general-sum tree."""
    if not tree.zero_sum:
        raise GamesolveError(
            f"{tree.game} is general-sum and {what} is for zero-sum games; best responses, expected returns and gains work on it"
        )


def _arrays(payoffs: Payoffs) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return payoffs.start, payoffs.column, payoffs.value


def _vector(decisions: Decisions, vector: np.ndarray, what: str) -> np.ndarray:
    vector = np.ascontiguousarray(vector, np.float64)
    if vector.shape != (decisions.sequences,):
        raise GamesolveError(f"{what} of role {decisions.role!r} has shape {vector.shape}; it must be ({decisions.sequences},)")
    return vector


def _refuse_probabilities(decisions: Decisions, behaviour: np.ndarray, information_set: int) -> None:
    found = behaviour[decisions.first[information_set] : decisions.first[information_set + 1]].tolist()
    raise GamesolveError(
        f"the probabilities {found} of role {decisions.role!r} at information set {information_set} must be 0 or more and add to 1"
    )


def _finite(tree: Tree, value: float) -> float:
    if not np.isfinite(value):
        raise GamesolveError(f"{tree.game} has a return of {value!r}: its payoffs must be finite numbers whose sums do not overflow")
    return float(value)


def _not_negative(tree: Tree, role: int, gain: float) -> float:
    if gain < 0.0 and gain < -4.0 * float_tolerance(tree, role):
        raise GamesolveError(f"a best response in {tree.game} loses {-gain!r} against the strategy it replaces: the tree is inconsistent")
    return max(gain, 0.0)


@compiled
def fill_plan(first, parent, behaviour, plan):
    """Fill the plan of a behaviour; the first information set without a distribution, or -1."""
    plan[0] = 1.0
    wrong = -1
    for i in range(parent.size):
        total = 0.0
        least = 0.0
        for q in range(first[i], first[i + 1]):
            total += max(behaviour[q], 0.0)
            least = min(least, behaviour[q])
        # Written so that NaN fails it.
        if not (abs(total - 1.0) <= PROBABILITY_TOLERANCE and least >= -PROBABILITY_TOLERANCE) and wrong < 0:
            wrong = i
        reach = plan[parent[i]] / total
        for q in range(first[i], first[i + 1]):
            plan[q] = reach * max(behaviour[q], 0.0)
    return wrong


@compiled
def fill_behaviour(first, plan, behaviour):
    """Fill the behaviour of a (multiple of a) plan; uniform where its reach is zero or too small to divide by."""
    behaviour[0] = 1.0
    for i in range(first.size - 1):
        total = 0.0
        for q in range(first[i], first[i + 1]):
            total += max(plan[q], 0.0)
        for q in range(first[i], first[i + 1]):
            behaviour[q] = max(plan[q], 0.0) / total if total > 1e-290 else 1.0 / (first[i + 1] - first[i])


@compiled
def multiply_rows(start, column, value, vector, factor, out):
    """out[r] = factor * sum of row r times the vector."""
    for r in range(start.size - 1):
        total = 0.0
        for k in range(start[r], start[r + 1]):
            total += value[k] * vector[column[k]]
        out[r] = factor * total


@compiled
def multiply_columns(start, column, value, vector, factor, out):
    """out[c] += factor * sum of column c times the vector over rows."""
    for r in range(start.size - 1):
        weight = factor * vector[r]
        for k in range(start[r], start[r + 1]):
            out[column[k]] += value[k] * weight


@compiled
def bilinear(start, column, value, plan_zero, plan_one):
    """Expected payoff of two plans."""
    total = 0.0
    for r in range(start.size - 1):
        row = 0.0
        for k in range(start[r], start[r + 1]):
            row += value[k] * plan_one[column[k]]
        total += row * plan_zero[r]
    return total


@compiled
def respond(first, parent, values, behaviour):
    """Value of a best response to the gradient `values` (overwritten by values of sequences); fills its behaviour.

    NaN and infinities make the value NaN: a maximum would otherwise pass over them.
    """
    doubt = values[0] - values[0]
    for i in range(parent.size - 1, -1, -1):
        best = first[i]
        for q in range(first[i], first[i + 1]):
            doubt += values[q] - values[q]
            behaviour[q] = 0.0
            if values[q] > values[best]:
                best = q
        behaviour[best] = 1.0
        values[parent[i]] += values[best]
    behaviour[0] = 1.0
    return values[0] + doubt


@compiled
def respond_evenly(first, parent, values, tolerance, behaviour):
    """As `respond`; actions within `tolerance` of the best have the same probability."""
    doubt = values[0] - values[0]
    for i in range(parent.size - 1, -1, -1):
        best = values[first[i]]
        for q in range(first[i], first[i + 1]):
            doubt += values[q] - values[q]
            best = max(best, values[q])
        equal = 0
        for q in range(first[i], first[i + 1]):
            equal += values[q] >= best - tolerance
        for q in range(first[i], first[i + 1]):
            behaviour[q] = 1.0 / equal if values[q] >= best - tolerance else 0.0
        values[parent[i]] += best
    behaviour[0] = 1.0
    return values[0] + doubt


@compiled
def response_value(first, parent, values):
    """As `respond`, without the behaviour."""
    doubt = values[0] - values[0]
    for i in range(parent.size - 1, -1, -1):
        best = values[first[i]]
        for q in range(first[i], first[i + 1]):
            doubt += values[q] - values[q]
            best = max(best, values[q])
        values[parent[i]] += best
    return values[0] + doubt


@compiled(allocates=True)
def _responses(first0, parent0, first1, parent1, start, column, value, start_t, column_t, value_t, behaviour0, behaviour1):
    # One call for both roles: a small tree is evaluated in less time than a second call takes.
    plan0 = np.empty(behaviour0.size)
    plan1 = np.empty(behaviour1.size)
    wrong0 = fill_plan(first0, parent0, behaviour0, plan0)
    wrong1 = fill_plan(first1, parent1, behaviour1, plan1)
    values0 = np.empty(behaviour0.size)
    values1 = np.empty(behaviour1.size)
    multiply_rows(start, column, value, plan1, 1.0, values0)
    multiply_rows(start_t, column_t, value_t, plan0, -1.0, values1)
    return response_value(first0, parent0, values0), response_value(first1, parent1, values1), wrong0, wrong1


@compiled(allocates=True)
def _longest_chain(first, parent):
    # Most additions and products on a path from the root to the end of a role's decisions.
    chain = np.zeros(first[-1], np.int64)
    children = np.zeros(first[-1], np.int64)
    for i in range(parent.size):
        children[parent[i]] += 1
    longest = 0
    for i in range(parent.size):
        for q in range(first[i], first[i + 1]):
            # Normalising adds up the actions, a value those of the information sets below.
            chain[q] = chain[parent[i]] + (first[i + 1] - first[i]) + children[parent[i]] + 2
            longest = max(longest, chain[q])
    return longest
