"""Files are whole or absent, and damaged ones are refused by name."""

from __future__ import annotations

import errno
import json
import os
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamesolve.base import files
from gamesolve.base.errors import GamesolveError


def test_a_failed_write_leaves_the_old_file_and_no_leftovers(tmp_path, monkeypatch):
    target = tmp_path / "value.json"
    files.write_json(target, {"value": 1})

    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(GamesolveError, match=r"value\.json.*No space left.*with room"):
        files.write_json(target, {"value": 2})
    assert json.loads(target.read_text()) == {"value": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["value.json"]


def test_a_write_into_a_missing_folder_is_refused_by_name(tmp_path):
    with pytest.raises(GamesolveError, match=r"cannot write '.*note\.txt': there is no folder '.*absent'; make it first"):
        files.write_text(tmp_path / "absent" / "note.txt", "x")


def test_a_folder_cannot_be_made_under_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(GamesolveError, match=r"cannot write '.*run': '.*file' is a file, no folder$"):
        files.make_folder(tmp_path / "file" / "run")


def test_equal_arrays_give_equal_bytes_whenever_they_are_written(tmp_path):
    arrays = {"plan": np.linspace(0.0, 1.0, 7), "count": np.arange(3, dtype=np.int32)}
    first = files.write_npz(tmp_path / "a.npz", arrays)
    os.utime(tmp_path / "a.npz", (0, 0))
    assert files.write_npz(tmp_path / "b.npz", arrays) == first
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_arrays_come_back_as_they_were(tmp_path):
    arrays = {"plan": np.random.default_rng(0).random(50), "empty": np.zeros((0, 2), np.int16)}
    digest = files.write_npz(tmp_path / "a.npz", arrays)
    back = files.read_npz(tmp_path / "a.npz", digest)
    assert list(back) == list(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(back[name], array)
        assert back[name].dtype == array.dtype


def test_arrays_of_objects_are_neither_written_nor_read(tmp_path):
    objects = np.array([{"a": 1}], dtype=object)
    with pytest.raises(ValueError, match="Object arrays"):
        files.write_npz(tmp_path / "a.npz", {"x": objects})
    np.savez(tmp_path / "b.npz", x=objects)
    with pytest.raises(GamesolveError, match=r"b\.npz.*plain arrays"):
        files.read_npz(tmp_path / "b.npz")


@given(where=st.integers(min_value=0), bit=st.integers(0, 7))
def test_a_flipped_bit_is_noticed(tmp_path_factory, where, bit):
    folder = tmp_path_factory.mktemp("flip")
    digest = files.write_npz(folder / "a.npz", {"plan": np.arange(4.0)})
    data = bytearray((folder / "a.npz").read_bytes())
    data[where % len(data)] ^= 1 << bit
    (folder / "a.npz").write_bytes(data)
    with pytest.raises(GamesolveError, match="damaged"):
        files.read_npz(folder / "a.npz", digest)


@given(data=st.binary(max_size=300))
def test_bytes_that_are_no_archive_are_refused(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("noise") / "a.npz"
    path.write_bytes(data)
    with pytest.raises(GamesolveError, match=r"a\.npz"):
        files.read_npz(path)


@pytest.mark.parametrize("text", ["{", "[NaN]", "[1e999", "\x00", "[" * 100_000])
def test_text_that_is_no_json_is_refused_by_name(tmp_path, text):
    (tmp_path / "card.json").write_text(text)
    with pytest.raises(GamesolveError, match=r"card\.json.*not valid JSON"):
        files.read_json(tmp_path / "card.json")


def test_json_that_is_no_object_is_refused_where_an_object_belongs(tmp_path):
    (tmp_path / "card.json").write_text("[1]")
    with pytest.raises(GamesolveError, match="an object was expected"):
        files.read_object(tmp_path / "card.json")


def test_numbers_that_are_not_finite_are_never_written(tmp_path):
    with pytest.raises(ValueError, match="JSON compliant"):
        files.write_json(tmp_path / "a.json", {"value": float("nan")})


def test_leftovers_of_killed_writes_are_swept(tmp_path):
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / f".a.npz{files.PARTIAL}").write_text("half")
    (tmp_path / "kept.json").write_text("{}")
    files.sweep_partial(tmp_path)
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["checkpoints", "kept.json"]


def test_tables_keep_all_digits_and_leave_unknown_cells_empty(tmp_path):
    files.write_csv(tmp_path / "t.csv", ("a", "b"), [(1 / 3, None)])
    assert (tmp_path / "t.csv").read_text() == f"a,b\n{1 / 3!r},\n"


def test_what_is_no_regular_file_or_too_large_is_told_without_reading_it(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with open(tmp_path / "huge", "wb") as file:
        file.truncate(2**40)
    (tmp_path / "note").write_text("four")
    assert files.size_of(tmp_path / "note", 4) == 4
    no_file, large = "not a regular file", "has 1,099,511,627,776 bytes; it has at most 4"
    for name, words in (("pipe", no_file), ("", no_file), ("huge", large), ("gone", "No such")):
        with pytest.raises(GamesolveError, match=words):
            files.size_of(tmp_path / name, 4)


@pytest.mark.parametrize("shape", ["(1099511627776,)", "(-1,)", "(3,)"])
def test_an_array_that_promises_more_or_less_than_there_is_is_refused_before_room_is_made(tmp_path, shape):
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    data = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + np.arange(2.0).tobytes()
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", data)
    with pytest.raises(GamesolveError, match=r"a\.npz' is not an \.npz file of plain arrays: 'x\.npy' says shape"):
        files.read_npz(tmp_path / "a.npz")
