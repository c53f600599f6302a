"""Games against policies that stand fixed, as layers of situations."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from least_return import LeastReturn
from random_networks import network
from toy import toy

from gamesolve import load_game
from gamesolve.base.errors import GamesolveError, TooLargeError, UnfinishedError
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.policies.team import TeamPolicy
from gamesolve.solvers.backward_induction import least_reward
from gamesolve.views import layers, situations
from gamesolve.views.acting import ASKED, HISTORY, NOTHING, PLAYING, PRESENT, RANDOMLY, Acting
from gamesolve.views.layers import decision_layers
from gamesolve.views.tree_build import build_tree


def acting(game, role, policy):
    return [policy.acting(game, i) if agent.role == role else PLAYING for i, agent in enumerate(game.agents)]


def scripted(game, role, words):
    return acting(game, role, ScriptedPolicy.named(game, role, words))


def value(layers):
    return least_reward(layers)[0]


def situations_of(layers):
    return sum(len(layer.first) - 1 for layer in layers)


CASES = [
    ("flipit", {"horizon": 30}, "defender", "periodic"),
    ("flipit", {"horizon": 20, "discount": 0.9, "zero_sum": False}, "attacker", "tracker"),
    ("flipit", {"horizon": 12, "tie": "nothing"}, "attacker", "random"),
    ("stopping", {"horizon": 25}, "defender", "alert_threshold"),
    ("stopping", {"horizon": 25}, "attacker", "cautious"),
    ("pool", {"horizon": 4, "defenders": 2}, "defender", "periodic"),
    ("pool", {"horizon": 3, "defenders": 2}, "attacker", "exponential"),
    pytest.param("attack_graph", {"graph": "tiny", "horizon": 4, "defender_picks": 2}, "defender", "min_cut", marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("name", "parameters", "role", "words"), CASES)
def test_a_policy_is_worth_what_plain_value_iteration_says(name, parameters, role, words, record_property):
    game = load_game(name, **parameters)
    acts = scripted(game, role, words)
    plain = LeastReturn(game, acts, role)
    assert value(decision_layers(game, acts)) == pytest.approx(plain.value(), abs=1e-9)
    record_property("situations valued by plain recursion too", len(plain.values))


@pytest.mark.parametrize("role", ["defender", "attacker"])
def test_epochs_of_several_picks_are_steps_of_their_own(role):
    game = toy(horizon=3, defenders=2)
    acts = [RANDOMLY if agent.role == role else PLAYING for agent in game.agents]
    layers = decision_layers(game, acts)
    assert len(layers) == 1 + game.steps
    assert value(layers) == pytest.approx(LeastReturn(game, acts, role).value(), abs=1e-9)


def test_flipit_against_a_periodic_defender_is_worth_what_can_be_counted_by_hand():
    # Ties go to the defender, period 3, costs 0.4 and 0.6; the attacker learns the phase in the first epoch, in which it flips.
    # A cycle (flip by the defender, by the attacker, nothing) is worth 1 - 2 - 0.4 + 0.6 to the defender.
    cycle, waste = 1 - 2 - 0.4 + 0.6, 0.6
    phases = [waste + 33 * cycle + 1 - 0.4, waste - 1 + 33 * cycle, waste - 2 + 32 * cycle + 1 - 1 - 0.4 + 0.6]
    game = load_game("flipit", horizon=100)
    assert value(decision_layers(game, scripted(game, "defender", "periodic"))) == pytest.approx(sum(phases) / 3)


def test_rows_are_joint_actions_and_edges_are_probabilities():
    game = load_game("pool", horizon=3, defenders=2)
    layers = decision_layers(game, scripted(game, "attacker", "periodic"))
    assert [len(layer.first) - 1 for layer in layers][:2] == [1, 1]
    # Nothing, flip and check of every resource; one defender guards each.
    assert np.diff(layers[1].first).tolist() == [9]
    for layer, after in itertools.pairwise(layers):
        assert np.bincount(layer.row, layer.chance, minlength=len(layer.reward)) == pytest.approx(1.0)
        assert set(layer.target) == set(range(len(after.first) - 1))
    assert len(layers[-1].row) == 0


@pytest.mark.parametrize("memory", ["last", "history", "recurrent"])
@pytest.mark.parametrize(("name", "role"), [("flipit", "defender"), ("stopping", "attacker")])
def test_a_network_is_worth_what_its_table_is(name, role, memory):
    game = load_game(name, horizon=4)
    policy = network(game, role, memory=memory)
    asked = decision_layers(game, acting(game, role, policy))
    table = decision_layers(game, acting(game, role, policy.behavioural(build_tree(game))))
    # Single precision: what a row of a batch comes to depends on where it stands.
    assert value(asked) == pytest.approx(value(table), abs=1e-5)
    assert situations_of(asked) <= situations_of(table)


def test_networks_that_see_what_all_of_a_team_sees_are_shown_it(monkeypatch):
    game = load_game("pool", horizon=3, defenders=2)
    one, two = (network(game, "defender", memory=memory, pooled=True) for memory in ("last", "history"))
    monkeypatch.setattr(situations, "PART", 3)
    shown = []

    def listen(policy, agent):
        inner = policy.acting(game, agent)

        def ask(recall, place, rows, masks):
            shown.append((recall.agents.tolist(), recall.signals.shape[1:3], recall.steps.tolist()))
            return inner.ask(recall, place, rows, masks)

        return replace(inner, ask=ask)

    def mixed(agent):
        return listen(one if agent == 0 else two, agent)

    layers = decision_layers(game, [mixed(0), mixed(1), PLAYING])
    assert len(layers) == 4
    assert all(agents == [0, 1] and shape == (2, steps[0] + 1) and len(set(steps)) == 1 for agents, shape, steps in shown)
    assert {steps[0] for _, _, steps in shown} == {0, 1, 2}


def test_a_team_may_mix_kinds_of_policies():
    game = load_game("pool", horizon=3, defenders=2)
    still = ScriptedPolicy.named(game, "defender", "never")
    for memory in ("last", "history"):
        lone, team = network(game, "defender", memory=memory), TeamPolicy((still, network(game, "defender", memory=memory)))
        greedy = decision_layers(game, acting(game, "defender", TeamPolicy((still, lone.made_greedy))))
        drawn = decision_layers(game, acting(game, "defender", team))
        assert situations_of(greedy) < situations_of(drawn)


def test_what_nobody_looks_at_tells_no_situations_apart():
    game = load_game("flipit", horizon=40)
    few = decision_layers(game, scripted(game, "defender", "periodic"))
    assert situations_of(few) < 40 * 2 * 3
    looks = [scripted(game, "defender", words)[0].looks for words in ("never", "periodic", "greedy", "random")]
    assert looks == [NOTHING, NOTHING, PRESENT, NOTHING]
    curious = [replace(scripted(game, "defender", "periodic")[0], looks=PRESENT), PLAYING]
    many = decision_layers(game, curious)
    assert situations_of(many) > 5 * situations_of(few)
    assert value(many) == pytest.approx(value(few))
    assert PLAYING.looks == HISTORY


def same(one, other):
    return len(one) == len(other) and all(
        np.array_equal(a, b) for x, y in zip(one, other, strict=True) for a, b in zip(vars(x).values(), vars(y).values(), strict=True)
    )


def by_history(recall, place, rows, masks):
    """Probabilities that depend on every step of the own history, and on nothing else."""
    steps = np.arange(recall.signals.shape[2])
    seen = steps <= recall.steps[rows, None]
    sums = ((recall.signals[rows, place].sum(axis=2) + 2 * recall.actions[rows, place]) * (1 + steps) * seen).sum(axis=1)
    weights = masks * (1.0 + (sums[:, None] + np.arange(masks.shape[1])) % 3)
    return weights / weights.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("acts", [[RANDOMLY, PLAYING], [Acting(ASKED, ask=by_history), PLAYING]], ids=["random", "asked"])
def test_layers_do_not_depend_on_pauses_and_room(acts, monkeypatch):
    game = toy(horizon=3)
    whole = decision_layers(game, acts)
    assert same(whole, decision_layers(game, acts))
    paused = []
    monkeypatch.setattr(layers, "PAUSE", 3)
    monkeypatch.setattr(layers, "ROOM_AT_FIRST", 8)
    monkeypatch.setattr(situations, "PART", 2)
    assert same(whole, decision_layers(game, acts, pause=lambda: paused.append(1)))
    assert len(paused) > 10


def test_what_pause_raises_ends_the_work(monkeypatch):
    monkeypatch.setattr(layers, "PAUSE", 10)

    def give_up():
        raise UnfinishedError("enough")

    with pytest.raises(UnfinishedError, match="enough"):
        decision_layers(toy(horizon=3), [RANDOMLY, PLAYING], pause=give_up)


def test_work_and_memory_are_limited():
    game = load_game("flipit", horizon=40)
    acts = scripted(game, "defender", "periodic")
    with pytest.raises(TooLargeError, match="more than 300 transitions to think of"):
        decision_layers(game, acts, limit=300)
    with pytest.raises(TooLargeError, match=r"take .* or more; the memory limit is 1000 bytes"):
        decision_layers(game, acts, memory=1000)


def test_what_is_hopeless_is_given_up_early():
    # 4 joint actions in the first step, 16 in the second, ...: where this leads is plain after a few.
    game = load_game("flipit", horizon=100)
    acts = acting(game, "defender", network(game, "defender", memory="history"))
    with pytest.raises(TooLargeError, match=r"far more than 2,000,000 transitions to think of, the limit: about .* in each of 9\d further"):
        decision_layers(game, acts, limit=2_000_000)


@pytest.mark.parametrize("kinds", ["PP", "RR", "PRP", "RPP"])
def test_one_role_plays_and_the_other_follows(kinds):
    acts = [PLAYING if kind == "P" else RANDOMLY for kind in kinds]
    with pytest.raises(GamesolveError, match="the agents of one role play and those of the other follow policies"):
        decision_layers(toy(defenders=len(kinds) - 1), acts)


def test_a_game_without_a_horizon_has_no_layers():
    game = load_game("flipit", horizon=0, discount=0.9)
    with pytest.raises(GamesolveError, match="has no horizon"):
        decision_layers(game, [RANDOMLY, PLAYING])


@pytest.mark.parametrize(
    ("fault", "words"),
    [("no_action", "no legal action"), ("many_questions", "more questions were asked"), ("bad_weights", "negative, NaN")],
)
def test_a_rule_that_breaks_the_contract_is_named(fault, words):
    with pytest.raises(GamesolveError, match=f"breaks the contract of rules: .*{words}"):
        decision_layers(toy(fault=fault), [RANDOMLY, PLAYING])


@pytest.mark.parametrize("answer", [[0.5, 0.5], [0.7, 0.7, 0.0], [1.5, -0.5, 0.0], [np.nan, 0.5, 0.5], [0.5, 0.0, 0.5]])
def test_answers_that_are_no_probabilities_are_refused(answer):
    game = toy()

    def ask(recall, place, rows, masks):
        return np.tile(np.array(answer), (len(rows), 1))

    acts = acting(game, "defender", network(game, "defender", memory="last"))
    with pytest.raises(GamesolveError, match="the policy of 'defender 0' gave what are no probabilities"):
        decision_layers(game, [replace(acts[0], ask=ask), PLAYING])
