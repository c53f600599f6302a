"""Magnetic mirror descent on trees: regularised self-play with exact values (Sokota et al. 2023).

In iteration t both roles move at every information set, at the same time, from their present behaviour pi towards what
earns more, and towards uniform play (their equation 11 with the negative entropy, a uniform magnet, and one step per iteration):

    pi'(a)  proportional to  (pi(a) exp(eta q(a)))^(1 / (1 + eta alpha))

Here q(a) is what action a earns on average once the information set is reached, eta = step / (scale sqrt t) and
alpha = temperature scale / sqrt t, where scale is the largest payoff that the game declares. Other than in counterfactual
regret minimisation, it is the last behaviour that converges, and not an average: it is what learners do who play against themselves.

How often chance and the other role lead to an information set, by which values are divided, is a product with the tree's
`weights`: what is played on after an action is all of what was there before it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from gamesolve.base.bound import Bound
from gamesolve.base.compiled import compiled
from gamesolve.base.errors import GamesolveError
from gamesolve.solvers.best_response import (
    Profile,
    float_tolerance,
    gradient,
    multiply_rows,
    plan_of,
    require_zero_sum,
    response_values,
    uniform,
)
from gamesolve.views.payoffs import transpose
from gamesolve.views.tree import Payoffs, Tree

#: Step and temperature of iteration 1, in units of the largest payoff: of nine pairs tried the quickest with which all of eight games,
#: poker, dice, cards and cyber games, are less exploitable after 4,000 iterations than half of what they are after 1,000.
STEP, TEMPERATURE = 2.0, 1.0
#: No probability falls below this, from which it could not come back.
LEAST = 1e-300


@dataclass(frozen=True, eq=False)
class MirrorState:
    """All that the future of a run depends on.

    Attributes:
        iteration: iterations done.
        behaviours: f8 [Q] of each role.
    """

    iteration: int
    behaviours: Profile

    def arrays(self) -> dict[str, np.ndarray]:
        """Plain arrays by name, from which `from_arrays` makes the same state."""
        return {"iteration": np.array([self.iteration]), "behaviour0": self.behaviours[0], "behaviour1": self.behaviours[1]}

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> MirrorState:
        """The state that `arrays` were made of; raises GamesolveError where they are no state."""
        try:
            return cls(int(arrays["iteration"][0]), (arrays["behaviour0"], arrays["behaviour1"]))
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise GamesolveError(f"this is no state of mirror descent: {error!r} in {sorted(arrays)}") from error


@dataclass(frozen=True, eq=False)
class MirrorStep:
    """Where a run stands after an iteration that was checked.

    Attributes:
        iteration: iterations done.
        value: bracket of role 0's game value, from best responses to both behaviours.
        exploitability: of the behaviours, in the game's units.
        work: payoff pairs gone through so far.
        state: from which `mirror_descent` goes on as if it had not stopped.
        final: never; there is always a next iteration.
    """

    iteration: int
    value: Bound
    exploitability: float
    work: int
    state: MirrorState
    _tree: Tree
    final: ClassVar[bool] = False

    @cached_property
    def profile(self) -> Profile:
        """Behaviours f8 [Q]."""
        return profile_of(self._tree, self.state)


def profile_of(tree: Tree, state: MirrorState) -> Profile:
    """The behaviours f8 [Q] of a state."""
    return state.behaviours


def mirror_descent(
    tree: Tree,
    *,
    state: MirrorState | None = None,
    check: Callable[[int], int] = lambda done: done + 1,
    step: float = STEP,
    temperature: float = TEMPERATURE,
    scale: float | None = None,
) -> Iterator[MirrorStep]:
    """Run magnetic mirror descent on a zero-sum tree for as long as the caller asks for steps.

    Args:
        tree: with `weights`.
        state: from which to go on; the bytes are those of a run that never stopped.
        check: the next iteration to be checked after a given one.
        step, temperature: of iteration 1, in units of `scale`; both fall with the square root of the iteration.
        scale: payoffs count in units of it; the larger of role 0's utility bounds unless given.

    Yields:
        A `MirrorStep` at each checked iteration, without end.

    Raises:
        GamesolveError: the tree is general-sum or has no weights, payoffs are not finite, a number is out of range, or the state
            belongs to another tree.
    """
    require_zero_sum(tree, "mirror descent")
    if tree.weights is None:
        raise GamesolveError(f"mirror descent needs the weights of the tree of {tree.game}; build it with weights=True")
    scale = max(map(abs, tree.utility_bounds[0])) or 1.0 if scale is None else scale
    for name, value in (("step", step), ("temperature", temperature), ("scale", scale)):
        if not 0.0 < value < math.inf:
            raise GamesolveError(f"the {name} is {value!r}; it is positive and finite")
    if state is None:
        state = MirrorState(0, (uniform(tree.decisions[0]), uniform(tree.decisions[1])))
    for behaviour, decisions in zip(state.behaviours, tree.decisions, strict=True):
        if behaviour.shape != (decisions.sequences,):
            raise GamesolveError(
                f"the state has {len(behaviour)} sequences of role {decisions.role!r}; this tree has {decisions.sequences}"
            )
    return _steps(
        tree, (tree.weights, transpose(tree.weights, tree.decisions[1].sequences)), state, check, step / scale, temperature * scale
    )


def _steps(
    tree: Tree, weights: tuple[Payoffs, Payoffs], state: MirrorState, check: Callable[[int], int], eta: float, alpha: float
) -> Iterator[MirrorStep]:  # fmt: skip
    iteration, (zero, one) = state.iteration, state.behaviours
    tolerance = float_tolerance(tree)
    while True:
        for _ in range(check(iteration) - iteration):
            iteration += 1
            root = math.sqrt(iteration)
            plans = plan_of(tree.decisions[0], zero), plan_of(tree.decisions[1], one)
            zero, one = (
                _moved(tree, weights[role], role, behaviour, plans[1 - role], eta / root, alpha / root)
                for role, behaviour in enumerate((zero, one))
            )
        to_zero, to_one = response_values(tree, (zero, one))
        value = Bound(-to_one - tolerance, to_zero + tolerance, "proved")
        now = MirrorState(iteration, (zero, one))
        yield MirrorStep(iteration, value, max(0.5 * (to_zero + to_one), 0.0), 4 * tree.pairs * iteration, now, tree)


def _moved(tree: Tree, weights: Payoffs, role: int, behaviour: np.ndarray, other: np.ndarray, eta: float, alpha: float) -> np.ndarray:
    """The next behaviour f8 [Q] of a role, whose present one is f8 [Q], against a plan f8 [Q] of the other."""
    decisions, reach = tree.decisions[role], np.empty(tree.decisions[role].sequences)
    multiply_rows(weights.start, weights.column, weights.value, other, 1.0, reach)
    found = behaviour.copy()
    move(decisions.first, decisions.parent, gradient(tree, role, other), reach, found, eta, alpha)
    return found


@compiled
def move(first, parent, values, reach, behaviour, eta, alpha):
    """Move a behaviour f8 [Q] in place, children before parents.

    Args:
        values, reach: f8 [Q], what each sequence earns directly and how likely it is that play ends there; both are overwritten
            by those of all that follows.
    """
    for i in range(parent.size - 1, -1, -1):
        value, came = 0.0, 0.0
        for q in range(first[i], first[i + 1]):
            value += behaviour[q] * values[q]
            came = max(came, reach[q])
        if came > 1e-290:
            largest = -np.inf
            for q in range(first[i], first[i + 1]):
                behaviour[q] = (math.log(behaviour[q]) + eta * values[q] / came) / (1.0 + eta * alpha)
                largest = max(largest, behaviour[q])
            total = 0.0
            for q in range(first[i], first[i + 1]):
                behaviour[q] = math.exp(behaviour[q] - largest)
                total += behaviour[q]
            for q in range(first[i], first[i + 1]):
                behaviour[q] = max(behaviour[q] / total, LEAST)
        values[parent[i]] += value
        reach[parent[i]] += came
