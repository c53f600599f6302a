"""What users may choose about PSRO with learned oracles, with its meaning; unknown keys are refused."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from gamesolve.base.errors import unknown_name
from gamesolve.learners.registry import LEARNERS
from gamesolve.psro.loop import Plan
from gamesolve.psro.responses import SCRIPTED, Oracle
from gamesolve.rules.refusal import validated
from gamesolve.rules.scripted import Settings

#: Who looks for responses.
ORACLES = (*LEARNERS, SCRIPTED)


class PSROSettings(Settings):
    """Policy-space response oracles with learned responses."""

    oracles: tuple[str, ...] = Field(default=("ppo", SCRIPTED), min_length=1, description=f"who looks for responses: {', '.join(ORACLES)}")
    self_play: int = Field(
        default=2_000_000, ge=1, le=10**12, description="decisions of the self-play that methods ppo and mmd begin with; psro has none"
    )
    play: dict[str, Any] = Field(default_factory=dict, description="settings of that self-play, as of ppo")
    budget: int = Field(default=100_000, ge=1, le=10**12, description="decisions of each training of a response")
    seeds: int = Field(default=1, ge=0, le=1_000, description="trainings from fresh weights, of each oracle that learns")
    warm: bool = Field(default=True, description="one more training that starts from the newest network of the population")
    meta_solver: Literal["nash", "uniform", "projected_replicator", "regret_matching", "alpha_rank"] = Field(
        default="nash", description="how the populations are mixed"
    )
    entry: int = Field(
        default=1_000, ge=2, le=10**8, description="episodes of a new entry of the meta-game, and of one in doubt in a round"
    )
    rounds: int = Field(default=2, ge=0, le=1_000, description="rounds in which entries in doubt are played again, in an iteration")
    validation: int = Field(default=1_000, ge=2, le=10**8, description="episodes on which candidates for a response are compared")
    episodes: int = Field(default=10_000, ge=2, le=10**9, description="fresh episodes on which the best of them is measured")
    device: Literal["cpu", "cuda"] = Field(default="cpu", description="where networks learn; small ones are quicker on the cpu")
    ppo: dict[str, Any] = Field(default_factory=dict, description="settings of ppo, as of 'gamesolve new settings'")
    dqn: dict[str, Any] = Field(default_factory=dict, description="settings of dqn")
    tabular: dict[str, Any] = Field(default_factory=dict, description="settings of tabular Q-learning")


def plan_of(settings: dict[str, Any], seed: int) -> Plan:
    """What a run does that was asked with these settings; raises GamesolveError for an unknown key or oracle, or a value out of range."""
    chosen = validated("psro", PSROSettings, settings)
    for name in chosen.oracles:
        if name not in ORACLES:
            raise unknown_name("oracle", name, ORACLES)
    oracles = tuple(
        Oracle(name)
        if name == SCRIPTED
        else Oracle(name, chosen.budget, chosen.seeds, chosen.warm, dict(getattr(chosen, name)), chosen.device)
        for name in chosen.oracles
    )
    return Plan(oracles, chosen.meta_solver, chosen.entry, chosen.rounds, chosen.validation, chosen.episodes, seed)
