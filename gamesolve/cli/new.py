"""`gamesolve new`: make a file to be edited: a random instance of a game, a learner's settings, or a study."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gamesolve.cli import options, show, words

app = typer.Typer(help="Make a file to be edited: a random instance of a game, a learner's settings, or a study.", no_args_is_help=True)


@app.callback()
def command() -> None:
    """Make a file to be edited: a random instance of a game, a learner's settings, or a study."""


@app.command("attack_graph")
def attack_graph(
    nodes: Annotated[int, typer.Option(help="Number of nodes.")] = 30,
    edges: Annotated[int, typer.Option(help="Number of edges.")] = 100,
    targets: Annotated[int, typer.Option(help="Number of targets.")] = 6,
    sensors: Annotated[int | None, typer.Option(help="How many nodes have a sensor.", show_default="all")] = None,
    seed: options.Seed = 0,
    out: Annotated[
        Path | None, typer.Option(parser=words.path, metavar="FILE", help="File to write.", show_default="attack_graph-NODES-SEED.json")
    ] = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Make a random attack graph with the published parameter ranges."""
    from gamesolve.base.registry import load_game
    from gamesolve.games.attack_graph.generate import graph_text, random_graph
    from gamesolve.views.tree_build import seems_to_fit

    path = out or Path(f"attack_graph-{nodes}-{seed}.json")
    _write_new(path, graph_text(random_graph(nodes, edges, targets=targets, sensors=sensors, seed=seed)))
    if as_json:
        show.emit({"schema": "gamesolve.new/1", "game": "attack_graph", "file": str(path)})
        return
    game, chosen = load_game("attack_graph", graph=str(path)), f"attack_graph -p graph={path}"
    lines = [("written", str(path))]
    if seems_to_fit(game):
        lines += [("solve it", f"gamesolve solve {chosen}")]
    else:
        lines += [("size", f"too large to be solved exactly over {game.horizon} epochs")]
        lines += [("learn a defence", f"gamesolve train {chosen} --role defender --against value_propagation")]
        lines += [("judge a defence", f"gamesolve evaluate attack_graph min_cut --role defender -p graph={path}")]
    show.rows(lines)


@app.command("settings")
def settings(
    learner: Annotated[str, typer.Option(metavar="ppo|dqn|tabular|psro", help="Whose settings.")] = "ppo",
    out: Annotated[Path | None, typer.Option(parser=words.path, metavar="FILE", help="File to write.", show_default="LEARNER.toml")] = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Write all settings of a learner, or of psro, with their defaults and meanings, for --config of `gamesolve train` or `solve`."""
    from gamesolve.learners.registry import settings_text, toml_of
    from gamesolve.psro.settings import PSROSettings

    path, psro = out or Path(f"{learner}.toml"), learner == "psro"
    text = toml_of(PSROSettings, "psro: policy-space response oracles with learned responses") if psro else settings_text(learner)
    _write_new(path, text)
    if as_json:
        show.emit({"schema": "gamesolve.new/1", "learner": learner, "file": str(path)})
    else:
        command = f"solve GAME --method psro --config {path}" if psro else f"train GAME --learner {learner} --config {path} ..."
        show.rows([("written", str(path)), ("use it", f"gamesolve {command}")])


@app.command("study")
def study(
    game: Annotated[str, typer.Option(help="The game, whose own attackers are shared out among the tiers.")] = "flipit",
    schema: Annotated[bool, typer.Option("--schema", help="Write the JSON schema of study files instead, for editors.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(parser=words.path, metavar="FILE", help="File to write.", show_default="GAME-study.toml or study.schema.json"),
    ] = None,
    as_json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Write a commented study file for `gamesolve study`."""
    import json

    if schema:
        from gamesolve.study.file import schema as schema_of

        path, text = out or Path("study.schema.json"), json.dumps(schema_of(), indent=2) + "\n"
    else:
        from gamesolve.study.template import study_text

        path, text = out or Path(f"{game}-study.toml"), study_text(game)
    _write_new(path, text)
    if as_json:
        show.emit({"schema": "gamesolve.new/1", "game": game, "file": str(path)})
    else:
        show.rows([("written", str(path))] + ([] if schema else [("see what it computes", f"gamesolve study {path} --dry-run")]))


def _write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet; raises GamesolveError where it is."""
    from gamesolve.base.errors import GamesolveError
    from gamesolve.base.files import write_text

    if path.exists():
        raise GamesolveError(f"{str(path)!r} exists already; choose another file with --out")
    write_text(path, text)
