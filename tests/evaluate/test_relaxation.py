"""What a policy earns at least: against an opponent who sees everything."""

from dataclasses import replace

import numpy as np
import pytest

from gamesolve import evaluate, load_game
from gamesolve.base.bound import Bound
from gamesolve.base.errors import TooLargeError
from gamesolve.evaluate import relaxation as module
from gamesolve.evaluate.relaxation import relaxation
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.policies.tabular import TabularPolicy
from gamesolve.policies.team import TeamPolicy
from gamesolve.rules.game import ROLES
from gamesolve.rules.scripted import RANDOM
from gamesolve.solve import solve
from gamesolve.solvers.best_response import best_response, float_tolerance
from gamesolve.solvers.best_response import uniform as uniform_behaviour
from gamesolve.views.tree_build import build_tree

GAMES = [
    ("kuhn", {}),
    ("flipit", {"horizon": 3}),
    ("flipit", {"horizon": 3, "defender_information": "last_move", "tie": "nothing"}),
    ("stopping", {"horizon": 3}),
    ("pool", {"horizon": 2, "values": [1, 2], "discount": 0.9}),
    pytest.param("inspection", {"periods": 4}, marks=pytest.mark.slow),
    pytest.param("leduc", {}, marks=pytest.mark.slow),
    pytest.param("attack_graph", {"graph": "tiny", "horizon": 2}, marks=pytest.mark.slow),
]


def random_table(tree, role, seed):
    """A table with pure and mixed choices."""
    d, numbers = tree.decisions[role], np.random.default_rng(seed)
    behaviour = uniform_behaviour(d)
    for i in range(d.information_sets):
        own = slice(d.first[i], d.first[i + 1])
        n = own.stop - own.start
        behaviour[own] = np.eye(n)[numbers.integers(n)] if numbers.random() < 0.5 else numbers.dirichlet(np.ones(n))
    return TabularPolicy.from_tree(tree, role, behaviour)


def policies(game, tree, role):
    """Scripted, tabular, and mixtures of these."""
    scripted = [ScriptedPolicy.named(game, role, s.name) for s in (*RANDOM, *game.policies) if s.role == role and s.enumerable]
    tables = [solve(game, method="lp").policies[ROLES.index(role)], *(random_table(tree, ROLES.index(role), seed) for seed in range(3))]
    some = (scripted[-1], tables[0], tables[1], scripted[0])
    return [*scripted, *tables, Mixture(some, np.array([0.5, 0.25, 0.0, 0.25]))]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("name", "parameters"), GAMES)
def test_nobody_leaves_a_policy_less(name, parameters, role, record_property):
    game = load_game(name, **parameters)
    tree, index, equal = build_tree(game), ROLES.index(role), 0
    judged = policies(game, tree, role)
    for policy in judged:
        exact = -best_response(tree, 1 - index, policy.behaviour_on(tree)).value
        bound = relaxation(game, role, policy)
        assert (bound.upper, bound.kind) == (None, "proved")
        assert bound.lower <= exact + float_tolerance(tree)
        equal += bound.lower > exact - 1e-9
    record_property("relaxations compared with exact worst cases", len(judged))
    # In leduc whoever sees the other's card gains by it, against each of these policies.
    assert equal or name == "leduc"


@pytest.mark.parametrize("words", ["random", "never", "alert_threshold", "belief_threshold"])
def test_an_opponent_who_does_see_everything_is_met_exactly(words):
    # The attacker of the stopping game knows its state and what the defender sees; these policies remember no more than that.
    game = load_game("stopping", horizon=4)
    exact = evaluate(game, words, role="defender").worst_case_return["defender"]
    assert relaxation(game, "defender", ScriptedPolicy.named(game, "defender", words)).lower == pytest.approx(exact.lower, abs=1e-9)


def test_in_a_general_sum_game_the_opponent_only_means_harm():
    game = load_game("flipit", horizon=3, zero_sum=False)
    for role in ROLES:
        for words in ("random", "periodic", "greedy"):
            exact = evaluate(game, words, role=role).worst_case_return[role]
            assert relaxation(game, role, ScriptedPolicy.named(game, role, words)).lower <= exact.upper


def test_a_mixture_is_worth_what_its_members_are():
    game = load_game("flipit", horizon=30)
    members = tuple(ScriptedPolicy.named(game, "defender", words) for words in ("never", "greedy", "periodic:period=2"))
    weights = np.array([0.125, 0.625, 0.25])
    alone = [relaxation(game, "defender", member).lower for member in members]
    assert relaxation(game, "defender", Mixture(members, weights)).lower == pytest.approx(weights @ alone)


def test_members_share_one_limit():
    game = load_game("flipit", horizon=30)
    member = ScriptedPolicy.named(game, "defender", "greedy")
    relaxation(game, "defender", Mixture((member,), np.ones(1)), limit=3_000)
    with pytest.raises(TooLargeError, match="transitions to think of"):
        relaxation(game, "defender", Mixture((member,) * 4, np.full(4, 0.25)), limit=3_000)


def test_a_team_of_defenders_is_one_opponent_of_many_eyes():
    # Two that see only their own resource are no stronger than one who sees both.
    attackers = ("never", "periodic", "exponential", "most_valuable")
    alone, team = (load_game("pool", horizon=3, defenders=n) for n in (1, 2))
    for words in attackers:
        single = evaluate(alone, words, role="attacker").worst_case_return["attacker"]
        found = evaluate(team, words, role="attacker", responders=(), episodes=500)
        bound = found.worst_case_return["attacker"]
        assert bound.kind == "estimated"
        assert bound.lower <= single.upper
        assert bound.lower == relaxation(team, "attacker", ScriptedPolicy.named(team, "attacker", words)).lower
        assert "a team of 2 defenders with private signals is not one player with a best response" in found.notes[0]
        assert set(found.best_response) == {"defender"}


def test_teams_and_mixtures_of_teams_are_bounded():
    game = load_game("pool", horizon=3, defenders=2)
    still, busy = (ScriptedPolicy.named(game, "defender", words) for words in ("never", "periodic:period=1"))
    teams = [TeamPolicy((still, busy)), TeamPolicy((busy, busy))]
    lower = [relaxation(game, "defender", team).lower for team in teams]
    exact = [evaluate(game, team, role="defender").worst_case_return["defender"].upper for team in teams]
    assert all(a <= b for a, b in zip(lower, exact, strict=True))
    assert relaxation(game, "defender", Mixture(tuple(teams), np.array([0.5, 0.5]))).lower == pytest.approx(np.mean(lower))


def test_the_bracket_of_a_game_whose_tree_is_too_large_has_both_ends():
    game = load_game("flipit", horizon=40)
    found = evaluate(game, {"defender": "periodic", "attacker": "geometric"}, memory=10**7, responders=(), episodes=500)
    for role, words in (("defender", "periodic"), ("attacker", "geometric")):
        bound = found.worst_case_return[role]
        assert bound.lower == relaxation(game, role, ScriptedPolicy.named(game, role, words)).lower
        assert bound.lower < bound.upper
        assert (bound.kind, bound.confidence, bound.episodes) == ("estimated", 0.95, 500)
        assert f"the lower end of the {role}'s worst case is what it earns against an opponent who sees everything" in found.notes
    lower, upper = (sum(getattr(bound, end) for bound in found.worst_case_return.values()) for end in ("lower", "upper"))
    assert (found.exploitability.lower, found.exploitability.upper) == pytest.approx((max(-upper / 2, 0.0), -lower / 2))
    assert all(bound.upper is not None for bound in found.regret.values())


def test_what_is_too_large_for_this_too_is_said(monkeypatch):
    monkeypatch.setattr(module.relaxation, "__kwdefaults__", {**module.relaxation.__kwdefaults__, "limit": 50})
    found = evaluate(load_game("flipit", horizon=30), "periodic", role="defender", memory=10**6, responders=(), episodes=100)
    assert found.worst_case_return["defender"].lower is None
    assert any(note.startswith("no lower end of the defender's worst case is known: whoever sees everything has") for note in found.notes)


def test_a_policy_that_draws_too_much_has_no_lower_end():
    game = load_game("kuhn")
    policy = ScriptedPolicy.named(game, "defender", "random")
    drawn = replace(policy, scripted=replace(policy.scripted, enumerable=False))
    found = evaluate(game, drawn, responders=(), episodes=100)
    assert found.worst_case_return["defender"].lower is None
    assert "no lower end of the defender's worst case is known: policy 'random' draws too much to be enumerated" in found.notes
    for made_of_it in (Mixture((drawn,), np.ones(1)), TeamPolicy((drawn,))):
        with pytest.raises(TooLargeError, match="'random' draws too much"):
            relaxation(game, "defender", made_of_it)


@pytest.mark.parametrize(("phase", "known"), [("relaxation", False), ("episodes", True)])
def test_what_is_proved_stands_when_the_search_is_cut_short(phase, known):
    heard = []
    found = evaluate(
        load_game("flipit", horizon=30),
        "greedy",
        role="defender",
        memory=10**7,
        responders=(),
        stop=lambda: heard[-1:] == [phase],
        progress=lambda progress: heard.append(progress.phase),
    )
    assert found.stopped == "interrupt"
    bound = found.worst_case_return["defender"]
    assert (bound.lower is not None, bound.upper, bound.kind) == (known, None, "proved")
    what = "the upper end of the defender's worst case" if known else "the defender's worst case"
    assert f"{what} is not known: the evaluation was interrupted first" in found.notes


def test_an_estimate_below_what_is_proved_gives_way(monkeypatch):
    monkeypatch.setattr(module, "relaxation", lambda *_, **__: Bound(1e6, None))
    found = evaluate(load_game("flipit", horizon=30), "periodic", role="defender", memory=10**6, responders=(), episodes=100)
    bound = found.worst_case_return["defender"]
    assert bound.lower == bound.upper == 1e6
