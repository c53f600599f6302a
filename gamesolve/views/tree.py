"""`Tree`: the flattened extensive form of a two-role game, in which exact solvers work.

Sequence form (von Stengel 1996): each role has information sets in topological order, each owning
consecutive sequences, one per action; the game's payoffs form a sparse matrix over pairs of
sequences. Sequence 0 is the empty one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gamesolve.views.histories import Histories


@dataclass(frozen=True)
class Decisions:
    """One role's sequential decision problem: I information sets and Q sequences.

    Attributes:
        role: `defender` or `attacker`; `0` or `1` for OpenSpiel games.
        first: i4 [I + 1]; information set i owns sequences first[i] to first[i + 1] - 1. first[0] is 1
            and first[I] is Q.
        parent: i4 [I]; the sequence that leads to information set i, always less than first[i].
        action: i2 [Q] (i4 for OpenSpiel games); the game's action index of each sequence (-1 for the empty one).
        history: i4 [I]; the history of each information set in the tree's `histories` (games of ours).
        names: information-state string of each information set (OpenSpiel games); empty otherwise.
    """

    role: str
    first: np.ndarray
    parent: np.ndarray
    action: np.ndarray
    history: np.ndarray
    names: tuple[str, ...] = ()

    @property
    def information_sets(self) -> int:
        """I."""
        return len(self.parent)

    @property
    def sequences(self) -> int:
        """Q, the empty sequence included."""
        return int(self.first[-1])


@dataclass(frozen=True)
class Payoffs:
    """A sparse matrix over pairs of sequences in compressed rows: expected payoff times chance.

    Attributes:
        start: i8 [rows + 1]; row r holds entries start[r] to start[r + 1] - 1.
        column: i4 [entries], ascending within a row.
        value: f8 [entries].
    """

    start: np.ndarray
    column: np.ndarray
    value: np.ndarray


@dataclass(frozen=True)
class Tree:
    """A game's extensive form for its two roles.

    Attributes:
        game: name and parameters, for messages.
        fingerprint: of the game.
        decisions: of role 0 (defender) and role 1 (attacker).
        payoffs: [Q0 rows, Q1 columns], returns of role 0.
        transposed: [Q1 rows, Q0 columns], the same returns of role 0.
        other: [Q0 rows, Q1 columns], returns of role 1 with the pattern of `payoffs`; None where zero-sum.
        utility_bounds: (low, high) of each role's returns.
        histories: of all agents; None for OpenSpiel games.
        leaves: leaves walked before equal pairs were merged.
        weights: how likely chance is to lead to each pair where both roles do, with the pattern of `payoffs`; None unless asked for.
    """

    game: str
    fingerprint: str
    decisions: tuple[Decisions, Decisions]
    payoffs: Payoffs
    transposed: Payoffs
    other: Payoffs | None
    utility_bounds: tuple[tuple[float, float], tuple[float, float]]
    histories: Histories | None
    leaves: int
    weights: Payoffs | None = None

    @property
    def zero_sum(self) -> bool:
        """Whether the roles' returns add to zero."""
        return self.other is None

    @property
    def pairs(self) -> int:
        """Number of sequence pairs with payoff (entries that are zero included)."""
        return len(self.payoffs.value)

    @property
    def payoff_range(self) -> float:
        """Greatest minus least return of role 0: the unit of relative gaps."""
        low, high = self.utility_bounds[0]
        return high - low
