"""Rows of the speed table on PSRO."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable

import numpy as np
import pyspiel
from scipy.optimize import linprog

import gamesolve
from gamesolve.analyses.contest import Line, Peers, contest, duration, local, repeated
from gamesolve.analyses.speed_learning import learner
from gamesolve.psro import double_oracle as oracles
from gamesolve.psro.double_oracle import DoubleOracleStep, double_oracle
from gamesolve.psro.meta_game import MetaGame
from gamesolve.psro.payoff_table import play_block
from gamesolve.solvers.matrix import MatrixGame, MatrixSolution, distribution
from gamesolve.views.openspiel_tree import tree_from_openspiel
from gamesolve.views.tree import Tree

#: Iterations of the comparison with OpenSpiel's PSRO, and the exploitability that counts as none.
FEW, NOTHING = 25, 1e-6
LEDUC = "leduc_poker"
#: Iterations of PSRO with learned responses, decisions of each training, and how often each number of workers has its turn.
LEARNED, BUDGET, TURNS = 10, 100_000, 2


class ScipyMatrixGame(MatrixGame):
    """Every meta-game is solved by scipy, whose interface to HiGHS takes no basis: what one would write first."""

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
        return self.certified(distribution(found.x[:rows]), distribution(-found.ineqlin.marginals))


class ColdMatrixGame(MatrixGame):
    """Every meta-game is solved as if it were the first: without the basis of the one before."""

    def solve(self) -> MatrixSolution:
        """Optimal mixtures."""
        self.forget()
        return super().solve()


def few_iterations(peers: Peers) -> list[Line]:
    """As many iterations as OpenSpiel's PSRO takes some minutes for, which is why it takes them once."""
    tree = tree_from_openspiel(pyspiel.load_game(LEDUC))
    *_, last = itertools.islice(double_oracle(tree), FEW)
    mine = {"gamesolve": repeated(lambda: list(itertools.islice(double_oracle(tree), FEW)))}
    before = contest(mine)["gamesolve"]
    theirs = peers.contestant("openspiel_psro", LEDUC)(FEW)
    # Again, after the peer's turn: the slower counts.
    ours = max(before, contest(mine)["gamesolve"])
    what = f"PSRO with exact oracles, leduc, {FEW} iterations (to exploitability {last.exploitability:.2f})"
    peer = f"OpenSpiel psro_v2, 1,000 games an entry, {duration(theirs)}"
    return [Line(what, duration(ours), peer, f"{theirs / ours:,.0f} times", "500 times")]


def to_the_end(peers: Peers) -> list[Line]:
    """Until nobody can gain anything, with meta-games solved from the basis before, and with each solved anew."""
    lines = []
    for game, most in (("kuhn_poker", 10), (LEDUC, 450)):
        tree = tree_from_openspiel(pyspiel.load_game(game))
        last = solved(tree)
        medians = contest(
            {
                "warm": repeated(lambda tree=tree: solved(tree)),
                "scipy": local(with_games(ScipyMatrixGame, tree)),
                "cold": local(with_games(ColdMatrixGame, tree)),
            },
            rounds=3,
        )
        what = f"PSRO with exact oracles, {game}, {last.iteration} iterations (to exploitability {NOTHING:g})"
        for name, words in (("scipy", "cold-started meta-games by scipy"), ("cold", "the same without a basis")):
            share = f"{medians['warm'] / medians[name]:.0%} of that"
            target = f"{most} iterations, 33%" if name == "scipy" else ""
            lines.append(Line(what, duration(medians["warm"]), f"{words} {duration(medians[name])}", share, target))
    return lines


def solved(tree: Tree) -> DoubleOracleStep:
    """The first step at which nobody can gain more than nothing."""
    return next(step for step in double_oracle(tree) if step.exploitability <= NOTHING or step.final)


def with_games(kind: type[MatrixGame], tree: Tree) -> Callable[[int], None]:
    """The same with meta-games of another kind."""

    def run(count: int) -> None:
        warm = oracles.MatrixGame
        oracles.MatrixGame = kind  # type: ignore[misc]
        try:
            for _ in range(count):
                solved(tree)
        finally:
            oracles.MatrixGame = warm  # type: ignore[misc]

    return run


def payoff_table(peers: Peers) -> list[Line]:
    """Twenty networks of each role against each other, a thousand episodes of fifty steps each: one worker of the two that may share it."""
    game = gamesolve.load_game("attack_graph", horizon=50)
    zero, one = (
        [learner(game, role, seed=k, batch=1, rollout=64).policy() for k in range(20)] for role in ("defender", "attacker")
    )  # fmt: skip
    table = MetaGame.empty().grown(20, 20)
    _, warm = table.block(np.arange(20), np.arange(20), 10)
    play_block(game, (zero, one), warm, seed=0)
    _, block = table.block(np.arange(20), np.arange(20), 1_000)
    seconds = local(lambda _: play_block(game, (zero, one), block, seed=1))(1)
    what = "payoff table, 20 by 20 networks of 2x64, 1,000 episodes an entry, attack_graph at horizon 50"
    return [Line(what, f"{duration(seconds)} on one core", target="60 s on two cores")]


def learned_on_two_workers(peers: Peers) -> list[Line]:
    """Learned responses in a game without a tree, by the clock on the wall: one worker and two take turns, and need two idle cores."""
    game = gamesolve.load_game("pool", resources=3, horizon=8)
    seconds: dict[int, list[float]] = {1: [], 2: []}
    # What is compiled is there for both.
    learned(game, 1, budget=1_000, iterations=1)
    for _ in range(TURNS):
        for workers, spent in seconds.items():
            begun = time.perf_counter()
            learned(game, workers, budget=BUDGET, iterations=LEARNED)
            spent.append(time.perf_counter() - begun)
    one, two = (min(spent) for spent in seconds.values())
    what = f"PSRO of {LEARNED} iterations with PPO, {BUDGET:,} decisions a response, pool of 3 resources at horizon 8 (wall clock)"
    return [Line(what, f"{duration(two)} on two workers", f"one worker {duration(one)}", f"{one / two:.2f} times", "1.5 times")]


def learned(game: gamesolve.Game, workers: int, *, budget: int, iterations: int) -> None:
    """PSRO with PPO and the game's scripted policies for oracles."""
    gamesolve.solve(game, "psro", settings={"budget": budget}, iterations=iterations, workers=workers)
