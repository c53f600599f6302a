"""Cached trees: the same tree again, and a damaged file is rebuilt rather than trusted."""

import numpy as np
import pytest

from gamesolve import load_game
from gamesolve.views import tree_cache
from gamesolve.views.tree_build import build_tree
from gamesolve.views.tree_cache import cache_file, cached_tree


@pytest.fixture
def builds(monkeypatch, tmp_path):
    """A cache of its own that keeps even the smallest tree; the games built so far."""
    built = []

    def build(game, **limits):
        built.append(str(game))
        return build_tree(game, **limits)

    monkeypatch.setattr(tree_cache, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(tree_cache, "SMALLEST", 0)
    monkeypatch.setattr(tree_cache, "build_tree", build)
    return built


def assert_same(one, other):
    assert (one.game, one.fingerprint, one.utility_bounds, one.leaves) == (
        other.game,
        other.fingerprint,
        other.utility_bounds,
        other.leaves,
    )
    for a, b in zip(
        (one.histories, *one.decisions, one.payoffs, one.transposed, one.other),
        (other.histories, *other.decisions, other.payoffs, other.transposed, other.other),
        strict=True,
    ):
        if a is None or b is None:
            assert a is b
            continue
        for x, y in zip(vars(a).values(), vars(b).values(), strict=True):
            assert np.array_equal(x, y)
            assert not isinstance(x, np.ndarray) or x.dtype == y.dtype


@pytest.mark.parametrize("chosen", [{"horizon": 3}, {"horizon": 3, "zero_sum": False}])
def test_a_tree_is_built_once_and_read_again_unchanged(builds, chosen):
    game = load_game("flipit", **chosen)
    first = cached_tree(game)
    assert_same(cached_tree(game), first)
    assert len(builds) == 1


def test_other_parameters_are_another_tree(builds):
    trees = [cached_tree(load_game("inspection", periods=n)) for n in (2, 3)]
    assert len(builds) == 2
    assert trees[0].pairs != trees[1].pairs


def test_small_trees_are_not_cached(builds, monkeypatch, tmp_path):
    monkeypatch.setattr(tree_cache, "SMALLEST", 1_000)
    cached_tree(load_game("kuhn"))
    assert not list(tmp_path.rglob("*.npz"))


def flip_byte(path, k):
    data = bytearray(path.read_bytes())
    data[k] ^= 0x40
    path.write_bytes(data)


DAMAGES = {
    "first byte": lambda path: flip_byte(path, 0),
    "middle byte": lambda path: flip_byte(path, path.stat().st_size // 2),
    "last byte": lambda path: flip_byte(path, -1),
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "empty": lambda path: path.write_bytes(b""),
    "no checksum": lambda path: path.with_suffix(".sha256").unlink(),
    "another checksum": lambda path: path.with_suffix(".sha256").write_text("0" * 64),
    "checksum of noise": lambda path: path.with_suffix(".sha256").write_bytes(bytes(range(128, 192))),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_rebuilt(builds, damage):
    game = load_game("inspection")
    first = cached_tree(game)
    path = cache_file(game)
    damage(path)
    assert_same(cached_tree(game), first)
    assert len(builds) == 2
    if path.is_file():
        assert_same(cached_tree(game), first)
        assert len(builds) == 2


def test_the_file_of_another_game_is_not_taken(builds):
    one, other = (load_game("inspection", periods=n) for n in (2, 3))
    cached_tree(one)
    expected = cached_tree(other)
    for suffix in (".npz", ".sha256"):
        cache_file(other).with_suffix(suffix).write_bytes(cache_file(one).with_suffix(suffix).read_bytes())
    assert_same(cached_tree(other), expected)


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(builds, monkeypatch, tmp_path):
    (tmp_path / "trees").write_text("not a folder")
    game = load_game("inspection")
    assert_same(cached_tree(game), build_tree(game))


def test_old_trees_make_room_for_new_ones(builds, monkeypatch):
    games = [load_game("inspection", periods=n, inspections=1) for n in (6, 7, 8)]
    cached_tree(games[0])
    monkeypatch.setattr(tree_cache, "LARGEST", 3 * cache_file(games[0]).stat().st_size)
    for game in games[1:]:
        cached_tree(game)
    kept = [cache_file(game).is_file() for game in games]
    assert kept[-1]
    assert not kept[0]
    assert not cache_file(games[0]).with_suffix(".sha256").exists()
    assert sum(cache_file(game).stat().st_size for game, there in zip(games, kept, strict=True) if there) <= tree_cache.LARGEST
