"""The iterative methods by name: how each makes its steps, and how it reads its own checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from gamesolve.base.bound import Bound
from gamesolve.base.errors import unknown_name

if TYPE_CHECKING:
    import numpy as np

    from gamesolve.solvers.best_response import Profile
    from gamesolve.views.tree import Tree

#: The next iteration to look at after a given one.
Schedule = Callable[[int], int]


class State(Protocol):
    """All that the future of a run depends on."""

    def arrays(self) -> dict[str, np.ndarray]:
        """Plain arrays by name."""


class Step(Protocol):
    """Where a run stands after an iteration; see `gamesolve.solvers.cfr.Step`.

    Attributes:
        final: whether the method is at its end, whatever gap is left.
        work: payoff pairs gone through so far, or what takes as long.
    """

    @property
    def iteration(self) -> int: ...
    @property
    def value(self) -> Bound: ...
    @property
    def exploitability(self) -> float: ...
    @property
    def final(self) -> bool: ...
    @property
    def work(self) -> int: ...
    @property
    def profile(self) -> Profile: ...
    @property
    def state(self) -> State: ...


@dataclass(frozen=True)
class Method:
    """An iterative method.

    Attributes:
        steps: those that follow a state, or the beginning where that is None; the iterations to be checked are a `Schedule`'s.
        read: the state that arrays were made of.
        profile: behaviours f8 [Q] of both roles in a state.
    """

    steps: Callable[[Tree, Any, Schedule], Iterator[Step]]
    read: Callable[[dict[str, np.ndarray]], Any]
    profile: Callable[[Tree, Any], Profile]


def iterative(name: str) -> Method:
    """The method called `name`; raises GamesolveError where there is none."""
    from gamesolve.solvers import cfr

    if name in cfr.VARIANTS:
        return Method(partial(_regrets, name), cfr.CFRState.from_arrays, cfr.profile_of)
    if name == "psro":
        from gamesolve.psro import double_oracle

        return Method(_oracles, double_oracle.DoubleOracleState.from_arrays, double_oracle.profile_of)
    if name == "xdo":
        from gamesolve.psro import extensive_double_oracle as xdo

        return Method(_extensive, xdo.XDOState.from_arrays, xdo.profile_of)
    if name == "mmd":
        from gamesolve.solvers import mirror_descent

        return Method(_descents, mirror_descent.MirrorState.from_arrays, mirror_descent.profile_of)
    raise unknown_name("method", name, [*cfr.VARIANTS, "psro", "xdo", "mmd"])


def _regrets(variant: str, tree: Tree, state: Any, check: Schedule) -> Iterator[Step]:
    from gamesolve.solvers.cfr import cfr

    return cfr(tree, variant, state=state, check=check)


def _oracles(tree: Tree, state: Any, check: Schedule) -> Iterator[Step]:
    # Every iteration is checked: its responses are needed anyway.
    from gamesolve.psro.double_oracle import double_oracle

    return double_oracle(tree, state=state)


def _extensive(tree: Tree, state: Any, check: Schedule) -> Iterator[Step]:
    from gamesolve.psro.extensive_double_oracle import extensive_double_oracle

    return extensive_double_oracle(tree, state=state)


def _descents(tree: Tree, state: Any, check: Schedule) -> Iterator[Step]:
    from gamesolve.solvers.mirror_descent import mirror_descent

    return mirror_descent(tree, state=state, check=check)
