"""Variants of PSRO, with exact responses where those tell more: anytime, one draw for both roles, self-play beside, starts and shaping."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from bimatrix import bimatrix
from quick_psro import QUICK, run

from gamesolve.base.errors import GamesolveError
from gamesolve.base.registry import load_game
from gamesolve.learners import registry
from gamesolve.policies.mixture import mixture_of
from gamesolve.policies.tabular import TabularPolicy
from gamesolve.policies.team import TeamPolicy, average_of
from gamesolve.psro.exact_table import ExactTable
from gamesolve.psro.joint_draw import JointDraw
from gamesolve.psro.oracles import Oracle
from gamesolve.psro.plan import Plan
from gamesolve.solvers.best_response import best_response, expected_returns
from gamesolve.views.tree_build import build_tree

EXACT = Plan(oracles=(Oracle("exact"),), entry=100, validation=100, episodes=200)
PPO = {"rollout": 512, "hidden": [16]}


@pytest.fixture(scope="module")
def kuhn():
    return load_game("kuhn")


@pytest.fixture(scope="module")
def flipit():
    return load_game("flipit", horizon=3)


def course(game, count, **change):
    """Exact exploitabilities of iterations with exact responses, and the last step."""
    steps = [step for _, step in zip(range(count), run(game, dataclasses.replace(EXACT, **change), tree=build_tree(game)), strict=False)]
    return [step.exploitability.upper for step in steps], steps[-1]


def test_exact_responses_end_at_the_equilibrium_of_kuhn_poker(kuhn):
    """Exploitability 0 by iteration 10 (learning.md)."""
    found, last = course(kuhn, 10)
    assert found[-1] == pytest.approx(0.0, abs=1e-9)
    assert last.final
    assert all(response.name == "exact best response" for response in last.responses)
    assert last.value.lower == pytest.approx(-1 / 18, abs=1e-9)


def test_anytime_mixtures_do_not_get_worse_where_others_do():
    """McAleer et al. 2022, section 4: the exploitability of the least exploitable mixture of a growing population does not rise."""
    leduc = load_game("leduc")
    usual, _ = course(leduc, 8)
    anytime, last = course(leduc, 8, meta_solver="anytime", adaptations=100)
    assert max(np.diff(usual)) > 0.1
    # As near as so many rounds come to the least exploitable mixture.
    assert max(np.diff(anytime)) < 0.02
    assert anytime[-1] < 0.7 * usual[-1]
    assert all(response.name == "average of exact responses" for response in last.responses)


def test_anytime_mixtures_come_to_the_equilibrium_of_kuhn_poker(kuhn):
    found, _ = course(kuhn, 14, meta_solver="anytime", adaptations=200)
    assert found[-1] < 0.01


def test_anytime_mixtures_adapt_to_responders_that_learn(flipit):
    plan = dataclasses.replace(
        QUICK, oracles=(Oracle("ppo", 6_000, settings=PPO), Oracle("scripted")), meta_solver="anytime", adaptations=3
    )
    first, second = (step for _, step in zip(range(2), run(flipit, plan), strict=False))
    for response in second.responses:
        assert [one.unit.name.partition(": ")[2] for one in response.done] == ["ppo, round 1", "ppo, round 2", "ppo, round 3"]
        assert all(2_000 <= one.decisions < 3_000 for one in response.done)
    again = next(run(flipit, plan, state=first.state))
    assert again.strategy.joint.tolist() == second.strategy.joint.tolist()


def test_one_draw_for_both_roles_comes_to_a_coarse_correlated_equilibrium():
    """JPSRO: nobody gains by a policy of his own against the other's marginal, by the exact measure on the tree."""
    game = load_game("flipit", horizon=3, zero_sum=False)
    found, last = course(game, 20, meta_solver="coarse_correlated")
    assert found[-1] < 0.005 * found[0]
    assert last.shared
    assert last.value.lower is None
    tree, joint = build_tree(game), last.strategy.joint
    members = [[policy.behaviour_on(tree) for _, policy in population] for population in last.state.populations]
    payoffs = np.array(
        [[expected_returns(tree, (one, two)) for two in members[1][: joint.shape[1]]] for one in members[0][: joint.shape[0]]]
    )
    margins = [mixture.behaviour_on(tree) for mixture in last.mixtures]
    for role in (0, 1):
        gain = best_response(tree, role, margins[1 - role]).value - (joint * payoffs[..., role]).sum()
        assert gain <= 2.0 * found[-1] + 1e-9


def test_what_is_earned_by_one_draw_is_measured_in_pairs():
    """In a coordination of both roles independent margins earn much less than the draw that they share."""
    game = load_game("flipit", horizon=3, zero_sum=False)
    plan = dataclasses.replace(EXACT, meta_solver="coarse_correlated", episodes=20_000)
    *_, last = (step for _, step in zip(range(3), run(game, plan, tree=build_tree(game)), strict=False))
    tree = build_tree(game)
    joint, (zero, one) = last.strategy.joint, last.state.populations
    expected = sum(
        joint[d, k] * np.array(expected_returns(tree, (zero[d][1].behaviour_on(tree), one[k][1].behaviour_on(tree))))
        for d, k in np.argwhere(joint > 0.0)
    )
    for role, response in enumerate(last.responses):
        error = response.returns.std() / len(response.returns) ** 0.5
        assert abs(response.returns.mean() - expected[role]) <= 4.5 * error + 1e-12


def test_several_policies_may_join_in_an_iteration(flipit):
    step = next(run(flipit, dataclasses.replace(QUICK, responses=3)))
    assert {len(response.joining(1)) for response in step.responses} <= {1, 2, 3}
    assert max(len(response.joining(1)) for response in step.responses) > 1
    for members, response in zip(step.state.populations, step.responses, strict=True):
        assert len(members) == 1 + len(response.joining(1))
        assert len({name for name, _ in members}) == len(members)
    assert step.state.game.payoffs.shape == (2, *map(len, step.state.populations))


def test_responses_start_from_averaged_weights(flipit):
    oracle = Oracle("ppo", 2_000, seeds=1, warm=False, average=True, settings=PPO)
    plan = dataclasses.replace(QUICK, oracles=(oracle,), meta_solver="uniform", responses=2)
    names = [
        [one.unit.name for response in step.responses for one in response.done]
        for _, step in zip(range(4), run(flipit, plan), strict=False)
    ]
    assert not any("from the average" in name for name in names[0])
    assert any("from the average" in name for name in names[-1])


def test_the_average_of_teams_is_the_team_of_averages(flipit):
    step = next(run(flipit, dataclasses.replace(QUICK, oracles=(Oracle("ppo", 1_000, settings=PPO),))))
    one = step.responses[0].tried[-1].candidate.policy
    found = average_of([TeamPolicy((one,)), TeamPolicy((one,))], np.array([0.3, 0.7]))
    assert isinstance(found, TeamPolicy)
    assert not found.policies[0].greedy
    assert found.policies[0].tensors["weight-0"] == pytest.approx(one.tensors["weight-0"])


def test_critics_of_the_population_shape_what_is_learnt_next(flipit):
    plan = dataclasses.replace(QUICK, oracles=(Oracle("ppo", 2_000, warm=False, shaping=True, settings=PPO),), meta_solver="uniform")
    steps = run(flipit, plan)
    first, second = next(steps), next(steps)
    plain = next(run(flipit, dataclasses.replace(plan, oracles=(dataclasses.replace(plan.oracles[0], shaping=False),)), state=first.state))
    assert first.responses[0].policy.critic is not None
    for shaped, unshaped in zip(second.responses, plain.responses, strict=True):
        # The first rollout is the same; what is learnt from it is not.
        assert shaped.done[0].snapshots[-1].tensors["weight-0"].tolist() != unshaped.done[0].snapshots[-1].tensors["weight-0"].tolist()


def test_policies_of_self_play_join_whether_they_gain_or_not(flipit):
    plan = dataclasses.replace(QUICK, oracles=(Oracle("exact"), Oracle("self_play", 4_000, settings={"hidden": [16]})))
    steps = run(flipit, plan, tree=build_tree(flipit))
    first, second = next(steps), next(steps)
    for index in (0, 1):
        names = [name for name, _ in second.state.populations[index]]
        assert "self-play until iteration 1" in names
        assert "self-play until iteration 2" in names
    assert [one.unit.name for one in first.responses[0].done] == ["defender: self_play, from the beginning"]
    assert [one.unit.name for one in second.responses[0].done] == ["defender: self_play, stretch 2"]


def test_a_run_with_self_play_ends_when_nothing_gains_though_its_policies_still_join(flipit):
    plan = dataclasses.replace(QUICK, oracles=(Oracle("exact"), Oracle("self_play", 512, settings={"hidden": [8], "rollout": 128})))
    *_, last = (step for _, step in zip(range(25), run(flipit, plan, tree=build_tree(flipit)), strict=False))
    assert last.final
    assert last.state.fruitless == 2
    assert last.exploitability.upper < 1e-9
    assert sum(name.startswith("self-play until") for name, _ in last.state.populations[0]) == last.state.iteration


@pytest.mark.parametrize("name", ["projected_replicator", "alpha_rank", "regret_matching"])
def test_a_policy_joins_once_and_a_run_ends_when_all_responses_are_there(kuhn, name):
    """Lanctot et al. 2017: populations are closed then under best responses, whatever mixes them."""
    _, last = course(kuhn, 30, meta_solver=name)
    assert last.final
    tree = build_tree(kuhn)
    for members in last.state.populations:
        behaviours = [policy.behaviour_on(tree).tolist() for _, policy in members]
        assert len({tuple(np.round(one, 9)) for one in behaviours}) == len(behaviours)


def test_in_fictitious_play_a_response_counts_as_often_as_it_was_found(kuhn):
    found, last = course(kuhn, 40, meta_solver="uniform")
    assert not last.final
    assert found[-1] < 0.06
    assert len(last.state.populations[0]) == 41


def test_where_the_average_of_responses_does_not_gain_the_best_one_is_taken(kuhn):
    """With few rounds the average answers mixtures that are gone."""
    plan = dataclasses.replace(EXACT, meta_solver="anytime", adaptations=2)
    steps = [step for _, step in zip(range(12), run(kuhn, plan, tree=build_tree(kuhn)), strict=False)]
    assert steps[-1].exploitability.upper < 0.06
    names = {response.name for step in steps for response in step.responses}
    assert names == {"average of exact responses", "exact best response"}


def test_what_is_earned_by_correlation_does_not_hide_what_the_other_could_gain():
    """In this game the joint draw below earns .8 each; by her own best the defender gets .4, the attacker .9: he gains .1."""
    joint = np.array([[0.4, 0.0, 0.0], [0.0, 0.4, 0.0], [0.0, 0.0, 0.2]])
    one = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    two = np.array([[1.0, 0.0, 2.25], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    game = bimatrix(one, two)
    tree = build_tree(game)
    tables = [[TabularPolicy.from_tree(tree, role, np.array([1.0, *np.eye(3)[k]])) for k in range(3)] for role in (0, 1)]
    draw = JointDraw.of((tables[0], tables[1]), joint)
    margins = tuple(mixture_of(tables[role], joint.sum(axis=1 - role)) for role in (0, 1))
    earned = [float((joint * payoff).sum()) for payoff in (one, two)]
    best = float((one @ joint.sum(axis=0)).max()), float((joint.sum(axis=1) @ two).max())
    assert earned == pytest.approx([0.8, 0.8])
    assert best == pytest.approx([0.4, 0.9])
    _, found = ExactTable(tree).certificate(draw, margins)
    assert found.upper == pytest.approx(0.05)


def test_learners_are_not_asked_where_the_exact_response_is_known(flipit):
    plan = dataclasses.replace(QUICK, oracles=(Oracle("ppo", 2_000, settings=PPO), Oracle("exact")))
    step = next(run(flipit, plan, tree=build_tree(flipit)))
    assert step.state.decisions == 0
    several = next(run(flipit, dataclasses.replace(plan, responses=2), tree=build_tree(flipit)))
    assert several.state.decisions > 0


def test_anytime_mixtures_stay_where_they_are_when_no_responder_learns(flipit, monkeypatch):
    failing = dataclasses.replace(registry.LEARNERS["ppo"], make=lambda *_, **__: 1 / 0)
    monkeypatch.setitem(registry.LEARNERS, "ppo", failing)
    plan = dataclasses.replace(QUICK, oracles=(Oracle("ppo", 2_000),), meta_solver="anytime")
    with pytest.raises(GamesolveError, match="no oracle that learns offered anything in iteration 1: oracle ppo cannot look for"):
        next(run(flipit, plan))


@pytest.mark.parametrize("settings", [{"critic": "joint"}, {"memory": "recurrent"}])
def test_shaping_by_critics_that_see_other_things_is_refused_at_once(settings):
    with pytest.raises(GamesolveError, match="shaping takes critics that see what their policies are fed"):
        Oracle("ppo", shaping=True, settings=settings)


def test_an_oracle_without_a_start_is_named(flipit):
    plan = dataclasses.replace(QUICK, oracles=(Oracle("ppo", 2_000, seeds=0), Oracle("tabular", 5_000)))
    step = next(run(flipit, plan))
    assert any("oracle ppo has nothing to start from: seeds is 0" in note for note in step.responses[0].notes)


@pytest.mark.slow
def test_self_play_beside_the_responses_needs_few_iterations(record_property):
    """Self-Play PSRO (McAleer et al. 2024): what takes exact responses alone 40 iterations on leduc is there after eight."""
    leduc = load_game("leduc")
    alone, _ = course(leduc, 8)
    beside, _ = course(leduc, 8, oracles=(Oracle("exact"), Oracle("self_play", 1_000_000)))
    assert beside[-1] < 0.4 * alone[-1]
    record_property("iterations of PSRO with self-play beside it", len(beside))


def test_exact_responses_need_a_tree(kuhn):
    with pytest.raises(GamesolveError, match="oracle 'exact' computes responses on the game's tree, and there is none"):
        next(run(kuhn, EXACT))


def test_anytime_needs_an_oracle_that_can_be_adapted_to():
    with pytest.raises(GamesolveError, match="'anytime' adapts to responses that are learnt or exact"):
        Plan(oracles=(Oracle("scripted"),), meta_solver="anytime")
