"""`Question`: what decides the answer of an evaluation."""

from __future__ import annotations

import hashlib
import numbers
import operator
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gamesolve.base.errors import GamesolveError, quoted
from gamesolve.base.patience import CALL_LIMIT, Patience
from gamesolve.base.seeds import checked_seed
from gamesolve.evaluate.resolve import as_played, resolve
from gamesolve.policies.function import CODE
from gamesolve.solve.watch import Watch
from gamesolve.views.problem import Problem


@dataclass(frozen=True)
class Question:
    """What is asked, every default filled in; policies in words.

    Attributes:
        policy: whose policy is judged, or both roles'.
        role: as which it is judged, where that was said.
        judged: the judged roles, and what names the policy of each.
        known: opponents to try beside.
        responders, budget, seeds: of a search for opponents; settings: of each responder by its name, what shall be other than by default.
        episodes, seed: of estimates.
        gap: exploitability to which the game is solved.
        memory: bytes that a tree may take.
        device: `cpu` or `cuda`.
        call_limit: seconds that one call of a function may take.
        code: SHA-256 of the source file of each function that words name.
    """

    policy: str
    role: str | None
    judged: dict[str, str]
    known: tuple[str, ...] = ()
    responders: tuple[str, ...] = ("ppo", "dqn")
    budget: int = 300_000
    seeds: int = 2
    episodes: int = 10_000
    seed: int = 0
    gap: float | None = None
    memory: int | None = None
    device: str = "cpu"
    call_limit: float = CALL_LIMIT
    code: dict[str, str] = field(default_factory=dict)
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Take whole numbers of any kind; raise GamesolveError for one that is out of range (those of a search are checked by it)."""
        for name in ("episodes", "budget", "seeds", "seed", "memory"):
            value = getattr(self, name)
            if value is None and name == "memory":
                continue
            if isinstance(value, bool) or not isinstance(value, numbers.Integral):
                raise GamesolveError(f"{name} is {value!r}; it is a whole number")
            object.__setattr__(self, name, operator.index(value))
        if self.episodes < 2:
            raise GamesolveError(f"episodes is {self.episodes!r}; an estimate needs at least two")
        checked_seed(self.seed)
        for name in ("gap", "call_limit"):
            value = getattr(self, name)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, numbers.Real):
                raise GamesolveError(f"{name} is {value!r}; it is a number")
            object.__setattr__(self, name, float(value))
        if not all(isinstance(words, dict) for words in (self.judged, self.code)):
            raise GamesolveError(f"'judged' and 'code' are {self.judged!r} and {self.code!r}; they map names to words")
        if not isinstance(self.settings, Mapping):
            raise GamesolveError(f"settings are {self.settings!r}; they map the names of responders to settings of each")
        for name, own in self.settings.items():
            if name not in self.responders:
                raise GamesolveError(
                    f"settings are given for {quoted(name)}; there are those of each responder by its name ({', '.join(self.responders)}), "
                    "in a file in tables such as [ppo]"
                )
            if not isinstance(own, Mapping):
                raise GamesolveError(f"the settings of responder {name} are {own!r}; they map names to values")
        object.__setattr__(self, "settings", {name: dict(own) for name, own in self.settings.items()})

    def patience(self, watch: Watch) -> Patience:
        """How long functions may take."""
        return Patience(self.call_limit, None if watch.time_limit is None else watch.started + watch.time_limit)


@dataclass(frozen=True)
class Parties:
    """The policies that a question names.

    Attributes:
        judged: by role.
        known: opponents to try beside, as they can be played.
    """

    judged: dict[str, Any]
    known: tuple[Any, ...]

    @classmethod
    def of(cls, problem: Problem, policy: Any, role: str | None, known: Sequence[Any], code: dict[str, Any]) -> Parties:
        """The policies themselves.

        Args:
            policy: one, words that name one or a run, or a mapping of both roles to such.
            code: whether code may be run, and for how long: see `resolve`.

        Raises:
            GamesolveError: one is unknown, damaged, for another game, or plays a role that it must not.
        """
        judged: dict[str, Any] = {}
        for wanted, one in policy.items() if isinstance(policy, Mapping) else [(role, policy)]:
            judged.update(resolve(problem, plain(one), wanted, **code))
        if known and len(judged) != 1:
            raise GamesolveError("known opponents are those of one judged policy; judge the policies of a profile one by one")
        others = [one for one in problem.roles if one not in judged]
        found = [resolve(problem, plain(one), others[0], **code)[others[0]] for one in known]
        return cls(judged, tuple(as_played(problem, one, others[0]) for one in found))


def plain(given: Any) -> Any:
    """A path in words; anything else as it is."""
    return str(given) if isinstance(given, Path) else given


def words_for(given: Any) -> str:
    """What names a policy: the words that were given, or what it is called."""
    return str(given) if isinstance(given, (str, Path)) else str(getattr(given, "name", type(given).__name__))


def source_of(words: str) -> str:
    """SHA-256 of the file of the module that `module:name` means, once it is imported; empty where words mean no code.

    What that module imports itself is not looked at.
    """
    module, colon, _ = words.partition(":")
    path = getattr(sys.modules.get(module), "__file__", None) if colon and CODE.fullmatch(words) else None
    return "" if path is None else hashlib.sha256(Path(path).read_bytes()).hexdigest()
