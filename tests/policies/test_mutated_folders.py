"""Saved policies that were damaged or forged: refused in one sentence, or equal to the original."""

from __future__ import annotations

import itertools
import json
import random
import shutil
import tracemalloc
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mutations import damage, forge_arrays, forge_bytes, forge_card
from openspiel_networks import network as openspiel_network
from random_networks import network

from gamesolve.base.errors import GamesolveError
from gamesolve.base.registry import load_game
from gamesolve.evaluate.resolve import resolve
from gamesolve.policies.files import save_policy
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.onnx import OnnxPolicy
from gamesolve.policies.onnx_export import export_onnx
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.policies.tabular import TabularPolicy
from gamesolve.policies.team import TeamPolicy
from gamesolve.views.openspiel_tree import tree_from_openspiel
from gamesolve.views.problem import Problem, load_problem, problem_of
from gamesolve.views.tree import Tree
from gamesolve.views.tree_build import build_tree

KINDS = ["names", "histories", "scripted", "neural", "recurrent", "openspiel", "onnx", "team", "mixture"]
#: What reading a small policy may take at most, bytes.
ROOM = 64 * 2**20


@dataclass(frozen=True)
class Saved:
    """A saved policy, and how to see that it is the same: on a tree, or by how its agents act."""

    folder: Path
    policy: Any
    problem: Problem
    tree: Tree | None


def table(tree: Tree, role: int) -> TabularPolicy:
    d = tree.decisions[role]
    behaviour = np.ones(d.sequences)
    for a, b in itertools.pairwise(d.first):
        p = np.random.default_rng([7, a]).uniform(0.1, 1.0, b - a)
        behaviour[a:b] = p / p.sum()
    return TabularPolicy.from_tree(tree, role, behaviour)


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> dict[str, Saved]:
    """A saved policy of every kind."""
    folder = tmp_path_factory.mktemp("saved")
    kuhn, pool, flipit = load_game("kuhn"), load_game("pool", defenders=2, horizon=2), load_game("flipit", horizon=3, tie="nothing")
    ours, theirs = build_tree(kuhn), tree_from_openspiel("kuhn_poker")
    export_onnx(network(kuhn, "attacker"), folder / "kuhn.onnx")
    onnx = OnnxPolicy.read(kuhn, None, folder / "kuhn.onnx")
    members = (table(ours, 1), ScriptedPolicy.named(kuhn, "attacker", "always_bet"), network(kuhn, "attacker"), onnx)
    policies = {
        "names": (table(theirs, 1), load_problem("openspiel:kuhn_poker", {}), theirs),
        "histories": (members[0], problem_of(kuhn), ours),
        "scripted": (ScriptedPolicy.named(flipit, "defender", "geometric:rate=0.25"), problem_of(flipit), build_tree(flipit)),
        "neural": (members[2], problem_of(kuhn), ours),
        "recurrent": (network(kuhn, "attacker", memory="recurrent", hidden=6, units=4), problem_of(kuhn), ours),
        "openspiel": (openspiel_network("kuhn_poker", "1", hidden=6), load_problem("openspiel:kuhn_poker", {}), theirs),
        "onnx": (onnx, problem_of(kuhn), ours),
        "team": (TeamPolicy((network(pool, "defender"), ScriptedPolicy.named(pool, "defender", "never"))), problem_of(pool), None),
        "mixture": (Mixture(members, np.array([0.1, 0.2, 0.3, 0.4])), problem_of(kuhn), ours),
    }
    for kind, (policy, _, _) in policies.items():
        save_policy(policy, folder / kind)
    return {kind: Saved(folder / kind, *found) for kind, found in policies.items()}


def taken(saved: Saved, folder: Path) -> Any:
    """The policy in a folder as an evaluation takes it: read, checked against the game, and used."""
    ((role, policy),) = resolve(saved.problem, str(folder), None).items()
    if saved.tree is not None:
        behaviour = policy.behaviour_on(saved.tree)
        assert (np.isfinite(behaviour) & (behaviour >= 0.0)).all()
    else:
        for agent in saved.problem.game.agents_of(role):
            policy.acting(saved.problem.game, agent)
    return policy


def outcomes(saved: dict[str, Saved], spoil: Any, count: int, folder: Path, *, seed: int) -> list[str]:
    """What comes of `count` spoiled folders, all kinds in turn: `refused`, `equal` or `another`."""
    found = []
    for number in range(count):
        original = saved[KINDS[number % len(KINDS)]]
        spoiled = folder / "policy"
        shutil.copytree(original.folder, spoiled)
        how = spoil(random.Random(f"{seed}-{number}"), spoiled)
        try:
            policy = taken(original, spoiled)
        except GamesolveError as error:
            text = str(error)
            assert "\n" not in text, (how, text[:500])
            assert 10 < len(text) < 2000, (how, text[:500])
            found.append("refused")
        else:
            found.append("equal" if policy == original.policy else f"another: {how}")
        shutil.rmtree(spoiled)
    return found


def refused_or_equal(saved: dict[str, Saved], count: int, folder: Path, *, seed: int) -> dict[str, int]:
    """How many of `count` damaged or forged folders were refused and how many mean the same; no other outcome is let pass."""

    def spoil(rng: random.Random, spoiled: Path) -> str:
        return rng.choice([damage, damage, forge_card, forge_card, forge_arrays])(rng, spoiled)

    taken(saved["onnx"], saved["onnx"].folder)
    tracemalloc.start()
    try:
        found = outcomes(saved, spoil, count, folder, seed=seed)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert {one for one in found if one not in ("refused", "equal")} == set()
    assert most < ROOM
    return {one: found.count(one) for one in ("refused", "equal")}


def test_a_mutated_folder_is_refused_in_one_sentence_or_means_the_same(saved, tmp_path, record_property):
    found = refused_or_equal(saved, 72, tmp_path, seed=0)
    assert found["refused"] > 40
    record_property("mutated policy folders", 72)


@pytest.mark.slow
def test_two_thousand_mutated_folders(saved, tmp_path, record_property):
    found = refused_or_equal(saved, 2_250, tmp_path, seed=1)
    record_property("mutated policy folders", 2_250)
    record_property("mutated policy folders refused", found["refused"])
    record_property("mutated policy folders equal to the original", found["equal"])


def check_forged_bytes(saved: dict[str, Saved], count: int, folder: Path, *, seed: int) -> dict[str, int]:
    """Of `count` folders with changed bytes and right hashes, how many were refused, mean the same, or are other sound policies."""
    found = [one.partition(":")[0] for one in outcomes(saved, forge_bytes, count, folder, seed=seed)]
    return {one: found.count(one) for one in ("refused", "equal", "another")}


def test_bytes_with_the_right_hash_are_refused_or_some_sound_policy(saved, tmp_path, record_property):
    found = check_forged_bytes(saved, 36, tmp_path, seed=0)
    assert found["refused"] > 5
    record_property("policy folders with forged bytes", 36)


@pytest.mark.slow
def test_a_thousand_folders_with_forged_bytes(saved, tmp_path, record_property):
    for outcome, count in check_forged_bytes(saved, 1_080, tmp_path, seed=1).items():
        record_property(f"policy folders with forged bytes: {outcome}", count)


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_that_nobody_touched_means_the_same(saved, kind):
    assert taken(saved[kind], saved[kind].folder) == saved[kind].policy
    assert "sha256" in json.loads((saved[kind].folder / "card.json").read_text())
