"""Policy-space response oracles (Lanctot et al. 2017, algorithm 1): populations that grow by responses to each other's mixtures.

In each iteration the meta-game between the populations is solved, each role looks for a response to the other's
mixture, and a response that gains beyond its error joins. The entries that it brings are played, and then, in
rounds, those that could change the meta-strategy. When neither role has found a response for two iterations
the run is at its end. What that proves is what learning proves: the gains that were found, and no more.

The exact case, with trees for oracles, is `double_oracle`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gamesolve.base.errors import GamesolveError
from gamesolve.base.seeds import derived_seed
from gamesolve.learners.candidates import scripted_candidates
from gamesolve.learners.task import roles_of
from gamesolve.learners.training import Done, Unit
from gamesolve.policies.mixture import Mixture
from gamesolve.psro.meta_game import Block, Doubt, MetaGame
from gamesolve.psro.meta_solvers import meta_solver
from gamesolve.psro.meta_strategy import MetaStrategy
from gamesolve.psro.payoff_table import play_block
from gamesolve.psro.responses import BEYOND, Oracle, Question, Response, refuse_unplayable, respond
from gamesolve.rules.game import Game

if TYPE_CHECKING:
    from gamesolve.views.turn_based import TurnBased

#: Iterations in which neither role finds a response, after which a run is at its end.
FRUITLESS = 2
#: Does trainings for the response of a name such as `3-defender`, and says what each came to.
TrainFor = Callable[[str, Sequence[Unit]], Sequence[Done]]
Population = tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Plan:
    """How a run goes about it.

    Attributes:
        oracles: each is asked in every iteration.
        meta_solver: name of what mixes the populations.
        entry: episodes of a new entry of the meta-game, and of one in doubt in each round.
        rounds: in which entries in doubt are played again, at most, in each iteration.
        validation, episodes: of a response: see `Question`.
        seed: of all that is drawn.
    """

    oracles: tuple[Oracle, ...] = (Oracle(), Oracle("scripted"))
    meta_solver: str = "nash"
    entry: int = 1_000
    rounds: int = 2
    validation: int = 1_000
    episodes: int = 10_000
    seed: int = 0

    def __post_init__(self) -> None:
        """Raise GamesolveError for what is out of range."""
        meta_solver(self.meta_solver)
        if self.meta_solver == "coarse_correlated":
            # What a role gains is measured against independent mixtures, and a correlated strategy is none.
            raise GamesolveError("psro measures responses to independent mixtures, which coarse_correlated has none of; take another one")
        for what, value, least in (
            ("oracles", len(self.oracles), 1), ("entry", self.entry, 2), ("rounds", self.rounds, 0), ("validation", self.validation, 2),
            ("episodes", self.episodes, 2),
        ):  # fmt: skip
            if value < least:
                raise GamesolveError(f"{what} is {value!r}; at least {least} is needed")


@dataclass(frozen=True, eq=False)
class PSROState:
    """All that the future of a run depends on; immutable.

    Attributes:
        iteration: iterations done.
        populations: of both roles, named policies in the order in which they joined.
        game: the meta-game between them.
        fruitless: iterations in a row in which neither role found a response.
        decisions: made while learning.
    """

    iteration: int
    populations: tuple[Population, Population]
    game: MetaGame
    fruitless: int = 0
    decisions: int = 0


@dataclass(frozen=True, eq=False)
class PSROStep:
    """Where a run stands after an iteration.

    Attributes:
        state: from which `psro` goes on as if it had not stopped.
        strategy: the meta-strategy, over the first policies of the populations.
        mixtures: its margins, as policies of both roles, to which responses were looked for.
        responses: what each role found.
        final: whether the run is at its end.
    """

    state: PSROState
    strategy: MetaStrategy
    mixtures: tuple[Mixture, Mixture]
    responses: tuple[Response, Response]
    final: bool

    @property
    def exploitability(self) -> float:
        """At least this is the exploitability of the mixtures (NashConv / 2), with 95% confidence for each gain: half of those found."""
        return sum(max(one.gain - BEYOND * one.standard_error, 0.0) for one in self.responses) / 2.0


def psro(
    game: Game | TurnBased,
    plan: Plan,
    train: TrainFor,
    *,
    state: PSROState | None = None,
    populations: tuple[Sequence[tuple[str, Any]], Sequence[tuple[str, Any]]] = ((), ()),
    pause: Callable[[], None] = lambda: None,
) -> Iterator[PSROStep]:
    """Run PSRO for as long as the caller asks for steps and responses are found.

    Args:
        game: with a horizon, or a TurnBased OpenSpiel game; zero-sum for the meta-solver `nash`.
        train: does the trainings for a response, which has a name of its own: see `TrainFor`.
        state: from which to go on.
        populations: named policies to begin with; of a role without any, random play.
        pause: called between two parts of the work; what it raises ends it.

    Yields:
        A `PSROStep` after each iteration.

    Raises:
        GamesolveError: a policy cannot be played or fails, or no oracle that learns offers anything to either role.
    """
    run = _Run(game, plan, train, pause)
    now = state or run.first(populations)
    while now.fruitless < FRUITLESS:
        step = run.step(now)
        now = step.state
        yield step


@dataclass
class _Run:
    game: Game | TurnBased
    plan: Plan
    train: TrainFor
    pause: Callable[[], None]
    roles: tuple[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.roles = roles_of(self.game)

    def first(self, given: tuple[Sequence[tuple[str, Any]], Sequence[tuple[str, Any]]]) -> PSROState:
        """The beginning, with all entries between the given populations played."""
        populations = []
        for role, members in zip(self.roles, given, strict=True):
            if not members:
                random = scripted_candidates(self.game, role)[0]
                members = [(random.name, random.policy)]
            for _, policy in members:
                refuse_unplayable(role, policy, self.game)
            populations.append(tuple(members))
        state = PSROState(0, (populations[0], populations[1]), MetaGame.empty())
        return self.filled(state)

    def step(self, state: PSROState) -> PSROStep:
        """One iteration."""
        strategy = meta_solver(self.plan.meta_solver)(state.game.payoffs)
        mixtures = self.mixtures(state, strategy)
        zero, one = (self.response(state, mixtures, index) for index in (0, 1))
        if zero.broken and one.broken:
            raise GamesolveError(f"no oracle that learns offered anything in iteration {state.iteration + 1}: {'; '.join(zero.notes)}")
        populations = list(state.populations)
        for index, response in enumerate((zero, one)):
            if response.counts:
                populations[index] = (*populations[index], (f"{response.name} (iteration {state.iteration + 1})", response.policy))
        later = replace(
            state,
            iteration=state.iteration + 1,
            populations=(populations[0], populations[1]),
            fruitless=0 if zero.counts or one.counts else state.fruitless + 1,
            decisions=state.decisions + zero.decisions + one.decisions,
        )
        later = self.filled(later)
        return PSROStep(later, strategy, mixtures, (zero, one), later.fruitless >= FRUITLESS)

    def mixtures(self, state: PSROState, strategy: MetaStrategy) -> tuple[Mixture, Mixture]:
        """The populations mixed by a meta-strategy; members of no weight are left out."""
        zero, one = (
            _mixture([policy for _, policy in members], weights)
            for members, weights in zip(state.populations, (strategy.defender, strategy.attacker), strict=True)
        )
        return zero, one

    def response(self, state: PSROState, mixtures: tuple[Mixture, Mixture], index: int) -> Response:
        """What a role finds against the other's mixture."""
        plan, role = self.plan, self.roles[index]
        seed = derived_seed(plan.seed, "response", role, state.iteration)
        train = functools.partial(self.train, f"{state.iteration + 1}-{role}")
        question = Question(
            self.game, role, mixtures[index], mixtures[1 - index], state.populations[index], plan.validation, plan.episodes, seed, train,
            self.pause,
        )  # fmt: skip
        return respond(question, plan.oracles)

    def filled(self, state: PSROState) -> PSROState:
        """With the new entries of the meta-game played, and those in doubt played again in rounds."""
        d, k = map(len, state.populations)
        old_d, old_k = state.game.count.shape
        game = state.game.grown(d, k)
        for defenders, attackers in ((range(old_d, d), range(k)), (range(old_d), range(old_k, k))):
            if len(defenders) and len(attackers):
                game = self.played(state, *game.block(np.array(defenders), np.array(attackers), self.plan.entry))
        for _ in range(self.plan.rounds):
            doubt = Doubt.of(game, meta_solver(self.plan.meta_solver)(game.payoffs))
            if not doubt.open:
                break
            game, blocks = doubt.blocks(game, self.plan.entry)
            for block in blocks:
                game = self.played(state, game, block)
        return replace(state, game=game)

    def played(self, state: PSROState, game: MetaGame, block: Block) -> MetaGame:
        """With a block's episodes."""
        zero, one = ([policy for _, policy in members] for members in state.populations)
        returns = play_block(self.game, (zero, one), block, seed=derived_seed(self.plan.seed, "meta-game"), pause=self.pause)
        return game.joined(block, returns)


def _mixture(policies: Sequence[Any], weights: np.ndarray) -> Mixture:
    kept = np.flatnonzero(weights > 0.0)
    return Mixture(tuple(policies[n] for n in kept.tolist()), weights[kept] / weights[kept].sum())
