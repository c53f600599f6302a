"""Pool: defender and attacker take several resources from each other, in stealth, one move an epoch.

**Rules** (after PoolFlip, whose numbers are not available: the specification is ours). R resources,
each with a value, all owned by the defender at first. In each epoch, at the same time, every agent
*sleeps*, *flips* a resource and so becomes its owner, or *checks* one. Where both sides flip the same
resource, the defender has it. Each resource has prices for flips and checks, by role. After the moves it
pays its owner its value, so a role's reward is the value it controls minus its costs: general-sum. The
zero-sum variant, the default, pays each role its own reward minus the other's.

Nobody sees the other's moves. A flip shows who held the resource before any flip of that epoch: who holds
it afterwards would tell the attacker about a tie only. A check shows who holds it after them.

**Teams.** `defenders=k` gives each of k agents a share of the resources, neighbours, of sizes that differ by
at most one. It acts on them only and knows of nothing else. The attacker is one agent with all resources.

| signal | values | meaning |
|---|---|---|
| epoch | T + 1 | epochs played (capped at 1,000 without horizon, as are all times) |
| own flip, one per resource | T + 1 | 0: never; k: own last flip of it was k epochs ago (1: just now) |
| own look, one per resource | T + 1 | the same for the last flip or check; not there with `checks=false` |
| owner seen, one per resource | 2 | what the last look showed: 0 defender (also where there was none), 1 attacker |

Where own look equals own flip, the last look was a flip, and the owner seen is the one before it. Epoch, own flip and
own look are summaries of the own past.

**Scripted policies**, for both roles: never, periodic, round_robin, exponential, greedy, most_valuable, patrol.
`greedy` is FlipIt's last-move play against exponential play: what a flip shows of such a past says nothing of
the future, so the best gap between flips of a resource counts from the own last flip of it.

Sources: Cadet et al., "PoolFlip", 2025, arXiv 2508.19488; M. van Dijk, A. Juels, A. Oprea, R. Rivest, "FlipIt: the
game of stealthy takeover", Journal of Cryptology 26 (2013).

Known values: one resource without checks and a horizon of 1 or 2 is FlipIt without information (what a flip
of the first epoch shows is known). One epoch, values 1 and 2, every flip .5: 5/3 to the defender. Where
each side flips a resource in each epoch with probabilities p0 and p1, independently, the attacker owns it
a share p1 (1 - p0) / (p1 (1 - p0) + p0) of the time.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from pydantic import Field, ValidationInfo, field_validator

from gamesolve.games.flipit import MOST
from gamesolve.games.pool import rules
from gamesolve.games.pool.per_resource import Numbers, PerResource
from gamesolve.games.pool.policies import policies
from gamesolve.games.pool.rules import make_table, share_bounds
from gamesolve.rules import ROLES, Agent, Game, GameType, Parameters, Rules, Signal, bounded_returns

SOURCE = "after Cadet et al., PoolFlip, 2025, arXiv 2508.19488"


def same(number: float) -> Numbers:
    """One number for all resources."""
    return Numbers((number,))


class PoolParameters(Parameters):
    """Parameters of the pool."""

    resources: int = Field(2, ge=1, le=64, description="resources (R)")
    horizon: int = Field(4, ge=0, le=10000, description="epochs; 0 means without end, which needs a discount below 1")
    defenders: int = Field(1, ge=1, le=64, description="agents of the defender, each guarding a share of the resources")
    values: PerResource = Field(same(1.0), description="what an epoch of control is worth: a number, or 1,2,3 for one each")
    defender_costs: PerResource = Field(same(0.4), description="cost of its flip, likewise")
    attacker_costs: PerResource = Field(same(0.6), description="cost of its flip, likewise")
    checks: bool = Field(True, description="agents may check; if not, they sleep or flip")
    defender_check_costs: PerResource = Field(same(0.1), description="cost of its check, likewise")
    attacker_check_costs: PerResource = Field(same(0.1), description="cost of its check, likewise")
    zero_sum: bool = Field(True, description="each role gets its own benefit minus the other's")
    discount: float = Field(1.0, gt=0.0, le=1.0, validate_default=True, description="weight of an epoch relative to the one before")

    @field_validator("defenders")
    @classmethod
    def _shared(cls, defenders: int, info: ValidationInfo) -> int:
        if defenders > info.data.get("resources", defenders):
            raise ValueError(f"each guards a resource at least, and there are {info.data['resources']}")
        return defenders

    @field_validator("values", "defender_costs", "attacker_costs", "defender_check_costs", "attacker_check_costs")
    @classmethod
    def _one_each(cls, numbers: Numbers, info: ValidationInfo) -> Numbers:
        count, resources = len(numbers.each), info.data.get("resources")
        if resources is not None and count not in (1, resources):
            raise ValueError(f"there are {count} numbers for {resources} resources; give one for all, or one for each")
        # Equal numbers are written as one, so that a game has one name.
        return same(numbers.each[0]) if len(set(numbers.each)) == 1 else numbers

    _bounded = field_validator("discount")(bounded_returns)


def build(parameters: PoolParameters) -> Game:
    """The pool."""
    p, most = parameters, parameters.horizon or MOST
    table = make_table(
        p.values.over(p.resources),
        flip_costs=np.array([costs.over(p.resources) for costs in (p.defender_costs, p.attacker_costs)]),
        check_costs=np.array([costs.over(p.resources) for costs in (p.defender_check_costs, p.attacker_check_costs)]),
        chosen={"defenders": p.defenders, "checks": p.checks, "zero_sum": p.zero_sum, "most": most},
    )
    return Game(
        name="pool",
        version=1,
        parameters=p,
        agents=agents(p, most),
        rules=Rules(rules.reset, rules.legal, rules.step, rules.observe),
        state=rules.state_record(p.resources, p.defenders + 1),
        memory=rules.memory_record(p.resources),
        table=table,
        horizon=p.horizon or None,
        rounded=True,
        discount=p.discount,
        utility_bounds=utility_bounds(p, table[0]),
        zero_sum=p.zero_sum,
        questions=1,
        outcomes=1,
        policies=policies(p.resources, checks=p.checks),
    )


def agents(p: PoolParameters, most: int) -> tuple[Agent, ...]:
    """The defenders, each with its share of the resources, and the attacker with all."""
    bounds, everything = share_bounds(p.resources, p.defenders), range(p.resources)
    shares = [everything[first:end] for first, end in pairwise(bounds)]
    names = ["defender"] if p.defenders == 1 else [f"defender {k + 1}" for k in range(p.defenders)]
    found = [agent(name, "defender", share, checks=p.checks, most=most) for name, share in zip(names, shares, strict=True)]
    return (*found, agent("attacker", "attacker", everything, checks=p.checks, most=most))


def agent(name: str, role: str, share: range, *, checks: bool, most: int) -> Agent:
    """An agent that acts on the resources of its share, called by their numbers from 1."""
    words = [f"{kind} {r + 1}" for kind in (("flip", "check") if checks else ("flip",)) for r in share]
    kinds = ("own flip", "own look") if checks else ("own flip",)
    times = [Signal(kind, most + 1, len(share), ordinal=True, summary=True) for kind in kinds]
    owner = Signal("owner seen", 2, len(share), labels=ROLES)
    return Agent(name, role, ("sleep", *words), (Signal("epoch", most + 1, ordinal=True, summary=True), *times, owner))


def utility_bounds(p: PoolParameters, row: Any) -> tuple[tuple[float, float], tuple[float, float]]:
    """Least and greatest discounted return of the defender and of the attacker.

    In epoch t = 0, 1, ... the attacker owns at most t + 1 resources. Beyond that a side may control all
    and pay nothing, or each of its agents pays for its most expensive move in vain.
    """
    values = np.sort(p.values.over(p.resources))[::-1]
    price = np.maximum(row["flip_cost"], row["check_cost"] * p.checks)
    bounds = share_bounds(p.resources, p.defenders)
    defence = sum(price[0, first:end].max() for first, end in pairwise(bounds))
    low, high = np.zeros(2), np.zeros(2)
    for t in range(min(p.resources, p.horizon or p.resources)):
        weight, lost = epochs_from(t, p), values[: t + 1].sum()
        low += weight * np.array([values.sum() - lost - defence, -price[1].max()])
        high += weight * np.array([values.sum(), lost])
    if p.zero_sum:
        low, high = low - high[::-1], high - low[::-1]
    slack = 1e-9 * (1.0 + np.abs(low) + np.abs(high))
    return (float(low[0] - slack[0]), float(high[0] + slack[0])), (float(low[1] - slack[1]), float(high[1] + slack[1]))


def epochs_from(t: int, p: PoolParameters) -> float:
    """Weight of epoch t; of all epochs from t on where it is the last in which the attacker can gain a further resource."""
    if t < p.resources - 1:
        return p.discount**t
    return p.discount**t / (1.0 - p.discount) if p.horizon == 0 else float((p.discount ** np.arange(t, p.horizon)).sum())


GAME = GameType("pool", PoolParameters, build, summary=(__doc__ or "").partition("\n")[0], source=SOURCE)
