"""The contract of rules, checked on the rules themselves run as plain Python, line by line.

What each rule may read and write, and what it may put there:

| rule | may write | may not |
|---|---|---|
| `reset` | STATE, MEMORY | touch TABLE |
| `legal` | mask | write STATE, read its transient fields (so masks follow from the state proper) |
| `step` | STATE, reward | touch TABLE, the actions |
| `observe` | MEMORY, signals | write STATE (so what comes next follows from STATE alone), TABLE, the actions |

`step` and `legal` are not given MEMORY, and chance is the only other thing that they are given, so
two positions of equal STATE have equal futures whenever these rules are kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gamesolve.base.errors import first_few
from gamesolve.rules.game import Game
from gamesolve.rules.scripted import Scripted
from gamesolve.views.check_picture import check_drawing, check_picture
from gamesolve.views.plain import PlainGame, PlainPoint, breach, plain
from gamesolve.views.position import Board

#: Steps after which an episode of a game without horizon is cut off.
CUT = 50

Chooser = Callable[[PlainPoint, int], int]


def check_rules(game: Game, *, transitions: int = 200, seed: int = 0, compiled: bool = True) -> int:
    """Play a game by its rules as plain Python, and play the same again by the compiled ones.

    Every scripted policy that can be enumerated is run as plain Python too, in an episode of its own.

    Args:
        transitions: random (state, joint action, chance answers) to play.
        seed: of the random plays.
        compiled: False in development, where nothing is to be compiled.

    Returns:
        The number of transitions played.

    Raises:
        GamesolveError: at the first breach of the contract, with rule, file and line, or where
            plain and compiled rules differ.
    """
    check_drawing(game)
    rules, stream, board, count = PlainGame(game), np.random.default_rng(seed), None, 0
    while count < transitions:
        episode = play(rules, stream, lambda point, agent: _any_legal(point, agent, stream))
        count += len(episode) - 1
        if compiled:
            # Only now: what would hang or crash when compiled has been found before.
            board = Board(game) if board is None else board
            compare(rules, board, episode)
    for scripted in game.policies:
        if scripted.enumerable:
            count += len(_follow(rules, scripted, stream)) - 1
    return count


def play(rules: PlainGame, stream: np.random.Generator, choose: Chooser) -> list[PlainPoint]:
    """One episode, all its points and their pictures checked; `choose(point, agent)` chooses actions."""
    points = [rules.start(stream)]
    check_view(rules.game, points[0].signals, points[0].masks)
    check_picture(rules.game, points[0])
    while not points[-1].over and len(points) <= (rules.game.steps or CUT):
        actions = np.array([choose(points[-1], i) for i in range(len(rules.game.agents))], np.int32)
        points.append(rules.step(points[-1], actions, stream))
        if not points[-1].over:
            check_view(rules.game, points[-1].signals, points[-1].masks)
        check_picture(rules.game, points[-1])
    return points


def check_view(game: Game, signals: np.ndarray, masks: np.ndarray) -> None:
    """Raise GamesolveError where agents' signals i2 [N, W] or masks u1 [N, A] are not what the game declares."""
    for agent, row, mask in zip(game.agents, signals, masks, strict=True):
        start = 0
        for signal in agent.signals:
            block = row[start : start + signal.count]
            if block.min() < 0 or block.max() >= signal.values:
                raise breach(game, f"signal {signal.name!r} of {agent.name!r} is {block.tolist()}; its values are 0 to {signal.values - 1}")
            start += signal.count
        if row[start:].any():
            raise breach(game, f"{agent.name!r} is given {row.tolist()}, more than the {start} signals that it declares")
        if mask.max() > 1:
            raise breach(game, f"the mask of {agent.name!r} is {mask.tolist()}; its entries are 0 or 1")
        if mask[len(agent.actions) :].any():
            raise breach(game, f"the mask of {agent.name!r} is {mask.tolist()}, but it has {len(agent.actions)} actions only")
        if not mask.any():
            raise breach(game, f"{agent.name!r} has no legal action before the game is over")


def compare(rules: PlainGame, board: Board, episode: list[PlainPoint]) -> None:
    """Raise GamesolveError where the compiled rules play an episode otherwise than the plain ones."""
    point = board.before()
    for expected in episode:
        point, question = board.play(point, expected.actions, expected.tape)
        if question is not None or int(board.chance["position"][0]) != len(expected.tape):
            raise breach(rules.game, f"after {expected.elapsed} steps compiled and plain rules ask chance differently")
        for name in ("state", "memory", "reward", "over", "signals", "masks"):
            one, two = point[name][0], np.asarray(getattr(expected, name)).reshape(point[name].shape)[0]
            if not alike(one, two):
                raise breach(
                    rules.game, f"after {expected.elapsed} steps {name} is {one} by the compiled rules and {two} by the plain ones"
                )


def alike(one: Any, two: Any) -> bool:
    """Whether two values of one type are the same; floats may differ by rounding."""
    if one.dtype.names:
        return all(alike(one[name], two[name]) for name in one.dtype.names)
    if one.dtype.kind != "f":
        return bool(np.array_equal(one, two))
    return bool(np.allclose(one, two, rtol=1e-9 if one.dtype.itemsize == 8 else 1e-4, atol=1e-12, equal_nan=True))


def _any_legal(point: PlainPoint, agent: int, stream: np.random.Generator) -> int:
    return int(stream.choice(np.flatnonzero(point.masks[agent])))


def _follow(rules: PlainGame, scripted: Scripted, stream: np.random.Generator) -> list[PlainPoint]:
    """An episode in which a role follows a scripted policy with its default settings."""
    game, act, settings = rules.game, plain(scripted.act), scripted.settings()
    memories: dict[int, np.ndarray] = {}
    for agent in game.agents_of(scripted.role):
        memories[agent] = np.zeros(1, scripted.memory)
        if scripted.start is not None:
            scripted.start(game, agent, settings, memories[agent])

    def choose(point: PlainPoint, agent: int) -> int:
        if agent not in memories:
            return _any_legal(point, agent, stream)
        weights = rules.act(scripted.name, act, memories[agent], agent, point, stream)
        if not (weights >= 0.0).all() or not 0.0 < weights.sum() < np.inf or weights[point.masks[agent] == 0].any():
            legal = first_few(np.flatnonzero(point.masks[agent]))
            raise breach(
                rules.game,
                f"policy {scripted.name!r} gives the weights {weights.tolist()}; legal are {legal} only",
            )
        return int(stream.choice(np.flatnonzero(weights)))

    return play(rules, stream, choose)
