"""Rows of the speed table on PSRO with exact oracles."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pyspiel
from scipy.optimize import linprog

from gamesolve.analyses.contest import Line, Peers, contest, duration, local, repeated
from gamesolve.psro import double_oracle as oracles
from gamesolve.psro.double_oracle import DoubleOracleStep, double_oracle
from gamesolve.solvers.matrix import MatrixGame, MatrixSolution, distribution
from gamesolve.views.openspiel_tree import tree_from_openspiel
from gamesolve.views.tree import Tree

#: Iterations of the comparison with OpenSpiel's PSRO, and the exploitability that counts as none.
FEW, NOTHING = 25, 1e-6
LEDUC = "leduc_poker"


class ColdMatrixGame(MatrixGame):
    """Every meta-game is solved as if it were the first: by scipy, whose interface to HiGHS takes no basis."""

    def solve(self) -> MatrixSolution:
        """Optimal mixtures."""
        rows, columns = self.payoffs.shape
        found = linprog(
            np.append(np.zeros(rows), -1.0),
            A_ub=np.hstack([-self.payoffs.T, np.ones((columns, 1))]),
            b_ub=np.zeros(columns),
            A_eq=np.append(np.ones(rows), 0.0)[None],
            b_eq=np.ones(1),
            bounds=[(0.0, None)] * rows + [(None, None)],
            method="highs-ds",
        )
        row, column = distribution(found.x[:rows]), distribution(-found.ineqlin.marginals)
        return MatrixSolution(row, column, MatrixGame.of(np.zeros((1, 1))).solve().value)


def few_iterations(peers: Peers) -> list[Line]:
    """As many iterations as OpenSpiel's PSRO takes some minutes for, which is why it takes them once."""
    tree = tree_from_openspiel(pyspiel.load_game(LEDUC))
    *_, last = itertools.islice(double_oracle(tree), FEW)
    ours = contest({"gamesolve": repeated(lambda: list(itertools.islice(double_oracle(tree), FEW)))})["gamesolve"]
    theirs = peers.contestant("openspiel_psro", LEDUC)(FEW)
    # Again, after the peer's turn: the slower counts.
    ours = max(ours, contest({"gamesolve": repeated(lambda: list(itertools.islice(double_oracle(tree), FEW)))})["gamesolve"])
    what = f"PSRO with exact oracles, leduc, {FEW} iterations (to exploitability {last.exploitability:.2f})"
    return [Line(what, duration(ours), f"OpenSpiel psro_v2 {duration(theirs)}", f"{theirs / ours:,.0f} times", "500 times")]


def to_the_end(peers: Peers) -> list[Line]:
    """Until nobody can gain anything, with meta-games solved from the basis before, and with each solved anew."""
    lines = []
    for game, most in (("kuhn_poker", 10), (LEDUC, 450)):
        tree = tree_from_openspiel(pyspiel.load_game(game))
        last = solved(tree)
        medians = contest({"warm": repeated(lambda tree=tree: solved(tree)), "cold": local(cold(tree))}, rounds=3)
        what = f"PSRO with exact oracles, {game}, {last.iteration} iterations (to exploitability {NOTHING:g})"
        share = f"{medians['warm'] / medians['cold']:.0%} of the time with cold-started meta-games"
        lines.append(Line(what, duration(medians["warm"]), f"cold-started {duration(medians['cold'])}", share, f"{most} iterations, 33%"))
    return lines


def solved(tree: Tree) -> DoubleOracleStep:
    """The first step at which nobody can gain more than nothing."""
    return next(step for step in double_oracle(tree) if step.exploitability <= NOTHING or step.final)


def cold(tree: Tree) -> Callable[[int], None]:
    """The same with cold-started meta-games."""

    def run(count: int) -> None:
        warm = oracles.MatrixGame
        oracles.MatrixGame = ColdMatrixGame  # type: ignore[misc]
        try:
            for _ in range(count):
                solved(tree)
        finally:
            oracles.MatrixGame = warm  # type: ignore[misc]

    return run
