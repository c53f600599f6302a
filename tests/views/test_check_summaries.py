"""A signal that is declared a summary of its agent's own history is one, or `check_game` says where it is not."""

from dataclasses import replace

import numpy as np
import pytest
from remembering import remembering

from gamesolve import load_game
from gamesolve.base.errors import GamesolveError
from gamesolve.rules import Game, Signal
from gamesolve.views.check import check_game
from gamesolve.views.check_summaries import check_summaries

SAME = "where its other signals and its own actions have been the same"


def check(game: Game, *, leaves: float) -> tuple[int, int]:
    return check_summaries(game, leaves=leaves, stream=np.random.default_rng(0))


@pytest.mark.parametrize("leaves", [1, np.inf], ids=["on the whole tree", "in random plays"])
def test_what_follows_from_the_own_actions_and_the_other_signals_is_a_summary(leaves):
    assert check(remembering(), leaves=leaves) == (1, leaves == 1)


@pytest.mark.parametrize("shown", ["other's guess", "hidden number"])
@pytest.mark.parametrize("leaves", [1, np.inf], ids=["on the whole tree", "in random plays"])
def test_what_tells_something_new_is_no_summary(shown, leaves):
    words = r"breaks the contract of rules: signal 'past' of 'defender' is declared a summary of its own history, but is \d and \d"
    with pytest.raises(GamesolveError, match=rf"^remembering\(.*\) {words} at position 1 {SAME}$"):
        check(remembering(shown=shown), leaves=leaves)


def test_the_contract_check_looks_for_it():
    report = check_game(remembering(), transitions=50)
    assert (report.summaries, report.proved) == (1, 1)
    with pytest.raises(GamesolveError, match=f"signal 'past' of 'defender' .* {SAME}"):
        check_game(remembering(shown="other's guess"), transitions=50)


def test_what_tells_something_new_after_a_long_time_is_found_in_random_plays():
    # Hardly two random plays are alike for so long, so those that are compared must have been kept alike.
    with pytest.raises(GamesolveError, match=f"signal 'past' of 'defender' .* at position 1 {SAME}"):
        check(remembering(shown="hidden number later", horizon=40), leaves=np.inf)
    assert check(remembering(horizon=40), leaves=np.inf) == (1, 0)


def test_values_are_named_by_their_labels():
    game = load_game("stopping", horizon=2)
    defender, attacker = game.agents
    stops, alerts = defender.signals
    told = replace(game, agents=(replace(defender, signals=(stops, replace(alerts, summary=True))), attacker))
    with pytest.raises(GamesolveError, match=f"signal 'alerts' of 'defender' .* but is '[012]' and '[012]' {SAME}"):
        check(told, leaves=1)


def test_a_tree_that_is_too_large_after_all_is_played_instead(monkeypatch):
    from gamesolve.views import check_summaries as module

    monkeypatch.setattr(module, "MEMORY", 1)
    assert check(load_game("flipit", horizon=8), leaves=1) == (4, 0)


def test_a_game_without_horizon_is_played():
    assert check(load_game("flipit", horizon=0, discount=0.9), leaves=np.inf) == (4, 0)


def test_a_declaration_changes_no_game():
    game = load_game("flipit")
    bare = tuple(replace(agent, signals=tuple(replace(s, summary=False) for s in agent.signals)) for agent in game.agents)
    assert replace(game, agents=bare).fingerprint == game.fingerprint
    assert not Signal("alert", 2).summary
