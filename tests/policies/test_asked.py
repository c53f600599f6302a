"""Policies that are asked: the same answers on trees as in play, and only sound ones."""

import time
from dataclasses import dataclass

import numpy as np
import pytest

from gamesolve import load_game
from gamesolve.base.errors import GamesolveError
from gamesolve.evaluate import evaluate
from gamesolve.policies import asked
from gamesolve.policies.asked import Asked, sound
from gamesolve.policies.mixture import Mixture
from gamesolve.rules.game import Game
from gamesolve.views.acting import ASKED, Acting
from gamesolve.views.simulator import Simulator
from gamesolve.views.tree_build import build_tree


@dataclass(frozen=True, eq=False)
class ByHistory(Asked):
    """Probabilities made from the whole own history, each history others."""

    kind = "a trial"
    game: Game
    role: str
    seconds: float = 0.0

    def acting(self, game, agent):
        self.refuse_other(game, agent)

        def ask(recall, place, rows, masks):
            time.sleep(self.seconds)
            weights = np.zeros(masks.shape)
            for k, b in enumerate(rows):
                t = recall.steps[b] + 1
                told = (recall.actions[b, place, :t].tolist(), recall.signals[b, place, :t].tolist())
                weights[k] = np.random.default_rng(list(repr(told).encode())).uniform(0.1, 1.0, masks.shape[1])
            weights[~masks] = 0.0
            return weights / weights.sum(axis=1, keepdims=True)

        return Acting(ASKED, ask=ask)


@pytest.mark.parametrize(("name", "chosen"), [("leduc", {}), ("stopping", {}), ("flipit", {"horizon": 3}), ("inspection", {"periods": 3})])
@pytest.mark.parametrize("role", ["defender", "attacker"])
def test_a_tree_asks_at_the_histories_that_the_simulator_asks_at(name, chosen, role, monkeypatch):
    monkeypatch.setattr(asked, "PART", 7)
    game = load_game(name, **chosen)
    policy, tree = ByHistory(game, role), build_tree(game)
    other = next(agent.role for agent in game.agents if agent.role != role)
    theirs = ByHistory(game, other).behavioural(tree)
    found = []
    for own in (policy, policy.behavioural(tree)):
        acting = [(own if agent.role == role else theirs).acting(game, i) for i, agent in enumerate(game.agents)]
        found.append(Simulator(game, 16, seed=3, acting=acting).run(0, 200))
    np.testing.assert_array_equal(*found)


def test_an_evaluation_is_ended_between_two_questions(monkeypatch):
    monkeypatch.setattr(asked, "PART", 2)
    game = load_game("kuhn")
    for policy in (ByHistory(game, "defender", 0.1), Mixture((ByHistory(game, "defender", 0.1),), np.ones(1))):
        found = evaluate(game, policy, time_limit=0.15)
        assert found.stopped == "time"
        assert found.notes[0] == "the defender's worst case is not known: time ran out first"


def test_one_that_a_team_shares_is_played():
    game = load_game("pool", defenders=2, horizon=3)
    found = evaluate(game, ByHistory(game, "defender"), responders=(), episodes=60)
    assert found.worst_case_return["defender"].kind == "estimated"
    assert "a trial that a team shares is not one table" in found.notes[0]


MASKS = np.array([[True, True, False], [True, False, True]])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([[0.5, 0.5, 0.0]], r"it gave probabilities of shape \(1, 3\); shape \(2, 3\) was asked for"),
        ([[0.5, 0.5, 0.0], [0.5, 0.0, np.nan]], "it gave nan for action 'c'; a probability is finite and not negative"),
        ([[0.5, np.inf, 0.0], [0.5, 0.0, 0.5]], "it gave inf for action 'b'; a probability is finite"),
        ([[1.5, -0.5, 0.0], [0.5, 0.0, 0.5]], "it gave -0.5 for action 'b'; a probability is finite and not negative"),
        ([[0.5, 0.5, 0.0], [0.5, 0.25, 0.25]], "it gave 0.25 for action 'b', which is not legal there"),
        ([[0.5, 0.5, 0.0], [0.5, 0.0, 0.25]], "it gave probabilities that add up to 0.75; they add up to 1"),
        ([[0.0, 0.0, 0.0], [0.5, 0.0, 0.5]], "it gave probabilities that add up to 0.0; they add up to 1"),
    ],
)
def test_what_are_no_probabilities_is_refused_in_a_sentence_that_quotes_it(given, words):
    with pytest.raises(GamesolveError, match=words):
        sound("it", np.array(given), MASKS, "abc")


def test_sound_probabilities_keep_their_bytes_and_others_near_them_are_scaled():
    thirds = np.array([[1 / 3, 2 / 3, 0.0], [0.1, 0.0, 0.9]])
    assert sound("it", thirds, MASKS, "abc").tobytes() == thirds.tobytes()
    rough = np.array([[0.3334, 0.6665, 0.0], [0.1, 0.0, 0.9]], np.float32)
    assert np.abs(sound("it", rough, MASKS, "abc").sum(axis=1) - 1.0).max() < 1e-15
