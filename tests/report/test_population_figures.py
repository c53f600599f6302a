"""The figures of grown populations: exploitability, the meta-game, who answered whom, and which trainings are shown."""

from __future__ import annotations

import numpy as np
import pytest

from gamesolve.report.exploitability_plot import Known, exploitability_plot, levels_of
from gamesolve.report.heat_map import FEW, Payoffs, heat_map, payoffs_of
from gamesolve.report.members import Member, members_of
from gamesolve.report.response_graph import response_graph, response_rows
from gamesolve.report.training_choice import learning_figures

ROLES = ("defender", "attacker")


def found(counts, weights, name="ppo, seed 0, 9 decisions", learnt=()):
    return {
        "name": name,
        "gain": 0.5,
        "standard_error": 0.1,
        "counts": counts,
        "joined": int(counts),
        "weights": weights,
        "learnt": list(learnt),
    }


#: The attacker finds something in both iterations, the defender in the second only; both answers mix what was there before.
ROWS = [
    {"iteration": 1, "roles": {"defender": found(False, [1.0]), "attacker": found(True, [1.0])}},
    {"iteration": 2, "roles": {"defender": found(True, [1.0]), "attacker": found(True, [0.25, 0.75])}},
]
MEMBERS = (
    members_of("defender", ROWS, ["random", "ppo"], ROWS[1]),
    members_of("attacker", ROWS, ["random", "never", "ppo"], ROWS[1]),
)


def points(levels, exact=True):
    return [Known(float(n), level, exact, n == len(levels)) for n, level in enumerate(levels, 1)]


def population(count):
    return tuple(Member(n, f"policy {n}", n, 1.0 / count) for n in range(count))


def payoffs(shape):
    mean = np.arange(shape[0] * shape[1], dtype=np.float64).reshape(shape)
    return Payoffs(mean, np.full(shape, 0.5), np.full(shape, 100), np.zeros(shape, np.bool_))


def test_members_join_in_the_iteration_in_which_they_were_found():
    assert [member.joined for member in MEMBERS[0]] == [0, 2]
    assert [(member.joined, member.weight) for member in MEMBERS[1]] == [(0, 0.25), (1, 0.75), (2, 0.0)]


@pytest.mark.parametrize("names", [["random"], ["random", "a", "b"]])
def test_names_that_do_not_belong_to_the_rows_are_refused(names):
    with pytest.raises(ValueError, match="policies are named"):
        members_of("defender", ROWS, names, ROWS[1])


def test_one_iteration_or_one_moment_is_no_figure():
    assert not exploitability_plot(points([0.5]), across="iterations")
    assert not exploitability_plot([Known(0.0, 0.5, True, False), Known(0.0, 0.4, True, True)], across="decisions")


def test_exact_levels_that_span_much_have_a_logarithmic_axis_and_others_begin_at_zero():
    assert levels_of(points([1.0, 0.01]), None).low > 0.0
    assert levels_of(points([1.0, 0.5]), 0.001).low > 0.0
    assert levels_of(points([1.0, 0.5]), None).low == 0.0
    assert levels_of(points([1.0, 0.01], exact=False), None).low == 0.0
    assert levels_of(points([1.0, 0.0]), None).low == 0.0


def test_only_what_may_be_more_has_arrows_and_the_answer_has_a_ring():
    below, exact = (exploitability_plot(points([0.0, 0.0, 0.0], exact), across="iterations") for exact in (False, True))
    assert (below.count('class="arrow"'), exact.count('class="arrow"')) == (3, 0)
    assert below.count('class="ring"') == exact.count('class="ring"') == 1
    assert "at least 0" in below


def test_marked_levels_are_round_and_lie_on_the_axis():
    levels = levels_of(points([1.35, 0.02]), None)
    assert levels.marked() == [0.02, 0.05, 0.1, 0.2, 0.5, 1.0]
    assert levels.y(levels.high) < levels.y(levels.low)


def test_few_columns_show_their_numbers_and_many_do_not():
    few, many = (heat_map(payoffs((2, count)), ROLES, (population(2), population(count))) for count in (FEW, FEW + 1))
    assert few["numbers"]
    assert not many["numbers"]


def test_colours_part_at_what_the_mixtures_earn_and_say_how_far_a_cell_is_from_it():
    shown = heat_map(payoffs((2, 2)), ROLES, (population(2), population(2)))
    cells = [cell for row in shown["rows"] for cell in row["cells"]]
    assert [cell["side"] for cell in cells] == ["less", "less", "more", "more"]
    assert [cell["depth"] for cell in cells] == pytest.approx([1.0, 1 / 3, 1 / 3, 1.0])
    assert (shown["low"], shown["centre"], shown["high"]) == ("0.00", "1.50", "3.00")
    assert cells[1]["title"] == "Policy 0 of the defender against policy 1 of the attacker: 1.00, ± 0.50, 100 episodes"


def test_equal_payoffs_and_equal_episodes_are_no_error():
    same = Payoffs(np.ones((1, 1)), np.zeros((1, 1)), np.full((1, 1), 100), np.zeros((1, 1), np.bool_))
    cell = heat_map(same, ROLES, (population(1), population(1)))["rows"][0]["cells"][0]
    assert cell["title"].endswith("1, the same in all 100 episodes")
    assert cell["known"] == "± 0"


def test_entries_that_are_not_those_of_all_pairs_are_refused():
    entry = {"defender": "0", "attacker": "0", "mean_defender": "1.0", "error_defender": "0.0", "episodes": "0", "exact": "True"}
    assert payoffs_of([entry], ROLES, (1, 1)).exact.all()
    with pytest.raises(ValueError, match="those of 1 by 2"):
        payoffs_of([entry], ROLES, (1, 2))
    with pytest.raises(ValueError, match="no number"):
        payoffs_of([{**entry, "error_defender": "inf"}], ROLES, (1, 1))


def test_each_policy_is_joined_to_those_that_were_mixed_when_it_was_found():
    graph = response_graph(ROWS, ROLES, MEMBERS, 2)
    # The defender of iteration 2 answers two attackers, the attackers of both iterations one defender each.
    assert (graph.count('class="answers c0"'), graph.count('class="answers c1"')) == (2, 2)
    assert graph.count('class="dot') == 5
    assert graph.count('class="fruitless"') == 1
    assert "no response of the defender that gains beyond its error" in graph


def test_the_table_of_responses_has_a_row_for_each_role_of_each_iteration():
    rows = response_rows(ROWS, ROLES, MEMBERS)
    assert [row[:2] for row in rows] == [("1", "defender"), ("1", "attacker"), ("2", "defender"), ("2", "attacker")]
    assert [row[4] for row in rows] == ["no", "as policy 1", "as policy 1", "as policy 2"]
    assert rows[2][3:] == ("0.50 ± 0.10", "as policy 1", "0 (25%), 1 (75%)")


def test_names_cannot_break_out_of_the_graph():
    nasty = [{**row, "roles": {role: {**own, "name": "<b>&"} for role, own in row["roles"].items()}} for row in ROWS]
    members = tuple(tuple(Member(one.number, '<i>"', one.joined, one.weight) for one in own) for own in MEMBERS)
    graph = response_graph(nasty, ROLES, members, 2)
    assert "<b>" not in graph
    assert "<i>" not in graph


def learned(role, *names):
    marks = [{"decisions": n, "episodes": 20, "mean": float(n), "standard_error": 0.1, "entropy": 0.5} for n in (10, 20)]
    return [{"name": f"{role}: {name}", "decisions": 20, "over": "budget", "marks": marks} for name in names]


def test_curves_are_those_of_the_mixed_policies_and_else_the_newest():
    rows = [
        {
            "iteration": row["iteration"],
            "roles": {role: {**row["roles"][role], "learnt": learned(role, "ppo, seed 0", "ppo, seed 1")} for role in ROLES},
        }
        for row in ROWS
    ]
    defender, attacker = learning_figures(rows, ROLES, MEMBERS)
    assert {row[0] for row in attacker["rows"]} == {"policy 1: ppo, seed 0, iteration 1"}
    # What the defender found joined too late to be mixed.
    assert [row[0] for row in defender["rows"]][::2] == [f"iteration {t}, ppo, seed {k}" for t in (2, 1) for k in (0, 1)]
    assert "no policy that was learnt is mixed" in defender["words"].lower()


def test_trainings_of_one_mark_make_no_figure():
    rows = [{**row, "roles": {role: {**own, "learnt": []} for role, own in row["roles"].items()}} for row in ROWS]
    assert learning_figures(rows, ROLES, MEMBERS) == []
