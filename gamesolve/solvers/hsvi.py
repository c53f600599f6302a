"""Heuristic search value iteration for one-sided partially observed stochastic games: a bracket on the value that narrows at any time.

Player 1 does not know the state but what is likely; his value as a function of that *belief* is convex (Horák, Bošanský, Kovařík,
Kiekintveld, Artificial Intelligence 316, 2023). So it is bracketed, in each partition, from below by the largest of linear functions, the
alpha vectors, each of which a strategy of player 1 guarantees, and from above by the convex hull of points, each of which a strategy of
player 2 guarantees. At a belief a linear program for each side improves its bound there, with both bounds of one step later in place of
the value. The search follows, from the first belief, the action and the observation that contribute most to the width, with player 1's
mixture that the upper bound promises most and player 2's that the lower bound fears most, until the width is as small as its depth
allows, and improves the bounds on its way back.

What is proved does not hang on the programs' tolerances: an alpha vector is computed anew from the mixture that was found, and a point's
height is raised by as much as its equations are missed, times how steep the value can be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array

from gamesolve.base.errors import GamesolveError
from gamesolve.solvers.value_iteration import value_iteration
from gamesolve.views.one_sided import OneSidedGame, full_information

#: How exactly the first bounds are computed, as a share of the largest value; sweeps for that at most.
FIRST, SWEEPS = 1e-6, 100_000
#: The width that is aimed at in a search from the first belief, as a share of the present width: later searches aim lower.
SHARE = 0.5
#: Depth of a search at most.
DEEPEST = 1_000
#: What is negligible: of probabilities, and by how much a bound has to move to count.
NEGLIGIBLE, MOVES = 1e-12, 1e-10
#: What rounding adds to a sum of so many terms of size 1, for each.
ROUNDED = 4.0 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Bracket:
    """What is known after a search.

    Attributes:
        number: of searches so far.
        lower, upper: of the value to player 1 at the first belief.
        vectors, points: how many bound it, in all partitions; programs: linear programs solved so far.
    """

    number: int
    lower: float
    upper: float
    vectors: int
    points: int
    programs: int

    @property
    def width(self) -> float:
        """Of the bracket."""
        return self.upper - self.lower


def heuristic_search(game: OneSidedGame, *, width: float = 0.0, pause: Callable[[], None] = lambda: None) -> Iterator[Bracket]:
    """Brackets on the value of a game to player 1, the first before any search, for as long as they are asked for.

    Args:
        width: that is aimed at: no search looks for less.
        pause: called between two updates; what it raises ends the search.

    Raises:
        GamesolveError: the width is negative, or a linear program reports no optimum; the brackets before are as good as they were.
    """
    if not width >= 0.0:
        raise GamesolveError(f"the width is {width!r}; it is 0 or more")
    return _Search(game, pause).brackets(width)


@dataclass
class _Part:
    """A partition: what can be done there, where that leads, and the bounds.

    Attributes:
        states: i8 [s], numbers of its states.
        pairs: i8 [q, 2], a state's place and an action of player 2.
        reward: f8 [a, q].
        next: by place of an action of player 1 and observation and partition, f8 [q, t]: probabilities of that partition's states.
        vectors: f8 [n, s]; points, heights: f8 [k, s] beliefs and f8 [k].
    """

    states: np.ndarray
    pairs: np.ndarray
    reward: np.ndarray
    next: dict[tuple[int, int, int], np.ndarray]
    vectors: np.ndarray
    points: np.ndarray
    heights: np.ndarray
    starts: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.starts = np.searchsorted(self.pairs[:, 0], np.arange(len(self.states)))


class _Search:
    """The bounds under way."""

    def __init__(self, game: OneSidedGame, pause: Callable[[], None]) -> None:
        # Rewards of size 1, as the library's tolerances are absolute.
        self.unit = float(np.abs(game.reward).max(initial=0.0)) or 1.0
        self.game, self.pause, self.programs = replace(game, reward=game.reward / self.unit), pause, 0
        game = self.game
        low, high = min(float(game.reward.min()), 0.0), max(float(game.reward.max()), 0.0)
        # The value changes by no more than this where belief moves by 1 in all, also where it need not sum to one.
        self.steep = max(-low, high) / (1.0 - game.discount)
        sure = _sure_values(game, pause)
        certain = _blind_values(game, low / (1.0 - game.discount), pause)
        self.parts = [_part(game, k, certain, sure) for k in range(len(game.own))]
        self.home = int(game.partition[int(np.argmax(game.start))])
        self.first = game.start[self.parts[self.home].states]

    def brackets(self, width: float) -> Iterator[Bracket]:
        number = 0
        while True:
            # Both are sums in floating point.
            error = ROUNDED * self.steep * (len(self.first) + len(self.parts[self.home].points))
            lower, upper = self.lower(self.home, self.first) - error, self.upper(self.home, self.first) + error
            vectors, points = (sum(map(len, one)) for one in zip(*((part.vectors, part.points) for part in self.parts), strict=True))
            yield Bracket(number, lower * self.unit, upper * self.unit, vectors, points, self.programs)
            self.explore(max(width / self.unit, SHARE * (upper - lower)) * SHARE)
            number += 1

    def lower(self, k: int, belief: np.ndarray) -> float:
        """The lower bound at a belief f8 [s] of partition k; it need not sum to one."""
        return float((self.parts[k].vectors @ belief).max())

    def upper(self, k: int, belief: np.ndarray) -> float:
        """The upper bound at a belief."""
        part = self.parts[k]
        if len(part.points) == len(belief):
            # The corners alone.
            return float(part.heights @ belief)
        found = self.solved(part.heights, None, None, part.points.T, belief)
        weights = np.maximum(found.x, 0.0)
        return float(part.heights @ weights + self.steep * np.abs(part.points.T @ weights - belief).sum())

    def explore(self, aim: float) -> None:
        """One search from the first belief for a width there."""
        path, k, belief = list[tuple[int, np.ndarray]](), self.home, self.first
        while len(path) < DEEPEST and self.upper(k, belief) - self.lower(k, belief) > aim * self.game.discount ** -len(path):
            path.append((k, belief))
            own, joint = self.update(k, belief)
            allowed = aim * self.game.discount ** -len(path)
            best, worth = None, 0.0
            for (a, _, target), table in self.parts[k].next.items():
                weights = own[a] * (joint @ table)
                total = float(weights.sum())
                if total > NEGLIGIBLE:
                    after = weights / total
                    excess = total * (self.upper(target, after) - self.lower(target, after) - allowed)
                    if excess > worth:
                        best, worth = (target, after), excess
            if best is None:
                break
            k, belief = best
        for k, belief in reversed(path):
            self.update(k, belief)

    def update(self, k: int, belief: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Improve both bounds at a belief.

        Returns:
            f8 [a], the mixture of player 1 that the upper bound promises most, and f8 [q], the probabilities of states with actions of
            player 2 that the lower bound fears most.
        """
        self.pause()
        joint = self.raise_lower(k, belief)
        own = self.reduce_upper(k, belief)
        return own, joint

    def raise_lower(self, k: int, belief: np.ndarray) -> np.ndarray:
        """Add the alpha vector that is best at a belief; player 2's answer, f8 [q]."""
        part, discount = self.parts[k], self.game.discount
        keys, q, a, s = list(part.next), len(part.pairs), len(part.reward), len(part.states)
        onward = [discount * (part.next[key] @ self.parts[key[2]].vectors.T) for key in keys]
        sizes = np.array([one.shape[1] for one in onward], np.int64)
        ends = np.concatenate([[0], np.cumsum(sizes)])
        # Variables: the mixture, weights of alpha vectors after each action and observation, and the vector itself.
        inequalities = np.zeros((q, a + ends[-1] + s))
        inequalities[:, :a] = -part.reward.T
        for n, one in enumerate(onward):
            inequalities[:, a + ends[n] : a + ends[n + 1]] = -one
        inequalities[np.arange(q), a + ends[-1] + part.pairs[:, 0]] = 1.0
        rows = np.repeat(np.arange(len(keys)), sizes)
        ties = (np.concatenate([rows, np.arange(len(keys)), np.full(a, len(keys))]),
                np.concatenate([a + np.arange(ends[-1]), [key[0] for key in keys], np.arange(a)]).astype(np.int64))  # fmt: skip
        entries = np.concatenate([np.ones(ends[-1]), -np.ones(len(keys)), np.ones(a)])
        equalities = coo_array((entries, ties), shape=(len(keys) + 1, inequalities.shape[1]))
        bounds = np.array([[0.0, np.inf]] * (a + int(ends[-1])) + [[-np.inf, np.inf]] * s)
        cost = np.concatenate([np.zeros(a + ends[-1]), -belief])
        found = self.solved(cost, inequalities, np.zeros(q), equalities, np.append(np.zeros(len(keys)), 1.0), bounds)
        mixture = np.maximum(found.x[:a], 0.0)
        mixture /= mixture.sum()
        earned = part.reward.T @ mixture
        for n, (key, one) in enumerate(zip(keys, onward, strict=True)):
            weights = np.maximum(found.x[a + ends[n] : a + ends[n + 1]], 0.0)
            if mixture[key[0]] > 0.0:
                # Where the program gave them no weight, any vector will do.
                shares = weights / weights.sum() if weights.sum() > 0.0 else np.eye(len(weights))[0]
                earned += mixture[key[0]] * (one @ shares)
        vector = np.minimum.reduceat(earned, part.starts)
        if vector @ belief > (part.vectors @ belief).max() + MOVES * max(1.0, self.steep):
            kept = ~(part.vectors <= vector).all(axis=1)
            part.vectors = np.vstack([part.vectors[kept], vector])
        return _joint(-np.asarray(found.ineqlin.marginals), belief, part)

    def reduce_upper(self, k: int, belief: np.ndarray) -> np.ndarray:
        """Add the point over a belief that is lowest; player 1's answer, f8 [a]."""
        part, discount = self.parts[k], self.game.discount
        keys, q, a, s = list(part.next), len(part.pairs), len(part.reward), len(part.states)
        targets = [self.parts[key[2]] for key in keys]
        ends = np.concatenate([[0], np.cumsum([len(one.points) for one in targets])]).astype(np.int64)
        heights = np.concatenate([np.zeros(0), *(one.heights for one in targets)])
        # Variables: player 2's probabilities, weights of points after each action and observation, and the height.
        inequalities = np.zeros((a, q + ends[-1] + 1))
        inequalities[:, :q] = part.reward
        for n, key in enumerate(keys):
            inequalities[key[0], q + ends[n] : q + ends[n + 1]] = discount * heights[ends[n] : ends[n + 1]]
        inequalities[:, -1] = -1.0
        count = sum(one.points.shape[1] for one in targets)
        equalities = np.zeros((s + count, q + int(ends[-1]) + 1))
        equalities[part.pairs[:, 0], np.arange(q)] = 1.0
        at = s
        for n, (key, one) in enumerate(zip(keys, targets, strict=True)):
            width = one.points.shape[1]
            equalities[at : at + width, :q] = -part.next[key].T
            equalities[at : at + width, q + ends[n] : q + ends[n + 1]] = one.points.T
            at += width
        bounds = np.array([[0.0, np.inf]] * (q + int(ends[-1])) + [[-np.inf, np.inf]])
        right = np.concatenate([belief, np.zeros(count)])
        found = self.solved(np.append(np.zeros(q + ends[-1]), 1.0), inequalities, np.zeros(a), equalities, right, bounds)
        joint = _joint(found.x[:q], belief, part)
        worth = part.reward @ joint
        for n, (key, one) in enumerate(zip(keys, targets, strict=True)):
            weights = np.maximum(found.x[q + ends[n] : q + ends[n + 1]], 0.0)
            missed = np.abs(one.points.T @ weights - joint @ part.next[key]).sum()
            worth[key[0]] += discount * (one.heights @ weights + self.steep * missed)
        height = float(worth.max())
        if height < self.upper(k, belief) - MOVES * max(1.0, self.steep):
            there = np.flatnonzero(np.abs(part.points - belief).max(axis=1) <= NEGLIGIBLE)
            if len(there):
                moved = self.steep * float(np.abs(part.points[there[0]] - belief).sum())
                part.heights[there[0]] = min(part.heights[there[0]], height + moved)
            else:
                part.points, part.heights = np.vstack([part.points, belief]), np.append(part.heights, height)
        own = np.maximum(-np.asarray(found.ineqlin.marginals), 0.0)
        return np.asarray(own / own.sum()) if own.sum() > 0.0 else np.full(a, 1.0 / a)

    def solved(self, cost, inequalities, most, equalities, right, bounds=(0.0, None)):  # type: ignore[no-untyped-def]
        """The solution of a linear program; raises GamesolveError where the library reports none."""
        self.programs += 1
        found = linprog(cost, A_ub=inequalities, b_ub=most, A_eq=equalities, b_eq=right, bounds=bounds, method="highs-ds")
        if found.status != 0:
            raise GamesolveError(f"a linear program of {len(cost)} variables has no optimum, says the library: {found.message}")
        return found


def _part(game: OneSidedGame, k: int, certain: np.ndarray, sure: np.ndarray) -> _Part:
    """A partition with its first bounds."""
    states = np.flatnonzero(game.partition == k)
    place = {int(s): n for n, s in enumerate(states)}
    pairs = [(n, b) for n, s in enumerate(states) for b in game.other[s]]
    row = {pair: n for n, pair in enumerate(pairs)}
    own = {a: n for n, a in enumerate(game.own[k])}
    members = {t: np.flatnonzero(game.partition == t) for t in range(len(game.own))}
    onward: dict[tuple[int, int, int], np.ndarray] = {}
    inside = np.flatnonzero(np.isin(game.places[:, 0], states))
    for (s, a, b, o, after), chance in zip(game.places[inside].tolist(), game.chance[inside].tolist(), strict=True):
        target = int(game.partition[after])
        table = onward.setdefault((own[a], o, target), np.zeros((len(pairs), len(members[target]))))
        table[row[place[s], b], int(np.searchsorted(members[target], after))] += chance
    reward = np.array([[game.reward[states[n], a, b] for n, b in pairs] for a in game.own[k]]).reshape(len(own), len(pairs))
    count = len(states)
    return _Part(
        states, np.array(pairs, np.int64).reshape(-1, 2), reward, onward, certain[states][None], np.eye(count), sure[states].copy()
    )


def _joint(weights: np.ndarray, belief: np.ndarray, part: _Part) -> np.ndarray:
    """Player 2's probabilities f8 [q] of states with actions, made to agree with the belief."""
    weights = np.maximum(weights, 0.0)
    sums = np.add.reduceat(weights, part.starts)
    sizes = np.diff(np.append(part.starts, len(weights)))
    shares = np.where(
        np.repeat(sums, sizes) > 0.0, weights / np.repeat(np.where(sums > 0.0, sums, 1.0), sizes), 1.0 / np.repeat(sizes, sizes)
    )
    return np.asarray(shares * np.repeat(belief, sizes))


def _sure_values(game: OneSidedGame, pause: Callable[[], None]) -> np.ndarray:
    """f8 [S], what player 1 would earn at most from each state on if he knew the state."""
    tables = full_information(game)
    size = max(float(np.abs(game.reward).max()) / (1.0 - game.discount), np.finfo(np.float64).tiny)
    for sweep in value_iteration(tables):
        pause()
        if sweep.gap <= FIRST * size or sweep.number >= SWEEPS:
            return sweep.upper.copy()
    raise AssertionError("sweeps have no end")


def _blind_values(game: OneSidedGame, least: float, pause: Callable[[], None]) -> np.ndarray:
    """f8 [S], what player 1 earns at least from each state on if he chooses evenly, whatever he sees."""
    states, count = game.places[:, 0], len(game.states)
    number_b = game.reward.shape[2]
    evenly = np.array([1.0 / len(game.own[k]) for k in game.partition])
    legal = np.zeros((count, game.reward.shape[1]), bool)
    for s in range(count):
        legal[s, list(game.own[game.partition[s]])] = True
    earned = np.einsum("sab,sa,s->sb", game.reward, legal.astype(float), evenly)
    allowed = np.zeros((count, number_b), bool)
    for s in range(count):
        allowed[s, list(game.other[s])] = True
    weights, at = game.chance * evenly[states], states.astype(np.int64) * number_b + game.places[:, 2]
    values = np.full(count, least)
    for _ in range(SWEEPS):
        pause()
        # From below: whatever sweep it ends with, the values are proved.
        onward = np.bincount(at, weights * values[game.places[:, 4]], minlength=count * number_b).reshape(count, number_b)
        after = np.where(allowed, earned + game.discount * onward, np.inf).min(axis=1)
        moved, values = float(np.abs(after - values).max()), after
        if moved <= FIRST * max(1.0, float(np.abs(values).max())):
            break
    return values
