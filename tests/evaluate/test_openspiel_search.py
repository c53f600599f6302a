"""Worst cases in OpenSpiel's games whose tree does not fit: searched for by play, and never below what the tree would tell."""

import numpy as np
import pyspiel
import pytest
from open_spiel.python import policy as openspiel_policy

from gamesolve.base.errors import GamesolveError
from gamesolve.evaluate import evaluate
from gamesolve.evaluate.play import play
from gamesolve.evaluate.sampled import interval
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.openspiel_asked import uniform_policy
from gamesolve.policies.tabular import TabularPolicy
from gamesolve.solvers.best_response import best_response, uniform
from gamesolve.train import train
from gamesolve.views import openspiel_tree
from gamesolve.views.openspiel_tree import tree_from_openspiel
from gamesolve.views.problem import problem_of
from gamesolve.views.turn_based import TurnBased

LEDUC = "leduc_poker(suit_isomorphism=True)"
#: Room for no tree at all.
NO_TREE = 100
QUICK = {"responders": ("ppo",), "budget": 6_000, "seeds": 1, "episodes": 1_000}
DQN = {"responders": ("dqn",), "budget": 20_000}


def response(name, role):
    """A table that answers random play."""
    tree = tree_from_openspiel(name)
    return TabularPolicy.from_tree(tree, role, best_response(tree, role, uniform(tree.decisions[1 - role])).behaviour)


def network(name, role):
    small = {"rollout": 512, "minibatch": 256, "batch": 32}
    return (
        train(pyspiel.load_game(name), str(role), "random", budget=2_000, settings=small, validation=50, episodes=50)
        .trainings[0]
        .snapshots[-1]
    )


KINDS = {
    "random": lambda name, role: uniform_policy(TurnBased.of(pyspiel.load_game(name)), str(role)),
    "table": response,
    "network": network,
    "mixture": lambda name, role: Mixture((KINDS["random"](name, role), response(name, role)), np.array([0.5, 0.5])),
}


@pytest.mark.parametrize(
    ("name", "role", "kind"),
    [
        ("kuhn_poker", 0, "random"), ("kuhn_poker", 1, "network"), ("kuhn_poker", 1, "mixture"), (LEDUC, 0, "table"), (LEDUC, 1, "random"),
        ("goofspiel(imp_info=True,num_cards=3,points_order=descending)", 0, "table"), ("matrix_rps", 0, "table"),
    ],
)  # fmt: skip
def test_what_is_proved_is_never_below_the_exact_worst_case(name, role, kind):
    game, policy = pyspiel.load_game(name), KINDS[kind](name, role)
    exact = evaluate(game, policy).worst_case_return[str(role)]
    proved = evaluate(game, policy, memory=NO_TREE, **QUICK)
    bound, found = proved.worst_case_return[str(role)], proved.searched[str(role)]
    assert (bound.lower, bound.kind, bound.confidence) == (None, "estimated", 0.95)
    # Five times in a hundred the bound itself may fail; twice its distance from the mean is four deviations.
    slack = interval(found.returns)[1] - found.returns.mean()
    assert bound.upper + slack >= exact.lower
    assert {point.responder for point in found.curve} == {"ppo"}
    assert proved.game_value[str(role)].lower is None


def test_what_a_search_finds_in_a_small_game_is_nearly_the_worst_case():
    game = pyspiel.load_game("kuhn_poker")
    exact = evaluate(game, "random", role="0").worst_case_return["0"]
    found = evaluate(game, "random", role="0", memory=NO_TREE, **{**QUICK, **DQN, "episodes": 4_000})
    # Random play against random play earns 0.125.
    assert found.worst_case_return["0"].upper <= exact.upper + 0.2
    assert found.best_response["1"].role == "1"


def test_a_profile_is_exploitable_by_at_least_half_of_what_was_found():
    game = pyspiel.load_game("kuhn_poker")
    profile = {role: uniform_policy(TurnBased.of(game), role) for role in ("0", "1")}
    exact, found = evaluate(game, profile), evaluate(game, profile, memory=NO_TREE, **{**QUICK, **DQN})
    assert found.exploitability.upper is None
    assert 0.0 < found.exploitability.lower <= exact.exploitability.upper
    for role in ("0", "1"):
        bound = found.expected_return[role]
        slack = bound.upper - bound.lower
        assert bound.lower - slack <= exact.expected_return[role].lower <= bound.upper + slack


def test_each_role_of_a_general_sum_game_is_searched_against_twice():
    game = pyspiel.load_game("matrix_pd")
    exact = evaluate(game, "random", role="0")
    found = evaluate(game, "random", role="0", memory=10, responders=(), episodes=2_000)
    assert found.worst_case_return["0"].upper >= exact.worst_case_return["0"].lower - 0.5
    assert found.return_against_best_response["0"].lower is None
    assert found.return_against_strongest_found["0"].kind == "estimated"


def test_openspiels_policies_are_judged_and_known_without_a_tree():
    game = pyspiel.load_game(LEDUC)
    theirs = openspiel_policy.UniformRandomPolicy(game)
    found = evaluate(game, theirs, role="0", memory=NO_TREE, responders=(), known=[theirs, response(LEDUC, 1)], episodes=500)
    assert found.searched["0"].name == "known opponent 2"
    assert [one.failed for one in found.searched["0"].tried] == ["", "", ""]


def test_a_responder_that_cannot_learn_the_game_is_named_and_survived():
    found = evaluate(pyspiel.load_game("kuhn_poker"), "random", role="0", memory=10, **{**QUICK, "responders": ("tabular", "ppo")})
    assert [note for note in found.notes if "responder" in note] == [
        "player 0's worst case: responder tabular cannot look for opponents: tables are learnt in gamesolve's own games; "
        "in openspiel:kuhn_poker learn by a network (ppo, dqn)"
    ]
    assert found.worst_case_return["0"].upper is not None


def test_that_a_tree_does_not_fit_is_found_out_and_told_once(monkeypatch):
    asked = []
    before = openspiel_tree._estimate_leaves
    monkeypatch.setattr(openspiel_tree, "_estimate_leaves", lambda *given: asked.append(given) or before(*given))
    found = evaluate(pyspiel.load_game(LEDUC), "random", role="1", memory=NO_TREE, responders=(), episodes=50)
    assert len(asked) == 1
    assert sum("suit_isomorphism" in note for note in found.notes) == 0
    assert found.notes[-1] == "the game's value is not known either: the tree does not fit"


def test_a_game_that_is_not_proper_is_still_refused():
    with pytest.raises(GamesolveError, match="does not provide information-state strings"):
        evaluate(pyspiel.load_game("coop_box_pushing"), "random", role="0", responders=(), episodes=10)


def test_episodes_of_openspiels_games_are_played():
    problem = problem_of(pyspiel.load_game("kuhn_poker"))
    few, many = (play(problem, {"0": "random", "1": response("kuhn_poker", 1)}, episodes=n, seed=3) for n in (40, 600))
    np.testing.assert_array_equal(few.returns, many.returns[:40])
    # An exact answer to random play: OpenSpiel's kuhn_poker, player 1.
    assert many.returns[:, 1].mean() == pytest.approx(0.41666667, abs=4 * many.returns[:, 1].std() / 600**0.5)
    assert (many.joint_steps, many.decisions >= 600) == (0, True)
