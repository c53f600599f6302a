"""The scripted attackers' families."""

import numpy as np
import pytest
from pairs import acting

from gamesolve import load_game
from gamesolve.base.errors import GamesolveError
from gamesolve.views.simulator import Simulator


def moves(attacker, steps=20, defender="sleep", **parameters):
    """The attacker's first moves in words, row by row for 16 episodes."""
    game = load_game("cage2", horizon=100, **parameters)
    simulator = Simulator(game, 16, seed=2, acting=acting(game, defender, attacker))
    played = []
    for _ in range(steps):
        simulator.advance(1)
        played.append(simulator.rows["actions"][:, 1].copy())
    return [[game.agents[1].actions[a] for a in row] for row in np.array(played).T]


def test_b_line_goes_straight_to_the_server():
    for row in moves("b_line:entry=User1", steps=60):
        steps = list(dict.fromkeys(row))
        assert steps[:4] == ["DiscoverSystems User", "DiscoverServices User1", "Exploit User1", "Escalate User1"]
        assert steps[4:7] == ["DiscoverServices Enterprise1", "Exploit Enterprise1", "Escalate Enterprise1"]
        assert len(steps) == 15
        assert row[-1] == "Impact Op_Server0"


def test_b_line_enters_anywhere_unless_told():
    assert {row[1] for row in moves("b_line")} == {f"DiscoverServices User{k}" for k in (1, 2, 3, 4)}
    assert {row[1] for row in moves("b_line:entry=User3")} == {"DiscoverServices User3"}


def test_patience_is_sleep_before_each_action():
    for row in moves("b_line:patience=2,entry=User1", steps=9):
        assert row[2::3] == ["DiscoverSystems User", "DiscoverServices User1", "Exploit User1"]
        assert {move for k, move in enumerate(row) if k % 3 != 2} == {"Sleep"}
    assert all(row[0] == "Sleep" and row[1] == "DiscoverSystems User" for row in moves("meander:patience=1"))


def test_meander_scans_each_host_once_unless_it_rescans():
    def scans(attacker):
        return max(row.count("DiscoverServices Defender") for row in moves(attacker, steps=90))

    assert scans("meander") == 1
    assert scans("meander:rescan=true") > 1


def test_a_forced_exploit_needs_a_game_that_lets_it_be_forced():
    assert {row[2] for row in moves("b_line:entry=User4,forced=SQLInjection", forced_exploits=True)} == {"SQLInjection User4"}
    with pytest.raises(GamesolveError, match="set forced_exploits=true"):
        moves("b_line:forced=SQLInjection")
