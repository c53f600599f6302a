"""`Inquiry`: an evaluation under way. It has questions answered in turn, until time or the user ends it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from gamesolve.base.errors import GamesolveError, TooLargeError, UnfinishedError
from gamesolve.evaluate.exploitability import Found, Search
from gamesolve.evaluate.resolve import as_played
from gamesolve.policies.asked import Asked
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.team import TeamPolicy
from gamesolve.rules.game import Game
from gamesolve.solve.watch import INTERRUPT, TIME, Progress, Watch
from gamesolve.train.log import Shelf
from gamesolve.views.problem import Problem
from gamesolve.views.tree import Tree

#: Why an evaluation ended that was not cut short by `time` or `interrupt`.
DONE = "done"
CUT_SHORT = {TIME: "time ran out", INTERRUPT: "the evaluation was interrupted"}
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Limits:
    """What exact answers may take, and what estimates shall."""

    memory: int | None
    gap: float | None
    episodes: int
    seed: int
    search: Search


@dataclass
class Inquiry:
    """What is asked, by which means, and what has to be said about the answers.

    Attributes:
        given: role to policy, as the user gave them.
        shelf: where the trainings of searches are kept.
        notes: why an end is not known, one sentence each.
        searched: by judged role, what a search for its worst case found.
        selfish: by judged role, what a search for an opponent of its own interest found.
        stopped: `done`, or `time` or `interrupt` once an answer had to be given up on.
    """

    problem: Problem
    given: dict[str, Any]
    limits: Limits
    watch: Watch
    shelf: Shelf = field(default_factory=lambda: Shelf(None))
    notes: list[str] = field(default_factory=list)
    searched: dict[str, Found] = field(default_factory=dict)
    selfish: dict[str, Found] = field(default_factory=dict)
    stopped: str = DONE
    _tree: Tree | None = None
    _too_large: TooLargeError | None = None
    _tables: dict[str, Any] = field(default_factory=dict)

    def other(self, role: str) -> str:
        """The role that is not `role`."""
        return self.problem.roles[1 - self.problem.roles.index(role)]

    def answer(self, what: str, question: Callable[..., Answer], *arguments: Any, otherwise: Answer) -> Answer:
        """The answer to a question, or `otherwise` with a note where the evaluation ends before it is known.

        Once one answer has been given up on, no other question is begun.
        """
        if self.stopped == DONE:
            try:
                return question(self, *arguments)
            except UnfinishedError:
                self.stopped = self.watch.over() or TIME
        self.notes.append(f"{what} not known: {CUT_SHORT[self.stopped]} first")
        return otherwise

    def pause(self, phase: str) -> Callable[..., None]:
        """What work calls between two of its parts: it tells the listener, and raises UnfinishedError where the evaluation has to end."""

        def between(*_: int) -> None:
            self.watch.say(phase)
            self._go_on()

        return between

    def relay(self, progress: Progress) -> None:
        """Tell the listener of a solver at work, by the clock of the evaluation; between its trials of methods it may be ended too."""
        # The tree is there already, and nothing is written.
        if self.watch.progress is not None and progress.phase not in ("tree", "write"):
            self.watch.progress(replace(progress, seconds=self.watch.seconds(), time_limit=self.watch.time_limit))
        if progress.phase == "method":
            self._go_on()

    def tree(self) -> Tree:
        """The whole game's tree, built once; raises GamesolveError where there is none, and UnfinishedError."""
        if self._too_large is not None:
            raise self._too_large
        if self._tree is None:
            self.watch.say("tree")
            try:
                self._tree = self.problem.tree(memory=self.limits.memory, progress=self.pause("tree"))
            except TooLargeError as error:
                # That may have taken a while to find out; once is enough.
                self._too_large = error
                raise
        return self._tree

    def policy(self, role: str) -> Any:
        """The policy of a role in a form that trees and loops take: others become tables, by way of the tree."""
        if role not in self._tables:
            self._tables[role] = self._usable(role, self.given[role])
        return self._tables[role]

    def playable(self, role: str) -> Any:
        """The policy of a role in a form in which it can be played: in games of ours OpenSpiel's need a tree for that."""
        given = self.given[role]
        if hasattr(given, "acting"):
            return given
        return self.policy(role) if isinstance(self.problem.game, Game) else as_played(self.problem, given, role)

    def _usable(self, role: str, policy: Any) -> Any:
        team = isinstance(self.problem.game, Game) and len(self.problem.game.agents_of(role)) > 1
        if team and isinstance(policy, Asked):
            raise TooLargeError(f"{policy.kind} that a team shares is not one table; it can be played")
        if isinstance(policy, TeamPolicy) and any(isinstance(one, Asked) for one in policy.policies):
            raise TooLargeError("networks of a team are not one table; they can be played")
        if isinstance(policy, (Mixture, Asked)):
            what = policy.kind if isinstance(policy, Asked) else "a mixture"
            tree = self._needed(f"{what} is evaluated through its behavioural equivalent")
            return policy.behavioural(tree, self.pause("response"))
        if hasattr(policy, "action_probabilities"):
            from gamesolve.policies.openspiel import from_openspiel

            tree = self._needed("an OpenSpiel policy is asked at every information set")
            return from_openspiel(policy, self.problem.game, tree, self.problem.roles.index(role))
        return policy

    def _needed(self, why: str) -> Tree:
        try:
            return self.tree()
        except UnfinishedError:
            raise
        except GamesolveError as error:
            # Without a tree a game can still be played; one of OpenSpiel's that is no proper game had better not.
            kind = TooLargeError if isinstance(self.problem.game, Game) or isinstance(error, TooLargeError) else GamesolveError
            raise kind(f"{why}, which needs the game's tree: {error}") from error

    def _go_on(self) -> None:
        why = self.watch.over()
        if why is not None:
            raise UnfinishedError(CUT_SHORT[why])
