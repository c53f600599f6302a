"""`ScriptedPolicy`: a game's scripted policy with its parameters chosen."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from gamesolve.base.errors import GamesolveError, TooLargeError, quoted
from gamesolve.policies.scripted_table import scripted_behaviour
from gamesolve.rules.game import ROLES, Game
from gamesolve.rules.refusal import validated
from gamesolve.rules.scripted import Scripted, Settings
from gamesolve.views.acting import Acting, scripted_acting
from gamesolve.views.tree import Tree

#: A comma that is not inside brackets.
SEPARATOR = re.compile(r",(?![^\[]*\])")


@dataclass(frozen=True, eq=False)
class ScriptedPolicy:
    """A scripted policy of a game, by name.

    Attributes:
        game: the game it plays.
        role: `defender` or `attacker`.
        scripted: its rule.
        settings: its validated parameters.
    """

    game: Game
    role: str
    scripted: Scripted
    settings: Settings

    @classmethod
    def named(cls, game: Game, role: str, words: str) -> ScriptedPolicy:
        """The policy that a user wrote as `name` or `name:parameter=value,parameter=value`.

        Raises:
            GamesolveError: the name or a parameter is unknown (the message lists the valid ones), or
                a value is refused.
        """
        name, given = parse_policy(words)
        return cls.choose(game, role, name, given)

    @classmethod
    def choose(cls, game: Game, role: str, name: str, settings: dict[str, Any]) -> ScriptedPolicy:
        """The policy `name` with parameters as plain data.

        Raises:
            GamesolveError: as `named`.
        """
        if role not in ROLES:
            raise GamesolveError(f"role {quoted(role)} is unknown; roles are {', '.join(ROLES)}")
        scripted = game.policy(name, role)
        return cls(game, role, scripted, validated(f"{role} policy {name} of {game.name}", scripted.settings, settings))

    @property
    def name(self) -> str:
        """The policy as a user would write it, parameters that differ from their defaults included."""
        given = self.settings.model_dump(exclude_defaults=True)
        words = ",".join(f"{key}={json.dumps(value)}" for key, value in given.items())
        return f"{self.scripted.name}:{words}" if words else self.scripted.name

    @property
    def fingerprint(self) -> str:
        """Of the game."""
        return self.game.fingerprint

    @property
    def enumerable(self) -> bool:
        """Whether its draws are few enough to be walked exactly."""
        return self.scripted.enumerable

    def behaviour_on(self, tree: Tree) -> np.ndarray:
        """The behaviour f8 [Q] that it amounts to on a tree of its game.

        Raises:
            GamesolveError: the tree is of another game or of a team, or the policy draws too much to
                be enumerated.
        """
        if tree.fingerprint != self.fingerprint or tree.histories is None:
            raise GamesolveError(f"{self.role} policy {self.name} of {self.game} cannot be used on {tree.game}")
        if not self.enumerable:
            raise TooLargeError(f"{self.role} policy {self.name} of {self.game} draws too much to be enumerated; it can be simulated")
        agent, *more = self.game.agents_of(self.role)
        if more:
            raise GamesolveError(f"{self.game} has {1 + len(more)} {self.role}s; the policies of a team are not one behaviour")
        return scripted_behaviour(self.game, self.acting(self.game, agent), agent, tree.histories, tree.decisions[ROLES.index(self.role)])

    def acting(self, game: Game, agent: int) -> Acting:
        """How compiled loops see this policy when `agent` of `game` follows it.

        Raises:
            GamesolveError: it is for another game or the other role.
        """
        if game.fingerprint != self.game.fingerprint or game.agents[agent].role != self.role:
            raise GamesolveError(
                f"{self.role} policy {self.name} of {self.game} cannot be followed by {game.agents[agent].name!r} of {game}"
            )
        return scripted_acting(game, agent, self.scripted, self.settings)

    def __reduce__(self) -> tuple[Any, ...]:
        return ScriptedPolicy.choose, (self.game, self.role, self.scripted.name, self.settings.model_dump(mode="json"))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ScriptedPolicy):
            return NotImplemented
        return (self.fingerprint, self.role, self.name) == (other.fingerprint, other.role, other.name)

    def __hash__(self) -> int:
        return hash((self.fingerprint, self.role, self.name))


def refuse_drawn(policy: Any) -> None:
    """Raise TooLargeError where a policy, or one that it is made of, draws too much to be enumerated."""
    for part in getattr(policy, "policies", ()):
        refuse_drawn(part)
    if isinstance(policy, ScriptedPolicy) and not policy.enumerable:
        raise TooLargeError(f"policy {policy.name!r} draws too much to be enumerated")


def parse_policy(words: str) -> tuple[str, dict[str, Any]]:
    """Name and parameters from `name` or `name:parameter=value,parameter=value`; values as JSON where they are.

    Raises:
        GamesolveError: a parameter lacks its value or is given twice.
    """
    name, _, rest = words.partition(":")
    given: dict[str, Any] = {}
    for part in filter(None, SEPARATOR.split(rest)):
        key, equals, value = part.partition("=")
        if not equals or not key.strip() or key.strip() in given:
            raise GamesolveError(f"policy {words!r} cannot be read at {part!r}; write it as name:parameter=value,parameter=value")
        try:
            given[key.strip()] = json.loads(value)
        except ValueError:
            given[key.strip()] = value
    return name.strip(), given
