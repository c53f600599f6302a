"""How soon an attack can come to each node, and what to say of a horizon that ends before."""

from __future__ import annotations

import numpy as np

from gamesolve.games.attack_graph.graph import AttackGraph

#: Targets that a sentence names before it only counts.
NAMED = 5


def least_epochs(graph: AttackGraph, *, picks: int) -> np.ndarray:
    """i8 [nodes]: a lower bound on the epochs that pass until each node can be active, its own attack included.

    Without defence and with every attack a success, a node falls one epoch after its preconditions:
    after the last of an AND node's, after the first of an OR node's. Nor can it fall before there
    have been picks enough for all the nodes that every way to it goes through.
    """
    epochs = np.zeros(len(graph.nodes), np.int64)
    needed: list[int] = []  # bit u of needed[v]: every way to v goes through u
    for v, node in enumerate(graph.nodes):
        parents = graph.parents(v)
        through, before = 0, 0
        if parents and node.type == "or":
            through = needed[parents[0]]
            for u in parents:
                through &= needed[u]
            before = min(epochs[u] for u in parents)
        elif parents:
            for u in parents:
                through |= needed[u]
            before = max(epochs[u] for u in parents)
        epochs[v] = 1 + max(before, -(-through.bit_count() // picks))
        needed.append(through | 1 << v)
    return epochs


def horizon_caveats(graph: AttackGraph, epochs: np.ndarray, *, horizon: int) -> tuple[str, ...]:
    """A sentence on the targets that no attack can reach within the horizon; empty where there are none.

    Args:
        epochs: as `least_epochs` gives them.
    """
    late = sorted((int(epochs[v]), v) for v in graph.targets if epochs[v] > horizon)
    if not late:
        return ()
    within = f"Within {horizon} epoch{'s' if horizon > 1 else ''} no attack can reach"
    if len(late) == len(graph.targets):
        least, nearest = late[0]
        return (
            f"{within} any target (the nearest, {graph.nodes[nearest].name}, takes at least {least}), "
            "so every defence looks safe: choose a longer horizon.",
        )
    named = [f"{graph.nodes[v].name} (at least {least} epochs)" for least, v in late[:NAMED]]
    named += [f"{len(late) - NAMED} more"] if len(late) > NAMED else []
    listed = " or ".join(filter(None, (", ".join(named[:-1]), named[-1])))
    return (f"{within} {listed}: a longer horizon may need another defence.",)
