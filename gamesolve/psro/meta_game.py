"""`MetaGame`: what the policies of two populations earn against each other, and how well that is known.

An entry is a pair of policies. What was seen of it is kept as count, mean and sum of squared deviations,
which are joined block by block (Chan, Golub and LeVeque 1983, eq. 2.1), so the order in which blocks come
from workers changes nothing as long as they are joined in the order in which they were asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gamesolve.base.errors import GamesolveError
from gamesolve.psro.meta_strategy import MetaStrategy


@dataclass(frozen=True)
class Block:
    """Entries of which episodes are to be played: each of some policies against each of some others.

    Attributes:
        defenders, attackers: i8 [d] and i8 [k], their places in the populations.
        first: number of the block's first episode, which is one of no other block.
        episodes: of each entry.
    """

    defenders: np.ndarray
    attackers: np.ndarray
    first: int
    episodes: int

    @property
    def size(self) -> int:
        """Episodes in all."""
        return len(self.defenders) * len(self.attackers) * self.episodes


@dataclass(frozen=True, eq=False)
class MetaGame:
    """Payoffs between D and K policies, defenders by row; immutable.

    Attributes:
        count: i8 [D, K], episodes of each entry.
        mean: f8 [2, D, K], mean returns by role; 0 where there are no episodes.
        scatter: f8 [2, D, K], sums of squared deviations from the means.
        exact: bool [D, K], entries that are known and not estimated.
        asked: episodes that blocks have been made of so far, played or not.
    """

    count: np.ndarray
    mean: np.ndarray
    scatter: np.ndarray
    exact: np.ndarray
    asked: int = 0

    @classmethod
    def empty(cls) -> MetaGame:
        """Of no policies."""
        return cls(np.zeros((0, 0), np.int64), np.zeros((2, 0, 0)), np.zeros((2, 0, 0)), np.zeros((0, 0), np.bool_))

    @property
    def payoffs(self) -> np.ndarray:
        """f8 [2, D, K]; raises GamesolveError where an entry is unknown."""
        unknown = np.argwhere((self.count == 0) & ~self.exact)
        if len(unknown):
            raise GamesolveError(f"{len(unknown):,} entries of the meta-game are unknown, the first of them {unknown[0].tolist()}")
        return self.mean

    @property
    def standard_errors(self) -> np.ndarray:
        """f8 [2, D, K]: 0 where exact, infinite where fewer than two episodes tell."""
        few = self.count < 2
        n = np.maximum(self.count, 2).astype(np.float64)
        found = np.sqrt(self.scatter / (n - 1.0) / n)
        return np.where(self.exact, 0.0, np.where(few, np.inf, found))

    def grown(self, defenders: int, attackers: int) -> MetaGame:
        """With further policies at the ends of the populations, of which nothing is known; D and K are what they are then."""
        d, k = self.count.shape
        if defenders < d or attackers < k:
            raise GamesolveError(f"a meta-game of {d} by {k} policies cannot shrink to {defenders} by {attackers}")
        flat = ((0, defenders - d), (0, attackers - k))
        deep = ((0, 0), *flat)
        count, exact = np.pad(self.count, flat), np.pad(self.exact, flat)
        return replace(self, count=count, exact=exact, mean=np.pad(self.mean, deep), scatter=np.pad(self.scatter, deep))

    def with_exact(self, defender: int, attacker: int, returns: tuple[float, float]) -> MetaGame:
        """With an entry that is known."""
        count, mean, scatter, exact = self._copies()
        count[defender, attacker], scatter[:, defender, attacker], exact[defender, attacker] = 0, 0.0, True
        mean[:, defender, attacker] = returns
        return replace(self, count=count, mean=mean, scatter=scatter, exact=exact)

    def block(self, defenders: np.ndarray, attackers: np.ndarray, episodes: int) -> tuple[MetaGame, Block]:
        """A block of fresh episodes to be played, and the meta-game that knows it was asked for."""
        made = Block(np.asarray(defenders, np.int64), np.asarray(attackers, np.int64), self.asked, episodes)
        return replace(self, asked=self.asked + made.size), made

    def joined(self, block: Block, returns: np.ndarray) -> MetaGame:
        """With what a block's episodes earned: f8 [episodes, d, k, 2].

        Raises:
            GamesolveError: a return is not finite; the meta-game is as it was then.
        """
        if not np.isfinite(returns).all():
            episode, d, k, role = np.argwhere(~np.isfinite(returns))[0].tolist()
            pair = int(block.defenders[d]), int(block.attackers[k])
            raise GamesolveError(f"an episode between policies {pair} returned {float(returns[episode, d, k, role])!r}")
        count, mean, scatter, _ = self._copies()
        cells = np.ix_(block.defenders, block.attackers)
        known = self.exact[cells]
        n, more = count[cells].astype(np.float64), len(returns)
        count[cells] += np.where(known, 0, more)
        for role in (0, 1):
            own = returns[..., role]
            new = own.mean(axis=0)
            apart, total = new - mean[role][cells], n + more
            spread = ((own - new) ** 2).sum(axis=0) + apart**2 * n * more / total
            mean[role][cells] += np.where(known, 0.0, apart * more / total)
            scatter[role][cells] += np.where(known, 0.0, spread)
        return replace(self, count=count, mean=mean, scatter=scatter)

    def _copies(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        return self.count.copy(), self.mean.copy(), self.scatter.copy(), self.exact.copy()


@dataclass(frozen=True)
class Doubt:
    """Which entries could change a meta-strategy, or show that a policy responds better to it than those that are mixed.

    Attributes:
        standard_errors: f8 [2], of what each role earns by the meta-strategy.
        defenders, attackers: i8, the policies whose payoff against the other role's mixture is, within its error, as good as the best.
        mixed: i8 and i8, those that the meta-strategy mixes.
        open: whether more episodes could change anything: there is a choice, and what it depends on is not known exactly.
    """

    standard_errors: np.ndarray
    defenders: np.ndarray
    attackers: np.ndarray
    mixed: tuple[np.ndarray, np.ndarray]
    open: bool

    @classmethod
    def of(cls, game: MetaGame, strategy: MetaStrategy, *, errors: float = 2.0) -> Doubt:
        """What is in doubt.

        Args:
            errors: how many standard errors of a difference count as within its error.
        """
        payoffs, variance = game.payoffs, game.standard_errors**2
        one, two = strategy.defender, strategy.attacker
        with np.errstate(invalid="ignore"):
            spread = np.where(strategy.joint > 0.0, strategy.joint**2 * variance, 0.0)
        defender = _contenders(payoffs[0], variance[0], two, errors)
        attacker = _contenders(payoffs[1].T, variance[1].T, one, errors)
        mixed = np.flatnonzero(one > 0.0), np.flatnonzero(two > 0.0)
        unknown = max(variance[0][np.ix_(defender, mixed[1])].max(), variance[1][np.ix_(mixed[0], attacker)].max()) > 0.0
        choice = max(len(defender), len(attacker)) > 1
        return cls(np.sqrt(spread.sum(axis=(1, 2))), defender, attacker, mixed, bool(unknown and choice))

    def blocks(self, game: MetaGame, episodes: int) -> tuple[MetaGame, list[Block]]:
        """Further episodes for what is in doubt: the contenders of each role against the policies that the other mixes."""
        found = []
        # What both roles mix is in the first of the two.
        for rows, columns in ((self.defenders, self.mixed[1]), (self.mixed[0], np.setdiff1d(self.attackers, self.mixed[1]))):
            if len(rows) and len(columns):
                game, block = game.block(rows, columns, episodes)
                found.append(block)
        return game, found


def _contenders(payoffs: np.ndarray, variance: np.ndarray, mixture: np.ndarray, errors: float) -> np.ndarray:
    """The rows of payoffs f8 [n, m] that are, within their error, as good as the best against a mixture f8 [m] of columns."""
    used = mixture > 0.0
    earned, error = payoffs[:, used] @ mixture[used], np.sqrt(variance[:, used] @ mixture[used] ** 2)
    best = int(np.argmax(earned))
    return np.flatnonzero(earned + errors * np.hypot(error, error[best]) >= earned[best])
