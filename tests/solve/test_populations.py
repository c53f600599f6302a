"""PSRO with learned responses as `solve` runs it: what it goes on from, who works on it, what it says."""

from __future__ import annotations

import csv
import itertools
import json
import multiprocessing
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from gamesolve.base.errors import GamesolveError, UnfinishedError
from gamesolve.base.ledger import read_journal
from gamesolve.base.registry import load_game
from gamesolve.base.runs import read_result
from gamesolve.evaluate import evaluate
from gamesolve.learners import segment
from gamesolve.policies.files import load_policy
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.policies.tabular import TabularPolicy
from gamesolve.report import write_report
from gamesolve.solve import resume, solve
from gamesolve.solve.population_folder import read_clock
from gamesolve.solve.watch import Watch
from gamesolve.views.problem import load_problem

SMALL = {"oracles": ["ppo", "tabular", "scripted"], "budget": 3_000, "entry": 60, "validation": 60, "episodes": 300}
TABLES = {**SMALL, "oracles": ["tabular", "scripted"]}
PARAMETERS = {"horizon": 3}


@pytest.fixture(scope="module")
def flipit():
    return load_game("flipit", **PARAMETERS)


@pytest.fixture(scope="module")
def whole(flipit, tmp_path_factory):
    """A run of two iterations that nobody has disturbed."""
    folder = tmp_path_factory.mktemp("psro") / "whole"
    return solve(flipit, "psro", settings=SMALL, iterations=2, out=folder)


def killing(phase, after):
    """A `Watch.say` that breaks off once it has spoken of a phase so often."""
    say, heard = Watch.say, itertools.count()

    def broken(watch, said, *arguments, **named):
        if said == phase and next(heard) >= after:
            raise KeyboardInterrupt
        return say(watch, said, *arguments, **named)

    return broken


def files_of(run):
    left_out = ("timings.json", "clock.jsonl", "lock", "report.html")
    return {path.relative_to(run): path.read_bytes() for path in run.rglob("*") if path.is_file() and path.name not in left_out}


def test_the_answer_is_what_was_mixed_and_its_exploitability_is_exact_where_the_tree_is_known(whole, flipit):
    assert all(isinstance(policy, Mixture) for policy in whole.policies)
    judged = evaluate(flipit, dict(zip(("defender", "attacker"), whole.policies, strict=True)))
    assert whole.exploitability.kind == "exact"
    assert whole.exploitability.middle == pytest.approx(judged.exploitability.middle, abs=1e-9)
    assert whole.value.lower <= solve(flipit, "lp").value.upper
    assert whole.exploitability.upper == min(row[1] for row in whole.trace)
    for role, earned in whole.expected_return.items():
        exact = judged.expected_return[role]
        # Three times the width of a 95% interval on either side.
        assert earned.lower - 3.0 * earned.width <= exact.middle <= earned.upper + 3.0 * earned.width


def test_a_run_holds_mixtures_their_behaviour_their_members_and_what_each_earns(whole, flipit):
    found = read_result(whole.run)
    assert found["populations"] == dict(zip(("defender", "attacker"), map(len, whole.populations), strict=True))
    for role, policy, members in zip(("defender", "attacker"), whole.policies, whole.populations, strict=True):
        assert load_policy(whole.run / "policies" / role) == policy
        table = load_policy(whole.run / "behaviours" / role)
        assert isinstance(table, TabularPolicy)
        assert np.allclose(table.behaviour_on(whole.tree), policy.behaviour_on(whole.tree))
        for n, (_, member) in enumerate(members):
            assert load_policy(whole.run / "members" / f"{role}-{n}") == member
    entries = (whole.run / "tables" / "meta_game.csv").read_text().splitlines()
    assert len(entries) == 1 + len(whole.populations[0]) * len(whole.populations[1])
    assert not list((whole.run / "trainings").iterdir())
    assert list(read_clock(whole.run)) == [1, 2]
    first = read_journal(whole.run)[0]["roles"]["attacker"]
    assert {one["name"] for one in first["learnt"]} == {"attacker: ppo, seed 0", "attacker: tabular, seed 0"}
    assert all(mark["decisions"] for one in first["learnt"] for mark in one["marks"])


def test_two_workers_bring_the_same_bytes(whole, flipit, tmp_path):
    solve(flipit, "psro", settings=SMALL, iterations=2, out=tmp_path / "run", workers=2)
    assert files_of(tmp_path / "run") == files_of(whole.run)


def test_a_worker_that_is_killed_changes_nothing(whole, flipit, tmp_path):
    killed = []

    def progress(one):
        for worker in multiprocessing.active_children() if one.phase == "learning" and not killed else ():
            worker.kill()
            killed.append(worker)

    solve(flipit, "psro", settings=SMALL, iterations=2, out=tmp_path / "run", workers=2, progress=progress)
    assert killed
    assert files_of(tmp_path / "run") == files_of(whole.run)


@pytest.mark.parametrize(("phase", "after"), [("learning", 1), ("learning", 6), ("episodes", 5), ("psro", 0), ("write", 0)])
def test_a_run_that_is_killed_anywhere_ends_in_the_same_files(whole, flipit, tmp_path, monkeypatch, phase, after):
    monkeypatch.setattr(segment, "SECONDS", 0.0)
    with monkeypatch.context() as patched:
        patched.setattr(Watch, "say", killing(phase, after))
        with pytest.raises(KeyboardInterrupt):
            solve(flipit, "psro", settings=SMALL, iterations=2, out=tmp_path / "run")
    again = resume(tmp_path / "run")
    assert (again.stopped, again.iterations) == ("iterations", 2)
    assert files_of(tmp_path / "run") == files_of(whole.run)


SWITCHES = {"budget": 2_000, "ppo": {"hidden": [8]}, "play": {"hidden": [8]}}
VARIANTS = {
    "anytime": {"oracles": ["ppo", "scripted"], "meta_solver": "anytime", "adaptations": 3},
    "one draw": {"oracles": ["ppo"], "meta_solver": "coarse_correlated"},
    "all switches": {"oracles": ["ppo", "self_play", "scripted"], "average": True, "shaping": True, "responses": 3},
}


@pytest.mark.parametrize("variant", list(VARIANTS))
def test_variants_that_are_killed_or_shared_out_among_workers_end_in_the_same_files(flipit, tmp_path, monkeypatch, variant):
    settings = {**SMALL, **SWITCHES, **VARIANTS[variant]}
    found = solve(flipit, "psro", settings=settings, iterations=2, workers=2, out=tmp_path / "whole")
    monkeypatch.setattr(segment, "SECONDS", 0.0)
    with monkeypatch.context() as patched:
        patched.setattr(Watch, "say", killing("learning", 3))
        with pytest.raises(KeyboardInterrupt):
            solve(flipit, "psro", settings=settings, iterations=2, out=tmp_path / "run")
    assert resume(tmp_path / "run").policies == found.policies
    assert files_of(tmp_path / "run") == files_of(tmp_path / "whole")
    assert sum(row["roles"][role]["joined"] for row in read_journal(found.run) for role in row["roles"]) + 2 == sum(
        map(len, found.populations)
    )


def test_a_general_sum_game_has_a_coarse_correlated_equilibrium_whose_draws_both_roles_share(tmp_path):
    game = load_game("flipit", horizon=3, zero_sum=False)
    settings = {"oracles": ["exact"], "meta_solver": "coarse_correlated", "episodes": 2_000}
    found = solve(game, "psro", settings=settings, out=tmp_path / "run")
    assert found.stopped == "gap"
    assert found.value.lower is found.value.upper is None
    assert "both roles share one draw" in found.note
    with (tmp_path / "run" / "tables" / "joint.csv").open(newline="") as table:
        drawn = list(csv.DictReader(table))
    assert sum(float(row["weight"]) for row in drawn) == pytest.approx(1.0)
    for role, policy in zip(("defender", "attacker"), found.policies, strict=True):
        shares = np.zeros(len(found.populations[("defender", "attacker").index(role)]))
        for row in drawn:
            shares[int(row[role])] += float(row["weight"])
        assert sorted(shares[shares > 0.0]) == pytest.approx(sorted(policy.weights))
    assert write_report(tmp_path / "run").is_file()


def test_who_stops_in_the_middle_of_a_response_gets_the_iteration_before_and_can_go_on(whole, flipit, tmp_path):
    heard = []

    def progress(one):
        heard.append(one.phase)

    def stop():
        return "psro" in heard and heard[-1] == "learning"

    halted = solve(flipit, "psro", settings=SMALL, iterations=2, out=tmp_path / "run", progress=progress, stop=stop)
    assert (halted.stopped, halted.iterations) == ("interrupt", 1)
    assert halted.trace == whole.trace[:1]
    assert resume(tmp_path / "run").trace == whole.trace
    assert files_of(tmp_path / "run") == files_of(whole.run)
    complete = resume(tmp_path / "run")
    assert complete.policies == whole.policies
    assert (complete.exploitability, complete.note) == (whole.exploitability, whole.note)


def test_no_time_for_an_iteration_is_said_and_the_run_goes_on(whole, flipit, tmp_path):
    heard = []

    def progress(one):
        heard.append(one.phase)

    with pytest.raises(UnfinishedError, match=r"no iteration was done .*interrupt.*go on with: gamesolve resume"):
        solve(flipit, "psro", settings=SMALL, iterations=2, out=tmp_path / "run", progress=progress, stop=lambda: "learning" in heard)
    resume(tmp_path / "run")
    assert files_of(tmp_path / "run") == files_of(whole.run)


def test_a_population_can_be_extended_from_an_earlier_run_and_by_policies_of_ones_own(whole, flipit, tmp_path):
    own = ScriptedPolicy.named(flipit, "attacker", "periodic:period=3")
    found = solve(flipit, "psro", settings=TABLES, known=[str(whole.run), own], iterations=1, out=tmp_path / "run")
    earlier = [[policy for _, policy in members] for members in whole.populations]
    zero, one = ([policy for _, policy in members] for members in found.populations)
    assert zero[: len(earlier[0])] == earlier[0]
    assert one[: len(earlier[1]) + 1] == [*earlier[1], own]
    assert found.exploitability.lower <= whole.exploitability.upper + 1e-9


def test_a_run_that_was_killed_before_its_first_iteration_still_has_the_policies_it_was_given(whole, flipit, tmp_path, monkeypatch):
    own = ScriptedPolicy.named(flipit, "attacker", "periodic:period=3")
    asked = {"settings": TABLES, "known": [whole.policies[0], own], "iterations": 1}
    solve(flipit, "psro", out=tmp_path / "undisturbed", **asked)

    def killing(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Watch, "announce", killing)
        with pytest.raises(KeyboardInterrupt):
            solve(flipit, "psro", out=tmp_path / "run", progress=lambda _: None, **asked)
    resume(tmp_path / "run")
    assert files_of(tmp_path / "run") == files_of(tmp_path / "undisturbed")


def test_where_no_tree_fits_auto_learns_says_so_first_and_claims_no_more_than_it_found(flipit):
    plans = []

    def progress(one):
        plans.extend([one.plan] if one.plan else [])

    found = solve(flipit, memory=100, settings=TABLES, iterations=1, progress=progress)
    assert "psro with learned responses: the tree of flipit" in found.reason
    assert plans[0].startswith("plan: policy-space response oracles; in each iteration tabular (1 x 3,000 decisions)")
    assert (found.tree, found.profile, found.value.lower, found.value.upper) == (None, None, None, None)
    assert (found.exploitability.kind, found.exploitability.upper) == ("estimated", None)
    exact = evaluate(flipit, dict(zip(("defender", "attacker"), found.policies, strict=True))).exploitability
    assert found.exploitability.lower <= exact.upper
    assert "how exploitable the mixtures are at most is not known" in found.note


def test_teams_learn_and_nobody_pools_what_they_see():
    game = load_game("pool", resources=2, horizon=2, defenders=2)
    found = solve(game, settings={**SMALL, "oracles": ["ppo"]}, iterations=1)
    assert "the defender of this game is a team with private signals" in found.reason
    assert found.tree is None
    with pytest.raises(GamesolveError, match="exact tree solvers refuse it"):
        solve(game, "lp")


def test_openspiel_games_have_learned_responses_too(tmp_path):
    problem = load_problem("openspiel:kuhn_poker", {})
    found = solve(problem, "psro", settings={**SMALL, "oracles": ["ppo"]}, iterations=1, out=tmp_path / "run")
    assert found.exploitability.kind == "exact"
    assert list(found.expected_return) == ["0", "1"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"settings": {"budgets": 3}}, "unknown parameter of psro 'budgets'"),
        ({"settings": {"oracles": ["ppo", "sac"]}}, "unknown oracle 'sac'"),
        ({"settings": {"oracles": ["ppo"], "ppo": {"clips": 1}}}, "clips"),
        ({"settings": {"budget": 0}}, "budget = 0 is refused"),
        ({"settings": {"average": "yes"}}, "average = 'yes' is refused"),
        ({"settings": {"oracles": []}}, "no oracle is named"),
        ({"settings": {"oracles": ["ppo", "ppo"]}}, "oracle 'ppo' is named twice"),
        ({"settings": {"oracles": ["tabular"], "shaping": True}}, "shaping is of the rewards of ppo"),
        ({"settings": {"oracles": ["exact"]}, "memory": 100}, "oracle 'exact' computes responses on the game's tree: .*memory limit"),
        ({"known": ["nope"]}, "'nope' names no known policy; give a run, a saved policy, or one that comes with the game .*random"),
        ({"settings": {"budget": 5}, "method": "lp"}, "method 'lp' has no settings, and these were given: budget"),
        ({"known": ["random"], "method": "cfr"}, "method 'cfr' knows no populations; leave"),
        ({"settings": {"budget": 100}, "workers": "many"}, "the workers are 'many'"),
    ],
)
def test_what_is_out_of_range_is_refused_and_leaves_nothing(flipit, tmp_path, change, words):
    with pytest.raises(GamesolveError, match=words):
        solve(flipit, out=tmp_path / "run", **{"method": "psro", **change})
    assert not (tmp_path / "run").exists()


@pytest.mark.xdist_group("ray")
def test_rays_workers_bring_the_same_bytes_though_one_is_killed(whole, flipit, tmp_path):
    pytest.importorskip("ray")
    killed = []

    def progress(one):
        for pid in _busy_with_ray() if one.phase == "learning" and not killed else ():
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)

    solve(flipit, "psro", settings=SMALL, iterations=2, out=tmp_path / "run", workers="ray", progress=progress)
    assert killed
    assert files_of(tmp_path / "run") == files_of(whole.run)


def _busy_with_ray():
    """One of Ray's processes that do a unit of work."""
    named = {path.parent.name: path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline")}
    return [int(pid) for pid, words in named.items() if words.startswith(b"ray::_unpacked")][:1]


def test_self_play_from_samples_is_followed_by_responses_to_what_it_came_to(flipit, tmp_path, monkeypatch):
    asked = {"settings": {**TABLES, "self_play": 12_000, "play": {"hidden": [16]}}}
    found = solve(flipit, "mmd", out=tmp_path / "whole", **asked)
    assert (found.method, found.iterations) == ("mmd", 1)
    assert [members[0][0] for members in found.populations] == ["mmd self-play", "mmd self-play"]
    judged = evaluate(flipit, dict(zip(("defender", "attacker"), found.policies, strict=True)))
    assert found.exploitability.middle == pytest.approx(judged.exploitability.middle, abs=1e-9)
    marks = read_journal(tmp_path / "whole" / "self_play")
    assert found.decisions == marks[-1]["decisions"] + read_journal(tmp_path / "whole")[-1]["decisions"]
    assert all(mark["exploitability"] > 0.0 for mark in marks[:-1])
    monkeypatch.setattr(segment, "SECONDS", 0.0)
    with monkeypatch.context() as patched:
        patched.setattr(Watch, "say", killing("learning", 3))
        with pytest.raises(KeyboardInterrupt):
            solve(flipit, "mmd", out=tmp_path / "run", **asked)
    assert (tmp_path / "run" / "self_play").is_dir()
    resume(tmp_path / "run")
    assert files_of(tmp_path / "run") == files_of(tmp_path / "whole")


def test_who_stops_self_play_can_go_on_with_it(flipit, tmp_path):
    asked = {"settings": {**TABLES, "self_play": 12_000, "play": {"hidden": [16]}}}
    whole, heard = solve(flipit, "mmd", out=tmp_path / "whole", **asked), []

    def progress(one):
        heard.append(one.phase)

    with pytest.raises(UnfinishedError, match=r"self-play was not done .*interrupt.*gamesolve resume"):
        solve(flipit, "mmd", out=tmp_path / "run", progress=progress, stop=lambda: "learning" in heard, **asked)
    resume(tmp_path / "run")
    assert files_of(tmp_path / "run") == files_of(tmp_path / "whole")
    assert resume(tmp_path / "run").note == whole.note


def test_a_kill_before_the_run_says_what_was_asked_leaves_room_for_another(flipit, tmp_path, monkeypatch):
    own = ScriptedPolicy.named(flipit, "attacker", "periodic:period=3")
    asked = {"settings": TABLES, "known": [own], "iterations": 1, "out": tmp_path / "run"}

    def killing(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("gamesolve.policies.files.files.write_json", killing)
        with pytest.raises(KeyboardInterrupt):
            solve(flipit, "psro", **asked)
    assert solve(flipit, "psro", **asked).iterations == 1


def test_a_run_of_a_time_without_settings_goes_on(tmp_path):
    solve(load_game("kuhn"), "cfr+", gap=0.0, iterations=5, out=tmp_path / "run")
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    older = {key: value for key, value in config.items() if key not in ("settings", "known")}
    (tmp_path / "run" / "config.json").write_text(json.dumps(older))
    assert resume(tmp_path / "run").iterations == 5


def test_seconds_add_up_over_sessions_and_a_line_that_was_cut_off_is_left_out(tmp_path):
    rows = [{"iteration": 1, "seconds": 5.0}, {"iteration": 2, "seconds": 50.0}, {"iteration": 2, "seconds": 40.0}]
    (tmp_path / "clock.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows) + '{"iteration": 3, "sec')
    assert read_clock(tmp_path) == {1: 5.0, 2: 45.0}


def test_gains_that_are_rounding_do_not_count(flipit):
    from gamesolve.psro.responses import Response

    gains = {"gain": 1e-16, "standard_error": 1e-17, "returns": np.full(100, 3.0), "seed": 0, "new": True, "more": (), "guests": ()}
    one = Response(role="defender", name="x", learner="", policy=None, tried=(), done=(), broken=False, notes=(), **gains)
    assert not one.counts
