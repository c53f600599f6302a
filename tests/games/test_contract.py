"""Every small game keeps the contract of rules, and all views of it agree."""

import pytest

from gamesolve import check_game, load_game

GAMES = [
    ("kuhn", {}),
    ("leduc", {}),
    ("leduc", {"suit_isomorphism": True}),
    ("inspection", {"periods": 3, "inspections": 1}),
    ("stopping", {"horizon": 2}),
    ("stopping", {"stops": 1, "alerts": 1, "horizon": 0}),
    ("flipit", {"horizon": 3, "defender_information": "full", "zero_sum": False, "discount": 0.9}),
    ("flipit", {"horizon": 0, "discount": 0.9}),
    ("pool", {"horizon": 2, "values": [1, 2], "discount": 0.9}),
    ("markov_mtd", {}),
    ("markov_mtd", {"horizon": 2, "discount": 1.0, "zero_sum": False}),
    ("ids_policies", {"scenario": 2, "horizon": 2}),
    ("ids_policies", {"horizon": 0, "discount": 0.9}),
    ("attack_defence_tree", {}),
    ("jamming", {"horizon": 1}),
    ("jamming", {"horizon": 4, "objective": "half"}),
    ("jamming", {"horizon": 0, "discount": 0.9}),
    ("pool", {"resources": 3, "horizon": 0, "discount": 0.9, "checks": False, "zero_sum": False}),
]
IDS = [f"{name}-{k}" for k, (name, _) in enumerate(GAMES)]


@pytest.mark.parametrize(("name", "parameters"), GAMES, ids=IDS)
def test_the_contract_is_kept(name, parameters):
    check_game(load_game(name, **parameters), transitions=300)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "parameters"), GAMES, ids=IDS)
def test_views_agree_on_ten_thousand_transitions(name, parameters, record_property):
    report = check_game(load_game(name, **parameters), transitions=10_000)
    record_property("transitions compared in all views", report.transitions)
