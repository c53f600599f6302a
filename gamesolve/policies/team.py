"""`TeamPolicy`: a policy for each agent of a role."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gamesolve.base.errors import GamesolveError
from gamesolve.policies.asked import Asked
from gamesolve.policies.neural import NeuralPolicy, average
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.policies.tabular import TabularPolicy
from gamesolve.rules.game import Game
from gamesolve.views.acting import Acting
from gamesolve.views.tree import Tree


@dataclass(frozen=True)
class TeamPolicy:
    """A policy for each of the n agents of a role, in their order; none knows what another has seen.

    A team that shares one policy, as told by name or as one network, needs none of this. A mixture over
    teams draws one team an episode.

    Attributes:
        policies: tabular, scripted or asked (networks, functions), n of them.

    Raises:
        GamesolveError: there is no policy, or they are not for one role of one game.
    """

    policies: tuple[TabularPolicy | ScriptedPolicy | Asked, ...]

    def __post_init__(self) -> None:
        identities = {(policy.fingerprint, policy.role) for policy in self.policies}
        if len(identities) != 1:
            raise GamesolveError(f"a team's policies are for one role of one game; these are for {sorted(identities)}")

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
        """`defender` or `attacker`."""
        return self.policies[0].role

    @property
    def made_greedy(self) -> TeamPolicy:
        """The same team whose networks always play their most probable actions."""
        return TeamPolicy(tuple(policy.made_greedy if isinstance(policy, NeuralPolicy) else policy for policy in self.policies))

    def acting(self, game: Game, agent: int) -> Acting:
        """How the simulator sees the policy of `agent` of `game`.

        Raises:
            GamesolveError: it is for another game or role, or the role has not as many agents as there are policies.
        """
        team = game.agents_of(self.role) if game.fingerprint == self.fingerprint else ()
        if agent not in team or len(team) != len(self.policies):
            raise GamesolveError(
                f"a team of {len(self.policies)} {self.role}s of {self.game} cannot be followed by {game.agents[agent].name!r} of {game}"
            )
        return self.policies[team.index(agent)].acting(game, agent)

    def behaviour_on(self, tree: Tree) -> np.ndarray:
        """The behaviour f8 [Q] of a team of one; raises GamesolveError for another, which is not one behaviour."""
        if len(self.policies) > 1:
            raise GamesolveError(f"{self.game} has {len(self.policies)} {self.role}s; the policies of a team are not one behaviour")
        return self.policies[0].behaviour_on(tree)


def is_network(policy: object) -> bool:
    """Whether a policy is a network, or a team of nothing else."""
    members = policy.policies if isinstance(policy, TeamPolicy) else (policy,)
    return all(isinstance(one, NeuralPolicy) for one in members)


def kind_of(policy: object) -> tuple[object, ...]:
    """What networks, or teams of them, share that have an average."""
    members = policy.policies if isinstance(policy, TeamPolicy) else (policy,)
    return tuple(member.made_for for member in members if isinstance(member, NeuralPolicy))


def average_of(policies: Sequence[NeuralPolicy | TeamPolicy], weights: np.ndarray) -> NeuralPolicy | TeamPolicy:
    """The network whose weights are the average of some of one kind, weighted by f8 [K], or the team of such; none of them greedy.

    Raises:
        GamesolveError: see `average`.
    """
    teams = [one.policies if isinstance(one, TeamPolicy) else (one,) for one in policies]
    drawing = [[replace(member, greedy=False) for member in team if isinstance(member, NeuralPolicy)] for team in teams]
    found = [average(members, weights) for members in zip(*drawing, strict=True)]
    return TeamPolicy(tuple(found)) if isinstance(policies[0], TeamPolicy) else found[0]
