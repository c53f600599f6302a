"""Counterfactual regret minimisation: published values and iteration counts, resumption, what is refused."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_trees import (
    KUHN,
    LEDUC,
    LEDUC_ISOMORPHIC,
    LIARS_DICE,
    goofspiel,
    liars_dice,
    matrix_tree,
    openspiel_tree,
    random_tree,
    with_payoff,
)

from gamesolve.base.errors import GamesolveError
from gamesolve.solve.watch import Certificate
from gamesolve.solvers import cfr as counterfactual
from gamesolve.solvers import layout
from gamesolve.solvers.best_response import exploitability, float_tolerance
from gamesolve.solvers.cfr import VARIANTS, CFRState, cfr, every_iteration, sparse
from gamesolve.solvers.sequence_form import solve_lp

# Values to the first player: Kuhn 1950; the others by OpenSpiel's sequence-form linear programs.
VALUES = {
    KUHN: -1 / 18,
    LEDUC: -0.085606424078,
    LEDUC_ISOMORPHIC: -0.085606424078,
    liars_dice(3): 1 / 9,
    liars_dice(4): 1 / 16,
    goofspiel(4): 0.0,
}


def step_at(tree, variant, iteration, **arguments):
    return next(cfr(tree, variant, check=lambda _: iteration, **arguments))


def exact_response(tree, role, behaviour) -> Fraction:
    """What a best response of `role` earns against a behaviour of the other, in rational arithmetic."""
    other, own = tree.decisions[1 - role], tree.decisions[role]
    plan = [Fraction(1)] * other.sequences
    for i in range(other.information_sets):
        owned = range(other.first[i], other.first[i + 1])
        total = sum(Fraction(behaviour[q]) for q in owned)
        for q in owned:
            plan[q] = plan[other.parent[i]] * Fraction(behaviour[q]) / total
    payoffs, sign = (tree.payoffs, 1) if role == 0 else (tree.transposed, -1)
    values = [
        sign
        * sum((Fraction(payoffs.value[k]) * plan[payoffs.column[k]] for k in range(payoffs.start[r], payoffs.start[r + 1])), Fraction(0))
        for r in range(own.sequences)
    ]
    for i in reversed(range(own.information_sets)):
        values[own.parent[i]] += max(values[own.first[i] : own.first[i + 1]])
    return values[0]


def same_bytes(one: CFRState, other: CFRState) -> bool:
    pairs = zip(one.arrays().items(), other.arrays().items(), strict=True)
    return all(a[0] == b[0] and a[1].tobytes() == b[1].tobytes() for a, b in pairs)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("game", VALUES)
def test_brackets_close_in_on_the_published_value(game, variant):
    tree = openspiel_tree(game)
    bound = step_at(tree, variant, 500).value
    assert bound.lower <= VALUES[game] + 1e-12
    assert VALUES[game] - 1e-12 <= bound.upper
    assert bound.width < (0.06 if variant == "cfr" else 0.003) * tree.payoff_range


# To 1e-3 of the payoff range, counted with independent implementations; fewer are better.
@pytest.mark.parametrize(("game", "iterations"), [(LEDUC, 64), (goofspiel(5), 289), (liars_dice(4), 102), (liars_dice(5), 144)])
def test_cfr_plus_needs_no_more_iterations_than_other_implementations(game, iterations):
    tree = openspiel_tree(game)
    assert step_at(tree, "cfr+", iterations).exploitability <= 1e-3 * tree.payoff_range


# To 1e-4 of the payoff range.
@pytest.mark.parametrize(
    ("game", "variant", "iterations"),
    [(LEDUC, "dcfr", 182), (LEDUC, "cfr+", 289), (LEDUC, "pcfr+", 325), (liars_dice(5), "dcfr", 229), (liars_dice(5), "cfr+", 461),
     (liars_dice(5), "pcfr+", 1045), (goofspiel(5), "pcfr+", 654), (goofspiel(5), "cfr+", 2674), (goofspiel(5), "dcfr", 1486)],
)  # fmt: skip
def test_every_variant_needs_no_more_iterations_than_other_implementations(game, variant, iterations):
    tree = openspiel_tree(game)
    steps = itertools.islice(cfr(tree, variant, check=every_iteration), iterations)
    assert any(step.exploitability <= 1e-4 * tree.payoff_range for step in steps)


@pytest.mark.slow
def test_all_variants_find_the_value_of_liars_dice():
    # -7/258, to twelve digits by exact arithmetic on the linear program.
    tree = openspiel_tree(LIARS_DICE)
    for variant in ("cfr+", "dcfr", "pcfr+"):
        bound = step_at(tree, variant, 2000).value
        assert bound.lower <= -7 / 258 <= bound.upper
        assert bound.width < 1e-3


@pytest.mark.parametrize("variant", VARIANTS)
def test_exploitability_of_a_step_is_that_of_its_profile(variant):
    tree = openspiel_tree(LEDUC_ISOMORPHIC)
    for step in itertools.islice(cfr(tree, variant), 25):
        assert step.exploitability == pytest.approx(exploitability(tree, step.profile), abs=float_tolerance(tree))


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_bracket_holds_for_the_profile_given_out_after_a_million_iterations(variant):
    # By then the totals miss being multiples of a plan by far more than the rounding of one evaluation.
    tree = openspiel_tree(KUHN)
    step = step_at(tree, variant, 10**6)
    to_zero, to_one = (exact_response(tree, role, step.profile[1 - role]) for role in (0, 1))
    assert step.value.lower <= -to_one <= to_zero <= step.value.upper
    certified = Certificate.of(step.iteration, step.value, step.exploitability).exploitability
    assert certified.lower <= (to_zero + to_one) / 2 <= certified.upper


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("game", [KUHN, LEDUC_ISOMORPHIC, goofspiel(4)])
def test_a_resumed_run_ends_in_the_same_bytes(game, variant):
    tree = openspiel_tree(game)
    whole = step_at(tree, variant, 97)
    saved = {name: array.copy() for name, array in step_at(tree, variant, 40).state.arrays().items()}
    resumed = step_at(tree, variant, 97, state=CFRState.from_arrays(saved))
    assert same_bytes(whole.state, resumed.state)
    assert (whole.value, whole.exploitability) == (resumed.value, resumed.exploitability)


@pytest.mark.parametrize("variant", VARIANTS)
def test_checks_do_not_change_the_run(variant):
    tree = openspiel_tree(LEDUC_ISOMORPHIC)
    checked = next(s for s in cfr(tree, variant, check=every_iteration) if s.iteration == 50)
    assert same_bytes(checked.state, step_at(tree, variant, 50).state)


def test_steps_do_not_change_after_they_were_given_out():
    run = cfr(openspiel_tree(KUHN))
    step = next(run)
    before = [array.copy() for array in (*step.profile, step._numbers[0], step._numbers[1])]
    for _ in range(20):
        next(run)
    assert all((a == b).all() for a, b in zip(before, (*step.profile, step._numbers[0], step._numbers[1]), strict=True))


def test_the_schedule_checks_often_at_first_and_then_every_twentieth():
    iterations = [0]
    while iterations[-1] < 1000:
        iterations.append(sparse(iterations[-1]))
    assert iterations[:41] == list(range(41))
    assert all(1.03 < b / a <= 1.05 for a, b in itertools.pairwise(iterations[40:]))


def test_long_blocks_are_cut_without_a_change(monkeypatch):
    tree = openspiel_tree(LEDUC_ISOMORPHIC)
    whole = step_at(tree, "dcfr", 30)
    monkeypatch.setattr(counterfactual, "CALL", 7 * tree.pairs)
    assert same_bytes(whole.state, step_at(tree, "dcfr", 30).state)


@pytest.mark.parametrize("game", [KUHN, LEDUC_ISOMORPHIC, goofspiel(4), liars_dice(3)])
@pytest.mark.parametrize("variant", VARIANTS)
def test_strips_and_rows_give_the_same_run_up_to_rounding(game, variant, monkeypatch):
    tree = openspiel_tree(game)
    strips = step_at(tree, variant, 8)
    assert len(strips._run.layouts[0].start) > 1
    monkeypatch.setattr(layout, "STRIP_PAIRS", 0)
    rows = step_at(tree, variant, 8)
    assert len(rows._run.layouts[0].start) == 1
    assert rows.exploitability == pytest.approx(strips.exploitability, rel=1e-9)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(sorted(VARIANTS)))
def test_brackets_contain_the_value_of_random_trees(seed, variant):
    tree = random_tree(seed)
    truth = solve_lp(tree).value
    for step in itertools.islice(cfr(tree, variant), 12):
        assert step.value.lower <= truth.upper
        assert truth.lower <= step.value.upper


def agree(seed: int) -> None:
    tree = random_tree(seed, sets=12)
    certified = solve_lp(tree)
    step = step_at(tree, "pcfr+", 400)
    assert abs(certified.value.middle - step.value.middle) <= (certified.value.width + step.value.width) / 2
    assert step.exploitability <= 0.02 * tree.payoff_range


@pytest.mark.parametrize("seed", range(20))
def test_linear_program_and_cfr_agree_on_random_trees(seed):
    agree(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1200))
def test_linear_program_and_cfr_agree_on_two_hundred_random_trees(seed, record_property):
    agree(seed)
    record_property("random games on which linear program and CFR agree", 1)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("scale", [1e300, 1e-300, 5e-324])
def test_extreme_payoffs_are_scaled(variant, scale):
    tree = matrix_tree(np.array([[0.0, -2.0, 1.0], [2.0, 0.0, -1.0], [-1.0, 1.0, 0.0]]) * scale)
    step = step_at(tree, variant, 200)
    assert step.value.lower <= 0.0 <= step.value.upper
    assert step.exploitability <= 0.1 * scale + 5e-324


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_payoffs_that_are_not_finite_are_refused(value):
    with pytest.raises(GamesolveError, match="finite"):
        cfr(with_payoff(openspiel_tree(KUHN), value))


def test_a_tree_without_decisions_has_its_payoff_as_value():
    tree = matrix_tree([[3.0]])
    assert step_at(tree, "cfr+", 1).value.middle == pytest.approx(3.0)
    bare = random_tree(0, sets=0, density=1.0)
    assert step_at(bare, "cfr+", 1).value.middle == pytest.approx(bare.payoffs.value[0])


def test_a_tree_of_zeros_is_solved_at_once():
    tree = matrix_tree([[0.0, 0.0], [0.0, 0.0]])
    step = step_at(tree, "dcfr", 1)
    assert (step.exploitability, step.value.middle) == (0.0, 0.0)


def test_duplicated_rows_do_no_harm():
    step = step_at(matrix_tree([[1, -1], [1, -1], [-1, 1], [-1, 1]]), "cfr+", 300)
    assert step.exploitability < 1e-2


def test_general_sum_trees_and_unknown_variants_are_refused():
    with pytest.raises(GamesolveError, match="general-sum"):
        cfr(random_tree(1, zero_sum=False))
    with pytest.raises(GamesolveError, match="did you mean 'cfr\\+'"):
        cfr(openspiel_tree(KUHN), "cfr++")


def test_states_of_other_variants_and_trees_are_refused():
    state = step_at(openspiel_tree(KUHN), "cfr+", 3).state
    with pytest.raises(GamesolveError, match="cannot go on as 'dcfr'"):
        cfr(openspiel_tree(KUHN), "dcfr", state=state)
    with pytest.raises(GamesolveError, match="this tree needs"):
        cfr(openspiel_tree(LEDUC_ISOMORPHIC), "cfr+", state=state)


@pytest.mark.parametrize(
    "damage",
    [lambda a: a.pop("totals1"), lambda a: a.update(regrets0=a["regrets0"].astype("f4")), lambda a: a.update(variant=np.array([17])),
     lambda a: a.update(totals0=a["totals0"] * np.nan), lambda a: a.update(iteration=np.array([]))],
)  # fmt: skip
def test_damaged_states_are_refused(damage):
    arrays = step_at(openspiel_tree(KUHN), "cfr+", 3).state.arrays()
    damage(arrays)
    with pytest.raises(GamesolveError):
        CFRState.from_arrays(arrays)


def test_an_inconsistent_tree_is_an_error_and_not_a_negative_exploitability():
    tree = openspiel_tree(KUHN)
    wrong = replace(tree, transposed=replace(tree.transposed, value=tree.transposed.value + 3.0))
    with pytest.raises(GamesolveError, match="inconsistent"):
        step_at(wrong, "cfr+", 50)
