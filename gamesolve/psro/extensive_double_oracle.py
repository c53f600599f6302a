"""Extensive-form double oracle on trees (McAleer et al. 2021, XDO).

Populations of plans are mixed once an episode, and need as many members as an equilibrium has different ways to
play the whole game. Here a role mixes anew at every information set: it may take each action that one of its
responses takes there. In each iteration that restricted game is solved, and the best responses of the whole
game to its equilibrium allow further actions. There are at most as many iterations as sequences, and usually
far fewer than in the double oracle algorithm.

The restricted game is the linear program of the whole tree (von Stengel 1996) in which a sequence that is not
allowed has probability 0, and one of the other role does not bind; so each is solved from the basis before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import highspy
import numpy as np
import scipy.sparse as sp

from gamesolve.base.bound import Bound
from gamesolve.base.errors import GamesolveError
from gamesolve.solvers.best_response import (
    BestResponse,
    Profile,
    behaviour_of,
    best_response,
    expected_returns,
    float_tolerance,
    require_zero_sum,
    uniform,
)
from gamesolve.solvers.program import Basis, basis_of, effort, new_program, optimise, restore_basis
from gamesolve.solvers.sequence_form import Program
from gamesolve.views.tree import Tree


@dataclass(frozen=True, eq=False)
class XDOState:
    """All that the future of a run depends on.

    Attributes:
        iteration: restricted games solved.
        allowed: bool [Q] of each role, sequences of the restricted game solved last.
        plans: f8 [Q] of each role, its equilibrium.
        basis: of its solution.
    """

    iteration: int
    allowed: tuple[np.ndarray, np.ndarray]
    plans: tuple[np.ndarray, np.ndarray]
    basis: Basis

    def arrays(self) -> dict[str, np.ndarray]:
        """Plain arrays by name, from which `from_arrays` makes the same state."""
        out = {"iteration": np.array([self.iteration]), "columns": self.basis.columns, "rows": self.basis.rows}
        for role in (0, 1):
            out |= {f"allowed{role}": self.allowed[role], f"plan{role}": self.plans[role]}
        return out

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> XDOState:
        """The state that `arrays` were made of; raises GamesolveError where they are no state."""
        try:
            allowed, plans = ((arrays[f"{name}0"], arrays[f"{name}1"]) for name in ("allowed", "plan"))
            return cls(int(arrays["iteration"][0]), allowed, plans, Basis(arrays["columns"], arrays["rows"]))
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise GamesolveError(f"this is no state of XDO: {error!r} in {sorted(arrays)}") from error


@dataclass(frozen=True, eq=False)
class XDOStep:
    """Where a run stands after an iteration.

    Attributes:
        iteration: restricted games solved.
        value: bracket of role 0's game value, from the best responses to both plans.
        exploitability: of the plans, in the game's units.
        final: whether no response gains, or allows anything new; no further step follows.
        work: payoff pairs gone through so far, or what takes as long.
        state: from which `extensive_double_oracle` goes on as if it had not stopped.
    """

    iteration: int
    value: Bound
    exploitability: float
    final: bool
    work: int
    state: XDOState
    _tree: Tree

    @cached_property
    def profile(self) -> Profile:
        """Behaviours f8 [Q]; uniform where the plans do not reach."""
        return profile_of(self._tree, self.state)


def profile_of(tree: Tree, state: XDOState) -> Profile:
    """The behaviours f8 [Q] of a state's plans."""
    zero, one = (behaviour_of(decisions, plan) for decisions, plan in zip(tree.decisions, state.plans, strict=True))
    return zero, one


def extensive_double_oracle(tree: Tree, *, state: XDOState | None = None) -> Iterator[XDOStep]:
    """Run XDO on a zero-sum tree for as long as the caller asks for steps and a response gains.

    Args:
        state: from which to go on; the bytes are those of a run that never stopped.

    Yields:
        An `XDOStep` after each iteration.

    Raises:
        GamesolveError: the tree is general-sum, payoffs are not finite, the state belongs to another tree, or the library does
            not report an optimum.
    """
    require_zero_sum(tree, "XDO")
    game, iteration, work = _Restricted(tree), 0, 0
    if state is None:
        for role in (0, 1):
            game.allow(role, best_response(tree, role, uniform(tree.decisions[1 - role])).behaviour)
    else:
        game.restore(state)
        iteration = state.iteration
        if not _answer(tree, game, profile_of(tree, state)).allow(game):
            return
    while True:
        iteration += 1
        plans = game.solve()
        now = XDOState(iteration, (game.allowed[0].copy(), game.allowed[1].copy()), plans, basis_of(game.program))
        answer = _answer(tree, game, profile_of(tree, now))
        work += 4 * tree.pairs + effort(game.program)
        yield answer.step(now, tree, work)
        if not answer.allow(game):
            return


class _Restricted:
    """The restricted game, which grows.

    Attributes:
        allowed: bool [Q] of each role.
        program: the linear program of the whole tree, with bounds.
    """

    def __init__(self, tree: Tree) -> None:
        whole, self._tree = Program.of(tree), tree
        self.allowed = tuple(np.arange(decisions.sequences) == 0 for decisions in tree.decisions)
        self._plan, endless = tree.decisions[0].sequences, highspy.kHighsInf
        rows = sp.vstack([whole.above, whole.equal], format="csr")
        count, variables = rows.shape
        # Nothing but the empty sequences is allowed: the others are 0, or do not bind.
        lower, upper = np.full(variables, -endless), np.full(variables, endless)
        lower[: self._plan], upper[1 : self._plan] = 0.0, 0.0
        least, most = np.full(count, -endless), np.full(count, endless)
        first = tree.decisions[1].sequences
        most[0], least[first:], most[first:] = 0.0, 0.0, 0.0
        least[first] = most[first] = 1.0
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = variables, count
        model.col_cost_, model.col_lower_, model.col_upper_, model.row_lower_, model.row_upper_ = whole.objective, lower, upper, least, most
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = rows.indptr, rows.indices, rows.data
        self.program = new_program()
        self.program.passModel(model)

    def allow(self, role: int, behaviour: np.ndarray) -> bool:
        """Allow what a behaviour f8 [Q] does at any information set; whether that is anything new."""
        new = np.flatnonzero((behaviour > 0.0) & ~self.allowed[role])
        self.allowed[role][new] = True
        for sequence in new.tolist():
            if role == 0:
                self.program.changeColBounds(sequence, 0.0, highspy.kHighsInf)
            else:
                self.program.changeRowBounds(sequence, -highspy.kHighsInf, 0.0)
        return len(new) > 0

    def restore(self, state: XDOState) -> None:
        """Go back to a state."""
        for role, decisions in enumerate(self._tree.decisions):
            if state.allowed[role].shape != (decisions.sequences,):
                raise GamesolveError(
                    f"the state has {len(state.allowed[role])} sequences of role {decisions.role!r}; this tree has {decisions.sequences}"
                )
            self.allow(role, state.allowed[role].astype(np.float64))
        restore_basis(self.program, state.basis)

    def solve(self) -> tuple[np.ndarray, np.ndarray]:
        """Plans f8 [Q] of an equilibrium."""
        optimise(self.program, f"the restricted linear program of {self._tree.game}")
        found, first = self.program.getSolution(), self._tree.decisions[1].sequences
        zero, one = np.array(found.col_value)[: self._plan], -np.array(found.row_dual)[:first]
        return np.where(self.allowed[0], np.maximum(zero, 0.0), 0.0), np.where(self.allowed[1], np.maximum(one, 0.0), 0.0)


@dataclass(frozen=True)
class _Answer:
    """The best responses of the whole game to a profile, and which roles gain by theirs, beyond rounding."""

    responses: tuple[BestResponse, BestResponse]
    gainers: tuple[int, ...]
    new: bool

    def step(self, state: XDOState, tree: Tree, work: int) -> XDOStep:
        """What is known with them."""
        to_zero, to_one = (response.value for response in self.responses)
        tolerance = float_tolerance(tree)
        value = Bound(-to_one - tolerance, to_zero + tolerance, "proved")
        return XDOStep(state.iteration, value, max(0.5 * (to_zero + to_one), 0.0), not self.new, work, state, tree)

    def allow(self, game: _Restricted) -> bool:
        """Allow what the responses do that gain; whether that is anything new."""
        changed = [game.allow(role, self.responses[role].behaviour) for role in self.gainers]
        return any(changed)


def _answer(tree: Tree, game: _Restricted, profile: Profile) -> _Answer:
    earned, least = expected_returns(tree, profile), 2.0 * float_tolerance(tree)
    found = best_response(tree, 0, profile[1]), best_response(tree, 1, profile[0])
    gainers = tuple(role for role in (0, 1) if found[role].value - earned[role] > least)
    new = any(bool(((found[role].behaviour > 0.0) & ~game.allowed[role]).any()) for role in gainers)
    return _Answer(found, gainers, new)
