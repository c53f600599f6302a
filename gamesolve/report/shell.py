"""What every page is made with: one shell, one stylesheet, one way to embed data, one table of what was asked.

A page is one self-contained file that asks nothing of any network. Equal runs give equal bytes: no
time, no date and no path of this machine stands in it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from gamesolve.base.registry import game_summary
from gamesolve.report.words import brief, number
from gamesolve.rules.game import Game
from gamesolve.views.problem import Problem

FOLDER = Path(__file__).parent


def render(template: str, scripts: Sequence[str], data: Any, **contents: Any) -> str:
    """The page that a template makes of its contents.

    Args:
        scripts: files of this folder, the last of which reads `data` in the page; where there is no data, there is no script.
        contents: what the template shows, with `title`, `kicker`, `lead`, `cards` and `version` for the shell.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(share=brief, amount=lambda value: number(value, 3))
    own = {"css": _text("page.css"), "script": Markup("").join(map(_text, scripts)) if data else "", "data": Markup(embedded(data))}
    return environment.get_template(template).render(**contents, **own)


def _text(name: str) -> Markup:
    return Markup((FOLDER / name).read_text(encoding="utf-8"))


def embedded(data: Any) -> str:
    """JSON that may stand inside a script element: no character of it can end the element or begin a comment."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def about(game: Game) -> str:
    """What a game is, in a line: of the network where it says so itself, else of the rules."""
    text = str((game.drawing or {}).get("note") or "") or game_summary(game.name)
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."


def facts(problem: Problem, provenance: dict[str, Any], asked: Sequence[tuple[str, str]], seed: int) -> list[tuple[str, str]]:
    """Names and words of all that decides a run's answer: the game, then `asked`, then what it was computed with."""
    parameters = dict(problem.game.parameters) if isinstance(problem.game, Game) else problem.parameters
    versions = [f"{name} {provenance[name]}" for name in ("gamesolve", "numpy", "numba", "scipy", "open_spiel") if name in provenance]
    return [
        ("Game", problem.title if problem.is_tables else problem.name),
        *((key.replace("_", " "), _plain(value)) for key, value in parameters.items()),
        *asked,
        ("Game fingerprint", problem.fingerprint),
        ("Seed", str(seed)),
        ("Computed with", ", ".join([*versions, f"Python {provenance.get('python', '')}", str(provenance.get("machine", ""))])),
    ]


def _plain(value: object) -> str:
    """A parameter in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
