"""`Plan`: how a run of PSRO goes about it."""

from __future__ import annotations

from dataclasses import dataclass

from gamesolve.base.errors import GamesolveError, unknown_name
from gamesolve.learners.training import MARKS
from gamesolve.psro.meta_solvers import META_SOLVERS
from gamesolve.psro.oracles import EXACT, SCRIPTED, SELF_PLAY, Oracle

#: Meta-solvers of their own kind: mixtures that adapt to a responder in training, those that share a draw, and fictitious play, for
#: which a response that is there already joins again: its weight is how often it did.
ANYTIME, CORRELATED, UNIFORM = "anytime", "coarse_correlated", "uniform"
#: All of them, and those that are for zero-sum games alone.
NAMES, ZERO_SUM = (*META_SOLVERS, ANYTIME), ("nash", ANYTIME)


@dataclass(frozen=True)
class Plan:
    """How a run goes about it.

    Attributes:
        oracles: each is asked in every iteration.
        meta_solver: name of what mixes the populations, or `anytime`.
        responses: how many policies may join a population in an iteration, of as many trainings.
        adaptations: with `anytime`, rounds in which the mixtures follow a responder in training.
        entry: episodes of a new entry of the meta-game, and of one in doubt in each round.
        rounds: in which entries in doubt are played again, at most, in each iteration.
        validation, episodes, snapshots: of a response: see `Question`.
        patience: iterations in a row in which neither role finds a response, after which it ends.
        total: decisions in all, of learning and of playing, that `iterations` share, in place of the oracles' budgets.
        seed: of all that is drawn.
    """

    oracles: tuple[Oracle, ...] = (Oracle(), Oracle("scripted"))
    meta_solver: str = "nash"
    responses: int = 1
    adaptations: int = 10
    entry: int = 1_000
    rounds: int = 2
    validation: int = 1_000
    episodes: int = 10_000
    snapshots: int = MARKS
    patience: int = 2
    seed: int = 0
    total: int | None = None
    iterations: int | None = None

    def __post_init__(self) -> None:
        """Raise GamesolveError for what is out of range."""
        if self.meta_solver not in NAMES:
            raise unknown_name("meta-solver", self.meta_solver, NAMES)
        for what, value, least in (
            ("oracles", len(self.oracles), 1), ("responses", self.responses, 1), ("adaptations", self.adaptations, 1),
            ("entry", self.entry, 2), ("rounds", self.rounds, 0), ("validation", self.validation, 2), ("episodes", self.episodes, 2),
            ("patience", self.patience, 1), ("snapshots", self.snapshots, 1),
        ):  # fmt: skip
            if value < least:
                raise GamesolveError(f"{what} is {value!r}; at least {least} is needed")
        if self.total is not None:
            if self.total < 1:
                raise GamesolveError(f"total is {self.total!r}; at least one decision is needed")
            if self.meta_solver == ANYTIME:
                raise GamesolveError("meta_solver 'anytime' trains as long as its mixtures adapt, which no total counts; leave 'total' out")
            if self.iterations is None:
                raise GamesolveError("total is shared by a number of iterations, and none is given; give 'iterations'")
        if self.meta_solver == ANYTIME and not any(oracle.learner not in (SCRIPTED, SELF_PLAY) for oracle in self.oracles):
            raise GamesolveError("meta_solver 'anytime' adapts to responses that are learnt or exact; add such an oracle to them")

    @property
    def in_training(self) -> Oracle | None:
        """The first oracle that learns responses: with `anytime` the mixtures adapt to it; None where they adapt to exact responses."""
        learning = [oracle for oracle in self.oracles if oracle.learns and oracle.learner != SELF_PLAY]
        return None if any(oracle.learner == EXACT for oracle in self.oracles) or not learning else learning[0]
