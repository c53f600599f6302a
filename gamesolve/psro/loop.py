"""Policy-space response oracles (Lanctot et al. 2017, algorithm 1): populations that grow by responses to each other's mixtures.

In each iteration the meta-game between the populations is solved, each role looks for a response to the other's
mixture, and a response that gains beyond its error joins. The entries that it brings are played, and then, in
rounds, those that could change the meta-strategy. When neither role has found a response for two iterations
the run is at its end. What that proves is what learning proves: the gains that were found, and no more.

The exact case, with trees for oracles, is `double_oracle`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gamesolve.base.bound import Bound
from gamesolve.base.errors import GamesolveError
from gamesolve.base.seeds import derived_seed
from gamesolve.learners.candidates import scripted_candidates
from gamesolve.learners.task import roles_of
from gamesolve.learners.training import Done, Unit
from gamesolve.policies.mixture import Mixture
from gamesolve.psro.exact_table import ExactTable
from gamesolve.psro.meta_game import Block, Doubt, MetaGame
from gamesolve.psro.meta_solvers import meta_solver
from gamesolve.psro.meta_strategy import MetaStrategy
from gamesolve.psro.payoff_table import play_block
from gamesolve.psro.responses import Oracle, Question, Response, choose, offer, refuse_unplayable
from gamesolve.rules.game import Game

if TYPE_CHECKING:
    from gamesolve.views.tree import Tree
    from gamesolve.views.turn_based import TurnBased

#: Confidence in the gains of both roles, and in each for that (Bonferroni).
CONFIDENCE, EACH = 0.95, 0.975
#: Iterations in which neither role finds a response, after which a run is at its end.
FRUITLESS = 2
#: Does the trainings of an iteration, those of both roles, and says what each came to; what it raises ends the work.
Train = Callable[[int, Sequence[Unit]], Sequence[Done]]
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
        value: what is proved of the game's, to the first role; nothing without a tree.
        exploitability: of the mixtures (NashConv / 2): exact with a tree; without one, at least half of the gains that were found,
            as far as 95% confidence goes for both together.
        final: whether the run is at its end.
    """

    state: PSROState
    strategy: MetaStrategy
    mixtures: tuple[Mixture, Mixture]
    responses: tuple[Response, Response]
    value: Bound
    exploitability: Bound
    final: bool


def psro(
    game: Game | TurnBased,
    plan: Plan,
    train: Train,
    *,
    state: PSROState | None = None,
    populations: tuple[Sequence[tuple[str, Any]], Sequence[tuple[str, Any]]] = ((), ()),
    tree: Tree | None = None,
    workers: Executor | None = None,
    pause: Callable[[], None] = lambda: None,
) -> Iterator[PSROStep]:
    """Run PSRO for as long as the caller asks for steps and responses are found.

    Args:
        game: with a horizon, or a TurnBased OpenSpiel game; zero-sum for the meta-solver `nash`.
        train: does the trainings of an iteration: see `Train`.
        state: from which to go on.
        populations: named policies to begin with; of a role without any, random play.
        tree: of the game, where it has one: the entries of the meta-game are computed then, and so is the exploitability.
        workers: who play the episodes; this process alone unless given. What comes out does not depend on it.
        pause: called between two parts of the work; what it raises ends it.

    Yields:
        A `PSROStep` after each iteration.

    Raises:
        GamesolveError: a policy cannot be played or fails, or no oracle that learns offers anything to either role.
    """
    run = _Run(game, plan, train, workers, pause, None if tree is None else ExactTable(tree))
    now = state or run.first(populations)
    while now.fruitless < FRUITLESS:
        step = run.step(now)
        now = step.state
        yield step


@dataclass
class _Run:
    game: Game | TurnBased
    plan: Plan
    train: Train
    workers: Executor | None
    pause: Callable[[], None]
    exact: ExactTable | None
    roles: tuple[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.roles = roles_of(self.game)

    def first(self, given: tuple[Sequence[tuple[str, Any]], Sequence[tuple[str, Any]]]) -> PSROState:
        """The beginning, with all entries between the given populations known."""
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
        zero, one = self.responses(state, mixtures)
        if zero.broken and one.broken:
            raise GamesolveError(f"no oracle that learns offered anything in iteration {state.iteration + 1}: {'; '.join(zero.notes)}")
        populations = list(state.populations)
        for index, response in enumerate((zero, one)):
            if response.counts:
                populations[index] = (*populations[index], (response.title(state.iteration + 1), response.policy))
        later = replace(
            state,
            iteration=state.iteration + 1,
            populations=(populations[0], populations[1]),
            fruitless=0 if zero.counts or one.counts else state.fruitless + 1,
            decisions=state.decisions + zero.decisions + one.decisions,
        )
        later = self.filled(later)
        return PSROStep(later, strategy, mixtures, (zero, one), *self.certificate(mixtures, (zero, one)), later.fruitless >= FRUITLESS)

    def certificate(self, mixtures: tuple[Mixture, Mixture], responses: tuple[Response, Response]) -> tuple[Bound, Bound]:
        """What the mixtures prove of the value, and their exploitability; see `PSROStep`."""
        computed = None if self.exact is None else self.exact.certificate(mixtures)
        if computed is not None:
            return computed
        found = sum(one.at_least(EACH) for one in responses) / 2.0
        return Bound(None, None, "proved"), Bound(found, None, "estimated", CONFIDENCE, self.plan.episodes, self.plan.seed)

    def mixtures(self, state: PSROState, strategy: MetaStrategy) -> tuple[Mixture, Mixture]:
        """The populations mixed by a meta-strategy; members of no weight are left out."""
        zero, one = (
            mixture_of([policy for _, policy in members], weights)
            for members, weights in zip(state.populations, (strategy.defender, strategy.attacker), strict=True)
        )
        return zero, one

    def responses(self, state: PSROState, mixtures: tuple[Mixture, Mixture]) -> tuple[Response, Response]:
        """What each role finds against the other's mixture; both learn side by side."""
        plan = self.plan
        questions = [
            Question(
                self.game, role, mixtures[index], mixtures[1 - index], state.populations[index], plan.validation, plan.episodes,
                derived_seed(plan.seed, "response", role, state.iteration),
            )
            for index, role in enumerate(self.roles)
        ]  # fmt: skip
        offers = [offer(question, plan.oracles) for question in questions]
        units = [unit for offered in offers for unit in offered.units]
        done = list(self.train(state.iteration + 1, units))
        own = len(offers[0].units)
        zero, one = (
            choose(question, offered, part, workers=self.workers, pause=self.pause)
            for question, offered, part in zip(questions, offers, (done[:own], done[own:]), strict=True)
        )
        return zero, one

    def filled(self, state: PSROState) -> PSROState:
        """With the new entries of the meta-game known, and those in doubt played again in rounds."""
        d, k = map(len, state.populations)
        old_d, old_k = state.game.count.shape
        game = state.game.grown(d, k)
        if self.exact is not None:
            game = self.exact.filled(game, state.populations, (old_d, old_k), self.pause)
        for defenders, attackers in ((range(old_d, d), range(k)), (range(old_d), range(old_k, k))):
            rows, columns = np.array(defenders, np.int64), np.array(attackers, np.int64)
            if len(rows) and len(columns) and not game.exact[np.ix_(rows, columns)].all():
                game = self.played(state, *game.block(rows, columns, self.plan.entry))
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
        seed = derived_seed(self.plan.seed, "meta-game")
        return game.joined(block, play_block(self.game, (zero, one), block, seed=seed, pause=self.pause, workers=self.workers))


def mixture_of(policies: Sequence[Any], weights: np.ndarray) -> Mixture:
    """Policies by their weights f8 [n], n no more than there are; those of no weight are left out."""
    kept = np.flatnonzero(weights > 0.0)
    return Mixture(tuple(policies[n] for n in kept.tolist()), weights[kept] / weights[kept].sum())
