"""Every registered game, small, and some whose parameters change what kind of game it is."""

from __future__ import annotations

import pytest

from gamesolve import game_names, load_game
from gamesolve.rules.game import Game
from gamesolve.views.acting import PLAYING, RANDOMLY, Acting

SMALL = {
    "attack_graph": {"graph": "tiny", "horizon": 2},
    "cage2": {"horizon": 8},
    "flipit": {"horizon": 3},
    "ids_policies": {"horizon": 3},
    "jamming": {"horizon": 1},
    "leduc": {"suit_isomorphism": True},
}
#: General-sum and discounted; several picks an epoch; a team one of whose agents sees nothing; no end.
KINDS = [
    ("flipit", {"horizon": 3, "discount": 0.5, "zero_sum": False}),
    ("attack_graph", {"graph": "tiny", "horizon": 2, "attacker_picks": 2}),
    ("attack_graph", {"graph": "tiny", "horizon": 2, "defenders": 2}),
    ("flipit", {"horizon": 0, "discount": 0.9}),
]


def every_game() -> list:
    """Test parameters: names with parameters."""
    chosen = [(name, SMALL.get(name, {})) for name in game_names()] + KINDS
    return [pytest.param(name, p, id="-".join([name, *(f"{k}={v}" for k, v in p.items())])) for name, p in chosen]


def against_random(game: Game, agent: int) -> list[Acting]:
    """One agent plays, all others act at random."""
    return [PLAYING if i == agent else RANDOMLY for i in range(len(game.agents))]


def ending(cases: list) -> list:
    """Those of the test parameters whose game ends."""
    return [case for case in cases if load_game(case.values[0], **case.values[1]).horizon is not None]
