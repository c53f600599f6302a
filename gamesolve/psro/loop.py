"""Policy-space response oracles (Lanctot et al. 2017, algorithm 1): populations that grow by responses to each other's mixtures.

In each iteration the meta-game between the populations is solved, each role looks for a response to the other's
mixture, and a response that gains beyond its error joins. The entries that it brings are played, and then, in
rounds, those that could change the meta-strategy. When neither role has found a response for two iterations (`Plan.patience`)
the run is at its end. What that proves is what learning proves: the gains that were found, and no more.

With the meta-solver `coarse_correlated` both roles share one draw, and responses are to the other role's marginal
(JPSRO, Marris et al. 2021, algorithm 1); with `anytime` the mixtures are adapted to responders in training.

The case of exact oracles alone, without any sampling, is `double_oracle`.
"""

from __future__ import annotations

import functools
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
from gamesolve.policies.mixture import Mixture, mixture_of
from gamesolve.psro.anytime import adapt
from gamesolve.psro.exact_table import ExactTable
from gamesolve.psro.joint_draw import JointDraw
from gamesolve.psro.meta_game import Block, Doubt, MetaGame
from gamesolve.psro.meta_solvers import meta_solver
from gamesolve.psro.meta_strategy import MetaStrategy
from gamesolve.psro.oracles import EXACT, Oracle, Population, Question, offer, refuse_unplayable, starts_of
from gamesolve.psro.payoff_table import play_block
from gamesolve.psro.plan import ANYTIME, CORRELATED, UNIFORM, Plan
from gamesolve.psro.responders import Responders
from gamesolve.psro.responses import Response, choose
from gamesolve.psro.shares import training_budget
from gamesolve.rules.game import Game

if TYPE_CHECKING:
    from gamesolve.views.tree import Tree
    from gamesolve.views.turn_based import TurnBased

#: Confidence in the gains of both roles, and in each for that (Bonferroni).
CONFIDENCE, EACH = 0.95, 0.975
#: Does the trainings of an iteration, those of both roles, and says what each came to; what it raises ends the work.
Train = Callable[[int, Sequence[Unit]], Sequence[Done]]


@dataclass(frozen=True, eq=False)
class PSROState:
    """All that the future of a run depends on; immutable.

    Attributes:
        iteration: iterations done.
        populations: of both roles, named policies in the order in which they joined.
        game: the meta-game between them.
        fruitless: iterations in a row in which neither role found a response.
        decisions: made while learning.
        tried: episodes in which candidates were tried and gains measured.
    """

    iteration: int
    populations: tuple[Population, Population]
    game: MetaGame
    fruitless: int = 0
    decisions: int = 0
    tried: int = 0

    @property
    def episodes(self) -> int:
        """Played in all, those of the meta-game and of candidates, and not those of learning."""
        return self.tried + self.game.asked


@dataclass(frozen=True, eq=False)
class PSROStep:
    """Where a run stands after an iteration.

    Attributes:
        state: from which `psro` goes on as if it had not stopped.
        strategy: the meta-strategy, over the first policies of the populations; shared: whether both roles share its draws.
        mixtures: its margins, as policies of both roles, to which responses were looked for.
        responses: what each role found.
        value: what is proved of the game's, to the first role; nothing without a tree.
        exploitability: half the sum of what the roles could gain (NashConv / 2; of a draw that they share, half the gap to coarse
            correlated equilibria): exact with a tree; without one, at least half of the gains that were found, as far as 95%
            confidence goes for both together.
        final: whether the run is at its end.
    """

    state: PSROState
    strategy: MetaStrategy
    shared: bool
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
        game: with a horizon, or a TurnBased OpenSpiel game; zero-sum for the meta-solvers `nash` and `anytime`.
        train: does the trainings of an iteration: see `Train`.
        state: from which to go on.
        populations: named policies to begin with; of a role without any, random play.
        tree: of the game, where it has one: the entries of the meta-game are computed then, and so is the exploitability.
        workers: who play the episodes; this process alone unless given. What comes out does not depend on it.
        pause: called between two parts of the work; what it raises ends it.

    Yields:
        A `PSROStep` after each iteration.

    Raises:
        GamesolveError: a policy cannot be played or fails, no oracle that learns offers anything to either role, or the oracle `exact`
            is wanted without a tree.
    """
    if tree is None and any(oracle.learner == EXACT for oracle in plan.oracles):
        raise GamesolveError("oracle 'exact' computes responses on the game's tree, and there is none; take oracles that learn")
    run = _Run(game, plan, train, workers, pause, None if tree is None else ExactTable(tree))
    now = state or run.first(populations)
    while now.fruitless < plan.patience:
        step = run.step(now)
        now = step.state
        yield step


def solved(plan: Plan, game: MetaGame) -> MetaStrategy:
    """The meta-game's solution: of a run that has ended, how all that it found is mixed, the last responses too.

    With `anytime` an equilibrium, where mixtures that adapt begin, and at which they look for what is in doubt.
    """
    return meta_solver("nash" if plan.meta_solver == ANYTIME else plan.meta_solver)(game.payoffs)


def mixtures_of(state: PSROState, strategy: MetaStrategy) -> tuple[Mixture, Mixture]:
    """The populations mixed by a meta-strategy, each by itself; members of no weight are left out."""
    zero, one = _policies(state)
    return mixture_of(zero, strategy.defender), mixture_of(one, strategy.attacker)


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
        strategy, responders = self.strategy(state)
        mixtures = mixtures_of(state, strategy)
        own = JointDraw.of(_policies(state), strategy.joint) if self.plan.meta_solver == CORRELATED else mixtures
        zero, one = self.responses(state, strategy, own, mixtures, responders)
        if zero.broken and one.broken:
            raise GamesolveError(f"no oracle that learns offered anything in iteration {state.iteration + 1}: {'; '.join(zero.notes)}")
        joining = [response.joining(state.iteration + 1) for response in (zero, one)]
        later = replace(
            state,
            iteration=state.iteration + 1,
            populations=((*state.populations[0], *joining[0]), (*state.populations[1], *joining[1])),
            fruitless=0 if zero.gains or one.gains else state.fruitless + 1,
            decisions=state.decisions + zero.decisions + one.decisions,
            tried=state.tried + zero.played + one.played,
        )
        later = self.filled(later)
        certificate = self.certificate(own, mixtures, (zero, one))
        return PSROStep(
            later, strategy, isinstance(own, JointDraw), mixtures, (zero, one), *certificate, later.fruitless >= self.plan.patience
        )

    def strategy(self, state: PSROState) -> tuple[MetaStrategy, Responders | None]:
        """How the populations are mixed, and the responders to which the mixtures adapted, if they did."""
        if self.plan.meta_solver != ANYTIME:
            return solved(self.plan, state.game), None
        train = functools.partial(self.train, state.iteration + 1)
        found = Responders(self.game, self.plan, state.iteration, state.populations, train, self.exact, self.workers, self.pause)
        nash = solved(self.plan, state.game)
        mixtures = adapt((nash.defender, nash.attacker), self.plan.adaptations, found.respond, found.pay)
        return MetaStrategy.independent(*mixtures), found

    def certificate(
        self, own: tuple[Mixture, Mixture] | JointDraw, mixtures: tuple[Mixture, Mixture], responses: tuple[Response, Response]
    ) -> tuple[Bound, Bound]:
        """What is proved of the value, and the exploitability; see `PSROStep`."""
        computed = None if self.exact is None else self.exact.certificate(own, mixtures)
        if computed is not None:
            return computed
        found = sum(one.at_least(EACH) for one in responses) / 2.0
        return Bound(None, None, "proved"), Bound(found, None, "estimated", CONFIDENCE, self.plan.episodes, self.plan.seed)

    def responses(
        self,
        state: PSROState,
        strategy: MetaStrategy,
        own: tuple[Mixture, Mixture] | JointDraw,
        mixtures: tuple[Mixture, Mixture],
        responders: Responders | None,
    ) -> tuple[Response, Response]:
        """What each role finds against the other's mixture; both learn side by side."""
        asked = [self.question(state, strategy, index, own if isinstance(own, JointDraw) else own[index], mixtures) for index in (0, 1)]
        # Responders in training have learnt already, and exact ones are averaged.
        learning = self.plan.in_training if responders else None
        oracles = self.afforded(state, asked, [oracle for oracle in self.plan.oracles if oracle is not learning])
        averages = [responders.average(index) if responders else None for index in (0, 1)]
        offers = [offer(question, oracles, average) for question, average in zip(asked, averages, strict=True)]
        units = [unit for offered in offers for unit in offered.units]
        done, first = list(self.train(state.iteration + 1, units)), len(offers[0].units)
        parts = [done[:first], done[first:]]
        if responders:
            parts = [[*responders.learnt(index), *parts[index]] for index in (0, 1)]
            offers = [
                replace(offered, learns=offered.learns or learning is not None, notes=(*notes, *offered.notes))
                for offered, notes in zip(offers, responders.notes, strict=True)
            ]
        zero, one = (
            choose(question, offered, part, workers=self.workers, pause=self.pause)
            for question, offered, part in zip(asked, offers, parts, strict=True)
        )
        return zero, one

    def afforded(self, state: PSROState, asked: Sequence[Question], oracles: Sequence[Oracle]) -> Sequence[Oracle]:
        """The oracles, with what is left of a budget in all for each of their trainings."""
        if self.plan.total is None:
            return oracles
        if not isinstance(self.game, Game):
            raise GamesolveError("total counts decisions of our own games, and this is one of OpenSpiel's; give 'budget' of each training")
        trainings = sum(len(starts_of(question, oracle)) for question in asked for oracle in oracles if oracle.learns)
        budget = training_budget(self.game, self.plan, state, trainings)
        return [replace(oracle, budget=budget) if oracle.learns else oracle for oracle in oracles]

    def question(
        self, state: PSROState, strategy: MetaStrategy, index: int, own: Mixture | JointDraw, mixtures: tuple[Mixture, Mixture]
    ) -> Question:
        """What role 0 or 1 has to respond to."""
        plan, weights = self.plan, (strategy.defender, strategy.attacker)
        return Question(
            game=self.game,
            role=self.roles[index],
            own=own,
            other=mixtures[1 - index],
            members=state.populations[index],
            weights=weights[index],
            rivals=state.populations[1 - index],
            validation=plan.validation,
            episodes=plan.episodes,
            seed=derived_seed(plan.seed, "response", self.roles[index], state.iteration),
            snapshots=plan.snapshots,
            responses=plan.responses,
            repeats=plan.meta_solver == UNIFORM,
            exact=self.exact,
        )

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
            doubt = Doubt.of(game, solved(self.plan, game))
            if not doubt.open:
                break
            game, blocks = doubt.blocks(game, self.plan.entry)
            for block in blocks:
                game = self.played(state, game, block)
        return replace(state, game=game)

    def played(self, state: PSROState, game: MetaGame, block: Block) -> MetaGame:
        """With a block's episodes."""
        seed = derived_seed(self.plan.seed, "meta-game")
        return game.joined(block, play_block(self.game, _policies(state), block, seed=seed, pause=self.pause, workers=self.workers))


def _policies(state: PSROState) -> tuple[list[Any], list[Any]]:
    zero, one = ([policy for _, policy in members] for members in state.populations)
    return zero, one
