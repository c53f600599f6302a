"""What a replay draws of an attack graph, against the state of the simulator."""

from __future__ import annotations

import pytest

from gamesolve import load_game
from gamesolve.games.attack_graph.graph_file import load_graph
from gamesolve.views.acting import RANDOMLY
from gamesolve.views.simulator import Simulator


@pytest.mark.parametrize("parameters", [{}, {"graph": "random_30", "defenders": 3, "attacker_picks": 4, "defender_picks": 2}])
def test_pictures_tell_who_holds_what_and_which_sensors_alert(parameters):
    game, graph = load_game("attack_graph", horizon=30, **parameters), load_graph(parameters.get("graph", "branch_office"))
    simulator, alerts = Simulator(game, 1, seed=4, acting=[RANDOMLY] * len(game.agents)), 0
    for _ in range(game.steps - 1):
        simulator.advance(1)
        row = simulator.rows[0]
        told = game.picture(row)["nodes"]
        assert [node["active"] for node in told] == [active == 1 for active in row["state"]["active"][: len(graph.nodes)]]
        # Zones follow each other in the order of the nodes, and a zone's signals are those of its sensors.
        seen = [alert for k, agent in enumerate(game.agents[:-1]) for s in agent.signals for alert in row["signals"][k][: s.count]]
        assert [node["alert"] for node, given in zip(told, graph.nodes, strict=True) if given.p1 is not None] == [a == 1 for a in seen]
        alerts += sum(seen)
    assert alerts > 0
