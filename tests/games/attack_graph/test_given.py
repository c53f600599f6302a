"""The parameter `graph`: a file is read once, and what is kept of it makes the same game again."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamesolve import load_game
from gamesolve.base.errors import GamesolveError
from gamesolve.games.attack_graph import graph_text, random_graph
from gamesolve.games.attack_graph.given import graph_given, graph_record
from gamesolve.games.attack_graph.graph_file import check_graph

DATA = random_graph(5, 6, targets=1, seed=0)


@pytest.fixture
def file(tmp_path):
    """A graph file."""
    path = tmp_path / "net.json"
    path.write_text(graph_text(DATA))
    return path


def recorded(game):
    """The game's parameters as a run's configuration has them."""
    return json.loads(json.dumps(game.parameters.model_dump(mode="json"), allow_nan=False))


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000), order=st.randoms(use_true_random=False))
def test_a_record_makes_the_same_graph_again(seed, order):
    data = random_graph(8, 14, targets=2, sensors=3, seed=seed)
    order.shuffle(data["nodes"])
    graph = check_graph(data, file="net.json")
    again = graph_given(json.loads(json.dumps(graph_record(graph))))
    assert again == graph
    assert graph_record(again) == graph_record(graph)


def test_a_game_outlives_its_file(file):
    game = load_game("attack_graph", graph=str(file))
    kept = recorded(game)
    file.unlink()
    again = load_game("attack_graph", **kept)
    assert again.fingerprint == game.fingerprint
    assert recorded(again) == kept
    assert str(again) == str(game)


def test_a_game_is_known_wherever_its_file_lies_and_whatever_it_is_called(file, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    other = file.rename(tmp_path / "elsewhere" / "office.json")
    assert load_game("attack_graph", graph=other).fingerprint == load_game("attack_graph", graph=check_graph(DATA, file="f")).fingerprint


def test_a_changed_file_is_another_game(file):
    before = load_game("attack_graph", graph=str(file))
    changed = json.loads(file.read_text())
    changed["nodes"][0]["protect_cost"] += 0.25
    file.write_text(json.dumps(changed))
    assert load_game("attack_graph", graph=str(file)).fingerprint != before.fingerprint


def test_a_game_is_printed_with_the_name_of_its_file(file):
    assert str(load_game("attack_graph", graph=str(file))).startswith("attack_graph(graph=net.json, horizon=3, ")
    assert str(load_game("attack_graph")).startswith("attack_graph(graph=branch_office, ")


def test_a_shipped_graph_is_kept_by_its_name():
    assert recorded(load_game("attack_graph", graph="tiny"))["graph"] == "tiny"


def test_a_file_named_like_a_shipped_graph_is_not_taken_for_it(tmp_path):
    (tmp_path / "tiny").write_text(graph_text(DATA))
    game = load_game("attack_graph", graph=str(tmp_path / "tiny"))
    assert load_game("attack_graph", **recorded(game)).fingerprint == game.fingerprint


@pytest.mark.parametrize("odd", [3, None, ["tiny"], {"file": "net.json"}, {"file": 3, "content": {}}])
def test_what_is_no_graph_is_refused(odd):
    with pytest.raises(
        GamesolveError, match=r"parameter graph = .* is refused: give the name of a shipped graph, or the path of a JSON file"
    ):
        load_game("attack_graph", graph=odd)


def test_a_damaged_record_is_refused_as_its_file_would_be():
    with pytest.raises(GamesolveError, match=r"attack graph net\.json: key 'nodes' is empty"):
        load_game("attack_graph", graph={"file": "net.json", "content": {"nodes": [], "edges": []}})
