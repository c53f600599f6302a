"""Which method solves a tree: a linear program where it is small, else the winner of a short race."""

from __future__ import annotations

from collections.abc import Callable

from gamesolve.solvers.best_response import require_zero_sum
from gamesolve.solvers.cfr import cfr
from gamesolve.solvers.layout import lay_out
from gamesolve.views.tree import Tree

#: Payoff pairs up to which the linear program is the quickest way to an exact answer (about a second).
LP_PAIRS = 60_000
#: ... and up to which it is worth its time where the gap asked for is beyond the reach of CFR.
LP_PAIRS_PRECISE = 300_000
#: A gap, relative to the payoff range, that methods of the CFR family hardly reach.
PRECISE = 1e-6
#: Variants that run against each other, and for how many iterations.
RACERS = ("cfr+", "dcfr", "pcfr+")
RACE = 32


def choose_method(tree: Tree, gap: float, *, pause: Callable[[], None] = lambda: None) -> tuple[str, str]:
    """The method (`lp` or a variant of CFR) for a zero-sum tree and a target exploitability, and why in one line.

    The choice depends on the tree and the gap only, never on time.

    Args:
        tree: zero-sum.
        gap: target exploitability in the game's units.
        pause: called before each run of the race; an exception that it raises ends it.

    Raises:
        GamesolveError: the tree is general-sum, or its payoffs are not finite where a race has to decide.
    """
    require_zero_sum(tree, "solving")
    if tree.pairs <= LP_PAIRS:
        return "lp", f"linear program: {tree.pairs:,} payoff pairs are few enough (at most {LP_PAIRS:,}) for an exact answer"
    if gap < PRECISE * tree.payoff_range and tree.pairs <= LP_PAIRS_PRECISE:
        return "lp", f"linear program: a gap of {gap:.3g} is below {PRECISE:g} of the payoff range, which CFR hardly reaches"
    pause()
    layouts, reached = lay_out(tree), dict[str, float]()
    for variant in RACERS:
        pause()
        reached[variant] = next(cfr(tree, variant, check=lambda _: RACE, layouts=layouts)).exploitability
    best = min(RACERS, key=lambda variant: reached[variant])
    others = ", ".join(f"{variant} {reached[variant]:.3g}" for variant in RACERS if variant != best)
    return best, f"{best}: least exploitable after {RACE} iterations of each ({reached[best]:.3g}; {others})"
