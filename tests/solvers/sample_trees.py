"""Trees that solvers are tested on: OpenSpiel's games, and random ones.

A random tree has random information sets for each role and random payoffs on random pairs of
sequences: every such pair of decision problems is a bilinear game, and nothing that solvers may
assume beyond that holds for it.
"""

from __future__ import annotations

import functools
import itertools
from dataclasses import replace

import numpy as np

from gamesolve.views.openspiel_tree import tree_from_openspiel
from gamesolve.views.tree import Decisions, Payoffs, Tree

KUHN = "kuhn_poker"
LEDUC = "leduc_poker"
LEDUC_ISOMORPHIC = "leduc_poker(suit_isomorphism=True)"
LIARS_DICE = "liars_dice"


def liars_dice(faces: int) -> str:
    return f"liars_dice(numdice=1,dice_sides={faces})"


def goofspiel(cards: int) -> str:
    return f"goofspiel(num_cards={cards},imp_info=True,points_order=descending)"


@functools.cache
def openspiel_tree(name: str) -> Tree:
    return tree_from_openspiel(name)


def tree_of(decisions: tuple[Decisions, Decisions], dense: np.ndarray, other: np.ndarray | None = None, game: str = "sample") -> Tree:
    """A tree from payoffs f8 [Q0, Q1] to role 0 (and to role 1); zeros are left out."""
    kept = dense != 0 if other is None else (dense != 0) | (other != 0)
    rows, columns = np.nonzero(kept)
    payoffs = _compressed(rows, columns, dense[kept], dense.shape[0])
    transposed = _compressed(*np.nonzero(kept.T), dense.T[kept.T], dense.shape[1])
    bounds = _bounds(dense), _bounds(dense if other is None else other)
    second = None if other is None else _compressed(rows, columns, other[kept], dense.shape[0])
    return Tree(game, game, decisions, payoffs, transposed, second, bounds, None, len(rows))


def _bounds(dense: np.ndarray) -> tuple[float, float]:
    bound = float(np.abs(dense[np.isfinite(dense)]).sum())
    return -bound, bound


def matrix_tree(payoffs: object) -> Tree:
    """The tree of a matrix game: one information set each."""
    payoffs = np.array(payoffs, np.float64)
    dense = np.zeros((payoffs.shape[0] + 1, payoffs.shape[1] + 1))
    dense[1:, 1:] = payoffs
    zero, one = (decisions_of([(0, count)], str(role)) for role, count in enumerate(payoffs.shape))
    return tree_of((zero, one), dense)


def decisions_of(sets: list[tuple[int, int]], role: str) -> Decisions:
    """Decisions from (parent sequence, number of actions) in order."""
    counts = np.array([actions for _, actions in sets], np.int64)
    first = np.concatenate([[1], 1 + np.cumsum(counts)]).astype(np.int32)
    action = np.concatenate([[-1], *(np.arange(c) for c in counts)]).astype(np.int16)
    parent = np.array([p for p, _ in sets], np.int32)
    return Decisions(role, first, parent, action, np.arange(len(sets), dtype=np.int32))


def random_tree(seed: int, *, sets: int = 8, actions: int = 4, density: float = 0.3, zero_sum: bool = True) -> Tree:
    rng = np.random.default_rng(seed)
    zero, one = _random_decisions(rng, sets, actions, "0"), _random_decisions(rng, sets, actions, "1")
    shape = zero.sequences, one.sequences
    kept = rng.random(shape) < density
    dense = np.where(kept, rng.normal(size=shape), 0.0)
    other = None if zero_sum else np.where(kept, rng.normal(size=shape), 0.0)
    return tree_of((zero, one), dense, other, f"random {seed}")


def random_behaviour(decisions: Decisions, rng: np.random.Generator) -> np.ndarray:
    behaviour = np.ones(decisions.sequences)
    for i in range(decisions.information_sets):
        weights = rng.exponential(size=decisions.first[i + 1] - decisions.first[i]) * rng.integers(
            0, 2, decisions.first[i + 1] - decisions.first[i]
        )
        weights = weights + (weights.sum() == 0.0)
        behaviour[decisions.first[i] : decisions.first[i + 1]] = weights / weights.sum()
    return behaviour


def pure_plans(decisions: Decisions) -> np.ndarray:
    """Realisation plans f8 [strategies, Q] of all pure strategies, by enumeration of one action per information set."""
    counts = np.diff(decisions.first)
    plans = []
    for choice in itertools.product(*(range(c) for c in counts)):
        plan = np.zeros(decisions.sequences)
        plan[0] = 1.0
        for i, a in enumerate(choice):
            plan[decisions.first[i] + a] = plan[decisions.parent[i]]
        plans.append(plan)
    return np.unique(np.array(plans), axis=0)


def dense_payoffs(tree: Tree, payoffs: Payoffs | None = None) -> np.ndarray:
    payoffs = payoffs or tree.payoffs
    dense = np.zeros((tree.decisions[0].sequences, tree.decisions[1].sequences))
    rows = np.repeat(np.arange(len(payoffs.start) - 1), np.diff(payoffs.start))
    np.add.at(dense, (rows, payoffs.column), payoffs.value)
    return dense


def with_payoff(tree: Tree, value: float) -> Tree:
    """The tree with its first payoff replaced."""
    row = int(np.flatnonzero(np.diff(tree.payoffs.start))[0])
    column = int(tree.payoffs.column[0])
    mirrored = int(tree.transposed.start[column] + np.searchsorted(tree.transposed.column[tree.transposed.start[column] :], row))
    values, transposed = tree.payoffs.value.copy(), tree.transposed.value.copy()
    values[0] = transposed[mirrored] = value
    return replace(tree, payoffs=replace(tree.payoffs, value=values), transposed=replace(tree.transposed, value=transposed))


def _random_decisions(rng: np.random.Generator, sets: int, actions: int, role: str) -> Decisions:
    found: list[tuple[int, int]] = []
    sequences = 1
    for _ in range(int(rng.integers(0, sets + 1))):
        found.append((int(rng.integers(0, sequences)), int(rng.integers(1, actions + 1))))
        sequences += found[-1][1]
    return decisions_of(found, role)


def _compressed(rows: np.ndarray, columns: np.ndarray, values: np.ndarray, count: int) -> Payoffs:
    start = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(rows, minlength=count), out=start[1:])
    return Payoffs(start, columns.astype(np.int32), np.ascontiguousarray(values, np.float64))
