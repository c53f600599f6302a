"""`ExactTable`: what policies earn against each other on a tree, computed and not played."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gamesolve.base.bound import Bound
from gamesolve.base.errors import TooLargeError
from gamesolve.policies.asked import Asked
from gamesolve.policies.mixture import Mixture, mixed
from gamesolve.policies.tabular import TabularPolicy
from gamesolve.psro.joint_draw import JointDraw
from gamesolve.psro.meta_game import MetaGame
from gamesolve.solvers.best_response import behaviour_of, best_response, even_response, expected_returns, float_tolerance, gradient, plan_of
from gamesolve.views.tree import Tree


class ExactTable:
    """Behaviours of policies on a tree; those of members are kept."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        # By identity: the policies are kept, so that no other one takes its place.
        self._known: dict[int, tuple[Any, np.ndarray | None]] = {}
        # Of the newest mixtures and policies that are no members, which are asked for several times in an iteration.
        self._recent: list[tuple[Any, np.ndarray | None]] = []

    def filled(
        self,
        game: MetaGame,
        populations: tuple[Sequence[tuple[str, Any]], Sequence[tuple[str, Any]]],
        old: tuple[int, int],
        pause: Callable[[], None] | None,
    ) -> MetaGame:
        """The meta-game with the entries that came since it had `old` policies, but for those of policies that cannot be enumerated."""
        for policy in (policy for members in populations for _, policy in members):
            if id(policy) not in self._known:
                self._known[id(policy)] = (policy, self.behaviour(policy, pause))
        zero, one = ([self.behaviour(policy, pause) for _, policy in members] for members in populations)
        for d, own in enumerate(zero):
            for k, other in enumerate(one):
                if (d >= old[0] or k >= old[1]) and own is not None and other is not None:
                    game = game.with_exact(d, k, expected_returns(self._tree, (own, other)))
        return game

    def certificate(self, own: tuple[Mixture, Mixture] | JointDraw, mixtures: tuple[Mixture, Mixture]) -> tuple[Bound, Bound] | None:
        """What is proved of the game's value, nothing where it is general-sum, and half of the sum of what the roles could gain.

        In a zero-sum game that is the exploitability. None where a policy cannot be enumerated.

        Args:
            own: how both roles play; mixtures: how each plays by itself.
        """
        profile = self.mixture(mixtures[0]), self.mixture(mixtures[1])
        earned = [self.earned(role, own if isinstance(own, JointDraw) else own[role], mixtures[1 - role]) for role in (0, 1)]
        if profile[0] is None or profile[1] is None or earned[0] is None or earned[1] is None:
            return None
        to_zero, to_one = (best_response(self._tree, role, other).value for role, other in ((0, profile[1]), (1, profile[0])))
        tolerance = max(float_tolerance(self._tree, role) for role in (0, 1))
        # By a shared draw a role may earn more than its best response does, which is no comfort for the other (Marris et al. 2021).
        found = 0.5 * (max(to_zero - earned[0], 0.0) + max(to_one - earned[1], 0.0))
        # Half the sum of two numbers that are known to the tree's tolerance.
        exploitability = Bound(max(found - tolerance, 0.0), max(found, 0.0) + tolerance, "exact")
        value = Bound(-to_one - tolerance, to_zero + tolerance, "proved") if self._tree.zero_sum else Bound(None, None, "proved")
        return value, exploitability

    def earned(self, role: int, own: Mixture | JointDraw, other: Mixture) -> float | None:
        """What role 0 or 1 earns by its mixture against the other's, or by a draw that both share; None where it is not known."""
        if isinstance(own, JointDraw):
            pairs = [(self.behaviour(one, None), self.behaviour(two, None)) for one, two in own.pairs]
            if any(one is None or two is None for one, two in pairs):
                return None
            each = [expected_returns(self._tree, (one, two))[role] for one, two in pairs if one is not None and two is not None]
            return float(np.array(each) @ own.weights)
        mine, theirs = self.mixture(own), self.mixture(other)
        if mine is None or theirs is None:
            return None
        return expected_returns(self._tree, (mine, theirs) if role == 0 else (theirs, mine))[role]

    def against(self, role: int, members: Sequence[Any], responder: Any) -> np.ndarray | None:
        """What members of role 0's or 1's population earn against a policy of the other, f8 [n]; None where that is not known."""
        known, theirs = [self.behaviour(policy, None) for policy in members], self.plan(1 - role, responder)
        if theirs is None or any(one is None for one in known):
            return None
        values = gradient(self._tree, role, theirs)
        return np.array([plan_of(self._tree.decisions[role], one) @ values for one in known if one is not None])

    def response(self, role: int, other: Mixture) -> tuple[TabularPolicy, float] | None:
        """A best response of role 0 or 1, which plays equally good actions alike, and what it earns; None where that is not known."""
        theirs = self.mixture(other)
        if theirs is None:
            return None
        value, plan = even_response(self._tree, role, plan_of(self._tree.decisions[1 - role], theirs))
        return self.policy(role, plan), value

    def plan(self, role: int, policy: Any) -> np.ndarray | None:
        """The realisation plan f8 [Q] of a policy of role 0 or 1; None where it cannot be enumerated."""
        found = self._worked_out(policy, None)
        return None if found is None else plan_of(self._tree.decisions[role], found)

    def policy(self, role: int, plan: np.ndarray) -> TabularPolicy:
        """The policy of a plan f8 [Q], or of any positive multiple."""
        return TabularPolicy.from_tree(self._tree, role, behaviour_of(self._tree.decisions[role], plan))

    def mixture(self, mixture: Mixture) -> np.ndarray | None:
        """The behaviour f8 [Q] that plays like a mixture; None where a member cannot be enumerated."""

        def mix() -> np.ndarray | None:
            members = [self.behaviour(policy, None) for policy in mixture.policies]
            known = [one for one in members if one is not None]
            return mixed(self._tree, mixture, np.array(known)) if len(known) == len(members) else None

        return self._once(mixture, mix)

    def behaviour(self, policy: Any, pause: Callable[[], None] | None) -> np.ndarray | None:
        """Of a policy f8 [Q]; None where it cannot be enumerated."""
        if id(policy) in self._known:
            return self._known[id(policy)][1]
        return self._once(policy, lambda: self._worked_out(policy, pause))

    def _once(self, what: Any, work: Callable[[], np.ndarray | None]) -> np.ndarray | None:
        for one, behaviour in self._recent:
            if one is what:
                return behaviour
        found = work()
        self._recent = [*self._recent[-7:], (what, found)]
        return found

    def _worked_out(self, policy: Any, pause: Callable[[], None] | None) -> np.ndarray | None:
        try:
            found = policy.behaviour_on(self._tree, pause) if isinstance(policy, Asked) else policy.behaviour_on(self._tree)
            return np.asarray(found)
        except TooLargeError:
            return None
