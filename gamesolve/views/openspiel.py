"""Games as OpenSpiel games.

Importing this module registers every game as `gamesolve_<name>`:

    import pyspiel
    import gamesolve.views.openspiel
    game = pyspiel.load_game("gamesolve_flipit(horizon=4)")

The games are sequential with explicit chance. The agents of a step move one after another, none
seeing the others' choice; agents with a single legal action are skipped; each question to chance is
one chance node. Rewards are discounted, so returns are the library's. A game with a team is declared
general-sum, since OpenSpiel knows no shared reward.
"""

from __future__ import annotations

import contextlib
import functools
import os
from typing import Any, cast

import numpy as np
import pyspiel

from gamesolve.base.errors import GamesolveError, first_few
from gamesolve.base.registry import game_names, game_type
from gamesolve.rules.game import Game, GameType, Parameters
from gamesolve.rules.signals import describe_row, features, width
from gamesolve.views.information_state import information_state_string, information_state_tensor
from gamesolve.views.position import CHANCE, OVER, Board

PREFIX = "gamesolve_"


class OpenSpielGame(pyspiel.Game):
    """A game as OpenSpiel sees it, by `pyspiel.load_game` or `to_openspiel`; a subclass a game, named by `name`."""

    name = ""

    def __init__(self, parameters: dict[str, Any] | None = None, game: Game | None = None) -> None:
        game = game_type(self.name).load(**(parameters or {})) if game is None else game
        kind = _type_of(self.name, type(game.parameters), zero_sum=game.zero_sum and len(game.agents) == 2)
        parameters = _parameters(game)
        low, high = zip(*game.utility_bounds, strict=True)
        zero_sum = kind.utility == pyspiel.GameType.Utility.ZERO_SUM
        info = pyspiel.GameInfo(
            num_distinct_actions=max(len(agent.actions) for agent in game.agents),
            max_chance_outcomes=game.outcomes,
            num_players=len(game.agents),
            min_utility=min(low),
            max_utility=max(high),
            utility_sum=0.0 if zero_sum else None,
            max_game_length=(game.steps or 0) * len(game.agents),
        )
        super().__init__(kind, info, parameters)
        self.game = game
        self.board = Board(game)

    def new_initial_state(self) -> OpenSpielState:
        return OpenSpielState(self)

    def max_chance_nodes_in_history(self) -> int:
        return ((self.game.steps or 0) + 1) * self.game.questions

    def make_py_observer(self, kind: pyspiel.IIGObservationType | None = None, params: dict[str, Any] | None = None) -> Observer:
        if params:
            raise GamesolveError(f"observers take no parameters; {params} were given")
        return Observer(self.game, kind or pyspiel.IIGObservationType(perfect_recall=False))

    def deserialize_state(self, text: str) -> OpenSpielState:
        """The state that `serialize` wrote; raises GamesolveError where the text is not a play of this game."""
        state = self.new_initial_state()
        for word in text.split():
            if not word.isdecimal():
                raise GamesolveError(f"a state of {self} cannot be read from {text!r}; it is written as numbers of actions and outcomes")
            state.apply_action(int(word))
        return state

    def __reduce__(self) -> tuple[Any, ...]:
        return load, (str(self),)


class OpenSpielState(pyspiel.State):
    """A state: a `Position` in OpenSpiel's terms."""

    def __init__(self, game: OpenSpielGame) -> None:
        super().__init__(game)
        self.position = game.board.start()

    def current_player(self) -> int:
        mover = self.position.mover
        if mover == OVER:
            return int(pyspiel.PlayerId.TERMINAL)
        return int(pyspiel.PlayerId.CHANCE) if mover == CHANCE else mover

    def _legal_actions(self, player: int) -> list[int]:
        return self.position.legal(player) if player == self.position.mover else []

    def chance_outcomes(self) -> list[tuple[int, float]]:
        return self.position.outcomes()

    def apply_action(self, action: int) -> None:
        """Take an action or outcome; raises GamesolveError where it is not legal, and then changes nothing."""
        # OpenSpiel aborts on -1 and complains of other types in words of its own.
        if isinstance(action, bool) or not isinstance(action, (int, np.integer)) or action < 0:
            raise GamesolveError(f"action {action!r} is not legal; legal are {first_few(self.legal_actions())}")
        super().apply_action(action)

    def _apply_action(self, action: int) -> None:
        self.position.move(action)

    def _action_to_string(self, player: int, action: int) -> str:
        if player == int(pyspiel.PlayerId.CHANCE):
            return f"outcome {action}"
        return self.position.board.game.agents[player].actions[action]

    def is_terminal(self) -> bool:
        return self.position.mover == OVER

    def returns(self) -> list[float]:
        if not self.is_terminal():
            return [0.0] * len(self.position.board.game.agents)
        by_role = self.position.returns
        return [by_role[role] for role in self.position.board.game.agent_roles]

    def serialize(self) -> str:
        """The history: actions and chance outcomes from the start."""
        return " ".join(str(action) for action in self.history())

    def __str__(self) -> str:
        game = self.position.board.game
        views = (information_state_string(game, i, self.position.path(i), self.position.chosen(i)) for i in range(len(game.agents)))
        record = " ".join(f"{name}={self.position.state[name][0]}" for name in self.position.state.dtype.names or ())
        return "\n".join([*views, record.replace("\n", "")])


class Observer:
    """What a player sees: its whole own history (perfect recall), or its last signals."""

    def __init__(self, game: Game, kind: pyspiel.IIGObservationType) -> None:
        self.game, self.recall = game, kind.perfect_recall
        self.private = kind.private_info == pyspiel.PrivateInfoType.SINGLE_PLAYER
        agents = range(len(game.agents))
        if self.recall:
            shape = information_state_tensor(game, 0, []).shape
        else:
            shape = (max(sum(s.features for s in game.agents[i].signals) for i in agents),)
        self.tensor = np.zeros(len(game.agents) + int(np.prod(shape)), np.float32)
        self.dict = {"player": self.tensor[: len(game.agents)], "seen": self.tensor[len(game.agents) :].reshape(shape)}

    def set_from(self, state: OpenSpielState, player: int) -> None:
        """Fill `tensor` and its named parts."""
        self.tensor.fill(0.0)
        self.dict["player"][player] = 1.0
        position = state.position
        if self.recall:
            self.dict["seen"][:] = information_state_tensor(self.game, player, position.path(player), position.chosen(player))
        elif position.path(player):
            signals = self.game.agents[player].signals
            seen = features(signals, position.signals(player)[None, : width(signals)])[0]
            self.dict["seen"][: len(seen)] = seen

    def string_from(self, state: OpenSpielState, player: int) -> str:
        """The own history in words; without perfect recall the last signals."""
        position = state.position
        if self.recall:
            return information_state_string(self.game, player, position.path(player), position.chosen(player))
        signals = self.game.agents[player].signals
        return describe_row(signals, position.signals(player)[: width(signals)])


def load(text: str) -> pyspiel.Game:
    """The OpenSpiel game that `text` names; what a game's copy in another process is made by."""
    return pyspiel.load_game(text)


def to_openspiel(game: Game) -> OpenSpielGame:
    """The OpenSpiel game of a game with its parameters chosen.

    Raises:
        GamesolveError: the game has no horizon, or a parameter cannot be written as OpenSpiel writes parameters.

    A game that is not registered can be played, but not read back from what OpenSpiel writes.
    """
    return _class_of(game.name)(game=game)


def _parameters(game: Game) -> dict[str, Any]:
    """The game's parameters as OpenSpiel writes them into a game's name."""
    if game.horizon is None:
        raise GamesolveError(f"{game} has no horizon; OpenSpiel's games end, so give it one")
    known = _specification(type(game.parameters))
    plain = game.parameters.model_dump(mode="json")
    # What was read from a file is passed on as the file's path.
    given = {name: os.fspath(value) if isinstance(value, os.PathLike) else plain[name] for name, value in game.parameters}
    for name, value in given.items():
        if name not in known and value != _defaults(type(game.parameters)).get(name):
            raise GamesolveError(
                f"parameter {name} = {value!r} of {game.name} cannot be passed through OpenSpiel, which knows numbers and words"
            )
        if isinstance(value, str) and any(character in value for character in "=,()"):
            raise GamesolveError(
                f"parameter {name} = {value!r} of {game.name} cannot be passed through OpenSpiel, "
                "whose parser breaks at '=', ',' and brackets"
            )
    return {name: type(known[name])(value) for name, value in given.items() if name in known}


def _type_of(name: str, parameters: type[Parameters], *, zero_sum: bool) -> pyspiel.GameType:
    return pyspiel.GameType(
        short_name=PREFIX + name,
        long_name=f"gamesolve {name}",
        dynamics=pyspiel.GameType.Dynamics.SEQUENTIAL,
        chance_mode=pyspiel.GameType.ChanceMode.EXPLICIT_STOCHASTIC,
        information=pyspiel.GameType.Information.IMPERFECT_INFORMATION,
        utility=pyspiel.GameType.Utility.ZERO_SUM if zero_sum else pyspiel.GameType.Utility.GENERAL_SUM,
        reward_model=pyspiel.GameType.RewardModel.TERMINAL,
        max_num_players=1000,
        min_num_players=2,
        provides_information_state_string=True,
        provides_information_state_tensor=True,
        provides_observation_string=True,
        provides_observation_tensor=True,
        provides_factored_observation_string=True,
        parameter_specification=_specification(parameters),
    )


@functools.cache
def _specification(parameters: type[Parameters]) -> dict[str, Any]:
    """Defaults of the parameters that OpenSpiel can pass on; their types are the only ones that it then accepts."""
    found = {}
    for name, value in _defaults(parameters).items():
        if isinstance(value, (bool, int, float, str)):
            number = parameters.model_fields[name].annotation is float
            found[name] = float(value) if number else value
    return found


def _defaults(parameters: type[Parameters]) -> dict[str, Any]:
    """The parameters' defaults as plain data."""
    return parameters.model_construct().model_dump(mode="json", warnings=False)


@functools.cache
def _class_of(name: str) -> type[OpenSpielGame]:
    """The class of one game. OpenSpiel keeps what it is given until after Python has ended, and dies
    of freeing a function then; a class it cannot free, since classes refer to themselves."""
    return type(f"OpenSpielGame_{name}", (OpenSpielGame,), {"name": name, "__module__": __name__})


def register(name: str) -> None:
    """Make the game `name` known to OpenSpiel as `gamesolve_<name>`; a second time does nothing.

    Raises:
        GamesolveError: there is no such game.
    """
    # OpenSpiel would silently replace what stands under the name already.
    if PREFIX + name not in pyspiel.registered_names():
        parameters = cast(GameType, game_type(name)).parameters
        pyspiel.register_game(_type_of(name, parameters, zero_sum=False), _class_of(name))


for _name in game_names():
    # A plug-in that cannot be loaded has had its warning from the registry.
    with contextlib.suppress(GamesolveError):
        register(_name)
