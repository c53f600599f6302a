"""Environments for reinforcement-learning libraries, opponents given as policies or as words that name them.

Importing this module also registers every game with Gymnasium as `gamesolve/<name>`, so whatever
takes the name of an environment takes one of ours:

    name = "gamesolve.environments:gamesolve/flipit"
    gymnasium.make(name, role="defender", opponent="periodic:period=2", parameters={"horizon": 4})

It stands at the top because it turns a user's words into policies, which the views know nothing of.
"""

from __future__ import annotations

from typing import Any

from gamesolve.base.errors import GamesolveError, missing_extra
from gamesolve.base.registry import game_names, load_game
from gamesolve.evaluate.resolve import resolve
from gamesolve.rules.game import ROLES, Game
from gamesolve.views.acting import PLAYING, Acting, Drawn
from gamesolve.views.gymnasium import GymnasiumEnv, GymnasiumVectorEnv
from gamesolve.views.pettingzoo import PettingZooEnv
from gamesolve.views.problem import problem_of

try:
    import gymnasium
except ImportError as error:
    raise missing_extra("gymnasium", "envs") from error

PREFIX = "gamesolve/"


def make_env(game: Game, role: str, *, opponent: Any, replace_illegal: bool = False) -> GymnasiumEnv:
    """A Gymnasium environment for a role of one agent.

    Args:
        role: which the learner plays.
        opponent: the other role's policy, or words that name one (a scripted policy, a run folder, a
            saved policy). Of a `Mixture` a member is drawn in every episode.
        replace_illegal: play the first legal action instead of an illegal one, which is refused otherwise.

    Raises:
        GamesolveError: the role is unknown or a team, or the opponent is not to be had.
    """
    return GymnasiumEnv(game, _acting(game, role, opponent), replace_illegal=replace_illegal)


def make_vec_env(game: Game, role: str, *, opponent: Any, num_envs: int, replace_illegal: bool = False) -> GymnasiumVectorEnv:
    """A Gymnasium vector environment of `num_envs` rows for a role of one agent; otherwise as `make_env`."""
    return GymnasiumVectorEnv(game, _acting(game, role, opponent), num_envs=num_envs, replace_illegal=replace_illegal)


def make_parallel_env(game: Game, role: str | None = None, *, opponent: Any = None) -> PettingZooEnv:
    """A PettingZoo environment for all agents, or for those of a role against a policy.

    Args:
        role: which the learners play; both unless given.
        opponent: as in `make_env`; needed where a role is given, and only there.

    Raises:
        GamesolveError: the role is unknown, or the opponent is missing or not to be had.
    """
    if (role is None) != (opponent is None):
        raise GamesolveError(f"role is {role!r} and opponent {opponent!r}; give both, or neither for an environment of all agents")
    return PettingZooEnv(game, None if role is None else _acting(game, role, opponent))


def make_named_env(game: str, *, parameters: dict[str, Any] | None = None, **options: Any) -> GymnasiumEnv:
    """What `gymnasium.make` calls: `make_env` with the game by its name and parameters."""
    return make_env(load_game(game, **(parameters or {})), **options)


def make_named_vec_env(game: str, *, parameters: dict[str, Any] | None = None, **options: Any) -> GymnasiumVectorEnv:
    """What `gymnasium.make_vec` calls: `make_vec_env` with the game by its name and parameters."""
    return make_vec_env(load_game(game, **(parameters or {})), **options)


def _acting(game: Game, role: str, opponent: Any) -> list[Acting | Drawn]:
    """How each agent acts where those of a role play and the others follow a policy."""
    if role not in ROLES:
        raise GamesolveError(f"role {role!r} is unknown; roles are {', '.join(ROLES)}")
    problem, other = problem_of(game), ROLES[1 - ROLES.index(role)]
    policy = resolve(problem, opponent, other)[other]
    return [PLAYING if agent.role == role else policy.acting(game, i) for i, agent in enumerate(game.agents)]


for _name in game_names():
    # Gymnasium would warn of a name that it knows already.
    if PREFIX + _name not in gymnasium.registry:
        gymnasium.register(
            PREFIX + _name,
            entry_point=f"{__name__}:{make_named_env.__name__}",
            vector_entry_point=f"{__name__}:{make_named_vec_env.__name__}",
            kwargs={"game": _name},
        )
