"""Scripted pairs, ready for the simulator."""

from gamesolve.policies.scripted import ScriptedPolicy


def acting(game, defender, attacker):
    """How the two agents of a game act."""
    chosen = {"defender": defender, "attacker": attacker}
    return [ScriptedPolicy.named(game, agent.role, chosen[agent.role]).acting(game, i) for i, agent in enumerate(game.agents)]
