"""Checkpoints: the newest whole one is found, whatever happened to the files."""

from __future__ import annotations

import errno
import os

import numpy as np
import pytest

from gamesolve.base.checkpoints import Checkpoint, checkpoint_numbers, newest_checkpoint, write_checkpoint
from gamesolve.base.errors import GamesolveError


def checkpoint(number: int) -> Checkpoint:
    return Checkpoint(number, 10 * number, {"iteration": number}, {"plan": np.arange(float(number))})


def test_the_newest_checkpoint_comes_back_as_it_was(tmp_path):
    for number in (3, 12, 7):
        write_checkpoint(tmp_path, checkpoint(number))
    found = newest_checkpoint(tmp_path, journal=1000)
    assert (found.number, found.journal, found.facts) == (12, 120, {"iteration": 12})
    np.testing.assert_array_equal(found.arrays["plan"], np.arange(12.0))


def test_only_the_newest_two_are_kept(tmp_path):
    for number in range(1, 6):
        write_checkpoint(tmp_path, checkpoint(number))
    assert checkpoint_numbers(tmp_path) == [5, 4]
    assert len(list(tmp_path.glob("*.npz"))) == 2


def test_there_is_none_before_the_first(tmp_path):
    assert newest_checkpoint(tmp_path / "absent", journal=0) is None


@pytest.mark.parametrize("damage", ["flip", "cut", "missing", "card", "noise"])
def test_a_damaged_newest_checkpoint_gives_way_to_the_one_before(tmp_path, damage):
    write_checkpoint(tmp_path, checkpoint(1))
    write_checkpoint(tmp_path, checkpoint(2))
    arrays, card = tmp_path / "000000000002.npz", tmp_path / "000000000002.json"
    data = bytearray(arrays.read_bytes())
    if damage == "flip":
        data[-30] ^= 4
        arrays.write_bytes(data)
    elif damage == "cut":
        arrays.write_bytes(data[: len(data) // 2])
    elif damage == "missing":
        arrays.unlink()
    elif damage == "card":
        card.write_text('{"sha256": 3}')
    else:
        card.write_text("{")
    with pytest.warns(UserWarning, match="checkpoint 2 cannot be used and the one before is tried"):
        found = newest_checkpoint(tmp_path, journal=1000)
    assert found.number == 1
    assert checkpoint_numbers(tmp_path) == [1]


def test_a_checkpoint_whose_journal_lines_are_lost_is_passed_over(tmp_path):
    write_checkpoint(tmp_path, checkpoint(1))
    write_checkpoint(tmp_path, checkpoint(2))
    with pytest.warns(UserWarning, match="journal has 15 bytes"):
        assert newest_checkpoint(tmp_path, journal=15).number == 1


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_damage_to_all_of_them_is_a_clear_error(tmp_path):
    write_checkpoint(tmp_path, checkpoint(1))
    (tmp_path / "000000000001.npz").write_bytes(b"")
    with pytest.raises(GamesolveError, match=r"every checkpoint in .* is damaged"):
        newest_checkpoint(tmp_path, journal=1000)


def test_a_full_disk_leaves_the_earlier_checkpoints(tmp_path, monkeypatch):
    write_checkpoint(tmp_path, checkpoint(1))

    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(GamesolveError, match="No space left"):
            write_checkpoint(tmp_path, checkpoint(2))
    assert newest_checkpoint(tmp_path, journal=1000).number == 1


def test_arrays_without_a_card_are_no_checkpoint_and_are_swept(tmp_path):
    write_checkpoint(tmp_path, checkpoint(1))
    (tmp_path / "000000000009.npz").write_bytes(b"a kill came before the card")
    assert newest_checkpoint(tmp_path, journal=1000).number == 1
    write_checkpoint(tmp_path, checkpoint(2))
    assert len(list(tmp_path.glob("*.npz"))) == 2
