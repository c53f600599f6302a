"""The options that commands share, each in one place."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gamesolve.base.memory import DEFAULT_MEMORY, memory_words
from gamesolve.base.patience import CALL_LIMIT
from gamesolve.cli import words

GameName = Annotated[
    str, typer.Argument(metavar="GAME", help="A game of 'gamesolve games', or openspiel:NAME for one of OpenSpiel's.", show_default=False)
]
RunFolder = Annotated[Path, typer.Argument(metavar="DIR", help="A run folder.", show_default=False)]
Parameter = Annotated[
    list[str], typer.Option("--parameter", "-p", metavar="NAME=VALUE", help="A parameter of the game; may be repeated.", show_default=False)
]
Seed = Annotated[int, typer.Option(help="Seed of everything that is drawn.")]
Out = Annotated[Path | None, typer.Option(parser=words.path, metavar="DIR", help="Run folder to make.", show_default="runs/GAME-TIME")]
TimeLimit = Annotated[
    float | None,
    typer.Option(parser=words.duration, metavar="TIME", help="Stop after 90, 90s, 10m or 2h with the answer so far.", show_default=False),
]
Memory = Annotated[
    int | None,
    typer.Option(
        parser=words.memory, metavar="SIZE", help="What a tree may take, e.g. 500MB or 2GiB.", show_default=memory_words(DEFAULT_MEMORY)
    ),
]
Device = Annotated[str, typer.Option(metavar="cpu|cuda", help="Where networks learn; small ones are quicker on the cpu.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress, only the answer.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output and nothing else.")]
Workers = Annotated[
    str | None,
    typer.Option(
        metavar="N|ray|ray://HOST:PORT",
        help="Who learns and plays: processes of this machine, or Ray's workers. The answer does not depend on it.",
        show_default="the cores, where that pays",
    ),
]
AllowCode = Annotated[bool, typer.Option("--allow-code", help="Let a policy be MODULE:FUNCTION, whose code is run.")]
CallLimit = Annotated[
    float | None,
    typer.Option(
        parser=words.duration, metavar="TIME", help="Longest that one call of MODULE:FUNCTION may take.", show_default=f"{CALL_LIMIT:g}s"
    ),
]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
