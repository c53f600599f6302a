"""Stochastic games of the literature as plain data, with what is known of them."""

from __future__ import annotations

from typing import Any

import numpy as np


def recursive(discount: float) -> dict[str, Any]:
    """Everett's kind of recursive game: v = val [[discount v, 1], [1, 0]], so v = (1 - sqrt(1 - discount)) / discount."""
    rows = [[{"play": 1.0}, {"over": 1.0}], [{"over": 1.0}, {"over": 1.0}]]
    play = {"actions": [["wait", "go"], ["wait", "go"]], "rewards": [[0, 1], [1, 0]], "transitions": rows}
    return {"discount": discount, "start": "play", "states": {"play": play, "over": {}}}


def big_match(discount: float) -> dict[str, Any]:
    """The Big Match (Blackwell and Ferguson 1968), rewards times 1 - discount: its value is 1/2 for every discount."""

    def forever(reward: float, name: str) -> dict[str, Any]:
        return {"actions": [["stay"], ["stay"]], "rewards": [[reward * (1.0 - discount)]], "transitions": [[{name: 1.0}]]}

    rows = [[{"play": 1.0}, {"play": 1.0}], [{"one": 1.0}, {"nothing": 1.0}]]
    rewards = [[0.0, 1.0 - discount], [1.0 - discount, 0.0]]
    play = {"actions": [["go on", "stop"], ["left", "right"]], "rewards": rewards, "transitions": rows}
    return {"discount": discount, "start": "play", "states": {"play": play, "one": forever(1.0, "one"), "nothing": forever(0.0, "nothing")}}


def moving_target(discount: float) -> dict[str, Any]:
    """Moving-target defence in a cloud, toy version (Chowdhary, Sengupta, Huang, Kambhampati 2019): rows are the defender's here."""
    #: Rewards of the defender and next states, by the attacker's action (row) and the defender's (column).
    rewards = {1: [[0, -3], [-5, 5]], 2: [[0, -2, -3], [-7, 5, -9], [-10, -10, 7]], 3: [[0, -2], [-10, 8]]}
    leads = {
        1: [[(0, 0.5, 0.5, 0), (0, 0.9, 0.1, 0)]],
        2: [[(0, 0, 0.3, 0.7), (0, 0.3, 0.1, 0.6), (0, 0, 0.4, 0.6)], [(0, 0, 0.4, 0.6), (0, 0, 0.3, 0.7), (0, 0.5, 0.1, 0.4)]],
        3: [[(0.8, 0, 0, 0.2), (0.4, 0.4, 0, 0.2)]],
    }
    states: dict[str, Any] = {"0": {"actions": [["none"], ["none"]], "rewards": [[-20]], "transitions": [[{"0": 1.0}]]}}
    for s, table in rewards.items():
        stays = [[tuple(1.0 if k == s else 0.0 for k in range(4))] * len(table[0])]
        rows = [*stays, *leads[s]]
        columns = range(len(table[0]))
        states[str(s)] = {
            "actions": [[f"monitor {j}" for j in columns], [f"exploit {i}" for i in range(len(table))]],
            "rewards": [[table[i][j] for i in range(len(table))] for j in columns],
            "transitions": [
                [{str(k): chance for k, chance in enumerate(rows[i][j]) if chance} for i in range(len(table))] for j in columns
            ],
        }
    return {"discount": discount, "start": "1", "states": states}


def intrusion_detection() -> dict[str, Any]:
    """Policy-based IDS configuration, scenario 1 (Zhu and Basar 2009): damage, which the defender minimises, without a discount."""
    damage = {"healthy": [[0, 1], [0.5, 0]], "compromised": [[1, 2], [1.5, 1]], "failure": [[1, 3], [2.5, 1]]}
    leads = {
        "healthy": ({"healthy": 1.0}, {"compromised": 0.2, "healthy": 0.8}),
        "compromised": ({"healthy": 0.8, "compromised": 0.2}, {"failure": 0.2, "compromised": 0.8}),
        "failure": ({"compromised": 0.8, "failure": 0.2}, {"failure": 1.0}),
    }
    states = {
        name: {
            "actions": [["defend 1", "defend 2"], ["attack 1", "attack 2"]],
            "rewards": [[-float(one) for one in row] for row in table],
            "transitions": [[leads[name][int(i != j)] for j in range(2)] for i in range(2)],
        }
        for name, table in damage.items()
    }
    return {"discount": 1.0, "start": "healthy", "states": states}


def random_stochastic_game(rng: np.random.Generator, states: int = 6, discount: float = 0.9) -> dict[str, Any]:
    """A zero-sum game of states with one to three actions each, two successors a joint action."""
    names = [f"s{k}" for k in range(states)]
    table: dict[str, Any] = {}
    for name in names:
        m, n = (int(k) for k in rng.integers(1, 4, 2))
        rows = [[dict(zip(rng.choice(names, 2, replace=False).tolist(), (0.25, 0.75), strict=True)) for _ in range(n)] for _ in range(m)]
        actions = [[f"d{i}" for i in range(m)], [f"k{j}" for j in range(n)]]
        table[name] = {"actions": actions, "rewards": rng.normal(size=(m, n)).round(3).tolist(), "transitions": rows}
    return {"discount": discount, "start": names[0], "states": table}
