"""What roles are called in sentences: ours have words for names, OpenSpiel's players have numbers."""

from __future__ import annotations


def role_name(role: str) -> str:
    """`defender`, `player 0`."""
    return f"player {role}" if role.isdigit() else role


def the_role(role: str) -> str:
    """`the defender`, `player 0`."""
    return role_name(role) if role.isdigit() else f"the {role}"
