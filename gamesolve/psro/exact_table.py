"""`ExactTable`: what policies earn against each other on a tree, computed and not played."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gamesolve.base.bound import Bound
from gamesolve.base.errors import TooLargeError
from gamesolve.policies.asked import Asked
from gamesolve.policies.mixture import Mixture, mixed
from gamesolve.psro.meta_game import MetaGame
from gamesolve.solvers.best_response import expected_returns, float_tolerance, response_values
from gamesolve.views.tree import Tree


class ExactTable:
    """Behaviours of policies on a tree, each worked out once."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        # By identity: the policies are kept, so that no other one takes its place.
        self._known: dict[int, tuple[Any, np.ndarray | None]] = {}

    def filled(
        self,
        game: MetaGame,
        populations: tuple[Sequence[tuple[str, Any]], Sequence[tuple[str, Any]]],
        old: tuple[int, int],
        pause: Callable[[], None] | None,
    ) -> MetaGame:
        """The meta-game with the entries that came since it had `old` policies, but for those of policies that cannot be enumerated."""
        zero, one = ([self.behaviour(policy, pause) for _, policy in members] for members in populations)
        for d, own in enumerate(zero):
            for k, other in enumerate(one):
                if (d >= old[0] or k >= old[1]) and own is not None and other is not None:
                    game = game.with_exact(d, k, expected_returns(self._tree, (own, other)))
        return game

    def certificate(self, mixtures: Sequence[Any]) -> tuple[Bound, Bound] | None:
        """What a profile of two policies or mixtures proves of a zero-sum game's value, and its exploitability.

        None where a policy cannot be enumerated, or the game is general-sum.
        """
        if not self._tree.zero_sum:
            return None
        profile = []
        for one in mixtures:
            mixture = one if isinstance(one, Mixture) else Mixture((one,), np.ones(1))
            members = [self.behaviour(policy, None) for policy in mixture.policies]
            if any(one is None for one in members):
                return None
            profile.append(mixed(self._tree, mixture, np.array(members)))
        (to_zero, to_one), tolerance = response_values(self._tree, (profile[0], profile[1])), float_tolerance(self._tree)
        found = 0.5 * (to_zero + to_one)
        # Half the sum of two numbers that are known to the tree's tolerance.
        exploitability = Bound(max(found - tolerance, 0.0), max(found, 0.0) + tolerance, "exact")
        return Bound(-to_one - tolerance, to_zero + tolerance, "proved"), exploitability

    def behaviour(self, policy: Any, pause: Callable[[], None] | None) -> np.ndarray | None:
        """Of a policy f8 [Q]; None where it cannot be enumerated."""
        if id(policy) not in self._known:
            self._known[id(policy)] = (policy, self._worked_out(policy, pause))
        return self._known[id(policy)][1]

    def _worked_out(self, policy: Any, pause: Callable[[], None] | None) -> np.ndarray | None:
        try:
            found = policy.behaviour_on(self._tree, pause) if isinstance(policy, Asked) else policy.behaviour_on(self._tree)
            return np.asarray(found)
        except TooLargeError:
            return None
