"""Meta-solvers: known answers, laws, and OpenSpiel's as referees on random meta-games."""

import importlib
import sys
import types

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from open_spiel.python.algorithms.projected_replicator_dynamics import projected_replicator_dynamics
from open_spiel.python.algorithms.regret_matching import regret_matching as openspiel_regret_matching
from open_spiel.python.egt import alpharank
from scipy.optimize import linprog

from gamesolve.base.errors import GamesolveError
from gamesolve.psro.alpha_rank import alpha_rank, fixation
from gamesolve.psro.dynamics import projected_replicator, regret_matching
from gamesolve.psro.meta_solvers import META_SOLVERS, meta_solver

ROCK_PAPER_SCISSORS = np.array([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]])


def meta_game(seed, *, zero_sum=False):
    """Payoffs f8 [2, D, K] of a random meta-game of up to 5 by 5 policies."""
    rng = np.random.default_rng(seed)
    one, two = rng.normal(size=(2, *rng.integers(1, 6, 2)))
    return np.stack([one, -one if zero_sum else two])


@pytest.mark.parametrize("name", list(META_SOLVERS))
def test_rock_paper_scissors_is_mixed_evenly(name):
    found = meta_solver(name)(np.stack([ROCK_PAPER_SCISSORS, -ROCK_PAPER_SCISSORS]))
    assert found.joint.sum() == pytest.approx(1.0)
    assert max(found.gains(np.stack([ROCK_PAPER_SCISSORS, -ROCK_PAPER_SCISSORS]))) <= 1e-6
    if name != "coarse_correlated":
        assert found.defender == pytest.approx([1 / 3] * 3)
        assert found.attacker == pytest.approx([1 / 3] * 3)


@pytest.mark.parametrize("name", list(META_SOLVERS))
@pytest.mark.parametrize("seed", range(5))
def test_what_is_found_is_a_distribution_over_profiles(name, seed):
    payoffs = meta_game(seed, zero_sum=name == "nash")
    joint = meta_solver(name)(payoffs).joint
    assert joint.shape == payoffs.shape[1:]
    assert (joint >= 0.0).all()
    assert joint.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("seed", range(10))
def test_regret_matching_and_linear_programming_agree_in_zero_sum_games(seed):
    payoffs = meta_game(seed, zero_sum=True)
    assert max(meta_solver("nash")(payoffs).gains(payoffs)) <= 1e-9
    assert max(regret_matching(payoffs, steps=50_000).gains(payoffs)) <= 0.02


@pytest.fixture
def openspiel_constraints(monkeypatch):
    """OpenSpiel's constraints of coarse correlated equilibria; its module imports cvxpy, which it does not install, for solving alone."""
    monkeypatch.setitem(sys.modules, "cvxpy", types.ModuleType("cvxpy"))
    return importlib.import_module("open_spiel.python.algorithms.jpsro")._cce_constraints


@pytest.mark.parametrize("seed", range(10))
def test_the_coarse_correlated_equilibrium_is_the_one_of_most_welfare_under_openspiels_constraints(seed, openspiel_constraints):
    """`_mwcce` of its JPSRO, with scipy in the place of cvxpy."""
    payoffs = meta_game(seed)
    constraints, _ = openspiel_constraints(payoffs, [0.0, 0.0], remove_null=True, zero_tolerance=1e-8)
    joint = meta_solver("coarse_correlated")(payoffs).joint
    assert (constraints @ joint.ravel()).max() <= 1e-7
    welfare = payoffs.sum(axis=0).ravel()
    ones = np.ones((1, joint.size))
    best = linprog(-welfare, A_ub=constraints, b_ub=np.zeros(len(constraints)), A_eq=ones, b_eq=np.ones(1))
    assert best.status == 0
    assert welfare @ joint.ravel() == pytest.approx(-best.fun, abs=1e-7)


@pytest.mark.parametrize("seed", range(10))
def test_the_projected_replicator_is_openspiels(seed):
    payoffs = meta_game(seed)
    found = projected_replicator(payoffs, steps=2_000, size=0.01, least=0.001)
    theirs = projected_replicator_dynamics(list(payoffs), prd_iterations=2_000, prd_dt=0.01, prd_gamma=0.001)
    assert found.defender == pytest.approx(theirs[0], abs=1e-9)
    assert found.attacker == pytest.approx(theirs[1], abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_regret_matching_comes_to_what_openspiels_comes_to_in_zero_sum_games(seed):
    payoffs = meta_game(seed, zero_sum=True)
    theirs = openspiel_regret_matching(list(payoffs), iterations=5_000)
    mine = regret_matching(payoffs, steps=5_000)
    value = theirs[0] @ payoffs[0] @ theirs[1]
    assert mine.defender @ payoffs[0] @ mine.attacker == pytest.approx(value, abs=0.05)


@pytest.mark.parametrize("alpha", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("seed", range(10))
def test_alpha_rank_is_openspiels(seed, alpha):
    # Where selection is stronger, OpenSpiel refuses chains whose rates underflow.
    payoffs = np.random.default_rng(seed).normal(size=(2, 2 + seed % 3, 2 + seed % 4))
    _, _, theirs, *_ = alpharank.compute(list(payoffs), m=20, alpha=alpha)
    assert alpha_rank(payoffs, alpha=alpha, population=20).joint.ravel() == pytest.approx(np.asarray(theirs), abs=1e-8)


@pytest.mark.parametrize("seed", range(5))
def test_alpha_rank_settles_as_selection_grows_without_bound(seed):
    payoffs = meta_game(seed)
    strong, stronger = (alpha_rank(payoffs, alpha=alpha).joint for alpha in (1e4, 1e5))
    assert strong.sum() == pytest.approx(1.0)
    assert stronger == pytest.approx(strong, abs=1e-6)


@settings(deadline=None)
@given(st.floats(-30, 30), st.integers(2, 20))
def test_fixation_is_the_published_formula(u, population):
    found = float(fixation(np.array(u), population))
    expected = 1.0 / population if abs(u) < 1e-9 else np.expm1(-u) / np.expm1(-population * u)
    assert found == pytest.approx(expected, rel=1e-6)


def test_strong_selection_ranks_the_profile_that_nobody_leaves_first():
    # A prisoners' dilemma: only mutual defection is stable.
    one = np.array([[3.0, 0.0], [5.0, 1.0]])
    assert alpha_rank(np.stack([one, one.T]), alpha=1_000.0).joint[1, 1] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("payoffs", "words"),
    [
        ([[1.0]], r"shape \(1, 1\)"),
        (np.zeros((2, 0, 3)), r"shape \(2, 0, 3\)"),
        ([[[1.0, float("nan")]], [[0.0, 0.0]]], r"payoff \[0, 0, 1\] of a meta-game is nan"),
    ],
)
def test_what_is_no_meta_game_is_refused(payoffs, words):
    for solver in META_SOLVERS.values():
        with pytest.raises(GamesolveError, match=words):
            solver(payoffs)


def test_nash_refuses_payoffs_that_do_not_cancel():
    with pytest.raises(GamesolveError, match="add to 2, not to 0"):
        meta_solver("nash")(np.ones((2, 2, 2)))


def test_unknown_meta_solvers_are_answered_with_the_nearest():
    with pytest.raises(GamesolveError, match=r"unknown meta-solver 'nahs' \(did you mean 'nash'\?\)"):
        meta_solver("nahs")
