"""The shipped contract check on attack graphs: one pick, several picks, general-sum, zones."""

import pytest

from gamesolve import load_game
from gamesolve.views.check import check_game


def test_an_attack_graph_keeps_the_contract():
    check_game(load_game("attack_graph", graph="tiny", horizon=2), transitions=300)


@pytest.mark.slow
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"attacker_picks": 2, "zero_sum": False},
        {"defenders": 2, "defender_picks": 2},
        {"graph": "random_30", "horizon": 10, "attacker_picks": 3, "defender_picks": 3},
    ],
)
def test_large_attack_graphs_keep_the_contract(parameters):
    check_game(load_game("attack_graph", **parameters), transitions=1000)
