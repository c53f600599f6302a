"""Rows of the speed table on stochastic games: stage games, sweeps over all states, and the search over beliefs."""

from __future__ import annotations

import itertools
import time

import numpy as np
from scipy.optimize import linprog

import gamesolve
from gamesolve.analyses.contest import Line, Peers, contest, duration, local, rate, repeated
from gamesolve.solvers.hsvi import heuristic_search
from gamesolve.solvers.stage_games import solve_all
from gamesolve.solvers.value_iteration import policy_iteration, value_iteration
from gamesolve.views.one_sided_view import one_sided_game
from gamesolve.views.stochastic_game import StochasticGame

#: Actions of each role and successors of a joint action in random games, and the width of the bracket that is asked for.
ACTIONS, SUCCESSORS, GAP = 5, 10, 1e-6
#: Sizes of stage games, with the millions a second that they are to reach.
STAGES = {(2, 2): 10, (3, 3): 5, (5, 5): 2}
#: Stage games of a block, and those of them that a loop over scipy is timed on.
MANY, FEW = 100_000, 20


def random_game(states: int, discount: float, seed: int = 0) -> StochasticGame:
    """A zero-sum game of ACTIONS by ACTIONS in each state, with rewards of a standard normal and SUCCESSORS of even chance."""
    rng = np.random.default_rng(seed)
    joint = states * ACTIONS * ACTIONS
    reward, names = rng.normal(size=joint), tuple(map(str, range(ACTIONS)))
    return StochasticGame(
        states=tuple(map(str, range(states))),
        actions=((names,) * states, (names,) * states),
        counts=np.full((2, states), ACTIONS, np.int32),
        first=np.arange(0, joint + 1, ACTIONS * ACTIONS),
        reward=np.stack([reward, -reward]),
        begin=np.arange(0, joint * SUCCESSORS + 1, SUCCESSORS),
        target=rng.integers(0, states, joint * SUCCESSORS).astype(np.int32),
        chance=np.full(joint * SUCCESSORS, 1.0 / SUCCESSORS),
        discount=discount,
        start=np.full(states, 1.0 / states),
    )


def stage_games(peers: Peers) -> list[Line]:
    """Cold stage games, many together and one by one with scipy's linear programs."""
    rng, lines = np.random.default_rng(0), []
    for (m, n), target in STAGES.items():
        games = rng.normal(size=(MANY, m, n))
        room = np.zeros((m + 1, n + 1)), np.zeros(m + n, np.int64)
        found = np.zeros((MANY, m)), np.zeros((MANY, n)), np.zeros(MANY), np.zeros(MANY)

        def many(count: int, games: np.ndarray = games, arrays: tuple[np.ndarray, ...] = (*room, *found)) -> None:
            for _ in range(count):
                solve_all(games, *arrays)

        def one_by_one(count: int, games: np.ndarray = games) -> None:
            for _ in range(count):
                for game in games[:FEW]:
                    by_scipy(game)

        medians = contest({"gamesolve": local(many), "scipy": local(one_by_one)})
        each, theirs = medians["gamesolve"] / MANY, medians["scipy"] / FEW
        lines.append(
            Line(f"stage games, {m} by {n}", rate(1.0 / each, "games"), f"scipy's linprog {duration(theirs)} each",
                 f"{theirs / each:,.0f} times", f"{target} million games/s")
        )  # fmt: skip
    return lines


def sweeps(peers: Peers) -> list[Line]:
    """Value iteration to a bracket of 1e-6, against the same sweeps by scipy's linear programs, and on ten times as many states."""
    small, large = random_game(10_000, 0.9), random_game(100_000, 0.9)
    *_, last = itertools.takewhile(lambda sweep: sweep.gap > GAP, value_iteration(small))
    count = last.number + 1
    stages = [small.reward[0, first : first + ACTIONS * ACTIONS].reshape(ACTIONS, ACTIONS) for first in small.first[:FEW]]
    medians = contest(
        {
            "gamesolve": repeated(lambda: list(itertools.islice(value_iteration(small), 3))),
            "scipy": repeated(lambda: [by_scipy(stage) for stage in stages]),
        }
    )
    ours, theirs = medians["gamesolve"] / 3 / 10_000, medians["scipy"] / FEW
    tenfold = contest({"large": repeated(lambda: list(itertools.islice(value_iteration(large), 3)))}, rounds=3)["large"] / 3 / 100_000
    what = f"value iteration, 10,000 states of 5 by 5, to {GAP:g} ({count} sweeps)"
    return [
        Line(what, duration(ours * 10_000 * count), f"a loop over scipy's linprog {duration(theirs * 10_000 * count)}",
             f"{theirs / ours:,.0f} times", "300 times"),
        Line("one state of a sweep, of 100,000", duration(tenfold), f"of 10,000 {duration(ours)}", f"{tenfold / ours:.2f} times",
             "3 times at most"),
    ]  # fmt: skip


def fewer_sweeps(peers: Peers) -> list[Line]:
    """Stage games that policy iteration and value iteration solve at discount .99."""
    game, solved, seconds = random_game(1_000, 0.99), {}, {}
    for name, solver in (("policy", policy_iteration), ("value", value_iteration)):
        begun = time.process_time()
        last = next(sweep for sweep in solver(game) if sweep.gap <= GAP)
        solved[name], seconds[name] = last.solved, time.process_time() - begun
    return [
        Line("policy iteration, 1,000 states of 5 by 5, discount .99: stage games", f"{solved['policy']:,}",
             f"value iteration {solved['value']:,}", f"{solved['value'] / solved['policy']:.0f} times fewer", "5 times"),
        Line("the same: CPU time", duration(seconds["policy"]), f"value iteration {duration(seconds['value'])}",
             f"{seconds['value'] / seconds['policy']:.1f} times"),
    ]  # fmt: skip


def beliefs(peers: Peers) -> list[Line]:
    """HSVI on the stopping game of one stop and three alerts, discount .95, to a width of .01."""
    game = one_sided_game(gamesolve.load_game("stopping", stops=1, alerts=3, horizon=0, discount=0.95))
    seconds = contest({"hsvi": repeated(lambda: next(one for one in heuristic_search(game, width=0.01) if one.width <= 0.01))}, rounds=3)
    return [Line("HSVI, stopping (one stop, three alerts) to a width of .01", duration(seconds["hsvi"]), target="60 s")]


def by_scipy(game: np.ndarray) -> float:
    """The value of a matrix game f8 [m, n] by a linear program, as one would write it first."""
    m, n = game.shape
    found = linprog(
        np.append(np.zeros(m), -1.0),
        A_ub=np.hstack([-game.T, np.ones((n, 1))]),
        b_ub=np.zeros(n),
        A_eq=np.append(np.ones(m), 0.0)[None],
        b_eq=np.ones(1),
        bounds=[(0.0, None)] * m + [(None, None)],
        method="highs",
    )
    return float(found.x[m])
