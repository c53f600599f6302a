"""`Game`: one attacker-defender game with its parameters chosen; `GameType`: the same before that."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationInfo

from gamesolve.base.errors import GamesolveError
from gamesolve.rules.chance import chance_record
from gamesolve.rules.record import rounded_size
from gamesolve.rules.refusal import validated
from gamesolve.rules.scripted import NO_MEMORY, RANDOM, Scripted
from gamesolve.rules.signals import Signal, width

ROLES = ("defender", "attacker")
DEFENDER, ATTACKER = 0, 1


class Parameters(BaseModel):
    """Base of a game's parameters: validated, frozen, unknown names refused, floats finite."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def identity(self) -> dict[str, Any]:
        """What, beside the game's table and agents, tells two games apart, as plain data: all parameters unless a game says otherwise."""
        return self.model_dump(mode="json")


def bounded_returns(discount: float, info: ValidationInfo) -> float:
    """For `field_validator("discount")` of parameters in which a horizon of 0 means a game without end."""
    if discount == 1.0 and info.data.get("horizon") == 0:
        raise ValueError("without a horizon (horizon=0) returns are unbounded unless it is below 1")
    return discount


@dataclass(frozen=True)
class Agent:
    """One decision maker. Agents of a role share its reward.

    Attributes:
        name: unique in the game.
        role: `defender` or `attacker`.
        actions: a word for each of its A actions.
        signals: what it sees.
    """

    name: str
    role: str
    actions: tuple[str, ...]
    signals: tuple[Signal, ...]


@dataclass(frozen=True)
class Rules:
    """The four functions that are the game; their contract stands in CONTRIBUTING.md."""

    reset: Callable[..., Any]
    legal: Callable[..., Any]
    step: Callable[..., Any]
    observe: Callable[..., Any]


@dataclass(frozen=True, eq=False, repr=False)
class Game:
    """A stochastic game with hidden information, its parameters chosen.

    Attributes:
        name, version: of the rules; the version rises when behaviour changes.
        parameters: validated and frozen.
        agents: N agents; actions and signals of each (A and W are at least the largest of them).
        rules: reset, legal, step, observe.
        state, memory: record types. STATE is all that future rewards, masks and transitions depend
            on; MEMORY is what only `observe` reads.
        table: record array [1] of constants made from the parameters.
        horizon: epochs after which the library ends the game, or None for a game without an end.
        utility_bounds: for each role the least and the greatest discounted return.
        discount: epoch t = 0, 1, ... is weighted by discount^t.
        picks: rule steps an epoch takes.
        rounded: A and W are rounded up too, so that games of other parameters, whose records have the
            same rounded sizes, share compiled code.
        zero_sum: the roles' rewards add to zero.
        questions, outcomes: most questions to chance in one transition (one step with its observe),
            and most outcomes of one question.
        policies: scripted policies beside `random`.
        drawing: optional plain data of what reports draw. Its `actions` say for each agent, action by action,
            what that touches (`{"node": position}`, `{"edge": position}`, `{"group": position}` or None).
            Kind `network`: as `games/attack_graph/drawing.py` says. Kind `hosts`: `groups`, names of subnets, and
            `nodes`, each with label, group, system and value (its cost to the defender in each step, when lost).
        picture: optional function: how things stand on the drawing at a point of play, a record with the fields
            `state`, `memory`, `signals` [N, W] and `actions` [N] (that led there; -1 at the start), as plain data.
            `nodes`: on a network for each whether it is `active` and whether the defender sees an `alert`; of hosts
            for each its `access` ("", user, root), what the attacker has found (`known`: "", known, scanned), the
            defender's `alert` ("", scan, exploit) and `mark` (its guess of the access), and the names of `decoys`.
            `services`: name to whether it runs. `outcomes`: for each agent, of its last action, whether it succeeded
            (None: there is nothing to succeed in) and a word on how. `rewards`: name to amount, the parts of the
            defender's reward of the step, or nothing. `observe` is asked once more here, after the last epoch before
            the horizon.
        caveats: what whoever reads an answer should know of these parameters, a sentence each.
        sees_state: roles whose agents each know STATE, but for what is transient, from what they have seen and done so far.
    """

    name: str
    version: int
    parameters: Parameters
    agents: tuple[Agent, ...]
    rules: Rules
    state: np.dtype
    table: np.ndarray
    horizon: int | None
    utility_bounds: tuple[tuple[float, float], tuple[float, float]]
    memory: np.dtype = NO_MEMORY
    discount: float = 1.0
    picks: int = 1
    rounded: bool = False
    zero_sum: bool = True
    questions: int = 16
    outcomes: int = 16
    policies: tuple[Scripted, ...] = ()
    drawing: dict[str, Any] | None = field(default=None, repr=False)
    picture: Callable[[np.void], dict[str, Any]] | None = field(default=None, repr=False)
    caveats: tuple[str, ...] = ()
    sees_state: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _validate(self)

    @property
    def actions(self) -> int:
        """A, room for the actions of any agent."""
        most = max(len(agent.actions) for agent in self.agents)
        return rounded_size(most) if self.rounded else most

    @property
    def width(self) -> int:
        """W, room for the row of signals of any agent."""
        longest = max(max(width(agent.signals) for agent in self.agents), 1)
        return rounded_size(longest) if self.rounded else longest

    @functools.cached_property
    def agent_roles(self) -> np.ndarray:
        """i4 [N]: 0 for agents of the defender, 1 for agents of the attacker."""
        return np.array([ROLES.index(agent.role) for agent in self.agents], np.int32)

    def agents_of(self, role: str) -> tuple[int, ...]:
        """Indices of the agents of a role."""
        return tuple(i for i, agent in enumerate(self.agents) if agent.role == role)

    @property
    def steps(self) -> int | None:
        """Rule steps until the horizon (epochs times picks), or None without one."""
        return None if self.horizon is None else self.horizon * self.picks

    @functools.cached_property
    def discounts(self) -> np.ndarray:
        """f8 [epochs]: discount^t for every epoch up to the horizon (for 1,000 epochs without one)."""
        return self.discount ** np.arange(self.horizon or 1000, dtype=np.float64)

    def new_chance(self) -> np.ndarray:
        """A fresh chance record [1] with room for the questions that the game declares."""
        # Rounded, so that games share the compiled functions that answer for chance.
        return np.zeros(1, chance_record(rounded_size(self.questions), rounded_size(self.outcomes)))

    def policy(self, name: str, role: str) -> Scripted:
        """The scripted policy `name` of `role`; raises GamesolveError with the valid names."""
        from gamesolve.base.errors import unknown_name

        found = {p.name: p for p in (*RANDOM, *self.policies) if p.role == role}
        if name not in found:
            raise unknown_name(f"{role} policy of {self.name}", name, list(found))
        return found[name]

    @functools.cached_property
    def fingerprint(self) -> str:
        """Hash (hex, 16 characters) of name, version, parameters and everything made from them; of a file its content counts."""
        shape = [self.name, self.version, self.horizon, self.discount, self.picks, self.zero_sum]
        agents = [(a.name, a.role, a.actions, [(s.name, s.values, s.count) for s in a.signals]) for a in self.agents]
        text = json.dumps([shape, self.parameters.identity(), agents], sort_keys=True)
        return hashlib.sha256(text.encode() + self.table.tobytes()).hexdigest()[:16]

    @property
    def payoff_range(self) -> float:
        """Greatest minus least return of the defender: the unit of relative gaps."""
        low, high = self.utility_bounds[DEFENDER]
        return high - low

    def __reduce__(self) -> tuple[Any, ...]:
        # Sent to another process, a game is loaded there by its name.
        return _loaded, (self.name, self.parameters.model_dump(mode="json"), self.fingerprint)

    def __repr__(self) -> str:
        return f"<Game {self}>"

    def __str__(self) -> str:
        words = ", ".join(f"{name}={value}" for name, value in self.parameters)
        return f"{self.name}({words})"


def _loaded(name: str, parameters: dict[str, Any], fingerprint: str) -> Game:
    """The game of that name; raises GamesolveError where it is another one here."""
    from gamesolve.base.registry import load_game

    game: Game = load_game(name, **parameters)
    if game.fingerprint != fingerprint:
        raise GamesolveError(
            f"the game {name} is another one in this process: its fingerprint is {game.fingerprint!r}, not {fingerprint!r}"
        )
    return game


@dataclass(frozen=True)
class GameType:
    """What a game's module registers under the name `GAME`.

    Attributes:
        name: by which users ask for it.
        parameters: the model of its parameters, with defaults.
        build: makes the game from validated parameters.
        summary: one line.
        source: paper or project.
    """

    name: str
    parameters: type[Parameters]
    build: Callable[[Any], Game]
    summary: str
    source: str

    def load(self, /, **parameters: Any) -> Game:
        """The game with the given parameters; raises GamesolveError that names the parameter."""
        return self.build(validated(f"game {self.name}", self.parameters, parameters))


def _validate(game: Game) -> None:
    roles = [agent.role for agent in game.agents]
    if any(role not in ROLES for role in roles) or set(roles) != set(ROLES):
        raise GamesolveError(f"game {game.name!r} has agents of roles {roles}; it needs at least one each of {ROLES}")
    if len({agent.name for agent in game.agents}) != len(roles):
        raise GamesolveError(f"game {game.name!r} has two agents of one name")
    if not 0.0 < game.discount <= 1.0:
        raise GamesolveError(f"game {game.name!r} has discount {game.discount!r}; it lies above 0 and at most at 1")
    if game.horizon is not None and game.horizon < 1:
        raise GamesolveError(f"game {game.name!r} has horizon {game.horizon!r}; it is a positive number of epochs, or None")
    if game.horizon is None and game.discount == 1.0:
        raise GamesolveError(f"game {game.name!r} has neither a horizon nor a discount below 1: its returns are unbounded")
    if set(game.sees_state) - set(ROLES):
        raise GamesolveError(f"game {game.name!r} has sees_state {game.sees_state}; it names some of {ROLES}")
    for role, (low, high) in zip(ROLES, game.utility_bounds, strict=True):
        if not (np.isfinite(low) and np.isfinite(high) and low <= high):
            raise GamesolveError(f"game {game.name!r} has utility bounds {(low, high)} for the {role}; they must be finite and ordered")
    if game.table.shape != (1,) or game.table.dtype.names is None:
        raise GamesolveError(f"game {game.name!r} has a table of shape {game.table.shape}; it is one record, shape (1,)")
