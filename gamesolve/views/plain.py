"""Rules as plain Python: the development mode of `check_game`, and a second opinion on compiled code.

Compiled rules check no bounds, wrap integers silently and may write wherever they like. Here the
same functions run uncompiled on rows that refuse unknown fields, indices out of bounds, values that
do not fit and writes to what a rule may only read; errors name the rule and the line.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import CellType, CodeType, FunctionType
from typing import Any

import numpy as np

from gamesolve.base.errors import GamesolveError
from gamesolve.rules.chance import FAULTS, NO_PROBABILITY, TOO_MANY_OUTCOMES, TOO_MANY_QUESTIONS, flip, integer, pick
from gamesolve.rules.game import Game
from gamesolve.rules.record import transient_start
from gamesolve.views import plain_rows
from gamesolve.views.plain_rows import Breach, cells, row


def breach(game: Game, what: str) -> GamesolveError:
    """The error for a breach of the rules' contract."""
    return GamesolveError(f"{game} breaks the contract of rules: {what}")


class Dice:
    """Chance for plain rules: every possible outcome is equally likely, whatever its probability.

    Attributes:
        tape: the answers given, as the compiled rules' tape would have them.
        branches: product of the numbers of answers that were possible.
    """

    def __init__(self, stream: np.random.Generator, *, questions: int, outcomes: float = np.inf) -> None:
        self._questions, self._outcomes, self._stream = questions, outcomes, stream
        self.tape: list[int] = []
        self.branches = 1

    def flip(self, probability: float) -> bool:
        """The plain form of `rules.chance.flip`."""
        if not 0.0 <= probability <= 1.0:
            raise Breach(f"asks for True with probability {probability!r}: {FAULTS[NO_PROBABILITY]}")
        return self._answer([1.0 - probability, probability]) == 1

    def pick(self, weights: np.ndarray) -> int:
        """The plain form of `rules.chance.pick`."""
        given, total = [float(w) for w in weights], 0.0
        for weight in given:
            total += weight
        if not (all(w >= 0.0 for w in given) and 0.0 < total < np.inf):
            raise Breach(f"picks with weights {given}: {FAULTS[NO_PROBABILITY]}")
        last = max(k for k, w in enumerate(given) if w > 0.0)
        # As `rules.chance.pick` has it: what the others weigh may vanish in rounding.
        return last if given[last] == total else self._answer(given)

    def integer(self, n: int) -> int:
        """The plain form of `rules.chance.integer`."""
        if n < 1:
            raise Breach(f"asks for one of {n} numbers: {FAULTS[NO_PROBABILITY]}")
        return self._answer([1.0] * n)

    def _answer(self, weights: list[float]) -> int:
        possible = [k for k, w in enumerate(weights) if w > 0.0]
        if len(possible) == 1:
            return possible[0]
        if len(self.tape) >= self._questions:
            raise Breach(f"goes too far: {FAULTS[TOO_MANY_QUESTIONS]}, which is {self._questions}")
        if len(weights) > self._outcomes:
            raise Breach(f"goes too far: {FAULTS[TOO_MANY_OUTCOMES]}, which is {self._outcomes}")
        self.branches *= len(possible)
        self.tape.append(int(self._stream.choice(possible)))
        return self.tape[-1]


def _source(function: Any) -> Any:
    return getattr(function, "py_func", function)


ASKED: dict[Any, Callable[..., Any]] = {_source(flip): Dice.flip, _source(pick): Dice.pick, _source(integer): Dice.integer}


def plain(function: Any, made: dict[Any, Any] | None = None) -> Any:
    """A compiled function as plain Python, and so all that it calls; questions to chance go to `Dice`."""
    made = {} if made is None else made
    source = _source(function)
    if not isinstance(source, FunctionType):
        return function
    if source in ASKED:
        return ASKED[source]
    if source not in made:
        names = dict(source.__globals__)
        made[source] = FunctionType(source.__code__, names, source.__name__, source.__defaults__)
        for name in _names(source.__code__) & names.keys():
            names[name] = plain(names[name], made)
        if source.__closure__:
            closed = tuple(CellType(plain(cell.cell_contents, made)) for cell in source.__closure__)
            made[source] = FunctionType(source.__code__, names, source.__name__, source.__defaults__, closed)
    return made[source]


def _names(code: CodeType) -> set[str]:
    """Global names that a function's code uses, inner functions included."""
    found = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found |= _names(constant)
    return found


@dataclass(frozen=True)
class PlainPoint:
    """A point of play, complete with what was asked of chance on the way.

    Attributes:
        state, memory: records [1].
        signals: i2 [N, W].
        masks: u1 [N, A].
        reward: f8 [2], raw, of the last step.
        over: the game is over.
        elapsed: rule steps played.
        actions: i4 [N], the joint action that led here; -1 at the start.
        tape: chance's answers on the way here.
        branches: product of the numbers of answers that were possible.
    """

    state: np.ndarray
    memory: np.ndarray
    signals: np.ndarray
    masks: np.ndarray
    reward: np.ndarray
    over: bool
    elapsed: int
    actions: np.ndarray
    tape: list[int]
    branches: int


class PlainGame:
    """A game's rules as plain Python."""

    def __init__(self, game: Game) -> None:
        self.game = game
        made: dict[Any, Any] = {}
        self.rules = {name: plain(rule, made) for name, rule in vars(game.rules).items()}
        self.table = row(game.table, "TABLE", locked=True)
        start = transient_start(game.state)
        self.transient = [name for name, (_, offset, *_) in (game.state.fields or {}).items() if offset >= start]

    def start(self, stream: np.random.Generator) -> PlainPoint:
        """The first point of an episode; chance answers from `stream`."""
        game = self.game
        state, memory, dice = np.zeros(1, game.state), np.zeros(1, game.memory), self._dice(stream)
        self._call("reset", self.table, row(state, "STATE"), row(memory, "MEMORY"), dice)
        return self._arrive(state, memory, np.zeros(2), False, 0, np.full(len(game.agents), -1, np.int32), dice)

    def step(self, before: PlainPoint, actions: np.ndarray, stream: np.random.Generator) -> PlainPoint:
        """The point after a joint action i4 [N]."""
        state, memory, reward, dice = before.state.copy(), before.memory.copy(), np.zeros(2), self._dice(stream)
        for name in self.transient:
            state[name] = np.zeros((), state[name].dtype)
        arguments = (row(state, "STATE"), cells(actions, "actions", locked=True), dice, cells(reward, "reward"))
        over = bool(self._call("step", self.table, *arguments))
        if not np.isfinite(reward).all():
            raise breach(self.game, f"rule 'step' pays {reward.tolist()}; rewards are finite")
        elapsed = before.elapsed + 1
        return self._arrive(state, memory, reward, over or elapsed == self.game.steps, elapsed, actions, dice)

    def act(self, name: str, act: Any, memory: np.ndarray, agent: int, point: PlainPoint, stream: np.random.Generator) -> np.ndarray:
        """Weights f8 [A] that a scripted policy with the rule `act` gives to the agent's actions; updates its memory [1]."""
        weights = np.zeros(self.game.actions)
        seen = cells(point.signals[agent], "signal", locked=True), cells(point.masks[agent], "mask", locked=True)
        dice = Dice(stream, questions=self.game.questions)
        arguments = (self.table, row(memory, "the policy's memory"), *seen, dice, cells(weights, "probabilities"))
        self._run(f"policy {name!r}", act, *arguments)
        return weights

    def _dice(self, stream: np.random.Generator) -> Dice:
        return Dice(stream, questions=self.game.questions, outcomes=self.game.outcomes)

    def _arrive(
        self, state: np.ndarray, memory: np.ndarray, reward: np.ndarray, over: bool, elapsed: int, actions: np.ndarray, dice: Dice
    ) -> PlainPoint:
        game = self.game
        signals = np.zeros((len(game.agents), game.width), np.int16)
        masks = np.zeros((len(game.agents), game.actions), np.uint8)
        if not over:
            locked = row(state, "STATE", locked=True)
            seen = cells(actions, "actions", locked=True)
            self._call("observe", self.table, locked, row(memory, "MEMORY"), seen, dice, cells(signals, "signals"))
            locked = row(state, "STATE", locked=True, hidden=self.transient)
            for agent in range(len(game.agents)):
                self._call("legal", self.table, locked, agent, cells(masks[agent], "mask"))
        return PlainPoint(state, memory, signals, masks, reward, over, elapsed, actions, dice.tape, dice.branches)

    def _call(self, name: str, *arguments: Any) -> Any:
        return self._run(f"rule {name!r}", self.rules[name], *arguments)

    def _run(self, who: str, function: Callable[..., Any], *arguments: Any) -> Any:
        try:
            with np.errstate(all="ignore"):
                return function(*arguments)
        except Breach as found:
            raise breach(self.game, f"{who}{_place(found)} {found}") from None
        except IndexError as error:
            raise breach(self.game, f"{who}{_place(error)} reads or writes outside an array: {error}") from error
        except Exception as error:
            raise breach(self.game, f"{who}{_place(error)} raises {type(error).__name__}: {error}") from error


def _place(error: Exception) -> str:
    """File and line of the rule in which an error arose."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename not in (__file__, plain_rows.__file__)]
    return f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
