"""`gamesolve games`: what can be played."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gamesolve.base.memory import memory_words
from gamesolve.base.registry import game_names, game_summary, game_type
from gamesolve.cli import options, show, words
from gamesolve.cli.progress import progress_display

if TYPE_CHECKING:
    from pydantic import BaseModel

    from gamesolve.rules.game import Game

#: What is shown of a trained policy's card beside for whom and against whom it was made.
SAID = ("worst case", "exploitability of the profile", "limits")
Name = Annotated[
    str | None,
    typer.Argument(metavar="[NAME]", help="Show parameters, policies, signals, size and source of this game.", show_default=False),
]


def command(
    name: Name = None,
    parameter: options.Parameter = [],  # noqa: B006 - typer reads the default and never changes it
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """List the games, or show one of them."""
    if name is not None:
        describe = _openspiel if name.startswith("openspiel:") else _described
        with progress_display(quiet=False, phase="estimating the size"):
            found = describe(name, words.parameters(parameter))
        show.emit(found) if as_json else _print(found)
    elif as_json:
        show.emit({"schema": "gamesolve.games/1", "games": [{"name": n, "summary": game_summary(n)} for n in game_names()]})
    else:
        show.table(("game", "what it is"), [(n, game_summary(n)) for n in game_names()])
        print("Any two-player game of OpenSpiel can be solved as openspiel:NAME, e.g. openspiel:leduc_poker.")


def _described(name: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """A game of ours in plain data."""
    from gamesolve.policies.trained import trained_card, trained_names
    from gamesolve.rules.game import ROLES

    kind: Any = game_type(name)
    game = kind.load(**parameters)
    return {
        "schema": "gamesolve.game/1",
        "game": kind.name,
        "summary": kind.summary,
        "source": kind.source,
        "parameters": _fields(game.parameters),
        "agents": [
            {
                "name": agent.name,
                "role": agent.role,
                "actions": len(agent.actions),
                "signals": [{"name": s.name, "values": s.values, "count": s.count, "summary": s.summary} for s in agent.signals],
            }
            for agent in game.agents
        ],
        "policies": [{"name": p.name, "role": p.role, "settings": _fields(p.settings()), "source": p.source} for p in _policies(game)],
        "trained": [
            {"name": name, "role": role, "about": trained_card(game, role, name)} for role in ROLES for name in trained_names(game, role)
        ],
        "horizon": game.horizon,
        "discount": game.discount,
        "zero_sum": game.zero_sum,
        "size": _size(game),
    }


def _fields(chosen: BaseModel) -> list[dict[str, Any]]:
    """The fields of a game's parameters or a policy's settings, with the values that stand in them."""
    fields = type(chosen).model_json_schema(mode="validation").get("properties", {})
    return [
        {"name": n, "value": _plain(getattr(chosen, n)), "type": _type_words(f), "description": f.get("description", "")}
        for n, f in fields.items()
    ]


def _openspiel(name: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """A game of OpenSpiel in plain data."""
    from gamesolve.views.problem import load_problem

    problem = load_problem(name, parameters)
    kind = problem.game.get_type()
    return {
        "schema": "gamesolve.game/1",
        "game": problem.name,
        "summary": kind.long_name,
        "source": "OpenSpiel",
        "parameters": [{"name": n, "value": v, "type": type(v).__name__, "description": ""} for n, v in problem.parameters.items()],
        "agents": [
            {"name": f"player {r}", "role": r, "actions": problem.game.num_distinct_actions(), "signals": []} for r in problem.roles
        ],
        "policies": [],
        "trained": [],
        "horizon": problem.game.max_game_length(),
        "discount": 1.0,
        "zero_sum": problem.zero_sum,
        "size": None,
    }


def _policies(game: Game) -> tuple[Any, ...]:
    from gamesolve.rules.scripted import RANDOM

    return (*RANDOM, *game.policies)


def _size(game: Game) -> dict[str, Any] | None:
    """The estimated size of the game's tree; None without a horizon."""
    from gamesolve.views.tree_build import estimate_size

    if game.horizon is None:
        return None
    size = estimate_size(game)
    # JSON has no infinity: a number that floating point cannot hold is None.
    numbers = {"pairs": size.pairs, "standard_error": size.standard_error, "bytes": size.bytes}
    return {name: value if math.isfinite(value) else None for name, value in numbers.items()}


def _plain(value: Any) -> Any:
    """A parameter's value as JSON has it; what was read from a file by the file's name."""
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _type_words(field: dict[str, Any]) -> str:
    """`integer, 1 to 64` for a field of a JSON schema."""
    from gamesolve.rules.refusal import range_words

    kinds = [f.get("type", "") for f in field.get("anyOf", ())] or [field.get("type", "")]
    text = " or ".join(str(value) for value in field["enum"]) if "enum" in field else " or ".join(filter(None, kinds))
    return text + range_words(field)


def _print(found: dict[str, Any]) -> None:
    show.rows([("game", found["game"]), ("what", found["summary"]), ("source", found["source"]), ("size", _size_words(found))])
    print()
    if found["parameters"]:
        rows = [(p["name"], str(p["value"]), p["type"], p["description"]) for p in found["parameters"]]
        show.table(("parameter", "value", "type", "what it is"), rows)
    show.table(
        ("agent", "role", "actions", "signals"), [(a["name"], a["role"], str(a["actions"]), _signal_words(a)) for a in found["agents"]]
    )
    if any(s["summary"] for agent in found["agents"] for s in agent["signals"]):
        print("A summary tells nothing new: it follows from the agent's own history of the other signals and of its actions.\n")
    if found["policies"]:
        show.table(("policy", "role", "source"), [(p["name"], p["role"], p["source"]) for p in found["policies"]])
    if found["trained"]:
        for one in found["trained"]:
            show.rows(_trained_rows(one))
            print()
    if settings := _setting_rows(found["policies"]):
        show.table(("setting", "default", "type", "policies", "what it is"), settings)


def _trained_rows(one: dict[str, Any]) -> list[tuple[str, str]]:
    """What a trained policy's card says."""
    about = one["about"]
    made_for = ", ".join(f"{key}={value}" for key, value in about.get("parameters", {}).items())
    said = {"made for": made_for, "trained against": ", ".join(about.get("against", ())), **{key: about.get(key) for key in SAID}}
    return [("trained policy", f"{one['name']}, of the {one['role']}"), *((key, str(text)) for key, text in said.items() if text)]


def _setting_rows(policies: list[dict[str, Any]]) -> list[tuple[str, str, str, str, str]]:
    """Settings of policies, those that several policies of a role share in one row."""
    sharing: dict[tuple[str, str, str, str, str], list[str]] = {}
    for policy in policies:
        for s in policy["settings"]:
            key = (policy["role"], s["name"], str(s["value"]), s["type"], s["description"])
            sharing.setdefault(key, []).append(policy["name"])
    return [(name, value, kind, f"{role}: {', '.join(names)}", what) for (role, name, value, kind, what), names in sharing.items()]


def _size_words(found: dict[str, Any]) -> str:
    size = found["size"]
    if size and size["pairs"] is None:
        return "more payoff pairs in the tree than floating point can count"
    if size:
        return f"about {size['pairs']:.3g} payoff pairs in the tree, {memory_words(size['bytes'])} while it is built"
    return "no tree: the game has no horizon" if found["horizon"] is None else "known once the tree is built"


def _signal_words(agent: dict[str, Any]) -> str:
    return "; ".join(f"{s['name']} ({_value_words(s)})" for s in agent["signals"]) or "none"


def _value_words(signal: dict[str, Any]) -> str:
    words = f"{signal['count']} × {signal['values']} values"  # noqa: RUF001
    return f"{words}, summary" if signal["summary"] else words
