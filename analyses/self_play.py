"""How near to an equilibrium of leduc poker does self-play from samples come, ours in five minutes of one core, and OpenSpiel's learners?

`python -m gamesolve.analyses.self_play` lets magnetic mirror descent with the settings of `--method mmd` play itself with three seeds and
writes `analyses/self_play.md`. The exploitability (NashConv / 2, in chips an episode) is exact: the policies are asked at every
information set of the tree. Marks are a row each of `analyses/self_play.csv`; a seed whose rows are there is not done again. Seconds are of
the process, compiling and the measurement of marks included.

Beside it, at equal samples, play OpenSpiel's own learners in PyTorch, with the settings of OpenSpiel's examples: NFSP (Heinrich and Silver
2016; `nfsp_leduc_pytorch.py`, whose average policies are measured) and PPO (`ppo_example.py`), which is for one agent, so that each player
has one of its own to which the other is part of the environment; as for MMD, the policies there are in the end are measured. A sample is a
decision of any player. MMD's schedules depend on the budget, so it has runs of its own here; NFSP's settings are meant for 20 million
episodes. The games are the same: OpenSpiel's learners play `leduc_poker` through its Python environment, ours plays its compiled simulator.
"""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from open_spiel.python.algorithms.exploitability import nash_conv
from open_spiel.python.policy import tabular_policy_from_callable
from open_spiel.python.pytorch.ppo import PPO, PPOAgent
from open_spiel.python.rl_agent import StepOutput
from open_spiel.python.rl_environment import ChanceEventSampler, Environment, TimeStep

import gamesolve
from gamesolve.base.errors import GamesolveError
from gamesolve.base.executors import cores, in_order, open_workers, or_raised
from gamesolve.learners.self_play import SelfPlay
from gamesolve.solvers.best_response import exploitability, uniform

REPORT, ROWS = Path(__file__).with_suffix(".md"), Path(__file__).with_suffix(".csv")
BUDGET, MARKS, SEEDS = 24_000_000, 6, 3
#: Decisions after which our learner and OpenSpiel's are compared.
EQUAL = 500_000
#: Of OpenSpiel's `nfsp_leduc_pytorch.py`.
NFSP_SETTINGS: dict[str, Any] = {
    "hidden_layers_sizes": [128],
    "replay_buffer_capacity": 200_000,
    "reservoir_buffer_capacity": 2_000_000,
    "min_buffer_size_to_learn": 1_000,
    "anticipatory_param": 0.1,
    "batch_size": 128,
    "learn_every": 64,
    "rl_learning_rate": 0.01,
    "sl_learning_rate": 0.01,
    "optimizer_str": "sgd",
    "loss_str": "mse",
    "update_target_network_every": 19_200,
    "discount_factor": 1.0,
    "epsilon_decay_duration": 20_000_000,
    "epsilon_start": 0.06,
    "epsilon_end": 0.001,
}
#: Of OpenSpiel's `ppo_example.py`, where they are not PPO's defaults. Its 8 environments of 128 steps are one of 1,024, as players do not
#: come to their turns in step.
PPO_SETTINGS: dict[str, Any] = {"num_envs": 1, "steps_per_batch": 1_024, "clip_coef": 0.1}

#: Decisions made so far, and what measures the exploitability of the policies there are.
Step = tuple[int, Callable[[], float]]


class Row(NamedTuple):
    """A mark of a run: what it came to after so many decisions, and in how many seconds of one core."""

    method: str
    budget: int
    seed: int
    decisions: int
    exploitability: float
    seconds: int


def mmd(budget: int, seed: int) -> Iterator[Step]:
    """Our self-play, update by update."""
    game = gamesolve.load_game("leduc")
    tree, play = gamesolve.build_tree(game), SelfPlay(game, "mmd", budget=budget, seed=seed)

    def measured() -> float:
        zero, one = (policy.behaviour_on(tree) for policy in play.policies())
        return exploitability(tree, (zero, one))

    while True:
        play.iterate()
        yield play.decisions, measured


def nfsp(budget: int, seed: int) -> Iterator[Step]:
    """OpenSpiel's neural fictitious self-play, episode by episode; its settings know no budget.

    Raises:
        GamesolveError: dm-tree is not installed, which OpenSpiel imports here without asking for it.
    """
    try:
        from open_spiel.python.pytorch.nfsp import MODE, NFSP
    except ImportError as error:
        raise GamesolveError(f"OpenSpiel's NFSP cannot be imported ({error}); it needs dm-tree: pip install dm-tree") from error
    environment = leduc(seed)
    features, actions = sizes(environment)
    agents = [NFSP(player, features, actions, seed=seed, **NFSP_SETTINGS) for player in (0, 1)]

    def average(player: int, time_step: TimeStep) -> Any:
        with agents[player].temp_mode_as(MODE.AVERAGE_POLICY):
            return agents[player].step(time_step, is_evaluation=True).probs

    yield from episodes(environment, agents, average)


def ppo(budget: int, seed: int) -> Iterator[Step]:
    """OpenSpiel's PPO, one for each player, episode by episode."""
    # It draws from the global streams of both libraries, and takes no seed.
    torch.manual_seed(seed)
    np.random.seed(seed)
    environment = leduc(seed)
    agents = [OwnTurns(environment, player, budget) for player in (0, 1)]
    yield from episodes(environment, agents, lambda player, time_step: agents[player].probabilities(time_step))


class OwnTurns:
    """OpenSpiel's PPO for one of two players: an environment's step lasts from one of its turns to the next."""

    def __init__(self, environment: Environment, player: int, budget: int) -> None:
        """
        Args:
            budget: decisions of both players, over which the learning rate falls to nothing, as in the example.
        """
        features, actions = sizes(environment)
        self._ppo = PPO((features,), actions, 2, player, agent_fn=PPOAgent, **PPO_SETTINGS)
        self._updates, self._has_moved = max(budget // 2 // self._ppo.steps_per_batch, 1), False

    def step(self, time_step: TimeStep) -> StepOutput | None:
        """Learn from what the last turn has led to, and move, unless the episode is over."""
        ppo, over = self._ppo, time_step.last()
        if self._has_moved:
            # Leduc pays at the end only: no reward falls between two turns.
            ppo.post_step([time_step.rewards[ppo.player_id]], [over])
            if ppo.cur_batch_idx == ppo.steps_per_batch:
                ppo.anneal_learning_rate(min(ppo.updates_done, self._updates - 1), self._updates)
                ppo.learn([time_step])
        self._has_moved = not over
        return None if over else ppo.step([time_step])[0]

    def probabilities(self, time_step: TimeStep) -> Any:
        """Of each action now: f4 [A]."""
        return self._ppo.step([time_step], is_evaluation=True)[0].probs.numpy()


def leduc(seed: int) -> Environment:
    """OpenSpiel's environment; PyTorch computes in one thread from here on."""
    torch.set_num_threads(1)
    return Environment("leduc_poker", chance_event_sampler=ChanceEventSampler(seed=seed))


def sizes(environment: Environment) -> tuple[int, int]:
    """Of an information state and of the actions: (F, A)."""
    return environment.observation_spec()["info_state"][0], environment.action_spec()["num_actions"]


def episodes(environment: Environment, agents: list[Any], probabilities: Callable[[int, TimeStep], Any]) -> Iterator[Step]:
    """OpenSpiel's agents learn from each other, as in its examples.

    Args:
        probabilities: of each action, in the policy of a player that is measured: f4 [A].
    """

    def behaviour(state: Any) -> dict[int, float]:
        environment.set_state(state)
        found = probabilities(state.current_player(), environment.get_time_step())
        return {action: float(found[action]) for action in state.legal_actions()}

    def measured() -> float:
        return float(nash_conv(environment.game, tabular_policy_from_callable(environment.game, behaviour))) / 2

    decisions = 0
    while True:
        time_step = environment.reset()
        while not time_step.last():
            time_step = environment.step([agents[time_step.current_player()].step(time_step).action])
            decisions += 1
        for agent in agents:
            agent.step(time_step)
        yield decisions, measured


METHODS: dict[str, Callable[[int, int], Iterator[Step]]] = {"mmd": mmd, "nfsp": nfsp, "ppo": ppo}
NAMES = {"mmd": "MMD, gamesolve", "nfsp": "NFSP, OpenSpiel", "ppo": "PPO, OpenSpiel"}


def played(method: str, budget: int, seed: int, marks: int) -> list[Row]:
    """A run: its marks, in equal parts of the budget."""
    begun, rows = time.process_time(), list[Row]()
    for decisions, measured in METHODS[method](budget, seed):
        if decisions * marks // budget > len(rows):
            rows.append(Row(method, budget, seed, decisions, round(measured(), 4), round(time.process_time() - begun)))
        if len(rows) == marks:
            break
    return rows


def runs() -> list[tuple[str, int, int, int]]:
    """All that there shall be: method, budget, seed, marks."""
    return [("mmd", BUDGET, seed, MARKS) for seed in range(SEEDS)] + [
        (method, EQUAL, seed, 1) for method in METHODS for seed in range(SEEDS)
    ]


def known() -> list[Row]:
    """The rows that are there."""
    if not ROWS.is_file():
        return []
    kinds = (str, int, int, int, float, int)
    with ROWS.open(newline="") as file:
        return [Row(*(kind(row[name]) for kind, name in zip(kinds, Row._fields, strict=True))) for row in csv.DictReader(file)]


def line(what: str, rows: list[Row]) -> str:
    """What several seeds came to, as a line of a table."""
    found = [row.exploitability for row in rows]
    minutes, each = max(row.seconds for row in rows) / 60, ", ".join(f"{one:.3f}" for one in found)
    return f"| {what} | {minutes:.1f} | {each} | {np.median(found):.3f} |"


def written(rows: list[Row]) -> str:
    """The report."""
    tree = gamesolve.build_tree(gamesolve.load_game("leduc"))
    random = exploitability(tree, (uniform(tree.decisions[0]), uniform(tree.decisions[1])))
    own = [row for row in rows if (row.method, row.budget) == ("mmd", BUDGET)]
    by_mark = [[row for row in own if row.decisions * MARKS // BUDGET == mark] for mark in range(1, MARKS + 1)]
    by_method = [[row for row in rows if (row.method, row.budget) == (method, EQUAL)] for method in METHODS]
    head = "minutes of one core, the slowest seed | exploitability of each seed | median |"
    return "\n".join(
        [
            "# Self-play from samples on leduc poker",
            "",
            *(__doc__ or "").strip().splitlines()[2:],
            "",
            f"Uniform play is {random:.3f} exploitable.",
            "",
            f"| decisions of MMD | {head}",
            "|---|---|---|---|",
            *(line(f"{mark[0].decisions / 1e6:.0f} million", mark) for mark in by_mark if mark),
            "",
            f"At equal samples, {EQUAL:,} decisions:",
            "",
            f"| method | decisions of the first seed | {head}",
            "|---|---|---|---|---|",
            *(line(f"{NAMES[found[0].method]} | {found[0].decisions:,}", found) for found in by_method if found),
            "",
        ]
    )


def main() -> None:
    """Do what is missing, and write the report."""
    rows = known()
    missing = [run for run in runs() if sum(row[:3] == run[:3] for row in rows) < run[3]]
    rows = [row for row in rows if row[:3] not in [run[:3] for run in missing]]
    with open_workers(min(cores(), max(len(missing), 1)), limit=7200.0) as workers:
        for found in in_order(workers, played, missing):
            rows = sorted([*rows, *or_raised(found)])
            with ROWS.open("w", newline="") as file:
                csv.writer(file).writerows([Row._fields, *rows])
    REPORT.write_text(written(rows), encoding="utf-8")


if __name__ == "__main__":
    try:
        main()
    except GamesolveError as error:
        sys.exit(f"self_play: {error}")
