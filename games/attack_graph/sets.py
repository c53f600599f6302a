"""How scripted policies choose a set of actions: drawn whole at an epoch's first pick, then played out ascending.

The number of elements is clamp(ratio x candidates + noise) as in Nguyen et al. 2018, section 5; the
noise is normal and its number drawn by flips, so policies that draw little can be enumerated exactly.
"""

from __future__ import annotations

from math import erf, exp, sqrt

from gamesolve.rules import PASS, flip, pick, record, rule

#: What a policy's settings become: how many elements it takes, and how sharply it prefers the better ones.
HABIT = record(ratio="f8", noise="f8", minimum="i4", maximum="i4", temperature="f8", power="f8", samples="i4")


@rule
def number_to_take(habit, chance, candidates, limit):
    """clamp(ratio x candidates + noise) to minimum and maximum, to the limit on picks and to the candidates."""
    high = min(min(habit.maximum, limit), candidates)
    low = min(habit.minimum, high)
    mean = habit.ratio * candidates
    if habit.noise == 0.0:
        return min(max(int(mean), low), high)
    below = 0.0
    for number in range(low, high):
        up_to = 0.5 * (1.0 + erf((number + 1 - mean) / (habit.noise * sqrt(2.0))))
        if below >= 1.0 or flip(chance, min((up_to - below) / (1.0 - below), 1.0)):
            return number
        below = up_to
    return high


@rule
def count_positive(weights):
    """How many weights (f8 [A]) are above zero."""
    count = 0
    for a in range(weights.size):
        count += weights[a] > 0.0
    return count


@rule
def draw_set(chance, weights, count, plan):
    """Mark `count` actions in `plan` (i1), drawn by weight without replacement; `weights` is zero afterwards."""
    for _ in range(count):
        a = pick(chance, weights)
        plan[a] = 1
        weights[a] = 0.0
    for a in range(weights.size):
        weights[a] = 0.0


@rule
def sharpen(weights, worth, temperature):
    """Replace positive weights by exp(temperature x worth), worth scaled to [0, 1] over them (quantal response)."""
    low = 0.0
    high = 0.0
    first = True
    for a in range(weights.size):
        if weights[a] > 0.0:
            low = worth[a] if first else min(low, worth[a])
            high = worth[a] if first else max(high, worth[a])
            first = False
    scale = temperature / (high - low) if high > low else 0.0
    for a in range(weights.size):
        if weights[a] > 0.0:
            weights[a] = exp(scale * (worth[a] - low))


@rule
def play_next(table, memory, probabilities):
    """Put 1 on the lowest planned action not yet played, else on *pass*, and count the pick."""
    chosen = PASS
    for a in range(memory.played + 1, memory.plan.size):
        if memory.plan[a]:
            chosen = a
            break
    memory.played = chosen if chosen != PASS else memory.plan.size
    probabilities[chosen] = 1.0
    memory.phase += 1
    if memory.phase == table.picks:
        memory.phase = 0
        memory.played = 0
        memory.epoch += 1


@rule
def clear(plan):
    """Empty a plan."""
    for a in range(plan.size):
        plan[a] = 0
