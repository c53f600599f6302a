"""PSRO with learned oracles: where it ends, what it goes on from, and oracles that fail."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from quick_psro import QUICK, run

from gamesolve.base.errors import GamesolveError
from gamesolve.base.ledger import read_journal
from gamesolve.base.registry import load_game
from gamesolve.evaluate import evaluate
from gamesolve.learners import registry
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.psro.loop import mixtures_of, solved
from gamesolve.psro.oracles import Oracle
from gamesolve.psro.plan import Plan
from gamesolve.solve import solve
from gamesolve.views.problem import load_problem


@pytest.fixture(scope="module")
def flipit():
    return load_game("flipit", horizon=3)


def exploitability(game, mixtures):
    roles = ("defender", "attacker")
    return evaluate(game, dict(zip(roles, mixtures, strict=True))).exploitability


def test_learned_oracles_come_close_to_an_equilibrium_and_end_there(flipit):
    """At most 5% of the exploitability of uniform play, by the exact measure."""
    *_, last = run(flipit, QUICK)
    uniform = evaluate(flipit, {"defender": "random", "attacker": "random"}).exploitability.upper
    assert last.final
    assert exploitability(flipit, last.mixtures).upper <= 0.05 * uniform


def test_what_is_found_is_no_more_than_there_is(flipit):
    for _, step in zip(range(6), run(flipit, QUICK), strict=False):
        exact = exploitability(flipit, step.mixtures)
        assert step.exploitability.upper is None
        assert 0.0 <= step.exploitability.lower <= exact.upper + 1e-9
        for response in step.responses:
            assert response.gain <= 2.0 * exact.upper + 4.5 * response.standard_error


def test_a_run_goes_on_from_its_state_to_the_same_steps(flipit):
    steps = run(flipit, QUICK)
    middle = next(steps)
    whole = next(steps)
    again = next(run(flipit, QUICK, state=middle.state))
    assert (again.state.game.mean == whole.state.game.mean).all()
    assert again.strategy.joint.tolist() == whole.strategy.joint.tolist()
    assert [(r.name, r.gain) for r in again.responses] == [(r.name, r.gain) for r in whole.responses]


def test_populations_may_be_given_and_grow_only_by_what_gains(flipit):
    given = tuple(
        [(words, ScriptedPolicy.named(flipit, role, words)) for words in ("random", "periodic:period=2")]
        for role in ("defender", "attacker")
    )
    step = next(run(flipit, QUICK, populations=given))
    assert step.strategy.joint.shape == (2, 2)
    for index, response in enumerate(step.responses):
        names = [name for name, _ in step.state.populations[index]]
        assert names[:2] == ["random", "periodic:period=2"]
        assert len(names) == 2 + response.counts
    assert step.state.game.payoffs.shape == (2, *map(len, step.state.populations))


def test_a_run_without_responses_ends_after_two_iterations(flipit):
    """Where the only oracle knows what the population has, nothing joins it."""
    best = [(name, ScriptedPolicy.named(flipit, "attacker", name)) for name in ("random",)]
    plan = dataclasses.replace(QUICK, oracles=(Oracle("scripted"),))
    steps = list(run(flipit, plan, populations=((), best)))
    assert steps[-1].final
    assert [step.state.fruitless for step in steps[-2:]] == [1, 2]
    assert not any(response.counts for step in steps[-2:] for response in step.responses)


def test_a_network_of_the_population_is_a_start_of_the_next_response(flipit):
    plan = dataclasses.replace(QUICK, oracles=(Oracle("ppo", 4_000),))
    first, second = (step for _, step in zip(range(2), run(flipit, plan), strict=False))
    assert all(response.counts for response in first.responses)
    joined = [members[-1][0] for members in first.state.populations]
    for name, response in zip(joined, second.responses, strict=True):
        assert any(f"ppo, from {name}" in one.candidate.name for one in response.tried)


@pytest.mark.parametrize("wrong", ["crash", "nan", "rubbish"])
def test_an_oracle_that_fails_is_named_and_leaves_the_meta_game_intact(flipit, monkeypatch, wrong):
    made = registry.LEARNERS["tabular"].make

    def failing(task, **options):
        learner = made(task, **options)
        if wrong == "crash":
            monkeypatch.setattr(learner, "iterate", lambda: 1 / 0)
        elif wrong == "nan":

            def broken():
                raise GamesolveError("learning broke down after 0 decisions: the loss is nan")

            monkeypatch.setattr(learner, "iterate", broken)
        else:
            monkeypatch.setattr(learner, "policy", lambda: "no policy at all")
        return learner

    monkeypatch.setitem(registry.LEARNERS, "tabular", dataclasses.replace(registry.LEARNERS["tabular"], make=failing))
    # One that learns stays.
    plan = dataclasses.replace(QUICK, oracles=(*QUICK.oracles, Oracle("dqn", 2_000)))
    step = next(run(flipit, plan))
    for response in step.responses:
        assert any("tabular, seed 0" in note for note in response.notes), response.notes
        assert response.learner != "tabular"
    assert np.isfinite(step.state.game.payoffs).all()
    assert np.isfinite(step.state.game.standard_errors).all()


def test_teams_respond_as_teams():
    game = load_game("pool", resources=2, horizon=2, defenders=2)
    step = next(run(game, dataclasses.replace(QUICK, oracles=(Oracle("ppo", 4_000),))))
    assert {response.role for response in step.responses} == {"defender", "attacker"}
    assert np.isfinite(step.state.game.payoffs).all()


def test_openspiel_games_work_too():
    game = load_problem("openspiel:kuhn_poker", {}).playable
    plan = Plan(oracles=(Oracle("ppo", 2_000, warm=False),), entry=100, rounds=0, validation=100, episodes=300)
    step = next(run(game, plan))
    for role, response in zip(("0", "1"), step.responses, strict=True):
        assert response.role == role
        assert response.decisions >= 2_000
        assert [one.candidate.learner for one in response.tried] == ["", "ppo", "ppo"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"oracles": ()}, "oracles is 0; at least 1 is needed"),
        ({"entry": 1}, "entry is 1; at least 2"),
        ({"meta_solver": "hash"}, "unknown meta-solver 'hash'"),
    ],
)
def test_what_is_out_of_range_is_refused(change, words):
    with pytest.raises(GamesolveError, match=words):
        Plan(**change)


def test_what_cannot_be_played_is_no_member(flipit):
    with pytest.raises(GamesolveError, match="cannot be played"):
        next(run(flipit, QUICK, populations=([("mine", "no policy")], ())))


def test_general_sum_games_have_responses_to_independent_mixtures():
    game = load_game("flipit", horizon=3, zero_sum=False)
    step = next(run(game, dataclasses.replace(QUICK, meta_solver="regret_matching")))
    assert all(response.counts for response in step.responses)
    with pytest.raises(GamesolveError, match="not to 0; coarse_correlated is for those"):
        next(run(game, QUICK))


@pytest.mark.parametrize(
    "wrong",
    [{"learner": "pppo"}, {"learner": "tabular", "settings": {"typo": 1}}, {"budget": -5}, {"seeds": 0, "warm": False}, {"seeds": -1}],
)
def test_an_oracle_that_could_never_offer_anything_is_refused(wrong):
    with pytest.raises(GamesolveError):
        Oracle(**wrong)


def test_a_run_in_which_no_oracle_learns_anything_is_an_error_and_no_end(flipit, monkeypatch):
    failing = dataclasses.replace(registry.LEARNERS["tabular"], make=lambda *_, **__: 1 / 0)
    monkeypatch.setitem(registry.LEARNERS, "tabular", failing)
    plan = dataclasses.replace(QUICK, oracles=(Oracle("tabular", 1_000),))
    with pytest.raises(GamesolveError, match="no oracle that learns offered anything in iteration 1: oracle tabular cannot look for"):
        next(run(flipit, plan))


def test_a_mixture_is_no_member(flipit):
    mixture = Mixture(tuple(ScriptedPolicy.named(flipit, "defender", words) for words in ("random", "periodic")), np.full(2, 0.5))
    with pytest.raises(GamesolveError, match="a mixture is no member of the defender's population; give its policies"):
        next(run(flipit, QUICK, populations=([("m", mixture)], ())))


def test_a_total_is_shared_among_iterations_and_nearly_all_of_it_is_spent(tmp_path):
    """Of 400,000 decisions no more are made, and what the first iteration leaves the later ones have."""
    game = load_problem("pool", {"resources": 2, "horizon": 10})
    settings = {"oracles": ["ppo"], "total": 400_000, "entry": 20, "validation": 10, "episodes": 50, "rounds": 0, "patience": 4}
    found = solve(game, "psro", settings={**settings, "ppo": {"memory": "last"}}, iterations=4, gap=0.0, memory=1, out=tmp_path / "run")
    rows = read_journal(tmp_path / "run")
    spent = found.decisions + rows[-1]["played"] * 20
    assert 0.9 * 400_000 < spent <= 400_000
    # The first has no networks to start from: it makes half as many trainings, of twice the budget.
    trainings = [len(row["roles"][role]["learnt"]) for row in rows for role in ("defender", "attacker")]
    assert trainings[:2] == [1, 1]
    assert max(trainings) == 2


@pytest.mark.parametrize(
    ("settings", "iterations", "message"),
    [
        ({"total": 400_000}, None, "total is shared by a number of iterations, and none is given"),
        ({"total": 0}, 4, "total = 0 is refused"),
        (
            {"total": 9_000, "entry": 50, "validation": 50, "episodes": 200},
            4,
            r"total = 9,000 is too small for 4 iterations; at least [\d,]+",
        ),
        ({"total": 400_000, "meta_solver": "anytime"}, 4, "which no total counts"),
    ],
)
def test_a_total_that_cannot_be_shared_is_refused(settings, iterations, message):
    with pytest.raises(GamesolveError, match=message):
        solve(load_problem("pool", {"resources": 2, "horizon": 10}), "psro", settings=settings, iterations=iterations, memory=1)


def test_a_run_that_has_ended_is_settled_with_its_last_responses_too(flipit):
    """Over what the first iteration began with all weight is on random play; over what it found, it is not."""
    step = next(run(flipit, QUICK))
    strategy = solved(QUICK, step.state.game)
    assert len(strategy.defender) > len(step.strategy.defender)
    after = mixtures_of(step.state, strategy)
    assert exploitability(flipit, after).upper < exploitability(flipit, step.mixtures).upper


def test_of_each_training_as_many_snapshots_are_candidates_as_are_wanted(flipit):
    for snapshots in (1, 3):
        step = next(run(flipit, dataclasses.replace(QUICK, snapshots=snapshots)))
        for response in step.responses:
            points = {one.candidate.decisions for one in response.tried if one.candidate.learner}
            ends = {one.decisions for one in response.done}
            assert len(points) <= snapshots * len(response.done)
            assert max(points) in ends
