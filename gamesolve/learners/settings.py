"""What users may choose about a learner, with its meaning; unknown keys are refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field

from gamesolve.base.errors import unknown_name
from gamesolve.rules.refusal import validated
from gamesolve.rules.scripted import Settings

Chosen = TypeVar("Chosen", bound=Settings)


class NetworkSettings(Settings):
    """What all learners have that learn networks."""

    observes: Literal["own", "team"] = Field(
        default="own", description="team: every agent is fed what its whole team sees, as one agent with all their eyes would be"
    )
    sharing: Literal["shared", "separate"] = Field(default="shared", description="whether a team's agents share networks or have one each")
    hidden: tuple[Annotated[int, Field(ge=1, le=4096)], ...] = Field(default=(64, 64), description="widths of the hidden layers")


class PPOSettings(NetworkSettings):
    """Proximal policy optimisation (Schulman et al. 2017) for one agent or a team that shares it."""

    memory: Literal["auto", "last", "history", "recurrent"] = Field(
        default="auto",
        description="what it is fed: its own history; the present signals; or these step by step, remembering by itself (auto: the "
        "history where that is at most 512 features)",
    )
    recurrent: int = Field(default=64, ge=1, le=4096, description="units of the GRU before the hidden layers, where it remembers by itself")
    critic: Literal["own", "joint"] = Field(
        default="own", description="joint: a central critic sees what all agents do, and which opponent was drawn (MAPPO)"
    )
    keep_critic: bool = Field(default=False, description="its policies keep their critic, which may shape the rewards of later learning")
    rollout: int | None = Field(
        default=None,
        ge=64,
        le=2**22,
        description="own decisions between two updates (a 100th of the budget, 2,048 to 8,192, if left out)",
    )
    batch: int | None = Field(default=None, ge=1, le=65_536, description="episodes played at once (a 32nd of the rollout if left out)")
    epochs: int = Field(default=4, ge=1, le=100, description="passes over a rollout")
    minibatch: int | None = Field(
        default=None, ge=16, le=2**20, description="decisions a gradient step (an 8th of the rollout if left out)"
    )
    learning_rate: float = Field(default=3e-3, gt=0, le=1, description="of Adam at the start")
    anneal: bool = Field(default=True, description="the learning rate falls linearly to 0 over the budget")
    clip: float = Field(default=0.2, gt=0, le=10, description="of the ratio of probabilities")
    trace: float = Field(default=0.95, ge=0, le=1, description="lambda of generalised advantage estimation")
    entropy: float = Field(default=0.2, ge=0, le=10, description="bonus at the start, for scaled returns")
    entropy_end: float = Field(default=0.0, ge=0, le=10, description="bonus at the end of the budget")
    kl: float = Field(default=0.0, ge=0, le=1000, description="weight of the reverse KL to the policy before the update (MMD's 1/eta)")
    schedule: Literal["linear", "root"] = Field(
        default="linear",
        description="root: update t has entropy / sqrt(t), kl sqrt(t) and learning_rate / sqrt(t), for self-play (MMD)",
    )
    normalise: bool | None = Field(
        default=None,
        description="advantages to mean 0 and deviation 1 in each minibatch (if left out, where kl is 0: MMD needs them as they are)",
    )
    gradient: float = Field(default=0.5, gt=0, le=1e6, description="gradients are clipped to this norm")

    def weights(self, done: float, updates: int) -> tuple[float, float]:
        """Weights of the entropy and of the KL in an update: by the share of the budget that is spent, or by the number of the update.

        With `root` the temperature is entropy / sqrt(t) and the step size 1 / (kl sqrt(t)) (Sokota et al. 2023, section 4).
        """
        if self.schedule == "root":
            return self.entropy / updates**0.5, self.kl * updates**0.5
        return self.entropy + (self.entropy_end - self.entropy) * done, self.kl

    @property
    def normalises(self) -> bool:
        """Whether advantages are normalised."""
        return self.kl == 0.0 if self.normalise is None else self.normalise


@dataclass(frozen=True)
class Sizes:
    """How PPO divides its budget: many small updates where that is small, or learning ends before it has found much.

    Attributes:
        rollout: own decisions between two updates; minibatch: decisions a gradient step; batch: episodes played at once.
    """

    rollout: int
    minibatch: int
    batch: int

    @classmethod
    def of(cls, settings: PPOSettings, budget: int) -> Sizes:
        """As chosen, and by the budget in decisions where nothing was; a budget below a rollout is one rollout."""
        usual = min(max(budget // 100, 2_048), 8_192)
        rollout = settings.rollout or max(min(usual, budget), 64)
        return cls(rollout, settings.minibatch or max(rollout // 8, 16), settings.batch or max(rollout // 32, 1))


class ExploringSettings(Settings):
    """What all learners have that explore by chance."""

    epsilon: float = Field(default=1.0, ge=0, le=1, description="share of decisions made at random at the start")
    epsilon_end: float = Field(default=0.05, ge=0, le=1, description="the same at the end")
    explore: float = Field(default=0.5, gt=0, le=1, description="share of the budget after which it is reached, linearly")


class DQNSettings(NetworkSettings, ExploringSettings):
    """Deep Q-learning (Mnih et al. 2015), double and over n steps, for one agent or a team that shares it."""

    memory: Literal["auto", "last", "history"] = Field(
        default="auto",
        description="what it is fed: its own history, or the present signals (auto: the history where that is at most 512 features)",
    )
    batch: int = Field(default=64, ge=1, le=65_536, description="episodes played at once")
    rollout: int = Field(default=1_024, ge=16, le=2**22, description="decisions between two rounds of learning")
    replay: int = Field(default=100_000, ge=64, le=2**24, description="latest decisions that are remembered")
    replays: float = Field(default=4.0, gt=0, le=1000, description="how often a decision is learnt from, on average")
    minibatch: int = Field(default=512, ge=16, le=2**20, description="decisions a gradient step")
    learning_rate: float = Field(default=5e-3, gt=0, le=1, description="of Adam at the start")
    anneal: bool = Field(default=True, description="the learning rate falls linearly to 0 over the budget")
    steps: int = Field(default=5, ge=1, le=2**20, description="of the agent's own until a target relies on the network (n)")
    cut: bool = Field(default=True, description="targets end before a decision that was made at random (Watkins 1989)")
    huber: float = Field(default=3.0, gt=0, le=1e6, description="deviations beyond which an error counts linearly, not by its square")
    refresh: int = Field(default=50, ge=1, le=2**20, description="gradient steps between two copies to the target network")
    gradient: float = Field(default=10.0, gt=0, le=1e6, description="gradients are clipped to this norm")


class TabularSettings(ExploringSettings):
    """Tabular Q-learning (Watkins and Dayan 1992) over whole histories, for one agent or a team."""

    joint: bool = Field(default=False, description="a team's agents learn values of joint actions, and what the others do")
    batch: int = Field(default=256, ge=1, le=65_536, description="episodes played at once")
    rollout: int = Field(default=8_192, ge=1, le=2**30, description="decisions of all agents in an iteration, no more than the budget")
    power: float = Field(default=0.8, ge=0, le=1, description="the step size is visits to the power of minus this")
    least: float = Field(default=0.0, ge=0, le=1, description="or this, where that is more; helps where others learn too")
    trace: float = Field(default=0.5, ge=0, le=1, description="lambda: how far targets are what was earned, not what was expected")
    tries: int = Field(default=1, ge=0, le=2**30, description="how often a choice is tried before it is judged (optimism)")
    megabytes: int = Field(default=1024, ge=1, le=2**20, description="the most that an agent's table may take")


def choose_settings(model: type[Chosen], given: dict[str, Any], learner: str) -> Chosen:
    """Validated settings; raises GamesolveError that names the key, its value and what is allowed."""
    for key in given:
        if key not in model.model_fields:
            raise unknown_name(f"setting of {learner}", key, list(model.model_fields))
    return validated(f"learner {learner}", model, given)
