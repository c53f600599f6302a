"""Two defenders who must meet: what independent learners are known to reach in climbing and penalty.

Papoudakis et al. 2021, table 3, divided by the 25 steps of an episode.
"""

import pytest
from coordination import CLIMBING, STEPS, matrix_game, penalty

from gamesolve.learners.learner import steps
from gamesolve.learners.ppo import PPO
from gamesolve.learners.settings import PPOSettings
from gamesolve.learners.task import Task, own_reward
from gamesolve.views.acting import PLAYING, RANDOMLY
from gamesolve.views.simulator import simulate

REACHED = {
    "climbing": (CLIMBING, 7.0),
    "penalty-0": (penalty(0.0), 10.0),
    "penalty-25": (penalty(-25.0), 2.0),
    "penalty-100": (penalty(-100.0), 2.0),
}


def reached(payoff, seed, **chosen):
    """What a team of independent learners earns a step in the end, playing its likeliest actions."""
    game = matrix_game(payoff)
    task = Task(game, "defender", (PLAYING, PLAYING, RANDOMLY), own_reward("defender"))
    learner = PPO(task, budget=200_000, seed=seed, settings=PPOSettings(memory="last", **chosen))
    for _ in steps(learner):
        pass
    policy = learner.policy().made_greedy
    return simulate(game, [policy.acting(game, 0), policy.acting(game, 1), RANDOMLY], episodes=2).mean[0] / STEPS


@pytest.mark.slow
@pytest.mark.parametrize("name", list(REACHED))
def test_independent_learners_reach_the_published_payoffs_on_ten_seeds(name, record_property):
    payoff, least = REACHED[name]
    found = [reached(payoff, seed, sharing="separate") for seed in range(10)]
    record_property(f"seeds of ten that reach {least:g} a step in {name}", int(sum(one >= least - 1e-6 for one in found)))
    assert min(found) >= least - 1e-6


def test_independent_learners_climb_to_a_safe_payoff():
    assert reached(CLIMBING, 0, sharing="separate") >= 7.0 - 1e-6
