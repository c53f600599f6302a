"""What users may choose about PSRO with learned oracles, with its meaning; unknown keys are refused."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, StrictBool, StrictInt

from gamesolve.base.errors import GamesolveError, unknown_name
from gamesolve.learners.registry import LEARNERS
from gamesolve.learners.training import MARKS
from gamesolve.psro.oracles import EXACT, SCRIPTED, SELF_PLAY, Oracle
from gamesolve.psro.plan import NAMES, ZERO_SUM, Plan
from gamesolve.rules.refusal import validated
from gamesolve.rules.scripted import Settings

#: Who looks for responses.
ORACLES = (*LEARNERS, SCRIPTED, EXACT, SELF_PLAY)


class PSROSettings(Settings):
    """Policy-space response oracles with learned responses."""

    oracles: tuple[str, ...] = Field(
        default=("ppo", SCRIPTED),
        description=f"who looks for responses: {', '.join(ORACLES)} (exact needs the game's tree; self_play adds policies of a regularised "
        "self-play that goes on all the while)",
    )
    self_play: StrictInt = Field(
        default=2_000_000,
        ge=1,
        le=10**12,
        description="decisions of the self-play that methods ppo and mmd begin with; psro has none",
    )
    play: dict[str, Any] = Field(default_factory=dict, description="settings of that self-play, and of the oracle self_play, as of ppo")
    budget: StrictInt = Field(default=100_000, ge=1, le=10**12, description="decisions of each training of a response")
    total: StrictInt | None = Field(
        default=None,
        ge=1,
        le=10**15,
        description="decisions in all, of learning and of playing, in place of budget: iterations have equal shares, and what earlier ones "
        "left",
    )
    seeds: StrictInt = Field(default=1, ge=0, le=1_000, description="trainings from fresh weights, of each oracle that learns")
    warm: StrictBool = Field(default=True, description="one more training that starts from the newest network of the population")
    average: StrictBool = Field(default=False, description="one more that starts from its networks' weights averaged by the meta-strategy")
    shaping: StrictBool = Field(
        default=False, description="what the population's critics expect shapes the rewards of ppo (potential-based)"
    )
    responses: StrictInt = Field(default=1, ge=1, le=100, description="policies that may join in an iteration, each of another training")
    meta_solver: str = Field(
        default="nash",
        description=f"how the populations are mixed: {', '.join(NAMES)} ({' and '.join(ZERO_SUM)} for zero-sum games; "
        "coarse_correlated is one draw that both roles share)",
    )
    adaptations: StrictInt = Field(
        default=10,
        ge=1,
        le=10**6,
        description="with anytime, rounds in which mixtures adapt to responses, exact ones or those of the first oracle that learns, which "
        "has one training then, a share of its budget a round",
    )
    entry: StrictInt = Field(
        default=1_000, ge=2, le=10**8, description="episodes of a new entry of the meta-game, and of one in doubt in a round"
    )
    rounds: StrictInt = Field(default=2, ge=0, le=1_000, description="rounds in which entries in doubt are played again, in an iteration")
    validation: StrictInt = Field(default=1_000, ge=2, le=10**8, description="episodes on which candidates for a response are compared")
    episodes: StrictInt = Field(default=10_000, ge=2, le=10**9, description="fresh episodes on which the best of them is measured")
    snapshots: StrictInt = Field(
        default=MARKS, ge=1, le=MARKS, description="newest snapshots of a training that are candidates, as they draw and as they never do"
    )
    patience: StrictInt = Field(
        default=2, ge=1, le=10**6, description="iterations in a row without a response that gains, after which it ends"
    )
    device: Literal["cpu", "cuda"] = Field(default="cpu", description="where networks learn; small ones are quicker on the cpu")
    ppo: dict[str, Any] = Field(default_factory=dict, description="settings of ppo, as of 'gamesolve new settings'")
    dqn: dict[str, Any] = Field(default_factory=dict, description="settings of dqn")
    tabular: dict[str, Any] = Field(default_factory=dict, description="settings of tabular Q-learning")


def plan_of(settings: dict[str, Any], seed: int, iterations: int | None = None) -> Plan:
    """What a run does that was asked with these settings.

    Args:
        iterations: after which it ends at the latest, if that is known.

    Raises:
        GamesolveError: a key or oracle is unknown, a value is out of range, or a budget in all is for no number of iterations.
    """
    chosen = validated("psro", PSROSettings, settings)
    for number, name in enumerate(chosen.oracles):
        if name not in ORACLES:
            raise unknown_name("oracle", name, ORACLES)
        if name in chosen.oracles[:number]:
            raise GamesolveError(f"oracle {name!r} is named twice; for more trainings of it raise 'seeds'")
    if not chosen.oracles:
        raise GamesolveError(f"no oracle is named; take some of {', '.join(ORACLES)}")
    if chosen.shaping and "ppo" not in chosen.oracles:
        raise GamesolveError(f"shaping is of the rewards of ppo, which is not among the oracles {', '.join(chosen.oracles)}")
    return Plan(
        oracles=tuple(_oracle(name, chosen) for name in chosen.oracles),
        meta_solver=chosen.meta_solver,
        responses=chosen.responses,
        adaptations=chosen.adaptations,
        entry=chosen.entry,
        rounds=chosen.rounds,
        validation=chosen.validation,
        episodes=chosen.episodes,
        snapshots=chosen.snapshots,
        patience=chosen.patience,
        seed=seed,
        total=chosen.total,
        iterations=iterations,
    )


def _oracle(name: str, chosen: PSROSettings) -> Oracle:
    if name in (SCRIPTED, EXACT):
        return Oracle(name)
    own = dict(chosen.play if name == SELF_PLAY else getattr(chosen, name))
    return Oracle(name, chosen.budget, chosen.seeds, chosen.warm, chosen.average, chosen.shaping, own, chosen.device)
