"""A scripted policy's `act` as compiled loops call it. A template, bound to one policy by `specialise`.

Loops keep every policy's memory as bytes, so that policies with different records share one
signature; this wrapper turns the bytes back into the record.
"""

from typing import Any

from gamesolve.base.compiled import compiled

act: Any = None
MEMORY: Any = None
SIZE = 0


@compiled
def wrapped(table, memory, signal, mask, chance, probabilities):
    """`act` on a memory given as bytes u1 [M]."""
    act(table, memory[:SIZE].view(MEMORY)[0], signal, mask, chance, probabilities)
