"""`Task`: what is to be learnt, against whom, and to what end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gamesolve.base.errors import GamesolveError
from gamesolve.rules.game import ROLES, Game
from gamesolve.views.acting import PLAYING, PLAYS, Acting, Drawn

if TYPE_CHECKING:
    from gamesolve.views.turn_based import TurnBased

#: Weights of the defender's and the attacker's rewards, or of player 0's and player 1's, whose sum a learner maximises.
Objective = tuple[float, float]
#: The opponent of who learns in self-play.
TOGETHER = "together"
#: The roles whose reward comes first.
FIRST = (ROLES[0], "0")


@dataclass(frozen=True, eq=False)
class Task:
    """The agents of one role learn against others who do not.

    Attributes:
        game: with a horizon, or an OpenSpiel game, to which most of what is said of ours applies.
        role: whose agents learn; `0` or `1` in an OpenSpiel game.
        acting: how each of the N agents acts; those of `role`, and no others, are `PLAYING`.
        objective: what they maximise; the reward of their role unless said otherwise.
        opponent: of whom `acting` was made, where the task is one `against` somebody; such a task can be sent to another process.

    Raises:
        GamesolveError: somebody else than the agents of `role` is to be driven.
    """

    game: Game | TurnBased
    role: str
    acting: tuple[Acting | Drawn, ...]
    objective: Objective
    opponent: Any = None

    def __post_init__(self) -> None:
        for i, (agent, way) in enumerate(zip(self.game.agents, self.acting, strict=True)):
            if self.opponent == TOGETHER:
                continue
            if (agent.role == self.role) != (isinstance(way, Acting) and way.kind == PLAYS):
                raise GamesolveError(f"agents of the {self.role} are PLAYING and no others; agent {i} ({agent.name!r}) is {way}")

    @classmethod
    def together(cls, game: Any, role: str) -> Task:
        """The agents of `role` learn while those of the other role do, in the same episodes: see `gamesolve.learners.self_play`."""
        return cls(game, role, (PLAYING,) * len(game.agents), own_reward(role), TOGETHER)

    @classmethod
    def against(cls, game: Any, role: str, opponent: Any, *, objective: Objective | None = None) -> Task:
        """The agents of `role` learn against a policy or mixture of the other role.

        Args:
            game: ours or OpenSpiel's.
            opponent: of OpenSpiel's policies too, in its games.

        Raises:
            GamesolveError: the role is unknown, or the opponent is for another game or role; or it is an OpenSpiel game of
                more than two players, or one whose chance can only be sampled.
        """
        if not isinstance(game, Game):
            from gamesolve.policies.openspiel_asked import followable
            from gamesolve.views.turn_based import TurnBased

            game = TurnBased.of(game)
            opponent = followable(opponent, game, "1" if role == "0" else "0")
        if role not in (roles := roles_of(game)):
            raise GamesolveError(f"role {role!r} is unknown; roles are {', '.join(roles)}")
        acting = tuple(PLAYING if agent.role == role else opponent.acting(game, i) for i, agent in enumerate(game.agents))
        return cls(game, role, acting, objective or own_reward(role), opponent)

    def __reduce__(self) -> tuple[Any, ...]:
        if self.opponent is None:
            raise GamesolveError("a task that was not made by Task.against cannot be sent to another process")
        return _anew, (self.game, self.role, self.opponent, self.objective)


def _anew(game: Game | TurnBased, role: str, opponent: Any, objective: Objective) -> Task:
    if opponent == TOGETHER:
        assert isinstance(game, Game)
        return Task.together(game, role)
    return Task.against(game, role, opponent, objective=objective)


def roles_of(game: Game | TurnBased) -> tuple[str, str]:
    """The roles of a game, ours or OpenSpiel's."""
    if isinstance(game, Game):
        return ROLES
    from gamesolve.views.turn_based import PLAYERS

    return PLAYERS


def own_reward(role: str) -> Objective:
    """The objective of who maximises what its role earns."""
    return (1.0, 0.0) if role in FIRST else (0.0, 1.0)


def others_loss(role: str) -> Objective:
    """The objective of who minimises what the other role earns; in a zero-sum game that is its own reward."""
    return (0.0, -1.0) if role in FIRST else (-1.0, 0.0)
