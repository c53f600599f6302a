"""OpenSpiel's own learners in self-play on leduc poker, beside which ours is measured: see `self_play.py`.

This is the one module that seeds the global streams of numpy and PyTorch: OpenSpiel's learners draw from them, and take no seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from open_spiel.python.algorithms.exploitability import nash_conv
from open_spiel.python.policy import tabular_policy_from_callable
from open_spiel.python.pytorch.ppo import PPO, PPOAgent
from open_spiel.python.rl_agent import StepOutput
from open_spiel.python.rl_environment import ChanceEventSampler, Environment, TimeStep

from gamesolve.base.errors import GamesolveError

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
