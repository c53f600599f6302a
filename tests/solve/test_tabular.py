"""Games solved as tables by `solve`: known values, run folders, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from one_sided_games import WRITTEN, tiger, written
from textbook_games import big_match, moving_target, recursive

from gamesolve import load_game, resume, solve
from gamesolve.base.errors import GamesolveError
from gamesolve.report import plain_words, write_report
from gamesolve.solvers.hsvi import heuristic_search
from gamesolve.views.one_sided import read_osposg
from gamesolve.views.problem import load_problem
from gamesolve.views.stochastic_game import stochastic_game


@pytest.mark.parametrize("method", ["auto", "policy_iteration", "value_iteration"])
def test_moving_target_defence_is_solved_to_its_known_value(method, tmp_path):
    found = solve(load_game("markov_mtd", discount=0.8), method, gap=1e-6, out=tmp_path / "run")
    assert found.stopped == "gap"
    assert found.value.lower - 1e-6 <= -8.933194 <= found.value.upper + 1e-6
    assert found.exploitability.upper <= 1e-6
    assert found.values["attacker"].lower == -found.value.upper
    known = {"state=0": -100.0, "state=1": -8.933194, "state=2": -22.026657, "state=3": -31.974550}
    for name, low, high in zip(found.plan.states, found.plan.lower, found.plan.upper, strict=True):
        assert low - 1e-5 <= known[name] <= high + 1e-5
    for mixtures in found.plan.mixtures:
        assert all(sum(one.values()) == pytest.approx(1.0) for one in mixtures)


def test_the_transitions_of_a_plan_are_what_both_mixtures_make(tmp_path):
    found = solve(load_game("markov_mtd", discount=0.8), gap=1e-6)
    number = {name: s for s, name in enumerate(found.plan.states)}
    totals = np.zeros(4)
    for (s, _), chance in found.plan.leads.items():
        totals[s] += chance
    assert totals == pytest.approx(np.ones(4))
    attack = found.plan.mixtures[1][number["state=1"]]["exploit"]
    watched = found.plan.mixtures[0][number["state=1"]]["monitor"]
    to_two = attack * (0.1 * watched + 0.5 * (1.0 - watched))
    assert found.plan.leads[number["state=1"], number["state=2"]] == pytest.approx(to_two)


@pytest.mark.parametrize("game", [recursive(0.9), big_match(0.99), moving_target(0.5)])
def test_tables_from_python_and_from_a_file_have_one_answer(game, tmp_path):
    path = tmp_path / "game.json"
    path.write_text(json.dumps(game), encoding="utf-8")
    one, two = solve(stochastic_game(game), gap=1e-9), solve(load_problem(str(path), {}, tables=True), gap=1e-9, out=tmp_path / "run")
    assert (one.value, one.exploitability, one.iterations) == (two.value, two.exploitability, two.iterations)
    assert two.game == "game.json"


def test_a_run_says_all_that_was_found_and_is_read_again(tmp_path):
    found = solve(load_game("markov_mtd", discount=0.5), gap=1e-8, out=tmp_path / "run")
    again = resume(tmp_path / "run")
    assert (again.value, again.exploitability, again.method, again.stopped) == (
        found.value, found.exploitability, "policy_iteration", "gap",
    )  # fmt: skip
    assert again.plan.states == found.plan.states
    assert again.plan.leads == pytest.approx(found.plan.leads)
    assert again.plan.mixtures == tuple(tuple(pytest.approx(one) for one in own) for own in found.plan.mixtures)
    page = write_report(tmp_path / "run").read_text(encoding="utf-8")
    assert "What both sides do in each state" in page
    assert 'class="states"' in page
    words = plain_words(tmp_path / "run")
    assert "In state=1 the defender plays" in words


def test_the_stopping_game_is_searched_for_its_value(tmp_path):
    game = load_game("stopping", stops=1, alerts=3, horizon=0)
    found = solve(game, gap=0.005, out=tmp_path / "run")
    assert found.method == "hsvi"
    assert found.reason.startswith("the game has no end and the attacker alone knows its state")
    assert found.value.width <= 0.01
    # The values of finite horizons fall to it: six epochs are worth .679.
    assert found.value.upper <= 0.68
    assert found.plan is None
    assert resume(tmp_path / "run").value == found.value
    assert "The states, and where play leads" not in write_report(tmp_path / "run").read_text(encoding="utf-8")


def test_a_file_of_a_one_sided_game_is_searched(tmp_path):
    path = written(tmp_path, WRITTEN)
    found = solve(load_problem(str(path), {}, tables=True), gap=0.001)
    bracket = next(one for one in heuristic_search(read_osposg(path), width=0.0005) if one.width <= 0.0005)
    assert found.value.lower <= bracket.upper
    assert bracket.lower <= found.value.upper
    assert list(found.values) == ["1", "2"]


def test_it_ends_by_time_with_what_is_proved_by_then(tmp_path):
    found = solve(load_problem(str(written(tmp_path, tiger(0.95))), {}, tables=True), gap=0.0, time_limit=1.5, out=tmp_path / "run")
    assert found.stopped == "time"
    assert found.value.lower <= 19.3714
    assert found.value.upper >= 19.3713


@pytest.mark.parametrize(
    ("name", "parameters", "method", "message"),
    [
        ("markov_mtd", {}, "lp", "has no end, so it has no tree; its methods are auto, policy_iteration, value_iteration, not 'lp'"),
        ("markov_mtd", {}, "hsvi", "its methods are auto, policy_iteration, value_iteration, not 'hsvi'"),
        ("stopping", {"horizon": 0}, "value_iteration", "its methods are auto, hsvi, not 'value_iteration'"),
        ("kuhn", {}, "hsvi", "method 'hsvi' is for games without end whose state one role alone knows"),
        ("ids_policies", {}, "policy_iteration", "method 'policy_iteration' is for games without end whose state both roles know"),
        ("stopping", {}, "value_iteration", "method 'value_iteration' is for games whose state both roles know"),
        ("markov_mtd", {"zero_sum": False}, "auto", "is general-sum, and only zero-sum games are solved as tables"),
        ("flipit", {"horizon": 0, "discount": 0.9}, "auto", "has no end, and neither role is declared to know its state"),
    ],
)
def test_methods_and_games_that_do_not_fit_are_refused(name, parameters, method, message):
    with pytest.raises(GamesolveError, match=message):
        solve(load_game(name, **parameters), method)


def test_settings_and_parameters_where_there_are_none_are_refused(tmp_path):
    with pytest.raises(GamesolveError, match="leave settings and known policies out"):
        solve(load_game("markov_mtd"), settings={"budget": 10})
    path = tmp_path / "game.json"
    path.write_text(json.dumps(big_match(0.5)), encoding="utf-8")
    with pytest.raises(GamesolveError, match="is a file, which has no parameters; leave x out"):
        load_problem(str(path), {"x": 1}, tables=True)
    with pytest.raises(GamesolveError, match="nowhere"):
        load_problem(str(Path("nowhere.osposg")), {}, tables=True)


def test_a_file_whose_rows_do_not_sum_to_one_is_refused_with_the_row(tmp_path):
    game = moving_target(0.5)
    game["states"]["2"]["transitions"][0][1] = {"1": 0.5, "2": 0.6}
    path = tmp_path / "game.json"
    path.write_text(json.dumps(game), encoding="utf-8")
    with pytest.raises(GamesolveError, match=r"state '2': transitions of 'monitor 0' against 'exploit 1' sums to 1.1"):
        load_problem(str(path), {}, tables=True)


def test_tables_are_for_solving_alone(tmp_path):
    path = tmp_path / "game.json"
    path.write_text(json.dumps(big_match(0.5)), encoding="utf-8")
    with pytest.raises(GamesolveError, match="is a file of tables, which only 'gamesolve solve' takes"):
        load_problem(str(path), {})
    with pytest.raises(GamesolveError, match="holds the tables of a game without end, so it has no tree"):
        load_problem(str(path), {}, tables=True).tree()


@pytest.mark.parametrize(
    ("name", "parameters", "value"),
    [
        ("jamming", {"horizon": 5}, 2.726039886476),
        ("jamming", {"horizon": 5, "objective": "half"}, 0.632270470262),
        ("ids_policies", {"horizon": 10}, -5.358531),
        ("ids_policies", {"horizon": 25}, -14.582179),
    ],
)
def test_games_with_a_horizon_are_solved_step_by_step(name, parameters, value, tmp_path):
    found = solve(load_game(name, **parameters), "value_iteration", out=tmp_path / "run")
    assert found.value.lower - 1e-6 <= value <= found.value.upper + 1e-6
    assert found.exploitability.upper <= 1e-9
    assert found.stopped == "gap"
    assert found.iterations == parameters["horizon"]
    firsts = [name for name in found.plan.states if name.startswith("step 1: ")]
    assert len(firsts) == 1
    assert found.plan.states[-1].startswith(f"step {parameters['horizon']}: ")
    again = resume(tmp_path / "run")
    assert again.plan.states == found.plan.states
    assert "step 1: " in write_report(tmp_path / "run").read_text(encoding="utf-8")


def test_auto_takes_tables_where_no_tree_fits_and_trees_where_one_does():
    assert solve(load_game("jamming", horizon=5)).reason.startswith("both roles know the state, and the game's tree does not fit")
    assert solve(load_game("ids_policies", horizon=2)).tree is not None


def test_step_by_step_values_and_mixtures_are_those_of_the_tree():
    game = load_game("ids_policies", horizon=3)
    found, tree = solve(game, "value_iteration"), solve(game, "lp")
    assert found.value.lower == pytest.approx(tree.value.lower, abs=1e-6)
    place = found.plan.states.index("step 3: system=0")
    assert found.plan.mixtures[0][place]["configuration 1"] == pytest.approx(1.0 / 3.0)
    assert sum(chance for (s, _), chance in found.plan.leads.items() if s == 0) == pytest.approx(1.0)


def test_a_small_exploitability_narrows_the_bracket_too():
    """At discount .999 a sweep alone proves little, and mixtures that leave little to gain prove much."""
    found = solve(load_game("jamming", horizon=0, discount=0.999))
    assert found.value.width <= 2.5 * found.exploitability.upper


def test_tables_cannot_have_a_run_folder_from_python(tmp_path):
    with pytest.raises(GamesolveError, match="a Tree or tables cannot"):
        solve(stochastic_game(big_match(0.5)), out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_search_that_is_gone_on_with_keeps_what_was_proved(tmp_path):
    path = written(tmp_path, tiger(0.95))
    first = solve(load_problem(str(path), {}, tables=True), gap=0.0, iterations=3, out=tmp_path / "run")
    assert first.stopped == "iterations"
    found = solve(load_problem(str(path), {}, tables=True), gap=0.0, time_limit=4.0, out=tmp_path / "two")
    again = resume(tmp_path / "two", time_limit=0.5)
    assert again.value.lower >= found.value.lower
    assert again.value.upper <= found.value.upper


@pytest.mark.parametrize("damage", ["state,start\nx,1\n", "state,start,lower,upper,role,action,probability\nx,1,2\n"])
def test_damaged_tables_of_a_run_are_said_to_be(damage, tmp_path):
    solve(load_game("markov_mtd"), out=tmp_path / "run")
    (tmp_path / "run" / "tables" / "states.csv").write_text(damage, encoding="utf-8")
    with pytest.raises(GamesolveError, match=r"the tables of states of the run .* are damaged"):
        resume(tmp_path / "run")


def test_a_run_of_a_file_goes_on_from_everywhere(tmp_path, monkeypatch):
    (tmp_path / "game.json").write_text(json.dumps(big_match(0.9)), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    found = solve(load_problem("game.json", {}, tables=True), out=tmp_path / "run")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert resume(tmp_path / "run").value == found.value
    assert str(tmp_path) not in write_report(tmp_path / "run").read_text(encoding="utf-8")


@pytest.mark.parametrize("game", [load_game("markov_mtd", discount=0.8), load_game("jamming", horizon=0, discount=0.9)])
def test_as_little_as_can_be_is_left_where_the_gap_is_zero(game):
    found = solve(game, "value_iteration", gap=0.0)
    assert found.stopped in ("gap", "iterations")
    assert found.exploitability.upper <= 1e-8 * abs(found.value.middle)


def test_a_search_whose_journal_a_kill_cut_off_is_gone_on_with(tmp_path):
    path = written(tmp_path, tiger(0.95))
    found = solve(load_problem(str(path), {}, tables=True), gap=0.0, time_limit=3.0, out=tmp_path / "run")
    assert found.stopped == "time"
    with (tmp_path / "run" / "journal.jsonl").open("ab") as journal:
        journal.write(b'{"iteration": 9, "expl')
    again = resume(tmp_path / "run", time_limit=3.0)
    assert len(again.trace) > len(found.trace)
    assert [row[0] for row in again.trace] == list(range(len(again.trace)))
