"""Rows of the speed table on learning: decisions a second, on one core, with 2x64 networks, 2 epochs and minibatches of 2,048."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

import gamesolve
from gamesolve.analyses.contest import Contestant, local
from gamesolve.analyses.speed_game import speed_game
from gamesolve.learners.ppo import PPO
from gamesolve.learners.settings import PPOSettings
from gamesolve.learners.task import Task
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.rules.game import Game
from gamesolve.views.simulator import TOGETHER, Simulator

STATED = {"epochs": 2, "minibatch": 2_048, "rollout": 16_384, "batch": 512, "hidden": (64, 64)}
#: More decisions than any measurement makes.
FOREVER = 2**62


def learner(game: Game, role: str = "defender", *, seed: int = 0, **chosen: object) -> PPO:
    """PPO of a role against random play, with the settings that the table states."""
    other = ScriptedPolicy.named(game, "attacker" if role == "defender" else "defender", "random")
    settings = PPOSettings(**{"memory": "last", **STATED, **chosen})  # type: ignore[arg-type]
    return PPO(Task.against(game, role, other), budget=FOREVER, settings=settings, seed=seed)


def update_alone(one: PPO) -> Contestant:
    """The passes over a rollout that is there already."""
    n, _ = one.collector.collect(one.decide, look=one.actor_critic.look)

    def work(count: int) -> None:
        for _ in range(count):
            one._learn(n, 0.0)

    return local(work)


def acting_alone(features: int, actions: int, batch: int = 256) -> Contestant:
    """Actor, critic, mask and sample on batches, as the learner acts."""
    one = learner(speed_game(features - 1, actions), batch=batch)
    rows, members = np.arange(batch), np.zeros(batch, np.int32)
    one.arena.see(rows, members, one.collector.rollout.inputs[:batch], one.collector.rollout.masks[:batch])

    def work(count: int) -> None:
        for _ in range(count):
            one.decide(slice(0, batch), rows, members)

    return local(work)


def frozen_networks(game: Game, count: int) -> Simulator:
    """As many episodes as an evaluation plays at once, between two mixtures of `count` networks; one agent a role."""
    acting = []
    for i, agent in enumerate(game.agents):
        networks = [learner(game, agent.role, seed=k, batch=1, rollout=64).policy() for k in range(count)]
        acting.append(Mixture(tuple(networks), np.full(count, 1.0 / count)).acting(game, i))
    return Simulator(game, TOGETHER, seed=1, acting=acting)


#: What is learnt, and the target in thousand decisions a second.
GAMES: dict[str, tuple[Callable[[], Game], int]] = {
    "64 features, 20 actions": (partial(speed_game, 63, 20), 100),
    "128 features, 145 actions": (partial(speed_game, 127, 145), 55),
    "cage2, 235 features and 145 actions": (partial(gamesolve.load_game, "cage2"), 50),
    "30-node attack graph": (partial(gamesolve.load_game, "attack_graph", graph="random_30", horizon=10), 45),
}
