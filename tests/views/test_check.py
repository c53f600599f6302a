"""`check_game` lets sound games pass and names what unsound ones do."""

from dataclasses import replace

import faulty
import numpy as np
import pytest
from greedy import greedy
from toy import toy

import gamesolve
from gamesolve import load_game
from gamesolve.base.errors import GamesolveError
from gamesolve.views.check import PLAIN, check_game, check_openspiel, check_refusals
from gamesolve.views.simulator import Simulator


def test_a_sound_game_passes_and_the_report_counts():
    report = check_game(load_game("kuhn"), transitions=500)
    assert report.game == "kuhn()"
    assert report.plain >= PLAIN
    assert report.transitions >= 500
    # An agent has 3 histories after the deal, and goes on to as many again for each thing it sees and does.
    assert report.information_states == 24
    assert report.policies == 8
    assert report.tree


def test_a_game_that_is_not_registered_passes():
    report = check_game(toy(), transitions=100)
    assert (report.policies, report.tree) == (2, True)


def test_the_same_seed_checks_the_same_plays():
    game = load_game("kuhn")
    assert check_game(game, transitions=100, seed=1) == check_game(game, transitions=100, seed=1)


def test_a_game_without_horizon_passes():
    report = check_game(load_game("flipit", horizon=0, discount=0.9), transitions=300)
    assert report.transitions >= 300
    assert not report.tree


def test_steps_in_which_nobody_has_a_choice_are_compared_too():
    game = load_game("attack_graph", graph="tiny", horizon=1, attacker_picks=2, defender_picks=2)
    check_game(replace(game, policies=()), transitions=50)


def test_development_compiles_nothing_and_names_a_misspelt_field():
    game = faulty.with_rules(legal=faulty.reads_misspelt_field)
    with pytest.raises(GamesolveError, match=r"rule 'legal' \(faulty.py:\d+\) uses the field 'counts', which STATE does not have"):
        check_game(game, development=True)
    report = check_game(faulty.sound(), transitions=50, development=True)
    assert report.plain >= 50
    assert report.transitions == 0


def test_the_check_is_public():
    assert gamesolve.check_game is check_game


def test_at_least_one_transition_is_asked_for():
    with pytest.raises(GamesolveError, match="transitions is 0; at least one is needed"):
        check_game(load_game("kuhn"), transitions=0)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("mask_differs", "'defender 0' has different legal actions in states that it cannot tell apart"),
        ("no_action", "'attacker' has no legal action before the game is over"),
        ("many_questions", "more questions were asked of chance"),
        ("bad_weights", r"picks with weights \[-1.0, -1.0\]"),
        ("not_finite", r"pays \[inf, "),
    ],
)
def test_a_breach_is_named(fault, words):
    with pytest.raises(GamesolveError, match=rf"^toy\(.*\) breaks the contract of rules: .*{words}"):
        check_game(toy(fault=fault), transitions=200)


def test_returns_outside_the_utility_bounds_are_found():
    with pytest.raises(GamesolveError, match=r"the defender's return .* lies outside its utility bounds \(-1.0, 1.0\)"):
        check_game(replace(load_game("kuhn"), utility_bounds=((-1.0, 1.0), (-2.0, 2.0))), transitions=200)


def test_a_game_that_is_not_zero_sum_must_not_say_so():
    game = load_game("flipit", horizon=3, zero_sum=False)
    with pytest.raises(GamesolveError, match=r"it is declared zero-sum, but an episode's returns .* add up to"):
        check_game(replace(game, zero_sum=True), transitions=200)


def test_rules_that_allocate_are_refused_by_the_compiler():
    with pytest.raises(GamesolveError, match=r"a rule allocates memory at .*greedy.py:\d+"):
        check_game(greedy(), transitions=10)


def test_a_simulator_that_lets_illegal_actions_pass_is_found(monkeypatch):
    monkeypatch.setattr(Simulator, "step", lambda self, actions: None)
    with pytest.raises(GamesolveError, match="the simulator accepts the actions"):
        check_refusals(load_game("kuhn"))


def test_an_openspiel_view_that_pays_otherwise_is_found(monkeypatch):
    from gamesolve.views import openspiel

    kept = openspiel.OpenSpielState.returns
    monkeypatch.setattr(openspiel.OpenSpielState, "returns", lambda self: (0.5 * np.array(kept(self))).tolist())
    with pytest.raises(GamesolveError, match="the views differ: OpenSpiel's state returns"):
        check_game(load_game("kuhn"), transitions=50)
    with pytest.raises(GamesolveError, match="the walker's tree and the tree through OpenSpiel differ in their values"):
        check_openspiel(load_game("kuhn"), tree=True)


@pytest.mark.parametrize("view", ["_simulate", "_walk"])
@pytest.mark.parametrize("part", ["state", "memory", "signals", "masks", "reward", "returns", "over"])
def test_a_view_that_differs_in_anything_is_found(view, part, monkeypatch):
    from gamesolve.views.check_views import Shadows

    kept = getattr(Shadows, view)

    def differs(self, after):
        found = kept(self, after)
        if part == "over":
            return {**found, "over": not found["over"]}
        changed = np.array(found[part], ndmin=1)
        changed.view(np.uint8).reshape(-1)[-1] ^= 64
        return {**found, part: changed}

    monkeypatch.setattr(Shadows, view, differs)
    with pytest.raises(GamesolveError, match="the views differ: "):
        check_game(load_game("flipit", horizon=3), transitions=50)
