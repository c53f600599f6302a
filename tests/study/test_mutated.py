"""Mutated study files: one clear error each, or a valid plan."""

from __future__ import annotations

import copy
import random
from pathlib import Path
from typing import Any

import pytest
from small_study import STUDY

from gamesolve.base.errors import GamesolveError
from gamesolve.study.cells import plan_of_study
from gamesolve.study.file import study_of
from gamesolve.study.roster import roster_of

#: What values are replaced by.
JUNK: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2, 10**18, 10**400, 1.5, -0.5, float("inf"), float("nan"), "", "x", "seen", "periodic", "../..", "\x00",
    "ä" * 200, "random", "ppo", [], [1], ["ppo", "ppo"], [[]], {}, {"policy": "never"}, {"method": "mmd"}, {"from": 1, "to": 3},
    {"a": {"b": {}}},
)  # fmt: skip


def places(table: dict[str, Any]) -> list[tuple[dict[str, Any], str]]:
    """Every key of every table in it."""
    return [(table, key) for key in table] + [place for value in table.values() if isinstance(value, dict) for place in places(value)]


def mutated(number: int) -> dict[str, Any]:
    """The study with one to three changes."""
    rng, found = random.Random(number), copy.deepcopy(STUDY)
    for _ in range(rng.randint(1, 3)):
        where = places(found)
        if not where:
            break
        table, key = rng.choice(where)
        kind = rng.randrange(5)
        if kind == 0:
            table.pop(key)
        elif kind == 1:
            table[key[:-1] + rng.choice("xs_ ")] = table.pop(key)
        elif kind == 2:
            table[rng.choice(["policy", "method", "extra", "seed", "period", "learner", "settings"])] = copy.deepcopy(rng.choice(JUNK))
        else:
            table[key] = copy.deepcopy(rng.choice(JUNK))
    return found


def refused(given: dict[str, Any]) -> bool:
    """Whether a study is refused by an error of ours in one line; else it has a plan."""
    try:
        plan = plan_of_study(roster_of(study_of(given), Path()))
    except GamesolveError as error:
        said = str(error)
        assert said
        assert "\n" not in said
        assert len(said) < 2_000
        return True
    assert plan.cells()
    return False


def check(numbers: range, record_property: Any) -> None:
    found = [refused(mutated(number)) for number in numbers]
    record_property("mutated study files refused", sum(found))
    record_property("mutated study files planned", len(found) - sum(found))
    assert any(found)
    assert not all(found)


def test_mutated_files_are_refused_or_planned(record_property):
    check(range(60), record_property)


@pytest.mark.slow
def test_a_thousand_mutated_files_are_refused_or_planned(record_property):
    check(range(60, 1_060), record_property)
