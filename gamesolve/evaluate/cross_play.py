"""Cross-play: every defender against every attacker, in the same episodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gamesolve.base.errors import GamesolveError, UnfinishedError
from gamesolve.base.executors import open_workers, refuse_unknown_workers
from gamesolve.base.memory import DEFAULT_MEMORY, memory_words
from gamesolve.evaluate.question import words_for
from gamesolve.evaluate.resolve import as_played, resolve
from gamesolve.learners.candidates import played_together
from gamesolve.solve.watch import Progress, Watch
from gamesolve.views.problem import Problem, problem_of


@dataclass(frozen=True)
class CrossPlay:
    """Mean returns of D policies of one role against K of the other.

    Attributes:
        names: of the first role's policies and of the second's.
        mean: f8 [2, D, K], mean returns by role.
        error: f8 [2, D, K], their standard errors over episodes.
        returns: f8 [2, D, K, E], of every episode; episode e has the same chance in all pairs.
    """

    names: tuple[tuple[str, ...], tuple[str, ...]]
    mean: np.ndarray
    error: np.ndarray
    returns: np.ndarray

    def __repr__(self) -> str:
        return f"<CrossPlay of {len(self.names[0])} against {len(self.names[1])} policies, {self.returns.shape[-1]:,} episodes each>"


def cross_play(
    game: Any,
    defenders: Mapping[str, Any] | Sequence[Any],
    attackers: Mapping[str, Any] | Sequence[Any],
    *,
    episodes: int = 1_000,
    seed: int = 0,
    workers: int | str = 1,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> CrossPlay:
    """Play every policy of one role against every policy of the other.

    Args:
        game: a `Game`, a `pyspiel.Game` of two players, or a `Problem`.
        defenders, attackers: policies of the game's first and second role, or words that name them, as the command
            `gamesolve simulate` takes them (a scripted policy, a run folder, a saved policy); a mapping names them.
        episodes: of each pair, two or more.
        seed: of all episodes.
        workers: who plays: a number of processes, `ray`, or `ray://host:port`. The answer does not depend on it.
        progress: called between two pairs; stop: asked between two pieces of work.

    Raises:
        GamesolveError: a policy is unknown, damaged or for another game or role, or fails; there are none; or a number is out of range.
        UnfinishedError: `stop` said so.
    """
    problem = problem_of(game)
    if not 2 <= episodes <= 10**9:
        raise GamesolveError(f"the number of episodes is {episodes!r}; it lies in 2 to 1,000,000,000")
    refuse_unknown_workers(workers)
    sides = [_resolved(problem, role, given) for role, given in zip(problem.roles, (defenders, attackers), strict=True)]
    room = 16 * episodes * len(sides[0]) * len(sides[1])
    if room > DEFAULT_MEMORY:
        raise GamesolveError(
            f"returns of {episodes:,} episodes of each pair take {memory_words(room)}; the limit is {memory_words(DEFAULT_MEMORY)}"
        )
    watch = Watch(0.0, progress=progress, stop=stop)

    def pause() -> None:
        if watch.over():
            raise UnfinishedError("cross-play was interrupted")

    returns = np.zeros((2, len(sides[0]), len(sides[1]), episodes))
    with open_workers(workers) as pool:
        for d, first in enumerate(sides[0].values()):
            for k, second in enumerate(sides[1].values()):
                pause()
                watch.facts = (("pairs", f"{d * len(sides[1]) + k:,} of {len(sides[0]) * len(sides[1]):,}"),)
                watch.say("episodes")
                both = dict(zip(problem.roles, (first, second), strict=True))
                returns[:, d, k] = played_together(problem.playable, both, episodes=episodes, seed=seed, pause=pause, workers=pool).T
    error = returns.std(axis=-1, ddof=1) / episodes**0.5
    return CrossPlay((tuple(sides[0]), tuple(sides[1])), returns.mean(axis=-1), error, returns)


def _resolved(problem: Problem, role: str, given: Mapping[str, Any] | Sequence[Any]) -> dict[str, Any]:
    """Policies of a role by name: as they were named, or in words."""
    if isinstance(given, str) or not isinstance(given, (Mapping, Sequence)):
        raise GamesolveError(f"policies of the {role} are {given!r}; a list of them or a mapping of names to them is needed")
    named = given if isinstance(given, Mapping) else _numbered(given)
    if not named:
        raise GamesolveError(f"there is no policy of the {role}; cross-play needs one at least")
    return {name: as_played(problem, resolve(problem, policy, role)[role], role) for name, policy in named.items()}


def _numbered(given: Sequence[Any]) -> dict[str, Any]:
    """Names of policies that have none: their words, behind a number where two have the same."""
    words = [words_for(one) for one in given]
    if len(set(words)) < len(words):
        words = [f"{k + 1}: {one}" for k, one in enumerate(words)]
    return dict(zip(words, given, strict=True))
