"""Meta-strategies by alpha-rank (Omidshafiei et al. 2019): how long evolution stays in each profile.

Profiles of two populations, each all alike, are the states of a Markov chain. Now and then a mutant of one
population appears and takes it over with a probability that depends on what it earns more; the chain's
stationary distribution is the rank of the profiles. Larger `alpha` makes selection stronger.
"""

from __future__ import annotations

import numpy as np

from gamesolve.base.errors import GamesolveError
from gamesolve.psro.meta_strategy import MetaStrategy, checked

#: A rate so small that it decides only where nothing else does, and whose inverse can still be multiplied.
SMALLEST = 1e-150


def alpha_rank(payoffs: np.ndarray, *, alpha: float = 100.0, population: int = 50) -> MetaStrategy:
    """The stationary distribution over profiles.

    Args:
        payoffs: f8 [2, D, K].
        alpha: strength of selection, above 0, per unit of payoff.
        population: individuals of each population, at least 2.

    Raises:
        GamesolveError: no meta-game, or `alpha` or `population` are out of range.
    """
    defender, attacker = checked(payoffs)
    if not 0.0 < alpha < np.inf or population < 2:
        raise GamesolveError(f"alpha is {alpha!r} and population {population!r}; alpha is above 0 and population at least 2")
    d, k = defender.shape
    rates = np.zeros((d, k, d, k))
    every = np.arange(k)
    for policy in range(d):
        rates[policy, every, :, every] = fixation(alpha * (defender - defender[policy]).T, population)
    for policy in range(k):
        rates[np.arange(d), policy, np.arange(d), :] = fixation(alpha * (attacker - attacker[:, policy, None]), population)
    chain = rates.reshape(d * k, d * k)
    np.fill_diagonal(chain, 0.0)
    return MetaStrategy(stationary(chain).reshape(d, k))


def fixation(advantages: np.ndarray, population: int) -> np.ndarray:
    """Probability that a mutant takes over (Omidshafiei et al. 2019, eq. 12), for what it earns more times alpha, f8 of any shape."""
    u = np.where(np.abs(advantages) < 1e-12, 1e-12, advantages)
    # For losses, numerator and denominator are multiplied by exp(m u), which cannot overflow then.
    gain, loss = np.maximum(u, 0.0), np.minimum(u, 0.0)
    better = np.expm1(-gain) / np.where(u > 0.0, np.expm1(-population * gain), 1.0)
    worse = np.exp((population - 1) * loss) * np.expm1(loss) / np.where(u < 0.0, np.expm1(population * loss), 1.0)
    return np.where(u > 0.0, better, worse)


def stationary(rates: np.ndarray) -> np.ndarray:
    """Stationary distribution f8 [n] of a Markov chain with rates f8 [n, n] from row to column, its diagonal 0.

    Eliminates states one by one without a subtraction (Grassmann, Taksar and Heyman 1985), so that rates of any
    size lose no digits; those below `SMALLEST` count as that, so that every state is left.
    """
    chain = np.maximum(rates, SMALLEST)
    np.fill_diagonal(chain, 0.0)
    for n in range(len(chain) - 1, 0, -1):
        chain[:n, n] /= chain[n, :n].sum()
        chain[:n, :n] += np.outer(chain[:n, n], chain[n, :n])
    found = np.ones(len(chain))
    for n in range(1, len(chain)):
        found[n] = found[:n] @ chain[:n, n]
        found[: n + 1] /= found[: n + 1].max()
    return np.asarray(found / found.sum())
