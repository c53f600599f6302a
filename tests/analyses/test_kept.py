"""Rows that are kept: replaced by what is done anew, in order, by several processes at once; and folders of other work are refused."""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from gamesolve.analyses.kept import keep, refuse_other, rows_in
from gamesolve.base.errors import GamesolveError

HEADER = ("name", "number")


def put(path, name, number):
    rows = [{"number": number, "name": name, "more": "is not kept"}]
    keep(path, HEADER, rows, instead=lambda row: row["name"] == name, order=lambda row: row["name"])


def put_many(path, name):
    for number in range(20):
        put(path, f"{name}{number}", number)


def test_what_is_done_anew_takes_the_place_of_what_was_there(tmp_path):
    path = tmp_path / "rows.csv"
    assert rows_in(path) == []
    for name, number in (("b", 1), ("a", 2.5), ("b", 3)):
        put(path, name, number)
    assert path.read_text() == "name,number\na,2.5\nb,3\n"
    assert rows_in(path) == [{"name": "a", "number": "2.5"}, {"name": "b", "number": "3"}]


def test_processes_that_keep_rows_at_once_lose_none(tmp_path):
    path = tmp_path / "rows.csv"
    with ProcessPoolExecutor(2, mp_context=get_context("fork")) as pool:
        for done in [pool.submit(put_many, path, name) for name in "ab"]:
            done.result()
    assert len(rows_in(path)) == 40


def test_a_folder_of_other_work_is_refused_with_what_differs(tmp_path):
    path = tmp_path / "asked.json"
    refuse_other(path, {"budget": 3})
    path.write_text(json.dumps({"budget": 3, "settings": {"hidden": [64]}, "more": 1}))
    refuse_other(path, {"budget": 3, "settings": {"hidden": (64,)}})
    with pytest.raises(GamesolveError, match=r"was begun with budget 3, and 4 is wanted now; remove the folder"):
        refuse_other(path, {"budget": 4})
