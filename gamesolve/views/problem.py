"""`Problem`: what there is to solve, whichever library its rules were written in.

The user's words `kuhn`, `openspiel:leduc_poker` and `openspiel:leduc_poker(suit_isomorphism=True)`
become a game here, and here only.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gamesolve.base.errors import GamesolveError, unknown_name
from gamesolve.base.registry import load_game
from gamesolve.base.runs import read_config

if TYPE_CHECKING:
    from gamesolve.views.one_sided import OneSidedGame
    from gamesolve.views.stochastic_game import StochasticGame
    from gamesolve.views.tree import Tree

OPENSPIEL = "openspiel:"
#: Endings of files that hold a game without end as tables.
TABLES, ONE_SIDED = ".json", ".osposg"


@dataclass(frozen=True)
class Problem:
    """A game with its parameters chosen, ours or OpenSpiel's, a tree that someone built, or the tables of a game without end.

    Attributes:
        name: as a user would write it, without parameters.
        parameters: plain data; with `name` they make the same game again.
        fingerprint: of the game.
        roles: names of role 0 and role 1.
        zero_sum: the roles' returns add to zero.
        payoff_range: greatest minus least return of role 0.
        game: the `Game`, the `pyspiel.Game`, the `Tree`, the `StochasticGame` or the `OneSidedGame`.
        loadable: name and parameters make the game again.
    """

    name: str
    parameters: dict[str, Any]
    fingerprint: str
    roles: tuple[str, str]
    zero_sum: bool
    payoff_range: float
    game: Any
    loadable: bool

    @property
    def title(self) -> str:
        """Name and parameters for people, a file by its name: `flipit(horizon=4, tie=attacker)`."""
        if not self.loadable or self.is_tables:
            return Path(self.name).name
        if not self.name.startswith(OPENSPIEL):
            return str(self.game)
        from gamesolve.views.turn_based import title_of

        return title_of(self.game)

    @property
    def is_tables(self) -> bool:
        """Whether it is the tables of a game without end."""
        from gamesolve.views.one_sided import OneSidedGame
        from gamesolve.views.stochastic_game import StochasticGame

        return isinstance(self.game, (StochasticGame, OneSidedGame))

    @property
    def caveats(self) -> tuple[str, ...]:
        """What whoever reads an answer should know of these parameters, a sentence each; of our games alone."""
        return tuple(getattr(self.game, "caveats", ()))

    @property
    def playable(self) -> Any:
        """The game in the form in which it is played, a `Game` or a `TurnBased`; raises GamesolveError where it cannot be."""
        from gamesolve.rules.game import Game
        from gamesolve.views.tree import Tree

        if isinstance(self.game, Game):
            return self.game
        if isinstance(self.game, Tree):
            raise GamesolveError(f"{self.name} is a tree that someone built; what is played is a game")
        if self.is_tables:
            raise GamesolveError(f"{self.title} holds the tables of a game without end; what is played is a game with rules")
        from gamesolve.views.turn_based import TurnBased

        return TurnBased.of(self.game)

    def tree(self, *, memory: int | None = None, progress: Callable[[int], None] | None = None, weights: bool = False) -> Tree:
        """The game's tree.

        Args:
            memory: bytes that building may take; 8 GiB unless given.
            progress: called now and then, while the tree is not done, with the number of transitions or
                leaves so far; an exception that it raises ends the building, and nothing is left of it.
            weights: whether `Tree.weights` is wanted; such a tree is not kept for next time.

        Raises:
            GamesolveError: the game has no tree, or its tree is larger than `memory` allows.
        """
        from gamesolve.views.tree import Tree

        if isinstance(self.game, Tree):
            return self.game
        if self.is_tables:
            raise GamesolveError(f"{self.title} holds the tables of a game without end, so it has no tree")
        if self.name.startswith(OPENSPIEL):
            from gamesolve.views.openspiel_tree import tree_from_openspiel

            return tree_from_openspiel(self.game, memory=memory, progress=progress, weights=weights)
        if weights:
            from gamesolve.views.tree_build import build_tree

            return build_tree(self.game, memory=memory, progress=progress, weights=True)
        from gamesolve.views.tree_cache import cached_tree

        return cached_tree(self.game, memory=memory, progress=progress)


def load_problem(name: str, parameters: dict[str, Any], *, tables: bool = False) -> Problem:
    """The problem that a user named; raises GamesolveError that names what is wrong.

    Args:
        tables: whether it may be a file with the tables of a game without end.
    """
    if name.endswith((TABLES, ONE_SIDED)):
        if not tables:
            raise GamesolveError(f"{name!r} is a file of tables, which only 'gamesolve solve' takes; give the name of a game")
        if parameters:
            raise GamesolveError(f"{name!r} is a file, which has no parameters; leave {', '.join(parameters)} out")
        return _file_problem(Path(name))
    if name.startswith(OPENSPIEL):
        return problem_of(_load_openspiel(name.removeprefix(OPENSPIEL), parameters))
    return problem_of(load_game(name, **parameters))


def run_problem(folder: Path) -> Problem:
    """The problem that a run works on; raises GamesolveError where its configuration is damaged or its game is gone."""
    config = read_config(folder)
    name, parameters = config.get("game"), config.get("parameters")
    if not isinstance(name, str) or not isinstance(parameters, dict):
        raise GamesolveError(f"the configuration of the run {str(folder)!r} is damaged: it lacks 'game' or 'parameters'")
    return load_problem(name, parameters, tables=True)


def problem_of(game: Any) -> Problem:
    """The problem that a `Game`, a `pyspiel.Game`, its `TurnBased` form or a `Tree` poses; raises GamesolveError for anything else."""
    from gamesolve.rules.game import ROLES, Game
    from gamesolve.views.one_sided import OneSidedGame
    from gamesolve.views.stochastic_game import StochasticGame
    from gamesolve.views.tree import Tree

    if isinstance(game, Problem):
        return game
    if isinstance(game, (StochasticGame, OneSidedGame)):
        return _tables_problem(game, "tables", "", loadable=False)
    if isinstance(game, Game):
        parameters = game.parameters.model_dump(mode="json")
        return Problem(game.name, parameters, game.fingerprint, ROLES, game.zero_sum, game.payoff_range, game, True)
    if isinstance(game, Tree):
        roles = (game.decisions[0].role, game.decisions[1].role)
        return Problem(game.game, {}, game.fingerprint, roles, game.zero_sum, game.payoff_range, game, False)
    if hasattr(game, "original"):
        return problem_of(game.original)
    if type(game).__module__.partition(".")[0] == "pyspiel" or hasattr(game, "new_initial_state"):
        return _openspiel_problem(game)
    raise GamesolveError(f"{type(game).__name__!r} is not a game; give a gamesolve Game, a pyspiel.Game, a Tree or tables")


def _file_problem(path: Path) -> Problem:
    from gamesolve.base.files import read_bytes
    from gamesolve.views.one_sided import read_osposg
    from gamesolve.views.stochastic_game import read_stochastic_game

    game = read_osposg(path) if path.suffix == ONE_SIDED else read_stochastic_game(path)
    # By where it lies, so that a run finds it from everywhere.
    return _tables_problem(game, str(path.resolve()), hashlib.sha256(read_bytes(path)).hexdigest()[:16], loadable=True)


def _tables_problem(game: StochasticGame | OneSidedGame, name: str, fingerprint: str, *, loadable: bool) -> Problem:
    from gamesolve.rules.game import ROLES
    from gamesolve.views.stochastic_game import StochasticGame

    known = isinstance(game, StochasticGame)
    roles, zero_sum = (ROLES, game.zero_sum) if isinstance(game, StochasticGame) else (game.roles, True)
    own = game.reward[0] if known else game.reward
    # Without a discount there is no such range, and solvers refuse the game.
    steps = 1.0 / max(1.0 - game.discount, 1e-9)
    span = (max(float(own.max(initial=0.0)), 0.0) - min(float(own.min(initial=0.0)), 0.0)) * steps
    return Problem(name, {}, fingerprint, roles, zero_sum, span, game, loadable)


def _openspiel_problem(game: Any) -> Problem:
    import pyspiel

    from gamesolve.views.turn_based import PLAYERS, fingerprint, name_of, parameters_of

    if game.num_players() != 2:
        raise GamesolveError(f"{game} has {game.num_players()} players; games of two players can be solved")
    span = game.max_utility() - game.min_utility()
    zero_sum = game.get_type().utility == pyspiel.GameType.Utility.ZERO_SUM
    return Problem(name_of(game), parameters_of(game), fingerprint(game), PLAYERS, zero_sum, span, game, True)


def _load_openspiel(words: str, parameters: dict[str, Any]) -> Any:
    """The OpenSpiel game written as `name` or `name(parameter=value,...)`, with further parameters."""
    import pyspiel

    name, bracket, _ = words.partition("(")
    if name.startswith("python_"):
        import open_spiel.python.games  # noqa: F401 - registers OpenSpiel's games that are written in Python
    types = {kind.short_name: kind for kind in pyspiel.registered_games()}
    if name not in types:
        raise unknown_name("OpenSpiel game", name, list(types))
    for key in parameters:
        if key not in types[name].parameter_specification:
            raise unknown_name(f"parameter of {OPENSPIEL}{name}", key, list(types[name].parameter_specification))
    with _quiet_stderr():
        try:
            given = pyspiel.game_parameters_from_string(words) if bracket else {}
            given.pop("name", None)
            return pyspiel.load_game(name, {**given, **parameters})
        except (pyspiel.SpielError, TypeError, ValueError) as error:
            reason = " ".join(str(error).split())
            raise GamesolveError(f"OpenSpiel refuses {words!r} with parameters {parameters}: {reason}") from error


@contextlib.contextmanager
def _quiet_stderr() -> Iterator[None]:
    """OpenSpiel prints its errors to file descriptor 2 as well as raising them; once is enough."""
    saved, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nothing)
