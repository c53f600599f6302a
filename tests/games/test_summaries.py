"""Which signals are summaries of their agent's own past: these, and no others.

That these are is part of every game's contract (`check_game`).
"""

from dataclasses import replace

import numpy as np
import pytest

from gamesolve import load_game
from gamesolve.base.errors import GamesolveError
from gamesolve.views.check_summaries import check_summaries

SUMMARIES = [
    ("inspection", {"periods": 3, "inspections": 1}, {"inspector": ["periods left", "inspections left"], "inspectee": ["periods left"]}),
    ("stopping", {"horizon": 2}, {"defender": ["stops left"], "attacker": ["intrusion"]}),
    (
        "flipit",
        {"horizon": 3, "defender_information": "full"},
        {"defender": ["epoch", "own flip", "other's flip"], "attacker": ["epoch", "own flip"]},
    ),
    ("pool", {"horizon": 3}, {"defender": ["epoch", "own flip", "own look"], "attacker": ["epoch", "own flip", "own look"]}),
    ("attack_graph", {"graph": "tiny", "horizon": 2}, {"defender": [], "attacker": []}),
    pytest.param(
        "cage2",
        {"horizon": 30},
        {"defender": ["scanned", "decoy"], "attacker": ["address", "name", "scanned", "subnet", "ot"]},
        marks=pytest.mark.slow,
    ),
]


@pytest.mark.parametrize(("name", "parameters", "summaries"), SUMMARIES)
def test_whatever_is_not_declared_a_summary_tells_something_new(name, parameters, summaries):
    game = load_game(name, **parameters)
    assert {agent.name: [signal.name for signal in agent.signals if signal.summary] for agent in game.agents} == summaries
    for agent in game.agents:
        for signal in agent.signals:
            if not signal.summary:
                declared = tuple(replace(other, summary=other.summary or other is signal) for other in agent.signals)
                agents = tuple(replace(one, signals=declared) if one is agent else one for one in game.agents)
                with pytest.raises(GamesolveError, match="is declared a summary of its own history, but is"):
                    check_summaries(replace(game, agents=agents), leaves=np.inf if name == "cage2" else 1, stream=np.random.default_rng(0))
