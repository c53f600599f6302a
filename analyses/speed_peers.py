"""The other libraries' side of the benchmark: a worker that times blocks of work on request.

`analyses/speed.py` starts it with the interpreter of the peers' own environment, so it imports
nothing of gamesolve. A request is one line of JSON, `{"task", "game", "count"}`; the answer is one
line, `{"seconds"}`, the CPU seconds of `count` repetitions. Whatever a task needs first (loading the
game, building a solver) is made once and not timed, unless making it is the task.
"""

from __future__ import annotations

import functools
import importlib.metadata
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable

Task = Callable[[int], None]


def openspiel_cfr_plus(name: str) -> Task:
    """Iterations of OpenSpiel's C++ CFR+ (both players updated, averages included)."""
    import pyspiel

    solver = pyspiel.CFRPlusSolver(pyspiel.load_game(name))

    def iterate(count: int) -> None:
        for _ in range(count):
            solver.evaluate_and_update_policy()

    return iterate


def openspiel_solve(name: str) -> Task:
    """One solution by OpenSpiel's C++ CFR+ in `count` iterations, its solver built first; nothing is checked on the way."""
    import pyspiel

    game = pyspiel.load_game(name)

    def solve(count: int) -> None:
        solver = pyspiel.CFRPlusSolver(game)
        for _ in range(count):
            solver.evaluate_and_update_policy()

    return solve


def openspiel_exploitability(name: str) -> Task:
    """OpenSpiel's C++ exploitability of the uniform policy."""
    import pyspiel

    game = pyspiel.load_game(name)
    policy = pyspiel.UniformRandomPolicy(game)

    def measure(count: int) -> None:
        for _ in range(count):
            pyspiel.exploitability(game, policy)

    return measure


def liteefg_cfr_plus(name: str) -> Task:
    """Iterations of LiteEFG's CFR+ baseline on one thread (both players updated, then the averages)."""
    import LiteEFG
    import pyspiel
    from LiteEFG.baselines import CFRplus

    LiteEFG.set_threads(1)
    graph = CFRplus.graph()
    environment = LiteEFG.OpenSpielEnv(pyspiel.load_game(name), traverse_type="Enumerate", regenerate=True)
    environment.set_graph(graph)

    def iterate(count: int) -> None:
        for _ in range(count):
            graph.update_graph(environment)
            environment.update_strategy(graph.current_strategy())

    return iterate


def openspiel_psro(name: str) -> Task:
    """A number of iterations of OpenSpiel's psro_v2: exact oracles, Nash meta-solver, 1,000 sampled games an entry, from uniform play."""
    import pyspiel
    from open_spiel.python import policy
    from open_spiel.python.algorithms.psro_v2 import best_response_oracle, psro_v2

    game = pyspiel.load_game(name)

    def iterate(count: int) -> None:
        solver = psro_v2.PSROSolver(
            game, best_response_oracle.BestResponseOracle(game=game, policy=None),
            initial_policies=[policy.TabularPolicy(game) for _ in range(2)], sims_per_entry=1_000, meta_strategy_method="nash",
            rectifier="", training_strategy_selector="probabilistic", symmetric_game=False,
        )  # fmt: skip
        for _ in range(count):
            solver.iteration()

    return iterate


TASKS = {f.__name__: f for f in (openspiel_cfr_plus, openspiel_solve, openspiel_exploitability, openspiel_psro, liteefg_cfr_plus)}


@functools.cache
def task(name: str, game: str) -> Task:
    """The task made ready for a game, once."""
    return TASKS[name](game)


def versions() -> dict[str, str]:
    """Versions of the libraries that are installed here."""
    found = {d.metadata["Name"].replace("-", "_"): d.version for d in importlib.metadata.distributions()}
    return {name: found[name] for name in ("open_spiel", "LiteEFG") if name in found}


def main() -> None:
    """Answer requests until the input ends."""
    # Libraries print to stdout and write under the home folder; both are kept away from the answers and the user.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    with tempfile.TemporaryDirectory() as home:
        os.environ["HOME"] = home
        print(json.dumps(versions()), file=answers, flush=True)
        for line in sys.stdin:
            request = json.loads(line)
            run = task(request["task"], request["game"])
            start = time.process_time()
            run(request["count"])
            print(json.dumps({"seconds": time.process_time() - start}), file=answers, flush=True)


if __name__ == "__main__":
    main()
