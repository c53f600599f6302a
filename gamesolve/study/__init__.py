"""Layer 6: adversary-generalisation studies. How does a defence fare against attackers that it never met, and against one that studies it?

`front` is what users call, `file` is the question, `roster` looks up who is named there, `cells` are the pieces of the work and `budget`
what each may spend, `work` does a piece, `engine` all that are missing, `findings` makes statistics of them, `tables`, `worst_episodes`
and `run` keep the answer. What a number is belongs into `gamesolve.statistics`; how policies are found into `gamesolve.train` and
`gamesolve.solve`.
"""

from gamesolve.study.front import Study, resume, study

__all__ = ["Study", "resume", "study"]
