"""Layer 6: `gamesolve.solve`, the equilibrium of a game with proof of how good it is.

`equilibrium` is what users call, `loop` consumes the steps of iterative solvers, `folder` is what a
run of it has on disk. The mathematics stands in `gamesolve.solvers`. Nothing here imports numba or
scipy before something is solved.
"""

from gamesolve.solve.equilibrium import AS_ASKED, METHODS, Solution, resume, solve
from gamesolve.solve.watch import Learning, Progress

__all__ = ["AS_ASKED", "METHODS", "Learning", "Progress", "Solution", "resume", "solve"]
