"""Self-play against opponents of the past, in rock, paper, scissors: what learns against the latest alone goes round in circles."""

from __future__ import annotations

import numpy as np
import pytest
from bimatrix import ROCK_PAPER_SCISSORS, bimatrix

from gamesolve.learners.learner import steps
from gamesolve.learners.settings import TabularSettings
from gamesolve.learners.tabular import TabularQ
from gamesolve.learners.task import Task
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.rules.game import ROLES
from gamesolve.solvers.best_response import exploitability
from gamesolve.views.tree_build import build_tree

#: All episodes of a training at once.
WIDE = TabularSettings(batch=4_096)


@pytest.fixture(scope="module")
def game():
    return bimatrix(ROCK_PAPER_SCISSORS)


def self_play(game, iterations, opponents):
    """Behaviours f8 [iterations, 4] of both roles that learn at the same time, each against what `opponents` makes of the other's past."""
    tree, past = build_tree(game), [[ScriptedPolicy.named(game, role, "random")] for role in ROLES]
    for k in range(iterations):
        found = []
        for index, role in enumerate(ROLES):
            learner = TabularQ(Task.against(game, role, opponents(past[1 - index])), budget=4_096, settings=WIDE, seed=2 * k + index)
            for _ in steps(learner):
                pass
            found.append(learner.policy())
        for index in (0, 1):
            past[index].append(found[index])
    return tree, [np.array([policy.behaviour_on(tree) for policy in policies[1:]]) for policies in past]


def test_against_the_latest_opponent_it_cycles(game):
    tree, played = self_play(game, 12, lambda past: past[-1])
    for zero, one in zip(*played, strict=True):
        assert exploitability(tree, (zero, one)) == pytest.approx(1.0)
    # Whoever answers the latest plays all three, and what it played three rounds of answers ago comes back.
    assert {int(one[1:].argmax()) for one in played[0][2:]} == {0, 1, 2}
    assert any(np.array_equal(played[0][k], played[0][k + 6]) for k in range(1, 6))


def test_against_all_past_opponents_alike_it_comes_to_an_equilibrium(game):
    """Exploitability below .05 (learning.md): fictitious play (Brown 1951) with learned responses."""

    def all_alike(past):
        return Mixture(tuple(past), np.full(len(past), 1.0 / len(past)))

    tree, played = self_play(game, 400, all_alike)
    assert exploitability(tree, (played[0].mean(axis=0), played[1].mean(axis=0))) < 0.05
