"""What agents chose, as rows of a page."""

from __future__ import annotations

from typing import Any

from gamesolve.rules.game import ROLES, Game

PARTS = ("Early", "Midway", "Late")
NOTE = (
    "How often it made each choice, of those where it had two or more, in the first, the second and the last third of the horizon. "
    "The likeliest choices of each agent are shown."
)


def habit_rows(game: Game, habits: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Agents that chose at all, each with `title`, `colour` and `rows` of `words` and `shares` (None where it never chose)."""
    found = []
    for one in habits:
        if not sum(one["decisions"]):
            continue
        agent = game.agents[one["agent"]]
        rows = [{"words": agent.actions[row["action"]], "shares": row["shares"]} for row in one["actions"]]
        title = f"{agent.name.replace('_', ' ').capitalize()}: {sum(one['decisions']):,} decisions"
        found.append({"title": title, "colour": "defends" if agent.role == ROLES[0] else "attacks", "rows": rows})
    return found
