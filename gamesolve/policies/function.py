"""`FunctionPolicy`: a policy that is a Python function of the user's own.

It is called as `function(signals, mask)` on n decisions of one agent at once, all of them after equally many steps:

| argument | what |
|---|---|
| `signals` | i2 [n, t, W]: the agent's own rows of signals after 0, ..., t - 1 steps; `signals[:, -1]` is what it sees now |
| `mask` | bool [n, A]: the actions that are legal now, two or more of them |
| `actions` | i2 [n, t]: its own action before each of those rows, -1 before the first; passed by name to a function that has it |
| `agent` | the agent's name; passed by name to a function that has it, as one for a team should |

W is the agent's own number of signal columns and A of its actions, both in the order of `gamesolve games NAME`. It returns
probabilities [n, A] that add up to 1 (within 1e-3), 0 for what is not legal. Each row must depend on its own row alone and on
nothing that changes: then results depend neither on the batch nor on the order of play. What it prints goes to standard error.
A call that takes longer than a minute, or than `--call-limit` says, is interrupted where that can be (`gamesolve.base.patience`).
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import inspect
import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from gamesolve.base.errors import GamesolveError, described, first_few
from gamesolve.base.patience import USUAL, Patience, call
from gamesolve.policies.asked import Asked, blamed, sound
from gamesolve.rules.game import Agent, Game
from gamesolve.rules.signals import width
from gamesolve.views.acting import ASKED, Acting
from gamesolve.views.recall import Recall

#: `package.module:name`, where the name may be an attribute of a name. Parameters of a scripted policy have a `=`.
CODE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")
#: What a function may be passed beside signals and mask.
EXTRAS = ("actions", "agent")


@dataclass(frozen=True, eq=False)
class FunctionPolicy(Asked):
    """Probabilities by a Python function; the module's docstring says how it is called.

    Attributes:
        game: the game it plays.
        role: `defender` or `attacker`; a team's agents share the function.
        name: for messages.
        function: see above.
        patience: how long one call of it may take.
    """

    kind = "a function"

    game: Game
    role: str
    name: str
    function: Callable[..., Any]
    patience: Patience = USUAL

    def acting(self, game: Game, agent: int) -> Acting:
        """How the simulator asks this policy when `agent` of `game` follows it.

        Raises:
            GamesolveError: it is for another game or the other role; when asked, that the function failed or gave no probabilities.
        """
        self.refuse_other(game, agent)
        mover, extras = game.agents[agent], self._extras()

        def ask(recall: Recall, place: int, rows: np.ndarray, masks: np.ndarray) -> np.ndarray:
            given, steps = np.empty(masks.shape), recall.steps[rows] + 1
            for t in np.unique(steps):
                part = np.flatnonzero(steps == t)
                signals = recall.signals[rows[part], place, :t, : width(mover.signals)]
                told = {"actions": recall.actions[rows[part], place, :t], "agent": mover.name}
                with blamed(self.role):
                    given[part] = self._answer(mover, signals, masks[part], {name: told[name] for name in extras})
            return given

        return Acting(ASKED, ask=ask)

    def _answer(self, mover: Agent, signals: np.ndarray, mask: np.ndarray, told: dict[str, Any]) -> np.ndarray:
        """The function's answer, checked: f8 [n, A]."""
        found = call(f"policy {self.name!r}", self.patience, self._said, signals, mask.copy(), **told)
        if found is None:
            raise GamesolveError(f"policy {self.name!r} returned nothing; it returns probabilities of shape {mask.shape}")
        with foreign(f"policy {self.name!r} gave a {type(found).__name__}, which is no array of numbers"):
            numbers = np.asarray(found, np.float64)
        return sound(f"policy {self.name!r}", numbers, mask, mover.actions)

    def _said(self, signals: np.ndarray, mask: np.ndarray, **told: Any) -> Any:
        with foreign(f"policy {self.name!r} failed"):
            return self.function(signals, mask, **told)

    def _extras(self) -> list[str]:
        """What the function takes beside signals and mask."""
        try:
            parameters = list(inspect.signature(self.function).parameters.values())
        except (TypeError, ValueError):
            return []
        by_name = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        taken = {one.name for one in parameters[2:] if one.kind in by_name}
        return [name for name in EXTRAS if name in taken]


@contextlib.contextmanager
def foreign(what: str) -> Iterator[None]:
    """Run somebody else's code: it prints to standard error, and what it raises is one GamesolveError that begins with `what`."""
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    except (Exception, SystemExit) as error:
        raise GamesolveError(f"{what}: {described(error)}") from error


def from_code(words: str, patience: Patience = USUAL) -> Any:
    """What `module:name` means; the module is looked for in the current folder too, as by `python -m`. Its code is run.

    Args:
        patience: how long its import may take.

    Raises:
        GamesolveError: there is no such module, it cannot be imported, or it has no such name.
    """
    module_name, _, name = words.partition(":")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    importlib.invalidate_caches()
    try:
        module = call(f"the import of module {module_name!r}", patience, _imported, module_name)
    except GamesolveError as error:
        missing = getattr(error.__cause__, "name", None) if isinstance(error.__cause__, ModuleNotFoundError) else None
        if missing is None or not f"{module_name}.".startswith(f"{missing}."):
            raise
        raise GamesolveError(
            f"there is no module {missing!r}; it is looked for in the current folder and where Python's packages are"
        ) from error
    try:
        return functools.reduce(getattr, name.split("."), module)
    except AttributeError as error:
        there = [key for key, value in vars(module).items() if callable(value) and getattr(value, "__module__", None) == module_name]
        raise GamesolveError(f"module {module_name!r} has no {name!r}; it defines {first_few(there)}") from error


def _imported(name: str) -> Any:
    with foreign(f"module {name!r} cannot be imported"):
        return importlib.import_module(name)
