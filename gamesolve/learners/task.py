"""`Task`: what is to be learnt, against whom, and to what end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gamesolve.base.errors import GamesolveError
from gamesolve.rules.game import ROLES, Game
from gamesolve.views.acting import PLAYING, PLAYS, Acting, Drawn

#: Weights of the defender's and the attacker's rewards, whose sum a learner maximises.
Objective = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Task:
    """The agents of one role learn against others who do not.

    Attributes:
        game: with a horizon.
        role: whose agents learn.
        acting: how each of the N agents acts; those of `role`, and no others, are `PLAYING`.
        objective: what they maximise; the reward of their role unless said otherwise.

    Raises:
        GamesolveError: somebody else than the agents of `role` is to be driven.
    """

    game: Game
    role: str
    acting: tuple[Acting | Drawn, ...]
    objective: Objective

    def __post_init__(self) -> None:
        for i, (agent, way) in enumerate(zip(self.game.agents, self.acting, strict=True)):
            if (agent.role == self.role) != (isinstance(way, Acting) and way.kind == PLAYS):
                raise GamesolveError(f"agents of the {self.role} are PLAYING and no others; agent {i} ({agent.name!r}) is {way}")

    @classmethod
    def against(cls, game: Game, role: str, opponent: Any, *, objective: Objective | None = None) -> Task:
        """The agents of `role` learn against a policy or mixture of the other role.

        Raises:
            GamesolveError: the role is unknown, or the opponent is for another game or role.
        """
        if role not in ROLES:
            raise GamesolveError(f"role {role!r} is unknown; roles are {', '.join(ROLES)}")
        acting = tuple(PLAYING if agent.role == role else opponent.acting(game, i) for i, agent in enumerate(game.agents))
        return cls(game, role, acting, objective or own_reward(role))


def own_reward(role: str) -> Objective:
    """The objective of who maximises what its role earns."""
    return (1.0, 0.0) if role == ROLES[0] else (0.0, 1.0)


def others_loss(role: str) -> Objective:
    """The objective of who minimises what the other role earns; in a zero-sum game that is its own reward."""
    return (0.0, -1.0) if role == ROLES[0] else (-1.0, 0.0)
