"""Information states: one string for one history, one row of numbers a step."""

import numpy as np
import pytest

from gamesolve import load_game
from gamesolve.rules.signals import width
from gamesolve.views.information_state import information_state_string, information_state_tensor, step_features
from gamesolve.views.tree_build import build_tree

GAMES = [("kuhn", {}), ("flipit", {"horizon": 3, "attacker_information": "full"}), ("inspection", {}), ("stopping", {"horizon": 3})]
games = pytest.mark.parametrize(("name", "chosen"), GAMES)


def paths_of(game):
    """Agent and path of every history of a game."""
    histories = build_tree(game).histories
    return [(histories.agent(h), histories.path(h)) for h in range(len(histories))]


@games
def test_different_histories_have_different_strings(name, chosen):
    game = load_game(name, **chosen)
    found = {}
    for agent, path in paths_of(game):
        for pending in (-1, *range(len(game.agents[agent].actions))):
            text = information_state_string(game, agent, path, pending)
            key = (agent, pending, tuple((a, row.tobytes()) for a, row in path))
            assert found.setdefault(text, key) == key
            # The agent's name, then signals and actions in turn.
            assert text.count(" | ") == 2 * len(path) - 1 + (pending >= 0)


@games
def test_different_histories_have_different_tensors(name, chosen):
    game = load_game(name, **chosen)
    found = {}
    for agent, path in paths_of(game):
        for pending in (-1, 0, 1):
            tensor = information_state_tensor(game, agent, path, pending)
            assert tensor.dtype == np.float32
            assert tensor.shape == (game.steps + 1, max(step_features(game, i) for i in range(2)))
            assert 0.0 <= tensor.min() <= tensor.max() <= 1.0
            key = (agent, pending, tuple((a, row.tobytes()) for a, row in path))
            assert found.setdefault((agent, tensor.tobytes()), key) == key


def test_a_string_tells_the_story_in_the_game_s_words():
    game = load_game("kuhn")
    path = [(-1, (2, 0)), (0, (2, 1)), (0, (2, 2))]
    text = "defender | card=king last move=none | 0:pass | card=king last move=pass | 0:pass | card=king last move=bet"
    assert information_state_string(game, 0, path) == text
    assert information_state_string(game, 0, path, 1) == f"{text} | 1:bet"
    assert information_state_string(game, 0, []) == "defender"


def test_rows_longer_than_the_agent_s_own_are_cut():
    # The attacker of FlipIt sees three numbers, the defender two; both get rows of the longer length.
    game = load_game("flipit", horizon=3)
    assert [width(agent.signals) for agent in game.agents] == [2, 3]
    assert information_state_string(game, 0, [(-1, (1, 2, 0))]) == information_state_string(game, 0, [(-1, (1, 2))])
