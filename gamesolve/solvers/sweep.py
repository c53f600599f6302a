"""The compiled inner loops of counterfactual regret minimisation, on positions of a `Layout`.

One iteration for a role is a sparse product (its gradient against the other's plan), a pass up its
information sets (`plus`, `discounted` or `predictive`: values, regrets, next behaviour) and a pass
down (`reach`: the next plan). Letters: g the gradient f8 [P], overwritten by counterfactual values of
sequences; a role's arrays are (position, groups, parent, start, column, value, row starts, row
columns, row values, factor), as in `Layout`.
"""

from __future__ import annotations

import numpy as np

from gamesolve.base.compiled import compiled
from gamesolve.solvers.lanes import WIDTH, add_at, gather, larger, load, spread, store, where_above

#: Regrets that add to less than this are as good as none: the behaviour is uniform (payoffs are scaled to 1).
NEGLIGIBLE = 1e-290


@compiled
def multiply(own, other, plan, listed, g):
    """g = the role's payoffs times the other's plan f8 [P]; `listed` f8 [Q] is room for the plan in the tree's order."""
    start, column, value = own[3], own[4], own[5]
    if start.size > 1:
        for s in range(start.size - 1):
            total = spread(0.0)
            for k in range(start[s], start[s + 1]):
                total = total + load(value, np.uint64(WIDTH) * k) * spread(plan[column[k]])
            store(g, WIDTH * s, total)
        return
    position, rows, columns, values, factor = own[0], own[6], own[7], own[8], own[9]
    for q in range(other[0].size):
        listed[q] = plan[other[0][q]]
    for r in range(position.size):
        sum_of_row = 0.0
        for k in range(rows[r], rows[r + 1]):
            sum_of_row += values[k] * listed[columns[k]]
        g[position[r]] = factor * sum_of_row


@compiled
def match(regrets, policy, p, slots, actions, total):
    """Regret matching at eight information sets: probabilities in proportion to the positive regrets (Hart and Mas-Colell 2000)."""
    zero = spread(0.0)
    limit = spread(NEGLIGIBLE)
    inverse = where_above(total, limit, spread(1.0) / larger(total, limit), zero)
    equal = where_above(total, limit, zero, spread(1.0 / actions))
    for a in range(actions):
        store(policy, p + a * slots, larger(load(regrets, p + a * slots), zero) * inverse + equal)


@compiled
def earned_by(policy, g, p, slots, actions):
    """Counterfactual values of eight information sets under the policy."""
    total = spread(0.0)
    for a in range(actions):
        total = total + load(policy, p + a * slots) * load(g, p + a * slots)
    return total


@compiled
def plus(groups, parent, regret, policy, g):
    """CFR+: regrets are cut off at zero (Tammelin 2014, algorithm 1)."""
    zero = spread(0.0)
    for k in range(groups.shape[0] - 1, -1, -1):
        first, slots, actions, base = groups[k, 0], groups[k, 1], groups[k, 2], groups[k, 3]
        for block in range(0, slots, WIDTH):
            p = base + block
            earned = earned_by(policy, g, p, slots, actions)
            total = zero
            for a in range(actions):
                now = larger(load(regret, p + a * slots) + (load(g, p + a * slots) - earned), zero)
                store(regret, p + a * slots, now)
                total = total + now
            match(regret, policy, p, slots, actions, total)
            add_at(g, parent, first + block, earned)


@compiled
def discounted(groups, parent, regret, policy, g, keep_positive, keep_negative):
    """CFR with positive and negative regrets multiplied by two factors after each iteration (Brown and Sandholm 2019, DCFR).

    Factors of one are the original CFR (Zinkevich et al. 2007, equations 7 and 8).
    """
    zero = spread(0.0)
    positive, negative = spread(keep_positive), spread(keep_negative)
    for k in range(groups.shape[0] - 1, -1, -1):
        first, slots, actions, base = groups[k, 0], groups[k, 1], groups[k, 2], groups[k, 3]
        for block in range(0, slots, WIDTH):
            p = base + block
            earned = earned_by(policy, g, p, slots, actions)
            total = zero
            for a in range(actions):
                now = load(regret, p + a * slots) + (load(g, p + a * slots) - earned)
                now = now * where_above(now, zero, positive, negative)
                store(regret, p + a * slots, now)
                total = total + larger(now, zero)
            match(regret, policy, p, slots, actions, total)
            add_at(g, parent, first + block, earned)


@compiled
def predictive(groups, parent, regret, predicted, policy, g):
    """Predictive CFR+: the last regrets are expected once more (Farina, Kroer and Sandholm 2021, predictive RM+)."""
    zero = spread(0.0)
    for k in range(groups.shape[0] - 1, -1, -1):
        first, slots, actions, base = groups[k, 0], groups[k, 1], groups[k, 2], groups[k, 3]
        for block in range(0, slots, WIDTH):
            p = base + block
            earned = earned_by(policy, g, p, slots, actions)
            total = zero
            for a in range(actions):
                last = load(g, p + a * slots) - earned
                now = larger(load(regret, p + a * slots) + last, zero)
                expected = larger(now + last, zero)
                store(regret, p + a * slots, now)
                store(predicted, p + a * slots, expected)
                total = total + expected
            match(predicted, policy, p, slots, actions, total)
            add_at(g, parent, first + block, earned)


@compiled
def match_all(groups, regrets, policy):
    """The policy that belongs to regrets (predicted ones for predictive CFR+), everywhere."""
    zero = spread(0.0)
    for k in range(groups.shape[0]):
        slots, actions, base = groups[k, 1], groups[k, 2], groups[k, 3]
        for block in range(0, slots, WIDTH):
            total = zero
            for a in range(actions):
                total = total + larger(load(regrets, base + block + a * slots), zero)
            match(regrets, policy, base + block, slots, actions, total)


@compiled
def reach(groups, parent, policy, plan):
    """The plan of a policy, which may be the same array."""
    plan[0] = 1.0
    for k in range(groups.shape[0]):
        first, slots, actions, base = groups[k, 0], groups[k, 1], groups[k, 2], groups[k, 3]
        for block in range(0, slots, WIDTH):
            above = gather(plan, parent, first + block)
            for a in range(actions):
                p = base + block + a * slots
                store(plan, p, above * load(policy, p))


@compiled
def accumulate(plan, weight, total):
    """total += weight * plan."""
    factor = spread(weight)
    for p in range(0, plan.size, WIDTH):
        store(total, p, load(total, p) + factor * load(plan, p))


@compiled
def best_value(groups, parent, g):
    """Value of a best response to the gradient g; NaN where g holds what is no finite number."""
    doubt = spread(0.0)
    for k in range(groups.shape[0] - 1, -1, -1):
        first, slots, actions, base = groups[k, 0], groups[k, 1], groups[k, 2], groups[k, 3]
        for block in range(0, slots, WIDTH):
            best = load(g, base + block)
            for a in range(actions):
                found = load(g, base + block + a * slots)
                best = larger(found, best)
                doubt = doubt + (found - found)
            add_at(g, parent, first + block, best)
    value = g[0]
    store(g, 0, doubt)
    for lane in range(WIDTH):
        value += g[lane]
    return value
