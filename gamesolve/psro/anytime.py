"""Anytime mixtures (McAleer et al. 2022, algorithm 1): of each population that which is least exploitable, and not the one that is
best against the other population.

Each population learns its mixture by regret against a responder that is in training all the while and restricted to no population,
so what it comes to is safe against more than is in the meta-game, and further members can only make it safer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gamesolve.psro.dynamics import matched

#: From a round and the mixtures f8 [D] and f8 [K] to each role's responder to the other's mixture; None where there is none.
Respond = Callable[[int, tuple[np.ndarray, np.ndarray]], tuple[Any, Any]]
#: From a round, a role and the other role's responder to what the members of the role's population earn against it, f8 [n].
Pay = Callable[[int, int, Any], np.ndarray]


def adapt(first: tuple[np.ndarray, np.ndarray], rounds: int, respond: Respond, pay: Pay) -> tuple[np.ndarray, np.ndarray]:
    """The averages f8 [D] and f8 [K] of mixtures that follow their regrets, of which negative ones are forgotten.

    Later rounds count more (regret matching plus with linear averages, Tammelin 2014).

    Args:
        first: f8 [D] and f8 [K], with which a role stays whom nobody ever responds to.
    """
    regrets, totals = [np.zeros(len(own)) for own in first], [np.zeros(len(own)) for own in first]
    for number in range(1, rounds + 1):
        now = matched(regrets[0]), matched(regrets[1])
        responders = respond(number, now)
        for role, responder in ((0, responders[1]), (1, responders[0])):
            if responder is not None:
                earned = pay(number, role, responder)
                regrets[role] = np.maximum(regrets[role] + earned - now[role] @ earned, 0.0)
                totals[role] += number * now[role]
    zero, one = (total / total.sum() if total.any() else own for total, own in zip(totals, first, strict=True))
    return zero, one
