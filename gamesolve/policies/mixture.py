"""`Mixture`: policies of one role, of which one is drawn at the start of every episode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gamesolve.base.compiled import compiled
from gamesolve.base.errors import GamesolveError
from gamesolve.policies.asked import Asked, Pause
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.policies.tabular import TabularPolicy
from gamesolve.policies.team import TeamPolicy
from gamesolve.rules.game import Game
from gamesolve.views.acting import Drawn
from gamesolve.views.tree import Tree

if TYPE_CHECKING:
    from gamesolve.views.turn_based import TurnBased

#: What a mixture can be of.
Pure = TabularPolicy | ScriptedPolicy | Asked | TeamPolicy


@dataclass(frozen=True, eq=False)
class Mixture:
    """A mixture of K policies for one role of one game.

    Attributes:
        policies: tabular, scripted, asked (networks, functions) or teams of these, K of them.
        weights: f8 [K], probabilities; they sum to 1.

    Raises:
        GamesolveError: there is no policy, the policies are not for one role of one game, or the
            weights are not probabilities.
    """

    policies: tuple[Pure, ...]
    weights: np.ndarray

    def __post_init__(self) -> None:
        if not self.policies:
            raise GamesolveError("a mixture has at least one policy; none were given")
        identities = {(policy.fingerprint, policy.role) for policy in self.policies}
        if len(identities) > 1:
            raise GamesolveError(f"a mixture is of policies for one role of one game; these are for {sorted(identities)}")
        w = np.array(self.weights, np.float64)
        if w.shape != (len(self.policies),) or not (np.isfinite(w) & (w >= 0.0)).all() or abs(w.sum() - 1.0) > 1e-9:
            raise GamesolveError(f"weights {w.tolist()} are not {len(self.policies)} probabilities that sum to 1")
        object.__setattr__(self, "weights", w)

    @property
    def game(self) -> str:
        """The game's name and parameters, for messages."""
        return str(self.policies[0].game)

    @property
    def fingerprint(self) -> str:
        """Of the game."""
        return self.policies[0].fingerprint

    @property
    def role(self) -> str:
        """`defender` or `attacker`; `0` or `1` for OpenSpiel games."""
        return self.policies[0].role

    def behaviour_on(self, tree: Tree, pause: Pause | None = None) -> np.ndarray:
        """The behaviour strategy f8 [Q] that plays like the mixture against every opponent (Kuhn 1953).

        An action's probability is its members' average, weighted by how likely each member was drawn
        and has, by its own choices, come to the information set; uniform where none comes. `pause` is
        called now and then while members are asked.

        Raises:
            GamesolveError: the tree is of another game, or the role is a team.
        """
        members = np.array(
            [policy.behaviour_on(tree, pause) if isinstance(policy, Asked) else policy.behaviour_on(tree) for policy in self.policies]
        )
        return mixed(tree, self, members)

    def behavioural(self, tree: Tree, pause: Pause | None = None) -> TabularPolicy:
        """The table of `behaviour_on` a tree."""
        role = [x.role for x in tree.decisions].index(self.role)
        return TabularPolicy.from_tree(tree, role, self.behaviour_on(tree, pause))

    def acting(self, game: Game | TurnBased, agent: int) -> Drawn:
        """How the simulator sees the mixture when `agent` of `game` follows it: one member is drawn an episode, for all agents of the role.

        Raises:
            GamesolveError: it is for another game or another agent.
        """
        members: tuple[Any, ...] = self.policies
        return Drawn(tuple(policy.acting(game, agent) for policy in members), self.weights)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mixture):
            return NotImplemented
        return self.policies == other.policies and np.array_equal(self.weights, other.weights)

    __hash__ = None  # type: ignore[assignment]


def mixture_of(policies: Sequence[Any], weights: np.ndarray) -> Mixture:
    """Policies by their weights f8 [n], n no more than there are; those of no weight are left out."""
    kept = np.flatnonzero(weights > 0.0)
    return Mixture(tuple(policies[n] for n in kept.tolist()), weights[kept] / weights[kept].sum())


def mixed(tree: Tree, mixture: Mixture, members: np.ndarray) -> np.ndarray:
    """The behaviour f8 [Q] of a mixture whose members' are f8 [K, Q]; see `Mixture.behaviour_on`."""
    d = tree.decisions[[x.role for x in tree.decisions].index(mixture.role)]
    behaviour = np.ones(d.sequences)
    mix_behaviours(d.first, d.parent, members.copy(), mixture.weights, behaviour)
    return behaviour


@compiled
def mix_behaviours(first, parent, members, weights, behaviour):
    """Fill `behaviour` f8 [Q] with the reach-weighted average of `members` f8 [K, Q]; overwrites them by their reach."""
    count = members.shape[0]
    for k in range(count):
        members[k, 0] = weights[k]
    for i in range(parent.size):
        reach = 0.0
        for k in range(count):
            reach += members[k, parent[i]]
        for q in range(first[i], first[i + 1]):
            arrived = 0.0
            for k in range(count):
                members[k, q] *= members[k, parent[i]]
                arrived += members[k, q]
            # Subnormal reaches lose their digits; what is never reached does not matter.
            behaviour[q] = arrived / reach if reach > 1e-290 else 1.0 / (first[i + 1] - first[i])
