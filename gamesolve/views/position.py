"""`Position`: a point of play of a game, moved one action or one chance outcome at a time.

For views that speak that way (OpenSpiel) and for checks; it costs microseconds a move, where the
simulator and the walker cost nanoseconds.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from gamesolve.base.compiled import explicit, specialise
from gamesolve.base.errors import GamesolveError, first_few
from gamesolve.base.registry import load_game
from gamesolve.rules.chance import ASK, FAULTS, TOO_MANY_OUTCOMES, TOO_MANY_QUESTIONS, first_tape
from gamesolve.rules.game import Game
from gamesolve.rules.record import transient_start
from gamesolve.views import transition as template
from gamesolve.views.acting import game_key

CHANCE, OVER = -1, -2


class Board:
    """What the positions of one game share: its rules, bound, and scratch memory."""

    def __init__(self, game: Game) -> None:
        self.game = game
        sizes = {"agents": len(game.agents), "width": game.width, "actions": game.actions}
        self.point = template.point_record(game.state, game.memory, **sizes)
        self.frame = np.zeros(1, template.FRAME)
        self.frame["picks"], self.frame["steps"] = game.picks, -1 if game.steps is None else game.steps
        self.frame["transient"], self.frame["transient_end"] = transient_start(game.state), game.state.itemsize
        self.chance = game.new_chance()
        blank = np.zeros(1, self.point)
        actions = np.zeros(len(game.agents), np.int32)
        raw = blank.view(np.uint8).reshape(1, -1)
        arguments = (self.frame, game.table, game.discounts, blank, blank, raw, self.chance, actions)
        module = specialise(template.__name__, name=game_key(game), **vars(game.rules))
        self.transition = explicit(module.transition, *map(numba.typeof, arguments))

    def start(self) -> Position:
        """The position before the game's first chance question or decision."""
        position = Position(self, self.before())
        position._go_on()
        return position

    def before(self) -> np.ndarray:
        """The point [1] before the game, from which any actions lead through `reset`."""
        point = np.zeros(1, self.point)
        point["elapsed"] = -1
        return point

    def play(self, point: np.ndarray, actions: np.ndarray, tape: list[int]) -> tuple[np.ndarray, np.ndarray | None]:
        """The point [1] after a joint action i4 [N] under chance's answers, and the first question that they leave open.

        Where a question (f8 [outcomes], its probabilities) is open the point means nothing.

        Raises:
            GamesolveError: a rule breaks its contract.
        """
        after = np.zeros(1, self.point)
        chance = self.chance
        chance["fault"] = 0
        chance["answers"][0, : len(tape)] = tape[: chance["answers"].shape[1]]
        first_tape(chance[0], ASK)
        chance["length"] = len(tape)
        raw = after.view(np.uint8).reshape(1, -1)
        self.transition(self.frame, self.game.table, self.game.discounts, point, after, raw, chance, actions)
        fault, asked = int(chance["fault"][0]), int(chance["asked"][0])
        # The record has room for more than the game declares.
        if asked and len(tape) >= self.game.questions:
            fault = TOO_MANY_QUESTIONS
        if asked > self.game.outcomes:
            fault = TOO_MANY_OUTCOMES
        if fault:
            raise GamesolveError(f"{self.game} breaks the contract of rules: {FAULTS[fault]}")
        return after, chance["probabilities"][0, :asked].copy() if asked else None


class Position:
    """A point of play.

    Attributes:
        mover: CHANCE, OVER, or the agent who is to choose among two or more legal actions; where nobody can, in a game without end, the
            first.
        last_point: the point [1] before that step.
        moves: actions and outcomes taken from the start.
        last_actions: i4 [N], the joint action of that step (-1 before the first).
        last_tape: chance's answers in it.
    """

    def __init__(self, board: Board, point: np.ndarray) -> None:
        self.board = board
        self.mover = CHANCE
        self.moves: list[int] = []
        self._point = point
        self._actions = np.full(len(board.game.agents), -1, np.int32)
        self._tape: list[int] = []
        self.last_point, self.last_actions, self.last_tape = point, self._actions, self._tape
        self._question: np.ndarray | None = None
        self._paths: list[list[tuple[int, tuple[int, ...]]]] = [[] for _ in board.game.agents]

    def clone(self) -> Position:
        """An independent copy."""
        other = Position.__new__(Position)
        other.board, other.mover, other._question = self.board, self.mover, self._question
        other._point, other._actions = self._point, self._actions.copy()
        other._tape, other.moves = self._tape.copy(), self.moves.copy()
        other.last_point, other.last_actions, other.last_tape = self.last_point, self.last_actions, self.last_tape
        other._paths = [path.copy() for path in self._paths]
        return other

    def __deepcopy__(self, memo: dict[int, Any]) -> Position:
        return self.clone()

    def __reduce__(self) -> tuple[Any, ...]:
        # OpenSpiel copies states to other processes by pickling what they hold: name, parameters, moves.
        game = self.board.game
        return _replay, (game.name, game.parameters.model_dump(mode="json"), self.moves)

    @property
    def returns(self) -> tuple[float, float]:
        """Discounted returns by role so far, (defender, attacker)."""
        first, second = self._point["returns"][0]
        return float(first), float(second)

    @property
    def point(self) -> np.void:
        """The record (`transition.point_record`) of where play stands, after the last complete step."""
        return self._point[0]

    @property
    def elapsed(self) -> int:
        """Rule steps played."""
        return max(int(self._point["elapsed"][0]), 0)

    @property
    def state(self) -> np.ndarray:
        """The game's state, a record [1]."""
        return self._point["state"]

    @property
    def memory(self) -> np.ndarray:
        """What observations read, a record [1]."""
        return self._point["memory"]

    @property
    def reward(self) -> np.ndarray:
        """f8 [2]: raw rewards of the last complete step by role."""
        return self._point["reward"][0]

    def mask(self, agent: int) -> np.ndarray:
        """u1 [A]: the agent's legal actions after the last complete step."""
        return self._point["masks"][0, agent]

    def legal(self, agent: int) -> list[int]:
        """The agent's legal actions where it is to move or waits for others in the same step."""
        return [] if self.mover in (CHANCE, OVER) else np.flatnonzero(self._point["masks"][0, agent]).tolist()

    def signals(self, agent: int) -> np.ndarray:
        """The agent's last row of signals, i2 [W]."""
        return self._point["signals"][0, agent]

    def path(self, agent: int) -> list[tuple[int, tuple[int, ...]]]:
        """The agent's own history: (own action, row of signals) pairs; the first pair's action is -1."""
        return self._paths[agent]

    def chosen(self, agent: int) -> int:
        """The action that the agent has already chosen in the step under way, or -1."""
        return int(self._actions[agent]) if self.mover != OVER else -1

    def outcomes(self) -> list[tuple[int, float]]:
        """Outcomes of the chance question and their probabilities; those of probability zero are left out."""
        assert self._question is not None
        return [(k, float(p)) for k, p in enumerate(self._question) if p > 0.0]

    def move(self, action: int) -> None:
        """Take an action of the mover, or an outcome of the chance question.

        Raises:
            GamesolveError: it is not legal; the position has not changed then.
        """
        if self.mover == OVER:
            raise GamesolveError(f"action {action!r} cannot be taken: the game is over")
        allowed = [k for k, _ in self.outcomes()] if self.mover == CHANCE else self.legal(self.mover)
        if action not in allowed:
            who = "chance" if self.mover == CHANCE else repr(self.board.game.agents[self.mover].name)
            raise GamesolveError(f"action {action!r} of {who} is not legal; legal are {first_few(allowed)}")
        self.moves.append(int(action))
        if self.mover == CHANCE:
            self._tape.append(int(action))
            self._go_on()
        else:
            self._actions[self.mover] = action
            if not self._ask_next(self.mover + 1):
                self._go_on()

    def _go_on(self) -> None:
        """Play on until chance is asked, an agent is to choose, or the game is over."""
        while self._play() and not self._ask_next(0):
            pass

    def _ask_next(self, agent: int) -> bool:
        """Whether an agent is to choose, from `agent` on; those with a single legal action take it.

        Where nobody has a choice in a game without end the first agent is asked all the same, as that may be so for ever.
        """
        game = self.board.game
        for i in range(agent, len(game.agents)):
            legal = np.flatnonzero(self._point["masks"][0, i])
            if not len(legal):
                raise GamesolveError(f"{game} breaks the contract of rules: {game.agents[i].name!r} has no legal action")
            if len(legal) > 1:
                self.mover = i
                return True
            self._actions[i] = legal[0]
        self._tape = []
        if agent == 0 and game.horizon is None:
            self.mover = 0
            self._actions[:] = -1
            return True
        return False

    def _play(self) -> bool:
        """Play the step under way as far as the tape of chance's answers goes; whether another step follows."""
        after, self._question = self.board.play(self._point, self._actions, self._tape)
        if self._question is None:
            return self._settle(after)
        self.mover = CHANCE
        return False

    def _settle(self, after: np.ndarray) -> bool:
        """The step is complete: stand at `after`; whether the game goes on."""
        self.last_point, self.last_actions, self.last_tape = self._point, self._actions.copy(), self._tape
        self._point, self._question = after, None
        if after["over"][0]:
            self.mover = OVER
            return False
        for i, path in enumerate(self._paths):
            path.append((int(self._actions[i]), tuple(after["signals"][0, i].tolist())))
        self._actions[:] = -1
        return True


def _replay(name: str, parameters: dict[str, Any], moves: list[int]) -> Position:
    """The position of a registered game after some moves."""
    position = Board(load_game(name, **parameters)).start()
    for move in moves:
        position.move(move)
    return position
