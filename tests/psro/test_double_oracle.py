"""Double oracle algorithms on trees: published counts, agreement with the linear program, and what they go on from."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_trees import KUHN, LEDUC, goofspiel, liars_dice, matrix_tree, openspiel_tree, random_tree

from gamesolve.base.errors import GamesolveError
from gamesolve.psro.double_oracle import DoubleOracleState, double_oracle
from gamesolve.psro.extensive_double_oracle import XDOState, extensive_double_oracle
from gamesolve.solvers.best_response import exploitability, float_tolerance
from gamesolve.solvers.sequence_form import solve_lp

METHODS = {"psro": (double_oracle, DoubleOracleState), "xdo": (extensive_double_oracle, XDOState)}


def course(tree, method, gap=1e-6):
    """Exploitability after each iteration, until it is at most `gap` or no response gains; and the last step."""
    found = []
    for step in method(tree):
        found.append(step.exploitability)
        if step.exploitability <= gap:
            break
    return found, step


def reached(found, level):
    """The first iteration after which exploitability is at most `level`."""
    return next(k for k, gap in enumerate(found, 1) if gap <= level)


@pytest.mark.parametrize(("game", "most"), [(KUHN, 10), (goofspiel(4), 14)])
def test_small_games_are_solved_in_a_few_iterations(game, most):
    """OpenSpiel's double oracle runs (kuhn by iteration 10, goofspiel of four cards by 14)."""
    found, _ = course(openspiel_tree(game), double_oracle)
    assert found[-1] <= 1e-6
    assert len(found) <= most


def test_leduc_takes_some_hundred_policies():
    """NashConv (twice the exploitability) below .5 by iteration 70 and below .1 by 190; 0 within 450."""
    found, step = course(openspiel_tree(LEDUC), double_oracle)
    assert reached(found, 0.25) <= 70
    assert reached(found, 0.05) <= 190
    assert found[-1] <= 1e-6
    assert len(found) <= 450
    assert step.value.lower <= -0.085606424078 <= step.value.upper


def test_mixing_at_every_information_set_takes_far_fewer_iterations():
    found, step = course(openspiel_tree(LEDUC), extensive_double_oracle)
    assert found[-1] <= 1e-9
    assert len(found) <= 12
    assert step.value.lower <= -0.085606424078 <= step.value.upper


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("game", [KUHN, LEDUC, goofspiel(4), liars_dice(3)])
def test_what_is_said_of_a_step_is_true_of_its_profile(game, method):
    tree = openspiel_tree(game)
    for number, step in zip(range(12), METHODS[method][0](tree), strict=False):
        assert step.iteration == number + 1
        assert exploitability(tree, step.profile) == pytest.approx(step.exploitability, abs=4.0 * float_tolerance(tree))
        assert step.value.width == pytest.approx(2.0 * step.exploitability, abs=4.0 * float_tolerance(tree))


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_random_games_have_the_value_of_the_linear_program(method, seed):
    tree = random_tree(seed)
    *_, last = METHODS[method][0](tree)
    exact = solve_lp(tree).value
    assert last.final
    assert last.exploitability <= 1e-7 * tree.payoff_range + 4.0 * float_tolerance(tree)
    assert last.value.lower - 1e-7 * tree.payoff_range <= exact.upper
    assert exact.lower <= last.value.upper + 1e-7 * tree.payoff_range


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("after", [1, 2, 5])
def test_a_state_goes_on_to_the_same_bytes(method, after):
    tree = openspiel_tree(LEDUC)
    run, state = METHODS[method]
    steps = run(tree)
    for _ in range(after):
        middle = next(steps)
    whole = [next(steps) for _ in range(2)]
    again = run(tree, state=state.from_arrays(middle.state.arrays()))
    for one, other in zip(whole, [next(again) for _ in range(2)], strict=True):
        assert (one.iteration, one.value, one.exploitability) == (other.iteration, other.value, other.exploitability)
        for name, array in one.state.arrays().items():
            assert array.tobytes() == other.state.arrays()[name].tobytes()


@pytest.mark.parametrize("method", METHODS)
def test_a_run_at_its_end_has_nothing_to_go_on_with(method):
    run, _ = METHODS[method]
    *_, last = run(openspiel_tree(KUHN))
    assert list(run(openspiel_tree(KUHN), state=last.state)) == []


@pytest.mark.parametrize("method", METHODS)
def test_what_is_no_state_is_refused(method):
    run, state = METHODS[method]
    with pytest.raises(GamesolveError, match="this is no state"):
        state.from_arrays({"iteration": np.zeros(1)})
    with pytest.raises(GamesolveError, match="this tree has"):
        next(run(matrix_tree([[1.0, -1.0], [-1.0, 1.0]]), state=next(run(openspiel_tree(LEDUC))).state))


@pytest.mark.parametrize("method", METHODS)
def test_a_game_of_one_outcome_is_solved_at_once(method):
    (step,) = METHODS[method][0](matrix_tree([[2.0]]))
    assert (step.final, step.exploitability) == (True, 0.0)
    assert step.value.lower <= 2.0 <= step.value.upper


@pytest.mark.parametrize("method", METHODS)
def test_gains_too_small_for_the_linear_program_do_not_keep_a_run_going(method):
    """The best response gains 5e-10, less than HiGHS can tell, and is a plan that is there already."""
    tree = matrix_tree([[0.0, 0.0, 1.0], [5e-10, 5e-10, 0.0], [-1.0, -1.0, -1.0]])
    steps = list(zip(range(20), METHODS[method][0](tree), strict=False))
    assert len(steps) < 10
    assert steps[-1][1].final
    assert steps[-1][1].exploitability < 1e-9
