"""`check_replay`: whether a recorded episode of another environment could have happened in a game.

A recording holds the joint actions of its steps and what was to be seen after each: fields of the
state, signals, rewards. Chance is not recorded but found: every outcome of a transition is tried,
and those that agree with the recording are followed, together, as hidden outcomes may show only
later. The recording is refuted at the first step that no outcome explains.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from gamesolve.base.errors import GamesolveError, first_few
from gamesolve.rules.game import Game
from gamesolve.views.position import Board

#: What is read off a point of play (the record of `transition.point_record`, shape [1]): an array or a number.
Reader = Callable[[np.ndarray], np.ndarray]

#: Recorded floats may differ by this.
TOLERANCE = 1e-9
#: More continuations than any faithful recording leaves open.
MOST_OPEN = 4096


@dataclass(frozen=True)
class Recording:
    """T steps of an episode played elsewhere.

    Attributes:
        actions: i4 [T, N], joint actions by the game's numbers.
        expected: by name, what was seen after each step: arrays [T, ...].
        readers: by the same names, how it is read off a point of play.
        start: by name, what was seen after reset (shape [...]); may be empty.
        name: by which a difference speaks of it.
    """

    actions: np.ndarray
    expected: Mapping[str, np.ndarray]
    readers: Mapping[str, Reader]
    start: Mapping[str, np.ndarray]
    name: str = "recording"


def check_replay(game: Game, recording: Recording) -> int:
    """Check that a game explains a recording; returns the number of values compared.

    Args:
        game: with a horizon beyond the recording's last step, so that what is seen after it is drawn.

    Raises:
        GamesolveError: the game does not explain it (the first difference, in the game's words), or
            the recording does not fit the game (horizon, shapes, names, actions that are not legal).
    """
    _require_fit(game, recording)
    board, compared = Board(game), 0
    none = np.full(len(game.agents), -1, np.int32)
    points = _explained(board, [board.before()], none, dict(recording.start), recording, "after reset")
    for t, actions in enumerate(np.asarray(recording.actions, np.int32)):
        expected = {name: values[t] for name, values in recording.expected.items()}
        words = f"after step {t}, {_in_words(game, actions)}"
        _require_legal(game, points[0], actions, f"{recording.name}, step {t}")
        points = _explained(board, points, actions, expected, recording, words)
        compared += sum(np.size(value) for value in expected.values())
    return compared


def outcomes(board: Board, point: np.ndarray, actions: np.ndarray) -> Iterator[np.ndarray]:
    """Every point [1] to which a joint action i4 [N] can lead from a point, one for each sequence of chance's answers."""
    tapes: list[list[int]] = [[]]
    while tapes:
        tape = tapes.pop()
        after, question = board.play(point, actions, tape)
        if question is None:
            yield after
        else:
            tapes.extend([*tape, int(answer)] for answer in np.flatnonzero(question)[::-1])


def _explained(
    board: Board, points: list[np.ndarray], actions: np.ndarray, expected: dict[str, np.ndarray], recording: Recording, words: str
) -> list[np.ndarray]:
    """The different points that agree with what is expected; raises GamesolveError where there are none."""
    found: dict[bytes, np.ndarray] = {}
    nearest: list[str] | None = None
    for point in points:
        for after in outcomes(board, point, actions):
            differences = [d for name, value in expected.items() if (d := _difference(name, value, recording.readers[name](after)))]
            if not differences:
                found[after.tobytes()] = after
            elif nearest is None or len(differences) < len(nearest):
                nearest = differences
    if not found:
        assert nearest is not None
        raise GamesolveError(f"{board.game} does not explain {recording.name} {words}: {'; '.join(nearest)}")
    if len(found) > MOST_OPEN:
        raise GamesolveError(f"{recording.name} leaves {len(found):,} courses of play open {words}; it must hold more of the state")
    return list(found.values())


def _difference(name: str, expected: np.ndarray, found: np.ndarray) -> str:
    """What differs, in words; empty where nothing does."""
    expected, found = np.asarray(expected), np.asarray(found)
    if expected.shape != found.shape:
        return f"{name} has the shape {found.shape} and not {expected.shape}"
    wrong = np.argwhere(~np.isclose(expected.astype(np.float64), found.astype(np.float64), rtol=0.0, atol=TOLERANCE))
    if not len(wrong):
        return ""
    place = tuple(int(k) for k in wrong[0])
    where = f"{list(place)}" if place else ""
    more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
    return f"{name}{where} is {found[place]} and was recorded as {expected[place]}{more}"


def _in_words(game: Game, actions: np.ndarray) -> str:
    return ", ".join(f"{agent.name} {agent.actions[a]!r}" for agent, a in zip(game.agents, actions, strict=True))


def _require_fit(game: Game, recording: Recording) -> None:
    shape = np.shape(recording.actions)
    if len(shape) != 2 or shape[1] != len(game.agents):
        raise GamesolveError(f"{recording.name} has actions of shape {shape}; {game} needs (steps, {len(game.agents)})")
    if game.steps is not None and shape[0] >= game.steps:
        raise GamesolveError(
            f"{recording.name} has {shape[0]} steps; {game} needs a horizon beyond them, so that the last observation is drawn"
        )
    for name in (*recording.expected, *recording.start):
        if name not in recording.readers:
            raise GamesolveError(f"{recording.name} says nothing of how {name!r} is read; it has {', '.join(recording.readers)}")
    for name, values in recording.expected.items():
        if len(values) != shape[0]:
            raise GamesolveError(f"{recording.name} has {len(values)} values of {name!r} for {shape[0]} steps")


def _require_legal(game: Game, point: np.ndarray, actions: np.ndarray, words: str) -> None:
    """Masks depend on what agents have observed only, so they are alike in all points that explain a recording."""
    for mask, agent, action in zip(point["masks"][0], game.agents, actions, strict=True):
        if not 0 <= action < len(agent.actions) or not mask[action]:
            legal = [agent.actions[a] for a in np.flatnonzero(mask[: len(agent.actions)])]
            raise GamesolveError(f"{words}: action {int(action)} of {agent.name!r} is not legal; legal are {first_few(legal)}")
