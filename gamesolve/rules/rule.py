"""`rule`: what turns a plain function into a compiled one."""

from gamesolve.base.compiled import inlined

#: Decorator of a game's functions: numba's `njit` with the project's options, put into the code of whatever
#: calls it. A rule allocates nothing, raises nothing and touches no global but constants and other rules. With
#: `NUMBA_DISABLE_JIT=1` it stays a plain Python function, the development mode of `check_game`.
rule = inlined
