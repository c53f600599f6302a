"""Zero-sum games in matrix form: optimal mixtures of both sides, and the proof.

Dantzig 1951 and von Neumann's minimax theorem: the row player maximises v over mixtures x with
A' x >= v; the column player's mixture is the dual. Each side's guarantee is recomputed from the
mixture itself, so the bracket holds whatever the library returned.

A matrix that grows by rows and columns is solved from the basis of the solution before (`MatrixGame`):
a new row or column is mostly worth a few steps of the simplex method, and solving anew a whole solution.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gamesolve.base.bound import Bound, Kind
from gamesolve.base.errors import GamesolveError
from gamesolve.solvers.program import EXACT, Basis, basis_of, effort, new_program, optimise, restore_basis

NOTHING = np.zeros(0, np.int32), np.zeros(0)


@dataclass(frozen=True)
class MatrixSolution:
    """Optimal mixtures of a zero-sum matrix game.

    Attributes:
        row: f8 [rows], the maximiser's mixture.
        column: f8 [columns], the minimiser's.
        value: bracket of the value to the row player, from what each mixture guarantees.
    """

    row: np.ndarray
    column: np.ndarray
    value: Bound


class MatrixGame:
    """A zero-sum matrix game that may grow, what the column player pays the row player.

    What `solve` answers depends on the payoffs, the order in which they came, and the basis before, on nothing else.
    """

    def __init__(self, low: float, high: float) -> None:
        """
        Args:
            low, high: all payoffs lie between them.
        """
        # Halved before subtracting, so that the range cannot overflow; the optimal mixtures stay the same.
        self._low, self._spread = low / 2.0, high / 2.0 - low / 2.0
        self._room, self._rows, self._columns = np.zeros((8, 8)), 0, 0
        self._program = program = new_program()
        # Probabilities add to 1; the value is free, and minus it is minimised.
        program.addRow(1.0, 1.0, 0, *NOTHING)
        program.addCol(-1.0, -program.inf, program.inf, 0, *NOTHING)

    @classmethod
    def of(cls, payoffs: np.ndarray) -> MatrixGame:
        """The game of f8 [rows, columns]; raises GamesolveError where that is no matrix of finite numbers."""
        payoffs = checked_payoffs(payoffs)
        game = cls(float(payoffs.min()), float(payoffs.max()))
        game.add_row(np.zeros(0))
        for column in payoffs[:1].T:
            game.add_column(column)
        for row in payoffs[1:]:
            game.add_row(row)
        return game

    @property
    def payoffs(self) -> np.ndarray:
        """f8 [rows, columns], a view."""
        return self._room[: self._rows, : self._columns]

    def add_row(self, payoffs: np.ndarray) -> None:
        """Another action of the row player, which earns f8 [columns]."""
        self._make_room()
        self._room[self._rows, : self._columns] = payoffs
        self._rows += 1
        places = np.arange(1 + self._columns, dtype=np.int32)
        self._program.addCol(0.0, 0.0, self._program.inf, len(places), places, np.append(1.0, -self._unit(payoffs)))

    def add_column(self, payoffs: np.ndarray) -> None:
        """Another action of the column player, which leaves f8 [rows]."""
        self._make_room()
        self._room[: self._rows, self._columns] = payoffs
        self._columns += 1
        places = np.arange(1 + self._rows, dtype=np.int32)
        self._program.addRow(-self._program.inf, 0.0, len(places), places, np.append(1.0, -self._unit(payoffs)))

    def solve(self) -> MatrixSolution:
        """Optimal mixtures, from the basis of the last solution and what was added since.

        Raises:
            GamesolveError: there is no row or no column, or the library does not report an optimum.
        """
        return self.certified(*self._mixtures())

    def certified(self, row: np.ndarray, column: np.ndarray) -> MatrixSolution:
        """Mixtures f8 [rows] and f8 [columns], with what they guarantee."""
        payoffs = self.payoffs
        guaranteed, conceded = float((row @ payoffs).min()), float((payoffs @ column).max())
        size = float(np.abs(payoffs).max())
        tolerance = float(np.finfo(np.float64).eps) * (max(payoffs.shape) + 8) * size
        if not math.isfinite(conceded - guaranteed) or conceded < guaranteed - 2.0 * tolerance:
            raise GamesolveError(f"the mixtures guarantee {guaranteed!r} and concede {conceded!r}; payoffs of up to {size!r} are too large")
        kind: Kind = "exact" if conceded - guaranteed <= EXACT * float(np.ptp(payoffs / 2.0)) else "proved"
        return MatrixSolution(row, column, Bound(guaranteed - tolerance, conceded + tolerance, kind))

    @property
    def effort(self) -> int:
        """What the last solution took; see `program.effort`."""
        return effort(self._program)

    def basis(self) -> Basis:
        """That of the last solution."""
        return basis_of(self._program)

    def forget(self) -> None:
        """Begin the next solution without a basis."""
        self._program.clearSolver()

    def restore(self, basis: Basis) -> None:
        """Go back to the basis of a solution of the same rows and columns, added in the same order."""
        restore_basis(self._program, basis)

    def _mixtures(self) -> tuple[np.ndarray, np.ndarray]:
        if not self._rows or not self._columns:
            raise GamesolveError(f"the matrix game has {self._rows} rows and {self._columns} columns; it needs one of each")
        if self._spread == 0.0:
            return np.full(self._rows, 1.0 / self._rows), np.full(self._columns, 1.0 / self._columns)
        program = self._program
        optimise(program, f"the matrix game of {self._rows} by {self._columns}")
        found = program.getSolution()
        return distribution(np.array(found.col_value)[1:]), distribution(-np.array(found.row_dual)[1:])

    def _unit(self, payoffs: np.ndarray) -> np.ndarray:
        """Payoffs between 0 and 1."""
        return (np.asarray(payoffs) / 2.0 - self._low) / self._spread if self._spread > 0.0 else np.zeros(len(payoffs))

    def _make_room(self) -> None:
        rows, columns = self._room.shape
        if self._rows == rows or self._columns == columns:
            wider = np.zeros((2 * rows, 2 * columns))
            wider[:rows, :columns] = self._room
            self._room = wider


def solve_matrix_game(payoffs: np.ndarray) -> MatrixSolution:
    """Solve the zero-sum game of `payoffs` f8 [rows, columns], what the column player pays the row player.

    Raises:
        GamesolveError: no matrix of finite numbers with at least one row and one column, or the library
            does not report an optimum.
    """
    return MatrixGame.of(payoffs).solve()


def checked_payoffs(payoffs: np.ndarray) -> np.ndarray:
    """A matrix f8 [rows, columns] of finite numbers; raises GamesolveError where it is none."""
    try:
        payoffs = np.array(payoffs, np.float64)
    except (TypeError, ValueError) as error:
        raise GamesolveError(f"payoffs must be a matrix of numbers: {error}") from error
    if payoffs.ndim != 2 or payoffs.size == 0:
        raise GamesolveError(f"payoffs have shape {payoffs.shape}; a matrix with at least one row and one column is needed")
    wrong = np.argwhere(~np.isfinite(payoffs))
    if len(wrong):
        i, j = wrong[0].tolist()
        raise GamesolveError(f"payoff [{i}, {j}] is {float(payoffs[i, j])!r}; payoffs must be finite numbers")
    return payoffs


def distribution(weights: np.ndarray) -> np.ndarray:
    """Probabilities f8 [n] from a linear program's; raises GamesolveError where they are far from adding to 1."""
    weights = np.maximum(weights, 0.0)
    total = weights.sum()
    if not total > 0.5:
        raise GamesolveError(f"the linear program's mixture adds to {float(total)!r}; it must be 1")
    return weights / total
