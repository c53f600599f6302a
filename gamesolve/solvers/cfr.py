"""Counterfactual regret minimisation in four variants, as generators of immutable steps.

All of them keep regrets at every information set, play by regret matching, and converge in their
*average* strategies, kept as weighted sums of realisation plans:

| variant | regrets | updates | weight of iteration t | source |
|---|---|---|---|---|
| `cfr` | summed | simultaneous | 1 | Zinkevich et al. 2007 |
| `cfr+` | cut off at 0 | alternating | t | Tammelin 2014 |
| `dcfr` | discounted, alpha 1.5 and beta 0 | alternating | t^2 (gamma 2) | Brown and Sandholm 2019 |
| `pcfr+` | cut off at 0, the last expected again | alternating | t^2 | Farina, Kroer and Sandholm 2021 |

Iteration t adds the strategies that it ends with, so the uniform one of the start is never averaged.
None is the best everywhere. An iteration costs about the same in all.
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
from gamesolve.base.errors import GamesolveError, unknown_name
from gamesolve.solvers.best_response import Profile, behaviour_of, float_tolerance, require_zero_sum
from gamesolve.solvers.layout import Layout, aligned, lay_out, payoff_scale
from gamesolve.solvers.sweep import accumulate, best_value, discounted, match_all, multiply, plus, predictive, reach
from gamesolve.views.tree import Tree

SIMULTANEOUS, PLUS, DISCOUNTED, PREDICTIVE = range(4)
VARIANTS = {"cfr": SIMULTANEOUS, "cfr+": PLUS, "dcfr": DISCOUNTED, "pcfr+": PREDICTIVE}

#: How regrets of discounted CFR are kept: positive ones by t^alpha / (t^alpha + 1), negative ones by half (beta 0).
ALPHA = 1.5

#: What f8 [kinds, P] of a role holds in the order of its layout (predictions for `pcfr+` only); once given
#: out in a step it is never written again.
REGRETS, TOTALS, PREDICTED = range(3)
Numbers = tuple[np.ndarray, np.ndarray]

#: Payoff pairs and positions that one compiled call goes through, so that an interrupt is noticed within a second or so.
CALL = 10**8

Schedule = Callable[[int], int]


@dataclass(frozen=True)
class CFRState:
    """All that the future of a run depends on, in the tree's order of sequences.

    Attributes:
        variant: one of `VARIANTS`.
        iteration: iterations done.
        regrets: f8 [Q] of each role, payoffs scaled by a power of two.
        totals: f8 [Q] of each role, weighted sums of realisation plans.
        predicted: f8 [Q] of each role, regrets with the last counted again; f8 [0] but for `pcfr+`.
    """

    variant: str
    iteration: int
    regrets: tuple[np.ndarray, np.ndarray]
    totals: tuple[np.ndarray, np.ndarray]
    predicted: tuple[np.ndarray, np.ndarray]

    def arrays(self) -> dict[str, np.ndarray]:
        """Plain arrays by name, from which `from_arrays` makes the same state."""
        out = {"variant": np.int64(list(VARIANTS).index(self.variant)).reshape(1), "iteration": np.int64(self.iteration).reshape(1)}
        for role in (0, 1):
            out[f"regrets{role}"] = self.regrets[role]
            out[f"totals{role}"] = self.totals[role]
            out[f"predicted{role}"] = self.predicted[role]
        return out

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> CFRState:
        """The state that `arrays` were made of; raises GamesolveError where they are no state."""
        try:
            variant = list(VARIANTS)[int(arrays["variant"][0])]
            pairs = [(arrays[f"{name}0"], arrays[f"{name}1"]) for name in ("regrets", "totals", "predicted")]
            iteration = int(arrays["iteration"][0])
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise GamesolveError(f"this is no state of counterfactual regret minimisation: {error!r} in {sorted(arrays)}") from error
        for pair in pairs:
            for array in pair:
                if array.ndim != 1 or array.dtype != np.float64 or not np.isfinite(array).all():
                    raise GamesolveError("a state of counterfactual regret minimisation holds what is not finite or not float64")
        return cls(variant, iteration, *pairs)


@dataclass(frozen=True)
class Step:
    """Where a run stands after an iteration that was checked.

    Attributes:
        iteration: iterations done.
        value: bracket of role 0's game value: the worst case of role 0's average strategy below, minus
            the worst case of role 1's above, widened by floating-point tolerance.
        exploitability: of the average strategies, in the game's units.
        final: never; there is always a next iteration.
    """

    iteration: int
    value: Bound
    exploitability: float
    _run: _Run
    _numbers: Numbers
    final: ClassVar[bool] = False

    @property
    def work(self) -> int:
        """Payoff pairs gone through so far."""
        return self.iteration * self._run.tree.pairs

    @cached_property
    def profile(self) -> Profile:
        """Behaviours f8 [Q] of the average strategies; uniform where they do not reach."""
        return profile_of(self._run.tree, self.state)

    @cached_property
    def state(self) -> CFRState:
        """From which `cfr` goes on as if it had not stopped."""
        return CFRState(self._run.variant, self.iteration, *(self._in_order(kind) for kind in (REGRETS, TOTALS, PREDICTED)))

    def _in_order(self, kind: int) -> tuple[np.ndarray, np.ndarray]:
        if kind >= len(self._numbers[0]):
            return np.zeros(0), np.zeros(0)
        zero, one = self._run.layouts
        return self._numbers[0][kind, zero.position], self._numbers[1][kind, one.position]


def profile_of(tree: Tree, state: CFRState) -> Profile:
    """Behaviours f8 [Q] of a state's average strategies; uniform where they do not reach."""
    zero, one = (behaviour_of(decisions, total) for decisions, total in zip(tree.decisions, state.totals, strict=True))
    return zero, one


def every_iteration(iteration: int) -> int:
    """Check after each iteration."""
    return iteration + 1


def sparse(iteration: int) -> int:
    """The next iteration to be checked: 1, 2, 3, ..., 40, and from then on 5% more each time."""
    return iteration + max(1, iteration // 20)


def cfr(
    tree: Tree,
    variant: str = "cfr+",
    *,
    state: CFRState | None = None,
    check: Schedule = sparse,
    layouts: tuple[Layout, Layout] | None = None,
) -> Iterator[Step]:
    """Run a variant of CFR on a zero-sum tree for as long as the caller asks for steps.

    Args:
        tree: zero-sum; its payoffs are copied into a layout of their own where it is small.
        variant: see the module's table.
        state: from which to go on; the bytes are those of a run that never stopped.
        check: the next iteration to be checked after a given one; it must depend on that number only.
        layouts: `lay_out(tree)`, where the caller has it already.

    Yields:
        A `Step` at each checked iteration, without end. Steps share no memory that changes.

    Raises:
        GamesolveError: the tree is general-sum, payoffs are not finite, the variant is unknown, or the
            state belongs to another variant or tree.
    """
    require_zero_sum(tree, "counterfactual regret minimisation")
    if variant not in VARIANTS:
        raise unknown_name("variant of CFR", variant, list(VARIANTS))
    run = _Run(tree, variant, layouts or lay_out(tree), payoff_scale(tree), float_tolerance(tree))
    return _steps(run, *_begin(run, state), check)


@dataclass(frozen=True)
class _Run:
    tree: Tree
    variant: str
    layouts: tuple[Layout, Layout]
    scale: float
    tolerance: float


def _begin(run: _Run, state: CFRState | None) -> tuple[Numbers, int]:
    kinds = 3 if run.variant == "pcfr+" else 2
    zero, one = (aligned(kinds, layout.size) for layout in run.layouts)
    if state is None:
        return (zero, one), 0
    if state.variant != run.variant:
        raise GamesolveError(f"the state is one of {state.variant!r}; it cannot go on as {run.variant!r}")
    for role, (numbers, decisions) in enumerate(zip((zero, one), run.tree.decisions, strict=True)):
        for kind, pair in enumerate((state.regrets, state.totals, state.predicted)[:kinds]):
            if pair[role].shape != (decisions.sequences,):
                found = f"arrays of shape {pair[role].shape} for role {decisions.role!r}"
                raise GamesolveError(f"the state has {found}; this tree needs ({decisions.sequences},)")
            numbers[kind, run.layouts[role].position] = pair[role]
    return (zero, one), state.iteration


def _steps(run: _Run, numbers: Numbers, iteration: int, check: Schedule) -> Iterator[Step]:
    zero, one = run.layouts
    sides = _side(zero), _side(one)
    room = aligned(4, zero.size), aligned(4, one.size), np.empty(max(len(zero.position), len(one.position)))
    at_once = max(1, CALL // (run.tree.pairs + zero.size + one.size))
    variant = VARIANTS[run.variant]
    prepare(variant, *sides, *numbers, *room[:2])
    while True:
        checked = max(check(iteration), iteration + 1)
        numbers = _copy(numbers[0]), _copy(numbers[1])
        while iteration < checked:
            until = min(checked, iteration + at_once)
            advance(variant, iteration, until, *sides, *numbers, *room)
            iteration = until
        to_zero, to_one = judge(*sides, *numbers, *room)
        yield _step(run, numbers, iteration, to_zero * run.scale, to_one * run.scale)


def _step(run: _Run, numbers: Numbers, iteration: int, to_zero: float, to_one: float) -> Step:
    gap = to_zero + to_one
    if not math.isfinite(gap) or gap < -2.0 * run.tolerance:
        raise GamesolveError(
            f"the best responses in {run.tree.game} earn {to_zero!r} and {to_one!r}: payoffs overflow, or the tree is inconsistent"
        )
    value = Bound(-to_one - run.tolerance, to_zero + run.tolerance)
    return Step(iteration, value, max(0.5 * gap, 0.0), run, numbers)


def _side(layout: Layout) -> tuple:
    rows = layout.rows
    return (
        layout.position, layout.groups, layout.parent, layout.start, layout.column, layout.value,
        rows.start, rows.column, rows.value, layout.factor,
    )  # fmt: skip


def _copy(numbers: np.ndarray) -> np.ndarray:
    copy = aligned(*numbers.shape)
    copy[:] = numbers
    return copy


@compiled
def prepare(variant, zero, one, numbers_zero, numbers_one, room_zero, room_one):
    """Fill the rooms f8 [4, P], which hold policy, plan, gradient and average of each role, with the policy and plan of a state."""
    played = PREDICTED if variant == PREDICTIVE else REGRETS
    match_all(zero[1], numbers_zero[played], room_zero[0])
    match_all(one[1], numbers_one[played], room_one[0])
    reach(zero[1], zero[2], room_zero[0], room_zero[1])
    reach(one[1], one[2], room_one[0], room_one[1])


@compiled
def advance(variant, begin, end, zero, one, numbers_zero, numbers_one, room_zero, room_one, listed):
    """Iterations begin + 1 to end, in place."""
    plan_zero, plan_one = room_zero[1], room_one[1]
    for t in range(begin + 1, end + 1):
        weight = 1.0 if variant == SIMULTANEOUS else (1.0 * t if variant == PLUS else 1.0 * t * t)
        multiply(zero, one, plan_one, listed, room_zero[2])
        if variant == SIMULTANEOUS:
            multiply(one, zero, plan_zero, listed, room_one[2])
        update(variant, t, zero, numbers_zero, room_zero)
        accumulate(plan_zero, weight, numbers_zero[TOTALS])
        if variant != SIMULTANEOUS:
            multiply(one, zero, plan_zero, listed, room_one[2])
        update(variant, t, one, numbers_one, room_one)
        accumulate(plan_one, weight, numbers_one[TOTALS])


@compiled
def judge(zero, one, numbers_zero, numbers_one, room_zero, room_one, listed):
    """What a best response earns against the other's average: (to role 0, to role 1); overwrites gradients and averages.

    Judged are the plans of the average *behaviours*, which are what a step gives out: the totals
    themselves cease to be multiples of a plan, by the roundings of all iterations together.
    """
    average_plan(zero, numbers_zero[TOTALS], room_zero[3])
    average_plan(one, numbers_one[TOTALS], room_one[3])
    multiply(zero, one, room_one[3], listed, room_zero[2])
    multiply(one, zero, room_zero[3], listed, room_one[2])
    return best_value(zero[1], zero[2], room_zero[2]), best_value(one[1], one[2], room_one[2])


@compiled
def average_plan(side, totals, plan):
    """Fill the plan of the behaviour in proportion to the totals, which are matched as regrets are."""
    match_all(side[1], totals, plan)
    reach(side[1], side[2], plan, plan)


@compiled
def update(variant, t, side, numbers, room):
    """Regrets, policy and plan of a role after iteration t, from the gradient in its room."""
    groups, parent, regrets, policy, gradient = side[1], side[2], numbers[REGRETS], room[0], room[2]
    if variant == PLUS:
        plus(groups, parent, regrets, policy, gradient)
    elif variant == PREDICTIVE:
        predictive(groups, parent, regrets, numbers[PREDICTED], policy, gradient)
    elif variant == DISCOUNTED:
        kept = t**ALPHA
        discounted(groups, parent, regrets, policy, gradient, kept / (kept + 1.0), 1.0 / 2.0)
    else:
        discounted(groups, parent, regrets, policy, gradient, 1.0, 1.0)
    reach(groups, parent, policy, room[1])
