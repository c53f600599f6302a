"""Layer 1: how a game is written. `games/` stands on this package alone.

A game is four rules over plain records (`record`, `rule`), asks chance (`flip`, `pick`, `integer`),
declares what its agents see (`Signal`), and is registered as a `GameType`.
"""

from gamesolve.base.errors import GamesolveError, quoted, unknown_name
from gamesolve.rules.chance import flip, integer, pick
from gamesolve.rules.game import ATTACKER, DEFENDER, ROLES, Agent, Game, GameType, Parameters, Rules, bounded_returns
from gamesolve.rules.picks import PASS, allow_pick
from gamesolve.rules.record import record, rounded_size
from gamesolve.rules.refusal import reason
from gamesolve.rules.rule import rule
from gamesolve.rules.scripted import Scripted, Settings
from gamesolve.rules.signals import Signal

__all__ = [
    "ATTACKER",
    "DEFENDER",
    "PASS",
    "ROLES",
    "Agent",
    "Game",
    "GameType",
    "GamesolveError",
    "Parameters",
    "Rules",
    "Scripted",
    "Settings",
    "Signal",
    "allow_pick",
    "bounded_returns",
    "flip",
    "integer",
    "pick",
    "quoted",
    "reason",
    "record",
    "rounded_size",
    "rule",
    "unknown_name",
]
