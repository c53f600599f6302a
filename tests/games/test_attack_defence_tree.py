"""Attack-defence trees: the published value, a second reading of the rules, and files that are refused."""

from __future__ import annotations

import copy
import json
import random

import pytest
from tabular_value import tabular_value

from gamesolve import load_game, solve
from gamesolve.base.errors import GamesolveError
from gamesolve.games.attack_defence_tree.tree_file import FOLDER, checked_tree

INFECT = json.loads((FOLDER / "infect.json").read_bytes())
#: Mutated files, of the quick and of the whole count.
FEW, MANY = 200, 2_000


def test_the_attacker_succeeds_with_the_published_probability():
    game = load_game("attack_defence_tree")
    assert tabular_value(game) == pytest.approx(-0.02295, abs=1e-9)
    assert solve(game, "lp").value.lower == pytest.approx(-0.02295, abs=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_random_trees_are_worth_what_plain_recursion_says(seed):
    data = random_tree(random.Random(seed))
    value = tabular_value(load_game("attack_defence_tree", tree={"file": "random.json", "content": data}))
    assert value == pytest.approx(-recursion(data, {}), abs=1e-9)


def recursion(data, works):
    """What the attacker earns from here on, with turns taken as the file has them."""
    if len(works) == len(data["moves"]):
        return data["worth"] if holds(data, data["goal"], works) else 0.0
    name = data["moves"][len(works)]
    leaf = data["nodes"][name]
    attacks = "attack" in leaf
    chance, cost = leaf["attack" if attacks else "defence"], leaf.get("cost", 0.0)
    left = recursion(data, {**works, name: False})
    tried = chance * recursion(data, {**works, name: True}) + (1.0 - chance) * left
    return max(left, tried - cost) if attacks else min(left, tried + cost)


def holds(data, name, works):
    """Whether a node holds."""
    node = data["nodes"][name]
    if name in works:
        return works[name]
    if any(holds(data, other, works) for other in node.get("unless", [])):
        return False
    below = [holds(data, other, works) for other in node.get("and", node.get("or"))]
    return all(below) if "and" in node else any(below)


def random_tree(rng):
    """Five leaves and a few gates."""
    leaves = {
        f"leaf {k}": {rng.choice(["attack", "defence"]): round(rng.random(), 2), "cost": round(0.1 * rng.random(), 2)} for k in range(5)
    }
    nodes = dict(leaves)
    for k in range(rng.randint(1, 4)):
        names = list(nodes)
        gate = {rng.choice(["and", "or"]): rng.sample(names, rng.randint(1, 3))}
        if rng.random() < 0.5:
            gate["unless"] = rng.sample(names, 1)
        nodes[f"gate {k}"] = gate
    return {"goal": list(nodes)[-1], "worth": 1.5, "moves": rng.sample(list(leaves), 5), "nodes": nodes}


def test_a_file_is_read_and_kept_by_its_content(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(INFECT), encoding="utf-8")
    game = load_game("attack_defence_tree", tree=str(path))
    record = game.parameters.model_dump(mode="json")
    path.unlink()
    assert load_game("attack_defence_tree", **record).fingerprint == game.fingerprint
    assert tabular_value(game) == pytest.approx(-0.02295, abs=1e-9)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("goal", "nowhere", "the goal 'nowhere' is no node; nodes are send email"),
        ("worth", -1, "worth is -1; a number from 0 to 1e"),
        ("moves", ["execute"], "each leaf is named once"),
        ("nodes.turn", {"attack": 0.5}, "a node is called 'turn'; names are printable"),
        ("color", "red", "unknown key of the tree 'color'"),
        ("nodes", {}, "a table of 1 to 256 of them is needed"),
        ("nodes.execute", {"attack": 1.5}, "node 'execute': attack is 1.5; a number from 0 to 1 is needed"),
        ("nodes.execute", {"attack": 0.5, "and": []}, "has attack and and of attack, defence, and, or; it has one"),
        ("nodes.infected", {"and": ["delivered", "excute"]}, "node 'infected': and names 'excute', which is no node"),
        ("nodes.infected", {"and": []}, "and is empty; a gate has children"),
        ("nodes.delivered", {"or": ["infected"]}, "gates stand above each other in a circle: delivered, infected"),
    ],
)
def test_what_is_wrong_with_a_tree_is_said(key, value, message):
    data = copy.deepcopy(INFECT)
    place, _, last = key.rpartition(".")
    (data[place] if place else data)[last] = value
    with pytest.raises(GamesolveError, match=message):
        checked_tree(data, "mine.json")


def test_a_tree_that_is_not_there_is_named():
    with pytest.raises(GamesolveError, match="unknown attack-defence tree 'infekt'"):
        load_game("attack_defence_tree", tree="infekt")
    with pytest.raises(GamesolveError, match=r"cannot read 'nowhere\.json'"):
        load_game("attack_defence_tree", tree="nowhere.json")


@pytest.mark.parametrize("count", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
def test_mutated_trees_are_read_or_refused(count, record_property):
    rng, read = random.Random(0), 0
    for _ in range(count):
        try:
            checked_tree(mutated(copy.deepcopy(INFECT), rng), "mutated.json")
            read += 1
        except GamesolveError as error:
            assert "\n" not in str(error)  # noqa: PT017 - of whatever is refused
    record_property("mutated attack-defence trees read", read)
    record_property("mutated attack-defence trees refused", count - read)
    assert 0 < read < count


def mutated(data, rng):
    """Something in it changed, dropped or put elsewhere."""
    places = []

    def walk(value):
        if isinstance(value, (dict, list)):
            keys = list(value) if isinstance(value, dict) else range(len(value))
            places.extend((value, key) for key in keys)
            for key in keys:
                walk(value[key])

    walk(data)
    for _ in range(rng.randint(1, 2)):
        holder, key = rng.choice(places)
        if rng.random() < 0.3:
            if (isinstance(holder, dict) and key in holder) or (isinstance(holder, list) and key < len(holder)):
                del holder[key]
        elif isinstance(holder, dict) or key < len(holder):
            holder[key] = rng.choice([None, 0, -1, 0.5, 2, True, "", "execute", [], ["execute"], {}, {"attack": 0.1}, float("nan")])
    return data


def test_a_file_that_is_called_like_a_shipped_tree_is_no_shipped_tree(tmp_path):
    path = tmp_path / "infect"
    data = copy.deepcopy(INFECT)
    data["nodes"]["execute"]["attack"] = 0.5
    path.write_text(json.dumps(data), encoding="utf-8")
    game = load_game("attack_defence_tree", tree=str(path))
    again = load_game("attack_defence_tree", **game.parameters.model_dump(mode="json"))
    assert again.fingerprint == game.fingerprint != load_game("attack_defence_tree").fingerprint
