"""Linear programs that are solved again and again, each time from the basis of the solution before (HiGHS).

scipy's interface to HiGHS, by which programs are solved that come once, has no basis to begin with.
"""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np

from gamesolve.base.errors import GamesolveError

#: Feasibility that the simplex method is asked for, payoffs scaled to 1.
FEASIBILITY = 1e-9
#: A bracket at most this wide, relative to the payoff range, is called exact.
EXACT = 1e-9
#: What to do where the library fails.
NO_PROGRAM = "a method of the CFR family needs no linear program"
#: Payoff pairs that are gone through in the time that the simplex method takes for a step, for each variable and constraint.
EFFORT = 20
OPTIONS: dict[str, str | int | float] = {
    "presolve": "off",
    "threads": 1,
    # Its factors would be those of the first solution, and so depend on what the program was then.
    "simplex_scale_strategy": 0,
    "primal_feasibility_tolerance": FEASIBILITY,
    "dual_feasibility_tolerance": FEASIBILITY,
}


@dataclass(frozen=True)
class Basis:
    """From which a linear program is solved: the status of each variable and each constraint, i1."""

    columns: np.ndarray
    rows: np.ndarray


def new_program() -> highspy.Highs:
    """An empty linear program."""
    program = highspy.Highs()
    program.silent()
    for option, value in OPTIONS.items():
        assert program.setOptionValue(option, value) == highspy.HighsStatus.kOk, option
    return program


def optimise(program: highspy.Highs, what: str) -> None:
    """Solve a program from the basis that it has; raises GamesolveError unless the library reports an optimum of `what`."""
    basis = program.getBasis()
    # What the library keeps beside the basis would make the answer depend on how it came to be.
    program.clearSolver()
    if basis.valid:
        program.setBasis(basis)
    program.run()
    status = program.getModelStatus()
    if status != highspy.HighsModelStatus.kOptimal:
        raise GamesolveError(f"{what} was not solved (HiGHS: {program.modelStatusToString(status)}); {NO_PROGRAM}")


def basis_of(program: highspy.Highs) -> Basis:
    """The basis of the last solution."""
    found = program.getBasis()
    return Basis(*(np.array([int(status) for status in part], np.int8) for part in (found.col_status, found.row_status)))


def restore_basis(program: highspy.Highs, basis: Basis) -> None:
    """Go back to a basis of a program of the same variables and constraints; raises GamesolveError where it is none."""
    if (len(basis.columns), len(basis.rows)) != (program.getNumCol(), program.getNumRow()):
        shape = f"{len(basis.columns)} variables and {len(basis.rows)} constraints"
        raise GamesolveError(f"a basis of {shape} is none of a program of {program.getNumCol()} and {program.getNumRow()}")
    found = highspy.HighsBasis()
    found.col_status, found.row_status = (
        [highspy.HighsBasisStatus(int(status)) for status in part] for part in (basis.columns, basis.rows)
    )
    found.valid = True
    if program.setBasis(found) != highspy.HighsStatus.kOk:
        raise GamesolveError("a basis of the right size was refused by HiGHS; the state is damaged")


def effort(program: highspy.Highs) -> int:
    """What the last solution took, in payoff pairs that are gone through in the same time, roughly."""
    return EFFORT * int(program.getInfo().simplex_iteration_count) * (program.getNumCol() + program.getNumRow())
