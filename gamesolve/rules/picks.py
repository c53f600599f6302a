"""Picks: a set of things chosen in one epoch, as a fixed number of single actions.

Action 0 is *pass*; action 1 + i picks element i. Picks of one epoch are strictly ascending, and
after *pass* only *pass* is allowed, so every set has exactly one sequence of picks.
"""

from __future__ import annotations

from gamesolve.rules.rule import rule

PASS = 0


@rule
def allow_pick(mask, element, last, picked, limit):
    """Allow picking `element`, unless the limit is reached, *pass* was chosen, or it would not ascend.

    Args:
        mask: u1 [A], the agent's mask.
        element: element offered (action 1 + element).
        last: the agent's last action of this epoch: 0 after *pass*, -1 before the first pick.
        picked: how many it has picked in this epoch.
        limit: how many it may pick.
    """
    if picked < limit and last != PASS and 1 + element > last:
        mask[1 + element] = True
