"""The double oracle algorithm on trees (McMahan, Gordon and Blum 2003): PSRO with exact oracles and an exact meta-game.

Each role has a population of realisation plans, at first the best response to uniform play. In each
iteration the meta-game between them is solved, its payoffs being x' A y without an episode played; the
two mixtures are plans themselves, and the best responses to them say how exploitable they are and join
the populations. Once neither gains anything, the mixtures are an equilibrium of the whole game.

Equally good actions are played alike by a response: which of them a tie goes to matters much for how soon the
populations cover the game, and this does not depend on the order in which a game names its actions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from gamesolve.base.bound import Bound
from gamesolve.base.errors import GamesolveError
from gamesolve.solvers.best_response import (
    Profile,
    behaviour_of,
    even_response,
    float_tolerance,
    gradient,
    plan_of,
    require_zero_sum,
    uniform,
)
from gamesolve.solvers.matrix import MatrixGame
from gamesolve.solvers.program import Basis
from gamesolve.views.tree import Tree

Populations = tuple[tuple["Plan", ...], tuple["Plan", ...]]


@dataclass(frozen=True, eq=False)
class Plan:
    """A realisation plan by its entries above 0: a response to one opponent reaches few of a role's sequences.

    Attributes:
        sequences: i4 [n], ascending.
        weights: f8 [n].
    """

    sequences: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(cls, plan: np.ndarray) -> Plan:
        """The same as f8 [Q]."""
        places = np.flatnonzero(plan)
        return cls(places.astype(np.int32), plan[places])

    @property
    def key(self) -> bytes:
        """Equal plans have equal ones."""
        return self.sequences.tobytes() + self.weights.tobytes()


@dataclass(frozen=True, eq=False)
class DoubleOracleState:
    """All that the future of a run depends on.

    Attributes:
        iteration: meta-games solved.
        populations: of role 0 (D plans) and role 1 (K plans), in the order in which they joined.
        order: i1 [D + K], the role that each plan joined, one after another.
        mixtures: f8 [D] and f8 [K], of the meta-game solved last.
        basis: of its solution.
    """

    iteration: int
    populations: Populations
    order: np.ndarray
    mixtures: tuple[np.ndarray, np.ndarray]
    basis: Basis

    def arrays(self) -> dict[str, np.ndarray]:
        """Plain arrays by name, from which `from_arrays` makes the same state."""
        out = {"iteration": np.array([self.iteration]), "order": self.order, "columns": self.basis.columns, "rows": self.basis.rows}
        for role, (plans, mixture) in enumerate(zip(self.populations, self.mixtures, strict=True)):
            out[f"mixture{role}"] = mixture
            out[f"sizes{role}"] = np.array([len(plan.sequences) for plan in plans])
            out[f"sequences{role}"] = np.concatenate([plan.sequences for plan in plans])
            out[f"weights{role}"] = np.concatenate([plan.weights for plan in plans])
        return out

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> DoubleOracleState:
        """The state that `arrays` were made of; raises GamesolveError where they are no state."""
        try:
            populations = []
            for role in (0, 1):
                cuts = np.cumsum(arrays[f"sizes{role}"])[:-1]
                parts = (np.split(arrays[f"{name}{role}"], cuts) for name in ("sequences", "weights"))
                populations.append(tuple(Plan(*pair) for pair in zip(*parts, strict=True)))
            mixtures, basis = (arrays["mixture0"], arrays["mixture1"]), Basis(arrays["columns"], arrays["rows"])
            return cls(int(arrays["iteration"][0]), (populations[0], populations[1]), arrays["order"], mixtures, basis)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise GamesolveError(f"this is no state of the double oracle algorithm: {error!r} in {sorted(arrays)}") from error


@dataclass(frozen=True, eq=False)
class DoubleOracleStep:
    """Where a run stands after an iteration.

    Attributes:
        iteration: meta-games solved.
        value: bracket of role 0's game value, from the best responses to both mixtures.
        exploitability: of the mixtures, in the game's units.
        final: whether neither role has a response that gains and is new; no further step follows.
        work: payoff pairs gone through so far, and entries of meta-games.
        state: from which `double_oracle` goes on as if it had not stopped.
    """

    iteration: int
    value: Bound
    exploitability: float
    final: bool
    work: int
    state: DoubleOracleState
    _tree: Tree

    @cached_property
    def profile(self) -> Profile:
        """Behaviours f8 [Q] equivalent to the mixtures; uniform where they do not reach."""
        return profile_of(self._tree, self.state)


class _Joined:
    """Plans one after another in one piece, with room for more: adding them up one by one would cost more than the sums."""

    def __init__(self) -> None:
        self._sequences, self._weights, self._starts = np.zeros(64, np.int32), np.zeros(64), [0]

    @classmethod
    def of(cls, plans: Sequence[Plan]) -> _Joined:
        """Some plans."""
        found = cls()
        for plan in plans:
            found.append(plan)
        return found

    def append(self, plan: Plan) -> None:
        """One more."""
        start, end = self._starts[-1], self._starts[-1] + len(plan.sequences)
        if end > len(self._weights):
            size = max(2 * len(self._weights), end)
            self._sequences, self._weights = np.resize(self._sequences, size), np.resize(self._weights, size)
        self._sequences[start:end], self._weights[start:end] = plan.sequences, plan.weights
        self._starts.append(end)

    def times(self, vector: np.ndarray) -> np.ndarray:
        """The inner product of each plan with f8 [Q]: f8 [plans]. No plan is empty."""
        end = self._starts[-1]
        terms = vector[self._sequences[:end]] * self._weights[:end]
        return np.asarray(np.add.reduceat(terms, self._starts[:-1])) if end else np.zeros(0)

    def mixed(self, mixture: np.ndarray, sequences: int) -> np.ndarray:
        """The plan f8 [Q] that a mixture f8 [plans] is."""
        end = self._starts[-1]
        weights = np.repeat(mixture, np.diff(self._starts)) * self._weights[:end]
        return np.bincount(self._sequences[:end], weights, minlength=sequences)


def mixed(tree: Tree, populations: Sequence[_Joined], mixtures: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The plans f8 [Q] that mixtures of populations are."""
    zero, one = (
        plans.mixed(mixture, decisions.sequences) for plans, mixture, decisions in zip(populations, mixtures, tree.decisions, strict=True)
    )
    return zero, one


def profile_of(tree: Tree, state: DoubleOracleState) -> Profile:
    """Behaviours f8 [Q] equivalent to a state's mixtures; uniform where they do not reach."""
    plans = mixed(tree, [_Joined.of(plans) for plans in state.populations], state.mixtures)
    zero, one = (behaviour_of(decisions, plan) for decisions, plan in zip(tree.decisions, plans, strict=True))
    return zero, one


def double_oracle(tree: Tree, *, state: DoubleOracleState | None = None) -> Iterator[DoubleOracleStep]:
    """Run the double oracle algorithm on a zero-sum tree for as long as the caller asks for steps and a response gains.

    Args:
        state: from which to go on; the bytes are those of a run that never stopped.

    Yields:
        A `DoubleOracleStep` after each iteration, until no role has a response that gains and is new. The meta-game's library is exact
        to 1e-9 of the payoff range, so that a response may seem to gain less than that by a plan that is mixed already.

    Raises:
        GamesolveError: the tree is general-sum, payoffs are not finite, or the state belongs to another tree.
    """
    require_zero_sum(tree, "the double oracle algorithm")
    run, iteration = _Run(tree), 0
    if state is None:
        for role in (0, 1):
            _, plan = even_response(tree, role, plan_of(tree.decisions[1 - role], uniform(tree.decisions[1 - role])))
            run.add(role, plan)
    else:
        run.restore(state)
        iteration = state.iteration
        if not run.respond(mixed(tree, run.joined, state.mixtures)).join():
            return
    while True:
        iteration += 1
        found = run.game.solve()
        run.work += run.game.effort
        mixtures = found.row, found.column
        responses = run.respond(mixed(tree, run.joined, mixtures))
        yield responses.step(iteration, mixtures)
        if not responses.join():
            return


@dataclass
class _Run:
    """A run at work: the populations grow, and the meta-game with them.

    Attributes:
        joined: the populations once more, each in one piece; known: keys of their plans.
    """

    tree: Tree
    populations: tuple[list[Plan], list[Plan]] = field(default_factory=lambda: ([], []))
    joined: tuple[_Joined, _Joined] = field(default_factory=lambda: (_Joined(), _Joined()))
    known: tuple[set[bytes], set[bytes]] = field(default_factory=lambda: (set(), set()))
    order: list[int] = field(default_factory=list)
    work: int = 0

    def __post_init__(self) -> None:
        self.game = MatrixGame(*self.tree.utility_bounds[0])

    def add(self, role: int, plan: np.ndarray) -> None:
        """A plan f8 [Q] joins the population of a role, and plays against all of the other's."""
        self._enter(role, Plan.of(plan), plan)

    def restore(self, state: DoubleOracleState) -> None:
        """Go back to a state."""
        joined = [0, 0]
        for role in state.order.tolist():
            plan = state.populations[role][joined[role]]
            joined[role] += 1
            whole = np.zeros(self.tree.decisions[role].sequences)
            if plan.sequences.max(initial=0) >= len(whole):
                raise GamesolveError(f"the state has sequence {plan.sequences.max()} of role {role}; this tree has {len(whole)} sequences")
            whole[plan.sequences] = plan.weights
            self._enter(role, plan, whole)
        self.game.restore(state.basis)

    def respond(self, plans: tuple[np.ndarray, np.ndarray]) -> _Responses:
        """The best responses to plans."""
        self.work += 2 * self.tree.pairs + self.game.payoffs.size
        earned = float(gradient(self.tree, 0, plans[1]) @ plans[0])
        found = even_response(self.tree, 0, plans[1]), even_response(self.tree, 1, plans[0])
        least = 2.0 * float_tolerance(self.tree)
        gainers = [role for role, now in ((0, earned), (1, -earned)) if found[role][0] - now > least]
        return _Responses(self, found, tuple(role for role in gainers if Plan.of(found[role][1]).key not in self.known[role]))

    def _enter(self, role: int, plan: Plan, whole: np.ndarray) -> None:
        earned = self.joined[1 - role].times(gradient(self.tree, 1 - role, whole))
        self.joined[role].append(plan)
        self.populations[role].append(plan)
        self.known[role].add(plan.key)
        self.order.append(role)
        if role == 0:
            self.game.add_row(-earned)
        else:
            self.game.add_column(earned)


@dataclass(frozen=True)
class _Responses:
    """What each role answers to a pair of mixtures: value and plan f8 [Q]; and the roles that gain by it, by a plan that is new."""

    run: _Run
    found: tuple[tuple[float, np.ndarray], tuple[float, np.ndarray]]
    gainers: tuple[int, ...]

    def step(self, iteration: int, mixtures: tuple[np.ndarray, np.ndarray]) -> DoubleOracleStep:
        """What is known with them."""
        run, (to_zero, _), (to_one, _) = self.run, *self.found
        tolerance = float_tolerance(run.tree)
        value = Bound(-to_one - tolerance, to_zero + tolerance, "proved")
        zero, one = run.populations
        state = DoubleOracleState(iteration, (tuple(zero), tuple(one)), np.array(run.order, np.int8), mixtures, run.game.basis())
        exploitability = max(0.5 * (to_zero + to_one), 0.0)
        return DoubleOracleStep(iteration, value, exploitability, not self.gainers, run.work, state, run.tree)

    def join(self) -> bool:
        """Have the new ones that gain join the populations; whether there are any."""
        for role in self.gainers:
            self.run.add(role, self.found[role][1])
        return bool(self.gainers)
