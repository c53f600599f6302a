"""Scripted policies: an agent's behaviour written as a rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from gamesolve.rules.record import record
from gamesolve.rules.rule import rule

if TYPE_CHECKING:
    from gamesolve.rules.game import Game

NO_MEMORY = record()


class Settings(BaseModel):
    """Base of the parameters of a scripted policy: validated, frozen, unknown names refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


@dataclass(frozen=True)
class Scripted:
    """A scripted policy of a game, before its parameters are chosen.

    Attributes:
        name: by which users ask for it.
        role: `defender` or `attacker`.
        act: rule `act(table, memory, signal, mask, chance, probabilities)`. It is called at every
            step, also where the agent has no choice; it reads its agent's row of signals (i2) and mask
            (u1), updates its memory, may ask chance, and fills `probabilities` (f8, zeroed before)
            with weights that are zero on masked actions. Rows may be longer than its agent's own
            signals and actions, masks and probabilities are of one length. The action is
            drawn from them; a policy that must know what it did draws by `pick` itself, remembers,
            and puts 1 on the answer.
        memory: record of what it remembers; zeroed at the start of an episode, then `start`.
        settings: model of its parameters.
        start: `start(game, agent, settings, memory)` fills the first memory (a length-one view of
            the record) in plain Python; parameters travel to `act` in it.
        source: where it comes from.
        enumerable: whether its draws can be enumerated (tree, exact evaluation). A policy that draws
            too much for that says False; it can be simulated, and its values are estimates.
    """

    name: str
    role: str
    act: Callable[..., Any]
    memory: np.dtype = NO_MEMORY
    settings: type[Settings] = Settings
    start: Callable[[Game, int, Any, np.ndarray], None] | None = None
    source: str = ""
    enumerable: bool = True


@rule
def act_uniformly(table, memory, signal, mask, chance, probabilities):
    """Every legal action with equal probability."""
    for action in range(mask.size):
        probabilities[action] = 1.0 if mask[action] else 0.0


RANDOM = (
    Scripted("random", "defender", act_uniformly, source="uniform over legal actions"),
    Scripted("random", "attacker", act_uniformly, source="uniform over legal actions"),
)
