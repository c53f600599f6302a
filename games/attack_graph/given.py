"""The parameter `graph`: a user gives a name or a path, and from then on it is the graph itself.

The file is read once. What runs and saved policies keep of it is its content, so that they outlive
the file, and know it when it has changed.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from gamesolve.games.attack_graph.graph import AttackGraph
from gamesolve.games.attack_graph.graph_file import check_graph, load_graph


def graph_given(given: Any) -> AttackGraph:
    """The graph that a user or a record means.

    Args:
        given: a shipped graph's name, the path of a file, a graph, or what `graph_record` made of one.

    Raises:
        GamesolveError: there is no such graph, or it breaks the format.
        ValueError: `given` is none of these.
    """
    if isinstance(given, AttackGraph):
        return given
    if isinstance(given, str | os.PathLike):
        return load_graph(os.fspath(given))
    if isinstance(given, dict) and isinstance(given.get("file"), str) and given.keys() == {"file", "content"}:
        return check_graph(given["content"], file=given["file"])
    raise ValueError("give the name of a shipped graph, or the path of a JSON file")


def graph_record(graph: AttackGraph) -> str | dict[str, Any]:
    """Plain data that makes the graph again without its file: a shipped graph's name, else the content."""
    if not isinstance(graph.source, Path):
        return graph.source
    content = {
        "directed": True,
        "multigraph": False,
        "graph": graph.header.model_dump(),
        "nodes": [node.model_dump(exclude_unset=True) for node in graph.nodes],
        "edges": [edge.model_dump(exclude_unset=True) for edge in graph.edges],
    }
    return {"file": graph.source.name, "content": content}


Graph = Annotated[AttackGraph, PlainValidator(graph_given), PlainSerializer(graph_record), WithJsonSchema({"type": "string"})]
