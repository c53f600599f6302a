"""Trees by the compiled walker: sizes foretold, limits kept, and the same however often the walk pauses.

That every entry is right is tested in tests/games/test_trees.py, against a plain recursion.
"""

import numpy as np
import pytest
from sample_trees import openspiel_tree
from toy import toy

from gamesolve import load_game
from gamesolve.base.errors import GamesolveError, TooLargeError, UnfinishedError
from gamesolve.base.memory import memory_words
from gamesolve.solvers.sequence_form import solve_lp
from gamesolve.views import tree_build
from gamesolve.views import walk as template
from gamesolve.views.acting import PLAYING, RANDOMLY
from gamesolve.views.tree_build import Size, Walker, build_tree, estimate_size, walk_tree


def same_trees(one, other) -> bool:
    parts = [one.histories, *one.decisions, one.payoffs, one.transposed, one.other]
    others = [other.histories, *other.decisions, other.payoffs, other.transposed, other.other]
    pairs = zip(parts, others, strict=True)
    return one.leaves == other.leaves and all(
        a is b is None or all(np.array_equal(x, y) for x, y in zip(vars(a).values(), vars(b).values(), strict=True)) for a, b in pairs
    )


def transitions(game, acting) -> int:
    """Transitions in the walk of a small tree."""
    walker = Walker(game, acting)
    walker.make(histories=2**14, sets=2**12, leaves=2**14)
    assert walker.call(walker.walk, 10**9) == template.DONE
    return int(walker.record["transitions"])


@pytest.mark.parametrize(("ours", "theirs"), [("kuhn", "kuhn_poker"), ("leduc", "leduc_poker")])
def test_poker_has_the_size_and_value_of_openspiel(ours, theirs):
    tree, reference = build_tree(load_game(ours)), openspiel_tree(theirs)
    for own, other in zip(tree.decisions, reference.decisions, strict=True):
        assert (own.information_sets, own.sequences) == (other.information_sets, other.sequences)
    assert tree.pairs == reference.pairs
    value, expected = solve_lp(tree).value, solve_lp(reference).value
    assert value.middle == pytest.approx(expected.middle, abs=1e-9)


def test_kuhn_poker_is_worth_minus_one_eighteenth():
    # H. W. Kuhn, A simplified two-person poker, 1950.
    value = solve_lp(build_tree(load_game("kuhn"))).value
    assert value.lower <= -1 / 18 + 1e-12
    assert value.upper >= -1 / 18 - 1e-12


@pytest.mark.parametrize("load", [lambda: load_game("kuhn"), lambda: load_game("inspection"), lambda: load_game("flipit", horizon=3), toy])
def test_estimates_of_the_size_are_unbiased(load):
    # Knuth 1975: the mean over descents is the size; here 20 independent means are compared with it.
    game = load()
    tree = build_tree(game)
    sizes = [estimate_size(game, seed=seed, probes=400) for seed in range(20)]
    walked = transitions(game, [PLAYING] * 2)
    for estimates, known in (([s.pairs for s in sizes], tree.leaves), ([s.transitions for s in sizes], walked)):
        assert abs(np.mean(estimates) - known) <= 4.5 * np.std(estimates, ddof=1) / np.sqrt(20) + 1e-9 * known
    spread = np.std([s.pairs for s in sizes], ddof=1)
    stated = np.mean([s.standard_error for s in sizes])
    # The stated standard error is that of such a mean: a chi distribution of 19 degrees of freedom.
    assert spread == stated == 0.0 or 0.4 < spread / stated < 1.7


def test_estimates_with_policies_count_what_is_walked():
    game, acting = load_game("kuhn"), [RANDOMLY, PLAYING]
    sizes = [estimate_size(game, acting, seed=seed, probes=400).transitions for seed in range(20)]
    assert abs(np.mean(sizes) - transitions(game, acting)) <= 4.5 * np.std(sizes, ddof=1) / np.sqrt(20) + 1e-9


def test_the_same_seed_gives_the_same_estimate():
    game = load_game("kuhn")
    assert estimate_size(game, seed=3) == estimate_size(game, seed=3)


def test_a_tree_beyond_the_memory_is_refused_with_the_numbers(monkeypatch):
    monkeypatch.setattr(tree_build, "SMALL", 50)
    game = load_game("flipit", horizon=4)
    pairs = estimate_size(game).pairs
    pattern = (
        rf"flipit\(horizon=4.*has about {pairs:.3g} payoff pairs \(standard error .*\), "
        rf"{memory_words(pairs * tree_build.BYTES_A_PAIR)} while it is built; the memory limit is 1000 bytes"
    )
    with pytest.raises(TooLargeError, match=pattern):
        build_tree(game, memory=1000)


def test_a_walk_that_outgrows_its_estimate_stops_at_the_limit(monkeypatch):
    monkeypatch.setattr(tree_build, "SMALL", 50)
    monkeypatch.setattr(tree_build, "estimate_size", lambda *_: Size(1.0, 0.0, 1.0))
    with pytest.raises(TooLargeError, match=r"takes .* KiB, with .* payoff pairs built so far; the memory limit is"):
        build_tree(load_game("flipit", horizon=4), memory=20_000)


def test_arrays_that_grow_and_walks_that_pause_change_nothing(monkeypatch):
    for game in (load_game("kuhn"), load_game("flipit", horizon=4, zero_sum=False), toy(horizon=3)):
        whole = build_tree(game)
        make, calls = tree_build.Walker.make, []
        with monkeypatch.context() as patched:
            patched.setattr(tree_build, "SMALL", 7)
            patched.setattr(tree_build, "PAUSE", 7)
            patched.setattr(tree_build, "estimate_size", lambda *_: Size(0.0, 0.0, 0.0))
            patched.setattr(tree_build.Walker, "make", lambda self, *, make=make, **_: make(self, histories=4, sets=2, leaves=8))
            bits = build_tree(game, progress=calls.append)
        assert same_trees(whole, bits)
        assert calls == sorted(calls)
        assert len(calls) > 10


def test_what_the_listener_raises_ends_the_walk(monkeypatch):
    monkeypatch.setattr(tree_build, "SMALL", 50)
    heard = []

    def listen(walked: int) -> None:
        heard.append(walked)
        raise UnfinishedError("enough")

    with pytest.raises(UnfinishedError, match="enough"):
        build_tree(load_game("flipit", horizon=4), progress=listen)
    assert len(heard) == 1


def test_teams_and_endless_games_are_refused():
    with pytest.raises(GamesolveError, match="has 2 defenders with private signals; a team is not one player"):
        build_tree(toy(defenders=2))
    with pytest.raises(GamesolveError, match="has no horizon, so it has no tree"):
        build_tree(toy(horizon=None))


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("mask_differs", "legal actions differ between states that it cannot tell apart"),
        ("no_action", "no legal action before the game is over"),
        ("many_questions", "more questions were asked of chance"),
        ("bad_weights", "negative, NaN, above one, or all zero"),
    ],
)
def test_rules_that_break_the_contract_are_named(fault, message):
    with pytest.raises(GamesolveError, match=rf"toy\(fault={fault}.*breaks the contract of rules: .*{message}"):
        build_tree(toy(fault=fault))


def test_returns_that_are_not_finite_are_refused():
    with pytest.raises(GamesolveError, match="pays a return that is not a finite number"):
        build_tree(toy(fault="not_finite"))


def test_picks_of_one_epoch_share_its_discount():
    # Against a defender who always picks 0 the attacker of the toy earns at most 2 + 1 in each epoch of two picks.
    tree = build_tree(toy(horizon=2))
    dense = np.zeros((tree.decisions[0].sequences, tree.decisions[1].sequences))
    dense[np.repeat(np.arange(len(dense)), np.diff(tree.payoffs.start)), tree.payoffs.column] = tree.payoffs.value
    # With probability 1/4 the coin ends the game after the third pick.
    assert solve_lp(tree).value.middle == pytest.approx(0.0, abs=1e-9)
    assert dense.min() == pytest.approx(-0.75 * (3 + 0.5 * 3), abs=1e-12)
    assert dense.max() == pytest.approx(0.75 * (3 + 0.5 * 3), abs=1e-12)


def test_chance_weighs_every_leaf():
    # With every payoff 1 the sum over a pair of pure strategies is the total probability: here by a walk in which all act at random.
    for game in (load_game("kuhn"), load_game("stopping"), toy()):
        tree = walk_tree(game, [RANDOMLY] * 2)
        assert tree.decisions[0].sequences == tree.decisions[1].sequences == 1
        assert tree.pairs == 1
        low, high = game.utility_bounds[0]
        assert low <= tree.payoffs.value[0] <= high
